"""Decisions between indices and sizes, shown only where true; sums; and names that capture nothing."""

from typing import Any

import pytest
import sympy as sp

from theory.algebra.indices import (
    FEATURES as d,
    INNER,
    ROWS as T,
    N,
    at_least,
    fresh,
    is_nonnegative,
    is_whole_number,
    outside,
    own,
    public,
    total,
    whole,
)
from theory.symbols import T as PUBLIC_T, i, k, n
from theory.sympy_types import added, sum_of

K = fresh()


@pytest.mark.parametrize("rows", [d + 2, T, K * T, N * T, T + d, T * K * (K + 1) / 2])
def test_enough_rows(rows):
    assert at_least(rows, d + 2, 1, ((K, sp.S.One, N),))


@pytest.mark.parametrize("rows", [d + 1, T - 1, 2 * d, T / 2, K * d, sp.Symbol("m"), (K - 1) * T])
def test_rows_that_may_be_too_few(rows):
    assert not at_least(rows, d + 2, 1, ((K, sp.S.One, N),))


def test_nonnegativity_is_shown_only_where_true():
    index = sp.Symbol("j", integer=True, positive=True)
    assert is_nonnegative((index - 1) * (d + 1))
    assert is_nonnegative(T - d - 2)
    assert not is_nonnegative(T - d - 3)
    assert not is_nonnegative(N - 2)
    assert not is_nonnegative(sp.sqrt(T))
    assert not is_nonnegative(sp.Symbol("x") + 1)


def test_indices_are_compared_from_a_start_on_and_in_ranges():
    assert at_least(N, sp.Integer(2), 2)
    assert not at_least(N, sp.Integer(2), 1)
    assert at_least(N, K, 1, ((K, sp.S.One, N),))
    assert not at_least(N - 1, K, 1, ((K, sp.S.One, N),))
    j = fresh()
    assert at_least(N - 1, j, 1, ((K, sp.S.One, N), (j, sp.S.One, K - 1)))


def test_sums():
    assert total(sp.Integer(3), K, sp.S.One, N) == 3 * N
    assert sp.expand(total(K, K, sp.S.One, N) - N * (N + 1) / 2) == 0
    inner: Any = total(1 / K, K, sp.S.One, N)
    assert inner == sp.Sum(1 / INNER[0], (INNER[0], 1, N))
    # a sum over the index in which another ends gets a name of its own
    outer: Any = total(inner.subs(N, K) / K, K, sp.S.One, N)
    assert outer.limits[0][0] == INNER[1]
    assert outside(sum_of(T / INNER[0], INNER[0], 1, N)) == T * inner
    product: Any = T * inner
    assert public(outside(product)) == PUBLIC_T * sp.Sum(1 / i, (i, 1, n))
    assert own(sp.sympify(PUBLIC_T + n)) == T + N


def test_a_sum_within_a_sum_has_an_index_of_its_own():
    """As it is printed, too: what stands for the outer index inside is the outer one."""
    j: Any = fresh()
    for outer in (sp.Sum, sp.Product):
        for inner in (sp.Sum, sp.Product):
            written: Any = outer(K * inner(1 + K / j, (j, K + 1, N)), (K, 2, N))
            expected = outer(i * inner(1 + i / k, (k, i + 1, n)), (i, 2, n))
            assert public(written) == expected
            assert sp.latex(public(written)) == sp.latex(expected)
    beside = [sum_of(1 / K, K, sp.S.One, N), sum_of(j, j, sp.S.One, N)]
    assert public(added(beside)) == added([sum_of(1 / i, i, sp.S.One, n), sum_of(i, i, sp.S.One, n)])


def test_a_users_symbols_are_not_the_algebras():
    theirs = sp.Symbol("T", integer=True, positive=True)
    assert T not in theirs.free_symbols
    assert not at_least(theirs, d + 2, 1)


@pytest.mark.parametrize(
    ("size", "answer"),
    [
        (K, True),
        (K * (K + 1) / 2, True),
        (K / 2, False),
        (1 / K, False),
        (K**2 - K + 1, True),
        (sp.Rational(3, 2), False),
    ],
)
def test_whole_numbers(size, answer):
    assert is_whole_number(size, K) == answer
    assert whole(N + 1 - N) == 1
    assert whole(N) is None
