"""Which sampler is chosen, and what each refuses."""

from types import SimpleNamespace
from typing import Any

import jax.random as jr
import numpy as np
import pytest
import sympy as sp

import sim
from sim import dispatch
from sim.dispatch import Wish, chosen, sampler_names
from sim.samplers.base import FIRST_LOOK
from sim.samplers.least_squares import replicates_needed
from sim.tasks import SAMPLERS, samplers_of
from tests.helpers import Made
from tests.sim.build import build
from theory import (
    Accumulate,
    AccumulateSubsample,
    Bernoulli,
    Categorical,
    Estimator,
    FreshReal,
    Gamma,
    Gaussian,
    GeneralisedLinear,
    Generator,
    KernelDensity,
    LinearRegression,
    NegativeBinomial,
    Poisson,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    by_count,
    symmetric_population,
    synthetic,
)


def test_names():
    assert sampler_names(LinearRegression) == ("auto", "literal", "wishart", "radial", "gaussian", "conditional")


@pytest.mark.parametrize(
    ("workflow", "design", "chosen"),
    [
        (Replace(), "fresh", "radial"),
        (Replace(), "fixed", "radial"),
        (ReplaceGrowing(), "fresh", "radial"),
        (Accumulate(), "fresh", "wishart"),
        (Accumulate(), "fixed", "radial"),
        (FreshReal(), "fresh", "radial"),
        (FreshReal(1, "1/3"), "fresh", "wishart"),
        (AccumulateSubsample(), "fresh", "literal"),
    ],
    ids=str,
)
def test_the_fastest_exact_one_is_chosen(workflow, design, chosen):
    sampler, _ = build("auto", sim.LinearRegression(T=12, d=2, design=design), workflow, 3)
    assert sampler.name == chosen


@pytest.mark.parametrize(
    ("sampler", "workflow", "design", "message"),
    [
        ("radial", Accumulate(), "fresh", "exact only there. Use the wishart sampler"),
        ("radial", FreshReal(1, "1/3"), "fresh", "with all rows counting alike"),
        ("wishart", AccumulateSubsample(), "fresh", "exact only for pools used whole"),
        ("radial", AccumulateSubsample(), "fixed", "exact only for pools used whole"),
        ("radial", FreshReal("1/2"), "fixed", "not a whole number of copies of the 12 rows of X"),
        ("wishart", Made(lambda i: by_count(synthetic(i - 1)), lambda j: "1/7"), "fresh", "not a whole number of rows"),
        ("conditional", Accumulate(), "fixed", "Use another sampler"),
    ],
)
def test_a_sampler_refuses_what_it_is_not_exact_for(sampler, workflow, design, message):
    task = sim.LinearRegression(T=12, d=2, design=design)
    with pytest.raises(ValueError, match=message):
        build(sampler, task, workflow, 3)


def test_the_precision_is_that_of_the_generators_pools():
    """Half as many rows are too few for float32."""
    task = sim.LinearRegression(T=26, d=5, design="fresh")
    halves = Generator(sizes=(1, "1/2", "1/2"))
    assert [chosen(Wish("wishart"), task, Replace(), 3, generator=g)[1] for g in (Generator(), halves)] == [
        "float32",
        "float64",
    ]


@pytest.mark.parametrize(
    ("workflow", "generator"),
    [
        (AccumulateSubsample(), Generator()),
        (Replace(), Generator(edited="1/2")),
        (symmetric_population(2, 0), Generator()),
    ],
    ids=str,
)
def test_literal_samplers_are_what_others_are_held_against(workflow, generator):
    """In float64, however many rows there are; a population's shares may be very unequal too."""
    task = sim.LinearRegression(T=1000, d=5, design="fresh")
    sampler, precision = chosen(Wish("literal"), task, workflow, 3, generator=generator)
    assert (sampler.name, precision) == ("literal", "float64")


