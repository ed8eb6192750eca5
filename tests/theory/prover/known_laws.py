"""Laws with formulas and recursions of their own, evaluated in mpmath, by no code of the toolkit."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import mpmath

import theory
from tests.theory.prover.bound_trees import LONGEST, Unknown
from theory import Law, Workflow

#: So many rows stand for T -> oo.
ENDLESS = 10**50


class Known(NamedTuple):
    """A law with what is known of it here: the law in units of sigma^2 d, by T, d and n.

    A law that holds for T -> oo alone is judged, and looked at, in that limit. One whose workflow branches is known up
    to so many iterations; 0 stands for all of them.
    """

    law: Law
    per_noise: Callable[[int, int, int], Any]
    asymptotic: bool = False
    iterations: int = 0


@dataclass(frozen=True)
class Squares(Workflow):
    """Each model on the pool before, of i^2 T rows."""

    def training_set(self, iteration: Any) -> theory.TrainingSet:
        return theory.by_count(theory.synthetic(iteration - 1))

    def pool_size(self, pool: Any) -> Any:
        return pool**2


@dataclass(frozen=True)
class RealEveryThird(Workflow):
    """Models 1, 4, 7, … on new real data, the others on the pool before."""

    def training_set(self, iteration: Any) -> theory.TrainingSet:
        return theory.by_count(theory.real(iteration) if iteration % 3 == 1 else theory.synthetic(iteration - 1))


@dataclass(frozen=True)
class Beginning(Workflow):
    """All pools up to the fifth model, the newest pool alone from then on."""

    def training_set(self, iteration: Any) -> theory.TrainingSet:
        return theory.by_count(theory.pools(1 if iteration <= 5 else iteration, iteration))


def _beginning(n: int) -> Any:
    return mpmath.fsum(mpmath.mpf(1) / i**2 for i in range(1, min(n, 5) + 1)) + max(0, n - 5)


def _psi(x: Any) -> Any:
    return mpmath.psi(0, x)


def _accumulate_fresh(rows: int, features: int, n: int) -> Any:
    # sum of 1/(i (iT - a)) = (1/a) (psi(n + 1 - b) - psi(1 - b) - H_n) with a = d + 1 and b = a/T
    a, b = mpmath.mpf(features + 1), mpmath.mpf(features + 1) / rows
    with mpmath.workdps(60 + 2 * len(str(n)) + 4 * len(str(rows))):
        return (_psi(n + 1 - b) - _psi(1 - b) - mpmath.harmonic(n)) / a


def _growing_fresh(rows: int, features: int, n: int) -> Any:
    b = mpmath.mpf(features + 1) / rows
    return (_psi(n + 1 - b) - _psi(1 - b)) / rows


def _window(k: int) -> Callable[[int], Any]:
    """From the covariances of the last k pools: the next errs by the mean of their errors, and a noise of its own."""
    pools: list[list[Any]] = [[mpmath.mpf(1)]]
    gains: list[Any] = []

    def gain(n: int) -> Any:
        if n > LONGEST:
            raise Unknown
        while len(gains) < n:
            means = [mpmath.fsum(row) / len(pools) for row in pools]
            gains.append(mpmath.fsum(means) / len(pools))
            for row, mean in zip(pools, means, strict=True):
                row.append(mean)
            pools.append([*means, gains[-1] + 1])
            if len(pools) > k:
                pools[:] = [row[1:] for row in pools[1:]]
        return gains[n - 1]

    return gain


def _geometric(start: Fraction, step: Fraction, ratio: Fraction) -> Callable[[int], Any]:
    """c_1 = start, c_n = step + ratio c_{n-1}."""
    limit = step / (1 - ratio)

    def gain(n: int) -> Any:
        gap = mpmath.mpf((start - limit).numerator) / (start - limit).denominator
        rate = mpmath.mpf(ratio.numerator) / ratio.denominator
        return mpmath.mpf(limit.numerator) / limit.denominator + gap * rate ** (n - 1)

    return gain


def _anchored(weight: Fraction) -> Callable[[int], Any]:
    # delta_n = w noise_1 + (1 - w)(delta_{n-1} + noise_n): the coefficient of noise_1 tends to 1, others decay
    def gain(n: int) -> Any:
        w = mpmath.mpf(weight.numerator) / weight.denominator
        q = 1 - w
        first = 1  # w (1 + q + … + q^(n-2)) + q^(n-1) = 1
        later = q**2 * (1 - q ** (2 * (n - 1))) / (1 - q**2)
        return first + later

    return gain


_FIXED: dict[Any, Callable[[int], Any]] = {
    theory.Replace(): lambda n: mpmath.mpf(n),
    theory.Accumulate(): lambda n: mpmath.zeta(2) - mpmath.zeta(2, n + 1),
    theory.ReplaceGrowing(): lambda n: mpmath.harmonic(n),
    Squares(): lambda n: mpmath.zeta(2) - mpmath.zeta(2, n + 1),
    theory.SlidingWindow(2): _window(2),
    theory.SlidingWindow(3): _window(3),
    theory.SlidingWindow(4): _window(4),
    theory.FixedReal("1/2"): _anchored(Fraction(1, 2)),
    theory.FixedReal("1/5"): _anchored(Fraction(1, 5)),
    # real(n) and synthetic(n-1), T rows each: delta_n = (noise + delta_{n-1} + noise)/2
    theory.FreshReal(): _geometric(Fraction(1), Fraction(1, 2), Fraction(1, 4)),
    theory.FreshReal(1, "1/4"): _geometric(Fraction(1), Fraction(1, 16) + Fraction(9, 16), Fraction(9, 16)),
    theory.FreshReal(2): _geometric(Fraction(1), Fraction(1, 3), Fraction(4, 9)),
}


def _known() -> list[Known]:
    found = []
    for workflow, gain in _FIXED.items():
        law = theory.linear.test_error(workflow, design="fixed")

        def fixed(rows: int, features: int, n: int, gain: Callable[[int], Any] = gain) -> Any:
            return gain(n) / (rows - features - 1)

        found.append(Known(law, fixed))
    branching: dict[Any, Callable[[int], Any]] = {
        RealEveryThird(): lambda n: mpmath.mpf((n - 1) % 3 + 1),
        Beginning(): _beginning,
    }
    for workflow, gain in branching.items():
        law = theory.linear.test_error(workflow, design="fixed")

        def branches(rows: int, features: int, n: int, gain: Callable[[int], Any] = gain) -> Any:
            return gain(n) / (rows - features - 1)

        found.append(Known(law, branches, iterations=40))
    fresh: dict[Any, Callable[[int, int, int], Any]] = {
        theory.Accumulate(): _accumulate_fresh,
        theory.ReplaceGrowing(): _growing_fresh,
        theory.Replace(): lambda rows, features, n: mpmath.mpf(n) / (rows - features - 1),
    }
    found += [Known(theory.linear.test_error(workflow, design="fresh"), formula) for workflow, formula in fresh.items()]
    # The mean of n pools, c_1 + sum over m < n of (1 + 1 - 1/m)/(m + 1)^2, and the draw of T out of n T rows, 1 - 1/n.
    drawn = theory.linear.test_error(theory.AccumulateSubsample(), design="fresh")

    def limit(rows: int, _: int, n: int) -> Any:
        return (3 * (mpmath.zeta(2) - mpmath.zeta(2, n + 1)) - 2) / rows

    return [*found, Known(drawn, limit, asymptotic=True)]


KNOWN = _known()
