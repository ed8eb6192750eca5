"""Proofs in LaTeX: they say what a reader needs, and pdflatex compiles them where it is installed."""

import re
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
import sympy as sp

import theory
from tests.helpers import thinned
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    Proved,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    check_bound,
)
from theory.prover import certificate
from theory.prover.domain import Domain, Variable, m
from theory.prover.lemma_statements import statement
from theory.prover.lemmas import Lemma, LogRatio, TailBound, ZetaTail
from theory.prover.math_latex import LongNumbers, broken, broken_sum, latex, signed, turned
from theory.prover.parsing import parse_bound
from theory.prover.powers import Square
from theory.prover.proof_latex import proof_document, proof_in_parts
from theory.prover.region import Run
from theory.symbols import T, i, n
from theory.tasks.regression.symbols import DOMAIN, ONE_FIT

from .test_export import proof
from .test_export_traps import MORE_TRUE, TRUE, used_by

PDFLATEX = shutil.which("pdflatex")
U = "sigma**2*d/(T-d-1)"

CASES = [
    (Replace(), "fixed", f"n*{U}", {}),
    (Replace(), "fixed", f"(n*log(n)+1)*{U}", {}),
    (Replace(), "fixed", f"2**(n-1)*{U}", {}),
    (Accumulate(), "fixed", f"harmonic(n)*{U}", {}),
    (Accumulate(), "fixed", f"1.644935*{U}", {}),
    (Accumulate(), "fresh", f"pi**2/6*{U}", {}),
    (ReplaceGrowing(), "fixed", f"sqrt(2*n-1)*{U}", {}),
    (SlidingWindow(2), "fixed", f"(4*n/9+1)*{U}", {}),
    (FixedReal("1/2"), "fixed", f"(1/2+sqrt(n)/2+1/8)*{U}", {}),
    (Accumulate(), "fixed", "pi**2/6*(sigma**4+1)/2*d/(T-d-1)", {}),  # cells
    (AccumulateSubsample(), "fresh", f"(4-3/n)*{U}", {"asymptotic": True}),
    (Replace(), "fixed", f"n*{U}/2", {"lower": True}),
]


def proved(workflow, design, bound, options) -> Proved:
    verdict = check_bound(theory.linear.test_error(workflow, design=design), bound, **options)
    assert isinstance(verdict, Proved)
    return verdict


def flaws(document: str) -> list[str]:
    """What is wrong with the structure of a document, or unknown in it."""
    found = []
    depth = 0
    for brace in re.sub(r"\\[{}\\]", "", document):
        depth += (brace == "{") - (brace == "}")
        if depth < 0:
            found.append("a brace closes nothing")
            break
    if depth > 0:
        found.append("a brace is left open")
    stack = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+\*?)\}", document):
        if kind == "begin":
            stack.append(name)
        elif not stack or stack.pop() != name:
            found.append(f"{name} ends")
    found += [f"{name} is left open" for name in stack]
    if len(re.findall(r"\\left\b", document)) != len(re.findall(r"\\right\b", document)):
        found.append("left and right")
    found += [f"unknown: {name}" for name in sorted(set(re.findall(r"\\([A-Za-z]+)", document)) - KNOWN)]
    return found


KNOWN = set(
    "align allowbreak allowdisplaybreaks approx begin bound cdot Delta displaystyle documentclass dots e else end exp"
    " fi fit fitted frac gamma ge geq gt hfill ifdim infty int le left leq linewidth log newcommand newsavebox"
    " operatorname par paragraph parindent pi prime prod psi quad resizebox right rule sbox section setlength sigma"
    " sloppy smallskip sqrt sum text textbackslash textbf textgreater textless texttt to usebox usepackage wd"
    " zeta".split()
)


