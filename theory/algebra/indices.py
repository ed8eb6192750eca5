"""Indices and sizes of the algebra: its own symbols, and exact decisions between indices that hold for every iteration.

The symbols are Dummies, so that no symbol in a user's workflow is ever taken for one of them. `public` puts theory's
symbols in their place once a law is read off.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import sympy as sp
from sympy.polys.rings import ring

from ..symbols import T, i, k, n
from ..sympy_types import expanded, factored, replaced, sum_of

#: Iteration, rows of the real pool, features, noise standard deviation.
N = sp.Dummy("n", integer=True, positive=True)
ROWS = sp.Dummy("T", integer=True, positive=True)
FEATURES = sp.Dummy("d", integer=True, positive=True)
SIGMA = sp.Dummy("sigma", positive=True)

#: Of labels that are sampled from a model: the share of its error that they hand on, the variance of their noise in
#: units of sigma^2, and the length of what they are shifted by.
CARRIED = sp.Dummy("h", positive=True)
SAMPLED = sp.Dummy("nu", nonnegative=True)
LENGTH = sp.Dummy("b", nonnegative=True)

#: What is added to the Gram matrix of a training set, and the squared length of w*, which matters where something is.
RIDGE = sp.Dummy("lambda", positive=True)
ENERGY = sp.Dummy("|w*|^2", nonnegative=True)

#: T_k and sigma_k where these differ from pool to pool, and the rows of the real data of iteration k.
SIZE: Any = sp.IndexedBase(sp.Dummy("T"))
REAL_SIZE: Any = sp.IndexedBase(sp.Dummy("T^r"))
NOISE: Any = sp.IndexedBase(sp.Dummy("sigma"))

_PUBLIC: dict[Any, Any] = {
    N: n,
    ROWS: T,
    FEATURES: sp.Symbol("d", integer=True, positive=True),
    SIGMA: sp.Symbol("sigma", positive=True),
    RIDGE: sp.Symbol("lambda", positive=True),
    ENERGY: sp.Symbol(r"\|w^{*}\|^2", nonnegative=True),
    SIZE.label: sp.Symbol("T"),
    REAL_SIZE.label: sp.Symbol("T^r"),
    NOISE.label: sp.Symbol("sigma"),
}

#: What bound indices are called in normal form; they are never free.
BOUND = sp.symbols("b0:4", cls=sp.Dummy, integer=True, positive=True)

#: What the bound indices of sums inside a coefficient are called.
INNER = sp.symbols("i k l m", cls=sp.Dummy, integer=True, positive=True)

#: A bound index with the ends of its range.
Range = tuple[sp.Symbol, sp.Expr, sp.Expr]


def fresh(name: str = "k") -> sp.Dummy:
    """A bound index that occurs nowhere else."""
    return sp.Dummy(name, integer=True, positive=True)


@lru_cache(maxsize=20_000)
def text(expression: sp.Expr) -> str:
    """For sorting, never for equality."""
    return str(expression)


def put(expression: sp.Expr, values: dict[Any, Any]) -> sp.Expr:
    """The index or coefficient with values put in; names bound inside it are `INNER`, which no value holds free."""
    found = replaced(expression, values)
    return expanded(found) if found.is_polynomial() else found


def public(expression: sp.Expr) -> sp.Expr:
    """The coefficient in theory's symbols: n, T, d, sigma, and i and k for sums and products inside sums."""
    return _with_names(replaced(expression, _PUBLIC), (i, k))


def own(expression: sp.Expr) -> sp.Expr:
    """The inverse, for an expression without sums in which those symbols are theory's."""
    return replaced(expression, {theirs: mine for mine, theirs in _PUBLIC.items()})


def _with_names(expression: Any, names: tuple[sp.Symbol, ...]) -> Any:
    if isinstance(expression, sp.Sum | sp.Product):
        ((bound, first, last),) = expression.limits
        name, *inner = names
        body = _with_names(expression.function.xreplace({bound: name}), tuple(inner))
        return expression.func(body, (name, first, last))
    if not expression.has(sp.Sum, sp.Product):
        return expression
    return expression.func(*(_with_names(argument, names) for argument in expression.args))


def whole(expression: sp.Expr) -> int | None:
    """The whole number that an index is, if it is one."""
    value = sp.expand(expression)
    return int(value) if value.is_Integer else None


