"""What lies exactly at an edge: numbers that are none, all rows drawn, a draw of the newest rows, no bandwidth."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

import theory
from tests.helpers import Made
from theory import (
    TASKS,
    Accumulate,
    AccumulateSubsample,
    Bernoulli,
    Categorical,
    Gamma,
    Gaussian,
    KernelDensity,
    NegativeBinomial,
    Poisson,
    Replace,
    Spectrum,
    TrainingSet,
    by_count,
    by_weight,
    expected_characteristic,
    expected_density,
    pools,
    real,
    subsample,
    synthetic,
)
from theory.symbols import T, n

HALF = Fraction(1, 2)

#: Whatever its parameters are, a task has these.
NUMBERS: dict[str, Any] = {"T": 9, "d": 2, "p": 0.25}


def example(task: Any, **other: Any) -> Any:
    """A task with a number for every parameter."""
    chosen = {choice.name: choice.options[0] for choice in task.choices}
    numbers = {p.name: NUMBERS.get(p.name, 1.5) for p in task.parameters}
    return task(**{**chosen, **numbers, **other})


NAMED = [(task, parameter.name) for task in TASKS for parameter in task.parameters]


@pytest.mark.parametrize(("task", "name"), NAMED, ids=lambda each: getattr(each, "name", each))
def test_what_is_no_number_is_refused(task: Any, name: str) -> None:
    """Whether the task is made with it, or its law is evaluated there."""
    law = theory.law(task(**{choice.name: choice.options[0] for choice in task.choices}), Replace())
    others: dict[str, Any] = {p.name: NUMBERS.get(p.name, 1.5) for p in task.parameters if p.name != name}
    for wrong in (True, float("nan"), float("inf"), "many", 1j, -1, 0):
        with pytest.raises(ValueError, match=rf"\b{name}\b"):
            example(task, **{name: wrong})
        with pytest.raises(ValueError, match=rf"\b{name}\b"):
            law.evaluate(n=1, **{**others, name: wrong})


def changed(task: Any, name: str) -> Any:
    """Another value of a field."""
    options = {choice.name: choice.options[-1] for choice in task.choices}
    others: dict[str, Any] = options | {
        "ridge": 2.0,
        "scaled": False,
        "signal": 2.0,
        "spectrum": Spectrum((2.0,), (2,), (1.0,)),
        "covariance": np.diag([1.0, 3.0]),
        "table": "iris",
    }
    if task.name == "categorical" and name == "p":
        return (0.25, 0.75)
    return others.get(name, {"T": 11, "d": 3, "p": 0.2}.get(name, 2.5))


@pytest.mark.parametrize("task", TASKS)
def test_tasks_that_differ_in_one_field_are_two(task: Any) -> None:
    """A simulation or a law that is kept for one is not taken for the other's; equal ones are one."""
    for name in example(task).fields:
        ridged = task.name == "regression" and name in ("scaled", "signal", "spectrum")
        more: dict[str, Any] = {"ridge": 1.0} if ridged else {}
        if name == "table":
            one, other = task(), task(table="iris")
        else:
            one = example(task, **more)
            more |= {"signal": 1.0} if name == "spectrum" else {}
            other = example(task, **{**more, name: changed(task, name)})
        assert one != other, name
        assert one == replace(one), name
        assert hash(one) == hash(replace(one)), name
    if task.name == "regression":
        one, same, other = (example(task, covariance=np.diag([1.0, x])) for x in (3.0, 3.0, 4.0))
        assert one == same
        assert one != other
        with pytest.raises(ValueError, match="read-only"):
            one.covariance[0, 0] = 2.0
        mine = np.diag([1.0, 3.0])
        kept = example(task, covariance=mine)
        mine[0, 0] = 7.0  # what was given stays the user's own
        assert kept == one


MOMENTS = [
    Gaussian(),
    Gaussian(estimator="unbiased"),
    Bernoulli(),
    Categorical(),
    Poisson(),
    Gamma(shape=0.5),
    NegativeBinomial(r=2.0),
    KernelDensity(),
    KernelDensity(rule="relative"),
    KernelDensity(rule="scott"),
]


def moments(task: Any, workflow: Any, rows: int) -> list[np.ndarray]:
    """Every mean spread and error at n = 1, …, 4."""
    names = [each.name for each in task.quantities if each.name in ("variance", "mean_error", "diversity")]
    return [theory.law(task, workflow, name).evaluate(n=range(1, 5), T=rows) for name in names]