def test_the_limit_takes_unequal_noises_but_where_rows_are_drawn():
    task = sim.LinearRegression(T=12, d=2, sigma=(1.0, 2.0, 1.0), design="fresh")
    assert build("gaussian", task, Accumulate(), 3)[0].name == "gaussian"
    with pytest.raises(ValueError, match="draws subsamples, and its samplers need one sigma for all pools"):
        build("gaussian", task, AccumulateSubsample(), 3)


@pytest.mark.parametrize(
    ("workflow", "T", "d", "design", "relative_error", "first"),
    [
        (Accumulate(), 40, 4, "fresh", 0.01, "conditional"),
        (SlidingWindow(3), 40, 20, "fresh", 0.001, "conditional"),
        (Replace(), 10**6, 100, "fresh", 0.001, "radial"),
        (Replace(), 1000, 3, "fresh", 0.0001, "conditional"),
        (Replace(), 1000, 3, "fresh", 0.05, "radial"),
        # fewer replicates would do, but each takes longer by the pools that it keeps apart
        (SlidingWindow(3), 40, 20, "fresh", 0.01, "wishart"),
        (Accumulate(), 40, 4, "fixed", 0.0001, "radial"),
        (AccumulateSubsample(), 40, 4, "fresh", 0.01, "literal"),
        # the variance is infinite: the run is refused, whatever is chosen
        (Accumulate(), 7, 4, "fresh", 0.01, "wishart"),
    ],
    ids=str,
)
def test_with_a_relative_error_the_one_that_gets_there_first(workflow, T, d, design, relative_error, first):
    task = sim.LinearRegression(T=T, d=d, design=design)
    name = chosen(Wish(relative_error=relative_error), task, workflow, 3)[0].name
    assert name == first
    with_quantiles = chosen(Wish(relative_error=relative_error, quantiles=True), task, workflow, 3)[0]
    assert with_quantiles.has_quantiles
    assert with_quantiles.name == build("auto", task, workflow, 3)[0].name
    # who asks for one gets it
    assert chosen(Wish("literal", relative_error=relative_error), task, workflow, 3)[0].name == "literal"


#: Of every task one or more, of a number of rows that has no half.
TASKS: tuple[Any, ...] = (
    *(sim.LinearRegression(T=15, d=2, design=of, ridge=ridge) for of in ("fixed", "fresh") for ridge in (None, 0.1)),
    *(Gaussian(5, 1), Bernoulli(5, 0.3), Categorical(5, (0.5, 0.3, 0.2)), Poisson(5, 2.0), Gamma(5, 1.0, 1.0)),
    *(
        NegativeBinomial(5, 2.0, 2.0),
        KernelDensity(5, 0.5),
        GeneralisedLinear(T=15, d=2),
        GeneralisedLinear(table="iris"),
    ),
    Estimator(sp.Symbol("x", real=True), lambda rows, weights: rows @ weights, 5),
)


def test_no_sampler_takes_half_a_row():
    """But for the limit T -> oo, which has no rows."""
    half = Made(lambda i: by_count(synthetic(i - 1)), lambda j: 1 if j == 1 else "1/2")
    assert {type(task) for task in TASKS} == SAMPLERS.keys()
    for task in TASKS:
        for sampler in samplers_of(type(task)):
            if sampler.is_limit or not sampler.serves(task, half, 3) or sampler.objection(task, Replace(), 3):
                continue
            said = sampler.objection(task, half, 3)
            assert said is not None, (task, sampler)
            assert ("other sizes than T" if getattr(task, "table", None) else " rows at T=") in said


@pytest.mark.parametrize(("platform", "precision"), [("cpu", "float64"), ("gpu", "float64"), ("tpu", "float32")])
def test_float32_is_the_default_on_a_tpu_alone(platform, precision, monkeypatch):
    """Of fits to few rows; asked for, a precision is what it is."""
    there = SimpleNamespace(local_devices=lambda: [SimpleNamespace(platform=platform)])
    monkeypatch.setattr(dispatch, "jax", there)
    task = sim.LinearRegression(T=12, d=4, design="fresh")
    assert chosen(Wish(), task, Accumulate(), 3)[1] == precision
    for asked in ("float64", "float32"):
        assert chosen(Wish(precision=asked), task, Accumulate(), 3)[1] == asked
    many = sim.LinearRegression(T=100, d=4, design="fresh")
    assert chosen(Wish(), many, Accumulate(), 3)[1] == "float32"


