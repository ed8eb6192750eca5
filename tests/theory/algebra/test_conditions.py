"""Conditions of rules exactly at their edges: states made by hand that a rule must refuse, or leave as they are."""

from dataclasses import dataclass, replace

import pytest
import sympy as sp

from tests.helpers import Made
from tests.theory.algebra.cases import cases, states
from theory import AccumulateFresh, RuleDoesNotApply, Workflow, by_count, pools, real, synthetic
from theory.algebra import operations as op, reading
from theory.algebra.families import PoolRun
from theory.algebra.indices import FEATURES, RIDGE, ROWS, N, fresh
from theory.algebra.normal_form import normal
from theory.algebra.rules import designs, equations, expectations, laws, least_norm, nested, ridge, sampled, sums
from theory.algebra.rules.equations import P, Q
from theory.algebra.rules.expectations import independent
from theory.algebra.terms import Equation, Expression, Monomial, Value
from theory.pools import Pools
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
    # nor do those of another iteration, of which there are others
    for index in (N - 1, N + 1, sp.Integer(3)):
        other = shared(chain, (lambda n, k, index=index: P(index, k), 1))
        assert sums.shares_add_up(chain, other) == other
        other = shared(both, (P, 1), (lambda n, k, index=index: Q(index, k), 2))
        assert sums.shares_add_up(both, other) == other


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


@pytest.mark.parametrize("odd", [True, False])
def test_real_data_of_a_workflow_that_cannot_be_read_may_have_any_size(odd):
    """Which branches on the parity of the iteration; one that is read at every iteration says what it has."""

    def renewed(i):
        return by_count(real(i), synthetic(i - 1)) if i % 2 == odd else by_count(synthetic(i - 1))

    assert reading.has_sized_real(SymbolicWorkflow(Made(renewed, lambda p: p)))
    assert reading.has_sized_real(SymbolicWorkflow(Made(renewed)))
    for ratio in (1, 2, "1/2"):
        assert reading.has_sized_real(SymbolicWorkflow(AccumulateFresh(ratio))) == (ratio != 1)


@pytest.mark.parametrize(
    ("rule", "is_real_alone"),
    [
        (lambda i: by_count(pools(1, i)), True),
        (lambda i: by_count(pools(1, i), Pools(2, i, fresh_real=True)), True),
        (lambda i: by_count(pools(1, i), real(i)), False),  # real(1) twice at n = 1
        (lambda i: by_count(pools(i, i)), True),
        (lambda i: by_count(pools(i, i), Pools(2, i, fresh_real=True)), True),
        (lambda i: by_count(pools(i - 1, i)), False),
        (lambda i: by_count(synthetic(i - 1), real(1)), False),
    ],
    ids=["all", "all, and real", "all, and new", "newest", "newest, and real", "two", "newest, and real(1)"],
)
def test_runs_are_read_at_the_first_iteration_where_they_are_real_1_alone(rule, is_real_alone):
    workflow = SymbolicWorkflow(Made(lambda i: rule(i) if i != 1 else by_count(real(1))))
    assert reading.counted(workflow, "fresh").from_start == is_real_alone


@dataclass(frozen=True)
class Growing(Workflow):
    """All data are kept, of which there are more at each iteration: k^2 T sampled rows, and (k + 1) T real ones."""

    def training_set(self, iteration):
        return by_count(pools(1, iteration), Pools(2, iteration, fresh_real=True))

    def pool_size(self, pool):
        return pool**2

    def real_size(self, iteration):
        return iteration + 1


def test_rows_are_counted_pool_by_pool():
    """Of the chain and of real data by the index of each, and in all: of sets 1 and 3 by hand."""
    setting = reading.counted(SymbolicWorkflow(Growing()), "fresh")
    assert [setting.rows(sp.Integer(k)) for k in (1, 2, 3)] == [ROWS, 4 * ROWS, 9 * ROWS]
    assert [setting.real_rows(sp.Integer(k)) for k in (2, 3)] == [3 * ROWS, 4 * ROWS]
    assert setting.real_rows(N - 1) == sp.expand(N * ROWS)
    assert setting.training_rows(sp.S.One) == ROWS
    assert setting.training_rows(sp.Integer(3)) == (1 + 4 + 9 + 3 + 4) * ROWS
    assert sp.simplify(setting.training_rows(N).subs(N, 3) - 21 * ROWS) == 0


