"""A simulation held against a law, and the verdict."""

from dataclasses import dataclass

import numpy as np
import sympy as sp
from jaxtyping import Float

from theory import Law, UnequalLaw

from .run import Run
from .tasks.regression import law_of

#: A law is rejected where |mean - law| exceeds this many standard errors. Were means normal, a true law would be
#: rejected at an iteration with probability 6e-7; squared errors are skewed, and with `NOISIEST` it was measured
#: as at most 6e-4 at T = d + 4, 2e-4 from T = d + 5 on, and below 1e-4 where T - d and the replicates are large.
Z = 5.0

#: The largest relative standard error at which a z-value is taken to say anything.
NOISIEST = 0.05

#: Replicates below which the error of an outer quantile is not known well enough for a verdict.
FEWEST_FOR_QUANTILES = 4000


@dataclass(frozen=True)
class Comparison:
    """A simulation held against a law.

    Attributes:
        law: the law's values at iterations 1, 2, …
        z: (mean - law) / standard error at each iteration, or that of the quantile furthest off where means have no
            standard error; NaN where there is neither.
        max_abs_z: the largest |z|; NaN likewise.
        verdict: "agree", "disagree" (some |z| above `Z`) or "not comparable".
        reason: why, in a sentence.
    """

    law: Float[np.ndarray, " iterations"]
    z: Float[np.ndarray, " iterations"]
    max_abs_z: float
    verdict: str
    reason: str


def compare(run: Run, law: Law | UnequalLaw, *, asymptotic: bool = False) -> Comparison:
    """Hold a run's mean against a law, iteration by iteration.

    Where the variance is infinite a mean has no z-value: there the quantiles are held against the exact distribution,
    at the iterations where it is known. A run of the limit T -> oo is held against the limit itself, the gain c_n times
    the quantity's unit for T -> oo.

    "not comparable" where there is nothing of this: no known distribution, too few replicates for a relative standard
    error of `NOISIEST`, or a law that holds only for T -> oo and `asymptotic` was not asked for. An asymptotic
    comparison counts the law's own error at finite T as disagreement: ask for it at T of at least 50 (d + 1) or so.

    Args:
        run: its task has numbers.
        law: of the same workflow, quantity and task; with symbols or the run's numbers.
        asymptotic: whether a law for T -> oo is taken at its word.

    Raises:
        ValueError: the law is of something else, or of parameters that are the same at all iterations where the run's
            are not.
    """
    whole = law if isinstance(law, Law) else law_of(law, run.task)
    if whole is None or not _is_of(run, whole):
        theirs = f"{law.quantity.name} of {law.task}" if isinstance(law, Law) else f"test error at {law.design} design"
        raise ValueError(
            f"the run is of the {run.of} of {run.task} under {run.workflow}, the law of the {theirs} under "
            f"{law.workflow}. Compare a run with the law of its own: theory.law(run.task, run.workflow, run.of)."
        )
    return _compare(run, whole, asymptotic)


def _is_of(run: Run, law: Law) -> bool:
    """Whether the law is of what was run; a symbol stands for one number, not for one an iteration."""
    each = {p.name for p in run.task.parameters if p.symbol not in run.task.at}
    same = (law.workflow, law.quantity.name) == (run.workflow, run.of)
    return same and law.task.covers(run.task) and each <= law.task.numbers.keys()


def _compare(run: Run, law: Law, asymptotic: bool) -> Comparison:
    values = _values(run, law)
    known = [n for n in range(1, run.iterations + 1) if law.distribution_objection(n) is None]
    if run.moments == 1 and known:
        return _compare_quantiles(run, law, values, known)
    estimate = run.estimate
    noise = float((estimate.standard_error / estimate.mean).max())
    z = (estimate.mean - values) / estimate.standard_error
    worst = float(np.abs(z).max())
    if run.moments < 2:
        verdict, reason = "not comparable", run.note
    elif not noise <= NOISIEST:
        verdict = "not comparable"
        reason = f"the standard error reaches {noise:.0%} of the mean and a verdict needs {NOISIEST:.0%}; use " + (
            f"about {run.replicates * (noise / NOISIEST) ** 2:.0f} replicates." if noise > 0 else "more replicates."
        )
    elif not (law.exact or run.is_limit or asymptotic):
        verdict = "not comparable"
        reason = "the law holds for T -> oo only; ask for an asymptotic comparison at large T."
    elif worst > Z:
        verdict = "disagree"
        reason = f"the mean is {worst:.1f} standard errors from the law; at most {Z:g} is expected."
    else:
        verdict, reason = "agree", f"every mean is within {Z:g} standard errors of the law."
    return Comparison(values, z, worst, verdict, reason)


def _values(run: Run, law: Law) -> Float[np.ndarray, " iterations"]:
    """What the law says of this run's means."""
    symbols = law.quantity.limit_unit.free_symbols
    if run.is_limit and symbols <= run.task.at.keys():
        return _limit(run, law)
    return law.evaluate(n=range(1, run.iterations + 1), **run.task.numbers)


def _limit(run: Run, law: Law) -> Float[np.ndarray, " iterations"]:
    """c_n times the unit for T -> oo, rounded in one order: real factors first, then whole ones, the divisor last."""
    values = np.array([float(c) for c in law.gain(run.iterations)])
    numbers = {p.symbol: run.task.numbers[p.name] for p in run.task.parameters}

    def number(factor: sp.Expr) -> float:
        return float(sp.lambdify(list(numbers), factor)(*numbers.values()))

    above, below = sp.fraction(law.quantity.limit_unit)
    for factor in sorted(sp.Mul.make_args(above), key=lambda factor: bool(factor.is_integer)):
        values = values * number(factor)
    return values / number(below)


def _compare_quantiles(run: Run, law: Law, values: Float[np.ndarray, " iterations"], known: list[int]) -> Comparison:
    """By quantiles, at the iterations where the distribution is known, for the mean's error is not."""
    z = np.full(run.iterations, np.nan)
    for n in known:
        distribution = law.distribution(n=n, **run.task.numbers)
        shifts = [
            (quantiles[n - 1] - distribution.ppf(level)) / run.estimate.quantile_errors[level][n - 1]
            for level, quantiles in run.estimate.quantiles.items()
        ]
        z[n - 1] = max(shifts, key=abs, default=np.nan)
    compared = np.flatnonzero(np.isfinite(z)) + 1
    if not len(compared) or run.replicates < FEWEST_FOR_QUANTILES:
        reason = f"the variance is infinite; quantiles need {FEWEST_FOR_QUANTILES:,} replicates, and this run has none."
        return Comparison(values, np.full_like(z, np.nan), float("nan"), "not comparable", reason)
    worst = float(np.nanmax(np.abs(z)))
    where = "every iteration" if len(compared) == run.iterations else f"iteration {', '.join(map(str, compared))}"
    reason = (
        f"the variance is infinite, so the quantiles were held against the exact distribution at {where}: they are at "
        f"most {worst:.1f} standard errors away, and {Z:g} is expected."
    )
    return Comparison(values, z, worst, "disagree" if worst > Z else "agree", reason)
