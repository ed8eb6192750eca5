"""All data kept, new real ones among them: its exact law at fresh design, against exact numbers and least squares."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import theory
from tests.helpers import Made
from theory import (
    Accumulate,
    AccumulateFresh,
    Pools,
    RuleDoesNotApply,
    by_count,
    by_weight,
    linear,
    pools,
    subsample,
)
from theory.algebra import reading
from theory.algebra.strategy import follow
from theory.recursion import all_kept
from theory.symbolic_workflow import SymbolicWorkflow
from theory.symbols import T, n
from theory.tasks.regression import accumulate_fresh
from theory.tasks.regression.proportional import errors
from theory.tasks.regression.symbols import d, sigma

#: d, T, real and sampled rows an iteration, and the test errors at sigma = 1.
NUMBERS = [
    (3, 8, 8, 8, ["3/4", "2/5", "127/450", "3019/13650", "1501/8190"]),
    (6, 12, 3, 24, ["6/5", "1179/1040", "180333/168740"]),
    (1, 4, 2, 6, ["1/2", "2/5", "77/225", "2077/6825", "289297/1044225"]),
]


def _at(expression, rows, features):
    return Fraction(str(expression.subs({T: rows, d: features, sigma: 1})))


@pytest.mark.parametrize(("features", "rows", "real", "sampled", "expected"), NUMBERS)
def test_the_law_at_numbers(features, rows, real, sampled, expected):
    # rows in a ratio to T that is no whole number have this law where they are whole themselves
    workflow = AccumulateFresh(Fraction(real, rows), Fraction(sampled, rows))
    found = accumulate_fresh.derive(SymbolicWorkflow(workflow), "fresh")
    assert found.each is not None
    values = [_at(found.each(iteration), rows, features) for iteration in range(1, len(expected) + 1)]
    assert values == list(map(Fraction, expected))


@pytest.mark.slow
def test_the_formula_and_the_values_are_the_recursion():
    law = linear.test_error(AccumulateFresh(), design="fresh")
    assert law.exact
    assert law.derived.each is not None
    values = [float(x) for x in map(Fraction, NUMBERS[0][-1])]
    np.testing.assert_allclose(law.evaluate(T=8, d=3, sigma=1.0, n=range(1, 6)), values, rtol=1e-14)
    formula = law.expr.subs({T: 8, d: 3, sigma: 1})
    for iteration in (1, 2, 4):
        assert Fraction(str(formula.subs(n, iteration).doit())) == Fraction(NUMBERS[0][-1][iteration - 1])


@pytest.mark.slow
def test_without_new_real_data_it_is_accumulate():
    for design in ("fixed", "fresh"):
        mine, other = (linear.test_error(workflow, design=design) for workflow in (AccumulateFresh(0), Accumulate()))
        assert (mine.expr, mine.validity, mine.closed_form()) == (other.expr, other.validity, other.closed_form())
    assert theory.gain(AccumulateFresh(0), 9) == theory.gain(Accumulate(), 9)


@pytest.mark.slow
def test_it_goes_to_zero_where_real_data_keep_coming():
    law = linear.test_error(AccumulateFresh(1, 2), design="fresh")
    assert law.limit() == 0
    # E_n falls like n^(-2r/(r + s)): by 2^(-2/3) from n to 2n
    few, many = law.evaluate(T=12, d=3, n=[4000, 8000])
    assert abs(np.log2(few / many) - 2 / 3) < 0.01
    assert linear.test_error(AccumulateFresh(0, 2), design="fresh").limit() is None


def test_real_data_that_others_outgrow_do_not_take_the_error_to_0():
    """Pool k of k T sampled rows, and T real ones each time: their share is 2/n, so that much of the error is kept."""
    law = linear.test_error(
        Made(lambda i: by_count(pools(1, i), Pools(2, i, fresh_real=True)), lambda k: k), design="fresh"
    )
    assert law.exact
    assert law.growth() is None
    few, many = law.evaluate(T=12, d=3, n=[500, 1000])
    assert many > 0.98 * few


@pytest.mark.parametrize(
    "workflow", [AccumulateFresh("1/2"), AccumulateFresh(2, "3/2"), AccumulateFresh("1/3", 4)], ids=str
)
@pytest.mark.parametrize("design", ["fixed", "fresh"])
def test_so_does_its_gain(workflow, design):
    law = linear.test_error(workflow, design=design)
    assert (law.growth().kind, law.limit()) == ("bounded", 0)
    # c_n falls like n^(-2r/(r + s)), or like 1/n where that is slower, so that much of it is gone by 16 n
    few, many = (float(law.gain(m)[-1]) for m in (40, 640))
    assert many < few / 1.2


def test_where_the_gain_is_not_said_to_vanish():
    """No new real data; not all data kept; weights; sizes of their own; a draw."""
    cases = [
        AccumulateFresh(0, 2),
        Made(lambda i: by_count(pools(2, i), Pools(2, i, fresh_real=True))),
        Made(lambda i: by_count(pools(1, i), Pools(3, i + 1, fresh_real=True))),
        Made(lambda i: by_weight({pools(1, i): "1/2", Pools(2, i, fresh_real=True): "1/2"})),
        Made(lambda i: by_count(pools(1, i), Pools(2, i, fresh_real=True)), sizes=lambda j: j),
        Made(lambda i: subsample(pools(1, i), Pools(2, i, fresh_real=True))),
    ]
    for workflow in cases:
        assert all_kept(SymbolicWorkflow(workflow)) is None
    assert all_kept(SymbolicWorkflow(Made(lambda i: by_count(Pools(2, i, fresh_real=True), pools(1, i))))) is not None


@pytest.mark.slow
def test_what_has_no_exact_law_is_the_limit():
    for workflow in (AccumulateFresh("1/2"), AccumulateFresh(1, "3/2")):
        assert linear.test_error(workflow, design="fresh").validity == "large-T"
    assert linear.test_error(AccumulateFresh(2, 1), design="fixed").exact
    assert linear.test_error(AccumulateFresh("1/2", 1), design="fixed").validity == "large-T"


def test_gains_by_hand():
    # c_n = c_{n-1} ((N_{n-1} + s)/N_n)^2 + (r + s)/N_n^2, in multiples of T
    r, s, rows, c = 2, Fraction(1, 2), Fraction(1), Fraction(1)
    expected = [c]
    for _ in range(5):
        before, rows = rows, rows + r + s
        c = c * ((before + s) / rows) ** 2 + (r + s) / rows**2
        expected.append(c)
    assert theory.gain(AccumulateFresh(r, s), 6) == expected
    assert theory.generated(AccumulateFresh(r, s), theory.Generator(), design="fixed").gain(6) == expected


@pytest.mark.slow
def test_the_limit_with_d_plus_one_is_the_exact_law():
    exact = linear.test_error(AccumulateFresh(), design="fresh").evaluate(T=8, d=3, n=range(1, 6))
    np.testing.assert_allclose(errors(AccumulateFresh(), 5, T=8, d=3, corrected=True), exact, rtol=1e-9)


@pytest.mark.parametrize("ratio", ["-1", "nan"])
def test_negative_ratios_are_refused(ratio):
    with pytest.raises(ValueError, match=r"real_ratio|a number is needed"):
        AccumulateFresh(ratio)


@pytest.mark.slow
def test_a_bound_is_refuted_at_a_point():
    law = linear.test_error(AccumulateFresh(), design="fresh")
    verdict = theory.check_bound(law, "sigma**2*d/(T-d-1)/n")
    assert isinstance(verdict, theory.Refuted)
    at = {name: int(value) for name, value in verdict.counterexample.items() if name != "sigma"}
    value = law.evaluate(T=at["T"], d=at["d"], n=at["n"])
    assert value > at["d"] / (at["T"] - at["d"] - 1) / at["n"]
    assert not isinstance(theory.check_bound(law, law.unit), theory.Refuted)


@pytest.mark.slow
@pytest.mark.parametrize(("r", "s"), [(1, 1), (2, 1), (0, 2)])
def test_against_least_squares(r, s):
    size, features, iterations, replicates, batches = 16, 3, 3, 50_000, 40
    generator = np.random.default_rng(5)
    errors = np.empty((batches, replicates, iterations))
    for batch in errors:
        gram, moment, model = (
            np.zeros((replicates, features, features)),
            np.zeros((replicates, features)),
            np.zeros((replicates, features)),
        )
        for iteration in range(iterations):
            pools = [(size, 0 * model)] if iteration == 0 else [(s * size, model), (r * size, 0 * model)]
            for rows, label in pools:
                x = generator.standard_normal((replicates, rows, features))
                noise = generator.standard_normal((replicates, rows))
                y = np.einsum("bij,bj->bi", x, label) + noise
                gram += np.einsum("bij,bik->bjk", x, x)
                moment += np.einsum("bij,bi->bj", x, y)
            model = np.linalg.solve(gram, moment[..., None])[..., 0]
            batch[:, iteration] = (model**2).sum(1)
    exact = linear.test_error(AccumulateFresh(r, s), design="fresh").evaluate(
        T=size, d=features, n=range(1, iterations + 1)
    )
    found = errors.reshape(-1, iterations)
    deviation = found.std(0) / np.sqrt(len(found))
    assert (deviation < 0.01 * exact / 10).all()
    assert (abs(found.mean(0) - exact) < 5 * deviation).all()


@pytest.mark.slow
def test_its_steps_are_replayed():
    for r, s in ((1, 1), (1, 2), (0, 2)):
        assert linear.test_error(AccumulateFresh(r, s), design="fresh").derivation.replay() == []
    assert linear.test_error(AccumulateFresh(2, 1), design="fixed").derivation.replay() == []


def test_windows_of_rows_do_not_get_this_law():
    symbolic = SymbolicWorkflow(theory.FreshReal())
    assert "does not keep" in (accumulate_fresh.objection(symbolic, "fresh") or "")
    with pytest.raises(RuleDoesNotApply, match="older equations are of the form"):
        follow(reading.counted(symbolic, "fresh"), accumulate_fresh.RULES)


@pytest.mark.parametrize("ratios", [(1, 1), (2, 3), (0, 2), (1, "1/2"), ("1/2", 1), ("3/2", 2), (2, "5/2")], ids=str)
def test_rows_are_whole_multiples_of_T_for_this_law(ratios):
    """Of real data as of sampled ones: of an odd T there is no half."""
    symbolic = SymbolicWorkflow(AccumulateFresh(*ratios))
    said = accumulate_fresh.objection(symbolic, "fresh")
    if all(isinstance(ratio, int) for ratio in ratios):
        assert said is None
    else:
        assert said == f"{symbolic.workflow}: the rows are not a whole multiple of T at every T."
    assert "does not keep" in (accumulate_fresh.objection(symbolic, "fixed") or "")


@pytest.mark.slow
def test_a_family_has_the_law():
    r, s = sp.symbols("r s", integer=True, positive=True)
    law = linear.test_error(AccumulateFresh(r, s), design="fresh")
    assert law.exact
    assert law.limit() == 0
