"""Every rule broken in turn: a sign, a factor, an index, a dropped condition. A rule further on must refuse, or the
checker; or the result is listed here as true all the same, and shown true.
"""

import inspect

import pytest

from tests.theory.algebra.cases import broken, cases, complaint, reached
from theory.algebra import by_parts, families, normal_form, operations
from theory.algebra.rules import designs, equations, expectations, laws, least_norm, nested, ridge, sampled, sums

pytestmark = pytest.mark.slow

#: (case, function, old, new), more of these to be broken at once.
BROKEN = [
    (
        "accumulate, fresh",
        equations.normal_equations,
        "op.over(*run.at(N), lambda k, run=run: _moment",
        "op.over(1, N - 1, lambda k, run=run: _moment",
    ),
    ("weights", equations.normal_equations, "weight(N, k) / rows(k)", "weight(N, k)"),
    (
        "weights",
        equations.normal_equations,
        "PoolRun(sp.Integer(2), N, fresh_real=True)",
        "PoolRun(sp.Integer(2), N - 1, fresh_real=True)",
    ),
    ("fresh real 1", equations.normal_equations, "setting.chain.gram(one)", "setting.chain.gram(one, 2)"),
    ("fresh real 1", equations.normal_equations, "Equation(left, right, 2, base=first)", "Equation(left, right, 1)"),
    ("replace, fresh", equations._moment, "pools.design(k).T", "pools.design(k + 1).T"),
    ("accumulate, fresh", equations.labels, "setting.model(k - 1)", "setting.model(k)"),
    (
        "fresh real 1",
        equations.labels,
        "op.matrix(pools.design(k), setting.truth)",
        "op.matrix(pools.design(k), setting.model(k - 1))",
    ),
    (
        "accumulate, fresh",
        equations.labels,
        "op.plus(predicted, op.matrix(pools.noise(k)))",
        "op.minus(predicted, op.matrix(pools.noise(k)))",
    ),
    (
        "accumulate, fresh",
        equations.labels,
        "op.plus(predicted, op.matrix(pools.noise(k)))",
        "op.plus(predicted, op.scaled(2, op.matrix(pools.noise(k))))",
    ),
    ("accumulate, fresh", equations.errors, "op.minus(true_right, true_left)", "op.plus(true_right, true_left)"),
    (
        "accumulate, fresh",
        equations.difference,
        "op.minus(op.matrix(gram(N)), gap)",
        "op.plus(op.matrix(gram(N)), gap)",
    ),
    ("accumulate, fresh", equations.difference, "op.matrix(error(N - 1))", "op.matrix(error(N))"),
    ("accumulate, fresh", equations.difference, "op.plus(older, change)", "op.minus(older, change)"),
    ("accumulate, fresh", equations.difference, "op.at(right, before)", "right"),
    ("accumulate, fresh", equations.difference, "op.at(right, {N: sp.S.One})", "op.at(right, {N: sp.Integer(2)})"),
    ("replace, fresh", equations.single_pool, "return found", "return op.scaled(2, found)"),
    ("accumulate, fresh", equations.isolate, "x.to(-x.power)", "x"),
    ("weights", equations.isolate, "1 / monomial.coefficient", "monomial.coefficient"),
    (
        "accumulate, fresh",
        equations.isolate,
        "op.times(inverse, right)",
        "op.times(op.transpose(inverse), op.transpose(right))",
    ),
    ("accumulate, fresh", sums.unroll, "1 if matching else 2", "2"),
    ("accumulate, fresh", sums.unroll, "1 if matching else 2, N,", "1 if matching else 2, N - 1,"),
    ("accumulate, fresh", sums.unroll, "op.at(increment, {N: i}))", "op.at(increment, {N: i + 1}))"),
    ("weights", sums.shares_add_up, "factor = factored(coefficient) / whole", "factor = factored(coefficient)"),
    (
        "weights",
        sums.shares_add_up,
        "whole = mine + later if later is not None else mine",
        "whole = 2 * (mine + later)",
    ),
    ("weights", sums._weighed, "* weight(N, name)", "* weight(N, name) ** 2"),
    ("weights", sums._weighed, "put(rest, {}) * weight(N, name)", "m.coefficient"),
    ("weights", sums._interchanged, "total(m.coefficient, j, k + 1, last)", "total(m.coefficient, j, k, last)"),
    ("weights", sums._by_recursion, "w(j - 1, k)", "w(j, k)"),
    ("subsample", sums._weighed, "(sp.KroneckerDelta(N, name), R_DRAW, 1)", "(sp.KroneckerDelta(N, name), R, 1)"),
    (
        "accumulate, fresh",
        expectations.squared,
        "op.times(error, op.transpose(error))",
        "op.scaled(2, op.times(error, op.transpose(error)))",
    ),
    ("fresh real 1", expectations.squared, "base = square(equation.base[1])", "base = square(equation.base[0])"),
    ("accumulate, fresh", expectations._paired, "variance(noise.index)", "1"),
    ("unequal, fresh", expectations._paired, "variance(noise.index)", "variance(noise.index + 1)"),
    ("accumulate, fresh", expectations._paired, "return collapsed.at({dropped: kept})", "return found"),
    (
        "replace, fresh",
        expectations._paired,
        "return collapsed.at({dropped: kept})",
        "return collapsed.at({dropped: kept + 1})",
    ),
    ("fresh real 1", expectations._without_noise, "noises[0].family is not noises[1].family", "True"),
    ("fresh real 1", expectations._without_noise, "len(noises) == 1 or (", "len(noises) != 1 and ("),
    ("fresh real 1", expectations._folded, "if not all(one in expression.monomials for one in every)", "if False"),
    ("fresh real 1", expectations.rotated, "m.coefficient / FEATURES", "m.coefficient"),
    ("fresh real 1", expectations.rotated, "(vector, vector.T)", "(vector.at({N: N + 1}), vector.at({N: N + 1}).T)"),
    ("accumulate, fixed", designs.common_design, "** letter.power", ""),
    (
        "unequal, fixed",
        designs.common_design,
        "letter.family.multiple(letter.index)",
        "letter.family.multiple(letter.index + 1)",
    ),
    ("accumulate, fresh", designs.exchangeability, "size(pools[0].index) / setting", "1 / setting"),
    (
        "unequal, fresh",
        designs.exchangeability,
        "setting.training_rows(iteration)",
        "setting.training_rows(iteration + 1)",
    ),
    (
        "accumulate, fresh",
        designs.exchangeability,
        "whole = setting.training(iteration)",
        "whole = setting.training(iteration, 2)",
    ),
    ("ridge", equations.errors, "op.plus(others, rest)", "others"),
    ("ridge", sums.unroll, "op.plus(apart if matching else first, rest)", "rest"),
    ("ridge", designs.exchangeability, "-RIDGE * share", "RIDGE * share"),
    ("ridge", designs.exchangeability, "if setting.ridge else []", "if False else []"),
    ("ridge", ridge.signal_length, "ENERGY ** (", "(2 * ENERGY) ** ("),
    ("ridge", ridge.one_fit_each, "FEATURES / (RIDGE**2 * ENERGY)", "FEATURES / (RIDGE * ENERGY)"),
    ("ridge", ridge.one_fit_each, "constant * BIAS(ROWS)", "2 * constant * BIAS(ROWS)"),
    ("ridge", ridge.one_fit_each, "BIAS(ROWS)", "BIAS(2 * ROWS)"),
    ("ridge, sized", ridge.one_fit_each, "coefficient * VARIANCE(rows)", "coefficient * VARIANCE(ROWS)"),
    ("ridge", ridge.one_fit_each, "if power == -1 else partner.coefficient", "if power == -2 else partner.coefficient"),
    ("ridge", ridge.one_fit_each, "left.remove(partner)", "pass"),
    ("ridge", ridge._is_partner, "+ RIDGE * inverse", "- RIDGE * inverse"),
    ("ridge", expectations.rotated, "m.coefficient / FEATURES", "m.coefficient"),
    ("least norm", equations.isolate, "op.times(inverse, left)", "op.matrix(error)"),
    ("least norm", least_norm.least_norm, "op.matrix(span), truth), truth)", "op.matrix(span), truth), op.zero())"),
    ("least norm", least_norm.least_norm, "op.plus(right,", "op.minus(right,"),
    ("least norm", least_norm.least_norm, "whole(*equation.base, sp.S.One)", "equation.base"),
    ("least norm", least_norm.growing_span, "op.plus(others, op.matrix(older), outside)", "op.plus(others, outside)"),
    ("least norm", least_norm.growing_span, "op.matrix(older), outside)", "op.matrix(older))"),
    ("least norm", least_norm.growing_span, "setting.error(N - 1)", "setting.error(N)"),
    ("least norm", least_norm.least_norm_fits, "BIAS(ROWS)", "BIAS(2 * ROWS)"),
    ("least norm, sized", least_norm.least_norm_fits, "VARIANCE(setting.training_rows(iteration))", "VARIANCE(ROWS)"),
    (
        "least norm",
        least_norm.least_norm_fits,
        "Monomial(m.coefficient * VARIANCE",
        "Monomial(2 * m.coefficient * VARIANCE",
    ),
    ("least norm", least_norm.least_norm_moments, "(1 - rank(rows) / FEATURES)", "(1 - rank(rows) / ROWS)"),
    ("least norm", least_norm.least_norm_moments, "_known((-1,), rows)", "_known((0,), rows)"),
    ("least norm, newest", designs.nonzero_moment, "ROWS, FEATURES)", "FEATURES, ROWS)"),
    ("least norm", designs.nonzero_moment, "sp.Min(rows, FEATURES), sp.Max", "sp.Max(rows, FEATURES), sp.Max"),
    ("least norm", designs.nonzero_moment, "if rows == ROWS:", "if True:"),
    ("least norm, newest", by_parts.moment_of_nonzero, "_MANY: many", "_MANY: many + 1"),
    ("least norm, fixed", sums.resolvent, "op.matrix(*seen, error(k - 1))", "op.matrix(error(k - 1))"),
    ("least norm, newest, sized", least_norm.signal_and_noise, "ENERGY * factored(lost)", "factored(lost)"),
    (
        "least norm, newest",
        laws.recursion,
        "op.at(value.expression, {N: sp.S.One})",
        "op.at(value.expression, {N: sp.S(2)})",
    ),
    ("weights, large T", designs.large_numbers, "** letter.power", "** -letter.power"),
    ("subsample", designs.thinning, "op.plus(equation.right, op.matrix(setting.thinning(N)))", "equation.right"),
    ("fresh real 1", designs.matrix_beta, "sp.Rational(1, 2)", "sp.Rational(1)"),
    ("fresh real 1", designs.matrix_beta, "setting.beta(iteration)", "setting.beta(iteration - 1)"),
    ("fresh real 1", designs.beta_mean, "m.coefficient * b", "-m.coefficient * b"),
    ("fresh real 2", designs.beta_mean, "a, b = beta", "b, a = beta"),
    ("fresh real 1", designs.beta_mean, "((*inner, *outer),)", "(inner, outer)"),
    ("fresh real 1", designs.beta_coefficients, "2 * square - of_trace", "square - of_trace"),
    (
        "fresh real 2",
        designs.beta_coefficients,
        "rows, all_rows = degrees(iteration), all_degrees(iteration)",
        "rows = all_rows = all_degrees(iteration)",
    ),
    ("accumulate fresh", nested.older_training_set, "error(N - 1)", "error(N)"),
    ("accumulate fresh", nested.older_training_set, "op.at(right, {N: N - 1})", "right"),
    ("accumulate fresh", nested.older_training_set, "op.at(right, {N: sp.S.One})", "op.at(right, {N: sp.Integer(2)})"),
    ("accumulate fresh", nested._averaged, "m.coefficient / inverse", "m.coefficient"),
    ("accumulate fresh", nested._averaged, "setting.training(vector.index, -1)", "setting.training(vector.index, -2)"),
    (
        "accumulate fresh",
        nested._averaged,
        "((vector, vector.T),), ",
        "((vector.at({N: N + 1}), vector.at({N: N + 1}).T),), ",
    ),
    ("accumulate fresh", nested.wishart_ratio, "in (older.to(1), pool)", "in (pool,)"),
    ("accumulate fresh, sized", nested._ratio, "apart / together", "together / apart"),
    ("accumulate fresh", nested._ratio, "- 2", "- 1"),
    ("accumulate fresh, sized", nested._ratio, "mine / rows", "rows / mine"),
    ("accumulate fresh, sized", nested._ratio, "mine + _degrees(pool)", "2 * mine"),
    ("accumulate fresh, sized", designs.exchangeability, "size(pools[0].index) / setting", "1 / setting"),
    ("accumulate fresh", laws.varying_recursion, "carried(i + 1, end)", "carried(i, end)"),
    ("accumulate fresh", laws.varying_recursion, "i, sp.Integer(2), end)", "i, sp.Integer(3), end)"),
    ("accumulate fresh", laws.varying_recursion, "carried(sp.Integer(2), end)", "carried(sp.Integer(3), end)"),
    ("accumulate fresh", laws.varying_recursion, "put(rho, {N: j})", "put(rho, {N: j - 1})"),
    (
        "accumulate, fresh",
        designs.inverse_wishart_mean,
        "rows = sp.expand(degrees(letters[0].index))",
        "rows = 2 + sp.expand(degrees(letters[0].index))",
    ),
    ("replace, fresh", by_parts._moment, "d / (rows - d - 1)", "d / (rows - d)"),
    ("fresh real 1", by_parts._identity, "found += 2 * q * moment", "found += q * moment"),
    ("fresh real 1", by_parts._identity, "(rows + m, (m,))", "(rows, (m,))"),
    ("accumulate, fresh", laws.summation, "number(found)", "number(2 * found)"),
    ("subsample", laws.one_fit, "ROWS / (ROWS - FEATURES - 1)", "ROWS / (2 * ROWS - FEATURES - 1)"),
    ("fresh real 1", laws.first_order_recursion, "r ** (iteration - 1)", "r**iteration"),
    ("fresh real 2", laws.first_order_recursion, "added / (1 - rho)", "added / (1 + rho)"),
    ("verifier", equations.labels, "(setting.truth, 1 - setting.carried)", "(setting.truth, sp.S.Zero)"),
    ("verifier", equations.labels, "(setting.model(k - 1), setting.carried)", "(setting.model(k - 1), sp.S.One)"),
    ("verifier", equations.labels, "[op.matrix(setting.chain.design(k), setting.pool_shift(k))]", "[]"),
    ("verifier", sums._by_recursion, "value + carried *", "value +"),
    ("verifier", families.Setting._chain_variance, "NU(index) * square", "square"),
    ("temperature and bias", families.Setting._chain_variance, "NU(index) * square", "NU(index + 1) * square"),
    ("temperature and bias", sampled._with_one_shift, "sp.Integer(2), last)", "sp.Integer(3), last)"),
    ("temperature and bias", sampled.depth, "weight: D(N)", "weight: D(N - 1)"),
    ("temperature and bias", sampled.depth, "weight: D(N)", "weight: D(N) + 1"),
    ("temperature and bias", sampled._parted, "first = sp.Integer(2)", "first = sp.Integer(3)"),
    ("temperature and bias", sampled._parted, "{NU(1): sp.S.One,", "{NU(1): SAMPLED,"),
    ("temperature and bias", sampled._parted, "{NU(name): SAMPLED}", "{NU(name): SAMPLED**2}"),
    ("temperature and bias", sampled._parted, "SIZE[1]: setting.rows(sp.S.One)", "SIZE[1]: 2 * setting.rows(sp.S.One)"),
    ("temperature and bias", sampled.shift_length, "LENGTH**2", "LENGTH"),
    ("accumulate, fresh", operations.transpose, "transposed(m.word)", "m.word"),
    ("accumulate, fresh", operations._longer, "beyond > 0", "beyond < 0"),
    ("accumulate, fresh", normal_form.split, "range(1, beyond + 1)", "range(1, beyond)"),
    ("accumulate, fresh", normal_form._merged, "left.power + right.power", "left.power - right.power"),
    ("accumulate, fresh", normal_form._merged, "or left.index != right.index", ""),
    ("accumulate, fresh", normal_form._ranged, "range(length)", "range(1, length + 1)"),
    (
        "accumulate, fresh",
        families.Setting.training_rows,
        "total(rows(name), name, first, last)",
        "total(rows(name), name, first + 1, last)",
    ),
]

