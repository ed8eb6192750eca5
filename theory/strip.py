"""A strip around a line in which a gain lies for ever: of workflows whose training sets repeat, with no formula in n.

The gain of every period-th iteration obeys a linear recurrence with constant coefficients (see `recurrence`). With the
roots 1 taken out, what is left of c - slope m - intercept, at the m-th of them, obeys a recurrence with a companion
matrix C. Where a power of C has norm at most 1, as when all roots lie inside the unit circle, no later value exceeds
the norms of C, C^2, … before that power, times the largest of as many values in a row as C has rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from .gain import gain
from .recurrence import most_terms, shortest_recurrence
from .symbolic_workflow import SymbolicWorkflow

#: Longer recurrences take too long to find.
_LONGEST_LAG, _MOST_GAINS = 8, 800
#: The power of C of norm at most 1 is looked for up to here.
_LARGEST_POWER = 64


@dataclass(frozen=True)
class Strip:
    """|c_n - slope n - intercept| <= margin for all n >= first."""

    first: int
    slope: Fraction
    intercept: Fraction
    margin: Fraction


@dataclass(frozen=True)
class Strips:
    """The strips of a sequence c_1, c_2, …: the later they begin, the narrower they are.

    Attributes:
        values: c_1, c_2, …, as many as the recurrence needs.
        rest: the coefficients of the recurrence that c_n - slope n - intercept obeys.
        growth: no later value of that sequence exceeds this times the largest of as many in a row as `rest` is long.
    """

    values: list[Fraction]
    slope: Fraction
    intercept: Fraction
    rest: list[Fraction]
    growth: Fraction

    def at(self, first: int) -> Strip:
        """The strip that begins at n = `first`."""
        window = [abs(self._gap(n)) for n in range(first, first + len(self.rest))]
        return Strip(first, self.slope, self.intercept, self.growth * max(window, default=Fraction(0)))

    def gain(self, n: int) -> Fraction:
        """c_n, by the recurrence."""
        return self.slope * n + self.intercept + self._gap(n)

    def _gap(self, n: int) -> Fraction:
        """c_n less the line."""
        found = self._gaps
        while len(found) < n:
            found.append(sum((c * found[-1 - j] for j, c in enumerate(self.rest)), Fraction(0)))
        return found[n - 1]

    @cached_property
    def _gaps(self) -> list[Fraction]:
        """The first, which grow as they are asked for."""
        first = enumerate(self.values[: len(self.rest)], 1)
        return [value - self.slope * n - self.intercept for n, value in first]


@dataclass(frozen=True)
class SeasonalStrips:
    """The strips of one workflow, made of those of every period-th gain.

    Attributes:
        values: c_1, c_2, …
        begins: from where on the training sets repeat.
        each: of c_begins, c_begins+period, …; of the gains one iteration later; and so on, for one period. They all
            have one slope.
    """

    values: list[Fraction]
    begins: int
    each: tuple[Strips, ...]

    def at(self, first: int) -> Strip:
        """The strip that begins at the iteration `first`, or where the recurrence does."""
        period, start = len(self.each), max(first, self.begins)
        found = [lines.at(1 + -((self.begins + j - start) // period)) for j, lines in enumerate(self.each)]
        # The m-th of a sequence is c_n for n = begins + j + (m - 1) period.
        slope = found[0].slope / period
        middles = [s.intercept + s.slope - slope * (self.begins + j) for j, s in enumerate(found)]
        low = min(middle - strip.margin for middle, strip in zip(middles, found, strict=True))
        high = max(middle + strip.margin for middle, strip in zip(middles, found, strict=True))
        return Strip(start, slope, (low + high) / 2, (high - low) / 2)

    def gain(self, n: int) -> Fraction:
        """c_n, by the recurrence beyond the values."""
        if n < self.begins:
            return self.values[n - 1]
        turn, j = divmod(n - self.begins, len(self.each))
        return self.each[j].gain(turn + 1)


def strips(workflow: SymbolicWorkflow) -> SeasonalStrips | None:
    """The strips of a workflow with numbers as parameters; `None` where there are none, or none is known."""
    seasons = workflow.seasons
    if seasons is None or seasons.keeps_all or not 0 < max(seasons.longest, seasons.oldest) <= _LONGEST_LAG:
        return None
    period, terms = seasons.period, most_terms(seasons.longest, seasons.oldest)
    most = seasons.first - 1 + 2 * terms * period
    if most > _MOST_GAINS:
        return None
    values = gain(workflow.workflow, most)
    each = [_strips(values[seasons.first - 1 + j :: period]) for j in range(period)]
    known = tuple(lines for lines in each if lines is not None)
    one_slope = len({lines.slope for lines in known}) == 1
    return SeasonalStrips(values, seasons.first, known) if one_slope and len(known) == period else None


def _strips(values: list[Fraction]) -> Strips | None:
    """Of a sequence that obeys a recurrence from its first value on, of half as many terms as there are values."""
    recurrence = shortest_recurrence(values)
    polynomial = [Fraction(1), *(-c for c in recurrence)]
    ones = 0
    while ones < 2 and len(polynomial) > 1 and sum(polynomial) == 0:
        polynomial, ones = _without_one(polynomial), ones + 1
    rest = [-c for c in polynomial[1:]]
    growth = largest_norm(rest)
    if growth is None:
        return None
    slope, intercept = _line(values, polynomial, ones)
    return Strips(values, slope, intercept, rest, growth)


def _line(values: list[Fraction], rest: Sequence[Fraction], ones: int) -> tuple[Fraction, Fraction]:
    """Slope and intercept: the polynomial of the other roots, as a filter, leaves nothing but the line's image.

    With f(x) that polynomial and (f v)_n = sum_j f_j v_{n-j}, the line a n + b becomes f(1)(a n + b) - a sum_j j f_j.
    """
    total, moment = sum(rest), sum(j * c for j, c in enumerate(rest))

    def filtered(n: int) -> Fraction:
        return sum((c * values[n - j - 1] for j, c in enumerate(rest)), Fraction(0))

    n = len(rest)
    slope = Fraction(0)
    if ones == 0:
        return slope, slope
    if ones == 2:
        slope = (filtered(n + 1) - filtered(n)) / total
    return slope, (filtered(n) + slope * moment) / total - slope * n


def _without_one(polynomial: list[Fraction]) -> list[Fraction]:
    """The quotient by x - 1, which divides it."""
    quotient = [polynomial[0]]
    for coefficient in polynomial[1:-1]:
        quotient.append(quotient[-1] + coefficient)
    return quotient


def largest_norm(recurrence: list[Fraction]) -> Fraction | None:
    """The largest row-sum norm of I, C, C^2, … up to a power of norm at most 1; `None` where none is found.

    Row j of C^k tells the value j + k places on as a combination of the first ones, so the rows of all powers are the
    successive combinations, and the norm of C^k is the largest of as many rows in a row.
    """
    size = len(recurrence)
    rows = [[Fraction(int(r == c)) for c in range(size)] for r in range(size)]
    norms = [Fraction(1)] * size
    for power in range(1, _LARGEST_POWER + 1):
        if not size:
            break
        rows.append([sum((c * rows[-1 - j][k] for j, c in enumerate(recurrence)), Fraction(0)) for k in range(size)])
        norms.append(sum(map(abs, rows[-1]), Fraction(0)))
        if max(norms[power:]) <= 1:
            break
    else:
        return None
    return max([Fraction(1), *norms])
