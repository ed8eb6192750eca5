"""Is a law at most a bound, at every number of samples, features and iterations? Proved, refuted, or left open."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cache

import sympy as sp
from sympy.core.function import AppliedUndef

from .law import Law
from .prover.bounds import Proved, Refuted, Statement, Tightest, Undecided, judge, least_constant
from .prover.enclosure import OutOfReach
from .prover.parsing import parse_bound
from .sympy_types import rational, substituted

#: Iterations at which a law that has no formula in n is looked at.
_KNOWN_ITERATIONS = 64


def check_bound(
    law: Law,
    bound: str | int | sp.Expr,
    *,
    domain: Iterable[str | sp.Basic] | str | sp.Basic = (),
    time_limit: float = 20.0,
) -> Proved | Refuted | Undecided:
    """Judge law <= bound, not strict, on the whole domain of the law's task and for all n >= 1.

    For regression that is all integers T >= d + 2, d >= 1 and all sigma > 0; numbers that the task has are kept.

    Args:
        law: its expression is judged as it stands, whether it is exact or a large-T law.
        bound: text (see `prover.parsing.parse_bound`) or a SymPy expression, in the task's symbols and n.
        domain: relations that narrow the domain, for regression T >= a*d + b, d >= c, sigma >= c, n >= m.
        time_limit: seconds after which the verdict is `Undecided`.

    Raises:
        ValueError: the bound is no such expression, or not real on the whole domain; or a relation has another form.

    >>> from theory import Accumulate, linear
    >>> check_bound(linear.test_error(Accumulate(), design="fixed"), "sigma**2*d/(T-d-1)*pi**2/6").verdict
    'proved'
    """
    return judge(_statement(law, domain), _with_numbers(law, bound), time_limit=time_limit)


def tightest(
    law: Law,
    family: str | sp.Expr | None = None,
    *,
    domain: Iterable[str | sp.Basic] | str | sp.Basic = (),
    time_limit: float = 20.0,
) -> Tightest | Undecided:
    """The least constant C for which law <= C * family on the domain, exactly, and whether it is attained.

    Args:
        law: with a formula in n.
        family: the quantity of one fit, where none is given, or that times a positive function of n; for regression
            sigma^2 d/(T - d - 1).
        domain, time_limit: as in `check_bound`.

    Raises:
        ValueError: the family is another one.

    >>> from theory import Accumulate, linear
    >>> tightest(linear.test_error(Accumulate(), design="fresh")).constant
    pi**2/6
    """
    shape = law.unit if family is None else _with_numbers(law, family)
    return least_constant(_statement(law, domain), shape, time_limit=time_limit)


def _with_numbers(law: Law, bound: str | int | sp.Expr) -> str | int | sp.Expr:
    """The bound at the numbers that the task has."""
    if not law.task.at:
        return bound
    return substituted(parse_bound(bound, law.task.domain.letters), law.task.at)


def _statement(law: Law, relations: Iterable[str | sp.Basic] | str | sp.Basic) -> Statement:
    known = law.derived.looked_at
    if known is not None and not law.expr.atoms(AppliedUndef):
        raise ValueError(
            f"{law.workflow} was looked at up to iteration {known}; a bound is judged for every iteration."
        )
    return Statement(
        law.expr,
        law.task.domain.narrowed(relations).at(law.task.at),
        unit=law.unit,
        at=_at_iteration(law) if law.expr.atoms(AppliedUndef) else None,
        gain=law.gain_expr,  # for T -> oo the law is this times one fit's error
        name=str(law.workflow),
    )


def _at_iteration(law: Law) -> Callable[[int], sp.Expr]:
    """The law at one n, for a law without a formula in n: its gain there times one fit's error."""

    @cache
    def known() -> list[sp.Expr]:
        gains = law.gain(_KNOWN_ITERATIONS)
        return [law.unit * (rational(c) if isinstance(c, Fraction) else c) for c in gains]

    def at(iteration: int) -> sp.Expr:
        if iteration > len(known()):
            raise OutOfReach(f"the law is known up to n = {len(known())}")
        return known()[iteration - 1]

    return at
