"""The search for a point at which a law exceeds a bound, or falls below it: verified exactly or in intervals."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import product

import flint
import sympy as sp
from flint import arb, fmpq

from ..symbols import n
from ..sympy_types import parts, summand
from .ball_sums import NoValue, unknown
from .balls import Ball, Function, compiled
from .deadline import checkpoint
from .domain import Domain
from .enclosure import Enclosure, NotReal, OutOfReach, Value, sign

#: Bits of the successive attempts to tell a law and a bound apart: in balls, which only say where to look closer, and
#: in intervals, which verify. A difference that the first leave open is taken to be none.
_FILTER, _PRECISIONS = (64, 800), (80, 160, 800)
#: Bits at which the search downhill compares margins.
_MARGIN = 160
#: Units of work of one side at one point; and how many bits of one operation in balls, or in intervals, make another.
_POINT, _BITS_A_UNIT, _INTERVAL_BITS_A_UNIT = 3, 1_500, 100
#: What a logarithm or root, and what is expanded in a series, cost in operations.
_FUNCTION, _SERIES = 5, 30
#: Coordinates of the search stay below 2^this; a counterexample must be writable.
_MOST_BITS_OF_N, _MOST_BITS = 8_000, 200
#: Real coordinates stay between 2^-this and 2^this.
_MOST_DOUBLINGS = 300
#: Offsets up to here are stepped through one by one.
_LEAST_NARROWED = 32
#: Larger ones are narrowed down to this part of themselves: a margin that is flat there differs by its square.
_NARROW = 2**20
#: Halvings that a counterexample is made smaller by, in each coordinate.
_MOST_HALVINGS = 80
#: Moves that gain less than this part of law or margin are not worth making.
_LEAST_GAIN = 2.0**-60
#: How far above their least values the small points are: n, the last integer, and the others.
_SMALL_N, _SMALL_LAST, _SMALL = (*range(8), 9, 14, 19, 29, 49), (0, 1, 2, 9, 99, 9999), (0, 1, 2, 9, 99)
#: Points far out, n likewise and so on.
_FAR_N, _FAR_LAST, _FAR = (2**8, 2**16, 2**33, 2**70, 2**200), (0, 2**20, 2**60), (0, 9, 2**20)
#: Likewise where the search downhill starts.
_START_N, _START_LAST, _START = (0, 3, 2**8, 2**20), (0, 2**20), (0, 9)
#: Real numbers are tried at these powers of two.
_POWERS = (0, 1, -1, 4, -4, 10, -10, 40, -40)


@dataclass(frozen=True)
class Point:
    """A concrete point, in the coordinates of a `Search`.

    Attributes:
        whole: n and the integers, the last first: a variable whose least value is a number itself, another by how much
            it exceeds its least value there.
        real: the real variables, each by the step of `Domain.beyond`.
    """

    whole: tuple[int, ...]
    real: tuple[Fraction, ...]

    def moved(self, axis: int, coordinate: int) -> "Point":
        """The point with another whole coordinate."""
        return Point((*self.whole[:axis], coordinate, *self.whole[axis + 1 :]), self.real)

    def shifted(self, axis: int, coordinate: Fraction) -> "Point":
        """The point with another real coordinate."""
        return Point(self.whole, (*self.real[:axis], coordinate, *self.real[axis + 1 :]))


@dataclass(frozen=True)
class Sides:
    """What is compared: whether law <= bound, or law >= bound where `lower` is set, with the bound at each n.

    Attributes:
        law: its expression at iteration n, for some values of the symbols: a law may be known at small n alone.
        bound: likewise; raises `OutOfReach` where it is not known, as the law does.
        lower: whether it is the law that has to be the larger one.
        name: what the bound is called where it has no real value.
    """

    law: Callable[[int, Mapping[sp.Symbol, Fraction]], sp.Expr]
    bound: Callable[[int, Mapping[sp.Symbol, Fraction]], sp.Expr]
    lower: bool = False
    name: str = "the bound"


class Search:
    """Looks for a point of a domain at which the law exceeds the bound, or falls below it.

    Args:
        sides: what is compared.
        domain: where to look.
        matters: the real variables that the comparison depends on; the others stay at one value.
    """

    def __init__(self, sides: Sides, domain: Domain, matters: frozenset[sp.Symbol]) -> None:
        self.sides, self.domain = sides, domain
        self._integers = tuple(variable.symbol for variable in domain.integers)
        self._reals = tuple(variable.symbol for variable in domain.reals)
        self._floored = tuple(bool(v.floors) or v.ceiling is not None for v in domain.reals)
        self._varying = tuple(axis for axis, symbol in enumerate(self._reals) if symbol in matters)
        #: What counterexamples name.
        self.shown = (*self._integers, n, *(self._reals[axis] for axis in self._varying))
        starts = (int(domain.least(x, {})) if domain.begins_at_a_number(x) else 0 for x in self._integers)
        self._least = (domain.least_n, *starts)
        self._costs: dict[sp.Expr, int] = {}
        self._functions: dict[sp.Expr, Function] = {}
        self._numbers: dict[Fraction, fmpq] = {}
        self._others: dict[tuple[int | Fraction, ...], dict[sp.Symbol, Fraction]] = {}
        self._enclosures = [Enclosure(precision) for precision in _PRECISIONS]

    def at(self, point: Point) -> dict[sp.Symbol, Fraction]:
        """The values of all symbols."""
        (iteration, *others), real = point.whole, point.real
        key = (*others, *real)
        if key not in self._others:
            self._others[key] = self._values_but_n(others, real)
        return {n: Fraction(iteration), **self._others[key]}

    def _values_but_n(self, integers: Sequence[int], real: Sequence[Fraction]) -> dict[sp.Symbol, Fraction]:
        coordinates = dict(zip(self._integers, map(Fraction, integers), strict=True))
        coordinates |= dict(zip(self._reals, real, strict=True))
        values: dict[sp.Symbol, Fraction] = {}
        for symbol in self.domain.symbols:
            coordinate = coordinates[symbol]
            if not symbol.is_integer:
                values[symbol] = self.domain.beyond(symbol, coordinate, values)
            elif self.domain.begins_at_a_number(symbol):
                values[symbol] = min(coordinate, self.domain.ceilings.get(symbol, coordinate))
            else:
                values[symbol] = self.domain.ahead(symbol, int(coordinate), values)
        return values

    def values(self, point: Point, enclosure: Enclosure) -> tuple[Value, Value]:
        """The law and the bound.

        Raises:
            ValueError: one of them has no real value there.
            OutOfReach: no enclosure is known.
        """
        at = self.at(point)
        bound = self._value("bound", point, at, enclosure)
        return self._value("law", point, at, enclosure), bound

    def _expression(self, side: str, point: Point, at: Mapping[sp.Symbol, Fraction]) -> sp.Expr:
        return (self.sides.law if side == "law" else self.sides.bound)(point.whole[0], at)

    def _value(self, side: str, point: Point, at: Mapping[sp.Symbol, Fraction], enclosure: Enclosure) -> Value:
        expression = self._expression(side, point, at)
        checkpoint(self._cost(expression) * enclosure.context.prec // _INTERVAL_BITS_A_UNIT)
        try:
            return enclosure.value(expression, at)
        except NotReal as error:
            where = ", ".join(f"{symbol} = {at[symbol]}" for symbol in self.shown)
            what = "the law" if side == "law" else self.sides.name
            raise ValueError(f"{what} is not real at {where} ({error}); it must be on the whole domain.") from error

    def _cost(self, expression: sp.Expr) -> int:
        """Operations that one evaluation takes: a function or root counts as several."""
        if expression not in self._costs:
            self._costs[expression] = sum(map(_cost_of, sp.preorder_traversal(expression)))
        return self._costs[expression]

    def _ball(self, side: str, point: Point, precision: int) -> Ball:
        """The law or the bound in a ball, a hundred times as fast; not finite where nothing is known.

        Raises:
            ValueError: it has no real value there.
        """
        at = self.at(point)
        with flint.ctx.workprec(precision):
            try:
                function = self._function(self._expression(side, point, at), precision)
                return function({symbol: self._number(x) for symbol, x in at.items()})
            except OutOfReach:
                return unknown()
            except NoValue:
                with contextlib.suppress(OutOfReach):
                    self._value(side, point, at, self._enclosures[0])
                return unknown()

    def _number(self, x: Fraction) -> fmpq:
        """The same object for the same number: a ball's function remembers by identity."""
        if x not in self._numbers:
            self._numbers[x] = fmpq(x.numerator, x.denominator)
        return self._numbers[x]

    def _function(self, expression: sp.Expr, precision: int) -> Function:
        checkpoint(_POINT + self._cost(expression) * precision // _BITS_A_UNIT)
        if expression not in self._functions:
            self._functions[expression] = compiled(expression)
        return self._functions[expression]

    def _ball_gap(self, point: Point, precision: int) -> tuple[Ball, Ball]:
        """The law, and what has to be >= 0."""
        bound, law = self._ball("bound", point, precision), self._ball("law", point, precision)
        with flint.ctx.workprec(precision):
            return law, law - bound if self.sides.lower else bound - law

    def _holds(self, point: Point) -> bool:
        """Whether the comparison holds there, as far as balls can tell."""
        for precision in _FILTER:
            _, gap = self._ball_gap(point, precision)
            if gap >= 0 or gap < 0 or not arb(gap).is_finite():
                return gap >= 0
        return True

    def _gap(self, law: Value, bound: Value, enclosure: Enclosure) -> Value:
        """What has to be >= 0."""
        larger, smaller = (law, bound) if self.sides.lower else (bound, law)
        return enclosure.add(larger, enclosure.multiply(Fraction(-1), smaller))

    def refutes(self, point: Point) -> bool:
        """Whether the comparison fails there, with certainty; False means not shown."""
        if self._holds(point):
            return False
        for enclosure in self._enclosures:
            try:
                gap = self._gap(*self.values(point, enclosure), enclosure)
            except OutOfReach:
                continue
            if sign(gap) is not None:
                return sign(gap) == -1
        return False

    def small(self) -> Point | None:
        """A counterexample among small points and corners. The bound is looked at in all of them, for its poles."""
        points, found = list(self._grid(_SMALL_N, _SMALL_LAST, _SMALL)), None
        for point in points:
            if found is None:
                found = self._among([point])
            else:
                self._look_at_bound(point)
        for point in self._poles([point for point in points if point.whole[0] == self.domain.least_n]):
            self._look_at_bound(point)
        return found

    def _among(self, points: Iterable[Point]) -> Point | None:
        return next((each for point in points for each in self._with_reals(point) if self.refutes(each)), None)

    def _look_at_bound(self, point: Point) -> None:
        self._ball("bound", point, _FILTER[0])

    def far(self) -> Point | None:
        """A counterexample among points far out, made smaller: where what holds in the limit alone fails."""
        found = self._among(self._grid(_FAR_N, _FAR_LAST, _FAR))
        return None if found is None else self._shrunk(found)

    def _poles(self, points: list[Point]) -> list[Point]:
        """Where n is so large that a sum in the bound has a term without a value, for the variables of each point."""
        found: dict[Point, None] = {}
        for point in points:
            at = self.at(point)
            with contextlib.suppress(OutOfReach, NotReal):
                for total in parts(self.sides.bound(point.whole[0], at), sp.Sum):
                    poles = self._enclosures[0].poles(summand(total), at)
                    inside = (pole for pole in poles if self.domain.most_n is None or pole <= self.domain.most_n)
                    found |= {point.moved(0, max(pole, self.domain.least_n)): None for pole in inside}
        return list(found)

    def _grid(self, for_n: tuple[int, ...], last: tuple[int, ...], others: tuple[int, ...]) -> Iterator[Point]:
        """Points at these distances from the least values; n changes first, and the first integer last."""
        axes = (for_n, last, *(others for _ in self._integers))[: 1 + len(self._integers)]
        real = tuple(Fraction(0 if floored else 1) for floored in self._floored)
        found: dict[tuple[int, ...], None] = {}
        for ahead in product(*reversed(axes)):
            iteration, *rest = map(sum, zip(self._least, reversed(ahead), strict=True))
            found[self.domain.iteration(iteration - self.domain.least_n), *rest] = None
        for whole in found:
            yield Point(whole, real)

    def _with_reals(self, point: Point) -> Iterator[Point]:
        powers = tuple(Fraction(2) ** power for power in _POWERS)
        axes = ((Fraction(0), *powers) if self._floored[axis] else powers for axis in self._varying)
        for values in product(*axes):
            each = point
            for axis, value in zip(self._varying, values, strict=True):
                each = each.shifted(axis, value)
            yield each

    def directed(self) -> Point | None:
        """A counterexample downhill of several starting points in the margin, where moves double, halve and step."""
        for start in self._grid(_START_N, _START_LAST, _START):
            for each in self._with_reals(start):
                found = self._descend(each)
                if found is not None:
                    return self._shrunk(found)
        return None

    def _margin(self, point: Point) -> arb | None:
        """What the comparison leaves over, in units of the law, roughly; `None` where it is not known."""
        law, gap = self._ball_gap(point, _MARGIN)
        with flint.ctx.workprec(_MARGIN):
            margin = arb(gap) / abs(arb(law))
            return margin.mid() if margin.is_finite() else None

    def _descend(self, point: Point) -> Point | None:
        best = self._margin(point)
        if best is None:
            return None
        ways = [
            *(partial(self._along, axis=axis) for axis in range(len(self._least))),
            self._together,
            *(partial(self._narrowed, axis=axis) for axis in range(len(self._least))),
            *(partial(self._along_real, axis=axis) for axis in self._varying),
        ]
        while True:
            before = best
            for moves in ways:
                scored = [(margin, move) for move in moves(point) if (margin := self._margin(move)) is not None]
                best, point = min([(best, point), *scored], key=lambda pair: pair[0])
                if best < _LEAST_GAIN and self.refutes(point):
                    return point
            with flint.ctx.workprec(_MARGIN):
                if best >= before - (1 + abs(before)) * _LEAST_GAIN:
                    return None

    def _along(self, point: Point, axis: int) -> Iterator[Point]:
        """Points further up or down one whole coordinate."""
        least = self._least[axis]
        for ahead in _offsets(point.whole[axis] - least):
            if ahead.bit_length() <= (_MOST_BITS if axis else _MOST_BITS_OF_N):
                yield self._moved(point, axis, ahead)

    def _moved(self, point: Point, axis: int, ahead: int) -> Point:
        """The point with another whole coordinate, so far above its least; n has an end, where the others are cut."""
        return point.moved(axis, self._least[axis] + ahead if axis else self.domain.iteration(ahead))

    def _narrowed(self, point: Point, axis: int) -> Iterator[Point]:
        """Where a convex margin is least along one whole coordinate, between its half and its double."""
        least = self._least[axis]
        ahead = point.whole[axis] - least
        if not _LEAST_NARROWED < ahead < 2**_MOST_BITS:
            return
        low, high = ahead // 2, 2 * ahead
        while high - low > max(2, ahead // _NARROW):
            third = (high - low) // 3
            left, right = (self._margin(self._moved(point, axis, each)) for each in (low + third, high - third))
            if left is None or right is None:
                return
            low, high = (low, high - third) if left <= right else (low + third, high)
        yield self._moved(point, axis, (low + high) // 2)

    def _together(self, point: Point) -> Iterator[Point]:
        """Twice and half of all integers but n at once."""
        iteration, *integers = point.whole
        least = self._least[1:]
        yield Point((iteration, *(2 * x + (low == 0) for x, low in zip(integers, least, strict=True))), point.real)
        if all(x // 2 >= low for x, low in zip(integers, least, strict=True)):
            yield Point((iteration, *(x // 2 for x in integers)), point.real)

    def _along_real(self, point: Point, axis: int) -> Iterator[Point]:
        """Twice and half of one real coordinate."""
        value = point.real[axis]
        if value == 0:
            yield point.shifted(axis, Fraction(1))
        elif Fraction(1, 2**_MOST_DOUBLINGS) < value < 2**_MOST_DOUBLINGS:
            yield point.shifted(axis, value * 2)
            yield point.shifted(axis, value / 2)

    def _shrunk(self, point: Point) -> Point:
        """A counterexample with smaller coordinates, each bisected down as far as the comparison still fails."""
        for axis, least in enumerate(self._least):
            low = least
            if self.refutes(point.moved(axis, low)):
                point = point.moved(axis, low)
            for _ in range(_MOST_HALVINGS):
                high = point.whole[axis]
                if high - low <= 1:
                    break
                # First to the right size, then to the number.
                bits = (low.bit_length() + high.bit_length()) // 2
                middle = 2**bits if low < 2**bits < high else (low + high) // 2
                if self.refutes(point.moved(axis, middle)):
                    point = point.moved(axis, middle)
                else:
                    low = middle
        return point


def _cost_of(part: sp.Basic) -> int:
    plain = not part.args or isinstance(part, (sp.Add, sp.Mul)) or isinstance(part, sp.Pow) and part.exp.is_Integer
    return 1 if plain else _SERIES if isinstance(part, (sp.Sum, sp.harmonic, sp.polygamma, sp.zeta)) else _FUNCTION


def _offsets(offset: int) -> Iterator[int]:
    """Where a coordinate may go from `offset`: far away, nearby, and one step."""
    moves = {2 * offset + 1, offset // 2, offset + 1, offset - 1, 16 * offset, offset // 16, offset**2}
    moves |= {offset + s * offset // share for share in (4, 32) for s in (1, -1)}
    return iter(sorted(move for move in moves if move >= 0 and move != offset))
