"""Is an expression at most a bound, or at least, at every point of a domain? Proved, refuted, or left open."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import ClassVar, NamedTuple, TypeVar

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, at, coefficient, parts, rational, replaced, substituted, symbols
from . import certificate, search
from .canonical import canonical, difference
from .certificate import Certificate
from .deadline import OutOfWork, within
from .domain import Domain
from .enclosure import Enclosure, sign
from .export import gp_script_in_parts
from .parsing import parse_bound
from .parts import Part, Parts
from .proof_latex import proof_document, proof_in_parts
from .refutation import Point, Search, Sides
from .region import Only, Region
from .second_opinion import SecondOpinion, second_opinion
from .size import MOST_TERMS, multiplied_out
from .unsound import Unsound

Result = TypeVar("Result")

#: Units of work after which each search is given up: those that find something need a tenth as a rule, and all of them
#: together take under five seconds of an ordinary processor. A proof that goes on does not repeat what was tried.
_SMALL, _FAR, _QUICK, _DOWNHILL, _PROOF, _IN_PARTS = 60_000, 20_000, 13_000, 110_000, 180_000, 60_000
#: Likewise for the candidate of a least constant.
_CANDIDATE = 100_000
#: How hard each part of a proof is tried.
_PARTS = (*search.QUICK, (12, 0))
#: Where formulas that stand for a law begin: the later, the closer they are.
_STARTS = (8, 16, 32, 64)
#: At so many iterations the largest ratio of a gain to a family is looked for.
_FIRST_ITERATIONS = 64


class Beyond(NamedTuple):
    """An expression that stands for another one at every n >= first, as one that is at least it, or at most."""

    first: int
    expr: sp.Expr


@dataclass(frozen=True)
class Statement:
    """What is compared with bounds, and what is known of it.

    Attributes:
        expr: in the domain's symbols and n.
        domain: where it is judged.
        unit: an expression, positive on the whole domain, by which differences are divided.
        at: the expression at one n, and values of the symbols, for one that has no formula in n; raises `OutOfReach`
            where it is not known. `expr` is any of the same symbols then.
        beyond: what is at least the expression (given `True`) or at most it for all n from about the given one on, if
            that is known: where there is no formula in n, or another one is simpler.
        gain: a function of n, for `tightest`: expr/unit, or its limit along a path in the domain. `None` where no
            formula in n is known.
        name: what it is called where it is left open.
        asymptotic: whether it is a limit that is compared, and not values at finite points; verdicts say so.
    """

    expr: sp.Expr
    domain: Domain
    unit: sp.Expr = sp.S.One
    at: Callable[[int, Mapping[sp.Symbol, Fraction]], sp.Expr] | None = None
    beyond: Callable[[int, bool], Beyond] | None = None
    gain: sp.Expr | None = None
    name: str = "the law"
    asymptotic: bool = False


@dataclass(frozen=True)
class Proved:
    """law <= bound on the whole domain; `certificate.check` has verified the certificate.

    Attributes:
        certificate: the proof; in parts where no formula in n is known for the law.
        parts: the certificates with what is at most, and what is at least the other: one, or one for each part.
        second_opinion: the points at which ball arithmetic found nothing against it.
        asymptotic: whether limits were compared.
        lower: whether law >= bound was judged instead.
    """

    certificate: Certificate | Parts
    parts: tuple[Part, ...]
    second_opinion: SecondOpinion
    asymptotic: bool = False
    lower: bool = False
    verdict: ClassVar[str] = "proved"
    counterexample: ClassVar[None] = None
    tried: ClassVar[tuple[str, ...]] = ()

    def latex(self) -> str:
        """The proof as a LaTeX document, to be followed line by line."""
        if isinstance(self.certificate, Certificate):
            return proof_document(*self.parts[0].sides, self.certificate)
        return proof_in_parts((part.where, *part.sides, part.certificate) for part in self.parts)

    def gp_script(self) -> str:
        """The proof as a script that PARI/GP verifies by `gp -q -f FILE`.

        Raises:
            ValueError: it has a lemma or a function that cannot be exported.
        """
        return gp_script_in_parts((*part.sides, part.certificate) for part in self.parts)


@dataclass(frozen=True)
class Refuted:
    """law > bound at the counterexample, verified exactly or in interval arithmetic.

    Attributes:
        counterexample: the integers of the domain, n, and real numbers where they matter; in a limit n alone.
        asymptotic: whether it is the limit that exceeds the limit of the bound.
        lower: whether law >= bound was judged instead, and law < bound there.
    """

    counterexample: dict[str, int | Fraction]
    asymptotic: bool = False
    lower: bool = False
    verdict: ClassVar[str] = "refuted"
    certificate: ClassVar[None] = None
    tried: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True)
class Undecided:
    """Neither was shown, or no least constant.

    Attributes:
        tried: what was.
        asymptotic: whether limits were compared.
        lower: whether law >= bound was judged.
    """

    tried: tuple[str, ...]
    asymptotic: bool = False
    lower: bool = False
    verdict: ClassVar[str] = "undecided"
    certificate: ClassVar[None] = None
    counterexample: ClassVar[None] = None
    constant: ClassVar[None] = None
    attained: ClassVar[None] = None


@dataclass(frozen=True)
class Tightest:
    """The least constant C with law <= C * family.

    Attributes:
        constant: exact; `oo` where no constant does.
        attained: whether equality holds somewhere; `None` where that was not decided.
        certificate: of law <= C * family, perhaps in parts; `None` where C is infinite.
        asymptotic: whether it is the least constant of the limit.
    """

    constant: sp.Expr
    attained: bool | None
    certificate: Certificate | Parts | None
    asymptotic: bool = False
    lower: ClassVar[bool] = False
    verdict: ClassVar[str] = "tightest"
    counterexample: ClassVar[None] = None
    tried: ClassVar[tuple[str, ...]] = ()


class _Attempts:
    """Searches one after the other, each with units of work, all under one time limit; and why some have no result."""

    def __init__(self, time_limit: float | None) -> None:
        self.end = None if time_limit is None else time.monotonic() + time_limit
        self.failed: list[str] = []

    @property
    def left(self) -> float | None:
        """Seconds."""
        return None if self.end is None else self.end - time.monotonic()

    def attempt(self, what: str, units: int, work: Callable[[], Result | None]) -> Result | None:
        """The result of `work`, which ends after so many units; `None` where it has none."""
        left = self.left
        if left is not None and left <= 0:
            self.failed.append(f"{what}: no time left")
            return None
        try:
            result = within(units, work, seconds=left)
        except TimeoutError:
            self.failed.append(f"{what}: out of time")
            return None
        except OutOfWork:
            self.failed.append(f"{what}: gave up after {units:,} units of work")
            return None
        if result is None:
            self.failed.append(f"{what}: none found")
        return result


def judge(
    statement: Statement,
    bound: str | int | sp.Expr | Statement,
    *,
    lower: bool = False,
    time_limit: float | None = None,
) -> Proved | Refuted | Undecided:
    """Whether the statement's expression is at most the bound, not strict, on its whole domain.

    Args:
        statement: what is compared, and where.
        bound: text (see `parsing.parse_bound`) or a SymPy expression, in the domain's symbols and n; or another
            statement, of which no more than its expression and its name count.
        lower: judge that the expression is at least the bound.
        time_limit: seconds after which the verdict is `Undecided`; by default there is no clock, for each search has a
            budget in units of work.

    Raises:
        ValueError: the bound is no such expression, or not real on the whole domain.
        Contradiction: a proof was found that does not hold at a point, a defect of the prover.
    """
    domain, other = statement.domain, _other(bound, statement.domain)
    attempts = _Attempts(time_limit)
    sides = Sides(_at_each(statement), _at_each(other), lower, other.name)
    lookout = Search(sides, domain, _mattering(statement, other))
    objection = _proof_objection(statement, other)

    def verdict(found: Point | Certificate | Parts) -> Proved | Refuted:
        if isinstance(found, (Certificate, Parts)):
            sides = (other.expr, statement.expr) if lower else (statement.expr, other.expr)
            parts = found.parts if isinstance(found, Parts) else (Part("", sides, found),)
            looks = [second_opinion(*part.sides, part.certificate.domain) for part in parts]
            opinion = SecondOpinion(sum(look.points for look in looks), sum(look.unknown for look in looks))
            return Proved(found, parts, opinion, statement.asymptotic, lower)
        return Refuted(_named(found, lookout), statement.asymptotic, lower)

    far = f"counterexamples downhill, to large {_listed(domain)}"
    proof = partial(_proof, statement, other, lower, {}) if objection is None else None
    in_parts = any(each.beyond is not None for each in (statement, other)) or None
    searches: list[tuple[str, int, Callable[[], Point | Certificate | Parts | None] | None]] = [
        ("counterexamples among small points", _SMALL, lookout.small),
        ("counterexamples among points far out", _FAR, lookout.far),
        ("a quick proof", _QUICK, proof and partial(proof, search.QUICK)),
        (far, _DOWNHILL, lookout.directed),
        ("a proof", _PROOF, proof and partial(proof, search.QUICK + search.THOROUGH)),
        ("a proof in parts", _IN_PARTS, in_parts and partial(_in_parts, statement, other, lower)),
    ]
    for what, units, work in searches:
        if work is None:
            continue
        found = attempts.attempt(what, units, work)
        if found is not None:
            return verdict(found)
    reasons = () if objection is None else (f"a proof for all n at once: {objection}",)
    return Undecided((*attempts.failed, *reasons), statement.asymptotic, lower)


def _other(bound: str | int | sp.Expr | Statement, domain: Domain) -> Statement:
    if isinstance(bound, Statement):
        return bound
    return Statement(parse_bound(bound, domain.letters), domain, name="the bound")


def _at_each(statement: Statement) -> Callable[[int, Mapping[sp.Symbol, Fraction]], sp.Expr]:
    return statement.at or (lambda *_: statement.expr)


def _proof_objection(*statements: Statement) -> str | None:
    """Why no proof is looked for; `None` where one is."""
    for statement in statements:
        if statement.at is not None:
            return f"not tried, for no formula in n is known for {statement.name}"
    law, bound = statements
    gap = (bound.expr - law.expr) / law.unit
    count = max(multiplied_out(substituted(gap, cell)) for cell in law.domain.cells())
    return f"not tried, for multiplied out the bound may have {count:,} terms" if count > MOST_TERMS else None


def _listed(domain: Domain) -> str:
    """As in `T, d and n`."""
    names = [variable.symbol.name for variable in domain.integers]
    return f"{', '.join(names)} and {n}" if names else str(n)


def _proof(
    statement: Statement, other: Statement, lower: bool, known: search.Known, rounds: Sequence[tuple[int, int]]
) -> Certificate | None:
    smaller, larger = (other.expr, statement.expr) if lower else (statement.expr, other.expr)
    return _certified(smaller, larger, statement, lower, rounds, known)


def _certified(
    smaller: sp.Expr,
    larger: sp.Expr,
    statement: Statement,
    lower: bool,
    rounds: Sequence[tuple[int, int]],
    known: search.Known | None = None,
) -> Certificate | None:
    found = search.find(smaller, larger, statement.unit, statement.domain, rounds, known)
    if found is None:
        return None
    found = replace(found, asymptotic=statement.asymptotic, lower=lower)
    try:
        certificate.check(smaller, larger, found)
    except Unsound:  # the search is not trusted, so neither is its opinion of what it found
        return None
    return found


def _in_parts(statement: Statement, other: Statement, lower: bool) -> Parts | None:
    """A proof for each n up to some, and one for all later n, with formulas that lie between the two sides there."""
    smaller, larger = (other, statement) if lower else (statement, other)
    least_n = statement.domain.least_n
    for start in _STARTS:
        above, below = _beyond(smaller, start, True), _beyond(larger, start, False)
        if above is None or below is None:
            return None
        first = max(least_n, above.first, below.first)
        sides = above.expr, below.expr
        later = replace(statement, domain=replace(statement.domain, least_n=first))
        far = _certified(*sides, later, lower, _PARTS)
        if far is None:
            continue
        parts = []
        for one in range(least_n, first):
            at_one = _only_at(smaller, one), _only_at(larger, one)
            found = _certified(*at_one, statement, lower, _PARTS)
            if found is None:
                return None
            parts.append(Part(f"n = {one}", at_one, found))
        words = " and ".join(
            f"{each.name} is at {how} {formula}"
            for each, how, formula in zip((smaller, larger), ("most", "least"), sides, strict=True)
            if each.beyond is not None
        )
        return Parts((*parts, Part(f"n >= {first}, where {words}", sides, far)))
    return None


def _beyond(statement: Statement, start: int, above: bool) -> Beyond | None:
    if statement.beyond is not None:
        return statement.beyond(start, above)
    return Beyond(1, statement.expr) if statement.at is None else None


def _only_at(statement: Statement, one: int) -> sp.Expr:
    """The expression at one n: sums are added up."""
    value = statement.expr if statement.at is None else statement.at(one, {})
    return Region({}, Only(one)).write(value)


def _mattering(statement: Statement, other: Statement) -> frozenset[sp.Symbol]:
    """The real variables that do not drop out where both sides are divided by the unit."""
    sides = [sp.Add.make_args(as_expression(sp.expand_mul(side))) for side in (statement.expr, other.expr)]
    ratios = [addend / statement.unit for side in sides for addend in side]
    reals = (variable.symbol for variable in statement.domain.reals)
    return frozenset(symbol for symbol in reals if any(ratio.has(symbol) for ratio in ratios))


def _named(point: Point, lookout: Search) -> dict[str, int | Fraction]:
    values = lookout.at(point)
    return {symbol.name: int(values[symbol]) if symbol.is_integer else values[symbol] for symbol in lookout.shown}


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
    attempts, unit = _Attempts(time_limit), parse_bound(family, statement.domain.letters)
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
    candidate = attempts.attempt("the least constant", _CANDIDATE, lambda: _candidate(statement, gain, shape))
    if candidate is None:
        return Undecided(tuple(attempts.failed), limits)
    best, iteration = candidate
    if best is sp.oo:
        return Tightest(sp.oo, attained=False, certificate=None, asymptotic=limits)
    bound = as_expression(best * unit)
    verdict = judge(statement, bound, time_limit=attempts.left)
    if not isinstance(verdict, Proved):
        return Undecided((f"law <= {best} * family: {verdict.verdict}",), limits)
    return Tightest(best, _attained(statement, bound, iteration, verdict), verdict.certificate, limits)


def _candidate(statement: Statement, gain: sp.Expr, shape: sp.Expr) -> tuple[sp.Expr, int | None]:
    """The largest gain over shape, at the iteration given, or for n -> oo (None).

    The gain over the shape is law/family or a limit of it; so no smaller constant is enough.
    """
    per_unit = -difference(statement.expr, sp.S.Zero, statement.unit)
    gain = per_unit if symbols(per_unit) <= {n, i} else canonical(gain)
    limit = _limit(gain, shape)
    if limit is sp.oo:
        return sp.oo, None
    enclosure = Enclosure(200)
    iterations = (statement.domain.least_n + ahead for ahead in range(_FIRST_ITERATIONS))
    gains = {k: enclosure.value(gain, {n: Fraction(k)}) for k in iterations}
    exact = {k: rational(c) for k, c in gains.items() if isinstance(c, Fraction)}
    for k, c in exact.items():
        at_one = at(shape, n, k)
        if at_one < 0:
            raise ValueError(f"the family has to be positive; at n = {k} it is not. Narrow the domain: n >= {k + 1}.")
        if at_one == 0 and c > 0:
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
        certificate.check(statement.expr, bound, proof.certificate, strictly=True)
    except Unsound:
        return None
    return False


def _limit(gain: sp.Expr, shape: sp.Expr) -> sp.Expr | None:
    """The limit of gain/shape for n -> oo; `None` where it is not known."""
    gain = _without_harmonics(gain)
    powers = [p for p in parts(gain, sp.Pow) if p.base.is_number and p.exp.has(n)]
    rates = {p: coefficient(p.exp, n, 1) for p in powers}
    vanishing = {p: sp.S.Zero for p, rate in rates.items() if rate.is_number and abs(p.base) ** rate < 1}
    limit = as_expression(sp.limit(replaced(gain, vanishing) / _without_harmonics(shape), n, sp.oo))
    return limit if limit is sp.oo or limit.is_finite else None


def _without_harmonics(expression: sp.Expr) -> sp.Expr:
    """What it comes to for n -> oo, up to terms that vanish."""

    def far_out(x: sp.Expr, p: sp.Expr = sp.S.One) -> sp.Expr:
        return sp.log(x) + sp.EulerGamma if p == 1 else sp.zeta(p)

    return as_expression(expression.replace(sp.harmonic, far_out))
