"""Traps: hand-made states where one condition of a rule fails. The rule must refuse, and the checker must reject what
the rule makes of the state without that condition.
"""

from dataclasses import replace

import pytest
import sympy as sp

from tests.helpers import thinned
from tests.theory.algebra.cases import cases, reject_without_the_condition, states
from tests.theory.test_workflow import Made
from theory import RuleDoesNotApply, SlidingWindow, by_count, pools
from theory.algebra import operations as op, reading
from theory.algebra.checker import objections
from theory.algebra.families import NU, PoolRun, Setting
from theory.algebra.indices import ENERGY, FEATURES, RIDGE, ROWS, N, fresh
from theory.algebra.normal_form import normal
from theory.algebra.rules import designs, expectations, laws, nested, ridge, sampled, sums
from theory.algebra.rules.equations import P, difference, errors, isolate, labels, normal_equations, single_pool
from theory.algebra.strategy import follow
from theory.algebra.terms import Equation, Family, Monomial, Value
from theory.derivation import Step
from theory.symbolic_workflow import SymbolicWorkflow
from theory.sympy_types import sum_of

ACCUMULATE = cases()["accumulate, fresh"].setting
FIXED = cases()["accumulate, fixed"].setting
KEPT = cases()["accumulate fresh"].setting
MIXED = cases()["fresh real 1"].setting
RIDGED = cases()["ridge"].setting
WEIGHTED = cases()["weights"].setting
SAMPLED = cases()["temperature and bias"].setting


def trace_of(*word, start=2, coefficient: int | sp.Expr = 1):
    return Value(op.expected_trace(op.matrix(*word, coefficient=coefficient)), start)


def ranged(first, last, other_first, other_last):
    """The sum over i and j of E tr(X_i' noise_i noise_j' X_j)."""
    i, j, chain = fresh(), fresh(), ACCUMULATE.chain
    word = (chain.design(i).T, chain.noise(i), chain.noise(j).T, chain.design(j))
    ends = ((i, sp.sympify(first), sp.sympify(last)), (j, sp.sympify(other_first), sp.sympify(other_last)))
    return Value(normal([Monomial(sp.S.One, ends, ((word,),))], False), 2)


def shifted(coefficient, *word):
    """delta_n = the coefficient times the word, from n = 1 on."""
    return Equation(op.matrix(SAMPLED.error(N)), op.matrix(*word, coefficient=coefficient), 1)


def summed(term, first, last):
    """The sum of term(k), a coefficient."""
    name = sp.Dummy("k", integer=True, positive=True)
    return Value(laws.number(sum_of(term(name), name, first, last)), 1)


def weights(term, first, last):
    """The sum of term(k) times b is the error, from n = 1 on."""
    (m,) = summed(term, first, last).expression.monomials
    return shifted(m.coefficient, SAMPLED.shift)


CHAIN, G, ERROR = ACCUMULATE.chain, ACCUMULATE.training, ACCUMULATE.error
MIXED_ERROR, MIXED_G = MIXED.error, MIXED.training
OLDER = MIXED_ERROR(N - 1)

