"""The checker of certificates: does law <= bound follow from the cases that a certificate lists?

It trusts the identities of `canonical`, the lemmas of `lemmas` with their conditions, and the coefficient test of
`region`; it shares nothing with the search in `search`, whose output it judges.
"""

from dataclasses import dataclass, fields

import sympy as sp

from ..symbols import i, n
from ..sympy_types import at, operands, parts, summand, symbols
from .canonical import difference, factor_of, is_tail, order, step, sums_are_plain
from .domain import Domain, m
from .lemmas import (
    HarmonicLog,
    Lemma,
    LogBound,
    LogRatio,
    PowerBound,
    RootBound,
    TailBound,
    Telescoping,
    Termwise,
    ZetaTail,
)
from .powers import (
    AsExponential,
    Bernoulli,
    ExponentBound,
    ExpTangent,
    Geometric,
    Inside,
    InsideRoot,
    PowerRatio,
    Square,
)
from .products import ProductBound, ProductSum
from .region import Between, From, Only, Region, RootFrom, Run
from .series import HarmonicPower, HarmonicRises, SeriesTail, ZetaBound
from .splits import Cell, Split, refined, variables
from .unsound import Unsound

GOALS = ("difference", "step")
#: The lemmas and runs that are trusted; another class could say anything.
_LEMMAS = (
    AsExponential,
    Bernoulli,
    ExpTangent,
    ExponentBound,
    Geometric,
    HarmonicLog,
    HarmonicPower,
    HarmonicRises,
    Inside,
    InsideRoot,
    LogBound,
    LogRatio,
    PowerBound,
    ProductBound,
    ProductSum,
    PowerRatio,
    RootBound,
    SeriesTail,
    Square,
    TailBound,
    Telescoping,
    Termwise,
    ZetaBound,
    ZetaTail,
)
_RUNS = (Between, From, Only, RootFrom)


@dataclass(frozen=True)
class Case:
    """On one region, bound - law >= 0 ("difference"), or it does not fall from n to n + 1 ("step").

    Attributes:
        goal: which of the two.
        cell: the number of the certificate's cell.
        run: which n.
        lemmas: applied in this order; what they leave has coefficients >= 0.
    """

    goal: str
    cell: int
    run: Run
    lemmas: tuple[Lemma, ...] = ()


@dataclass(frozen=True)
class Certificate:
    """A proof of law <= bound on a domain: cases that together reach every point of it.

    Attributes:
        unit: positive on the whole domain; differences are divided by it.
        asymptotic: whether law and bound are limits, and not values at finite points.
        lower: whether it is the bound that is called law, and the other way round.
        splits: of the domain's cells, for those of the cases.
    """

    domain: Domain
    unit: sp.Expr
    cases: tuple[Case, ...]
    asymptotic: bool = False
    lower: bool = False
    splits: tuple[Split, ...] = ()

    def cells(self) -> tuple[Cell, ...]:
        """The parts of the domain, each with its cases."""
        return refined(self.domain, self.splits)

    def steps(self) -> list[str]:
        """One line a case, for reading and for JSON."""
        where = "in the limit: " if self.asymptotic else ""
        cells = self.cells()
        return [where + _in_words(case, self.domain, cells[case.cell], lower=self.lower) for case in self.cases]

    def __str__(self) -> str:
        """The steps, one a line."""
        return "\n".join(self.steps())


def check(law: sp.Expr, bound: sp.Expr, certificate: Certificate, *, strictly: bool = False) -> None:
    """Verify that law <= bound (`strictly`: law < bound) on the certificate's domain; returns only if it is shown.

    Raises:
        Unsound: a case does not follow, the cases do not reach every point, or there are symbols of another domain.
    """
    domain, unit = certificate.domain, certificate.unit
    if type(domain) is not Domain or domain.least_n < 1 or not {i, n, m}.isdisjoint(domain.symbols):
        raise Unsound(f"{domain} is no domain whose variables are others than i, n and {m}, with n >= 1.")
    for expression in (law, bound, unit):
        _in_letters(expression, domain)
        if not sums_are_plain(expression) or any(map(is_tail, parts(expression, sp.Sum))):
            raise Unsound(f"{expression} has a sum or product that is not over i = 1..n, or has n in its term.")
    cells = certificate.cells()
    for case in certificate.cases:
        _well_formed(case, domain, len(cells))
    for cell in domain.cells():
        everywhere = Region(cell, From(domain.least_n))
        if not (_is_positive(unit, everywhere) and is_defined(unit, everywhere)):
            raise Unsound(f"{unit} is not shown to be > 0 for {domain}.")
    goals = {"difference": difference(law, bound, unit)}
    if any(case.goal == "step" for case in certificate.cases):
        goals["step"] = step(goals["difference"])
    for case in certificate.cases:
        region = Region(cells[case.cell], case.run)
        remains = goals[case.goal]
        for lemma in case.lemmas:
            remains = lemma.apply(remains, region)
        # A step may vanish where the difference before it is positive.
        strict = strictly and case.goal == "difference"
        if not (region.is_positive(remains) if strict else region.is_nonnegative(remains)):
            raise Unsound(
                f"{remains} is not shown to be {'>' if strict else '>='} 0: {_in_words(case, domain, region.cell)}"
            )
        for side in (law, bound):
            if not is_defined(side, region):
                raise Unsound(f"{side} is not shown to be real: {_in_words(case, domain, region.cell)}")
    for cell in range(len(cells)):
        _covers([case for case in certificate.cases if case.cell == cell], domain.least_n, domain.most_n)


