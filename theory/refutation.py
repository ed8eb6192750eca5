"""The search for a point at which a law exceeds a bound; every point is verified exactly or in interval arithmetic."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Any

import sympy as sp
from mpmath.ctx_mp import MPContext

from .deadline import checkpoint
from .domain import Domain
from .enclosure import Enclosure, NotReal, OutOfReach, Value, sign
from .symbols import T, d, n, sigma

#: Bits of the successive attempts to tell a law and a bound apart.
_PRECISIONS = (80, 160, 800)
#: Coordinates of the search stay below 2^this; a counterexample must be writable.
_MOST_BITS = 8_000
#: Halvings that a counterexample is made smaller by, in each coordinate.
_MOST_HALVINGS = 80
#: Moves that gain less than this part of the ratio are not worth making.
_LEAST_GAIN = 2.0**-60


@dataclass(frozen=True)
class Point:
    """A concrete point.

    Attributes:
        excess: T minus the least T of the domain at this d.
    """

    d: int
    excess: int
    n: int
    sigma: Fraction = Fraction(1)


class Search:
    """Looks for law > bound on a domain.

    Args:
        law: its expression at iteration n: a function of n, since a law may be known at small n alone.
        bound: the expression it is compared with.
        with_sigma: whether sigma matters; it is 1 otherwise.
    """

    def __init__(self, law: Callable[[int], sp.Expr], bound: sp.Expr, domain: Domain, *, with_sigma: bool) -> None:
        self.law, self.bound, self.domain, self.with_sigma = law, bound, domain, with_sigma
        self._least = {"n": domain.least_n, "excess": 0, "d": domain.least_d}
        self._context = MPContext()
        self._context.prec = _PRECISIONS[1]
        self._enclosures = [Enclosure(precision) for precision in _PRECISIONS]

    def at(self, point: Point) -> dict[sp.Symbol, Fraction]:
        """The point's coordinates."""
        T_ = self.domain.least_T(point.d) + point.excess
        return {T: Fraction(T_), d: Fraction(point.d), n: Fraction(point.n), sigma: point.sigma}

    def values(self, point: Point, enclosure: Enclosure) -> tuple[Value, Value]:
        """The law and the bound.

        Raises:
            ValueError: the bound has no real value there.
            OutOfReach: no enclosure is known.
        """
        bound = self._bound(point, enclosure)
        return enclosure.value(self.law(point.n), self.at(point)), bound

    def _bound(self, point: Point, enclosure: Enclosure) -> Value:
        checkpoint()
        at = self.at(point)
        try:
            return enclosure.value(self.bound, at)
        except NotReal as error:
            where = ", ".join(f"{symbol} = {at[symbol]}" for symbol in (T, d, n))
            raise ValueError(f"the bound is not real at {where} ({error}); it must be on the whole domain.") from error

    def refutes(self, point: Point) -> bool:
        """Whether law > bound there, with certainty; False means not shown."""
        for enclosure in self._enclosures:
            try:
                law, bound = self.values(point, enclosure)
            except OutOfReach:
                continue
            gap = enclosure.add(law, enclosure.multiply(Fraction(-1), bound))
            if sign(gap) is not None:
                return sign(gap) == 1
        return False

    def small(self) -> Point | None:
        """A counterexample among small points and corners. The bound is looked at in all of them, for its poles."""
        points = [
            Point(self.domain.least_d + features, excess, self.domain.least_n + iteration)
            for features, excess in product((0, 1, 2, 9, 99), (0, 1, 2, 9, 99, 9999))
            for iteration in (*range(8), 9, 14, 19, 29, 49)
        ]
        for point in points:
            with contextlib.suppress(OutOfReach):
                self._bound(point, self._enclosures[0])
        return next((each for point in points for each in self._with_sigmas(point) if self.refutes(each)), None)

    def _with_sigmas(self, point: Point) -> Iterator[Point]:
        sigmas = [Fraction(2) ** k for k in (0, 1, -1, 4, -4, 10, -10)] if self.with_sigma else [Fraction(1)]
        return (replace(point, sigma=value) for value in sigmas)

    def directed(self) -> Point | None:
        """A counterexample downhill of several starting points in bound/law, where moves double, halve and step."""
        starts = product((0, 9), (0, 2**20), (0, 3, 2**8, 2**20))
        for features, excess, iteration in starts:
            start = Point(self.domain.least_d + features, excess, self.domain.least_n + iteration)
            for each in self._with_sigmas(start):
                found = self._descend(each)
                if found is not None:
                    return self._shrunk(found)
        return None

    def _ratio(self, point: Point) -> Any | None:
        """bound/law, roughly; `None` where it is not known."""
        enclosure = self._enclosures[1]
        try:
            law, bound = self.values(point, enclosure)
            ratio = enclosure.interval(enclosure.multiply(bound, enclosure.power(law, Fraction(-1))))
        except (OutOfReach, NotReal):
            return None
        return self._context.make_mpf(ratio.mid._mpi_[0])

    def _descend(self, point: Point) -> Point | None:
        best = self._ratio(point)
        if best is None:
            return None
        while True:
            before = best
            for axis in ("n", "excess", "d", "both", "sigma"):
                scored = [
                    (ratio, move) for move in self._moves(point, axis) if (ratio := self._ratio(move)) is not None
                ]
                best, point = min([(best, point), *scored], key=lambda pair: pair[0])
                if best < 1 + _LEAST_GAIN and self.refutes(point):
                    return point
            if best >= before - abs(before) * _LEAST_GAIN:
                return None

    def _moves(self, point: Point, axis: str) -> Iterator[Point]:
        """Points further up or down one axis; "both" goes along T and d at once."""
        if axis == "both":
            yield replace(point, d=2 * point.d, excess=2 * point.excess + 1)
            if point.d // 2 >= self.domain.least_d:
                yield replace(point, d=point.d // 2, excess=point.excess // 2)
        elif axis == "sigma":
            if self.with_sigma and Fraction(1, 2**300) < point.sigma < 2**300:
                yield replace(point, sigma=point.sigma * 2)
                yield replace(point, sigma=point.sigma / 2)
        else:
            least = self._least[axis]
            for moved in _offsets(getattr(point, axis) - least):
                if moved.bit_length() <= (_MOST_BITS if axis == "n" else 200):
                    yield replace(point, **{axis: least + moved})

    def _shrunk(self, point: Point) -> Point:
        """A counterexample with smaller coordinates, each bisected down as far as the law still exceeds the bound."""
        for name, low in self._least.items():
            if self.refutes(replace(point, **{name: low})):
                point = replace(point, **{name: low})
            for _ in range(_MOST_HALVINGS):
                high = getattr(point, name)
                if high - low <= 1:
                    break
                # First to the right size, then to the number.
                bits = (low.bit_length() + high.bit_length()) // 2
                middle = 2**bits if low < 2**bits < high else (low + high) // 2
                if self.refutes(replace(point, **{name: middle})):
                    point = replace(point, **{name: middle})
                else:
                    low = middle
        return point


def _offsets(offset: int) -> Iterator[int]:
    """Where a coordinate may go from `offset`: far away, nearby, and one step."""
    moves = {2 * offset + 1, offset // 2, offset + 1, offset - 1, 16 * offset, offset // 16, offset**2}
    moves |= {offset + s * offset // share for share in (4, 32) for s in (1, -1)}
    return iter(sorted(move for move in moves if move >= 0 and move != offset))