#: Runs of a training set, and whether it is the one before and pools of iteration n.
RUNS = {
    "all": ([PoolRun(sp.S.One, N)], True),
    "all, and real": ([PoolRun(sp.S.One, N), PoolRun(sp.Integer(2), N, fresh_real=True)], True),
    "all but the newest": ([PoolRun(sp.S.One, N - 1)], False),
    "all twice": ([PoolRun(sp.S.One, N), PoolRun(sp.S.One, N)], False),
    "two new ones": ([PoolRun(sp.S.One, 2 * N)], False),
    "the newest": ([PoolRun(N, N)], False),
    "all, and the newest real": ([PoolRun(sp.S.One, N), PoolRun(N, N, fresh_real=True)], False),
    "all, and older real": ([PoolRun(sp.S.One, N), PoolRun(sp.Integer(2), N - 1, fresh_real=True)], False),
}


@pytest.mark.parametrize("name", RUNS)
def test_what_is_new_are_pools_of_the_iteration_once(name):
    runs, is_new = RUNS[name]
    setting = replace(cases()["accumulate fresh"].setting, runs=tuple(runs))
    older = value((setting.error(N - 1), setting.error(N - 1).T, setting.training(N, -1)))
    if is_new:
        assert nested.older_error(setting, older) != older
    else:
        with pytest.raises(RuleDoesNotApply, match="do not keep all older rows and add new pools alone"):
            nested.older_error(setting, older)


@pytest.mark.parametrize("renewed", [2, 3, 4, 5])
def test_real_data_of_one_iteration_alone_are_later_ones(renewed):
    """Also of the last one before the training sets are the same for good."""

    def only_there(other):
        return SymbolicWorkflow(Made(lambda i: other(i) if i == renewed else by_count(synthetic(i - 1))))

    assert reading.collects_later(only_there(lambda i: by_count(real(i), synthetic(i - 1))))
    assert not reading.collects_later(only_there(lambda i: by_count(pools(1, i))))
    assert not reading.collects_later(only_there(lambda i: by_count(real(1))))


KEPT, FIXED = cases()["accumulate fresh"].setting, cases()["accumulate, fixed"].setting
HALF_READ, DRAWS, K = replace(KEPT, from_start=False), replace(KEPT, draws=True), fresh()
DRAWN, WEIGHTED = cases()["subsample"].setting, cases()["weights"].setting
G, W, ERROR, NOISE = KEPT.training, KEPT.chain.gram, KEPT.error, KEPT.chain.noise


def value(*traces, start=2, base=None):
    """E of a product of traces."""
    return Value(normal([Monomial(sp.S.One, (), (traces,))], False), start, base)


def solved(*left, setting=KEPT):
    """A sum of words times delta_n is the newest noise."""
    return Equation(op.plus(*(op.matrix(*word) for word in left)), op.matrix(setting.chain.noise(N)), 1)


def drawn(*, limit):
    state = dict(states("subsample"))["thinning"]
    assert isinstance(state, Equation)
    whole = Equation(op.matrix(DRAWN.whole_error(N)), op.minus(state.right, op.matrix(DRAWN.thinning(N))), 1)
    return replace(whole, limit=limit)


def multiple(rho, start=2, base: int | None = 1):
    """E_n = rho E_{n-1} + 1 for n >= start."""
    older = op.expected_trace(op.matrix(MIXED.error(N - 1), MIXED.error(N - 1).T))
    first = None if base is None else laws.number(sp.Integer(base))
    return Value(op.plus(op.scaled(rho, older), laws.number(sp.S.One)), start, first)


def changed(case, rule, **parts):
    """The equation that a rule of a case leads to, with parts of it changed."""
    state = dict(states(case))[rule]
    assert isinstance(state, Equation)
    return replace(state, **parts)


