"""A simulation held against a law, and the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import numpy as np
import sympy as sp
from jaxtyping import Bool, Float

from theory import EXACT, LARGE_T, Frame, GeneratedLaw, Law, LinearRegression, Population, UnequalLaw
from theory.by_iteration import LAW

from .by_iteration import tabulated
from .run import Run
from .samplers.base import USUAL
from .tasks.regression import law_of

#: A law is rejected where |mean - law| exceeds this many standard errors. Were means normal, a true law would be
#: rejected at an iteration with probability 6e-7; squared errors are skewed, and with `NOISIEST` it was measured
#: as at most 6e-4 at T = d + 4, 2e-4 from T = d + 5 on, and below 1e-4 where T - d and the replicates are large.
Z = 5.0

#: The largest relative standard error at which a z-value is taken to say anything.
NOISIEST = 0.05

#: Means whose relative standard error is below this are of numbers that are all the same, to rounding.
_SAME = 1e-9

#: Replicates below which the error of an outer quantile is not known well enough for a verdict.
FEWEST_FOR_QUANTILES = 4000


@dataclass(frozen=True, eq=False)
class Comparison:
    """A simulation held against a law.

    Attributes:
        law: the law's values at iterations 1, 2, …; of a population (iterations, models), as all arrays here.
        z: (mean - law) / standard error at each iteration, or that of the quantile furthest off where means have no
            standard error; NaN where there is neither. Where all replicates have one number it is 0 if that is the
            law's, to rounding, else NaN.
        max_abs_z: the largest |z|; NaN likewise.
        verdict: "agree", "disagree" (some |z| above `Z`) or "not comparable".
        reason: why, in a sentence.
    """

    law: Float[np.ndarray, "iterations *models"]
    z: Float[np.ndarray, "iterations *models"]
    max_abs_z: float
    verdict: str
    reason: str

    def __str__(self) -> str:
        """The verdict with its reason."""
        return f"{self.verdict}: {self.reason}"


@dataclass(frozen=True, eq=False)
class _Expected:
    """What a law says of a run.

    Attributes:
        values: at the run's iterations.
        validity: what they hold for.
        exact: whether they are the run's own means.
        estimate: the name of the estimate that they are, where one was asked for.
        distribution: the exact one, of `scipy.stats`, by iteration, where it is known and needed.
    """

    values: Float[np.ndarray, "iterations *models"]
    validity: str
    exact: bool
    estimate: str | None = None
    distribution: Mapping[int, Any] = field(default_factory=dict)


def compare(
    run: Run,
    law: Law | UnequalLaw | GeneratedLaw | Population,
    *,
    asymptotic: bool = False,
    validity: str | None = None,
) -> Comparison:
    """Hold a run's mean against a law, iteration by iteration.

    Where the variance is infinite a mean has no z-value: there the quantiles are held against the exact distribution,
    at the iterations where it is known. A run of the limit T -> oo is held against the limit itself, the gain c_n times
    the quantity's unit for T -> oo.

    "not comparable" where there is nothing of this: no known distribution, too few replicates for a relative standard
    error of `NOISIEST` or for two different numbers, or a law that holds only for T -> oo and `asymptotic` was not
    asked for. An asymptotic comparison counts the law's own error at finite T as disagreement: ask for it at T of at
    least 50 (d + 1) or so. So does one with an estimate that the law has at finite T.

    Args:
        run: its task has numbers.
        law: of the same workflow, quantity, task and generator; with symbols or the run's numbers. For a run of a
            population that population, by its gains.
        asymptotic: whether a law for T -> oo is taken at its word.
        validity: the name of an estimate that is taken at its word: "next-order", "proportional" or "approximation".

    Raises:
        ValueError: the law is of something else, or of parameters that are the same at all iterations where the run's
            are not; or it has no such estimate.
    """
    expected = _expected(law, run, validity)
    if run.moments == 1 and expected.distribution:
        return _compare_quantiles(run, expected)
    return _compare_means(run, expected, asymptotic)


def law_table(run: Run, law: Law | UnequalLaw | GeneratedLaw | Population) -> Frame:
    """What a law says of a run, iteration by iteration, with the columns of `Run.table`.

    Of a run of the limit T -> oo it is the limit that is told.

    Args:
        run: its task has numbers.
        law: as in `compare`.

    Raises:
        ValueError: as `compare`.
    """
    expected = _expected(law, run, None)
    of = run.task, run.of, run.workflow, run.generator
    return tabulated(LAW, *of, expected.values, validity=expected.validity)


@singledispatch
def _expected(law: object, run: Run, validity: str | None) -> _Expected:
    raise ValueError(f"a law is needed, as of theory.law, or the population of the run; got {law!r}.")


@_expected.register
def _of_law(law: Law, run: Run, validity: str | None) -> _Expected:
    each = {p.name for p in run.task.parameters if p.symbol not in run.task.at}
    same = (law.workflow, law.quantity.name, law.generator) == (run.workflow, run.of, run.generator)
    # a symbol stands for one number, not for one an iteration
    if not (same and law.task.covers(run.task) and each <= law.task.numbers.keys()):
        sampled = "" if law.generator == USUAL else f" and {law.generator}"
        raise _other(run, f"{law.quantity.name} of {law.task} under {law.workflow}{sampled}")
    iterations, numbers = range(1, run.iterations + 1), run.task.numbers
    known = [n for n in iterations if run.moments == 1 and law.distribution_objection(n) is None]
    limit = run.is_limit and law.quantity.limit_unit.free_symbols <= run.task.at.keys()
    if limit and validity is None:
        return _Expected(_limit(run, law.gain(run.iterations)), LARGE_T, exact=True)
    return _Expected(
        law.evaluate(n=iterations, validity=validity, **numbers),
        validity or law.validity,
        law.exact is not run.is_limit,  # both of finite T, or both of the limit
        validity,
        {n: law.distribution(n=n, **numbers) for n in known},
    )


@_expected.register
def _of_unequal_law(law: UnequalLaw, run: Run, validity: str | None) -> _Expected:
    whole = law_of(law, run.task)
    if whole is None:
        raise _other(run, f"test error at {law.design} design under {law.workflow}")
    return _of_law(whole, run, validity)


@_expected.register
def _of_generated_law(law: GeneratedLaw, run: Run, validity: str | None) -> _Expected:
    task, theirs = run.task, f"test error at {law.design} design under {law.workflow} and {law.generator}"
    same = (law.workflow, law.generator) == (run.workflow, run.generator)
    if not (same and isinstance(task, LinearRegression) and task.design == law.design and not task.is_unequal):
        raise _other(run, theirs)
    numbers = task.numbers
    if run.is_limit and validity is None:
        shift = float(law.generator.shift) * np.array([float(D) for D in law.shift(run.iterations)])
        return _Expected(_limit(run, law.gain(run.iterations)) + shift**2, LARGE_T, exact=True)
    if validity is None or validity == law.validity:
        return _Expected(law.evaluate(n=range(1, run.iterations + 1), **numbers), law.validity, law.exact, validity)
    there = law.estimates(run.iterations, **numbers)
    if validity not in there:
        raise ValueError(f"the {theirs} has no {validity} values; it has {', '.join([law.validity, *there])}.")
    return _Expected(there[validity], validity, False, validity)


@_expected.register
def _of_population(law: Population, run: Run, validity: str | None) -> _Expected:
    if law != run.workflow:
        raise _other(run, f"gains of {law}")
    if validity is not None:
        raise ValueError(f"a population has gains alone, and no {validity} values. Leave validity out.")
    unit = sp.lambdify(list(run.task.at), run.task.quantity(run.of).unit)(*map(float, run.task.at.values()))
    gains = np.array([[float(gain) for gain in row] for row in law.gains(run.iterations)])
    whole = all(size.denominator == 1 for size in law.sizes)
    exact = whole and getattr(run.task, "design", None) == "fixed"
    return _Expected(gains * unit, EXACT if exact else LARGE_T, exact)


def _other(run: Run, theirs: str) -> ValueError:
    """That the law is of something else."""
    ours, own = f"{run.of} of {run.task} under {run.workflow}", "theory.law(run.task, run.workflow, run.of)"
    if run.generator != USUAL:
        ours, own = f"{ours} and {run.generator}", "run.task.generated(run.workflow, run.generator, run.of)"
    if isinstance(run.workflow, Population):
        own = "run.workflow"
    return ValueError(
        f"the run is of the {ours}, the law of the {theirs}. Compare a run with the law of its own: {own}."
    )


def _compare_means(run: Run, expected: _Expected, asymptotic: bool) -> Comparison:
    estimate, values = run.estimate, expected.values
    # where all replicates have one number, such as 0 categories lost, its error is 0 or rounding, and says nothing
    same = estimate.standard_error <= _SAME * np.abs(estimate.mean)
    noise = float((estimate.standard_error / np.where(same, np.inf, np.abs(estimate.mean))).max())
    shift = estimate.mean - values
    of_same = np.where(np.abs(shift) <= _SAME * np.abs(values), 0.0, np.nan)
    z = np.where(same, of_same, shift / np.where(same, 1, estimate.standard_error))
    unknown = same & np.isnan(z)
    worst = float(np.abs(z[~unknown]).max()) if not unknown.all() else float("nan")
    named = "the law" if expected.estimate is None else f"the law's {expected.estimate} values"
    named += ", which are not exact" * (expected.estimate not in (None, EXACT))
    if run.moments < 2:
        verdict, reason = "not comparable", run.note
    elif not noise <= NOISIEST:
        verdict = "not comparable"
        reason = f"the standard error reaches {noise:.0%} of the mean and a verdict needs {NOISIEST:.0%}; use " + (
            f"about {run.replicates * (noise / NOISIEST) ** 2:.0f} replicates." if noise > 0 else "more replicates."
        )
    elif not (expected.exact or asymptotic or expected.estimate):
        verdict = "not comparable"
        which = "run is of the limit T -> oo, and the law of finite T" if run.is_limit else "law holds for T -> oo only"
        reason = f"the {which}; ask for an asymptotic comparison at large T."
    elif worst > Z:
        verdict = "disagree"
        reason = f"the mean is {worst:.1f} standard errors from {named}; at most {Z:g} is expected."
    elif unknown.any():
        verdict, reason = "not comparable", _all_the_same(run, values, unknown)
    else:
        verdict, reason = "agree", f"every mean is within {Z:g} standard errors of {named}."
    return Comparison(values, z, worst, verdict, reason)


def _all_the_same(
    run: Run, values: Float[np.ndarray, "iterations *models"], unknown: Bool[np.ndarray, "iterations *models"]
) -> str:
    """Why a mean that is no mean of different numbers cannot be held against a law, at the first place of these."""
    where = tuple(np.argwhere(unknown)[0])
    return (
        f"at iteration {where[0] + 1} all {run.replicates:,} replicates have {run.estimate.mean[where]:.6g}, so "
        f"the mean has no standard error; the law is {values[where]:.6g} there. More replicates may differ."
    )


def _limit(run: Run, gains: Sequence[Any]) -> Float[np.ndarray, " iterations"]:
    """c_n times the unit for T -> oo, rounded in one order: real factors first, then whole ones, the divisor last."""
    values = np.array([float(c) for c in gains])
    numbers = {p.symbol: run.task.numbers[p.name] for p in run.task.parameters}

    def number(factor: sp.Expr) -> float:
        return float(sp.lambdify(list(numbers), factor)(*numbers.values()))

    above, below = sp.fraction(run.task.quantity(run.of).limit_unit)
    for factor in sorted(sp.Mul.make_args(above), key=lambda factor: bool(factor.is_integer)):
        values = values * number(factor)
    return values / number(below)


def _compare_quantiles(run: Run, expected: _Expected) -> Comparison:
    """By quantiles, at the iterations where the distribution is known, for the mean's error is not."""
    z = np.full(run.iterations, np.nan)
    for n, distribution in expected.distribution.items():
        shifts = [
            (quantiles[n - 1] - distribution.ppf(level)) / run.estimate.quantile_errors[level][n - 1]
            for level, quantiles in run.estimate.quantiles.items()
        ]
        z[n - 1] = max(shifts, key=abs, default=np.nan)
    compared = np.flatnonzero(np.isfinite(z)) + 1
    if not len(compared) or run.replicates < FEWEST_FOR_QUANTILES:
        reason = f"the variance is infinite; quantiles need {FEWEST_FOR_QUANTILES:,} replicates, and this run has none."
        return Comparison(expected.values, np.full_like(z, np.nan), float("nan"), "not comparable", reason)
    worst = float(np.nanmax(np.abs(z)))
    where = "every iteration" if len(compared) == run.iterations else f"iteration {', '.join(map(str, compared))}"
    reason = (
        f"the variance is infinite, so the quantiles were held against the exact distribution at {where}: they are at "
        f"most {worst:.1f} standard errors away, and {Z:g} is expected."
    )
    return Comparison(expected.values, z, worst, "disagree" if worst > Z else "agree", reason)