#: (setting, state, rule, why it refuses, (function, (condition, without it), …) or nothing, where others refuse too).
TRAPS = {
    "noise and the error that it is part of": (
        ACCUMULATE,
        trace_of(CHAIN.design(N).T, CHAIN.noise(N), ERROR(N).T),
        expectations.white_noise,
        "error is not independent of the noise",
        (expectations._without_noise, ("if dependent:", "if False:")),
    ),
    "ranges of which neither contains the other": (
        ACCUMULATE,
        ranged(1, N - 1, 2, N),
        expectations.white_noise,
        "range of one noise does not contain",
        (
            expectations._paired,
            ("if at_least(kept, first, start, others) and at_least(last, kept, start, others)", "if True"),
        ),
    ),
    "an error and the design that it has met": (
        MIXED,
        trace_of(MIXED_ERROR(N), MIXED_ERROR(N).T, MIXED_G(N, -1)),
        expectations.rotation,
        "the error is not independent of G",
        (expectations.rotated, ("if not disjoint(", "if False and not disjoint(")),
    ),
    "an error where w* is to meet the designs": (
        RIDGED,
        trace_of(RIDGED.training(N, -1), RIDGED.truth, RIDGED.error(N).T, start=1),
        ridge.isotropy,
        "do not stand side by side",
        None,
    ),
    "w* and a matrix that turns with nothing": (
        RIDGED,
        trace_of(RIDGED.beta(N), RIDGED.truth, RIDGED.truth.T, start=1),
        ridge.isotropy,
        "the law of B may change under rotations",
        None,
    ),
    "half of a variance": (
        RIDGED,
        trace_of(RIDGED.training(N, -1), start=1),
        ridge.one_fit_each,
        "not both there",
        None,
    ),
    "two halves of other fits": (
        RIDGED,
        Value(
            op.plus(
                trace_of(RIDGED.training(N, -1)).expression,
                trace_of(RIDGED.training(N - 1, -2), coefficient=-RIDGE).expression,
            ),
            2,
        ),
        ridge.one_fit_each,
        "not both there",
        None,
    ),
    "two halves of other sizes": (
        RIDGED,
        Value(
            op.plus(
                trace_of(RIDGED.training(N, -1)).expression,
                trace_of(RIDGED.training(N, -2), coefficient=-2 * RIDGE).expression,
            ),
            1,
        ),
        ridge.one_fit_each,
        "not both there",
        (ridge._is_partner, ("return factored(square.coefficient + RIDGE * inverse.coefficient) == 0", "return True")),
    ),
    "the bias of another fit than the first": (
        RIDGED,
        trace_of(RIDGED.training(N, -2), start=1, coefficient=RIDGE**2 * ENERGY / FEATURES),
        ridge.one_fit_each,
        "not both there",
        (ridge.one_fit_each, ("if power == -2 and not m.sums and iteration == 1:", "if power == -2 and not m.sums:")),
    ),
    "another power of a fit": (
        RIDGED,
        trace_of(RIDGED.training(1, -3), start=1),
        ridge.one_fit_each,
        "no bias or variance has this power",
        None,
    ),
    "the moment of a Gram matrix with a ridge": (
        RIDGED,
        trace_of(RIDGED.training(N, -1), start=1),
        designs.inverse_wishart_mean,
        "not Wishart",
        None,
    ),
    "a fit without a ridge": (
        ACCUMULATE,
        trace_of(G(N, -1), start=1),
        ridge.one_fit_each,
        "fits with a ridge",
        None,
    ),
    "an error and one of the pools that it has met": (
        KEPT,
        trace_of(KEPT.error(N - 1), KEPT.error(N - 1).T, KEPT.chain.gram(N - 1)),
        nested.older_error,
        "the error has met W",
        (nested._averaged, ("elif not disjoint(", "elif False and not disjoint(")),
    ),
    "an error and a part of the training set that it has met": (
        KEPT,
        trace_of(KEPT.error(N), KEPT.error(N).T, KEPT.training(N - 1)),
        nested.older_error,
        "comes apart from the rest",
        (nested._averaged, ("if not at_least(letter.index, vector.index, start, m.sums):", "if False:")),
    ),
    "an error of training sets that drop rows": (
        MIXED,
        trace_of(OLDER, OLDER.T, MIXED_G(N, -1)),
        nested.older_error,
        "do not keep all older rows",
        (nested.older_error, ("if setting.draws or not _adds_new_pools(setting):", "if False:")),
    ),
    "an error at fixed design": (
        FIXED,
        trace_of(FIXED.error(N - 1), FIXED.error(N - 1).T, FIXED.training(N, -1)),
        nested.older_error,
        "share one X",
        None,
    ),
    "a pool of the older training set": (
        KEPT,
        trace_of(KEPT.training(N - 1, -1), KEPT.chain.gram(N - 1), KEPT.training(N, -2), KEPT.chain.gram(N - 1)),
        nested.wishart_ratio,
        "part of the older training set",
        (
            nested._check_whole,
            ("if not disjoint(", "if False and not disjoint("),
            ("if op.matrix(pool).monomials[0] not in beyond.monomials or", "if"),
        ),
    ),
    "what tells the older rows from the new ones": (
        KEPT,
        trace_of(
            KEPT.training(N - 1, -1), KEPT.chain.gram(N), KEPT.training(N - 1), KEPT.training(N), KEPT.chain.gram(N)
        ),
        nested.wishart_ratio,
        "no function of one training set's Gram matrix",
        (nested._check_whole, ("if letter.family is not setting.training or letter.index != N:", "if False:")),
    ),
    "a training set without the older rows": (
        MIXED,
        trace_of(MIXED_G(N - 1, -1), MIXED.chain.gram(N), MIXED_G(N, -2), MIXED.chain.gram(N)),
        nested.wishart_ratio,
        "is not the older one, the pool, and others",
        (nested._check_whole, (" or any(x.sums or x.coefficient != 1 for x in beyond)", "")),
    ),
    "an older training set that was dropped": (
        MIXED,
        trace_of(MIXED_G(N - 1), MIXED_G(N, -2)),
        designs.exchangeability,
        "the pool is not within the training set",
        (designs.exchangeability, ("if not _is_within(setting, pools[0], iteration, m, start):", "if False:")),
    ),
    "a word whose law changes under rotations": (
        MIXED,
        trace_of(OLDER, OLDER.T, MIXED.chain.design(N).T, MIXED.chain.label(N), OLDER.T),
        expectations.rotation,
        "do not stand side by side",
        None,
    ),
    "rotations at fixed design": (
        FIXED,
        trace_of(FIXED.error(N - 1), FIXED.error(N - 1).T, FIXED.chain.gram(N)),
        expectations.rotation,
        "every error has met the one X",
        None,
    ),
    "two pools in one expectation": (
        ACCUMULATE,
        trace_of(G(N, -1), CHAIN.gram(N), G(N, -2), CHAIN.gram(N - 1)),
        designs.exchangeability,
        "more than one pool",
        None,
    ),
    "a squared Gram matrix": (
        ACCUMULATE,
        trace_of(G(N, -1), CHAIN.gram(N), G(N, -2), CHAIN.gram(N)),
        designs.exchangeability,
        "more than one pool",
        None,
    ),
    "a Gram matrix to the power 2": (
        ACCUMULATE,
        trace_of(G(N, -2), CHAIN.gram(N, 2)),
        designs.exchangeability,
        "more than one pool",
        (designs.exchangeability, (" or pools[0].power != 1", "")),
    ),
    "the inverse of a Gram matrix": (
        ACCUMULATE,
        trace_of(G(N), CHAIN.gram(N, -1)),
        designs.exchangeability,
        "more than one pool",
        (designs.exchangeability, (" or pools[0].power != 1", "")),
    ),
    "a pool outside the training set": (
        ACCUMULATE,
        trace_of(G(N - 1, -2), CHAIN.gram(N)),
        designs.exchangeability,
        "not within the training set",
        (designs.exchangeability, ("if not _is_within(", "if False and not _is_within(")),
    ),
    "a pool that was dropped": (
        MIXED,
        trace_of(MIXED_G(N, -2), MIXED.chain.gram(N - 1)),
        designs.exchangeability,
        "not within the training set",
        None,
    ),
    "two training sets": (
        ACCUMULATE,
        trace_of(G(N - 1, -1), G(N, -1), CHAIN.gram(N - 1)),
        designs.exchangeability,
        "no function of one training set",
        None,
    ),
    "a matrix beta of an older pool": (
        MIXED,
        trace_of(MIXED_G(N, -2), MIXED.chain.gram(N - 1), MIXED.chain.gram(N - 1)),
        designs.matrix_beta,
        "newest pool in its training set",
        (
            designs.matrix_beta,
            ("if x.index != iteration or x.family", "if x.family"),
            ("if not _is_within(", "if False and not _is_within("),
        ),
    ),
    "the mean of a matrix beta at fixed design": (
        FIXED,
        trace_of(FIXED.beta(N), FIXED.training(N), FIXED.beta(N), FIXED.training(N, -1)),
        designs.beta_mean,
        "constant at fixed design",
        None,
    ),
    "the mean of two matrix betas": (
        MIXED,
        trace_of(MIXED.beta(N), MIXED_G(N), MIXED.beta(N - 1), MIXED_G(N, -1)),
        designs.beta_mean,
        "one trace with two B",
        None,
    ),
    "the mean of three B": (
        MIXED,
        trace_of(MIXED.beta(N), MIXED_G(N), MIXED.beta(N), MIXED_G(N), MIXED.beta(N), MIXED_G(N, -2)),
        designs.beta_mean,
        "one trace with two B",
        None,
    ),
    "the mean of one B": (
        MIXED,
        trace_of(MIXED.beta(N), MIXED_G(N, -1)),
        designs.beta_mean,
        "one trace with two B",
        None,
    ),
    "the mean of two B in two traces": (
        MIXED,
        Value(normal([Monomial(sp.S.One, (), (((MIXED.beta(N), MIXED_G(N, -1)),) * 2,))], False), 2),
        designs.beta_mean,
        "one trace with two B",
        None,
    ),
    "a matrix beta and what is no power of G": (
        MIXED,
        trace_of(MIXED.beta(N), MIXED.chain.gram(N), MIXED.beta(N), MIXED_G(N, -1)),
        designs.beta_mean,
        "between powers of G",
        None,
    ),
    "a common design where there is none": (
        ACCUMULATE,
        trace_of(CHAIN.gram(N, -1)),
        designs.common_design,
        "reuse the same X",
        None,
    ),
    "stacked rows": (
        FIXED,
        trace_of(FIXED.training(N, -1)),
        designs.inverse_wishart_mean,
        "not Wishart",
        None,
    ),
    "moments of two matrices": (
        ACCUMULATE,
        trace_of(G(N, -1), CHAIN.gram(N)),
        designs.inverse_wishart_mean,
        "of one Wishart matrix",
        None,
    ),
    "three inverses": (
        ACCUMULATE,
        trace_of(G(N, -3)),
        designs.inverse_wishart_mean,
        "not known",
        None,
    ),
    "a draw where there is none": (
        WEIGHTED,
        states("weights")[3][1],
        designs.thinning,
        "uses its pools whole",
        None,
    ),
    "large numbers are needed for the unit of the limit": (
        ACCUMULATE,
        Value(laws.number(ROWS), 1),
        laws.one_fit,
        "in the limit T -> oo alone",
        None,
    ),
    "the shift of a pool that may be real": (
        SAMPLED,
        shifted(1, SAMPLED.pool_shift(N)),
        sampled.one_shift,
        "pool 1 may be among these",
        (sampled._with_one_shift, ("if not at_least(", "if False and not at_least(")),
    ),
    "shifts of pools 1 to n - 1, none of which is there at n = 1": (
        SAMPLED,
        replace(
            shifted(1, SAMPLED.pool_shift(N)),
            right=op.over(1, 2 * N - 2, lambda k: op.matrix(SAMPLED.pool_shift(k))),
        ),
        sampled.one_shift,
        "pool 1 may be among these",
        None,
    ),
    "weights of the real pool beside the sampled ones": (
        SAMPLED,
        weights(lambda k: sums.R(N, k), 1, N),
        sampled.depth,
        "does not come in with the weights of all sampled pools",
        (sampled.depth, (" and range_of(x) == (2, N)", "")),
    ),
    "weights of pools but the newest": (
        SAMPLED,
        weights(lambda k: sums.R(N, k), 2, N - 1),
        sampled.depth,
        "does not come in with the weights of all sampled pools",
        None,
    ),
    "weights of later real data": (
        SAMPLED,
        weights(lambda k: sums.R_REAL(N, k), 2, N),
        sampled.depth,
        "does not come in with the weights of all sampled pools",
        (sampled.depth, ("summand(x).func == R and ", "")),
    ),
    "squared weights": (
        SAMPLED,
        weights(lambda k: sums.R(N, k) ** 2, 2, N),
        sampled.depth,
        "does not come in with the weights of all sampled pools",
        None,
    ),
    "noise of a pool that may be real": (
        SAMPLED,
        summed(NU, N, 2 * N),
        sampled.sampled_noise,
        "pool 1 may be among these",
        (sampled._parted, ("if not at_least(", "if False and not at_least(")),
    ),
    "noises of pools 1 to n - 1, none of which is there at n = 1": (
        SAMPLED,
        summed(NU, 1, N - 1),
        sampled.sampled_noise,
        "pool 1 may be among these",
        (sampled._parted, (" and at_least(last, sp.S.One, start)", "")),
    ),
    "noise of the newest pool alone": (
        SAMPLED,
        Value(laws.number(NU(N)), 1),
        sampled.sampled_noise,
        "of no known pools",
        None,
    ),
    "a shift that a matrix turns": (
        SAMPLED,
        trace_of(SAMPLED.shift, SAMPLED.shift.T, SAMPLED.common_gram(), start=1),
        sampled.shift_length,
        "no formula yet",
        (
            sampled.shift_length,
            ("m.expectations == shifted and not m.sums", "any(x.family.name == 'shift' for x in m.letters())"),
        ),
    ),
    "a formula with letters left": (ACCUMULATE, trace_of(G(N, -1)), laws.summation, "no formula yet", None),
}


