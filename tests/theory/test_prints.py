"""What `print` shows of laws and verdicts: a few lines, all of them true."""

import sys
from dataclasses import replace

import pytest
import sympy as sp

from theory import (
    Accumulate,
    AccumulateSubsample,
    Generator,
    LinearRegression,
    Proved,
    Refuted,
    Replace,
    Tightest,
    Undecided,
    check_bound,
    law,
    tightest,
)
from theory.derivation import Derivation, Step
from theory.prover import verdicts
from theory.prover.parts import Part, Parts

FIXED = LinearRegression(design="fixed")


def test_a_law_in_five_lines():
    first, formula, growth, needs, validity = str(law(FIXED, Replace())).splitlines()
    assert first == f"{FIXED.quantity(None).meaning}: Replace() for LinearRegression(design=fixed)"
    assert formula.strip() == "E_n = d*n*sigma**2/(T - d - 1)"
    assert growth.strip() == "growth  : linear, ~ (d*sigma**2/(T - d - 1)) n"
    assert needs.strip() == "needs   : T >= d + 2, d >= 1, n >= 1, sigma > 0"
    assert validity.strip() == "validity: exact; source: " + law(FIXED, Replace()).source


def test_a_law_that_is_not_exact_is_not_written_as_an_equation():
    text = str(law(LinearRegression(design="fresh"), AccumulateSubsample()))
    assert "E_n ~ " in text
    assert "validity: large-T" in text


def test_a_derivation_by_steps():
    steps = (Step("first", "a = b", "because"), Step("then", "b = c", "so it is"))
    assert str(Derivation(steps)) == "1. first: because\n     a = b\n2. then: so it is\n     b = c"


def test_a_generator_is_named():
    hot = replace(law(FIXED, Replace()), generator=Generator(temperature=2))
    assert "Replace() and Generator(temperature=2) for LinearRegression" in str(hot).splitlines()[0]


def test_a_long_formula_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(sys.modules["theory.law"], "_SHOWN", 10)
    assert "E_n = d*n*sigma* … (law.expr has all of it)" in str(law(FIXED, Replace()))


@pytest.fixture(scope="module")
def proved():
    return check_bound(law(FIXED, Accumulate()), "sigma**2*d/(T-d-1)*pi**2/6")


def test_a_proof(proved):
    assert isinstance(proved, Proved)
    lines = str(proved).splitlines()
    assert lines[0] == "proved: law <= bound, on the whole domain"
    assert lines[1:-1] == [f"  {step}" for step in proved.certificate.steps()]
    assert lines[-1] == f"  {proved.second_opinion}"
    assert proved._repr_html_().startswith("<pre>proved: law &lt;= bound")


def test_a_long_proof_is_cut_and_says_so(proved):
    part = Part("for n = 1", (sp.S.One, sp.S.One), proved.certificate)
    lines = str(replace(proved, certificate=Parts((part,) * 5), lower=True, asymptotic=True)).splitlines()
    assert lines[0] == "proved: law >= bound, in the limit T -> oo, on the whole domain"
    assert len(lines) == 6
    assert lines[4] == "  (and 2 more in certificate)"


def test_every_part_of_a_proof_is_handed_on(proved, monkeypatch):
    """To the script that PARI/GP verifies, to the document, and to the steps."""
    numbers = [(sp.Integer(low), sp.Integer(low + 1)) for low in (1, 5, 9)]
    certificate = replace(proved.certificate, cases=proved.certificate.cases * 2)
    parts = tuple(Part(f"for n = {low}", (low, high), certificate) for low, high in numbers)
    of = replace(proved, certificate=Parts(parts), parts=parts)
    monkeypatch.setattr(verdicts, "gp_script_in_parts", list)
    monkeypatch.setattr(verdicts, "proof_in_parts", list)
    assert of.gp_script() == [(*each, certificate) for each in numbers]
    assert of.latex() == [(f"for n = {each[0]}", *each, certificate) for each in numbers]
    steps = [f"for n = {low}: {step}" for low, _ in numbers for step in certificate.steps()]
    assert len(steps) >= 6
    assert of.certificate.steps() == steps


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (Refuted({"T": 3, "d": 1, "n": 2}), "refuted: law > bound, at T = 3, d = 1, n = 2"),
        (Refuted({"n": 2}, lower=True), "refuted: law < bound, at n = 2"),
        (Refuted({"n": 2}, asymptotic=True), "refuted: law > bound, in the limit T -> oo, at n = 2"),
        (Undecided(("this", "that")), "undecided: law <= bound was neither proved nor refuted\n  this\n  that"),
        (Undecided((), lower=True), "undecided: law >= bound was neither proved nor refuted"),
    ],
)
def test_other_verdicts(verdict, text):
    assert str(verdict) == text


def test_a_least_constant():
    found = tightest(law(FIXED, Replace()), "sigma**2*d*n/(T-d-1)")
    assert isinstance(found, Tightest)
    assert str(found).startswith("tightest: law <= C * bound for C = 1 (reached)")
    for attained, said in ((False, "not reached"), (None, "it is not decided whether it is reached")):
        limit = replace(found, attained=attained, asymptotic=True)
        assert str(limit).startswith(f"tightest: law <= C * bound for C = 1, in the limit T -> oo ({said})\n")