def complaint(document: str, folder: Path) -> str:
    """Of pdflatex: an error, or lines that are wider than the page."""
    (folder / "proof.tex").write_text(document)
    assert PDFLATEX is not None
    command = [PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", "proof.tex"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    wide = [line for line in run.stdout.splitlines() if line.startswith("Overfull")]
    return "\n".join(wide) if run.returncode == 0 else run.stdout[-2000:]


@pytest.mark.parametrize(("workflow", "design", "bound", "options"), thinned(CASES, every=4))
def test_proofs_compile(workflow, design, bound, options, tmp_path):
    document = proved(workflow, design, bound, options).latex()
    assert flaws(document) == []
    if PDFLATEX is not None:
        assert complaint(document, tmp_path) == ""


def test_what_is_not_negative_has_a_letter_each():
    """Of an estimate, y_1, and of the power that is left, y_2."""
    document = proof_document(*proof("accumulate", f"2**n*{U}"))
    assert "something $\\ge 0$, here $y_{2}$." in document
    assert set(re.findall(r"y_\{?(\d+)", document)) == {"1", "2"}


#: One use of every lemma.
USED = {type(lemma): (lemma, region) for lemma, region in [(lemma, region) for lemma, _, region in TRUE] + MORE_TRUE}


def test_every_lemma_is_told_in_a_document_that_compiles(tmp_path):
    assert set(USED) == set(certificate._LEMMAS)
    parts = [("n >= 1", *used_by(lemma, region)) for lemma, region in USED.values()]
    document = proof_in_parts(parts)
    assert flaws(document) == []
    for lemma in USED:
        assert document.count(f"({lemma.__name__}). {statement(lemma)}") == 1
    assert r"\ge 2" in document
    if PDFLATEX is not None:
        assert complaint(document, tmp_path) == ""


def test_every_condition_is_told():
    """log n <= log(d + n) - 2 d/(2 n + d) needs two positive numbers, and which is the larger."""
    text = proof_in_parts([("n >= 1", *used_by(*USED[LogRatio]))])
    told = re.findall(r"^where\n\\begin\{align\*\}\n& \\fit\{ (.*)\}\n", text, flags=re.MULTILINE)
    assert told == ["n = m + 2 > 0,", "d + n = m + v + 3 > 0,", r"d = v + 1 \ge 0,"]


@pytest.mark.parametrize("value", [1 / (n + 1), 2 / (n + 1) ** 3, 1 / (n + 1) - 1 / (n + 2) ** 2], ids=str)
def test_what_goes_to_0_is_told(value):
    """The estimate of a tail, whatever it is made of."""
    term = value.subs(n, i - 1) - value.subs(n, i)
    text = proof_in_parts([("n >= 1", *used_by(TailBound(term, value, True), USED[TailBound][1]))])
    assert rf"where ${latex(value)} \to 0$ for $n \to \infty$," in text


def test_every_kind_of_run_is_told(tmp_path):
    bounds = (
        ("replace", "2**(n-1)"),
        ("replace", "n**(1+1/100)"),
        ("window", "(4*n/9+1)"),
        ("replace", "(1.01**n+364)"),
    )
    text = proof_in_parts(("n >= 1", *proof(law, f"{bound}*{U}")) for law, bound in bounds)
    for said in (
        r"for $n = 1$.",
        r"with a real $m \ge 0$.}",
        r"$n = 2 m + 1$, $m = 0, 1, \dots$",
        r"$1 \le n < 321$, as $n = \frac{321 m + 1}{m + 1}$ with a real $m \ge 0$",
    ):
        assert said in text, said
    assert flaws(text) == []
    if PDFLATEX is not None:
        assert complaint(text, tmp_path) == ""


def test_polynomials_are_written_out():
    """All terms of the last quotient, none of which has a minus."""
    law, bound, found = proof("accumulate", f"sqrt(n)*{U}")
    text = proof_document(law, bound, found)
    counts = [tuple(map(int, pair)) for pair in re.findall(r"\((\d+) terms? above, (\d+) below\)", text)]
    shown = re.findall(r"N = (.*?)\\end\{align", text, flags=re.DOTALL)
    assert max(above for above, _ in counts) > 12
    assert any(1 + body.count(" + ") + body.count("{}+ ") == counts[-1][0] for body in shown)
    assert r"\dots" not in text.split("Lemmas")[0]


@pytest.mark.parametrize("bound", ["n**2", "2*n - n/(n+1)"])
def test_the_last_quotient_is_the_difference(bound):
    """With its denominator, where it has one."""
    text = proof_document(*proof("replace", f"({bound})*{U}"))
    (shown,) = re.findall(r"\\fit\{(.*) \\ge 0,\}", text)
    quotient, wanted = parse_bound(shown, (m,)), parse_bound(f"{bound} - n", (n,))
    assert (r"\frac" in shown) == ("/" in bound)
    assert sp.simplify(quotient - wanted.subs(n, m + 1)) == 0


def test_flaws_are_seen():
    document = proved(Replace(), "fixed", f"n*{U}", {}).latex()
    assert flaws(document.replace(r"\end{document}", "")) == ["document is left open"]
    assert flaws(document.replace(r"\paragraph{", r"\paragraph ", 1)) == ["a brace closes nothing"]
    assert flaws(document.replace(r"\frac", r"\fraction", 1)) == ["unknown: fraction"]
    assert flaws(document.replace(r"\section*{Proof}", r"\section*{Proof")) == ["a brace is left open"]


def test_a_proof_can_be_followed():
    verdict = proved(Accumulate(), "fixed", f"pi**2/6*{U}", {})
    text = verdict.latex()
    for said in (
        r"For all $T \geq d + 2$, $d \geq 1$, $n \geq 1$, $\sigma > 0$,",
        r"$d = v + 1$, $T = u + v + 3$ with $u \ge 0,\; v \ge 0$",
        r"\paragraph{Case 1: $D(n) \ge 0$ for $n = m + 1$, $m \ge 0$.}",
        "By lemma 1 (ZetaTail),",
        "By lemma 2 (TailBound),",
        r"\to 0$ for $n \to \infty$,",
        r"In these variables, all of them $\ge 0$, it is",
        r"since no coefficient is negative",
        r"The cases reach every $n \ge 1$: $n = m + 1$, $m \ge 0$.",
        r"\textbf{Lemma 2} (TailBound). If $v(k) \to 0$",
    ):
        assert said in text, said
    assert isinstance(verdict.certificate, certificate.Certificate)
    # Every lemma of the certificate is named as often as it is used.
    used = [type(lemma).__name__ for case in verdict.certificate.cases for lemma in case.lemmas]
    assert re.findall(r"By lemma \d+ \((\w+)\)", text) == used


def test_limits_and_lower_bounds_say_so():
    assert r"in the limit $T \to \infty$" in proved(*CASES[-2]).latex()
    lower = proved(*CASES[-1]).latex()
    claim = lower[lower.index("Claim") : lower.index("Proof")]
    assert claim.index(r"\frac{d n \sigma^{2}}{2 \left(T - d - 1\right)} \le") < claim.index(r"\frac{d n \sigma^{2}}{T")


def test_induction_is_told():
    domain = Domain((Variable(sp.Symbol("x", integer=True, positive=True), (sp.Integer(1),)),))
    law, bound = n, n**2
    cases = (
        certificate.Case("difference", 0, certificate.Only(1)),
        certificate.Case("step", 0, certificate.From(1)),
    )
    proof = certificate.Certificate(domain, sp.S.One, cases)
    certificate.check(law, bound, proof)
    text = proof_document(law, bound, proof)
    assert r"\Delta(n) = D(n + 1) - D(n) =" in text
    assert r"by induction from $n = 1$" in text
    assert flaws(text) == []


_M = r"$m \ge 0$"


@pytest.mark.parametrize(
    ("least", "most", "cases", "said"),
    [
        (3, None, "O4 O3 S4", rf"$n \ge 3$: $n = 3, 4$ by themselves; $n = m + 4$, {_M}, by induction from $n = 4$."),
        (2, None, "O2 O3 F4", rf"$n \ge 2$: $n = 2, 3$ by themselves; $n = m + 4$, {_M}."),
        (2, 9, "B2:6 B6:10", r"$n \ge 2$ up to $9$: $2 \le n < 6$, as "),
        (5, 6, "O5 O6", r"$n \ge 5$ up to $6$: $n = 5, 6$ by themselves."),
    ],
)
def test_the_end_of_a_proof_says_which_n_it_reaches_and_how(least, most, cases, said):
    kinds = {"O": certificate.Only, "F": certificate.From, "S": certificate.From, "B": certificate.Between}
    domain = Domain((Variable(sp.Symbol("x", integer=True, positive=True), (sp.Integer(1),)),), least, most)
    listed = tuple(
        certificate.Case("step" if kind == "S" else "difference", 0, kinds[kind](*map(int, "".join(run).split(":"))))
        for kind, *run in cases.split()
    )
    proof = certificate.Certificate(domain, sp.S.One, listed)
    certificate.check(n, n**2, proof)
    assert f"The cases reach every {said}" in proof_document(n, n**2, proof)


FROM_ONE: Run = certificate.From(1)


def _lines(law, bound, domain, *lemmas, run: Run = FROM_ONE, unit=sp.S.One) -> list[str]:
    """Of a proof in one case."""
    found = certificate.Certificate(domain, unit, (certificate.Case("difference", 0, run, lemmas),))
    certificate.check(law, bound, found)
    return proof_document(law, bound, found).splitlines()


def test_each_step_of_a_case_is_told_as_it_is():
    ended = Domain(DOMAIN.variables, 2, 2)
    told = _lines(n, n, ended, TailBound(i**-2, 1 / n, False), run=certificate.Only(2))
    assert told[told.index("By lemma 1 (TailBound),") + 4] == r"where for $n = m + 2$, $m \ge 0$"  # beyond n = 2
    told = _lines(n, n, DOMAIN, TailBound(i**-2, 1 / n, False))
    assert told[told.index("By lemma 1 (TailBound),") + 4] == "where"
    squares = Square(sp.S.One, n - 2), Square(sp.S.One, n - 3)
    told = _lines(sp.S.Zero, (n - 2) ** 2 + (n - 3) ** 2, Domain(()), *squares)
    called = "and the difference of the two sides is called $y_{%d} \\ge 0$. Put in, this leaves"
    assert [line for line in told if "is called" in line] == [called % k for k in (1, 2)]
    told = _lines(n, n, Domain(()), ZetaTail(2))
    assert [line for line in told if "H^{(2)}_{n} = " in line and r"\frac{\pi^{2}}{6}" in line]
    told = _lines(n * ONE_FIT, (n + 1) * ONE_FIT, DOMAIN, unit=ONE_FIT)
    unit = r"& \fit{ \frac{d \sigma^{2}}{T - d - 1} = \frac{\sigma^{2} v + \sigma^{2}}{u + 1} > 0.}"
    assert told[told.index("There") + 2] == unit
    told = _lines(3 * n, sp.pi * n, Domain(()))
    assert [line for line in told if "approx" in line] == [r"& \fit{-3 + \pi \approx 0.1416}"]


def test_a_term_that_is_a_sum_stands_in_brackets_beside_others():
    terms = ((0, 1, "T + n"), (0, 2, r"\left(T + n\right)"), (1, 2, r"+ \left(T + n\right)"))
    for place, count, printed in terms:
        assert signed(T + n, place, count) == printed
    assert (signed(n, 1, 2), signed(-n, 1, 2)) == ("+ n", "- n")


def test_parts_are_named_by_their_n():
    proof = certificate.Certificate(Domain(()), sp.S.One, (certificate.Case("difference", 0, certificate.From(1)),))
    text = proof_in_parts((where, n, n + 1, proof) for where in ("n = 1", "2 <= n <= 5, where", "n >= 6, where it is"))
    assert re.findall(r"\\section\{(.*)\}", text) == [
        "The case $n = 1$", r"The case $2 \le n \le 5$", r"The case $n \ge 6$",
    ]  # fmt: skip


def test_a_case_names_its_cell():
    """Of two, in the order of the certificate; a proof in one cell names none."""
    h = sp.Symbol("h", positive=True)
    two = Domain((Variable(h, (sp.Integer(1),), Fraction(2)),))
    cases = tuple(certificate.Case("difference", cell, certificate.From(1)) for cell in (1, 0))
    text = proof_document(n * h, n * h + 1, certificate.Certificate(two, sp.S.One, cases))
    assert re.findall(r"\\paragraph\{Case (\d+): .*, cell (\d+)\.\}", text) == [("1", "2"), ("2", "1")]
    for number, cell in enumerate(two.cells(), 1):
        assert rf"\par Cell {number}: $h = {latex(cell[h])}$." in text
    assert r"The domain is the union of 2 cells, with $u \ge 0$:" in text
    one = Domain((Variable(h, (sp.Integer(1),)),))
    assert ", cell" not in proof_document(n * h, n * h + 1, certificate.Certificate(one, sp.S.One, cases[1:]))


def test_what_is_left_is_0_or_in_variables_or_a_number():
    proof = certificate.Certificate(Domain(()), sp.S.One, (certificate.Case("difference", 0, certificate.From(1)),))
    for bound, said in ((n, "It is $0$."), (n + 1, "In these variables it is"), (2 * n, "In these variables it is")):
        found = re.findall(
            r"^(It is \$0\$\.|In these variables.* it is)$", proof_document(n, bound, proof), re.MULTILINE
        )
        assert found == [said]


def test_long_expressions_are_broken():
    x = sp.symbols("x")
    for lines in (broken("D = ", sum((x**k / (k + 1) for k in range(40)), sp.S.Zero)), broken_sum("", [x] * 60, "= 1")):
        written = "\n".join(lines).splitlines()
        assert 4 < len(written) < 12
        assert max(map(len, written)) < 340  # characters of LaTeX
    assert latex(sp.harmonic(n, 2) ** 2) == r"\left(H^{(2)}_{n}\right)^{2}"
    assert latex(sp.polygamma(0, n) + sp.polygamma(1, n)) == r"\psi\left(n\right) + \psi^{(1)}\left(n\right)"


def test_a_term_has_one_sign():
    """Of terms of either sign, in a line and broken; one that is a sum stands in parentheses."""
    x, y = sp.symbols("x y")
    (line,) = [each for each in "\n".join(broken_sum("D =", [-x, -y, x * y, x - y])).splitlines() if "D =" in each]
    assert line == rf"& \fit{{D = - x - y + x y + \left({latex(x - y)}\right)}}"
    written = " ".join(each for each in broken("D = ", sum(((-x) ** k / (k + 1) for k in range(1, 40)), sp.S.Zero)))
    assert len(re.findall(r"\+ \\frac", written)) == 19
    assert len(re.findall(r"- \\frac", written)) == 20
    assert not re.search(r"\+\s*[-+]", written)


def test_differences_are_printed_as_positive_ones():
    T, d = sp.symbols("T d")
    point = {T: sp.Integer(9), d: sp.Integer(2)}
    assert latex(turned((d - T + 1) / (n * (d - n * T + 1)), {**point, n: sp.Integer(2)})) == (
        r"\frac{T - d - 1}{n \left(T n - d - 1\right)}"
    )
    assert latex(turned(-1 / (d - T), point)) == r"\frac{1}{T - d}"
    for expression in (
        (d - T) / n,
        n / (d - T) ** 3,
        (d - T) ** 2 * (1 - T),
        d - T,
        sp.exp(d - T) * (T - d),
        n * (d - n),
    ):
        assert sp.simplify(turned(expression, point) - expression) == 0


def test_long_numbers_have_names():
    power = sp.Rational(101, 100) ** 40
    numbers = LongNumbers()
    named = numbers.within(1 + sp.sqrt(2) - power * n + 3 * power)
    assert latex(named) == r"- n q_{1} + q_{2} + \sqrt{2}"
    text, above = "".join(numbers.lines()), sp.fraction(power)[0]
    assert str(above)[:10] + r"\allowbreak " in text
    assert str(above) in text.replace(r"\allowbreak ", "")
    assert numbers.within(n / 7) == n / 7
    assert latex(sp.Symbol("sigma'", positive=True) ** 2) == r"\sigma'^{2}"


def test_every_lemma_has_a_statement():
    for lemma in certificate._LEMMAS:
        assert r"\texttt" not in statement(lemma)
        assert flaws(statement(lemma)) == []

    class Other(Lemma):
        """50 % of a_b^2 <= {c}."""

    assert statement(Other) == r"\texttt{50 \% of a\_b\^{}2 \textless{}= \{c\}.}"
