"""Is a law at most a bound, at every number of samples, features and iterations? Proved, refuted, or left open."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from .derivation import EXACT, LARGE_T, AtNumbers
from .envelopes import Between, at_numbers, between, iteration_by_iteration, itself, judge_between
from .law import Judged, Law
from .one_by_one import at_iteration, beyond, recursion
from .prover.bounds import judge
from .prover.cancelled import check_cancelled
from .prover.domain import Domain, Variable
from .prover.least_constant import least_constant
from .prover.parsing import parse_bound
from .prover.statement import Statement
from .prover.verdicts import Proved, Refuted, Tightest, Undecided
from .symbols import T, n
from .sympy_types import as_expression, cancelled, polynomial, rational, substituted, symbols
from .workflow import Workflow

#: How the limit T -> oo is asked for.
_HOW = ": asymptotic=True, or --asymptotic on the command line"


def check_bound(
    law: Judged,
    bound: str | int | sp.Expr | Judged,
    *,
    lower: bool = False,
    domain: Iterable[str | sp.Basic] | str | sp.Basic = (),
    time_limit: float | None = None,
    asymptotic: bool = False,
) -> Proved | Refuted | Undecided:
    """Judge law <= bound, not strict, on the whole domain of the law's task and for all n >= 1.

    For regression that is all integers T >= d + 2, d >= 1 and all sigma > 0; numbers that the task has are kept. A
    symbol among the workflow's parameters takes every value of that parameter's range, as 0 < w <= 1 for a weight.

    Args:
        law: an exact one, or with `asymptotic` also a large-T one; that of a generator (`theory.generated`) too.
        bound: text (see `prover.parsing.parse_bound`) or a SymPy expression, in n and the symbols of task and workflow;
            or another law of the same quantity.
        lower: judge law >= bound.
        domain: relations that narrow the domain, for regression T >= a*d + b, d >= c, T <= c, d <= c, sigma >= c,
            sigma <= c, n >= m, n <= m; also as 2 <= n <= 10.
        time_limit: seconds after which the verdict is `Undecided`; by default none, for each search ends after units
            of work, so that the verdict is the same on every machine.
        asymptotic: judge the limits for T -> oo, over n alone: the gain, and the bound in the quantity's unit to
            leading order, for regression sigma^2 d/T. The verdict and its certificate say so.

    Raises:
        ValueError: the bound is no such expression, or not real on the whole domain; or a relation has another form;
            or the law does not hold at finite T, and `asymptotic` is not set; or the bound has no such limit; or the
            laws are of different things; or a symbol of the workflow has no range; or the law is the same at p and
            1 - p, and the bound is not.

    >>> from theory import Accumulate, FixedReal, ReplaceGrowing, linear
    >>> law = linear.test_error(Accumulate(), design="fixed")
    >>> check_bound(law, "sigma**2*d/(T-d-1)*pi**2/6").verdict
    'proved'
    >>> check_bound(law, linear.test_error(ReplaceGrowing(), design="fixed")).verdict
    'proved'
    >>> weighted = linear.test_error(FixedReal(sp.Symbol("w", positive=True)), design="fixed")
    >>> check_bound(weighted, "sigma**2*d/(T-d-1)/w").verdict
    'proved'
    """
    law, bound = law.judged, bound.judged if isinstance(bound, Judged) else bound
    laws = [law, *([bound] if isinstance(bound, Law) else [])]
    where = _domain(domain, *laws)
    if not isinstance(bound, Law):
        _check_mirrored(law, bound, where)
    if not asymptotic and any(each.derived.envelopes or each.derived.at_numbers for each in laws):
        return _between(law, bound, where, domain, lower=lower, time_limit=time_limit)
    statement = _statement(law, where, asymptotic)
    if isinstance(bound, Law):
        _check_comparable(law, bound)
        if _is_one(law, bound):
            # One law, whatever is known of it, is at most itself: as any expression is.
            statement = replace(statement, expr=statement.unit, at=None, beyond=None, recursion=None)
            return judge(statement, statement, lower=lower, time_limit=time_limit)
        other = _statement(bound, statement.domain, asymptotic)
        return judge(statement, other, lower=lower, time_limit=time_limit)
    if isinstance(bound, str) and (law.task.at or asymptotic):  # where it is not read in `judge`
        check_cancelled(bound, _with_letters(domain, law))
    limit = _with_numbers(law, bound)
    limit = _in_the_limit(law, limit) if asymptotic else limit
    return judge(statement, limit, lower=lower, time_limit=time_limit)


def _between(
    law: Law,
    bound: str | int | sp.Expr | Law,
    domain: Domain,
    relations: Iterable[str | sp.Basic] | str | sp.Basic,
    *,
    lower: bool,
    time_limit: float | None,
) -> Proved | Refuted | Undecided:
    """The verdict where a law has no formula, but lies between some."""
    if isinstance(bound, Law):
        _check_comparable(law, bound)
        if _is_one(law, bound):
            whole = Statement(sp.S.One, domain, name=f"the law of {law.workflow}")
            return judge(whole, whole, lower=lower, time_limit=time_limit)
        theirs = at_numbers(bound)
        other = _in_place(bound, domain, theirs)
    else:
        theirs = None
        if isinstance(bound, str):
            check_cancelled(bound, _with_letters(relations, law))
        other = itself(Statement(parse_bound(_with_numbers(law, bound), domain.letters), domain, name="the bound"))
    known = at_numbers(law)
    infinite = None if known is None else known.infinite
    if infinite is None or (domain.most_n is not None and domain.most_n < infinite):
        return judge_between(_in_place(law, domain, known), other, lower=lower, time_limit=time_limit)
    first = max(infinite, domain.least_n)
    too = theirs is not None and theirs.infinite is not None and theirs.infinite <= first
    both = f" and that of {bound.workflow}" if isinstance(bound, Law) and too else ""
    if lower or both:
        raise ValueError(
            f"the law of {law.workflow}{both} is infinite from n = {infinite} on; narrow by n <= {infinite - 1}."
        )
    there = replace(domain, least_n=first, most_n=first)
    for side in other.below:  # a bound without a value there is refused
        judge(replace(side, domain=there), replace(side, domain=there), time_limit=time_limit)
    return Refuted({"n": first})


def _in_place(law: Law, domain: Domain, known: AtNumbers | None) -> Between:
    """What stands for the law."""
    name = f"the law of {law.workflow}"
    if not law.derived.envelopes and known is None:
        return itself(_statement(law, domain, asymptotic=False))
    _check_looked_at(law, domain)
    formulas = between(law.derived.envelopes, domain, law.task.at, name)
    return formulas if known is None else formulas.joined(iteration_by_iteration(known, domain, law.task.at, name))


def tightest(
    law: Judged,
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
    law = law.judged
    if isinstance(family, str):
        check_cancelled(family, _with_letters(domain, law))
    shape = law.unit if family is None else _with_numbers(law, family)
    where = _domain(domain, law)
    _check_mirrored(law, shape, where)
    statement = _statement(law, where, asymptotic)
    return least_constant(statement, _in_the_limit(law, shape) if asymptotic else shape, time_limit=time_limit)


def _domain(relations: Iterable[str | sp.Basic] | str | sp.Basic, *laws: Law) -> Domain:
    """Of the task's parameters without numbers and of the workflows' symbols, as far as the relations allow."""
    return _with_letters(relations, *laws).at(laws[0].task.at)


def _with_letters(relations: Iterable[str | sp.Basic] | str | sp.Basic, *laws: Law) -> Domain:
    """Of the task's parameters and of the symbols in the workflows of all the laws, as far as the relations allow."""
    first, *_ = laws
    ranges: dict[sp.Symbol, Variable] = {}
    for each in laws:
        for variable in _parameters(each.workflow):
            known = ranges.get(variable.symbol, variable)
            ranges[variable.symbol] = min(known, variable, key=lambda v: math.inf if v.ceiling is None else v.ceiling)
    needed = [relation for each in laws for relation in each.derived.needs]
    return first.task.own_domain.joined(ranges.values()).narrowed(needed).narrowed(relations)


