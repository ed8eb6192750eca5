"""A recursion unrolled in numbers: exact, as far as asked, and where a bound fails late the counterexample is found."""

from fractions import Fraction

import pytest
import sympy as sp

import theory
from theory import AccumulateFresh, Refuted, check_bound
from theory.prover.deadline import OutOfWork, within
from theory.prover.enclosure import OutOfReach
from theory.prover.statement import Recursion
from theory.prover.unrolled import Unrolled
from theory.symbols import T, n
from theory.sympy_types import as_expression
from theory.tasks.regression.symbols import ONE_FIT, d, sigma

LAW = theory.linear.test_error(AccumulateFresh(), design="fresh")
AT = {T: Fraction(12), d: Fraction(3), sigma: Fraction(1, 2)}


def _accumulate_fresh(rows: int, features: int, noise: Fraction, iterations: int) -> Fraction:
    """Model n has n T real rows and (n - 1) T sampled ones, as the docstring of the law says."""
    error = noise**2 * features / Fraction(rows - features - 1)
    for m in range(2, iterations + 1):
        size, before = (2 * m - 1) * rows, (2 * m - 3) * rows + rows
        factor = Fraction(before * (before - features - 1), size * (size - features - 1))
        error = factor * error + noise**2 * features * 2 * rows / Fraction(size * (size - features - 1))
    return error


@pytest.mark.parametrize("iterations", [1, 2, 9, 100, 40])
def test_values_are_exact(iterations: int) -> None:
    assert LAW.derived.recursion is not None
    unrolled = Unrolled(Recursion(*LAW.derived.recursion), ONE_FIT)
    assert unrolled.has_numbers(AT)
    expected = _accumulate_fresh(12, 3, Fraction(1, 2), iterations)
    assert unrolled.at(iterations, {**AT, n: Fraction(iterations)}) == sp.Rational(expected)
    assert unrolled.at(3, AT) == sp.Rational(_accumulate_fresh(12, 3, Fraction(1, 2), 3))
    other = {**AT, T: Fraction(6)}
    assert unrolled.at(iterations, other) == sp.Rational(_accumulate_fresh(6, 3, Fraction(1, 2), iterations))


def test_letters_need_numbers() -> None:
    unrolled = Unrolled(Recursion(1 - 1 / (T * n), 1 / d), sigma)
    assert not unrolled.has_numbers({T: Fraction(3), d: Fraction(1)})
    assert not unrolled.has_numbers({sigma: Fraction(3), n: Fraction(1)})
    assert Unrolled(Recursion(1 - 1 / n, sp.S.One), sp.S.One).has_numbers({})


def test_what_is_not_rational_is_not_known() -> None:
    unrolled = Unrolled(Recursion(as_expression(sp.sqrt(n)), sp.S.One), sp.S.One)
    with pytest.raises(OutOfReach, match="not rational"):
        unrolled.at(2, {})


def test_long_numbers_cost_more() -> None:
    def work(rows: int) -> sp.Rational:
        assert LAW.derived.recursion is not None
        return Unrolled(Recursion(*LAW.derived.recursion), ONE_FIT).at(100, {**AT, T: Fraction(rows)})

    assert within(2_000, lambda: work(12)) == sp.Rational(_accumulate_fresh(12, 3, Fraction(1, 2), 100))
    with pytest.raises(OutOfWork):
        within(2_000, lambda: work(2**200))


def test_a_bound_that_fails_late_is_refuted() -> None:
    """The law is n to the power -1 and a logarithm: 2/n is not enough from n = 9 on."""
    verdict = check_bound(LAW, "2*sigma^2*d/(T-d-1)/n")
    assert isinstance(verdict, Refuted)
    at = {name: int(value) for name, value in verdict.counterexample.items()}
    assert at["n"] > 8
    one_fit = Fraction(at["d"], at["T"] - at["d"] - 1)
    assert _accumulate_fresh(at["T"], at["d"], Fraction(1), at["n"]) > 2 * one_fit / at["n"]
