"""The ridge that makes the test error of model n least, the same at all fits: found by a search, not proved.

The law is looked at over many powers of 10, and then more closely around the least value. Where none is less than the
error of predicting 0, which any ridge tends to as it grows, the best ridge is infinite.
"""

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from ...derivation import PROPORTIONAL
from ...law import law
from ...workflow import Workflow
from .task import LinearRegression

#: Powers of 10 of lambda over the mean eigenvalue between which is searched, and how many are looked at in between.
_POWERS, _STEPS = (-5.0, 5.0), 41

#: Relative: an error so close to that of predicting 0 is not told from it.
_SAME = 1e-9


@dataclass(frozen=True)
class BestRidge:
    """The ridge of the least test error.

    Attributes:
        ridge: lambda; infinite where predicting 0 is best.
        error: the least test error.
    """

    ridge: float
    error: float


def best_ridge(task: LinearRegression, workflow: Workflow, n: int, *, validity: str = PROPORTIONAL) -> BestRidge:
    """The ridge that is best for model n, and the test error of that model.

    Args:
        task: a regression with a ridge, for which others are tried; with numbers for T and d.
        workflow: what each model is fitted to.
        n: the iteration, counted from 1.
        validity: of the values that are searched.

    Raises:
        ValueError: the task has no ridge, or no numbers; or there are no such values.

    >>> from theory import Accumulate
    >>> best = best_ridge(LinearRegression(200, 100, 1.0, design="fixed", ridge=1.0), Accumulate(), 2)
    >>> round(best.ridge, 3), round(best.error, 4)
    (0.4, 0.4831)
    """
    from scipy.optimize import minimize_scalar  # not at the top, for it doubles what `import theory` costs

    if task.penalty is None or task.T is None or task.d is None:
        raise ValueError(
            f"the best ridge is searched for a regression with numbers T and d and a ridge to start from; got {task}. "
            "Give ridge=1.0."
        )
    spectrum = task.penalty.of_features(task.d)
    scale = float(np.dot(spectrum.values, spectrum.multiplicities)) / task.d
    unit = scale * (1.0 if task.scaled else float(task.T))  # type: ignore[arg-type]

    def error(power: float) -> float:
        tried = law(replace(task, ridge=unit * 10.0**power), workflow)
        return float(tried.evaluate(n=n, validity=validity))

    powers = np.linspace(*_POWERS, _STEPS)
    errors = [error(power) for power in powers]
    least = int(np.argmin(errors))
    if min(errors) >= spectrum.risk * (1 - _SAME) or least == len(powers) - 1:
        return BestRidge(inf, spectrum.risk)
    around = powers[max(least - 1, 0)], powers[least + 1]
    found = minimize_scalar(error, bounds=around, method="bounded", options={"xatol": 1e-7})
    return BestRidge(float(unit * 10.0**found.x), float(found.fun))
