"""Is a law at most a bound, at every number of samples, features and iterations? Proved, refuted, or left open."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

import sympy as sp
from sympy.core.function import AppliedUndef

from . import certificate, proofs
from .canonical import canonical, difference
from .certificate import Certificate
from .deadline import within
from .domain import Domain, domain_of
from .enclosure import Enclosure, OutOfReach, sign
from .law import Law
from .lemmas import Unsound
from .parsing import parse_bound
from .refutation import Point, Search
from .symbols import ONE_FIT, i, n, sigma

#: The shares of the time limit after which each search is given up.
_SMALL, _PROOF, _DOWNHILL, _THOROUGH = 0.2, 0.4, 0.65, 0.9
#: Iterations at which a law that has no formula in n is looked at.
_KNOWN_ITERATIONS = 64


@dataclass(frozen=True)
class Proved:
    """law <= bound on the whole domain; `certificate.check` has verified the certificate."""

    certificate: Certificate
    verdict = "proved"


@dataclass(frozen=True)
class Refuted:
    """law > bound at the counterexample, verified exactly or in interval arithmetic.

    Attributes:
        counterexample: T, d and n, and sigma where it matters.
    """

    counterexample: dict[str, int | Fraction]
    verdict = "refuted"


@dataclass(frozen=True)
class Undecided:
    """Neither was shown.

    Attributes:
        tried: what was.
    """

    tried: tuple[str, ...]
    verdict = "undecided"


@dataclass(frozen=True)
class Tightest:
    """The least constant C with law <= C * family.

    Attributes:
        constant: exact; `oo` where no constant does.
        attained: whether equality holds somewhere; `None` where that was not decided.
        certificate: of law <= C * family; `None` where C is infinite.
    """

    constant: sp.Expr
    attained: bool | None
    certificate: Certificate | None


def check_bound(
    law: Law,
    bound: str | int | sp.Expr,
    *,
    domain: Iterable[str | sp.Basic] | str | sp.Basic = (),
    time_limit: float = 20.0,
) -> Proved | Refuted | Undecided:
    """Judge law <= bound, not strict, for all integers T >= d + 2, d >= 1, n >= 1 and all sigma > 0.

    Args:
        law: its expression is judged as it stands, whether it is exact or a large-T law.
        bound: text (see `parsing.parse_bound`) or a SymPy expression, in T, d, sigma, n.
        domain: relations that narrow the domain: T >= a*d + b, d >= c, n >= m.
        time_limit: seconds after which the verdict is `Undecided`.

    Raises:
        ValueError: the bound is no such expression, or not real on the whole domain; or a relation has another form.

    >>> from theory import Accumulate, linear
    >>> check_bound(linear.test_error(Accumulate(), design="fixed"), "sigma**2*d/(T-d-1)*pi**2/6").verdict
    'proved'
    """
    expression, where = parse_bound(bound), domain_of(domain)
    start, tried = time.monotonic(), []

    def attempt(what: str, share: float, work: Callable) -> object:
        left = start + share * time_limit - time.monotonic()
        if left <= 0:
            tried.append(f"{what}: no time left")
            return None
        try:
            result = within(left, work)
        except TimeoutError:
            tried.append(f"{what}: out of time")
        else:
            if result is None:
                tried.append(f"{what}: none found")
            return result
        return None

    search = Search(_at_iteration(law), expression, where, with_sigma=not _scales(expression))
    point = attempt("counterexamples among small points", _SMALL, search.small)
    for thorough in (False, True):
        if point is None and not law.expr.atoms(AppliedUndef):
            what, share = ("a proof, searched thoroughly", _THOROUGH) if thorough else ("a proof", _PROOF)
            proof = attempt(what, share, partial(_proof, law.expr, expression, where, thorough))
            if proof is not None:
                return Proved(proof)
        if point is None and not thorough:
            point = attempt("counterexamples downhill, to large T, d and n", _DOWNHILL, search.directed)
    return Undecided(tuple(tried)) if point is None else Refuted(_named(point, search))


def _proof(law: sp.Expr, bound: sp.Expr, domain: Domain, thorough: bool) -> Certificate | None:
    found = proofs.find(law, bound, domain, thorough=thorough)
    if found is None:
        return None
    try:
        certificate.check(law, bound, found)
    except Unsound:  # the search is not trusted, so neither is its opinion of what it found
        return None
    return found


def _scales(bound: sp.Expr) -> bool:
    """Whether the bound is a multiple of sigma^2, as every law is: then sigma does not matter."""
    return not any((addend / sigma**2).has(sigma) for addend in sp.Add.make_args(sp.expand_mul(bound)))


def _at_iteration(law: Law) -> Callable[[int], sp.Expr]:
    """The law at one n: its expression, or, for a law without a formula in n, its gain there times one fit's error."""
    if not law.expr.atoms(AppliedUndef):
        return lambda iteration: law.expr
    gains = law.gain(_KNOWN_ITERATIONS)

    def at(iteration: int) -> sp.Expr:
        if iteration > len(gains):
            raise OutOfReach(f"the law is known up to n = {len(gains)}")
        return sp.Rational(*gains[iteration - 1].as_integer_ratio()) * ONE_FIT

    return at


