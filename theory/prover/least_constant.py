"""The least constant C for which an expression is at most C times a family, and whether it is attained."""

from fractions import Fraction

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, at, coefficient, parts, rational, replaced, symbols
from .bounds import Attempts, judge
from .canonical import canonical, difference
from .certificate import check
from .enclosure import Enclosure, sign
from .parsing import parse_bound
from .parts import Parts
from .statement import Statement
from .unsound import Unsound
from .verdicts import Proved, Tightest, Undecided

#: Units of work after which the candidate is given up.
_CANDIDATE = 100_000
#: At so many iterations the largest ratio of a gain to a family is looked for.
_FIRST_ITERATIONS = 64


def least_constant(
    statement: Statement, family: str | int | sp.Expr, *, time_limit: float | None = None
) -> Tightest | Undecided:
    """The least constant C for which the statement's expression is at most C * family, and whether it is attained.

    Args:
        statement: what is compared, and where.
        family: the statement's unit, or that times a positive function of n.
        time_limit: seconds after which the answer is `Undecided`, as in `judge`.

    Raises:
        ValueError: the family is another one.
    """
    attempts, unit = Attempts(time_limit), parse_bound(family, statement.domain.letters)
    ratio = unit / statement.unit
    shape = as_expression(sp.cancel(ratio) if unit.is_rational_function() else sp.powsimp(ratio))
    if symbols(shape) - {n}:
        raise ValueError(f"the family must be {statement.unit} times a function of n; got {family}.")
    gain = statement.gain
    limits = statement.asymptotic
    if gain is None:
        return Undecided((f"the least constant: no formula in n is known for {statement.name}",), limits)
    others = sorted(symbols(gain) - {n, i}, key=str)
    if others:
        return Undecided((f"the least constant: {statement.name} depends on {others[0]}, a parameter",), limits)
    per_unit = -difference(statement.expr, sp.S.Zero, statement.unit)
    ended = sorted(symbols(per_unit) & set(statement.domain.ceilings), key=str)
    if ended:
        return Undecided((f"the least constant: {statement.name} depends on {ended[0]}, which has an end",), limits)
    candidate = attempts.attempt("the least constant", _CANDIDATE, lambda: _candidate(statement, gain, per_unit, shape))
    if candidate is None:
        return Undecided(tuple(attempts.failed.values()), limits)
    best, iteration = candidate
    if best is sp.oo:
        return Tightest(sp.oo, attained=False, certificate=None, asymptotic=limits)
    bound = as_expression(best * unit)
    verdict = judge(statement, bound, time_limit=attempts.left)
    if not isinstance(verdict, Proved):
        return Undecided((f"law <= {best} * family: {verdict.verdict}",), limits)
    return Tightest(best, _attained(statement, bound, iteration, verdict), verdict.certificate, limits)


def _candidate(statement: Statement, gain: sp.Expr, per_unit: sp.Expr, shape: sp.Expr) -> tuple[sp.Expr, int | None]:
    """The largest gain over shape, at the iteration given, or for n -> oo (None).

    The gain over the shape is law/family or a limit of it; so no smaller constant is enough.
    """
    domain = statement.domain
    gain = per_unit if symbols(per_unit) <= {n, i} else canonical(gain)
    limit = _limit(gain, shape) if domain.most_n is None else None
    if limit is sp.oo:
        return sp.oo, None
    enclosure = Enclosure(200)
    iterations = {domain.iteration(ahead): None for ahead in (*range(_FIRST_ITERATIONS), domain.most_n or 0)}
    gains = {k: enclosure.value(gain, {n: Fraction(k)}) for k in iterations}
    exact = {k: rational(c) for k, c in gains.items() if isinstance(c, Fraction)}
    for k, c in exact.items():
        family = at(shape, n, k)
        if family < 0:
            raise ValueError(f"the family has to be positive; at n = {k} it is not. Narrow the domain: n >= {k + 1}.")
        if family == 0 and c > 0:
            return sp.oo, None
    ratios = [(c / at(shape, n, k), k) for k, c in exact.items()]
    best, iteration = max(ratios, key=lambda pair: (sp.N(pair[0], 50), -pair[1]))
    if limit is not None and sign(enclosure.value(limit - best, {})) == 1:
        return limit, None
    return best, iteration


def _attained(statement: Statement, bound: sp.Expr, iteration: int | None, proof: Proved) -> bool | None:
    gap = difference(statement.expr, bound, statement.unit)
    if iteration is not None and sp.simplify(at(gap, n, iteration).doit()) == 0:
        return True
    if isinstance(proof.certificate, Parts):
        return None
    try:
        check(statement.expr, bound, proof.certificate, strictly=True)
    except Unsound:
        return None
    return False


def _limit(gain: sp.Expr, shape: sp.Expr) -> sp.Expr | None:
    """The limit of gain/shape for n -> oo, the larger one of even and odd n; `None` where it is not known."""
    gain, shape = _without_harmonics(gain), _without_harmonics(shape)
    powers = [p for p in parts(gain, sp.Pow) if p.base.is_number and p.exp.has(n)]
    rates = {p: coefficient(p.exp, n, 1) for p in powers}
    vanishing = {p: sp.S.Zero for p, rate in rates.items() if rate.is_number and abs(p.base) ** rate < 1}
    turning = [p for p, rate in rates.items() if p.base == -1 and rate.is_Integer]
    limits = []
    for first in (1, 2) if turning else (1,):
        along = replaced(gain, vanishing | {p: at(p, n, first) for p in turning})
        limits.append(as_expression(sp.limit(along / shape, n, sp.oo)))
    if sp.oo in limits:
        return sp.oo
    return max(limits, key=lambda limit: sp.N(limit, 50)) if all(limit.is_finite for limit in limits) else None


def _without_harmonics(expression: sp.Expr) -> sp.Expr:
    """What it comes to for n -> oo, up to terms that vanish."""

    def far_out(x: sp.Expr, p: sp.Expr = sp.S.One) -> sp.Expr:
        return sp.log(x) + sp.EulerGamma if p == 1 else sp.zeta(p)

    return as_expression(expression.replace(sp.harmonic, far_out))