@pytest.mark.parametrize("name", TRAPS)
def test_the_rule_refuses(name):
    setting, state, rule, reason, _ = TRAPS[name]
    with pytest.raises((RuleDoesNotApply, ValueError), match=reason):
        rule(setting, state)


@pytest.mark.parametrize("name", [name for name, trap in TRAPS.items() if trap[-1]])
def test_the_checker_rejects_what_the_rule_makes_without_the_condition(name, monkeypatch):
    reject_without_the_condition(TRAPS[name], monkeypatch)


def test_too_few_rows():
    short = Setting(ACCUMULATE.workflow, "fresh", (PoolRun(N, N),), True, lambda k: ROWS - 1, ACCUMULATE.noise)
    state = Value(op.expected_trace(op.matrix(short.chain.gram(N, -1))), 1)
    with pytest.raises(RuleDoesNotApply, match="rows at least"):
        designs.inverse_wishart_mean(short, state)
    # of an older training set as well, T - 1 rows and more of which are kept
    runs = (PoolRun(sp.S.One, N), PoolRun(sp.Integer(2), N, fresh_real=True))
    for rows, enough in ((ROWS - 1, False), (ROWS, True)):
        kept = Setting(KEPT.workflow, "fresh", runs, True, lambda k, rows=rows: rows, KEPT.noise)
        older, pool, whole = kept.training(N - 1, -1), kept.chain.gram(N), kept.training(N, -2)
        met = kept.error(N - 1), kept.error(N - 1).T, kept.training(N, -1)
        for rule, state in (
            (nested.wishart_ratio, trace_of(older, pool, whole, pool)),
            (nested.older_error, trace_of(*met)),
        ):
            if enough:
                assert rule(kept, state) != state
                continue
            with pytest.raises(RuleDoesNotApply, match=r"needs d \+ 2 rows at least"):
                rule(kept, state)


