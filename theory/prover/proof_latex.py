"""A certificate as a proof that a person can follow line by line, in LaTeX (article and amsmath)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import sympy as sp

from ..sympy_types import as_expression, replaced, symbols
from .canonical import difference, step
from .certificate import Case, Certificate
from .conditions import NONNEGATIVE, POSITIVE, VANISHES, Condition
from .lemma_statements import statement
from .lemmas import Lemma
from .math_latex import MOST_TERMS, broken, cut, latex
from .region import Only, Quotient, Region, Run

_PREAMBLE = r"""\documentclass{article}
\usepackage{amsmath}
\usepackage[margin=2.5cm]{geometry}
\setlength{\parindent}{0pt}
\allowdisplaybreaks
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
        title = where.partition(",")[0].replace(">=", r"\ge")
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

    def lines(self) -> Iterator[str]:
        """Paragraphs and displays."""
        limit = r" in the limit $T \to \infty$" if self.certificate.asymptotic else ""
        yield r"\section*{Claim}"
        yield rf"For all {_relations(self.domain.relations())}{limit},"
        yield from broken(latex(self.law) + r" \le ", self.bound)
        yield r"\section*{Proof}"
        yield from self._what_is_shown()
        yield from self._substitutions()
        for number, case in enumerate(self.certificate.cases, 1):
            yield from self._case(number, case)
        yield from self._conclusion()
        yield from self._lemmas()

    def _what_is_shown(self) -> Iterator[str]:
        unit = self.certificate.unit
        if unit != 1:
            yield rf"Both sides are divided by ${latex(unit)} > 0$."
        yield "What has to be shown to be $\\ge 0$ is the difference"
        yield from broken("D(n) = ", self.goal)
        if self.steps:
            yield "Where it is shown by induction, its step is shown to be $\\ge 0$:"
            yield from broken(r"\Delta(n) = D(n + 1) - D(n) = ", step(self.goal))

    def _substitutions(self) -> Iterator[str]:
        cells = self.cells
        if not any(cells):
            return
        found = {x for cell in cells for value in cell.values() for x in symbols(value) if not x.is_positive}
        slacks = r",\; ".join(rf"{latex(slack)} \ge 0" for slack in sorted(found, key=str))
        if len(cells) == 1:
            yield rf"The variables are written as {_equations(cells[0])} with ${slacks}$; this reaches every point."
            return
        yield rf"The domain is the union of {len(cells)} cells, with ${slacks}$:"
        for number, cell in enumerate(cells, 1):
            yield rf"\\ Cell {number}: {_equations(cell)}."

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
                names.setdefault(y, sp.Symbol(f"y_{len(names) + 1}"))
            relation = {None: "=", True: r"\ge", False: r"\le"}[estimate.below]
            yield rf"By lemma {self.lemmas.index(type(lemma)) + 1} ({type(lemma).__name__}),"
            yield from broken(rf"{latex(estimate.part)} {relation} ", estimate.value)
            yield from self._conditions(lemma, region)
            yield _put_in(estimate.below, list(names.values()))
            yield from broken("", replaced(remains, names))
        yield from self._last(remains, names, region)

    def _conditions(self, lemma: Lemma, region: Region) -> Iterator[str]:
        for condition in lemma.conditions(region):
            if condition.kind in (NONNEGATIVE, POSITIVE):
                yield from self._shown(condition, region)
            elif condition.kind == VANISHES and isinstance(condition.expression, sp.Expr) and condition.expression != 0:
                yield rf"where ${latex(condition.expression)} \to 0$ for $n \to \infty$,"

    def _shown(self, condition: Condition, here: Region) -> Iterator[str]:
        expression, region = condition.expression, condition.region
        if not isinstance(expression, sp.Expr) or region is None or not symbols(expression):
            return
        quotient, sign = region.quotient(expression), ">" if condition.kind == POSITIVE else r"\ge"
        elsewhere = "" if region.run == here.run else f" for {_run(region.run)}"
        if quotient is not None:
            yield f"where{elsewhere}"
            yield from broken("", expression, rf" = {_as_quotient(quotient, {})} {sign} 0,")

    def _last(self, remains: sp.Expr, names: dict[sp.Symbol, sp.Symbol], region: Region) -> Iterator[str]:
        quotient = region.quotient(remains)
        assert quotient is not None  # or the certificate would not have been accepted
        if quotient.numerator == 0:
            yield "It is $0$."
            return
        written = symbols(quotient.numerator) | symbols(quotient.denominator)
        fresh = [y for y in written - set(quotient.constants) if isinstance(y, sp.Dummy) and y not in names]
        names = names | {y: sp.Symbol(f"y_{len(names) + k}") for k, y in enumerate(fresh, 1)}
        if fresh:
            ys = ", ".join(f"${latex(names[y])}$" for y in fresh)
            yield rf"A power $b^m$ of $b > 1$ is $\sum_{{j \le 3}} (m \log b)^j/j!$ and something $\ge 0$, here {ys}."
        yield "In these variables" + (" it is" if not names else ", all of them $\\ge 0$, it is")
        yield rf"\[ {_as_quotient(quotient, names)} \ge 0, \]"
        yield f"since no coefficient is negative{_how_many(quotient)}{_approximately(quotient)}."

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
        return "Put in, this leaves"
    return rf"The difference of the two sides is called ${latex(ys[-1])} \ge 0$. Put in, this leaves"