def at_least(larger: sp.Expr, smaller: sp.Expr, start: int, ranges: Sequence[Range] = ()) -> bool:
    """Whether larger >= smaller for every n >= start and all bound indices in their ranges; False means not shown.

    Args:
        larger: an index, or a number of rows, polynomial in indices, T and d.
        smaller: likewise.
        start: the least n.
        ranges: of the bound indices, each after those that its ends are written in.

    A bound index is written as its lower end and more, or its upper end and less, n as `start` and more, T and d by
    T >= d + 2 and d >= 1, another symbol, which must be a positive integer, as 1 and more. Where all coefficients of
    the polynomial in what is "more" are non-negative, so is the difference.
    """
    difference = sp.expand(larger - smaller)
    for from_below in product((True, False), repeat=len(ranges)):
        shifted = difference
        for (name, first, last), below in reversed(list(zip(ranges, from_below, strict=True))):
            more = sp.Dummy(nonnegative=True)
            shifted = sp.expand(shifted.xreplace({name: first + more if below else last - more}))
        if _has_nonnegative_coefficients(shifted, start):
            return True
    return False


def is_nonnegative(expression: sp.Expr) -> bool:
    """Whether it is >= 0 for T >= d + 2, d >= 1 and any other positive integers; False means not shown."""
    return at_least(expression, sp.S.Zero, 1)


def _has_nonnegative_coefficients(expression: sp.Expr, start: int) -> bool:
    """With each symbol written as its least value and more; what is already "more" is known by its assumptions."""
    symbols = expression.free_symbols | {FEATURES}
    least = {symbol: 0 if symbol.is_nonnegative and not symbol.is_positive else 1 for symbol in symbols}
    least[N] = start
    if not expression.is_polynomial(*symbols) or not all(s.is_integer or not least[s] for s in symbols):
        return False
    if not all(symbol.is_nonnegative for symbol in symbols):
        return False
    names = sorted(symbols, key=sp.default_sort_key)
    polynomials, *more = ring(names, sp.QQ)
    of = dict(zip(names, more, strict=True))
    shift = {symbol: x + least[symbol] for symbol, x in of.items()}
    if ROWS in of:
        shift[ROWS] = of[ROWS] + shift[FEATURES] + 2
    shifted = polynomials.from_expr(expression).compose([(of[symbol], shift[symbol]) for symbol in names])
    return all(c >= 0 for c in shifted.coeffs())


def is_whole_number(size: sp.Expr, index: sp.Symbol) -> bool:
    """Whether it is a whole number at every whole index: by its symbols, or a polynomial shown by deg + 1 values."""
    if size.is_integer:
        return True
    if size.free_symbols - {index} or not size.is_polynomial(index):
        return False
    return all(size.subs(index, value).is_integer for value in range(int(sp.Poly(size, index).total_degree()) + 1))


def total(term: sp.Expr, name: sp.Symbol, first: sp.Expr, last: sp.Expr) -> sp.Expr:
    """The sum of a coefficient over first..last, where last >= first - 1; free of sums if it is a polynomial."""
    if not term.has(name):
        return term * (last - first + 1)
    if term.is_polynomial(name):
        return factored(sp.summation(term, (name, first, last)))
    taken = term.atoms(sp.Symbol) | first.atoms(sp.Symbol) | last.atoms(sp.Symbol)
    bound = next(symbol for symbol in INNER if symbol not in taken)
    return sum_of(replaced(term, {name: bound}), bound, first, last)


def outside(expression: sp.Expr) -> sp.Expr:
    """What does not depend on the bound index taken out of sums, the outermost; a sum of ones is written out."""
    sums: set[Any] = expression.atoms(sp.Sum)
    taken = {}
    for one in sums:
        if any(one is not other and other.has(one) for other in sums):
            continue
        ((bound, first, last),) = one.limits
        constant, varying = one.function.as_independent(bound, as_Add=False)
        taken[one] = constant * (sp.Sum(varying, (bound, first, last)) if varying != 1 else last - first + 1)
    return replaced(expression, taken)


def used(expressions: Iterable[sp.Expr]) -> set[sp.Basic]:
    """All free symbols of these."""
    return set().union(*(expression.free_symbols for expression in expressions))
