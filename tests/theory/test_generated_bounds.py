"""Bounds on laws of generators: judged as other laws are, refused where they hold for T -> oo alone."""

from typing import Any

import pytest
import sympy as sp

import theory
from theory import (
    Accumulate,
    FixedReal,
    Generator,
    Refuted,
    Replace,
    SlidingWindow,
    check_bound,
    gain,
    generated,
    linear,
)
from theory.one_by_one import beyond
from theory.symbols import n
from theory.sympy_types import as_expression

ONE = "sigma**2*d/(T-d-1)"


def test_a_temperature():
    law = generated(Accumulate(), Generator(temperature="1/2"), design="fixed")
    assert check_bound(law, f"{ONE}*(1+(pi**2/6-1)/4)").verdict == "proved"
    refuted = check_bound(law, f"{ONE}*(1+(pi**2/6-1)/5)")
    assert isinstance(refuted, Refuted)
    at = int(refuted.counterexample["n"])
    assert law.gain(at)[-1] > 1 + (3.14159265**2 / 6 - 1) / 5


@pytest.mark.slow
def test_a_bias():
    law = generated(Replace(), Generator(bias=1), design="fixed")
    assert check_bound(law, f"{ONE}*n + (n-1)**2").verdict == "proved"
    assert check_bound(law, f"{ONE}*n").verdict == "refuted"
    assert (
        check_bound(generated(FixedReal("1/2"), Generator(bias=1), design="fixed"), f"1 + 4/3*{ONE}").verdict
        == "proved"
    )


def test_a_law_without_a_formula_is_judged_at_its_own_numbers():
    hot = generated(SlidingWindow(3), Generator(temperature=3), design="fixed")
    assert hot.expr is None
    # without a generator it holds
    refuted = check_bound(hot, f"{ONE}*n", domain="n <= 4")
    assert isinstance(refuted, Refuted)
    assert hot.gain(int(refuted.counterexample["n"]))[-1] > refuted.counterexample["n"]


@pytest.mark.parametrize(
    "generator",
    [
        Generator(bias=3),
        Generator(bias="1/2", temperature=2),
        Generator(pull="1/4", distance=2),
        Generator(temperature=3),
    ],
    ids=["bias", "less of it, and hotter", "verifier", "hotter"],
)
def test_without_a_formula_each_iteration_is_judged_as_it_is_evaluated(generator):
    """With the square of what labels are shifted by, and of how often."""
    law = generated(SlidingWindow(3), generator, design="fixed")
    each = law.judged.derived.each
    assert each is not None
    for m, value in enumerate(law.evaluate(T=12, d=3, sigma=2.0, n=range(1, 6)), 1):
        found = each(m)
        at: dict[Any, Any] = {symbol: {"T": 12, "d": 3, "sigma": 2}[str(symbol)] for symbol in found.free_symbols}
        assert float(found.subs(at)) == pytest.approx(value, rel=1e-14)


@pytest.mark.slow
def test_what_holds_for_large_T_alone_is_refused_without_asymptotic():
    law = generated(Accumulate(), Generator(temperature=2), design="fresh")
    with pytest.raises(ValueError, match="large-T, not exact at finite T"):
        check_bound(law, "1")
    assert check_bound(law, f"{ONE}*(1+4*(pi**2/6-1))", asymptotic=True).verdict == "proved"
    assert check_bound(law, f"{ONE}*(1+3*(pi**2/6-1))", asymptotic=True).verdict == "refuted"


def test_a_shift_has_no_limit_in_units_of_one_fit():
    law = generated(Replace(), Generator(bias=1), design="fixed")
    with pytest.raises(ValueError, match="labels are shifted"):
        check_bound(law, "n", asymptotic=True)


@pytest.mark.slow
def test_two_laws():
    hot, usual = (
        generated(Accumulate(), Generator(temperature=2), design="fixed"),
        linear.test_error(Accumulate(), design="fixed"),
    )
    assert check_bound(usual, hot).verdict == "proved"
    assert check_bound(hot, usual).verdict == "refuted"
    window = [generated(SlidingWindow(3), Generator(temperature=heat), design="fixed") for heat in (1, 2)]
    assert check_bound(window[1], window[0]).verdict != "proved"  # of one workflow and task, neither with a formula
    constant = theory.tightest(hot).constant
    assert constant is not None
    assert abs(float(constant) - 1 - 4 * (3.14159265358979**2 / 6 - 1)) < 1e-9


def test_the_strip_of_a_workflow_is_not_that_of_its_generator() -> None:
    """At half the noise a window's gain grows a quarter as fast."""
    usual = theory.linear.test_error(SlidingWindow(2), design="fixed")
    cold = theory.generated(SlidingWindow(2), Generator(temperature="1/2"), design="fixed").judged
    of_workflow = beyond(usual, sp.S.One)
    assert of_workflow is not None
    far = as_expression(of_workflow(40, True).expr.subs(n, 50))
    assert 0 <= float(far) - float(gain(SlidingWindow(2), 50)[-1]) < 1e-6
    assert beyond(cold, sp.S.One) is None
