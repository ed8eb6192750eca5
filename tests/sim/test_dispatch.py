"""Which sampler is chosen, and what each refuses."""

import pytest

import sim
from sim.dispatch import build, sampler_names
from tests.helpers import Made
from theory import (
    Accumulate,
    AccumulateSubsample,
    FreshReal,
    LinearRegression,
    Replace,
    ReplaceGrowing,
    by_count,
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
