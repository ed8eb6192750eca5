"""What a task is: numbers or symbols, their domain, and what no law depends on."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest
import sympy as sp

import theory
from theory import (
    EXACT,
    TASKS,
    Accumulate,
    AccumulateSubsample,
    Domain,
    LinearRegression,
    Parameter,
    Quantity,
    Replace,
    SlidingWindow,
    SymbolicWorkflow,
    Task,
    Variable,
    gain,
    gain_law,
)
from theory.symbols import T, n
from theory.task import check_task
from theory.tasks.regression.symbols import d, sigma

shape = sp.Symbol("shape", positive=True)


@dataclass(frozen=True)
class GammaMean(Task):
    """The mean of Gamma(shape) variables whose generator keeps the variance: a task that is not regression."""

    name: ClassVar[str] = "gamma-mean"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("mean_error", "squared error of the mean", 1 / (shape * T), 1 / (shape * T)),
        Quantity("log_error", "no law is known of it", 1 / T, 1 / T),
    )
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(T, "numbers an iteration"),
        Parameter(shape, "of the distribution", default=2.0),
    )
    domain: ClassVar[Domain] = Domain((Variable(T, (sp.Integer(1),)), Variable(shape)))

    T: int | None = None
    shape: float | None = None

    def objection(self, workflow, quantity):
        return None if quantity.name == "mean_error" else f"there is no law of {quantity.name} under {workflow}."

    def derive(self, workflow, quantity):
        return gain_law(SymbolicWorkflow(workflow), quantity.unit, validity=EXACT, steps=())


def test_a_law_is_of_a_task_and_a_workflow():
    law = theory.law(LinearRegression(design="fresh"), Accumulate(), of="test_error")
    short = theory.linear.test_error(Accumulate(), design="fresh")
    assert law.expr == short.expr
    assert law.task == short.task
    assert str(law.task) == "LinearRegression(design=fresh)"
    assert [str(relation) for relation in law.assumptions] == ["T >= d + 2", "d >= 1", "n >= 1", "sigma > 0"]
    assert law.unit == sigma**2 * d / (T - d - 1)


def test_numbers_of_a_task_are_put_into_its_laws():
    task = LinearRegression(T=100, d=32, sigma=0.5, design="fresh")
    law, general = theory.law(task, Accumulate()), theory.law(LinearRegression(design="fresh"), Accumulate())
    at = {T: 100, d: 32, sigma: sp.Rational(1, 2)}
    assert law.expr.free_symbols == {n}
    assert sp.simplify(law.closed_form() - general.closed_form().subs(at)) == 0
    assert sp.N(law.limit()) == pytest.approx(0.7087 / 4, rel=1e-4)
    assert (law.evaluate(n=[1, 7]) == general.evaluate(T=100, d=32, sigma=0.5, n=[1, 7])).all()
    assert law.distribution(n=1).mean() == pytest.approx(32 / 67 / 4)
    with pytest.raises(ValueError, match=r"T is 100 in LinearRegression\(.*\); got T=50. Leave it out"):
        law.evaluate(T=50, n=1)
    half = theory.law(LinearRegression(d=3, design="fixed"), Replace())
    assert half.expr.free_symbols == {T, sigma, n}
    assert half.evaluate(T=10, n=2) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="regression needs numbers for T; give them by name"):
        half.evaluate(n=2)


@pytest.mark.parametrize("task", TASKS)
def test_nothing_that_a_law_at_numbers_tells_has_letters(task):
    numbers = {"T": 9, "d": 3, "p": 0.25} | {p.name: 2 for p in task.parameters if p.name not in ("T", "d", "p")}
    chosen = {choice.name: choice.options[0] for choice in task.choices}
    example = task(**{p.name: numbers[p.name] for p in task.parameters}, **chosen)
    for quantity in (each for each in task.quantities if example.objection(Replace(), each) is None):
        law, general = (theory.law(of, Replace(), quantity.name) for of in (example, task(**chosen)))
        growth = law.growth()
        told = [law.expr, law.unit, law.closed_form(), law.limit()]
        told += [] if growth is None else [growth.constant, growth.scale]
        if law.derived.spread is not None:
            told.append(law.variance())
            at = {p.symbol: numbers[p.name] for p in task.parameters}
            assert sp.simplify(law.variance() - general.variance().subs(at)) == 0
        assert all(each.free_symbols <= {n} for each in told if each is not None), quantity.name


def test_bounds_of_a_task_with_numbers_are_judged_at_these():
    # At T = 100, d = 32 the error stays below 1.5 of one fit, at other T and d it does not.
    bound = "3/2*sigma**2*d/(T-d-1)"
    numbers = theory.law(LinearRegression(T=100, d=32, design="fresh"), Accumulate())
    assert theory.check_bound(numbers, bound).verdict == "proved"
    symbols = theory.law(LinearRegression(design="fresh"), Accumulate())
    assert theory.check_bound(symbols, bound).verdict == "refuted"
    refuted = theory.check_bound(numbers, "148/100*sigma**2*d/(T-d-1)")
    assert refuted.counterexample is not None
    assert set(refuted.counterexample) == {"n"}
    law = numbers.evaluate(n=int(refuted.counterexample["n"]))
    assert law > 1.48 * 32 / 67


def test_a_task_of_other_symbols():
    law = theory.law(GammaMean(), SlidingWindow(2))
    assert law.expr.free_symbols == {T, shape, n}
    expected = [float(c) / (5 * 2) for c in gain(SlidingWindow(2), 6)]
    np.testing.assert_allclose(law.evaluate(T=5, n=range(1, 7)), expected, rtol=1e-14)
    np.testing.assert_allclose(law.evaluate(T=5, shape=4, n=range(1, 7)), np.array(expected) / 2, rtol=1e-14)
    assert law.growth().kind == "linear"
    assert theory.check_bound(law, "n/(T*shape)").verdict == "proved"
    refuted = theory.check_bound(law, "2/(T*shape)")
    assert refuted.verdict == "refuted"
    assert set(refuted.counterexample or {}) == {"T", "n"}  # the shape drops out
    assert "shape" in (theory.check_bound(law, "n/(2*T)").counterexample or {})
    assert theory.tightest(theory.law(GammaMean(), Accumulate()), "1/(T*shape)").constant == sp.pi**2 / 6
    assert [str(relation) for relation in law.assumptions] == ["T >= 1", "n >= 1", "shape > 0"]
    with pytest.raises(ValueError, match=r"use T, shape, n"):
        theory.check_bound(law, "n/(T*sigma)")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"T": 0}, "gamma-mean needs T >= 1; got T=0"),
        ({"T": 2.5}, "T must be a whole number; got T=2.5"),
        ({"T": 3, "shape": 0}, "gamma-mean needs shape > 0"),
        ({"T": 3, "shape": float("nan")}, "shape"),
        ({"T": "many"}, "T must be a number; got T='many'"),
        ({"T": True}, "T must be a number"),
        ({"T": 3, "sigma": 1}, "gamma-mean has no parameter sigma; it has T, shape"),
        ({}, "gamma-mean needs numbers for T"),
    ],
)
def test_numbers_outside_the_domain_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        theory.law(GammaMean(), Replace()).evaluate(n=1, **given)


def test_numbers_that_are_missing_are_named():
    law = theory.law(theory.LinearRegression(design="fixed"), Replace())
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "T, d; give them by name, as T=…"),
        ({"T": 9}, "d; give them by name, as d=…"),
    ]
    for given, named in cases:
        with pytest.raises(ValueError, match=f"^regression needs numbers for {named}"):
            law.evaluate(n=1, **given)


def test_quantities():
    assert theory.law(GammaMean(), Replace()).quantity.name == "mean_error"
    with pytest.raises(ValueError, match="gamma-mean has no quantity 'variance'; it has mean_error, log_error"):
        theory.law(GammaMean(), Replace(), of="variance")
    with pytest.raises(ValueError, match=r"there is no law of log_error under Replace\(\)"):
        theory.law(GammaMean(), Replace(), of="log_error")
    with pytest.raises(ValueError, match="only the mean is known"):
        theory.law(GammaMean(T=3), Replace()).variance()


def test_what_no_law_depends_on_is_covered():
    symbols, numbers = LinearRegression(design="fixed"), LinearRegression(T=20, d=2, sigma=1.5, design="fixed")
    correlated = LinearRegression(T=20, d=2, sigma=1.5, design="fixed", covariance=np.array([[2.0, 1.0], [1.0, 2.0]]))
    assert symbols.covers(numbers)
    assert numbers.covers(correlated)
    assert correlated.covers(numbers)
    assert correlated != numbers
    assert not numbers.covers(symbols)
    assert not symbols.covers(LinearRegression(T=20, d=2, design="fresh"))
    assert not symbols.covers(GammaMean())
    assert hash(numbers) == hash(LinearRegression(T=20, d=2, sigma=1.5, design="fixed"))


@pytest.mark.parametrize("nothing", [LinearRegression, "regression", None])
def test_no_task(nothing):
    with pytest.raises(ValueError, match="a task is needed, an object such as LinearRegression"):
        check_task(nothing)
    with pytest.raises(ValueError, match="a task is needed"):
        theory.law(nothing, Replace())


@pytest.mark.parametrize("task", TASKS)
def test_every_task_owns_what_it_needs(task):
    """The units are positive on the domain and tend to each other; fields, parameters and choices agree."""
    example = task(**{choice.name: choice.options[0] for choice in task.choices})
    names = {x.name for x in (*task.parameters, *task.choices, *task.several, *task.details)} | set(task.invariant)
    assert set(example.fields) == names
    assert {p.symbol for p in task.parameters} == set(task.domain.symbols)
    for quantity in task.quantities:
        assert sp.limit(quantity.unit / quantity.limit_unit, T, sp.oo) == 1
        measured = replace(example, table="haberman") if quantity.name == "held_out_loss" else example
        known = measured.objection(AccumulateSubsample(), quantity) is None
        law = theory.law(measured, AccumulateSubsample() if known else Replace(), quantity.name)
        assert law.expr.free_symbols <= {*task.domain.symbols, n}


#: Counted in units that are nobody's error: categories, and nats.
COUNTED = ("support_lost", "log_determinant")


@pytest.mark.parametrize("task", TASKS)
def test_a_unit_is_the_quantity_of_one_fit(task):
    """At many rows and a narrow kernel; of what is left, the truth's own."""
    example = task(**{choice.name: choice.options[0] for choice in task.choices})
    numbers: dict[str, Any] = {p.name: 3 if p.symbol.is_integer else 1.5 for p in task.parameters} | {"T": 10**5}
    numbers |= {name: value for name, value in {"p": 0.2, "bandwidth": 1e-3}.items() if name in numbers}
    for quantity in task.quantities:
        if quantity.name in COUNTED or example.objection(Replace(), quantity) is not None:
            continue
        law = theory.law(example, Replace(), quantity.name)
        unit = law.unit.subs({p.symbol: numbers[p.name] for p in task.parameters})
        assert float(law.evaluate(n=1, **numbers)) == pytest.approx(float(unit), rel=1e-4), quantity.name


