"""Is a law at most a bound, at every number of samples, features and iterations? Proved, refuted, or left open."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cache

import sympy as sp
from sympy.core.function import AppliedUndef

from .derivation import EXACT, LARGE_T
from .law import Law
from .prover.bounds import Proved, Refuted, Statement, Tightest, Undecided, judge, least_constant
from .prover.domain import Domain
from .prover.enclosure import OutOfReach
from .prover.parsing import parse_bound
from .symbols import T, n
from .sympy_types import as_expression, cancelled, polynomial, rational, substituted, symbols

#: Iterations at which a law that has no formula in n is looked at.
_KNOWN_ITERATIONS = 64


def check_bound(
    law: Law,
    bound: str | int | sp.Expr,
    *,
    domain: Iterable[str | sp.Basic] | str | sp.Basic = (),
    time_limit: float | None = None,
    asymptotic: bool = False,
) -> Proved | Refuted | Undecided:
    """Judge law <= bound, not strict, on the whole domain of the law's task and for all n >= 1.

    For regression that is all integers T >= d + 2, d >= 1 and all sigma > 0; numbers that the task has are kept.

    Args:
        law: an exact one, or with `asymptotic` also a large-T one.
        bound: text (see `prover.parsing.parse_bound`) or a SymPy expression, in the task's symbols and n.
        domain: relations that narrow the domain, for regression T >= a*d + b, d >= c, sigma >= c, n >= m.
        time_limit: seconds after which the verdict is `Undecided`; by default none, for each search ends after units
            of work, so that the verdict is the same on every machine.
        asymptotic: judge the limits for T -> oo, over n alone: the gain, and the bound in the quantity's unit to
            leading order, for regression sigma^2 d/T. The verdict and its certificate say so.

    Raises:
        ValueError: the bound is no such expression, or not real on the whole domain; or a relation has another form;
            or the law does not hold at finite T, and `asymptotic` is not set; or the bound has no such limit.

    >>> from theory import Accumulate, linear
    >>> check_bound(linear.test_error(Accumulate(), design="fixed"), "sigma**2*d/(T-d-1)*pi**2/6").verdict
    'proved'
    """
    statement = _statement(law, domain, asymptotic)
    limit = _with_numbers(law, bound)
    return judge(statement, _in_the_limit(law, limit) if asymptotic else limit, time_limit=time_limit)


def tightest(
    law: Law,
    family: str | sp.Expr | None = None,
    *,
    domain: Iterable[str | sp.Basic] | str | sp.Basic = (),
    time_limit: float | None = None,
    asymptotic: bool = False,
) -> Tightest | Undecided:
    """The least constant C for which law <= C * family on the domain, exactly, and whether it is attained.

    Args:
        law: with a formula in n.
        family: the quantity of one fit, where none is given, or that times a positive function of n; for regression
            sigma^2 d/(T - d - 1).
        domain, time_limit, asymptotic: as in `check_bound`.

    Raises:
        ValueError: the family is another one; or as in `check_bound`.

    >>> from theory import Accumulate, linear
    >>> tightest(linear.test_error(Accumulate(), design="fresh")).constant
    pi**2/6
    """
    shape = law.unit if family is None else _with_numbers(law, family)
    statement = _statement(law, domain, asymptotic)
    return least_constant(statement, _in_the_limit(law, shape) if asymptotic else shape, time_limit=time_limit)


def _with_numbers(law: Law, bound: str | int | sp.Expr) -> str | int | sp.Expr:
    """The bound at the numbers that the task has."""
    if not law.task.at:
        return bound
    return substituted(parse_bound(bound, law.task.domain.letters), law.task.at)


def _in_the_limit(law: Law, bound: str | int | sp.Expr) -> sp.Expr:
    """The bound's limit for T -> oo, in the quantity's unit to leading order: a function of n.

    Raises:
        ValueError: it has none, or it is not seen from quotients of polynomials in T.
    """
    if T in law.task.at:
        raise ValueError(f"T = {law.task.at[T]} has no limit T -> oo; leave T open.")
    ratio = parse_bound(bound, law.task.domain.letters) / substituted(law.quantity.limit_unit, law.task.at)
    above, below = (polynomial(part, T) for part in sp.fraction(sp.together(ratio)))
    if above is None or below is None or above.degree() > below.degree():
        raise ValueError(
            f"the bound {bound} has no limit T -> oo in units of {law.quantity.limit_unit} that is known; limits are"
            " known of quotients of polynomials in T."
        )
    if above.degree() < below.degree():
        return sp.S.Zero
    limit = as_expression(above.LC() / below.LC())
    if symbols(cancelled(limit)) - {n}:
        raise ValueError(
            f"the bound's limit T -> oo has to be {law.quantity.limit_unit} times a function of n; it is that times"
            f" {cancelled(limit)}."
        )
    # The others drop out, so any values of theirs do; cancelled itself, the limit would lose its poles in n.
    values = law.task.domain.sample()
    return substituted(limit, {x: rational(values[x]) for x in symbols(limit) - {n}})


def _limit_statement(law: Law, relations: Iterable[str | sp.Basic] | str | sp.Basic) -> Statement:
    """The gain, which is the law's limit in the quantity's unit to leading order."""
    if law.validity not in (EXACT, LARGE_T):
        raise ValueError(f"the law of {law.workflow} is {law.validity}; its limit T -> oo is not known.")
    return Statement(
        sp.S.One if law.gain_expr is None else law.gain_expr,
        Domain((), law.task.domain.narrowed(relations).least_n),
        at=_at_iteration(law, sp.S.One) if law.gain_expr is None else None,
        gain=law.gain_expr,
        name=str(law.workflow),
        asymptotic=True,
    )


def _statement(law: Law, relations: Iterable[str | sp.Basic] | str | sp.Basic, asymptotic: bool) -> Statement:
    known = law.derived.looked_at
    if known is not None and not law.expr.atoms(AppliedUndef):
        raise ValueError(
            f"{law.workflow} was looked at up to iteration {known}; a bound is judged for every iteration."
        )
    if asymptotic:
        return _limit_statement(law, relations)
    if not law.exact:
        raise ValueError(
            f"the law of {law.workflow} is {law.validity}, not exact at finite T; bounds on it are judged in the limit"
            " T -> oo alone: asymptotic=True, or --asymptotic on the command line."
        )
    return Statement(
        law.expr,
        law.task.domain.narrowed(relations).at(law.task.at),
        unit=law.unit,
        at=_at_iteration(law, law.unit) if law.expr.atoms(AppliedUndef) else None,
        gain=law.gain_expr,  # for T -> oo the law is this times one fit's error
        name=str(law.workflow),
    )


def _at_iteration(law: Law, unit: sp.Expr) -> Callable[[int], sp.Expr]:
    """The law at one n, for a law without a formula in n: its gain there times the unit."""

    @cache
    def known() -> list[sp.Expr]:
        gains = law.gain(_KNOWN_ITERATIONS)
        return [unit * (rational(c) if isinstance(c, Fraction) else c) for c in gains]

    def at(iteration: int) -> sp.Expr:
        if iteration > len(known()):
            raise OutOfReach(f"the law is known up to n = {len(known())}")
        return known()[iteration - 1]

    return at
