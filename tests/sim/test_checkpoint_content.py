"""What a checkpoint holds: all statistics, and all that tells one task from another."""

import json
from typing import Any

import numpy as np
import pytest

import sim
from sim import checkpoint
from sim.statistics import RunningStatistics
from theory import Estimator, Replace, Spectrum
from theory.tasks.estimator.task import x

TASK = sim.LinearRegression(T=9, d=2, design="fresh")


def told(task):
    return checkpoint.configuration(task, task.quantities[0], Replace(), {"iterations": 2})


def test_what_is_kept_comes_back(tmp_path):
    """A number that is lost, and one that is 0, among them."""
    found, rows = RunningStatistics(2), np.random.default_rng(1).exponential(size=(50, 2))
    rows[:3, 1], rows[4, 0] = np.nan, 0.0
    found.add(rows)
    state = checkpoint.Checkpoint(tmp_path / "state", Replace(), told(TASK))
    state.save(found, at_once=True)
    back = state.load(2, has_quantiles=True)
    for name in ("count", "mean", "squares", "lost"):
        np.testing.assert_array_equal(getattr(back.moments, name), getattr(found.moments, name))
    assert found.lost.tolist() == [0, 3]
    (lowest, counts), (expected, of) = back.histogram.arrays(), found.histogram.arrays()
    assert (lowest, counts.tolist()) == (expected, of.tolist())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, None),
        ({"lost": np.array([1, 10])}, None),
        ({"lost": np.array([1, 11])}, "less than none, or more than all"),
        ({"lost": np.array([-1, 0])}, "less than none, or more than all"),
        ({"counts": np.array([[3], [0]])}, "do not add up"),
        ({"squares": np.array([1.0, -1.0])}, "squares is not finite, or negative"),
    ],
)
def test_statistics_without_quantiles_are_looked_at_too(changes, message):
    """Their means may be below 0, and they have no histogram that would not add up."""
    saved = {
        "count": np.array(10),
        "mean": np.array([-1.0, 2.0]),
        "squares": np.array([1.0, 0.0]),
        "lost": np.array([0, 0]),
        "lowest": np.array(0),
        "counts": np.zeros((2, 0), np.int64),
    }
    found = checkpoint._objection(saved | changes, 2, has_quantiles=False)
    assert found is None if message is None else message in str(found)


def estimator(code: int = 0, default=1.0, keyword=1.0, held=1.0):
    """A mean of rows and weights, made anew each time."""

    def mean(rows, weights, times=default, *, shift=keyword):
        return times * (weights @ rows) + shift + held

    def other(rows, weights, times=default, *, shift=keyword):
        return times * (weights @ rows) - shift + held

    other.__qualname__ = mean.__qualname__
    return (mean, other)[code]


def regressions():
    """One, and others of which each differs in a number of its covariance or its spectrum alone."""
    for variances in ((1.0, 2.0), (1.0, 3.0), (2.0, 1.0)):
        yield sim.LinearRegression(9, 2, design="fresh", covariance=np.diag(variances))
    parts = {"values": (1.5, 0.5), "multiplicities": (1, 1), "energies": (0.4, 0.6)}
    for changed in ({}, {"values": (1.5, 0.6)}, {"multiplicities": (1, 2)}, {"energies": (0.6, 0.4)}):
        spectrum = Spectrum(**(parts | changed))
        yield sim.LinearRegression(9, spectrum.d, design="fresh", ridge=1.0, spectrum=spectrum)


def test_tasks_are_told_apart_by_all_that_they_hold():
    ways: tuple[Any, ...] = ({}, {"code": 1}, {"default": 2.0}, {"keyword": 2.0}, {"held": 2.0})
    first, again = (
        [
            json.dumps(told(task), sort_keys=True)
            for task in (*regressions(), *(Estimator(x, estimator(**way), 9) for way in ways))
        ]
        for _ in range(2)
    )
    assert first == again
    assert len(set(first)) == len(first)