@pytest.mark.parametrize("details", [{}, {"ridge": 0.0}], ids=["least squares", "least norm"])
def test_where_a_variance_is_said_to_be_infinite_there_is_no_second_moment(details):
    for rows in (*range(1, 6), *range(9, 15)):
        if details or rows > 8:
            task = LinearRegression(T=rows, d=7, design="fixed", **details)
            law = theory.law(task, Replace())
            relation = task.own_quantities[0].infinite_variance
            assert relation is not None
            assert bool(relation.subs({T: rows, d: 7})) == (law.moments_exist(sigma=1) < 2), rows


#: Of each task: default, what a picture begins with, and the most of a slider.
BEGIN = {
    "regression": {"T": (None, 100, None), "d": (None, 32, 10_000), "sigma": (1, None, None)},
    "gaussian": {"T": (None, 10, None), "d": (1, None, 100)},
    "bernoulli": {"T": (None, 10, None), "p": (0.5, None, 1)},
    "categorical": {"T": (None, 10, None)},
    "poisson": {"T": (None, 10, None), "mean": (1, None, None)},
    "gamma": {"T": (None, 10, None), "shape": (None, 1, None), "mean": (1, None, None)},
    "negative-binomial": {"T": (None, 10, None), "r": (None, 2, None), "mean": (1, None, None)},
    "kernel-density": {"T": (None, 10, None), "bandwidth": (1, None, None)},
    "generalised-linear": {"T": (None, 1000, None), "d": (None, 3, 10_000), "signal": (1, None, None)},
}


def test_what_is_not_given_and_where_pictures_begin():
    found = {task.name: {p.name: (p.default, p.typical, p.most) for p in task.parameters} for task in TASKS}
    assert found == BEGIN
    assert [(task.name, p.name) for task in TASKS for p in task.parameters if p.each] == [
        ("regression", "T"),
        ("regression", "sigma"),
    ]