OLDER = (MIXED.error(N - 1), MIXED.error(N - 1).T)
ALL, RIDGED = cases()["accumulate, fresh"].setting, cases()["ridge"].setting
SPANNED, SPANNED_ONCE = cases()["least norm"].setting, cases()["least norm, fixed"].setting
FIRST = op.matrix(W(1), ERROR(1)), op.matrix(NOISE(1))
FORM, OLDER_FORM = "the difference is taken of equations of the form", "older equations are of the form"
SOLVED = "the error is not solved for at every iteration"
#: (setting, state, rule, the reason).
REFUSED = {
    "a draw at finite T": (DRAWN, drawn(limit=False), designs.thinning, "in the limit T -> oo alone"),
    "a draw where there is none": (KEPT, drawn(limit=True), designs.thinning, "uses its pools whole"),
    "S and V that share one X": (
        FIXED,
        value((FIXED.training(N - 1, -1), FIXED.chain.gram(N))),
        nested.wishart_ratio,
        "S is a constant given H at fixed design",
    ),
    "four noises": (
        KEPT,
        value((NOISE(N), NOISE(N).T, NOISE(N), NOISE(N).T)),
        expectations.white_noise,
        "more than two noises",
    ),
    "two errors solved for": (
        KEPT,
        solved((G(N), ERROR(N)), (W(N), ERROR(N))),
        equations.isolate,
        "the error does not stand alone",
    ),
    "a sum before the error": (
        KEPT,
        Equation(op.over(2, N, lambda k: op.matrix(W(k), ERROR(N))), op.matrix(NOISE(N)), 1),
        equations.isolate,
        "the error does not stand alone",
    ),
    "no error": (KEPT, solved((G(N), KEPT.model(N))), equations.isolate, "no error is solved for"),
    "a design before the error": (
        KEPT,
        solved((KEPT.chain.design(N), ERROR(N))),
        equations.isolate,
        "X has no inverse",
    ),
    "rows that count alike": (KEPT, solved((G(N), ERROR(N))), sums.shares_add_up, "no shares are given"),
    "two traces of an older training set": (
        KEPT,
        value((G(N - 1, -1), W(N), G(N, -2), W(N)), (G(N),)),
        nested.wishart_ratio,
        "this mean is of one trace with one inverse",
    ),
    "two inverses": (
        KEPT,
        value((G(N - 1, -1), W(N), G(N - 1, -1), W(N))),
        nested.wishart_ratio,
        "this mean is of one trace with one inverse",
    ),
    "an error in one trace of two": (
        KEPT,
        value((ERROR(N - 1), ERROR(N - 1).T, G(N, -1)), (G(N),)),
        nested.older_error,
        "the mean is of one trace",
    ),
    "a rotation in one trace of two": (
        MIXED,
        value((*OLDER, MIXED.training(N, -1)), (MIXED.training(N),)),
        expectations.rotation,
        "the rotation is of one trace",
    ),
    "a rate that depends on n": (MIXED, multiple(1 / N), laws.first_order_recursion, "not the same at every iteration"),
    "a recursion without a first value": (
        MIXED,
        multiple(sp.Rational(1, 2), base=None),
        laws.first_order_recursion,
        "not the same at every iteration",
    ),
    "a recursion from model 3 on": (
        MIXED,
        multiple(sp.Rational(1, 2), start=3),
        laws.varying_recursion,
        "not the same at every iteration",
    ),
    "a matrix beside the older error": (
        MIXED,
        value((*OLDER, MIXED.training(N, -1)), base=laws.number(sp.S.One)),
        laws.varying_recursion,
        "not a multiple of the one before",
    ),
    "a difference in the limit": (
        ALL,
        changed("accumulate, fresh", "errors", limit=True),
        equations.difference,
        FORM,
    ),
    "a difference with model 1 apart": (
        ALL,
        changed("accumulate, fresh", "errors", base=FIRST),
        equations.difference,
        FORM,
    ),
    "a difference of what is solved": (
        ALL,
        changed("accumulate, fresh", "errors", left=op.matrix(ALL.error(N))),
        equations.difference,
        FORM,
    ),
    "older rows in the limit": (
        KEPT,
        changed("accumulate fresh", "errors", limit=True),
        nested.older_training_set,
        OLDER_FORM,
    ),
    "older rows with model 1 apart": (
        KEPT,
        changed("accumulate fresh", "errors", base=FIRST),
        nested.older_training_set,
        OLDER_FORM,
    ),
    "older errors from model 2 on": (
        WEIGHTED,
        changed("weights", "isolate", start=2),
        sums.resolvent,
        SOLVED,
    ),
    "older errors with model 1 apart": (
        WEIGHTED,
        changed("weights", "isolate", base=(op.matrix(WEIGHTED.error(1)), op.matrix(WEIGHTED.error(0)))),
        sums.resolvent,
        SOLVED,
    ),
    "older errors through another matrix each": (
        SPANNED_ONCE,
        changed("least norm, fixed", "isolate", left=op.matrix(SPANNED_ONCE.chain.gram(N, 0), SPANNED_ONCE.error(N))),
        sums.resolvent,
        SOLVED,
    ),
    "the variance of a fit to a pool": (
        RIDGED,
        Value(
            op.plus(
                value((RIDGED.chain.gram(N, -1),), start=1).expression,
                op.scaled(-RIDGE, value((RIDGED.chain.gram(N, -2),), start=1).expression),
            ),
            1,
        ),
        ridge.one_fit_each,
        "no bias or variance has this power",
    ),
    "the variance of a fit of least norm to a pool": (
        SPANNED,
        value((SPANNED.chain.gram(N, -1),), start=1),
        least_norm.least_norm_fits,
        "no bias or variance has this power",
    ),
    "a sum in a formula": (
        KEPT,
        Value(Expression((Monomial(sp.S.One, ((K, sp.S.One, N),)),), False), 1),
        laws.summation,
        "the value is no formula yet",
    ),
    "an older error where there is no first training set": (
        HALF_READ,
        value((HALF_READ.error(N - 1), HALF_READ.error(N - 1).T, HALF_READ.training(N, -1))),
        nested.older_error,
        "do not keep all older rows",
    ),
    "an older error where rows are drawn": (
        DRAWS,
        value((DRAWS.error(N - 1), DRAWS.error(N - 1).T, DRAWS.training(N, -1))),
        nested.older_error,
        "do not keep all older rows",
    ),
    "matrices in a formula": (KEPT, value((G(N, -1),)), laws.summation, "the value is no formula yet"),
    "the unit at finite T": (KEPT, Value(laws.number(sp.S.One), 1), laws.one_fit, "in the limit T -> oo alone"),
    "rows of one X stacked": (
        FIXED,
        value((FIXED.training(N, -1),)),
        designs.inverse_wishart_mean,
        "the rows of stacked pools are not independent: not Wishart",
    ),
    "two Gram matrices": (
        KEPT,
        value((G(N, -1), W(N))),
        designs.inverse_wishart_mean,
        "the moments are of one Wishart matrix",
    ),
    "three inverses": (KEPT, value((G(N, -3),)), designs.inverse_wishart_mean, "this moment is not known"),
    "a root": (
        KEPT,
        value((G(N, sp.Rational(1, 2)),)),
        designs.inverse_wishart_mean,
        "this moment is not known",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_rule_is_not_of(name):
    setting, state, rule, reason = REFUSED[name]
    with pytest.raises(RuleDoesNotApply, match=reason):
        rule(setting, state)


@pytest.mark.parametrize("start", [1, 2, 3])
def test_what_is_said_of_model_1_is_judged_at_1(start):
    asked: list[int] = []

    def seen(m, least):
        asked.append(least)
        return [m]

    apart = value((G(N, -1),), start=start, base=value((W(1, -1),)).expression)
    assert expectations.each_monomial(apart, seen) == apart
    assert sorted(asked) == sorted([start, 1])


def test_a_rule_is_of_equations_or_of_values():
    """Whatever the rule: given the other one, or nothing, it says so."""
    equation, number = solved((G(N), ERROR(N))), Value(laws.number(sp.S.One), 1)
    of_equations = [equations.labels, equations.errors, equations.difference, equations.single_pool, equations.isolate]
    of_equations += [sums.unroll, sums.shares_add_up, sums.resolvent, expectations.squared, designs.thinning]
    of_equations += [nested.older_training_set, least_norm.least_norm, least_norm.growing_span]
    of_equations += [sampled.one_shift, sampled.depth]
    of_values = [expectations.white_noise, expectations.fold_gram, expectations.rotation, designs.exchangeability]
    of_values += [designs.matrix_beta, designs.beta_mean, designs.inverse_wishart_mean, nested.older_error]
    of_values += [nested.wishart_ratio, ridge.isotropy, ridge.signal_length, ridge.one_fit_each]
    of_values += [least_norm.least_norm_fits, least_norm.least_norm_moments, least_norm.signal_and_noise]
    of_values += [sampled.sampled_noise, sampled.shift_length, laws.summation, laws.one_fit, laws.varying_recursion]
    for rules, other, what in (
        (of_equations, number, "works on an equation"),
        (of_values, equation, "works on an expected squared error"),
    ):
        for rule in rules:
            for state in (other, None):
                with pytest.raises(RuleDoesNotApply, match=what):
                    rule(WEIGHTED if rule is sums.shares_add_up else KEPT, state)