def test_means_alone_have_no_quantiles():
    task = sim.LinearRegression(T=40, d=4, design="fresh")
    with pytest.raises(
        ValueError, match="the conditional sampler has no quantiles. Leave the sampler or the quantiles"
    ):
        chosen(Wish("conditional", quantiles=True), task, Accumulate(), 3)


def test_editing_is_simulated_by_its_own_sampler_alone():
    task, edited = sim.LinearRegression(T=12, d=2, design="fresh"), Generator(edited="1/2")
    for name in ("auto", "literal"):
        assert chosen(Wish(name), task, Replace(), 3, generator=edited)[0].edits
        # and what edits nothing by another
        assert not chosen(Wish(name), task, Replace(), 3, generator=Generator(temperature="1/2"))[0].edits
    with pytest.raises(
        ValueError, match="the wishart sampler labels whole pools, and .* by the literal sampler; got Rep"
    ):
        chosen(Wish("wishart"), task, Replace(), 3, generator=edited)


@pytest.mark.parametrize(
    ("generator", "message"),
    [
        (Generator(bias=1), "labels are shifted"),
        (Generator(pull="1/2", distance=1), "labels are shifted"),
        (Generator(temperature="1/2"), "labels and the real ones of iteration 2 have different noises"),
    ],
    ids=str,
)
def test_the_radial_sampler_follows_lengths_alone(generator, message):
    task = sim.LinearRegression(T=12, d=2, design="fresh")
    assert chosen(Wish("radial"), task, Replace(), 3, generator=Generator(temperature="1/2"))[0].name == "radial"
    with pytest.raises(ValueError, match=f"{message}.*Use the wishart sampler"):
        chosen(Wish("radial"), task, FreshReal(), 3, generator=generator)


@pytest.mark.parametrize(("T", "d"), [(5, 1), (6, 1), (40, 1), (20, 2), (20, 3)])
def test_replicates_are_counted_by_the_variance_of_one_fit(T, d):
    """For one feature by chi-squares, W of T degrees; for more by matrices that are drawn."""
    if d == 1:
        inverse, squared = 1 / (T - 2), 1 / ((T - 2) * (T - 4))
        around, given, mean = 2 * squared, squared - inverse**2, inverse
    else:
        x = np.random.default_rng(0).normal(size=(60_000, T, d))
        values = 1 / np.linalg.eigvalsh(x.swapaxes(1, 2) @ x)
        around, given, mean = 2 * (values**2).sum(1).mean(), values.sum(1).var(), values.sum(1).mean()
    task = sim.LinearRegression(T=T, d=d, design="fresh")
    for averaged, variance in ((False, given + around), (True, given)):
        found = replicates_needed(task, Accumulate(), 2, 1e-3, averaged=averaged)
        np.testing.assert_allclose(found, 1e6 * variance / mean**2, rtol=1e-10 if d == 1 else 0.03)
        assert replicates_needed(task, Accumulate(), 2, 0.5, averaged=averaged) == FIRST_LOOK


@pytest.mark.slow
@pytest.mark.parametrize(("T", "d", "relative_error"), [(12, 3, 0.004), (60, 20, 0.002)])
def test_as_many_replicates_are_needed_as_the_choice_assumes(T, d, relative_error):
    """For one fit; looks are a quarter apart."""
    task = sim.LinearRegression(T=T, d=d, design="fresh")
    for sampler, averaged in (("wishart", False), ("conditional", True)):
        settings = {"iterations": 1, "relative_error": relative_error, "sampler": sampler}
        needed = replicates_needed(task, Accumulate(), 1, relative_error, averaged=averaged)
        found = sim.run(task, Accumulate(), key=jr.key(1), **settings).replicates
        assert 0.85 * needed < found < 1.35 * needed + 4096, sampler
