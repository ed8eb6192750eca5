"""Gains for symbolic n against the exact rationals of `gain`, and growth against gains far out."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
import sympy as sp
from hypothesis import given, settings, strategies as st

import theory
from tests.helpers import Made
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Pools,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    Workflow,
    by_count,
    by_weight,
    gain,
    pools,
    real,
    subsample,
    synthetic,
)
from theory.asymptotics import Growth
from theory.recurrence import shortest_recurrence
from theory.recursion import solve
from theory.symbolic_workflow import SymbolicWorkflow
from theory.symbols import n
from theory.sympy_types import as_expression, at, cancelled, substituted

w = sp.Symbol("w", positive=True)
s = sp.Symbol("s", integer=True, positive=True)
k = sp.Symbol("k", integer=True, positive=True)


@dataclass(frozen=True)
class Anchored(Workflow):
    """A quarter each on the first real data and on new real data, half on the last model."""

    def training_set(self, iteration):
        return by_weight({real(1): "1/4", real(iteration): "1/4", synthetic(iteration - 1): "1/2"})


@dataclass(frozen=True)
class TwoBack(Workflow):
    """The two newest pools, unevenly."""

    share: Fraction

    def training_set(self, iteration):
        if iteration == 2:
            return by_count(synthetic(1))
        return by_weight({synthetic(iteration - 1): self.share, synthetic(iteration - 2): 1 - self.share})


CLOSED = [
    Replace(),
    ReplaceGrowing(),
    Accumulate(),
    AccumulateSubsample(),
    SlidingWindow(1),
    SlidingWindow(2),
    FixedReal("1/3"),
    FixedReal(1),
    FreshReal(),
    FreshReal("1/2"),
    FreshReal(3, "2/5"),
    FreshReal(1, 1),
    Anchored(),
    Made(lambda i: by_count(pools(1, i)), lambda j: j),
    Made(lambda i: subsample(pools(1, i), rows=1)),
    Made(lambda i: subsample(synthetic(i - 1), rows="1/2")),
]


@pytest.mark.parametrize("workflow", CLOSED, ids=str)
def test_gain_for_every_n(workflow):
    solved = solve(SymbolicWorkflow(workflow))
    assert solved.expr is not None
    assert [Fraction(int(v.p), int(v.q)) for v in map(exact, values_of(solved.expr, 12))] == gain(workflow, 12)
    law = theory.linear.test_error(workflow, design="fixed")
    assert law.gain(12) == gain(workflow, 12)


#: Draws of which a formula that is near at hand is wrong: model 1 is fitted to all of its rows.
DRAWN = {
    "half of all": Made(lambda i: subsample(pools(1, i), rows="1/2")),
    "a third of all": Made(lambda i: subsample(pools(1, i), rows="1/3")),
    "half of all, of larger pools": Made(lambda i: subsample(pools(1, i), rows="1/2"), lambda j: 2),
    "T of ever larger pools": Made(lambda i: subsample(synthetic(i - 1), rows=1), lambda j: j),
    "more each time": Made(lambda i: subsample(pools(1, i), rows=(i + 1) / 2)),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_formula_of_draws_holds_for_every_n_or_there_is_none(name):
    workflow, solved = DRAWN[name], solve(SymbolicWorkflow(DRAWN[name]))
    expected = gain(workflow, 8)
    assert solved.expr is None or list(map(sp.Rational, expected)) == [sp.expand(v) for v in values_of(solved.expr, 8)]
    law = theory.linear.test_error(workflow, design="fixed")
    assert law.gain(8) == expected


def values_of(expr, upto):
    return [as_expression(expr.subs(n, m).doit()) for m in range(1, upto + 1)]


def exact(value):
    assert isinstance(value, sp.Rational)
    return value


FAMILIES = [
    (FixedReal(w), lambda at: FixedReal(Fraction(at["w"]))),
    (FreshReal(s), lambda at: FreshReal(at["s"])),
    (FreshReal(s, w), lambda at: FreshReal(at["s"], Fraction(at["w"]))),
]


@pytest.mark.parametrize(("family", "member"), FAMILIES, ids=["fixed", "fresh", "weighted"])
@pytest.mark.parametrize("values", [{"w": "1/2", "s": 1}, {"w": "9/10", "s": 3}, {"w": "1/7", "s": 2}], ids=str)
def test_symbolic_parameters(family, member, values):
    numbers = {w: sp.Rational(values["w"]), s: values["s"]}
    solved = solve(SymbolicWorkflow(family))
    found = [exact(substituted(value, numbers)) for value in values_of(solved.expr, 8)]
    assert [Fraction(int(v.p), int(v.q)) for v in found] == gain(member(values), 8)
    assert solved.growth is not None
    assert solved.growth.constant is not None
    limit = substituted(solved.growth.constant, numbers)
    far = gain(member(values), 80)[-1]
    assert abs(float(limit) - float(far)) < 1e-6


@pytest.mark.parametrize("window", [1, 2, 3, 5, 8])
def test_windows_grow_linearly(window):
    growth = solve(SymbolicWorkflow(SlidingWindow(k))).growth
    assert growth is not None
    assert growth.constant is not None
    slope = at(growth.constant, k, window)
    assert slope == sp.Rational(4, (window + 1) ** 2)
    if window > 1:
        assert solve(SymbolicWorkflow(SlidingWindow(window))).growth == theory.Growth("linear", slope)
    far = gain(SlidingWindow(window), 150)
    assert abs(float(far[-1] - far[-2]) - float(slope)) < 1e-6


@pytest.mark.parametrize(
    ("workflow", "kind", "constant"),
    [
        (Replace(), "linear", 1),
        (ReplaceGrowing(), "logarithmic", 1),
        (Accumulate(), "bounded", sp.pi**2 / 6),
        (AccumulateSubsample(), "bounded", sp.pi**2 / 2 - 2),
        (SlidingWindow(2), "linear", sp.Rational(4, 9)),
        (FixedReal("1/2"), "bounded", sp.Rational(4, 3)),
        (FreshReal(), "bounded", sp.Rational(2, 3)),
        (Anchored(), "bounded", None),
        (TwoBack(Fraction(1, 3)), "linear", sp.Rational(9, 25)),
        (
            Made(lambda i: by_weight({pools(i - 1, i): "1/2", real(i): "1/2"}) if i > 2 else by_count(pools(1, 2))),
            "bounded",
            None,
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("design", theory.linear.DESIGNS)
def test_growth_of_the_law(workflow, kind, constant, design):
    growth = theory.linear.test_error(workflow, design=design).growth()
    assert growth is not None
    assert growth.kind == kind
    if design == "fixed":
        per_fit = theory.linear.test_error(Replace(), design="fixed").expr / n
        far = gain(workflow, 120)
        expected = {
            "bounded": float(far[-1]),
            "linear": float(far[-1] - far[-2]),
            "logarithmic": float(far[-1] - far[59]) / 0.6931471805599453,
        }[kind]
        found = sp.simplify(growth.constant / per_fit)
        assert abs(float(found) - expected) < 0.02 * expected
        assert constant is None or sp.simplify(found - constant) == 0


def test_lags_with_a_common_factor_have_the_slope_of_each_chain():
    # Model n is fitted to model n - 2's data: two chains side by side, each growing every other iteration.
    apart = Made(lambda i: by_count(pools(i - 1, i - 1)))
    assert solve(SymbolicWorkflow(apart)).growth == Growth("linear", sp.S.Half)
    assert [c / n for n, c in enumerate(gain(apart, 1001), 1)][-2:] == [Fraction(1, 2), Fraction(501, 1001)]


@dataclass(frozen=True)
class Older(Workflow):
    """k pools, the newest left out: lags 2 to k + 1."""

    k: Any

    def training_set(self, iteration):
        return by_count(pools(iteration - self.k, iteration - 1)) if iteration > self.k + 1 else by_count(real(1))


def test_a_window_that_may_be_one_pool_has_no_slope():
    # at k = 1 the lags are 2, 2, 2, …: two chains side by side, c = 1, 1, 2, 2, 3, 3: there is no slope an iteration
    assert solve(SymbolicWorkflow(Older(k))).growth is None
    assert gain(Older(1), 6) == [1, 1, 2, 2, 3, 3]
    # with two pools at least the renewal theorem holds: the mean lag is (2 + k + 1)/2
    more = solve(SymbolicWorkflow(Older(k + 1))).growth
    assert more is not None
    assert more.constant is not None
    for length in (2, 3, 5):
        slope = at(more.constant, k, length - 1)
        assert slope == sp.Rational(4, (length + 3) ** 2)
        far = gain(Older(length), 150)
        assert abs(float(far[-1] - far[-2]) - float(slope)) < 1e-6


def test_a_share_that_may_be_zero_counts_for_no_lag():
    # with the share 1 - a on lag 2 and a on lag 1, lag 1 is not used at a = 0
    @dataclass(frozen=True)
    class Mixed(Workflow):
        a: Any

        def training_set(self, iteration):
            if iteration == 2:
                return by_count(real(1))
            return by_weight({synthetic(iteration - 1): self.a, synthetic(iteration - 2): 1 - self.a})

    assert solve(SymbolicWorkflow(Mixed(sp.Symbol("a", nonnegative=True)))).growth is None
    found = solve(SymbolicWorkflow(Mixed(w))).growth
    assert found is not None
    assert sp.simplify(found.constant - 1 / (2 - w) ** 2) == 0  # the mean lag is w + 2 (1 - w)


def test_a_weight_that_may_be_zero_has_no_limit():
    # at weight 0 this is Replace, whose gain is n
    @dataclass(frozen=True)
    class Mixed(Workflow):
        weight: Any

        def training_set(self, iteration):
            return by_weight({real(1): self.weight, synthetic(iteration - 1): 1 - self.weight})

    assert solve(SymbolicWorkflow(Mixed(sp.Symbol("v", nonnegative=True)))).growth is None
    assert solve(SymbolicWorkflow(Mixed(w))).growth is not None


def test_long_memories_of_real_data_end():
    # the recurrence of a state of a hundred lags is not looked for
    workflow = Made(
        lambda i: (
            by_weight({Pools(i - 99, i, fresh_real=True): "1/2", synthetic(i - 1): "1/2"})
            if i > 100
            else by_count(real(1))
        )
    )
    assert solve(SymbolicWorkflow(workflow)).growth == Growth("bounded", None)

    @dataclass(frozen=True)
    class Remembering(Workflow):
        k: Any

        def training_set(self, iteration):
            if iteration <= self.k + 1:
                return by_count(real(1))
            return by_weight(
                {Pools(iteration - self.k, iteration, fresh_real=True): "1/2", synthetic(iteration - 1): "1/2"}
            )

    assert solve(SymbolicWorkflow(Remembering(k))).growth is None


@settings(max_examples=8)
@given(st.lists(st.integers(0, 3), min_size=3, max_size=3).filter(any), st.integers(0, 2), st.integers(0, 2))
def test_random_lags(parts, anchor, fresh):
    total = sum(parts) + anchor + fresh

    def rule(i):
        if i < 4:
            return by_count(real(1), pools(2, i))
        shares = {synthetic(i - 1 - lag): Fraction(p, total) for lag, p in enumerate(parts) if p}
        shares |= {real(1): Fraction(anchor, total)} if anchor else {}
        return by_weight(shares | ({real(i): Fraction(fresh, total)} if fresh else {}))

    @dataclass(frozen=True)
    class Lagged(Workflow):
        settles: int = 4

        def training_set(self, iteration):
            return rule(iteration)

    solved = solve(SymbolicWorkflow(Lagged()))
    far = gain(Lagged(), 150)
    if solved.expr is not None:
        assert [exact(v) for v in values_of(solved.expr, 8)] == [sp.Rational(c) for c in far[:8]]
    if solved.growth is not None:
        assert solved.growth.constant is not None
        expected = float(far[-1] - far[-2]) if solved.growth.kind == "linear" else float(far[-1])
        assert abs(float(solved.growth.constant) - expected) < 1e-3 * max(1.0, expected)


#: Name: (training set, sizes, kind of growth with its constant in units of one fit, far out).
BRANCHES = {
    "modulo": (lambda i: by_count(pools(1, i)) if i % 2 else by_count(synthetic(i - 1)), None, ("bounded", None)),
    "equal": (lambda i: by_count(real(1)) if i == 3 else by_count(synthetic(i - 1)), None, ("linear", 1)),
    "member": (lambda i: by_count(real(1)) if i in {3, 70} else by_count(synthetic(i - 1)), None, None),
    "unequal": (lambda i: by_count(synthetic(i - 1)) if i != 40 else by_count(pools(1, i)), None, ("linear", 1)),
    "less": (lambda i: by_count(pools(1, i)) if i < 30 else by_count(synthetic(i - 1)), None, ("linear", 1)),
    "truth": (lambda i: by_count(pools(1, i)) if i - 5 else by_count(synthetic(i - 1)), None, ("bounded", 1.71605)),
    "range": (lambda i: by_count(*[pools(j, j) for j in range(1, i + 1)]), None, None),
    "size": (lambda i: by_count(pools(1, i)), lambda j: 5 if j == 3 else 1, ("bounded", 1.48518)),
}


@pytest.mark.parametrize("name", BRANCHES)
def test_a_branch_on_the_iteration_is_not_read(name):
    """Read structurally, `i == 3` is false for a symbol: the law would be that of the other branch, and wrong."""
    *made, expected = BRANCHES[name]
    workflow = Made(*made)
    law = theory.linear.test_error(workflow, design="fixed")
    assert (law.closed_form(), law.gain_expr) == (None, None)
    found = law.growth()
    assert (None if found is None else found.kind) == (None if expected is None else expected[0])
    constant = None if found is None or found.constant is None else float(cancelled(found.constant / law.unit))
    assert constant == (None if expected is None or expected[1] is None else pytest.approx(expected[1], rel=1e-4))
    assert law.exact
    assert law.gain(45) == gain(workflow, 45)
    found = law.evaluate(T=20, d=3, n=[1, 2, 5])
    expected = [3 / 16 * float(gain(workflow, 5)[m - 1]) for m in (1, 2, 5)]
    assert abs(found - expected).max() < 1e-14


def test_what_every_iteration_answers_alike_is_read():
    workflow = Made(lambda i: by_count(real(1)) if i == 1 else by_count(pools(1, i)) if i >= 2 else None)
    assert solve(SymbolicWorkflow(workflow)).expr == solve(SymbolicWorkflow(Accumulate())).expr


@settings(max_examples=40)
@given(st.lists(st.fractions(-2, 2, max_denominator=4), min_size=1, max_size=4), st.integers(0, 5))
def test_shortest_recurrence(coefficients, seed):
    terms = [Fraction(seed + j * j + 1) for j in range(len(coefficients))]
    for _ in range(30):
        terms.append(sum((c * terms[-1 - j] for j, c in enumerate(coefficients)), Fraction(0)))
    found = shortest_recurrence(terms)
    assert len(found) <= len(coefficients)
    for t in range(len(found), len(terms)):
        assert terms[t] == sum((c * terms[t - 1 - j] for j, c in enumerate(found)), Fraction(0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SlidingWindow(0), "k counts pools .* got 0"),
        (lambda: SlidingWindow(1.5), "whole number of at least 1; got 3/2"),
        (lambda: FixedReal(0), "more than 0 and at most 1; got 0"),
        (lambda: FixedReal("3/2"), "FixedReal: weight is the share"),
        (lambda: FreshReal(-1), "synthetic_ratio is the sampled rows over T, more than 0; got -1"),
        (lambda: FreshReal(1, 2), "FreshReal: weight is the share"),
        (lambda: gain(FixedReal(w), 3), "has symbolic parameters"),
        (lambda: theory.linear.test_error(FixedReal(w), design="fixed").evaluate(T=9, d=2, n=1), "symbolic parameters"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()