def _in_letters(expression: sp.Expr, domain: Domain, *others: sp.Symbol) -> None:
    """Refuse symbols that have no meaning in the domain, or another one in the proofs."""
    for symbol in sorted(symbols(expression) - {*domain.letters, *others}, key=str):
        raise Unsound(f"{symbol} is not of the domain {domain}.")


def _well_formed(case: Case, domain: Domain, cells: int) -> None:
    """Refuse cases that no search makes: of other classes, for n < 1, or with variables that proofs give a meaning."""
    run = case.run
    if type(run) not in _RUNS or case.goal not in GOALS or case.cell not in range(cells):
        raise Unsound(f"{case} is no case of this domain.")
    numbers = [getattr(run, f.name) for f in fields(run)]
    if not all(isinstance(number, int) for number in numbers):
        raise Unsound(f"{run} is not of whole numbers.")
    if isinstance(run, From) and run.step < 1 or isinstance(run, RootFrom) and min(run.root, run.degree, run.scale) < 1:
        raise Unsound(f"{run} does not rise.")
    if isinstance(run, Between) and run.last <= run.first:
        raise Unsound(f"{run} does not rise.")
    if run.least < 1:
        raise Unsound(f"{run} has an n below 1.")
    for lemma in case.lemmas:
        _known(lemma, domain)


def _known(lemma: object, domain: Domain) -> None:
    """Refuse another class of lemmas, and foreign symbols."""
    if type(lemma) not in _LEMMAS:
        raise Unsound(f"{type(lemma).__name__} is no lemma that is known here.")
    assert isinstance(lemma, Lemma)
    for value in (getattr(lemma, f.name) for f in fields(lemma)):
        if isinstance(value, Lemma):
            _known(value, domain)
        elif isinstance(value, sp.Expr):
            _in_letters(value, domain, i)


def _covers(cases: list[Case], least_n: int, most_n: int | None) -> None:
    """Every n >= least_n, up to most_n if there is one, is in a run, or follows by induction from the one before."""
    shown = [case.run for case in cases if case.goal == "difference"]
    steps = [case.run for case in cases if case.goal == "step"]
    # How far each n is shown: alone, or with those up to the end of a stretch.
    nexts = [(run.value, run.value + 1) for run in shown if isinstance(run, Only)]
    nexts += [(run.first, run.last) for run in shown if isinstance(run, Between)]
    ends = [run.least for run in shown if _is_endless(run)]
    # An induction from N on holds for all n > N once it holds for N.
    ends += [run.least + 1 for run in steps if _is_endless(run) and _after(run.least, nexts) > run.least]
    paces = [run for run in shown if isinstance(run, From) and run.step > 1]
    for pace in {run.step for run in paces}:
        starts = {run.first % pace: run.first for run in paces if run.step == pace}
        if len(starts) == pace:
            ends.append(max(starts.values()))
    if most_n is not None:
        ends.append(most_n + 1)
    if not ends:
        raise Unsound("no run reaches all large n.")
    reached = least_n
    while reached < min(ends):
        following = _after(reached, nexts)
        if following == reached:
            raise Unsound(f"n = {reached} is in no case.")
        reached = following


def _is_endless(run: Run) -> bool:
    """Whether it holds every n from its least on."""
    return isinstance(run, RootFrom) or isinstance(run, From) and run.step == 1


def _after(value: int, stretches: list[tuple[int, int]]) -> int:
    """The first n that the stretches which hold `value` do not hold; `value` itself where there are none."""
    return max((last for first, last in stretches if first <= value < last), default=value)


