"""Unequal pools against least squares on the stacked rows, simulated here with NumPy."""

from typing import Any

import numpy as np
import pytest
import sympy as sp

import theory
from theory import (
    Accumulate,
    Generator,
    LinearRegression,
    Replace,
    ReplaceGrowing,
    RuleDoesNotApply,
    SlidingWindow,
    unequal,
)
from theory.symbols import n
from theory.tasks.regression.symbols import d

SIZES, NOISES = [20, 10, 40, 30], [1.0, 2.0, 0.5, 1.5]


def simulate(sizes, noises, design, keep_all, features=3, replicates=40_000):
    generator = np.random.default_rng(7)
    x = generator.normal(size=(replicates, sizes[0], features))
    model = np.zeros((replicates, features))
    gram, moment, errors = 0.0, 0.0, []
    for size, noise in zip(sizes, noises, strict=True):
        if design == "fixed":
            rows = np.tile(x, (1, size // sizes[0], 1))
        else:
            rows = generator.normal(size=(replicates, size, features))
        y = np.einsum("rti,ri->rt", rows, model) + noise * generator.normal(size=(replicates, size))
        new = np.einsum("rti,rtj->rij", rows, rows), np.einsum("rti,rt->ri", rows, y)
        gram, moment = (gram + new[0], moment + new[1]) if keep_all else new
        model = np.linalg.solve(gram, moment[..., None])[..., 0]
        errors.append((model**2).sum(-1))
    return np.array(errors)


@pytest.mark.parametrize("workflow", [Accumulate(), Replace()], ids=str)
@pytest.mark.parametrize(("design", "sizes"), [("fresh", SIZES), ("fixed", [12, 36, 12, 24])], ids=["fresh", "fixed"])
def test_against_brute_force(workflow, design, sizes):
    found = simulate(sizes, NOISES, design, keep_all=workflow == Accumulate())
    exact = unequal(workflow, design=design).evaluate(T=sizes, d=3, sigma=NOISES)
    error = found.std(1) / np.sqrt(found.shape[1])
    assert (np.abs(found.mean(1) - exact) < 5 * error).all()
    assert (error < 0.01 * exact).all()
    # the same total number of rows in equal pools is told apart
    equal = theory.linear.test_error(workflow, design=design).evaluate(T=sizes[0], d=3, n=range(1, 5))
    assert (np.abs(found.mean(1) - equal)[1:] > 5 * error[1:]).all()


@pytest.mark.parametrize("workflow", [Accumulate(), Replace()], ids=str)
@pytest.mark.parametrize("design", theory.linear.DESIGNS)
def test_equal_pools_give_the_law(workflow, design):
    law = theory.linear.test_error(workflow, design=design)
    found = unequal(workflow, design=design).evaluate(T=[17] * 6, d=4, sigma=1.5)
    np.testing.assert_allclose(found, law.evaluate(T=17, d=4, sigma=1.5, n=range(1, 7)), rtol=1e-13)


def test_the_expression_is_what_is_evaluated():
    law = unequal(Accumulate(), design="fresh")
    rows: Any = sp.IndexedBase("T")
    sigmas: Any = sp.IndexedBase("sigma")
    sequences = {rows[j]: size for j, size in enumerate(SIZES, 1)}
    sequences |= {sigmas[j]: noise for j, noise in enumerate(NOISES, 1)}
    expr: Any = law.expr
    value = expr.subs(n, 4).doit().subs(sequences).subs(d, 3)
    np.testing.assert_allclose(float(value), law.evaluate(T=SIZES, d=3, sigma=NOISES)[-1], rtol=1e-13)
    assert law._repr_latex_().startswith("$")


@pytest.mark.parametrize(
    ("design", "arguments", "message"),
    [
        ("fresh", {"T": [20, 30], "sigma": [1.0]}, "one entry a pool"),
        ("fresh", {"T": []}, "one entry a pool"),
        ("fixed", {"T": [20, 30]}, "pool 2 has 30 rows; at fixed design it needs a whole multiple of the 20 rows of X"),
        ("fresh", {"T": [20, 0]}, "pool 2 has 0 rows; at fresh design it needs at least one"),
        ("fresh", {"T": [4, 30]}, r"needs T >= d \+ 2"),
        ("fresh", {"T": [20, 30], "sigma": [1.0, -1.0]}, "positive finite number"),
    ],
)
def test_refusals(design, arguments, message):
    with pytest.raises(ValueError, match=message):
        unequal(Accumulate(), design=design).evaluate(d=3, **arguments)


def test_a_small_pool_is_no_harm_where_it_adds_to_others():
    assert np.isfinite(unequal(Accumulate(), design="fresh").evaluate(T=[20, 2], d=3)).all()
    with pytest.raises(ValueError, match=r"needs at least d \+ 2 rows in every training set; iteration 2 has 2"):
        unequal(Replace(), design="fresh").evaluate(T=[20, 2], d=3)
    with pytest.raises(RuleDoesNotApply, match="at symbolic n"):
        unequal(SlidingWindow(2), design="fresh")


@pytest.mark.parametrize("design", theory.linear.DESIGNS)
def test_a_task_with_one_number_an_iteration_has_this_law(design):
    sizes, noises = (12, 36, 12), (1.0, 2.0, 0.5)
    task = LinearRegression(T=sizes, d=3, sigma=noises, design=design)
    law = theory.law(task, Accumulate())
    expected = unequal(Accumulate(), design=design).evaluate(T=sizes, d=3, sigma=noises)
    assert (law.evaluate(n=[1, 2, 3]) == expected).all()
    assert law.evaluate(n=2) == expected[1]
    with pytest.raises(ValueError, match="T names 3 iterations and 4 are asked for"):
        law.evaluate(n=4)
    assert theory.law(LinearRegression(T=17, d=3, sigma=noises, design=design), Replace()).evaluate(
        n=3
    ) == pytest.approx((1 + 4 + 0.25) * 3 / 13, rel=1e-13)
    with pytest.raises(ValueError, match="no law of SlidingWindow.* at unequal pools"):
        theory.law(task, SlidingWindow(2))


def test_pools_have_the_multiples_that_the_workflow_says():
    # T is the unit of iteration i, and ReplaceGrowing's pool i has i of them
    growing = theory.law(LinearRegression(T=(20, 30, 40), d=3, design="fresh"), ReplaceGrowing())
    replaced = unequal(Replace(), design="fresh").evaluate(T=[20, 60, 120], d=3)
    assert (growing.evaluate(n=[1, 2, 3]) == replaced).all()


@pytest.mark.parametrize("design", theory.linear.DESIGNS)
def test_a_training_set_of_two_rows_more_than_features_is_the_least(design):
    """At d = 3: five rows have the mean 3/(5 - 4), four have none."""
    law = unequal(Replace(), design=design)
    assert law.evaluate(T=[5, 5], d=3).tolist() == [3, 6]
    fresh = unequal(Replace(), design="fresh")
    assert fresh.evaluate(T=[20, 5], d=3) == pytest.approx([3 / 16, 3 / 16 + 3], rel=1e-14)
    with pytest.raises(ValueError, match=r"at least d \+ 2 rows in every training set; iteration 2 has 4 at d=3"):
        fresh.evaluate(T=[20, 4], d=3)
    # all pools count where all are kept
    kept = unequal(Accumulate(), design="fresh").evaluate(T=[5, 1, 4], d=3)
    assert kept == pytest.approx(np.cumsum([3.0, 3 / 6 / (6 - 4), 3 * 4 / 10 / (10 - 4)]), rel=1e-14)


@pytest.mark.parametrize("unlike", [{"T": [20, 30]}, {"sigma": [1.0, 2.0]}])
def test_there_is_no_law_under_a_generator(unlike):
    """It would be one of equal pools."""
    task, hot = LinearRegression(**{"T": 20, "d": 2, **unlike}, design="fixed"), Generator(temperature=2)
    said = task.generated_objection(Replace(), hot)
    assert said is not None
    assert "there is no law at unequal pools" in said
    with pytest.raises(ValueError, match="there is no law at unequal pools"):
        task.generated(Replace(), hot)