def _as_quotient(quotient: Quotient, names: dict[sp.Symbol, sp.Symbol]) -> str:
    above, below = (cut(_terms(part, quotient, names)) for part in (quotient.numerator, quotient.denominator))
    return above if quotient.denominator == 1 else rf"\frac{{{above}}}{{{below}}}"


def _terms(polynomial: sp.Expr, quotient: Quotient, names: dict[sp.Symbol, sp.Symbol]) -> list[sp.Expr]:
    """Coefficient times product of variables, each coefficient in constants as one."""
    variables = sorted(symbols(polynomial) - set(quotient.constants), key=sp.default_sort_key)
    form = sp.Poly(polynomial, *variables or [sp.Dummy()])
    products = (
        sp.Mul(*(names.get(x, x) ** k for x, k in zip(variables, powers, strict=False))) for powers in form.monoms()
    )
    coefficients = (replaced(as_expression(c), quotient.constants) for c in form.coeffs())
    return [
        sp.Mul(c, product, evaluate=False) if c.is_Add else c * product
        for c, product in zip(coefficients, products, strict=True)
    ]


def _how_many(quotient: Quotient) -> str:
    above, below = (len(_terms(part, quotient, {})) for part in (quotient.numerator, quotient.denominator))
    return rf" ({above} {'term' if above == 1 else 'terms'} above, {below} below)"


def _approximately(quotient: Quotient) -> str:
    """The first digits of some coefficients that are no rational numbers."""
    terms = [term for part in (quotient.numerator, quotient.denominator) for term in _terms(part, quotient, {})]
    coefficients = dict.fromkeys(term.as_coeff_mul(*symbols(term))[0] for term in terms)
    shown = [c for c in coefficients if c.is_Add][:MOST_TERMS]
    return "".join(rf", ${latex(c)} \approx {sp.N(c, 4)}$" for c in shown)


def _equations(cell: Mapping[sp.Symbol, sp.Expr]) -> str:
    return ", ".join(f"${latex(symbol)} = {latex(value)}$" for symbol, value in cell.items())


def _relations(relations: Iterable[sp.Basic]) -> str:
    return ", ".join(f"${latex(relation)}$" for relation in relations)


def _run(run: Run) -> str:
    if isinstance(run, Only):
        return f"$n = {run.value}$"
    return rf"$n = {latex(as_expression(run.iteration()))}$, $m \ge 0$"
