"""What stands for a law without a formula in n where it is judged: its values at one n after another, and far out."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache

import sympy as sp

from .gain import gain
from .law import Law
from .prover.deadline import checkpoint
from .prover.enclosure import OutOfReach
from .prover.statement import Beyond, Recursion
from .prover.unrolled import Unrolled
from .recursion import solve
from .symbolic_workflow import SymbolicWorkflow
from .symbols import n
from .sympy_types import rational, substituted
from .workflow import Workflow

#: Iterations at which a law that has no formula in n is looked at.
_KNOWN_ITERATIONS = 64
#: Likewise where it is a recursion, whose quotients of polynomials grow with each.
_KNOWN_IN_FULL = 8
#: Likewise where training sets keep to the newest pools, and so do not grow.
_KNOWN_OF_LAGS = 24
#: Likewise at one point of the domain, where these are numbers.
_KNOWN_IN_NUMBERS = 300
#: Likewise where its gain obeys a recurrence.
_KNOWN_BY_RECURRENCE = 4096


def recursion(law: Law, *, asymptotic: bool) -> Recursion | None:
    """Of the law at the numbers that the task has, or of its gain; `None` where none is known."""
    known = solve(SymbolicWorkflow(law.workflow)).step if asymptotic else law.derived.recursion
    if known is None:
        return None
    factor, added = (substituted(part, law.task.at) if law.task.at else part for part in known)
    return Recursion(factor, added)


def at_iteration(
    law: Law, unit: sp.Expr, most_n: int | None, *, asymptotic: bool
) -> Callable[[int, Mapping[sp.Symbol, Fraction]], sp.Expr]:
    """The law at one n, for a law without a formula in n: its gain there times the unit, or by its recursion.

    Symbols of the workflow have numbers there too; where all others have, a recursion goes further. Nothing is asked of
    the workflow beyond where it is shown to hold, or is known to end.

    Args:
        law: what is judged.
        unit: of one fit.
        most_n: the last n that will be asked for; `None` where there is none.
        asymptotic: whether its limit T -> oo is meant.
    """
    own, each = sorted(law.workflow.symbols, key=str), None if asymptotic else law.derived.each

    @cache
    def known(parameters: tuple[Fraction, ...], iterations: int) -> list[Fraction]:
        checkpoint(iterations**2)
        return gain(law.workflow.at(dict(zip(own, parameters, strict=True))), iterations)

    last = _last(law, most_n)
    lines, unrolled = None if own else law.strips, None
    steps = None if each is None else recursion(law, asymptotic=asymptotic)
    if each is not None and steps is not None:
        unrolled = Unrolled(steps, substituted(each(1), law.task.at))

    if lines is None:
        most = _KNOWN_ITERATIONS if each is None else _KNOWN_IN_FULL
    else:
        most = _KNOWN_BY_RECURRENCE if each is None else _KNOWN_OF_LAGS
    most = most if last is None else min(most, last)

    def at(iteration: int, values: Mapping[sp.Symbol, Fraction]) -> sp.Expr:
        if unrolled is not None and most < iteration <= _KNOWN_IN_NUMBERS and unrolled.has_numbers(values):
            return unrolled.at(iteration, values)
        if iteration > most:
            raise OutOfReach(f"the law is known up to n = {most}")
        if not all(symbol in values for symbol in own):
            raise OutOfReach("the law is known for numbers in the place of its letters")
        if each is not None:
            known_at = {symbol: rational(values[symbol]) for symbol in own}
            return substituted(each(iteration), {**law.task.at, **known_at})
        if lines is None:
            return unit * rational(known(tuple(values[symbol] for symbol in own), most)[iteration - 1])
        return recurrent(iteration)

    @cache
    def recurrent(iteration: int) -> sp.Expr:
        assert lines is not None
        return unit * rational(lines.gain(iteration))

    return at


def beyond(law: Law, unit: sp.Expr) -> Callable[[int, bool], Beyond] | None:
    """The edge of the strip in which the gain lies, times the unit; `None` where no strip is known."""
    lines = None if law.workflow.is_symbolic or law.derived.each or not law.derived.own_gain else law.strips
    if lines is None:
        return None

    def later(start: int, above: bool) -> Beyond:
        strip = lines.at(start)
        edge = strip.intercept + (strip.margin if above else -strip.margin)
        return Beyond(strip.first, unit * (rational(strip.slope) * n + rational(edge)))

    return later


def _last(law: Law, most_n: int | None) -> int | None:
    """The last iteration at which the law can be asked for; `None` where none is the last one."""
    known = (law.derived.looked_at, most_n, _end(law.workflow))
    return min((last for last in known if last is not None), default=None)


def _end(workflow: Workflow) -> int | None:
    """The last iteration of a workflow that is a table; `None` where that is not among the first ones."""
    for iteration in range(1, 0 if workflow.is_symbolic else _KNOWN_ITERATIONS + 1):
        try:
            workflow.composition(iteration)
        except LookupError:
            return iteration - 1
        except ValueError:  # who asks for that iteration is told
            return None
    return None
