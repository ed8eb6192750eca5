"""Proofs in LaTeX: they say what a reader needs, and pdflatex compiles them where it is installed."""

import re
import shutil
import subprocess
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
from theory.prover.domain import Domain, Variable
from theory.prover.lemma_statements import statement
from theory.prover.lemmas import Lemma
from theory.prover.math_latex import broken, cut, latex
from theory.prover.proof_latex import proof_document
from theory.symbols import n

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
    "align allowdisplaybreaks approx begin bound cdot Delta documentclass dots e end exp frac gamma ge geq gt"
    " hfill infty int le left leq log operatorname par paragraph parindent pi prime prod psi quad right rule"
    " section setlength sigma smallskip sqrt sum textbackslash textbf textgreater textless texttt to"
    " usepackage zeta".split()
)


def complaint(document: str, folder: Path) -> str:
    """Of pdflatex."""
    (folder / "proof.tex").write_text(document)
    assert PDFLATEX is not None
    command = [PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", "proof.tex"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=120)
    return "" if run.returncode == 0 else run.stdout[-2000:]


@pytest.mark.parametrize(("workflow", "design", "bound", "options"), thinned(CASES, every=4))
def test_proofs_compile(workflow, design, bound, options, tmp_path):
    document = proved(workflow, design, bound, options).latex()
    assert flaws(document) == []
    if PDFLATEX is not None:
        assert complaint(document, tmp_path) == ""


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


def test_long_expressions_are_cut_and_broken():
    x = sp.symbols("x")
    assert cut([x**k for k in range(1, 40)]) == r"x + x^{2} + x^{3} + x^{4} + x^{5} + x^{6} + x^{7} + x^{8} + \dots"
    assert cut([x, -(x**2)]) == "x - x^{2}"
    lines = "\n".join(broken("D = ", sum((x**k / (k + 1) for k in range(40)), sp.S.Zero))).splitlines()
    assert max(map(len, lines)) < 220
    assert latex(sp.harmonic(n, 2) ** 2) == r"\left(H^{(2)}_{n}\right)^{2}"
    assert latex(sp.polygamma(0, n) + sp.polygamma(1, n)) == r"\psi\left(n\right) + \psi^{(1)}\left(n\right)"


def test_every_lemma_has_a_statement():
    for lemma in certificate._LEMMAS:
        assert r"\texttt" not in statement(lemma)
        assert flaws(statement(lemma)) == []

    class Other(Lemma):
        """50 % of a_b^2 <= {c}."""

    assert statement(Other) == r"\texttt{50 \% of a\_b\^{}2 \textless{}= \{c\}.}"
