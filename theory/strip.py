"""A strip around a line in which a gain lies for ever: what is proved of workflows with fixed lags and no formula in n.

The gain obeys a linear recurrence with constant coefficients (see `recursion`). With the roots 1 taken out, what is
left of c_n - slope n - intercept obeys a recurrence with a companion matrix C. Where a power of C has norm at most 1,
as when all roots lie inside the unit circle, no later value exceeds the norms of C, C^2, … before that power, times
the largest of as many values in a row as C has rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from .gain import gain
from .recursion import order_of_recurrence, shortest_recurrence
from .symbolic_workflow import SymbolicWorkflow

#: Longer recurrences take too long to find.
_LONGEST_LAG = 8
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
    """The strips of one workflow: the later they begin, the narrower they are.

    Attributes:
        values: c_1, c_2, …, far enough for the recurrence.
        begins: the iteration from which on the recurrence holds.
        rest: the coefficients of the recurrence that c_n - slope n - intercept obeys.
        growth: no later value of that sequence exceeds this times the largest of as many in a row as `rest` is long.
    """

    values: list[Fraction]
    begins: int
    slope: Fraction
    intercept: Fraction
    rest: list[Fraction]
    growth: Fraction

    def at(self, first: int) -> Strip:
        """The strip that begins at the iteration `first`, or where the recurrence does."""
        start = max(first, self.begins)
        window = [abs(self._gap(n)) for n in range(start, start + len(self.rest))]
        return Strip(start, self.slope, self.intercept, self.growth * max(window, default=Fraction(0)))

    def gain(self, n: int) -> Fraction:
        """c_n, by the recurrence beyond the values."""
        return self.values[n - 1] if n < self.begins else self.slope * n + self.intercept + self._gap(n)

    def _gap(self, n: int) -> Fraction:
        """c_n less the line, for n >= begins."""
        found = self._gaps
        while len(found) <= n - self.begins:
            found.append(sum((c * found[-1 - j] for j, c in enumerate(self.rest)), Fraction(0)))
        return found[n - self.begins]

    @cached_property
    def _gaps(self) -> list[Fraction]:
        """The first, which grow as they are asked for."""
        first = range(self.begins, self.begins + len(self.rest))
        return [self.values[n - 1] - self.slope * n - self.intercept for n in first]


def strips(workflow: SymbolicWorkflow) -> Strips | None:
    """The strips of a workflow with numbers as parameters; `None` where there are none, or none is known."""
    lags, start = workflow.settled_lags, workflow.settled
    if lags is None or start is None or not lags.runs or workflow.workflow.is_symbolic:
        return None
    shares = [x for run in (*lags.runs, *lags.fresh) for x in run]
    ages = [last for _, last, *_ in lags.runs] + [oldest for _, oldest, _ in lags.fresh]
    if not all(x.is_Rational for x in shares) or max(ages) > _LONGEST_LAG:
        return None
    longest, order = order_of_recurrence(lags)
    begins = int(start) + longest + 1
    values = gain(workflow.workflow, begins - 1 + 2 * order)
    recurrence = shortest_recurrence(values[begins - 1 :])
    polynomial = [Fraction(1), *(-c for c in recurrence)]
    ones = 0
    while ones < 2 and len(polynomial) > 1 and sum(polynomial) == 0:
        polynomial, ones = _without_one(polynomial), ones + 1
    rest = [-c for c in polynomial[1:]]
    growth = largest_norm(rest)
    if growth is None:
        return None
    slope, intercept = _line(values, begins, polynomial, ones)
    return Strips(values, begins, slope, intercept, rest, growth)


def _line(values: list[Fraction], begins: int, rest: Sequence[Fraction], ones: int) -> tuple[Fraction, Fraction]:
    """Slope and intercept: the polynomial of the other roots, as a filter, leaves nothing but the line's image.

    With f(x) that polynomial and (f v)_n = sum_j f_j v_{n-j}, the line a n + b becomes f(1)(a n + b) - a sum_j j f_j.
    """
    total, moment = sum(rest), sum(j * c for j, c in enumerate(rest))

    def filtered(n: int) -> Fraction:
        return sum((c * values[n - j - 1] for j, c in enumerate(rest)), Fraction(0))

    n = begins + len(rest) - 1
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
