"""The newest pool alone, with a ridge, at fresh design: a closed recursion in the limit d/T -> gamma, for any spectrum.

With the equivalents of one fit to the N_n rows of pool n, A_j = s_j/(s_j + kappa), and q_j the energy of model n - 1 in
eigenspace j, w_j^2 at first,

    R = (sum_j s_j q_j (1 - A_j)^2 + sigma^2)/(1 - df_2/N),    q_j <- A_j^2 (q_j + m_j/s_j R/N),
    E_n = sum_j s_j (q_j - 2 (prod A_j) w_j^2 + w_j^2).

Dohmatob et al. (2402.07712) have the ridge at the last fit alone; with a ridge at each it is new here.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from ...algebra.reading import whole_run_objection
from ...derivation import PROPORTIONAL, Derivation, Derived, Step
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import n
from ...sympy_types import as_expression
from ...workflow import Workflow
from . import equivalents
from .ridge import ERROR, Ridge, RidgeError
from .unequal_pools import whole_rows

_STEPS = (
    Step(
        "one fit after another",
        r"\hat w_n = (W_n + \lambda)^{-1} (W_n \hat w_{n-1} + \tfrac{1}{T} X_n^{\top} \varepsilon_n)",
        "the training set is the newest pool, labelled by model n - 1, which does not depend on it",
    ),
    equivalents.STEP,
    Step(
        "energies",
        r"q_j \leftarrow A_j^2 \Big(q_j + \frac{m_j R}{s_j T}\Big),\quad"
        r" E_n = \sum_j s_j \big(q_j - 2 A_j^n w_j^2 + w_j^2\big)",
        "each fit keeps A_j of what labels its rows, and adds as much noise as its residuals R have",
    ),
)


def objection(workflow: SymbolicWorkflow, design: str, ridge: Ridge) -> str | None:
    """Why this is not the law; `None` where it is."""
    del ridge
    read = workflow.training_set
    newest = whole_run_objection(workflow) is None and read is not None and read.parts[0][0] == n
    return None if newest and design == "fresh" else f"{workflow.workflow} is not the newest pool alone."


def derive(workflow: SymbolicWorkflow, design: str, ridge: Ridge) -> Derived:
    """The test error of model n in the limit."""
    return Derived(
        as_expression(ERROR(n)),
        Derivation(_STEPS),
        "with a ridge at the last fit alone: Dohmatob et al. 2402.07712; this law is new here",
        PROPORTIONAL,
        spread=RidgeError(workflow.workflow, design, ridge),
        values=partial(errors, workflow.workflow, ridge),
        own_gain=False,
    )


def errors(workflow: Workflow, ridge: Ridge, numbers: Mapping[str, Any], iterations: np.ndarray) -> np.ndarray:
    """E_n at the iterations, for training sets that are the newest pool alone."""
    T, d, variance = numbers["T"], numbers["d"], numbers["sigma"] ** 2
    one = equivalents.one_fit(ridge, T, d)
    s, m, energies = one.values, one.multiplicities, one.energies
    q, product, found = energies, np.ones_like(s), []
    for iteration in range(1, int(iterations.max()) + 1):
        rows = whole_rows(workflow, iteration, T)
        fit = equivalents.one_fit(ridge, rows, d)
        if np.inf in (fit.variance, *found[-1:]):
            found.append(np.inf)
            continue
        residual = (float((s * q * (1 - fit.kept) ** 2).sum()) + variance) / fit.spread
        q = fit.kept**2 * (q + m / s * residual / rows)
        product = product * fit.kept
        found.append(float((s * (q - 2 * product * energies + energies)).sum()))
    return np.array(found)[iterations - 1]
