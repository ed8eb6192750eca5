"""A recursion unrolled in numbers: at one point of a domain it goes further than as a quotient of polynomials."""

from collections.abc import Mapping
from fractions import Fraction

import sympy as sp

from ..symbols import n
from ..sympy_types import rational, symbols
from .deadline import checkpoint
from .enclosure import Enclosure, OutOfReach
from .statement import Recursion

#: Units of work of one step, and how many bits of the numbers make another.
_STEP, _BITS_A_UNIT = 10, 500


class Unrolled:
    """The values of f_n = factor_n f_{n-1} + added_n at points, exactly.

    Args:
        recursion: in n and letters.
        first: f at n = 1, in the same letters.
    """

    def __init__(self, recursion: Recursion, first: sp.Expr) -> None:
        self._recursion, self._first = recursion, first
        letters = symbols(first) | symbols(recursion.factor) | symbols(recursion.added)
        self._letters = sorted(letters - {n}, key=str)
        self._enclosure = Enclosure(80)
        self._known: dict[tuple[Fraction, ...], list[Fraction]] = {}

    def has_numbers(self, values: Mapping[sp.Symbol, Fraction]) -> bool:
        """Whether all letters have a value."""
        return all(letter in values for letter in self._letters)

    def at(self, iteration: int, values: Mapping[sp.Symbol, Fraction]) -> sp.Rational:
        """The value at one n.

        Raises:
            OutOfReach: a value on the way is not rational.
        """
        point = {letter: values[letter] for letter in self._letters}
        known = self._known.setdefault(tuple(point.values()), [])
        if not known:
            known.append(self._exactly(self._first, point))
        for m in range(len(known) + 1, iteration + 1):
            checkpoint(_STEP + known[-1].denominator.bit_length() // _BITS_A_UNIT)
            here = {**point, n: Fraction(m)}
            factor, added = (self._exactly(part, here) for part in self._recursion)
            known.append(factor * known[-1] + added)
        return rational(known[iteration - 1])

    def _exactly(self, part: sp.Expr, here: Mapping[sp.Symbol, Fraction]) -> Fraction:
        value = self._enclosure.value(part, here)
        if not isinstance(value, Fraction):
            raise OutOfReach("a recursion with numbers that are not rational")
        return value