def test_a_training_set_of_twice_a_pool_is_no_single_pool():
    def twice(index):
        return op.scaled(2, op.matrix(CHAIN.gram(index)))

    double = Family("twice", "D", G.rows, G.cols, symmetric=True, invertible=True, definition=twice)
    state = Equation(op.matrix(double(N), ERROR(N)), op.matrix(CHAIN.design(N).T, CHAIN.noise(N)), 1)
    with pytest.raises(RuleDoesNotApply, match="uses older pools too"):
        single_pool(ACCUMULATE, state)


@pytest.mark.parametrize("factor", [(N - 2) * (N - 3), (N - 1) * (N - 3), (N - 1) * (N - 2)], ids=str)
def test_an_equation_is_tried_at_every_iteration(factor):
    """It fails at one n of the first three alone."""
    right = op.over(1, N, lambda k: op.matrix(CHAIN.gram(k)))
    steps = [Step("made by hand", "", "", Equation(op.matrix(G(N)), right, 1))]
    assert not objections(ACCUMULATE, steps)
    wrong = op.plus(right, op.scaled(factor, op.matrix(CHAIN.gram(1))))
    assert objections(ACCUMULATE, [Step("made by hand", "", "", Equation(op.matrix(G(N)), wrong, 1))])


def test_exact_numbers_are_compared_exactly():
    right = op.over(1, N, lambda k: op.matrix(CHAIN.gram(k)))
    near = op.scaled(1 + sp.Rational(1, 10**12), right)
    assert objections(ACCUMULATE, [Step("made by hand", "", "", Equation(op.matrix(G(N)), near, 1))])


