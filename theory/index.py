"""A symbolic iteration for the methods of a workflow, and the ways that a method can go.

It takes part in arithmetic, answers a comparison that is true (or false) for every iteration it stands for, and
refuses everything else: so a workflow that branches on the iteration, as by `if iteration % 2`, is not read at all,
rather than read wrongly; it is read where all the iterations leave the same rest. Where only a property of all that a
method can return is asked for, `every_path` goes both ways at each such question.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any, NoReturn

import sympy as sp

from .exact import Unevaluated, Whole, exact

#: More ways through a method, or more questions on one way, are not followed.
_MOST_PATHS, _MOST_QUESTIONS = 64, 16


class Reader:
    """One call of a method: answers its questions, and remembers them.

    Attributes:
        made: the answers that were chosen, in order.
        asked: the expressions whose signs were asked for.
        divided_by: the whole numbers by which the index was divided with rest.
        refused: whether a question had no answer; the method may have gone on all the same.
    """

    def __init__(self, given: tuple[bool, ...] | None = None) -> None:
        """With `given`, questions that have no one answer are answered so, and by yes from there on."""
        self._given = given
        self._chosen: dict[tuple[str, sp.Expr], bool] = {}
        self.made: list[bool] = []
        self.asked: list[sp.Expr] = []
        self.divided_by: set[int] = set()
        self.refused = False

    @property
    def explores(self) -> bool:
        """Whether questions that have no one answer get one."""
        return self._given is not None

    def answer(self, expression: sp.Expr, question: str, truth: bool | None) -> bool:
        """The truth of "`expression` is `question`"."""
        self.asked.append(expression)
        if truth is not None:
            return truth
        if self._given is None or len(self.made) >= _MOST_QUESTIONS:
            self.refuse("this comparison is not the same for every iteration")
        key = question, expression
        if key not in self._chosen:
            position = len(self.made)
            self._chosen[key] = self._given[position] if position < len(self._given) else True
            self.made.append(self._chosen[key])
        return self._chosen[key]

    def refuse(self, why: str) -> NoReturn:
        """Stop the method, and know of it even where the method catches the error."""
        self.refused = True
        raise TypeError(why)


class Index(Unevaluated):
    """A symbolic integer for the methods of a workflow."""

    __slots__ = ("_expr", "_reader")
    __array_ufunc__ = None  # NumPy's numbers leave the arithmetic to this class

    def __init__(self, expr: sp.Expr, reader: Reader) -> None:
        self._expr = expr
        self._reader = reader

    def _with(self, other: Any, operation: Callable[[sp.Expr, sp.Expr], sp.Expr]) -> Any:
        number = None if isinstance(other, str) else _number(other)
        return NotImplemented if number is None else Index(operation(self._expr, number), self._reader)

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a + b)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a * b)

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a / b)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b / a)

    def __pow__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a**b)

    def __rpow__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b**a)

    def __floordiv__(self, other: Any) -> Any:
        def quotient(a: sp.Expr, b: sp.Expr) -> sp.Expr:
            rest = self._rest(a, b)
            if rest is None:
                return self._unknown(nonnegative=a.is_nonnegative and b.is_positive, integer=True)
            return (a - rest) / b

        return self._with(other, quotient)

    def __mod__(self, other: Any) -> Any:
        def rest(a: sp.Expr, b: sp.Expr) -> sp.Expr:
            known = self._rest(a, b)
            if known is None:
                return self._unknown(nonnegative=b.is_positive, integer=a.is_integer and b.is_integer)
            return known

        found = self._with(other, rest)
        # A rest that is the same for every iteration is a number like any other, as the index of a table.
        return Whole(found._expr) if isinstance(found, Index) and found._expr.is_Integer else found

    def _rest(self, a: sp.Expr, b: sp.Expr) -> sp.Integer | None:
        """What a leaves divided by b, if it is the same at every iteration; `None` where that is not seen."""
        if not (isinstance(b, sp.Integer) and b.is_positive):
            return None
        self._reader.divided_by.add(int(b))
        rest, varying = sp.expand(a).as_coeff_Add()
        if not isinstance(rest, sp.Integer) or not all(
            term.is_integer and (coefficient / b).is_Integer
            for term, coefficient in varying.as_coefficients_dict().items()
        ):
            return None
        return sp.Integer(int(rest) % int(b))

    def __neg__(self) -> "Index":
        return Index(-self._expr, self._reader)

    __radd__, __rmul__ = __add__, __mul__

    def _unknown(self, **known: bool | None) -> sp.Expr:
        """A number of which this is known; a symbol of its own, for two remainders need not be the same."""
        if not self._reader.explores:
            self._reader.refuse("quotients without rest, and remainders, are not read at every iteration")
        return sp.Dummy("unknown", real=True, **{name: True for name, holds in known.items() if holds})

    def _compared(self, other: Any, question: str, *, backward: bool = False) -> Any:
        number = None if isinstance(other, str) else _number(other)
        if number is None:
            return NotImplemented
        difference = number - self._expr if backward else self._expr - number
        return self._reader.answer(difference, question, getattr(difference, f"is_{question}"))

    def __lt__(self, other: Any) -> Any:
        return self._compared(other, "positive", backward=True)

    def __le__(self, other: Any) -> Any:
        return self._compared(other, "nonnegative", backward=True)

    def __gt__(self, other: Any) -> Any:
        return self._compared(other, "positive")

    def __ge__(self, other: Any) -> Any:
        return self._compared(other, "nonnegative")

    def __eq__(self, other: object) -> bool:
        answer = self._compared(other, "zero")
        return False if answer is NotImplemented else answer  # as an integer is equal to no text

    def __bool__(self) -> bool:
        return not self._reader.answer(self._expr, "zero", self._expr.is_zero)

    def __hash__(self) -> int:
        """Refused: `iteration in {3, 4}` would pass equality by."""
        self._reader.refuse("a symbolic iteration has no hash")

    def __repr__(self) -> str:
        """Refused, as `str` and formatting are: the text would be read as that of an integer."""
        self._reader.refuse("a symbolic iteration has no text")

    def __format__(self, specification: str) -> str:
        self._reader.refuse("a symbolic iteration has no text")

    def __index__(self) -> int:
        self._reader.refuse("a symbolic iteration is no integer yet")

    __int__ = __float__ = __len__ = __floor__ = __ceil__ = __trunc__ = __round__ = __index__


def _number(value: Any) -> sp.Expr | None:
    number = exact(value)
    if isinstance(number, Index):
        return number._expr
    if isinstance(number, Fraction):
        return sp.Rational(number.numerator, number.denominator)
    return number if isinstance(number, sp.Expr) else None


def expression(value: Any) -> sp.Expr:
    """The SymPy expression of what a workflow returns: an `Index`, a number or an expression.

    Raises:
        TypeError: it is none of them.
    """
    number = _number(value)
    if number is None:
        raise TypeError(f"{type(value).__name__} is no number")
    return number


@dataclass(frozen=True)
class Path:
    """What a method returns on one way through it, and the expressions whose signs it asked for on that way."""

    result: Any
    asked: tuple[sp.Expr, ...]


def read(method: Callable[[Any], Any], at: sp.Expr) -> Any:
    """What `method` returns at the iteration `at`, the same for all that it stands for; else `None`."""
    reader = Reader()
    result = _called(method, at, reader)
    return None if reader.refused else result


def every_path(method: Callable[[Any], Any], at: sp.Expr) -> list[Path] | None:
    """All that `method` can return; `None` where it cannot be followed.

    Some paths may be those of no iteration at all, so only what holds for every path is known.
    """
    paths: list[Path] = []
    for reader, result in _ways(method, at):
        if reader.refused or len(paths) == _MOST_PATHS:
            return None
        paths.append(Path(result, tuple(reader.asked)))
    return paths


def readers(method: Callable[[Any], Any], at: sp.Expr) -> list[Reader]:
    """What was asked for on the ways through a method, also on those that cannot be followed to their end."""
    return [reader for reader, _ in islice(_ways(method, at), _MOST_PATHS)]


def _ways(method: Callable[[Any], Any], at: sp.Expr) -> Iterator[tuple[Reader, Any]]:
    """Calls of the method, with what they return: each question is answered both ways."""
    waiting: list[tuple[bool, ...]] = [()]
    while waiting:
        given = waiting.pop()
        reader = Reader(given)
        yield reader, _called(method, at, reader)
        made = tuple(reader.made)
        waiting += [(*made[:j], not made[j]) for j in range(len(given), len(made))]


def _called(method: Callable[[Any], Any], at: sp.Expr, reader: Reader) -> Any:
    """What the method returns; the reader refuses where it does not."""
    try:
        return method(Index(at, reader))
    except Exception:  # of a user's code, which was written for integers alone
        reader.refused = True
        return None


def turning_points(ways: Iterable[Path | Reader], variable: sp.Symbol) -> set[int]:
    """The largest whole number at or before which a comparison changes its answer, one for each comparison."""
    found: set[int] = set()
    for asked in {expr for way in ways for expr in way.asked}:
        linear = asked.as_poly(variable) if asked.free_symbols == {variable} else None
        if linear is not None and linear.degree() == 1:
            slope, constant = linear.all_coeffs()
            found.add(int(sp.floor(-constant / slope)))
    return found