#: Broken with the check behind it: the checker alone is left.
UNCHECKED = [
    (
        "accumulate, fresh",
        sums.unroll,
        "1 if matching else 2, N,",
        "1 if matching else 2, N - 1,",
        (sums.unroll, "not (base and step)", "False"),
    ),
    (
        "accumulate, fresh",
        sums.unroll,
        "op.at(increment, {N: i}))",
        "op.at(increment, {N: i + 1}))",
        (sums.unroll, "not (base and step)", "False"),
    ),
    (
        "weights",
        sums._weighed,
        "put(rest, {}) * weight(N, name)",
        "m.coefficient",
        (sums.resolvent, "not op.equal(step,", "False and op.equal(step,"),
    ),
    (
        "fresh real 1",
        laws.first_order_recursion,
        "r ** (iteration - 1)",
        "r**iteration",
        (laws.first_order_recursion, "!= 0 or sp.simplify(sp.powsimp(sp.expand(step))) != 0", "== 1"),
    ),
]

#: Without these conditions the results of these derivations stay true. Other rules refuse where they would not be, and
#: the traps show that each condition is needed.
TRUE_ALL_THE_SAME = [
    (
        "accumulate, fresh",
        equations.errors,
        "op.plus(op.matrix(error(letter.index)), op.matrix(setting.truth))",
        "op.matrix(error(letter.index))",
    ),
    ("accumulate, fresh", equations.errors, "op.plus(others, rest)", "others"),
    ("accumulate, fresh", equations.difference, "equation.start + 1", "equation.start"),
    ("accumulate, fresh", equations.difference, "if any(m.sums for m in gap.monomials)", "if False"),
    ("accumulate, fresh", sums.unroll, "if contains(monomial, setting)", "if False"),
    ("accumulate, fresh", sums.unroll, "not (base and step)", "False"),
    ("ridge", ridge._is_partner, "m.sums != other.sums or", ""),
    ("weights", sums.resolvent, "not op.equal(step,", "False and op.equal(step,"),
    ("accumulate, fresh", expectations._paired, "if at_least(kept, first, start, others) and", "if"),
    ("fresh real 1", expectations._without_noise, "if dependent:", "if False:"),
    ("fresh real 1", expectations.rotated, "if not disjoint(", "if False and not disjoint("),
    ("accumulate, fresh", designs.exchangeability, "if not _is_within(", "if False and not _is_within("),
    ("accumulate, fresh", designs.inverse_wishart_mean, "if least != 0 and", "if False and"),
    ("accumulate, fresh", operations._longer, "same and at_least", "same or at_least"),
    ("temperature and bias", sampled._with_one_shift, "if not at_least(", "if False and not at_least("),
    ("temperature and bias", sampled.depth, "and range_of(x) == (2, N)", ""),
    ("temperature and bias", sampled._parted, "if not at_least(", "if False and not at_least("),
]


