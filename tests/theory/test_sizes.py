"""Pools whose size is not 1: gains, slopes, anchors and draws against exact rationals that share no code."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
import sympy as sp

from tests.helpers import Made
from theory import (
    AccumulateFresh,
    Generator,
    Pools,
    Replace,
    by_count,
    gain,
    generated,
    pools,
    real,
    subsample,
    synthetic,
)
from theory.asymptotics import Growth
from theory.gain import noises
from theory.recursion import solve
from theory.symbolic_workflow import SymbolicWorkflow
from theory.symbols import n
from theory.sympy_types import as_expression, at


def overlapping(members, drawn, sizes, iterations):
    """The gain where model i is fitted to `drawn` rows out of pools `members(i)`, by the rows that draws share.

    The mean noise of r rows has variance 1/r; two draws of r and s rows share each of theirs with probability s/S, S
    the rows of the larger set of pools, which has the other: so their means have covariance 1/S.
    """
    rows = [sum(sizes(j) for j in members(i)) for i in range(1, iterations + 1)]
    taken = [rows[i] if drawn(i + 1) is None else Fraction(drawn(i + 1)) for i in range(iterations)]
    overlap = sp.Matrix(
        iterations, iterations, lambda a, b: sp.Rational(1 / taken[a]) if a == b else sp.Rational(1, rows[max(a, b)])
    )
    # pool j + 1 is labelled by model j
    labels = sp.Matrix(
        iterations,
        iterations,
        lambda a, b: sp.Rational(Fraction(sizes(b + 2)) / rows[a]) if b + 2 in members(a + 1) else 0,
    )
    response = (sp.eye(iterations) - labels).inv()
    return [Fraction(int(c.p), int(c.q)) for c in (response * overlap * response.T).diagonal()]


SIZES = [1, 3, Fraction(1, 2), 2, 5, Fraction(3, 2)]


@pytest.mark.parametrize("rows", ["1/2", 1, 2])
def test_draws_from_pools_of_any_size(rows):
    """All pools so far, real(1) of T rows among them; the first fit is to all of that."""
    workflow = Made(lambda i: subsample(pools(1, i), rows=rows), lambda j: SIZES[j - 1])
    expected = overlapping(
        lambda i: range(1, i + 1), lambda i: rows if i > 1 else None, lambda j: Fraction(SIZES[j - 1]), 6
    )
    assert gain(workflow, 6) == expected
    errors, variances = noises(workflow, 6)
    assert [sum(c**2 * variances[noise] for noise, c in row.items()) for row in errors] == expected


def test_a_draw_of_all_rows_is_the_pools_whole():
    every = Made(lambda i: subsample(pools(1, i), rows=i))
    assert gain(every, 5) == gain(Made(lambda i: by_count(pools(1, i))), 5)
    one = Made(lambda i: subsample(synthetic(i - 1), rows="3/2"), lambda j: "3/2")
    assert gain(one, 5) == [1 + Fraction(2, 3) * k for k in range(5)]


@pytest.mark.parametrize(("window", "size"), [(2, 3), (2, "1/2"), (3, 2)])
def test_a_window_of_larger_pools_grows_more_slowly(window, size):
    """One noise an iteration of variance 1/size, and a response that tends to 1/(mean lag) = 2/(window + 1)."""
    workflow = Made(lambda i: by_count(pools(max(1, i - window + 1), i)), lambda j: size)
    growth = solve(SymbolicWorkflow(workflow)).growth
    assert growth is not None
    assert (growth.kind, growth.constant) == ("linear", sp.Rational(4, (window + 1) ** 2) / sp.Rational(size))
    far = gain(workflow, 120)
    assert abs(float(far[-1] - far[-2]) - float(as_expression(growth.constant))) < 1e-9


def test_a_window_that_is_drawn_from_grows_faster():
    """A draw of T rows out of two pools of 3 T adds 1 - 1/6 an iteration, by the same response 2/3."""
    workflow = Made(lambda i: subsample(pools(max(1, i - 1), i), rows=1), lambda j: 3)
    growth = solve(SymbolicWorkflow(workflow)).growth
    assert growth is not None
    assert growth.constant == (sp.Rational(1, 3) + 1 - sp.Rational(1, 6)) * sp.Rational(4, 9)
    far = gain(workflow, 120)
    assert abs(float(far[-1] - far[-2]) - float(as_expression(growth.constant))) < 1e-9


@pytest.mark.parametrize("size", [3, "1/2"])
@pytest.mark.parametrize("real_pool", ["first", "fresh"])
def test_real_data_beside_larger_samples(size, real_pool):
    """Shares by count: s/(1 + s) on the sampled pool, 1/(1 + s) on T real rows, at each iteration and in the limit."""
    s = Fraction(size)
    p, f = s / (1 + s), 1 / (1 + s)

    def rule(i):
        return by_count(real(1) if real_pool == "first" else Pools(i, i, fresh_real=True), synthetic(i - 1))

    workflow = Made(rule, lambda j: size)
    # delta_n = p (delta_{n-1} + noise of variance 1/s) + f (noise_1, or a new one)
    on_first, others, expected = Fraction(1), Fraction(0), [Fraction(1)]
    for _ in range(7):
        on_first = p * on_first + (f if real_pool == "first" else 0)
        others = p**2 * (others + 1 / s) + (0 if real_pool == "first" else f**2)
        expected.append(on_first**2 + others)
    assert gain(workflow, 8) == expected
    solved = solve(SymbolicWorkflow(workflow))
    assert solved.expr is not None
    assert [at(solved.expr, n, m) for m in range(1, 9)] == [sp.Rational(c) for c in expected]
    stationary = (p**2 / s + (0 if real_pool == "first" else f**2)) / (1 - p**2)
    assert solved.growth is not None
    assert solved.growth.constant == sp.Rational(stationary + (1 if real_pool == "first" else 0))


@dataclass(frozen=True)
class RealRows(Made):
    """As `Made`, with so many times T rows of later real data."""

    rows: Any = 1

    def real_size(self, iteration):
        return self.rows


@pytest.mark.parametrize("rows", [3, "1/2"])
def test_later_real_data_of_another_size(rows):
    """r T new real rows beside T sampled ones, all alike: c_n = (c_{n-1} + 1 + r)/(1 + r)^2."""
    workflow = RealRows(lambda i: by_count(real(i), synthetic(i - 1)), rows=rows)
    r, expected = Fraction(rows), [Fraction(1)]
    for _ in range(7):
        expected.append((expected[-1] + 1 + r) / (1 + r) ** 2)
    assert gain(workflow, 8) == expected
    found = solve(SymbolicWorkflow(workflow))
    assert found.growth == Growth("bounded", sp.Rational((1 + r) / ((1 + r) ** 2 - 1)))
    assert found.expr is None or [at(found.expr, n, m) for m in range(1, 9)] == expected


def test_larger_pools_alone_divide_the_gain():
    half = Made(lambda i: by_count(synthetic(i - 1)), lambda j: "1/2")
    assert gain(half, 4) == [1, 3, 5, 7]
    assert gain(Replace(), 4) == [1, 2, 3, 4]


def test_sizes_of_a_generator_are_those_of_sampled_pools_alone():
    """Real data that are collected later are as many as the workflow says."""
    for ratio in (2, "1/2"):
        workflow = AccumulateFresh(ratio, 3)
        sized = generated(workflow, Generator(sizes=[1, *[3] * 5]), design="fixed")
        assert sized.gain(6) == gain(workflow, 6)


@pytest.mark.parametrize("temperature", ["1/2", 3])
@pytest.mark.parametrize("size", [2, "1/2"])
def test_a_draw_from_unequal_pools_sees_the_noises_of_their_rows(temperature, size):
    """T rows out of real(1) and a pool of s T that is sampled at t: the variance of a row is (1 + s t^2)/(1 + s)."""
    s, square = Fraction(size), Fraction(temperature) ** 2
    law = generated(
        Made(lambda i: subsample(pools(1, i), rows=1), lambda j: size),
        Generator(temperature=temperature),
        design="fresh",
    )
    # delta_2 = noise_1 + s/(1 + s) noise_2 + what the draw adds, for model 1 has the noise of its pool
    pooled = 1 + (s / (1 + s)) ** 2 * square / s
    assert law.gain(2) == [1, pooled + (1 - 1 / (1 + s)) * (1 + s * square) / (1 + s)]
