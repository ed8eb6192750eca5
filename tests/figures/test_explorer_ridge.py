"""The explorer with a ridge, and of least norm where rows are fewer than features, against the laws of theory."""

import json
from functools import cache

import numpy as np
import pytest

from figures.explorer import script
from tests.engines import in_quickjs
from tests.figures.test_explorer import USUAL, cases
from theory import LinearRegression, law as law_of
from theory.linear import DESIGNS
from theory.tasks.regression import ridge_limit
from theory.tasks.regression.ridge import Ridge

pytestmark = pytest.mark.slow

#: With regression alone.
page_script = cache(script)


def settings_with_ridges():
    """At random: a third without a ridge, a third with one that does not grow with the rows; rows more and fewer."""
    drawn = np.random.default_rng(20)
    for index in range(9):
        d = int(drawn.integers(3, 40))
        ridge = [0.0, float(drawn.uniform(0.05, 3))][index % 3 > 0]
        T = int(drawn.integers(1, d - 1) if index % 2 or ridge == 0 else drawn.integers(d + 2, 4 * d))
        sigma, signal = (float(value) for value in drawn.uniform(0.2, 2, 2))
        yield {"T": T, "d": d, "sigma": sigma, "ridge": ridge, "signal": signal, "unscaled": index % 3 == 1, "n": 6}
    # two pools have as many rows as there are features, less one
    yield {"T": 5, "d": 11, "sigma": 1.5, "ridge": 0.0, "signal": 0.8, "unscaled": False, "n": 6}


def with_a_ridge(workflow, design, setting):
    """What Python has: the exact law of least norm; with a ridge the limit d/T -> gamma, by the master equation."""
    ridge = Ridge(setting["ridge"], not setting["unscaled"], setting["signal"], None)
    numbers, n = {name: setting[name] for name in ("T", "d", "sigma")}, np.arange(1, 7)
    if setting["ridge"]:
        return ridge_limit.errors(workflow, design, ridge, numbers, n)
    task = LinearRegression(numbers["T"], numbers["d"], design=design, ridge=0.0, signal=setting["signal"])
    return law_of(task, workflow).evaluate(n=n, sigma=numbers["sigma"])


def test_every_law_with_a_ridge_and_of_least_norm_is_that_of_python(tmp_path):
    asked, wanted, absent = [], [], []
    for setting in settings_with_ridges():
        for design in DESIGNS:
            for name, values, workflow in cases():
                if values not in ({}, {"k": 2}, {"w": 0.3}, {"s": 2}, {"s": 2, "w": 0.6}):
                    continue
                question = ["regression", name, design, {**setting, **values}]
                run = name in {"Replace", "Accumulate", "ReplaceGrowing"}
                grows = setting["ridge"] and not setting["unscaled"]
                there = run and not (name == "Accumulate" and design == "fresh" and grows)
                if there or (design == "fixed" and setting["ridge"] == 0 and name != "AccumulateSubsample"):
                    asked.append(question)
                    wanted.append(with_a_ridge(workflow, design, setting))
                else:
                    absent.append(question)
    computed = f"{json.dumps(asked)}.map((each) => curve(...each).map(String))"
    found = in_quickjs(page_script(), computed, tmp_path)
    found = np.array([[float(value.replace("Infinity", "inf")) for value in each] for each in found])
    np.testing.assert_allclose(found, np.array(wanted), rtol=1e-9)
    assert np.isinf(found).any()  # across the peak
    assert len(asked) > 50
    none = in_quickjs(page_script(), f"{json.dumps(absent)}.map((each) => law(...each))", tmp_path)
    assert none == [None] * len(absent)


@pytest.mark.parametrize(
    ("families", "change", "said"),
    [
        (
            ["Replace", "Accumulate"],
            {"ridge": 1},
            "With a ridge the page has no formula for Accumulate (fresh); python",
        ),
        (["Replace", "Accumulate"], {"ridge": 1, "unscaled": True}, ""),
        (["FixedReal(w)"], {"ridge": 1}, "no formula for FixedReal(w); python"),
        (
            ["Replace", "FixedReal(w)"],
            {"T": 20},
            "With fewer rows than features the page has no formula for FixedReal(w) (",
        ),
        (["Replace"], {"T": 20, "bias": 1}, "has no formula at this temperature and bias for Replace."),
        (["Replace"], {"bias": 1}, ""),
        (
            ["AccumulateSubsample"],
            {"bias": 1},
            "At this temperature and bias there is no formula for AccumulateSubsample.",
        ),
    ],
)
def test_what_is_not_drawn_is_said(families, change, said, tmp_path):
    asked = f"missing('regression', {families}, {list(DESIGNS)}, {json.dumps(USUAL | change)})"
    found = in_quickjs(page_script(), asked, tmp_path)
    assert said in found
    assert bool(said) == bool(found)