def agree(task: Any, drawn: Any, whole: Any, rows: int) -> None:
    for mine, other in zip(moments(task, drawn, rows), moments(task, whole, rows), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-13, atol=1e-30)


@pytest.mark.parametrize("task", MOMENTS, ids=str)
def test_a_draw_of_all_rows_is_none(task):
    """Of the least rows there may be, one where that has a spread; and of rows of which some count more."""
    (least,) = (int(variable.floors[0]) for variable in task.domain.variables if variable.symbol == T)
    agree(task, Made(lambda i: subsample(synthetic(i - 1))), Replace(), least)
    agree(task, Made(lambda i: subsample(pools(1, i), rows=i)), Accumulate(), least)
    if task != Gaussian(estimator="unbiased"):
        shares = {real(1): Fraction(1, 4), synthetic(1): Fraction(3, 4)}
        drawn = Made(
            lambda i: TrainingSet((*by_count(real(1), synthetic(i - 1)).parts,), tuple(shares.values()), Fraction(2))
        )
        agree(task, drawn, Made(lambda i: by_weight({real(1): "1/4", synthetic(i - 1): "3/4"})), 4)


@pytest.mark.parametrize("share", ["3/5", "1/5"])
def test_rows_drawn_from_the_newest_alone_are_so_many_new_ones(share):
    """Model n is fitted to t rows that are alike: 1 - 1/T of a variance is left at first, then 1 - 1/t of it."""
    drawn, kept = Made(lambda i: subsample(synthetic(i - 1), rows=share)), 1 - 1 / (sp.Rational(share) * T)
    for task, name in ((Gaussian(), "variance"), (Bernoulli(), "diversity"), (Categorical(), "diversity")):
        law = theory.law(task, drawn, name)
        for m in (1, 2, 5):
            expected = law.unit * (1 - 1 / T) * kept ** (m - 1)
            assert sp.simplify(law.expr.subs(n, m).doit() - expected) == 0


@pytest.mark.parametrize("of", ["variance", "mean_error"])
def test_what_is_said_of_pools_used_whole_is_not_said_of_draws(of):
    """A kernel's variance grows as log n where all pools are kept, and is bounded where T rows are drawn of them."""
    law = theory.law(KernelDensity(T=5, bandwidth=1.0), AccumulateSubsample(), of)
    assert law.growth() is None
    assert (
        theory.law(
            KernelDensity(T=5, bandwidth=1.0), Made(lambda i: subsample(synthetic(i - 1), rows="3/5")), of
        ).growth()
        is None
    )


def test_pools_that_grow_are_deeper_than_those_of_T_rows():
    """Half of all rows is in pool n of n T rows: the depth is about 2 log n, and that of T rows each about log n."""
    grown = Made(lambda i: by_count(pools(1, i)), lambda j: j)
    law = theory.law(KernelDensity(T=5, bandwidth=1.0), grown)
    values, growth = law.evaluate(n=[100, 200]), law.growth()
    assert values[1] - values[0] == pytest.approx(2 * np.log(2), rel=0.02)
    assert growth is None or growth.constant == 2
    usual = theory.law(KernelDensity(T=5, bandwidth=1.0), Accumulate()).growth()
    assert usual is not None
    assert usual.constant == 1


@pytest.mark.parametrize("bandwidth", [0, -1.0, float("nan")])
def test_a_kernel_has_a_width(bandwidth):
    with pytest.raises(ValueError, match="a kernel needs a bandwidth above 0; got"):
        expected_density(Replace(), np.zeros(1), bandwidth=bandwidth, iterations=1)
    with pytest.raises(ValueError, match="a kernel needs a bandwidth above 0; got"):
        expected_characteristic(Replace(), np.cos, 1.0, bandwidth=bandwidth, iterations=1)


def test_probabilities_add_up():
    """Also where what was given did not, by rounding."""
    task = Categorical(T=4, p=(0.3333333333,) * 3)
    assert sum(task.probabilities) == 1
    assert task.quantity("diversity").unit == sp.Rational(2, 3)
    for name, one in (("mean_error", Fraction(2, 3) / 4), ("support_lost", 3 * Fraction(2, 3) ** 4)):
        assert theory.law(task, Accumulate(), name).evaluate(n=1) == pytest.approx(float(one), rel=1e-14)
    with pytest.raises(ValueError, match="add up to 1"):
        Categorical(p=(0.333333,) * 3)
