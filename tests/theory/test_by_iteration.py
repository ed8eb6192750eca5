"""Laws as tables by iteration: the same columns everywhere, and the numbers of `evaluate`."""

import csv
import json

import numpy as np
import pytest

from tests.helpers import command, refused
from theory import (
    Accumulate,
    AccumulateSubsample,
    Categorical,
    FreshReal,
    Generator,
    LinearRegression,
    Poisson,
    Replace,
    SlidingWindow,
    generated,
    law,
)
from theory.by_iteration import LEADING, TRAILING, by_iteration, of_population

FIXED = LinearRegression(design="fixed")


def test_columns_are_the_documented_ones():
    found = law(FIXED, SlidingWindow(2)).table(3, T=100, d=32)
    assert tuple(found.columns) == (*LEADING, "design", "T", "d", "sigma", *TRAILING)
    assert found.rows()[1] == {
        "source": "law",
        "task": "regression",
        "quantity": "test_error",
        "workflow": "sliding-window",
        "parameters": "k=2",
        "generator": None,
        "design": "fixed",
        "T": 100,
        "d": 32,
        "sigma": 1.0,
        "iteration": 2,
        "value": pytest.approx(1.25 * 32 / 67),
        "standard_error": None,
        "replicates": None,
        "validity": "exact",
    }


@pytest.mark.parametrize(
    ("task", "own"),
    [
        (
            LinearRegression(design="fixed", T=9, d=2, ridge=0.1),
            {"design": "fixed", "T": 9, "d": 2, "sigma": 1.0, "ridge": 0.1, "scaled": True, "signal": 1.0},
        ),
        (Categorical(p=(0.5, 0.25, 0.25), T=9), {"p": "0.5,0.25,0.25", "T": 9}),
    ],
    ids=str,
)
def test_a_task_has_its_choices_its_numbers_and_then_its_details(task, own):
    found = law(task, Accumulate()).table(2)
    assert tuple(found.columns) == (*LEADING, *own, *TRAILING)
    assert [{name: row[name] for name in own} for row in found] == [own, own]


def test_a_law_that_is_not_exact_brings_its_estimates():
    of = law(LinearRegression(design="fresh", T=100, d=32), AccumulateSubsample())
    found = of.table(6)
    estimates = of.estimates(6)
    assert len(estimates) > 1
    assert list(dict.fromkeys(found["validity"])) == list(estimates)
    for validity, values in estimates.items():
        assert found.where(validity=validity)["value"] == values.tolist()


def test_a_generator_is_named():
    of = generated(Replace(), Generator(bias=1, temperature="1/2"), design="fixed")
    found = of.table(4, T=50, d=3)
    assert set(found["generator"]) == {"Generator(temperature=1/2, bias=1)"}
    np.testing.assert_array_equal(found["value"], of.evaluate(T=50, d=3, n=range(1, 5)))


def test_details_and_several_numbers_are_columns():
    ridge = LinearRegression(design="fresh", T=50, d=10, ridge=0.1)
    assert set(law(ridge, Replace()).table(2)["ridge"]) == {0.1}
    found = law(Categorical(T=20, p=(0.5, 0.25, 0.25)), Replace()).table(2)
    assert set(found["p"]) == {"0.5,0.25,0.25"}


def test_a_population_is_told_as_one():
    told = of_population("simulation", FIXED, "test_error", {"T": 9, "d": 2, "sigma": 1.0})
    alike = ["simulation", "regression", "test_error", "population", None, None]
    assert list(told.items()) == [
        *zip(LEADING, alike, strict=True),
        *{"design": "fixed", "T": 9, "d": 2, "sigma": 1.0}.items(),
    ]


def test_parameters_that_are_left_out_are_not_told():
    found = law(FIXED, FreshReal()).table(1, T=9, d=2) + law(FIXED, FreshReal(2, "1/4")).table(1, T=9, d=2)
    assert found["parameters"] == ["synthetic_ratio=1", "synthetic_ratio=2, weight=1/4"]


def test_what_is_infinite_is_not_what_is_missing():
    found = by_iteration({}, np.array([1, np.inf, np.nan]), standard_error=np.array([np.inf, np.nan, 0.5]))
    assert (found["value"], found["standard_error"]) == ([1, np.inf, None], [np.inf, None, 0.5])


def test_a_parameter_called_mean_keeps_its_column():
    of = law(Poisson(T=20, mean=3), Replace())
    found = of.table(2)
    assert (found["mean"], found["value"]) == ([3.0, 3.0], of.evaluate(n=[1, 2]).tolist())


def test_frames_of_different_tasks_are_put_together():
    both = law(FIXED, Accumulate()).table(2, T=9, d=2) + law(Poisson(T=20, mean=3), Replace()).table(1)
    assert (both["d"], both["mean"]) == ([2, 2, None], [None, None, 3.0])


@pytest.mark.parametrize(
    ("numbers", "message"),
    [({"T": 100}, "needs numbers for d"), ({"T": 9, "d": 9}, "T >="), ({"T": 100, "d": 3, "k": 2}, "no parameter k")],
)
def test_missing_and_wrong_numbers(numbers, message):
    with pytest.raises(ValueError, match=message):
        law(FIXED, Replace()).table(3, **numbers)


@pytest.mark.parametrize("iterations", [0, -1])
def test_iterations_are_counted_from_one(iterations):
    with pytest.raises(ValueError, match="iterations"):
        law(FIXED, Replace()).table(iterations, T=9, d=2)


def test_the_command_writes_what_it_prints(capsys, tmp_path):
    line = "accumulate --design fresh --T 50 --d 4 --iterations 5 --json"
    ran = command(capsys, "theory", f"{line} --output {tmp_path / 'law.csv'}")
    assert (ran.status, ran.err) == (0, "")
    with (tmp_path / "law.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["value"]) for row in rows] == ran.json["values"]
    assert [row["iteration"] for row in rows] == ["1", "2", "3", "4", "5"]


def test_the_command_under_a_generator(capsys, tmp_path):
    line = f"replace --design fixed --T 50 --d 4 --bias 1 --iterations 3 --json --output {tmp_path / 'law.json'}"
    ran = command(capsys, "theory", line)
    assert [row["value"] for row in json.loads((tmp_path / "law.json").read_text())] == ran.json["values"]


def test_the_table_of_laws_is_a_file_too(capsys, tmp_path):
    ran = command(capsys, "theory", f"table --task bernoulli --json --output {tmp_path / 'laws.json'}")
    assert json.loads((tmp_path / "laws.json").read_text()) == ran.json


@pytest.mark.parametrize("option", ["--output law.csv", "--plot law.png"])
def test_a_file_needs_numbers(capsys, option):
    ran = command(capsys, "theory", f"accumulate --design fixed {option}")
    refused(ran, "python -m theory", f"{option.split()[0]} needs numbers: give --T and --d too")