def _parameters(workflow: Workflow) -> Iterator[Variable]:
    """The symbols among a workflow's parameters, each with the range of its parameter."""
    for name, value in workflow.parameters.items():
        if isinstance(value, Workflow):
            yield from _parameters(value)
        elif isinstance(value, sp.Symbol) and name in workflow.ranges:
            yield workflow.ranges[name].variable(value)
        elif isinstance(value, sp.Basic) and value.free_symbols:
            raise ValueError(
                f"{workflow}: it is not known where a bound has to hold for {name} = {value}. Give {name} a symbol by"
                f" itself, and {type(workflow).__name__} its range, as ranges = {{{name!r}: Range(…)}}."
            )


def _check_mirrored(law: Law, bound: str | int | sp.Expr, domain: Domain) -> None:
    """A law that is the same at p and 1 - p is judged at half of these: a bound must say the same of the other half."""
    for symbol, other in law.task.mirror.items():
        if not {*domain.variables} & {v for v in law.task.own_domain.variables if v.symbol == symbol}:
            continue  # it has a number, or is asked for in a part of that half
        said = parse_bound(bound, _letters(law))
        if not cancelled(said - said.subs(symbol, other)).is_zero:
            raise ValueError(
                f"a bound for all {symbol} must be the same at {other}, as {symbol}*({other}) is; got {said}. "
                f"Give {symbol} a number, or a narrower domain, as {symbol} <= 2/5."
            )


def _check_comparable(law: Law, other: Law) -> None:
    same = type(law.task) is type(other.task) and law.quantity == other.quantity and law.task.at == other.task.at
    if not same:
        raise ValueError(
            f"two laws are compared where they are of one quantity, with the same numbers; got the {law.quantity.name}"
            f" of {law.task} and the {other.quantity.name} of {other.task}."
        )


