"""The checker of certificates: does law <= bound follow from the cases that a certificate lists?

It trusts the identities of `canonical`, the lemmas of `lemmas` with their conditions, and the coefficient test of
`region`; it shares nothing with the search in `search`, whose output it judges.
"""

from dataclasses import dataclass, fields

import sympy as sp

from ..symbols import n
from ..sympy_types import operands
from .canonical import difference, step
from .domain import Domain, m
from .lemmas import Lemma, Unsound
from .region import From, Only, Region, RootFrom

GOALS = ("difference", "step")


@dataclass(frozen=True)
class Case:
    """On one region, bound - law >= 0 ("difference"), or it does not fall from n to n + 1 ("step").

    Attributes:
        goal: which of the two.
        cell: the number of the domain's cell.
        run: which n.
        lemmas: applied in this order; what they leave has coefficients >= 0.
    """

    goal: str
    cell: int
    run: Only | From | RootFrom
    lemmas: tuple[Lemma, ...] = ()


@dataclass(frozen=True)
class Certificate:
    """A proof of law <= bound on a domain: cases that together reach every point of it.

    Attributes:
        unit: positive on the whole domain; differences are divided by it.
    """

    domain: Domain
    unit: sp.Expr
    cases: tuple[Case, ...]

    def steps(self) -> list[str]:
        """One line a case, for reading and for JSON."""
        return [_in_words(case, self.domain) for case in self.cases]

    def __str__(self) -> str:
        """The steps, one a line."""
        return "\n".join(self.steps())


def check(law: sp.Expr, bound: sp.Expr, certificate: Certificate, *, strictly: bool = False) -> None:
    """Verify that law <= bound (`strictly`: law < bound) on the certificate's domain; returns only if it is shown.

    Raises:
        Unsound: a case does not follow, the cases do not reach every point, or there are symbols of another domain.
    """
    domain, unit, cells = certificate.domain, certificate.unit, certificate.domain.cells()
    for expression in (law, bound, unit):
        for symbol in sorted(expression.free_symbols - set(domain.letters), key=str):
            raise Unsound(f"{symbol} is not of the domain {domain}.")
    for cell in cells:
        if not _is_positive(unit, Region(cell, From(domain.least_n))):
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
            raise Unsound(f"{remains} is not shown to be {'>' if strict else '>='} 0: {_in_words(case, domain)}")
        if not is_defined(bound, region):
            raise Unsound(f"the bound is not shown to be real: {_in_words(case, domain)}")
    for cell in range(len(cells)):
        _covers([case for case in certificate.cases if case.cell == cell], domain.least_n)


def _covers(cases: list[Case], least_n: int) -> None:
    """Every n >= least_n is in a run, or follows by induction from the one before."""
    single = {case.run.value for case in cases if case.goal == "difference" and isinstance(case.run, Only)}
    runs = [case.run for case in cases if case.goal == "difference" and not isinstance(case.run, Only)]
    # An induction from N on holds for all n > N once it holds for N.
    steps = [case.run for case in cases if case.goal == "step" and not isinstance(case.run, Only)]
    ends = [run.least for run in runs if isinstance(run, RootFrom) or run.step == 1]
    ends += [run.least + 1 for run in steps if (isinstance(run, RootFrom) or run.step == 1) and run.least in single]
    paces = [run for run in runs if isinstance(run, From) and run.step > 1]
    for pace in {run.step for run in paces}:
        starts = {run.first % pace: run.first for run in paces if run.step == pace}
        if len(starts) == pace:
            ends.append(max(starts.values()))
    if not ends:
        raise Unsound("no run reaches all large n.")
    missing = set(range(least_n, min(ends))) - single
    if missing:
        raise Unsound(f"n = {min(missing)} is in no case.")


def is_defined(bound: sp.Expr, region: Region) -> bool:
    """Whether the bound is shown to be real on the region: no pole, no root or logarithm of what is not positive."""
    for part in sp.preorder_traversal(bound):
        if isinstance(part, sp.Pow) and not part.free_symbols.isdisjoint(bound.free_symbols):
            base, exponent = operands(part)
            if exponent.is_Integer and exponent > 0:
                continue
            negative = exponent.is_Integer and _is_positive(-base, region)
            root = exponent.is_Rational and exponent > 0 and region.is_nonnegative(base)
            if not (negative or root or _is_positive(base, region) or base.is_negative and exponent.is_integer):
                return False
        if isinstance(part, sp.log) and not _is_positive(operands(part)[0], region):
            return False
        if isinstance(part, sp.harmonic) and not region.is_nonnegative(operands(part)[0]):
            return False
        if isinstance(part, sp.polygamma) and not _is_positive(operands(part)[1], region):
            return False
    return True


def _is_positive(expression: sp.Expr, region: Region) -> bool:
    """Whether the expression is shown to be > 0 on the region, taking sums, products and logarithms apart."""
    if region.is_positive(expression):
        return True
    match expression:
        case sp.Mul():
            return all(_is_positive(factor, region) for factor in operands(expression))
        case sp.Add():
            rest = [part for part in operands(expression) if not _is_positive(part, region)]
            return len(rest) < len(expression.args) and region.is_nonnegative(sp.Add(*rest))
        case sp.Pow():
            return _is_positive(operands(expression)[0], region)
        case sp.log():
            return _is_positive(operands(expression)[0] - 1, region)
        case sp.harmonic():
            return _is_positive(operands(expression)[0], region)
        case sp.exp():
            return True
    return False


def _in_words(case: Case, domain: Domain) -> str:
    values = {n: case.run.iteration(), **domain.cells()[case.cell]}
    point = ", ".join(f"{symbol} = {value}" for symbol, value in values.items())
    variables = ", ".join(str(variable) for variable in (*domain.slacks.values(), m))
    goal = "bound - law >= 0" if case.goal == "difference" else "bound - law does not fall from n to n + 1"
    lemmas = "".join(f"; {_lemma_in_words(lemma)}" for lemma in case.lemmas)
    return f"{goal} for {point}, {variables} >= 0{lemmas}; all coefficients >= 0"


def _lemma_in_words(lemma: Lemma) -> str:
    return f"{type(lemma).__name__}({', '.join(f'{f.name}={getattr(lemma, f.name)}' for f in fields(lemma))})"