def test_parts_that_are_not_all_there_are_not_folded():
    state = trace_of(MIXED_G(N, -2), MIXED.chain.gram(N))
    assert expectations.fold_gram(MIXED, state) == state
    other = trace_of(MIXED_G(N, -2), MIXED.real.gram(N), coefficient=2)
    both = Value(op.plus(state.expression, other.expression), 2)
    assert expectations.fold_gram(MIXED, both) == both


def test_a_resolvent_needs_the_shares_themselves():
    equation = dict(states("weights"))["isolate"]
    assert isinstance(equation, Equation)
    inherited = op.over(1, N, lambda k: op.scaled(P(N, k), op.matrix(WEIGHTED.error(k - 1))))
    noise = op.over(
        1, N, lambda k: op.scaled(P(N, k) ** 2, op.matrix(WEIGHTED.chain.design(k).T, WEIGHTED.chain.noise(k)))
    )
    with pytest.raises(RuleDoesNotApply, match="do not come in with the shares"):
        sums.resolvent(WEIGHTED, replace(equation, right=op.plus(inherited, noise)))
    with pytest.raises(RuleDoesNotApply, match="not the mean of older ones"):
        sums.resolvent(WEIGHTED, replace(equation, right=op.plus(op.scaled(2, inherited), noise)))