def _is_one(law: Law, other: Law) -> bool:
    """Whether both are known to have the same values.

    A generator is no part of a law that is judged, so that those of two generators may have one workflow and one task;
    their gain is not the workflow's own.
    """
    if (law.task, law.workflow, law.quantity) != (other.task, other.workflow, other.quantity):
        return False
    both = law.derived, other.derived
    in_full = all(one.each is None and one.values is None for one in both)
    if any(one.envelopes or one.at_numbers for one in both):  # no generator has such a law
        return True
    return all(one.own_gain for one in both) or (in_full and both[0].expr == both[1].expr)


def _letters(law: Law) -> tuple[sp.Symbol, ...]:
    return law.task.own_domain.joined(_parameters(law.workflow)).letters


def _with_numbers(law: Law, bound: str | int | sp.Expr) -> str | int | sp.Expr:
    """The bound at the numbers that the task has."""
    if not law.task.at:
        return bound
    return substituted(parse_bound(bound, _letters(law)), law.task.at)


def _in_the_limit(law: Law, bound: str | int | sp.Expr) -> sp.Expr:
    """The bound's limit for T -> oo, in the quantity's unit to leading order: in n and the workflow's symbols.

    Raises:
        ValueError: it has none, or it is not seen from quotients of polynomials in T.
    """
    if T in law.task.at:
        raise ValueError(f"T = {law.task.at[T]} has no limit T -> oo; leave T open.")
    ratio = parse_bound(bound, _letters(law)) / substituted(law.quantity.limit_unit, law.task.at)
    above, below = (polynomial(part, T) for part in sp.fraction(sp.together(ratio)))
    if above is None or below is None or above.degree() > below.degree():
        raise ValueError(
            f"the bound {bound} has no limit T -> oo in units of {law.quantity.limit_unit} that is known; limits are"
            " known of quotients of polynomials in T."
        )
    if above.degree() < below.degree():
        return sp.S.Zero
    limit = as_expression(above.LC() / below.LC())
    own = {n, *law.workflow.symbols}
    if symbols(cancelled(limit)) - own:
        raise ValueError(
            f"the bound's limit T -> oo has to be {law.quantity.limit_unit} times a function of n; it is that times"
            f" {cancelled(limit)}."
        )
    # The others drop out, so any values of theirs do; cancelled itself, the limit would lose its poles in n.
    values = law.task.own_domain.sample()
    return substituted(limit, {x: rational(values[x]) for x in symbols(limit) - own})


def _has_limit(law: Law) -> bool:
    """Whether the limit T -> oo is the gain."""
    return law.gain_expr is not None or law.derived.own_gain


def _check_looked_at(law: Law, domain: Domain) -> None:
    """Refuse iterations for which the law was not shown to hold."""
    known, last = law.derived.looked_at, domain.most_n
    if known is not None and (last is None or last > known):
        raise ValueError(
            f"{law.workflow} was looked at up to iteration {known}; a bound is judged for every iteration of its"
            f" domain, which n <= {known} narrows."
        )


def _statement(law: Law, domain: Domain, asymptotic: bool) -> Statement:
    """The law where it is judged; or, of its limit, the gain: the limit in the quantity's unit to leading order."""
    if not law.expr.atoms(AppliedUndef):
        _check_looked_at(law, domain)
    if asymptotic:
        if law.validity not in (EXACT, LARGE_T):
            raise ValueError(f"the law of {law.workflow} is {law.validity}; its limit T -> oo is not known.")
        if T in domain.ceilings:
            raise ValueError(f"there is no limit T -> oo with T <= {domain.ceilings[T]}; leave T without an end.")
        own = tuple(variable for variable in domain.variables if variable.symbol not in law.task.own_domain.symbols)
        if not _has_limit(law):
            raise ValueError(
                f"the limit T -> oo of {law.workflow} is not judged: there is a ridge, or labels are shifted, which no"
                " number of samples makes smaller, or no formula in n is known."
            )
        expr, unit, domain = law.gain_expr, sp.S.One, Domain(own, domain.least_n, domain.most_n)
    else:
        if not law.exact:
            raise ValueError(
                f"the law of {law.workflow} is {law.validity}, not exact at finite T; bounds on it are judged"
                f" {'in the limit T -> oo alone' + _HOW if _has_limit(law) else 'nowhere'}."
            )
        if law.derived.values is not None and law.derived.each is None:
            raise ValueError(
                f"the law of {law.workflow} is known by numbers alone, which prove no bound"
                f"{'; its limit T -> oo can be judged' + _HOW if _has_limit(law) else ''}."
            )
        expr = None if law.expr.atoms(AppliedUndef) or law.derived.each else law.expr
        unit = sp.S.One if law.unit.atoms(AppliedUndef) else law.unit  # one fit's error may have no formula
    return Statement(
        unit if expr is None else expr,
        domain,
        unit=unit,
        at=at_iteration(law, unit, domain.most_n, asymptotic=asymptotic) if expr is None else None,
        beyond=beyond(law, unit) if expr is None or any(p.exp.has(n) for p in expr.atoms(sp.Pow)) else None,
        recursion=recursion(law, asymptotic=asymptotic) if expr is None else None,
        gain=law.gain_expr,  # for T -> oo the law is this times one fit's error
        name=f"the law of {law.workflow}",
        asymptotic=asymptotic,
    )