def is_defined(bound: sp.Expr, region: Region) -> bool:
    """Whether the bound is shown to be real on the region: no pole, no root or logarithm of what is not positive.

    The terms of its sums have to be so too, at every i >= 1.
    """
    if isinstance(bound, sp.Sum):
        return is_defined(at(summand(bound), i, n), Region(region.cell, From(1)))
    if isinstance(bound, sp.Product):
        return is_defined(at(factor_of(bound), i, n), Region(region.cell, From(1)))
    if not all(is_defined(part, region) for part in operands(bound)):
        return False
    match bound:
        case sp.Pow() if symbols(bound):
            base, exponent = operands(bound)
            if exponent.is_Integer and exponent > 0:
                return True
            negative = exponent.is_Integer and _is_positive(-base, region)
            root = exponent.is_Rational and exponent > 0 and _is_nonnegative(base, region)
            powers = exponent.is_integer and (base.is_negative or region.is_nonnegative(exponent))  # 0^0 = 1
            return bool(negative or root or _is_positive(base, region) or powers)
        case sp.log():
            return _is_positive(operands(bound)[0], region)
        case sp.harmonic():
            return region.is_nonnegative(operands(bound)[0])
        case sp.polygamma():
            return bool(operands(bound)[0].is_Integer) and _is_positive(operands(bound)[1], region)
        case sp.zeta():
            first, *shift = operands(bound)
            return _is_positive(first - 1, region) and all(_is_positive(x, region) for x in shift)
    return isinstance(bound, (sp.Add, sp.Mul, sp.Pow, sp.exp, sp.Symbol, sp.NumberSymbol, sp.Rational))


def _is_positive(expression: sp.Expr, region: Region) -> bool:
    """Whether the expression is shown to be > 0 on the region, taking sums, products and logarithms apart."""
    if region.is_positive(expression):
        return True
    match expression:
        case sp.Mul():
            return all(_is_positive(factor, region) for factor in operands(expression))
        case sp.Add():
            rest = [part for part in operands(expression) if not _is_positive(part, region)]
            return len(rest) < len(expression.args) and _is_nonnegative(sp.Add(*rest), region)
        case sp.Pow():
            return _is_positive(operands(expression)[0], region)
        case sp.log():
            return _is_positive(operands(expression)[0] - 1, region)
        case sp.harmonic():
            return bool(order(expression).is_positive) and _is_positive(operands(expression)[0], region)
        case sp.exp():
            return True
    return False


def _is_nonnegative(expression: sp.Expr, region: Region) -> bool:
    """Whether the expression is shown to be >= 0 on the region, taken apart likewise."""
    if region.is_nonnegative(expression) or _is_positive(expression, region):
        return True
    match expression:
        case sp.Add() | sp.Mul():
            return all(_is_nonnegative(part, region) for part in operands(expression))
        case sp.log():
            return region.is_nonnegative(operands(expression)[0] - 1)
        case sp.Pow():
            base, exponent = operands(expression)
            return bool(exponent.is_Rational and exponent > 0) and _is_nonnegative(base, region)
    return False


def _in_words(case: Case, domain: Domain, cell: Cell, *, lower: bool = False) -> str:
    values = {n: case.run.iteration(), **cell}
    point = ", ".join(f"{symbol} = {value}" for symbol, value in values.items())
    slacks = ", ".join(str(variable) for variable in (*_slacks(domain, cell), m))
    gap = "law - bound" if lower else "bound - law"
    goal = f"{gap} >= 0" if case.goal == "difference" else f"{gap} does not fall from n to n + 1"
    lemmas = "".join(f"; {_lemma_in_words(lemma)}" for lemma in case.lemmas)
    return f"{goal} for {point}, {slacks} >= 0{lemmas}; all coefficients >= 0"


def _lemma_in_words(lemma: Lemma) -> str:
    values = {f.name: getattr(lemma, f.name) for f in fields(lemma)}
    written = (f"{k}={_lemma_in_words(v) if isinstance(v, Lemma) else v}" for k, v in values.items())
    return f"{type(lemma).__name__}({', '.join(written)})"


def _slacks(domain: Domain, cell: Cell) -> list[sp.Symbol]:
    """The variables >= 0 of the cell: the domain's first."""
    own = [x for x in domain.slacks.values() if any(x in symbols(value) for value in cell.values())]
    return own + [x for x in variables(domain, cell) if x not in own and not x.is_positive]