def test_a_window_is_not_unrolled():
    setting = reading.counted(SymbolicWorkflow(Made(lambda i: by_count(pools(i - 1, i)))), "fresh")
    state, _ = follow(setting, [normal_equations, labels, errors])
    with pytest.raises(RuleDoesNotApply, match="the difference is taken of"):
        difference(setting, state)
    with pytest.raises(RuleDoesNotApply, match="uses older pools too"):
        single_pool(setting, state)
    with pytest.raises(RuleDoesNotApply, match="not that of the model before"):
        sums.unroll(setting, isolate(setting, state))


def test_an_increment_with_errors_is_not_unrolled():
    equation = dict(states("accumulate, fresh"))["isolate"]
    assert isinstance(equation, Equation)
    for vector in (ERROR(N - 1), ACCUMULATE.model(N - 1)):  # a model has its error in it
        more = op.plus(equation.right, op.matrix(G(N, -1), CHAIN.gram(N), vector))
        with pytest.raises(RuleDoesNotApply, match="still contains errors"):
            sums.unroll(ACCUMULATE, replace(equation, right=more))


def test_a_derivation_of_another_workflow_is_seen():
    # the states of one workflow passed off as those of another
    other = replace(FIXED, workflow=Made(lambda i: by_count(pools(i, i)) if i > 2 else by_count(pools(1, i))))
    steps = [Step(rule, "", "", state) for rule, state in states("accumulate, fixed")]
    assert not objections(FIXED, steps)
    assert objections(other, steps)
    window = replace(FIXED, workflow=SlidingWindow(2))
    made = [Step("by hand", "", "", state) for rule, state in states("accumulate, fixed") if rule == "white noise"]
    assert objections(window, made)


def _mutants(expression):
    """(name, expression) with one monomial changed."""
    for place, m in enumerate(expression.monomials):
        others = [x for p, x in enumerate(expression.monomials) if p != place]

        def made(changed, others=others):
            return normal([*others, *changed], expression.is_matrix)

        yield "doubled", made([replace(m, coefficient=2 * m.coefficient)])
        yield "negated", made([replace(m, coefficient=-m.coefficient)])
        yield "dropped", made([])
        if m.sums:
            (name, first, last), *rest = m.sums
            yield "shorter", made([replace(m, sums=((name, first, last - 1), *rest))])
        yield "earlier", made([m.at({N: N - 1})])
        for traces_at, traces in enumerate(m.expectations):
            (word, *more) = traces
            for p, x in enumerate(word):
                if x.family.invertible:
                    new = (*word[:p], x.to(x.power + 1), *word[p + 1 :])
                    changed = (*m.expectations[:traces_at], (new, *more), *m.expectations[traces_at + 1 :])
                    yield "power", made([replace(m, expectations=changed)])


#: Cases whose states are changed term by term, up to the rule that averages over designs.
CHANGED = ["accumulate, fixed", "unequal, fixed", "weights", "replace, fresh", "subsample", "fresh real 1"]
_SLOW = {"exchangeability", "beta mean", "inverse wishart mean", "first order recursion", "matrix beta", "rotation"}


@pytest.mark.parametrize("name", thinned(CHANGED, every=3))
def test_every_changed_state_is_seen(name):
    case = cases()[name]
    before = None
    tried = 0
    for rule, state in states(name):
        if rule in _SLOW:
            break
        expression = state.right if isinstance(state, Equation) else state.expression
        for change, mutant in _mutants(expression):
            if mutant == expression:
                continue
            new = replace(state, right=mutant) if isinstance(state, Equation) else replace(state, expression=mutant)
            steps = [] if before is None else [Step(*before)]
            said = objections(case.setting, [*steps, Step(rule, "", "", new)])
            assert any(text.startswith(rule) for text in said), (rule, change)
            tried += 1
        before = (rule, "", "", state)
    assert tried > 20
