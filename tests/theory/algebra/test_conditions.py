"""Conditions of rules exactly at their edges: states made by hand that a rule must refuse, or leave as they are."""

from dataclasses import replace

import pytest
import sympy as sp

from tests.helpers import Made
from tests.theory.algebra.cases import cases, states
from theory import RuleDoesNotApply, by_count, pools, real, synthetic
from theory.algebra import operations as op, reading
from theory.algebra.indices import FEATURES, ROWS, N
from theory.algebra.rules import equations, laws, sums
from theory.algebra.rules.equations import P, Q
from theory.algebra.rules.expectations import independent
from theory.algebra.terms import Equation, Value
from theory.symbolic_workflow import SymbolicWorkflow

MIXED = cases()["fresh real 1"].setting


@pytest.mark.parametrize("factor", [2, sp.Rational(1, 2), 0, -1], ids=str)
def test_what_multiplies_the_truth_has_to_be_the_same_on_both_sides(factor):
    """Labels of so many times what a model predicts are no labels of that model."""
    name = "accumulate, fresh"
    labelled = dict(states(name))["labels"]
    assert isinstance(labelled, Equation)
    assert equations.errors(cases()[name].setting, labelled) == dict(states(name))["errors"]
    with pytest.raises(RuleDoesNotApply, match=r"the terms in w\* do not cancel"):
        equations.errors(cases()[name].setting, replace(labelled, right=op.scaled(factor, labelled.right)))


@pytest.mark.parametrize("name", ["fresh real 1", "accumulate fresh", "weights", "subsample"])
def test_an_error_depends_on_what_came_in_up_to_its_own_iteration(name):
    """On the noises of sampled and of real data, on draws, and on the designs; not on what comes later."""
    setting = cases()[name].setting
    met = [setting.chain.noise, setting.real.noise, setting.thinning, setting.chain.design, setting.real.design]
    for family in met:
        alike = family in met[-2:] and not setting.is_fresh  # the one X is met by all
        assert not independent(setting.error(N), family(N), 1, ())
        assert not independent(setting.error(N), family(1), 1, ())
        assert independent(setting.error(N - 1), family(N), 2, ()) != alike


def shared(setting, *weights):
    """(the sums of these weights over all their pools) delta_n = delta_{n-1}."""
    parts = [
        op.over(start, N, lambda k, weight=weight: op.scaled(weight(N, k), op.matrix(setting.error(N))))
        for weight, start in weights
    ]
    return Equation(op.plus(*parts), op.matrix(setting.error(N - 1)), 1)


def test_shares_add_up_where_all_are_there():
    """Those of the chain's pools alone, or of later real data alone, do not where both are in a training set."""
    chain, both = (reading.weighted("fixed", draws=False, later_real=later) for later in (False, True))
    for setting, weights in ((chain, [(P, 1)]), (both, [(P, 1), (Q, 2)])):
        assert sums.shares_add_up(setting, shared(setting, *weights)).left == op.matrix(setting.error(N))
    for setting, weights in ((both, [(P, 1)]), (both, [(Q, 2)]), (both, [(P, 2), (Q, 2)]), (chain, [(P, 2)])):
        partial = shared(setting, *weights)
        assert sums.shares_add_up(setting, partial) == partial


@pytest.mark.parametrize(
    ("lost", "shown"),
    [
        (sp.Integer(0), False),
        (sp.Rational(1, 2), True),
        ((ROWS - FEATURES - 2) / ROWS, False),  # 0 at T = d + 2, the least
        ((ROWS - FEATURES - 1) / ROWS, True),
        (-1 / ROWS, False),
    ],
    ids=str,
)
def test_a_recursion_has_a_limit_where_it_is_shown_to_contract(lost, shown):
    """E_n = (1 - lost) E_{n-1} + 1, for every T >= d + 2."""
    older = op.expected_trace(op.matrix(MIXED.error(N - 1), MIXED.error(N - 1).T))
    value = Value(op.plus(op.scaled(1 - lost, older), laws.number(sp.S.One)), 1)
    if shown:
        limit = laws.limit_of(laws.first_order_recursion(MIXED, value))
        assert sp.simplify(limit - 1 / lost) == 0
        return
    with pytest.raises(RuleDoesNotApply, match="that rho < 1 was not shown"):
        laws.first_order_recursion(MIXED, value)


@pytest.mark.parametrize("renewed", [2, 3, 4, 5])
def test_real_data_of_one_iteration_alone_are_later_ones(renewed):
    """Also of the last one before the training sets are the same for good."""

    def only_there(other):
        return SymbolicWorkflow(Made(lambda i: other(i) if i == renewed else by_count(synthetic(i - 1))))

    assert reading.collects_later(only_there(lambda i: by_count(real(i), synthetic(i - 1))))
    assert not reading.collects_later(only_there(lambda i: by_count(pools(1, i))))
    assert not reading.collects_later(only_there(lambda i: by_count(real(1))))