def _named(point: Point, search: Search) -> dict[str, int | Fraction]:
    at = {symbol.name: value for symbol, value in search.at(point).items()}
    numbers: dict[str, int | Fraction] = {name: int(at[name]) for name in ("T", "d", "n")}
    return numbers | ({"sigma": at["sigma"]} if search.with_sigma else {})


def tightest(
    law: Law,
    family: str | sp.Expr = ONE_FIT,
    *,
    domain: Iterable[str | sp.Basic] | str | sp.Basic = (),
    time_limit: float = 20.0,
) -> Tightest | Undecided:
    """The least constant C for which law <= C * family on the domain, exactly, and whether it is attained.

    Args:
        law: with a formula in n.
        family: sigma^2 d/(T - d - 1), or that times a positive function of n.
        domain, time_limit: as in `check_bound`.

    Raises:
        ValueError: the family is another one.

    >>> from theory import Accumulate, linear
    >>> tightest(linear.test_error(Accumulate(), design="fresh")).constant
    pi**2/6
    """
    unit = parse_bound(family)
    shape = sp.cancel(unit / ONE_FIT) if unit.is_rational_function() else sp.powsimp(unit / ONE_FIT)
    if shape.free_symbols - {n}:
        raise ValueError(f"the family must be sigma**2*d/(T-d-1) times a function of n; got {family}.")
    if law.gain_expr is None:
        return Undecided((f"the least constant: no formula in n is known for {law.workflow}",))
    start, where = time.monotonic(), domain_of(domain)
    try:
        best, iteration = within(time_limit / 2, lambda: _candidate(law, shape, where))
    except TimeoutError:
        return Undecided(("the least constant: out of time",))
    if best is sp.oo:
        return Tightest(sp.oo, attained=False, certificate=None)
    verdict = check_bound(law, best * unit, domain=domain, time_limit=start + time_limit - time.monotonic())
    if not isinstance(verdict, Proved):
        return Undecided((f"law <= {best} * family: {verdict.verdict}",))
    return Tightest(best, _attained(law, best * unit, iteration, verdict), verdict.certificate)


def _candidate(law: Law, shape: sp.Expr, domain: Domain) -> tuple[sp.Expr, int | None]:
    """The largest gain over shape, at the iteration given, or for n -> oo (None).

    Where T -> oo, law/family is the gain over the shape; so no smaller constant is enough.
    """
    per_fit = -difference(law.expr, sp.S.Zero)
    gain = per_fit if per_fit.free_symbols <= {n, i} else canonical(law.gain_expr)
    limit = _limit(gain, shape)
    if limit is sp.oo:
        return limit, None
    enclosure = Enclosure(200)
    gains = {k: enclosure.value(gain, {n: Fraction(k)}) for k in range(domain.least_n, _KNOWN_ITERATIONS + 1)}
    exact = {k: sp.Rational(c.numerator, c.denominator) for k, c in gains.items() if isinstance(c, Fraction)}
    ratios = [(c / shape.subs(n, k), k) for k, c in exact.items()]
    best, iteration = max(ratios, key=lambda pair: (sp.N(pair[0], 50), -pair[1]))
    if limit is not None and sign(enclosure.value(limit - best, {})) == 1:
        return limit, None
    return best, iteration


def _attained(law: Law, bound: sp.Expr, iteration: int | None, proof: Proved) -> bool | None:
    if iteration is not None and sp.simplify(difference(law.expr, bound).subs(n, iteration).doit()) == 0:
        return True
    try:
        certificate.check(law.expr, bound, proof.certificate, strictly=True)
    except Unsound:
        return None
    return False


def _limit(gain: sp.Expr, shape: sp.Expr) -> sp.Expr | None:
    """The limit of gain/shape for n -> oo; `None` where it is not known."""
    gain = gain.replace(sp.harmonic, lambda x, p=sp.S.One: sp.log(x) + sp.EulerGamma if p == 1 else sp.zeta(p))
    powers = [p for p in gain.atoms(sp.Pow) if p.base.is_number and p.exp.coeff(n).is_number and p.exp.has(n)]
    vanishing = {p: sp.S.Zero for p in powers if abs(p.base) ** p.exp.coeff(n) < 1}
    ratio = gain.xreplace(vanishing) / shape.replace(sp.harmonic, lambda x, p=sp.S.One: sp.log(x) + sp.EulerGamma)
    limit = sp.limit(ratio, n, sp.oo)
    return limit if limit is sp.oo or limit.is_finite else None