def _break(monkeypatch, function, *pieces):
    monkeypatch.setattr(inspect.unwrap(function), "__code__", broken(function, *pieces))


@pytest.fixture(autouse=True)
def _no_remembered_moments():
    by_parts._moment.cache_clear()
    yield
    by_parts._moment.cache_clear()


def _named(one):
    return f"{one[1].__name__}: {one[2][:40]}"


@pytest.mark.parametrize("one", BROKEN, ids=_named)
def test_a_broken_rule_is_found_out(one, monkeypatch):
    name, function, old, new = one
    case = cases()[name]
    _break(monkeypatch, function, (old, new))
    steps, refusal = reached(case)
    assert refusal is not None or complaint(case, steps)


@pytest.mark.parametrize("one", UNCHECKED, ids=_named)
def test_the_checker_finds_it_without_the_check_of_the_rule(one, monkeypatch):
    name, function, old, new, (check, condition, off) = one
    case = cases()[name]
    if function is check:
        _break(monkeypatch, function, (old, new), (condition, off))
    else:
        _break(monkeypatch, function, (old, new))
        _break(monkeypatch, check, (condition, off))
    steps, _ = reached(case)
    assert complaint(case, steps)


@pytest.mark.parametrize("one", TRUE_ALL_THE_SAME, ids=_named)
def test_without_the_condition_the_derivation_stays_true(one, monkeypatch):
    name, function, old, new = one
    case = cases()[name]
    _break(monkeypatch, function, (old, new))
    steps, refusal = reached(case)
    assert refusal is None
    assert not complaint(case, steps)
