"""What regression's samplers share: how many rows decide which moments there are."""

from typing import Any

import pytest

import sim
from sim.samplers.least_squares import Numbers, fewest_rows, given_twice, is_least_squares, sized
from sim.tasks import samplers_of
from tests.helpers import Made
from theory import (
    Accumulate,
    AccumulateSubsample,
    FreshReal,
    Generator,
    LinearRegression,
    Pool,
    Replace,
    SlidingWindow,
    by_count,
    by_weight,
    pools,
    real,
    subsample,
    synthetic,
)


def task(design, T=20, d=5):
    return sim.LinearRegression(T=T, d=d, design=design)


@pytest.mark.parametrize(
    ("workflow", "design", "rows"),
    [
        (Replace(), "fresh", 20),
        (Accumulate(), "fresh", 20),  # the first model's
        (SlidingWindow(2), "fixed", 20),
        (AccumulateSubsample(), "fresh", 20),
        (Made(lambda i: subsample(pools(1, i), rows="1/2")), "fresh", 10),
        # at iteration 4 a half of 4 copies of each row is drawn: all 4 of 2 rows and a half
        (Made(lambda i: subsample(pools(1, i), rows="1/2")), "fixed", 3),
        (AccumulateSubsample(), "fixed", 5),
        (Made(lambda i: by_count(synthetic(i - 1)), lambda j: "1/4"), "fresh", 5),
        # a share of nothing adds no rows
        (Made(lambda i: by_weight({real(1): 0, synthetic(i - 1): 1}), lambda j: "1/2"), "fresh", 10),
    ],
)
def test_the_fewest_rows_of_a_training_set(workflow, design, rows):
    assert fewest_rows(task(design), workflow, 4) == rows


@pytest.mark.parametrize(("T", "moments"), [(7, 1), (8, 1), (9, 2), (30, 2)])
def test_moments_begin_at_two_and_at_four_rows_more(T, moments):
    assert Numbers.of(task("fresh", T=T), Replace(), 3).moments == moments


@pytest.mark.parametrize(("name", "of_pools"), [("T", "sizes"), ("sigma", "noises")])
def test_sizes_and_noises_are_not_given_twice(name, of_pools):
    """Each beside its own parameter alone."""
    for other in ("sizes", "noises"):
        numbers: Any = {"T": 20, "sigma": 1.0} | {name: {"T": (20, 30), "sigma": (1.0, 2.0)}[name]}
        generator: Generator = Generator(**{other: (1, 2)})  # pyright: ignore[reportArgumentType]
        said = given_twice(sim.LinearRegression(d=3, design="fresh", **numbers), generator)
        if other != of_pools:
            assert said is None
        else:
            assert f"{name} is given one an iteration, and the generator has {of_pools} too" in str(said)


@pytest.mark.parametrize("iterations", [1, 3])
def test_real_data_have_the_first_of_the_numbers_of_each_iteration(iterations):
    """One number is enough for one iteration."""
    each: Any = {"T": (20, 30, 12)[:iterations], "sigma": (0.5, 1.0, 2.0)[:iterations]}
    numbers = Numbers.of(sim.LinearRegression(d=3, design="fresh", **each), Replace(), iterations)
    assert (numbers.T, numbers.d, numbers.unit) == (20, 3, 0.5)


@pytest.mark.parametrize("design", ["fixed", "fresh"])
def test_no_sampler_takes_what_is_given_twice(design):
    """The limit T -> oo neither, in which rows have no number: sizes are in multiples of T."""
    given: list[tuple[dict[str, Any], Generator]] = [
        ({"T": (20, 30, 20), "sigma": 1.0}, Generator(sizes=(1, 2, 1))),
        ({"T": 20, "sigma": (1.0, 2.0, 1.0)}, Generator(noises=(1, 2, 1))),
    ]
    for numbers, generator in given:
        twice = sim.LinearRegression(d=3, design=design, **numbers)
        every = [sampler for sampler in samplers_of(LinearRegression) if sampler.serves(twice, Replace(), 3)]
        assert {sampler.name for sampler in every} >= {"radial", "wishart", "literal", "gaussian", "conditional"}
        for sampler in every:
            said = sampler.generator_objection(generator, twice, Replace(), 3)
            assert sampler.edits or said == given_twice(twice, generator) is not None, sampler


@pytest.mark.parametrize(("T", "is_that"), [(8, False), (10, False), (12, False), (14, True), (16, True)])
def test_a_ridge_of_nought_is_least_squares_where_the_mean_is_finite(T, is_that):
    """Half of T rows are drawn: from d + 2 on, d = 5."""
    halves = Made(lambda i: subsample(pools(1, i), rows="1/2"))
    nought, some = (sim.LinearRegression(T=T, d=5, design="fresh", ridge=ridge) for ridge in (0.0, 0.1))
    assert is_least_squares(nought, halves, 3) == is_that
    assert not is_least_squares(some, halves, 3)


def test_pools_of_an_iteration_grow_with_its_rows_real_ones_too():
    unequal = sized(sim.LinearRegression(T=(10, 20, 30), d=3, design="fresh"), FreshReal(2), 3)
    assert [unequal.size(Pool(i)) for i in (1, 2, 3)] == [1, 4, 6]
    assert [unequal.size(Pool(i, fresh_real=True)) for i in (2, 3)] == [2, 3]


@pytest.mark.parametrize(
    ("workflow", "design"),
    [(AccumulateSubsample(), "fixed"), (Made(lambda i: by_count(synthetic(i - 1)), lambda j: "1/4"), "fresh")],
)
def test_on_too_few_rows_there_is_no_mean(workflow, design):
    """Drawn by bad luck, or all that there are: the note does not speak of a draw alone."""
    numbers = Numbers.of(task(design), workflow, 4)
    assert numbers.moments == 0
    told = (
        "a training set has, or by an unlucky draw may have, 5 different rows at d=5, and a finite mean needs d + 2: "
    )
    assert numbers.note.startswith(told)
