"""Numbers of any make, exact from the border on."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

import theory
from tests.theory.test_workflow import Made
from theory import (
    FixedReal,
    FreshReal,
    Pools,
    SlidingWindow,
    Workflow,
    by_count,
    by_weight,
    gain,
    pools,
    real,
    synthetic,
)
from theory.exact import Whole, exact, parameter, required
from theory.symbols import n


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2, 2),
        (0.1, Fraction(1, 10)),
        (1 - 0.9, Fraction(1, 10)),
        (1 / 3, Fraction(1, 3)),
        (2.0**-40, Fraction(1, 2**40)),  # its shortest decimal is another number
        (1e-9, Fraction(1, 10**9)),
        ("0.25", Fraction(1, 4)),
        ("2/6", Fraction(1, 3)),
        (np.str_("1/3"), Fraction(1, 3)),
        (Decimal("0.3"), Fraction(3, 10)),
        (np.int64(7), 7),
        (np.uint8(200), 200),
        (np.float64(0.7), Fraction(7, 10)),
        (np.float32(0.1), Fraction(1, 10)),
        (np.float16(0.1), Fraction(1, 10)),
        (np.float32(1.7320508), Fraction("1.7320508")),
        # near a third, within rounding and just beyond
        (np.float32(0.33333334), Fraction(1, 3)),
        (np.float32(0.333334), Fraction("0.333334")),
        (np.float16(0.3333), Fraction(1, 3)),
        (np.float16(0.335), Fraction("0.335")),
        (0.3333333333333333, Fraction(1, 3)),
        (0.3333333333333, Fraction("0.3333333333333")),
        (sp.Integer(3), 3),
        (sp.Rational(2, 7), Fraction(2, 7)),
        (sp.Float(0.2), Fraction(1, 5)),
        (sp.Float("0.1234567890123456789012345", 25), Fraction("0.1234567890123456789012345")),
    ],
)
def test_exact(value, expected):
    number = exact(value)
    assert number == expected
    assert type(number) is Fraction
    assert {type(number.numerator), type(number.denominator)} == {int}


@pytest.mark.parametrize("wrong", ["a third", "1/0", "nan", float("inf"), np.nan, sp.Float("nan"), Decimal("NaN")])
def test_what_is_no_number(wrong):
    with pytest.raises(ValueError, match="a number is needed, such as 2"):
        exact(wrong)


def test_expressions_lose_their_floats():
    p = sp.Symbol("p")
    assert exact(0.25 * p + 1.0) == p / 4 + 1
    assert exact(p) is p


@pytest.mark.parametrize("value", [1 - 0.9, 123456.7 / 3, 2.0**-40])
def test_floats_in_expressions_are_those_by_themselves(value):
    p = sp.Symbol("p")
    number = exact(value)
    assert exact(value * p) == sp.Rational(number.numerator, number.denominator) * p


def test_irrational_numbers_are_refused():
    with pytest.raises(ValueError, match=r"the share must be a rational number.*got sqrt\(2\)/2. Round it"):
        required(sp.sqrt(2) / 2, "the share")
    with pytest.raises(ValueError, match="Make symbols parameters of the workflow"):
        gain(Made(lambda i: by_count(pools(1, i)), lambda j: 1 / sp.Symbol("p")), 2)


def test_quotients_of_whole_numbers():
    three = Whole(3)
    for found, expected in [
        (1 / three, Fraction(1, 3)),
        (three / 2, Fraction(3, 2)),
        (2**-three, Fraction(1, 8)),
        (1 / (three - 1) ** 60, Fraction(1, 2**60)),
        (1 / (1 + 2 * three), Fraction(1, 7)),
        (1 / (10 - three), Fraction(1, 7)),
        (1 / (-three), Fraction(-1, 3)),
        (1 / (three // 2 + three % 2), Fraction(1, 2)),
        (three / Fraction(2), Fraction(3, 2)),
    ]:
        assert (type(found), found) == (Fraction, expected)
    assert three * 0.5 == 1.5
    assert pow(three, 2, 5) == 4
    assert list(range(three)) == [0, 1, 2]


def test_parameters():
    assert parameter({"a": (0.1, "1/2", np.int8(3)), "b": [True, "mean"]}) == {
        "a": (Fraction(1, 10), Fraction(1, 2), 3),
        "b": [True, "mean"],
    }
    assert isinstance(parameter(np.int8(3)), Whole)
    marker = object()
    assert parameter(marker) is marker
    assert parameter(float("inf")) == float("inf")


def test_numpy_integers_do_not_overflow():
    assert gain(FreshReal(np.int64(2)), 40) == gain(FreshReal(2), 40)  # 3^78 has 124 bits

    @dataclass(frozen=True)
    class Doubling(Workflow):
        base: Any

        def training_set(self, iteration):
            return by_count(synthetic(iteration - 1))

        def pool_size(self, pool):
            return self.base ** (pool - 1)

    assert gain(Doubling(np.int64(2)), 80)[-1] == 2 - Fraction(1, 2**79)
    assert gain(Doubling(2.0), 80)[-1] == 2 - Fraction(1, 2**79)
    assert gain(Doubling("2"), 80)[-1] == 2 - Fraction(1, 2**79)


@pytest.mark.parametrize("size", [0.25, "1/4", np.float32(0.25), Decimal("0.25"), sp.Rational(1, 4), sp.Float(0.25)])
def test_sizes_of_any_make(size):
    law = theory.linear.test_error(Made(lambda i: by_count(synthetic(i - 1)), lambda j: size), design="fixed")
    assert sp.expand(law.gain_expr) == 4 * n - 3  # each later model adds four times the error of one fit
    assert not law.expr.atoms(sp.Float)


@pytest.mark.parametrize("three", [3, 3.0, "3", np.int64(3), np.float64(3), sp.Integer(3), sp.Float(3), Decimal(3)])
def test_windows_of_any_make(three):
    assert SlidingWindow(three) == SlidingWindow(3)
    law = theory.linear.test_error(SlidingWindow(three), design="fixed")
    assert law.gain(5) == gain(SlidingWindow(3), 5)
    assert str(law.growth()).startswith("linear")


@pytest.mark.parametrize("weight", ["1/4", 0.25, np.float32(0.25), Decimal("0.25"), sp.Rational(1, 4), sp.Float(0.25)])
def test_weights_of_any_make(weight):
    @dataclass(frozen=True)
    class Mixed(Workflow):
        weight: Any

        def training_set(self, iteration):
            return by_weight({real(1): self.weight, synthetic(iteration - 1): 1 - self.weight})

    assert gain(Mixed(weight), 30) == gain(FixedReal("1/4"), 30)
    # the object itself keeps what its user gave
    assert Mixed(weight).parameters == {"weight": weight}


def test_pools_are_numbered_with_numbers_of_any_make():
    assert Pools(np.int64(1), sp.Integer(3)) == Pools(1, 3.0) == pools("1", Decimal(3))
    assert type(pools(np.int64(1), 2).first) is int
    with pytest.raises(ValueError, match="pools are numbered 1, 2, 3, …; got pool 3/2"):
        synthetic(0.5)
    with pytest.raises(ValueError, match="iteration 2 must name numbered pools"):
        Made(lambda i: by_count(pools(1, sp.Symbol("m")))).shares(2)


def test_workflows_within_workflows():
    @dataclass(frozen=True)
    class Late(Workflow):
        inner: Workflow

        def training_set(self, iteration):
            return self.inner.training_set(iteration)

    assert gain(Late(FixedReal(0.25)), 5) == gain(FixedReal("1/4"), 5)
    assert Late(FixedReal(sp.Symbol("w"))).is_symbolic
