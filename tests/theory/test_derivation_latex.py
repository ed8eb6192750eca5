"""The LaTeX of every law and its derivation: it compiles, and a limit is never written as an equation."""

import itertools
import shutil
import subprocess
from functools import cache

import pytest
import sympy as sp

import theory
from theory import (
    Accumulate,
    AccumulateSubsample,
    Derivation,
    FixedReal,
    FreshReal,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    Step,
)

PDFLATEX = shutil.which("pdflatex")
w, s = sp.symbols("w s", positive=True)
k = sp.Symbol("k", integer=True, positive=True)
WORKFLOWS = [
    Replace(), ReplaceGrowing(), Accumulate(), AccumulateSubsample(), SlidingWindow(2), SlidingWindow(3),
    SlidingWindow(k), FixedReal("1/2"), FixedReal(w), FreshReal(), FreshReal(2), FreshReal(s), FreshReal(1, "1/4"),
]  # fmt: skip
SETTINGS = [(workflow, design) for workflow in WORKFLOWS for design in ("fixed", "fresh")]


@cache
def law_of(workflow, design):
    return theory.linear.test_error(workflow, design=design)


@pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not installed")
def test_all_derivations_compile(tmp_path):
    body = "\n\n".join(
        f"{law.derivation.latex()}\n\n{law._repr_latex_()}" for law in itertools.starmap(law_of, SETTINGS)
    )
    document = (
        f"\\documentclass{{article}}\n\\usepackage{{amsmath,amssymb}}\n\\begin{{document}}\n{body}\n\\end{{document}}"
    )
    (tmp_path / "laws.tex").write_text(document)
    command = [PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", "laws.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert run.returncode == 0, run.stdout[-2000:]


@pytest.mark.parametrize(("workflow", "design"), SETTINGS, ids=str)
def test_limits_are_no_equations(workflow, design):
    law = law_of(workflow, design)
    symbol = law.quantity.symbol
    assert law._repr_latex_().startswith(rf"$\displaystyle {symbol} {'=' if law.exact else chr(92) + 'simeq'} ")
    relations = [
        step.statement.removeprefix(f"{symbol} ").split(" ", 1)[0]
        for step in law.derivation
        if step.statement.startswith(f"{symbol} ")
    ]
    # Once something was left out in a limit, no later line is an equation of the quantity again.
    first = relations.index(r"\simeq") if r"\simeq" in relations else len(relations)
    assert relations == ["="] * first + [r"\simeq"] * (len(relations) - first)
    assert (r"\simeq" in relations) == (not law.exact)
    # nor is it for the checker, which reads states
    limits = [step.state.limit for step in law.derivation if step.state is not None]
    assert bool(limits) == (law.derivation.checker is not None)
    assert limits == sorted(limits)
    assert limits[-1:] in ([], [not law.exact])


def test_a_line_is_aligned_once():
    steps = Step("one", "E_n = a = b", "why"), Step("two", r"E_n \simeq c = d", "why")
    assert Derivation(steps).latex().splitlines()[1:-1] == [
        r"E_n &= a = b && \text{(1. one)} \\",
        r"E_n &\simeq c = d && \text{(2. two)}",
    ]
