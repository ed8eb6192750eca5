"""A certificate as a proof that a person can follow line by line, in LaTeX (article and amsmath)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, replaced, symbols
from .canonical import difference, step
from .certificate import Case, Certificate
from .conditions import NONNEGATIVE, POSITIVE, VANISHES, Condition
from .domain import m
from .lemma_statements import statement
from .lemmas import Lemma
from .math_latex import LongNumbers, broken, broken_sum, display, latex, signed, turned, width
from .region import Between, From, Only, Quotient, Region, Run
from .splits import Cell

#: Of a polynomial so many terms are written out.
_MOST_TERMS = 1_000
#: A quotient of at most this width, in columns, is written as a fraction.
_FRACTION = 60

#: What cannot be broken and is wider than the page is made smaller.
_PREAMBLE = r"""\documentclass{article}
\usepackage{amsmath}
\usepackage{graphicx}
\usepackage[margin=2.5cm]{geometry}
\setlength{\parindent}{0pt}
\newsavebox{\fitted}
\newcommand{\fit}[1]{\sbox{\fitted}{$\displaystyle #1$}%
  \ifdim\wd\fitted>\linewidth\resizebox{\linewidth}{!}{\usebox{\fitted}}\else\usebox{\fitted}\fi}
\allowdisplaybreaks
\sloppy
\begin{document}
"""


def proof_document(law: sp.Expr, bound: sp.Expr, certificate: Certificate) -> str:
    """The proof as a document that pdflatex compiles.

    Args:
        law: what was proved to be at most the bound.
        bound: likewise.
        certificate: of it, accepted by `certificate.check`.
    """
    return _document(_Proof(law, bound, certificate).lines())


def proof_in_parts(parts: Iterable[tuple[str, sp.Expr, sp.Expr, Certificate]]) -> str:
    """One document for several proofs: for each where it is of, the law, the bound and the certificate."""
    lines: list[str] = []
    for where, law, bound, certificate in parts:
        title = where.partition(",")[0].replace(">=", r"\ge").replace("<=", r"\le")
        lines += [rf"\section{{The case ${title}$}}"]
        lines += _Proof(law, bound, certificate).lines()
    return _document(lines)


def _document(lines: Iterable[str]) -> str:
    return _PREAMBLE + "\n".join(lines) + "\n\\end{document}\n"


class _Proof:
    def __init__(self, law: sp.Expr, bound: sp.Expr, certificate: Certificate) -> None:
        self.law, self.bound, self.certificate, self.domain = law, bound, certificate, certificate.domain
        self.cells = certificate.cells()
        self.goal = difference(law, bound, certificate.unit)
        self.lemmas = list({type(lemma): None for case in certificate.cases for lemma in case.lemmas})
        self.steps = any(case.goal == "step" for case in certificate.cases)
        self.numbers = LongNumbers()

    def lines(self) -> Iterator[str]:
        """Paragraphs and displays."""
        limit = r" in the limit $T \to \infty$" if self.certificate.asymptotic else ""
        yield r"\section*{Claim}"
        yield rf"For all {_relations(self.domain.relations())}{limit},"
        yield from broken(latex(self._shown(self.law)) + r" \le ", self._shown(self.bound))
        yield r"\section*{Proof}"
        yield from self._what_is_shown()
        yield from self._substitutions()
        for number, case in enumerate(self.certificate.cases, 1):
            yield from self._case(number, case)
        yield from self._conclusion()
        yield from self._lemmas()
        yield from self.numbers.lines()

    def _shown(self, expression: sp.Expr) -> sp.Expr:
        """As it is printed: differences that are positive on the domain, and names of long numbers."""
        return self.numbers.within(turned(expression, self._inside))

    @cached_property
    def _inside(self) -> dict[sp.Symbol, sp.Expr]:
        """A point of the domain."""
        cell = self.cells[0]
        free = {x for value in cell.values() for x in symbols(value)} | set(self.domain.symbols) - set(cell)
        slacks = {x: sp.Integer(k + 7) for k, x in enumerate(sorted(free, key=str))}
        point = {x: replaced(value, slacks) for x, value in cell.items()}
        return {**slacks, **point, n: sp.Integer(5), i: sp.Integer(4), m: sp.Integer(6)}

    def _what_is_shown(self) -> Iterator[str]:
        unit = self.certificate.unit
        yield "Both sides are real numbers there: with the substitutions below it is seen that no denominator is $0$,"
        yield "and that nothing under a root or in a logarithm is negative."
        if unit != 1:
            yield rf"Both are divided by ${latex(self._shown(unit))} > 0$."
        yield "What has to be shown to be $\\ge 0$ is the difference"
        yield from broken("D(n) = ", self._shown(self.goal))
        if self.steps:
            yield "Where it is shown by induction, its step is shown to be $\\ge 0$:"
            yield from broken(r"\Delta(n) = D(n + 1) - D(n) = ", self._shown(step(self.goal)))

    def _substitutions(self) -> Iterator[str]:
        cells = self.cells
        if not any(cells):
            return
        found = {x for cell in cells for value in cell.values() for x in symbols(value) if not x.is_positive}
        slacks = r",\; ".join(rf"{latex(slack)} \ge 0" for slack in sorted(found, key=str))
        if len(cells) == 1:
            yield rf"The variables are written as {_equations(cells[0])} with ${slacks}$; this reaches every point."
            yield from self._unit(cells[0])
            return
        yield rf"The domain is the union of {len(cells)} cells, with ${slacks}$:"
        for number, cell in enumerate(cells, 1):
            yield rf"\par Cell {number}: {_equations(cell)}."
            yield from self._unit(cell)

    def _unit(self, cell: Cell) -> Iterator[str]:
        """That what both sides are divided by is positive."""
        unit = self.certificate.unit
        quotient = Region(cell, From(self.domain.least_n)).quotient(unit)
        if symbols(unit) and quotient is not None:
            yield "There"
            yield from self._quotient(self._shown(unit), quotient, {}, "> 0.")

    def _case(self, number: int, case: Case) -> Iterator[str]:
        region = Region(self.cells[case.cell], case.run)
        letter = "D" if case.goal == "difference" else r"\Delta"
        where = f", cell {case.cell + 1}" if len(self.cells) > 1 else ""
        yield rf"\paragraph{{Case {number}: ${letter}(n) \ge 0$ for {_run(case.run)}{where}.}}"
        remains, names = self.goal if case.goal == "difference" else step(self.goal), dict[sp.Symbol, sp.Symbol]()
        for lemma in case.lemmas:
            estimate, before = lemma.estimate(region), remains
            remains = estimate.within(remains)
            for y in symbols(remains) - symbols(before):
                names.setdefault(y, sp.Symbol(f"y_{len(names) + 1}", nonnegative=True))
            relation = {None: "=", True: r"\ge", False: r"\le"}[estimate.below]
            yield rf"By lemma {self.lemmas.index(type(lemma)) + 1} ({type(lemma).__name__}),"
            yield from broken(rf"{latex(self._shown(estimate.part))} {relation} ", self._shown(estimate.value))
            yield from self._conditions(lemma, region)
            yield _put_in(estimate.below, list(names.values()))
            yield from broken("", self._shown(replaced(remains, names)))
        yield from self._last(remains, names, region)

    def _conditions(self, lemma: Lemma, region: Region) -> Iterator[str]:
        for condition in lemma.conditions(region):
            if condition.kind in (NONNEGATIVE, POSITIVE):
                yield from self._condition(condition, region)
            elif condition.kind == VANISHES and isinstance(condition.expression, sp.Expr) and condition.expression != 0:
                yield rf"where ${latex(self._shown(condition.expression))} \to 0$ for $n \to \infty$,"

    def _condition(self, condition: Condition, here: Region) -> Iterator[str]:
        expression, region = condition.expression, condition.region
        if not isinstance(expression, sp.Expr) or region is None or not symbols(expression):
            return
        quotient, sign = region.quotient(expression), ">" if condition.kind == POSITIVE else r"\ge"
        elsewhere = "" if region.run == here.run else f" for {_run(region.run)}"
        if quotient is not None:
            yield f"where{elsewhere}"
            yield from self._quotient(self._shown(expression), quotient, {}, f"{sign} 0,")

    def _last(self, remains: sp.Expr, names: dict[sp.Symbol, sp.Symbol], region: Region) -> Iterator[str]:
        quotient = region.quotient(remains)
        assert quotient is not None  # or the certificate would not have been accepted
        if quotient.numerator == 0:
            yield "It is $0$."
            return
        written = symbols(quotient.numerator) | symbols(quotient.denominator)
        fresh = [y for y in written - set(quotient.constants) if isinstance(y, sp.Dummy) and y not in names]
        names = names | {y: sp.Symbol(f"y_{len(names) + k}", nonnegative=True) for k, y in enumerate(fresh, 1)}
        if fresh:
            ys = ", ".join(f"${latex(names[y])}$" for y in fresh)
            yield rf"A power $b^m$ of $b > 1$ is $\sum_{{j \le 3}} (m \log b)^j/j!$ and something $\ge 0$, here {ys}."
        yield "In these variables" + (" it is" if not names else ", all of them $\\ge 0$, it is")
        yield from self._quotient(None, quotient, names, r"\ge 0,")
        yield f"since no coefficient is negative{_how_many(quotient)}."
        yield from self._approximately(quotient)

    def _quotient(
        self, expression: sp.Expr | None, quotient: Quotient, names: dict[sp.Symbol, sp.Symbol], sign: str
    ) -> Iterator[str]:
        """A display of a quotient of polynomials, which the expression equals, to the last term."""
        above, below = (
            [self.numbers.within(c if x == 1 else sp.Mul(c, x, evaluate=not c.is_Add)) for c, x in terms]
            for terms in (_terms(part, quotient, names) for part in (quotient.numerator, quotient.denominator))
        )
        before = [] if expression is None else [as_expression(term) for term in expression.as_ordered_terms()]
        equals = " = " if before else ""
        wide = max(sum(map(width, terms)) + 3 * len(terms) for terms in (above, below))
        if wide <= _FRACTION:
            whole = _sum(above) if below == [1] else rf"\frac{{{_sum(above)}}}{{{_sum(below)}}}"
            yield from broken_sum("", before, f"{equals}{whole} {sign}", wide)
            return
        fraction = "N" if below == [1] else r"\frac{N}{M}"
        yield from broken_sum("", before, f"{equals}{fraction} {sign}")
        yield "with"
        for letter, terms in (("N", above), ("M", below)):
            if terms != [1]:
                rest = f" + {len(terms) - _MOST_TERMS} \\text{{ terms more}}" if len(terms) > _MOST_TERMS else ""
                yield from broken_sum(f"{letter} = ", terms[:_MOST_TERMS], rest)

    def _approximately(self, quotient: Quotient) -> Iterator[str]:
        """The first digits of the coefficients whose sign is not seen."""
        terms = [term for part in (quotient.numerator, quotient.denominator) for term in _terms(part, quotient, {})]
        unclear = dict.fromkeys(c for c, _ in terms if c.is_Add)
        if unclear:
            yield from display(rf"{latex(self.numbers.within(c))} \approx {latex(sp.N(c, 4))}" for c in unclear)

    def _conclusion(self) -> Iterator[str]:
        yield r"\paragraph{Conclusion.}"
        single = [case.run.value for case in self.certificate.cases if isinstance(case.run, Only)]
        runs = [case for case in self.certificate.cases if not isinstance(case.run, Only)]
        parts = [rf"$n = {', '.join(map(str, sorted(set(single))))}$ by themselves"] if single else []
        for case in dict.fromkeys((case.goal, case.run) for case in runs):
            goal, run = case
            induction = rf", by induction from $n = {run.least}$" if goal == "step" else ""
            parts.append(_run(run) + induction)
        end = "" if self.domain.most_n is None else rf" up to ${self.domain.most_n}$"
        reached = rf"every $n \ge {self.domain.least_n}${end}"
        yield rf"The cases reach {reached}: {'; '.join(parts)}. \hfill \rule{{1ex}}{{1ex}}"

    def _lemmas(self) -> Iterator[str]:
        if self.lemmas:
            yield r"\section*{Lemmas}"
        for number, lemma in enumerate(self.lemmas, 1):
            yield rf"\textbf{{Lemma {number}}} ({lemma.__name__}). {statement(lemma)}\par\smallskip"


def _put_in(below: bool | None, ys: Sequence[sp.Symbol]) -> str:
    if below is None or not ys:
        return "which, put in, leaves"
    return rf"and the difference of the two sides is called ${latex(ys[-1])} \ge 0$. Put in, this leaves"


def _terms(polynomial: sp.Expr, quotient: Quotient, names: dict[sp.Symbol, sp.Symbol]) -> list[tuple[sp.Expr, sp.Expr]]:
    """Each term's coefficient, in constants as one, and its product of variables."""
    variables = sorted(symbols(polynomial) - set(quotient.constants), key=sp.default_sort_key)
    form = sp.Poly(polynomial, *variables or [sp.Dummy()])
    products = (
        sp.Mul(*(names.get(x, x) ** k for x, k in zip(variables, powers, strict=False))) for powers in form.monoms()
    )
    coefficients = (replaced(as_expression(c), quotient.constants) for c in form.coeffs())
    return list(zip(coefficients, map(as_expression, products), strict=True))


def _sum(terms: Sequence[sp.Expr]) -> str:
    """In one line."""
    return " ".join(signed(term, position, len(terms)) for position, term in enumerate(terms))


def _how_many(quotient: Quotient) -> str:
    above, below = (len(_terms(part, quotient, {})) for part in (quotient.numerator, quotient.denominator))
    return rf" ({above} {'term' if above == 1 else 'terms'} above, {below} below)"


def _equations(cell: Mapping[sp.Symbol, sp.Expr]) -> str:
    return ", ".join(f"${latex(symbol)} = {latex(value)}$" for symbol, value in cell.items())


def _relations(relations: Iterable[sp.Basic]) -> str:
    return ", ".join(f"${latex(relation)}$" for relation in relations)


def _run(run: Run) -> str:
    """Which n, and how they are written."""
    written = f"$n = {latex(as_expression(run.iteration()))}$"
    match run:
        case Only():
            return f"$n = {run.value}$"
        case From():
            return rf"{written}, $m \ge 0$" if run.step == 1 else rf"{written}, $m = 0, 1, \dots$"
        case Between():
            return rf"${run.first} \le n < {run.last}$, as {written} with a real $m \ge 0$"
    return rf"$n \ge {run.least}$, as {written} with a real $m \ge 0$"
