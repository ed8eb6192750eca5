"""A symbolic iteration takes part in arithmetic, and gives nothing else away."""

import math
import operator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp

import theory
from tests.theory.test_workflow import Made
from theory import SlidingWindow, Workflow, by_count, by_weight, gain, linear, pools, real, synthetic
from theory.index import every_path, expression, read
from theory.recursion import solve
from theory.symbolic_workflow import SymbolicWorkflow
from theory.symbols import n
from theory.sympy_types import as_expression

AT = 1 + sp.Dummy("beyond", integer=True, positive=True)


@pytest.mark.parametrize(
    "method",
    [
        str,
        repr,
        lambda i: f"{i}",
        lambda i: f"{i:03}",
        lambda i: "%s" % i,  # noqa: UP031
        int,
        float,
        len,
        hash,
        range,
        round,
        math.floor,
        math.sqrt,
        lambda i: {3: 1}.get(i, 2),
        lambda i: i in {3, 4},
        lambda i: i % 2,
        lambda i: i // 2,
        lambda i: i > 3,
        lambda i: i == 3,
        lambda i: bool(i - 3),
        lambda i: [1, 2, 3][i],
        lambda i: i + "1",
        lambda i: i + None,
        lambda i: i < "3",
        lambda i: sp.sqrt(i),
        lambda i: np.sqrt(i),
        lambda i: i.bit_length(),
    ],
)
def test_refused(method):
    assert read(method, AT) is None


def test_a_refusal_cannot_be_caught():
    def method(i):
        try:
            return {3: "three"}[i]
        except (KeyError, TypeError):
            return "other"

    assert read(method, AT) is None
    assert every_path(method, AT) is None


@pytest.mark.parametrize(
    "method",
    [
        lambda i: i + 1,
        lambda i: np.int64(1) + i,
        lambda i: i - np.float64(0.5) * 2,
        lambda i: Fraction(1, 3) * i / 2,
        lambda i: 2**i / i**2,
        lambda i: np.int64(2) ** -i,
        lambda i: max(1, i),
        lambda i: 1 if i == "3" else 2,
        lambda i: 1 if i == 1 else i,
        lambda i: (-i) * sp.Rational(1, 7) + 1 / (i + 1),
    ],
)
def test_arithmetic_is_that_of_integers(method):
    (beyond,) = AT.free_symbols
    found = expression(read(method, AT))
    for value in (2, 3, 17):
        assert found.subs(beyond, value - 1) == expression(method(sp.Integer(value)) if value else None)


def test_every_path():
    def method(i):
        if i % 2:
            return 1
        return 2 if i > 40 else 3

    def results(method):
        return {path.result for path in every_path(method, AT) or ()}

    assert results(method) == {1, 2, 3}
    assert every_path(lambda i: sum(1 for _ in iter(lambda: i % 2 == 0, None)), AT) is None  # asks for ever
    assert results(lambda i: (i > 5, i > 5)) == {(True, True), (False, False)}


@pytest.mark.parametrize("what", ["nonnegative", "integer"])
def test_of_quotients_and_rests_no_more_is_said_than_is_seen(what):
    methods = {
        "nonnegative": [lambda i: (i - 5) // 2, lambda i: (5 - i) // 2, lambda i: i // 2, lambda i: (i - 5) % 2],
        "integer": [lambda i: i / 2 % 1, lambda i: (i + Fraction(1, 3)) % 2, lambda i: i % 2, lambda i: i / 2 // 1],
    }[what]
    said = [getattr(expression(path.result), f"is_{what}") for method in methods for path in every_path(method, AT)]
    assert said == [None, None, True, True]
    holds = [
        all(
            value >= 0 if what == "nonnegative" else value % 1 == 0
            for value in map(method, map(Fraction, range(2, 12)))
        )
        for method in methods
    ]
    assert holds == [False, False, True, True]


def test_an_answer_is_that_to_its_own_question():
    """Of two comparisons with one number each pair of answers that an iteration gives is on some way."""
    signs = (operator.gt, operator.ge, operator.eq, operator.ne, operator.lt, operator.le)
    for one, other in product(signs, signs):
        found = {path.result for path in every_path(lambda i, a=one, b=other: (a(i, 5), b(i, 5)), AT) or ()}
        assert found >= {(one(i, 5), other(i, 5)) for i in range(2, 9)}


@dataclass(frozen=True)
class Bigger(Workflow):
    """Replace, with pools of m·T rows."""

    m: Any

    def training_set(self, iteration):
        return by_count(synthetic(iteration - 1))

    def pool_size(self, pool):
        return self.m


@pytest.mark.parametrize("name", ["k", "m", "beyond", "x", "weight", "sum0", "unknown", "gain"])
@pytest.mark.parametrize("assumptions", [{}, {"integer": True, "positive": True}], ids=["plain", "whole"])
def test_a_users_symbol_is_the_users(name, assumptions):
    symbol = sp.Symbol(name, **assumptions)
    law = linear.test_error(Bigger(symbol), design="fixed")
    formula = as_expression(law.gain_expr)
    assert sp.simplify(formula - 1 - (n - 1) / symbol) == 0  # each later pool adds 1/m
    assert formula.free_symbols == {n, symbol}  # no dummy leaks out
    assert law.exact == bool(assumptions)
    assert as_expression(law.gain(3)[2]).subs(symbol, 4) == sp.Rational(gain(Bigger(4), 3)[2])


@pytest.mark.parametrize("name", ["n", "i", "T", "d", "sigma"])
@pytest.mark.parametrize("assumptions", [{}, {"integer": True, "positive": True}], ids=["plain", "whole"])
def test_symbols_of_the_laws_are_refused(name, assumptions):
    # the text of a law would not tell them apart
    symbol = sp.Symbol(name, **assumptions)
    for workflow in (Bigger(symbol), SlidingWindow(symbol)):
        with pytest.raises(ValueError, match=f"the symbol {name} has another meaning in the laws"):
            theory.linear.test_error(workflow, design="fixed")


def test_text_of_the_iteration_is_not_read():
    # len(f"{i}") is 1 or 2 for numbers, and was 8 for the symbol's text
    def rule(i):
        share = Fraction(1, len(f"{i}") + 1)
        return by_weight({real(1): share, synthetic(i - 1): 1 - share})

    assert solve(SymbolicWorkflow(Made(rule))).expr is None


def test_a_sum_that_differs_at_one_value_of_a_parameter_is_not_taken():
    # the rows of p^(i-1) T are (p^i - 1)/(p - 1) T, but i T at p = 1
    @dataclass(frozen=True)
    class Powers(Workflow):
        p: Any

        def training_set(self, iteration):
            return by_count(pools(1, iteration))

        def pool_size(self, pool):
            return self.p ** (pool - 1)

    assert solve(SymbolicWorkflow(Powers(sp.Symbol("p", positive=True)))).expr is None
    assert solve(SymbolicWorkflow(Powers(2))).expr is not None
