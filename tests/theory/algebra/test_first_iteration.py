"""Traps at n = 1: an equation that is claimed for later n alone has the error of model 1 apart, solved for or not."""

from dataclasses import replace

import pytest
import sympy as sp

from tests.theory.algebra.cases import cases, reject_without_the_condition, states
from theory import RuleDoesNotApply
from theory.algebra import operations as op
from theory.algebra.indices import N
from theory.algebra.rules import expectations, sums
from theory.algebra.terms import Equation

MIXED = cases()["fresh real 1"].setting
GROWING = cases()["replace, fresh"].setting


def _solved_from(case, setting):
    """The equation of a case that is solved for delta_n, with that of model 1 before it is solved: G_1 delta_1 = …"""
    state = next(
        state
        for _, state in states(case)
        if isinstance(state, Equation) and state.left == op.matrix(setting.error(N)) and state.start <= 2
    )
    right = state.base[1] if state.base else op.at(state.right, {N: sp.S.One})
    gram = setting.chain.gram(1)
    return replace(state, start=2, base=(op.matrix(gram, setting.error(1)), op.times(op.matrix(gram), right)))


TRAPS = {
    "squared": (
        MIXED,
        _solved_from("fresh real 1", MIXED),
        expectations.squared,
        "the first error is not solved for",
        (expectations.squared, ("if equation.base[0] != op.matrix(setting.error(1)):", "if False:")),
    ),
    "summed": (
        GROWING,
        _solved_from("replace, fresh", GROWING),
        sums.unroll,
        "the first error is not solved for",
        (sums.unroll, ("equation.base[0] != op.matrix(error(1)) or ", "")),
    ),
}


@pytest.mark.parametrize("name", TRAPS)
def test_the_rule_refuses(name):
    setting, state, rule, reason, _ = TRAPS[name]
    with pytest.raises(RuleDoesNotApply, match=reason):
        rule(setting, state)


@pytest.mark.parametrize("name", TRAPS)
def test_the_checker_rejects_what_the_rule_makes_without_the_condition(name, monkeypatch):
    reject_without_the_condition(TRAPS[name], monkeypatch)


@pytest.mark.parametrize("start", [2, 3, 4])
def test_an_equation_that_says_nothing_of_model_2_is_not_summed(start):
    names = [rule for rule, _ in states("accumulate, fresh")]
    setting, (_, state) = cases()["accumulate, fresh"].setting, states("accumulate, fresh")[names.index("unroll") - 1]
    assert isinstance(state, Equation)
    assert state.start == 2
    if start == 2:
        assert sums.unroll(setting, state) == dict(states("accumulate, fresh"))["unroll"]
        return
    with pytest.raises(RuleDoesNotApply, match="the equation says nothing of iteration 2"):
        sums.unroll(setting, replace(state, start=start))
