"""Why the loss creeps up under Accumulate: a law of what fits that stop early forget, read off Replace's curve.

Say that of what its training set tells a model keeps a share z, and that a row sampled from it tells that much less.
Then model n keeps g_n(z) = E z^depth of the truth (`theory.depth`; a ridge that is scaled with the rows does that
exactly), and where the loss goes up with the share that is lost, its rise from model 1 is

    a (z - g_n(z))/(1 - z),  and for z -> 1  a (E depth - 1).

Under Replace g_n = z^n, under Accumulate it falls like n^(z - 1): the rise goes on like log n, for z -> 1 without end.
An unbiased fit, which only errs, has a (c_n - 1) with the gain c_n (`theory.gain`), at most 0.65 a under Accumulate.

Both laws are fitted to Replace's curve and then say what Accumulate's is, where every fit has the same steps.

That the loss goes with the share lost, not with its square, was chosen after a look at Replace's older curves, which
bend down.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import cache

import numpy as np
from jaxtyping import Float

from theory import Accumulate, Replace, Workflow, gain
from theory.diagnose_readings import forgotten as law_of_forgetting
from theory.measurement import Measurement

from ..experiment import measurement
from ..recorded import Missing, Tables, matching

#: The shares kept that are tried: from a hundredth to all.
KEPT = tuple(Fraction(number, 100) for number in range(1, 101))

#: A curve in a recorded table: its experiment, and the variant in that.
Curve = tuple[str, str]

#: One seed's rise under Replace -> that under Accumulate.
Law = Callable[[Float[np.ndarray, " iterations"]], Float[np.ndarray, " iterations"]]


@cache
def forgotten(workflow: Workflow, kept: Fraction, iterations: int) -> tuple[float, ...]:
    """(z - g_n(z))/(1 - z) for n = 1, 2, …; its limit where all is kept.

    Args:
        workflow: that the models are fitted under.
        kept: z, the share that a model keeps of what its training set tells.
        iterations: how many n.
    """
    (shape,) = law_of_forgetting(workflow, (kept,), iterations)
    return tuple(map(float, shape))


@cache
def erred(workflow: Workflow, iterations: int) -> tuple[float, ...]:
    """c_n - 1 for n = 1, 2, …: what an unbiased fit's error grows by."""
    return tuple(float(c - 1) for c in gain(workflow, iterations))


def by_forgetting(replace: Float[np.ndarray, " iterations"]) -> Float[np.ndarray, " iterations"]:
    """The rise under Accumulate that Replace's says, by the law of forgetting; a and z by least squares."""
    count = len(replace)
    fits = [(_fitted(forgotten(Replace(), kept, count), replace), kept) for kept in KEPT]
    (_, factor), kept = min(fits, key=lambda fit: fit[0][0])
    return factor * np.array(forgotten(Accumulate(), kept, count))


def by_erring(replace: Float[np.ndarray, " iterations"]) -> Float[np.ndarray, " iterations"]:
    """The rise under Accumulate that Replace's says, if fits are unbiased; a by least squares."""
    count = len(replace)
    _, factor = _fitted(erred(Replace(), count), replace)
    return factor * np.array(erred(Accumulate(), count))


def _fitted(shape: tuple[float, ...], rise: Float[np.ndarray, " iterations"]) -> tuple[float, float]:
    """The squared distance of the nearest multiple of a shape, and its factor."""
    unit = np.array(shape)
    factor = float(unit @ rise / (unit @ unit))
    return float(((rise - factor * unit) ** 2).sum()), factor


def rises_by_seed(tables: Tables, curve: Curve, workflow: Workflow) -> Float[np.ndarray, "seeds iterations"]:
    """Each seed's rise from model 1 on.

    Args:
        tables: the recorded ones.
        curve: the experiment and its variant.
        workflow: under which it was run.

    Raises:
        Missing: the table has no such rows, or no values by seed.
    """
    experiment, variant = curve
    place = {"variant": variant, "workflow": workflow.command(), "metric": "rise"}
    rows = sorted(matching(tables(experiment), place), key=lambda row: int(row["iteration"]))
    found = [measurement(row).by_seed for row in rows]
    if not found or () in found:
        raise Missing(f"the recorded result {experiment} has no values by seed of {place}")
    return np.array(found).T


def over_forgetting(tables: Tables, replace: Curve, accumulate: Curve) -> Measurement:
    """The rise to the last model under Accumulate over the one that the law of forgetting says.

    Args:
        tables: the recorded ones.
        replace: the curve under Replace that the law is fitted to.
        accumulate: that under Accumulate, with the same steps for every fit.
    """
    return _over(tables, replace, accumulate, by_forgetting)


def over_erring(tables: Tables, replace: Curve, accumulate: Curve) -> Measurement:
    """The rise to the last model under Accumulate over that of unbiased fits.

    Args:
        tables: the recorded ones.
        replace: the curve under Replace that the law is fitted to.
        accumulate: that under Accumulate, with the same steps for every fit.
    """
    return _over(tables, replace, accumulate, by_erring)


def _over(tables: Tables, replace: Curve, accumulate: Curve, law: Law) -> Measurement:
    fitted = rises_by_seed(tables, replace, Replace())
    measured = rises_by_seed(tables, accumulate, Accumulate())
    said = np.array([law(rise)[-1] for rise in fitted])
    return Measurement.of(measured[:, -1]) / Measurement.of(said)
