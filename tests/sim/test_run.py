import functools
import importlib
import re
import sys
from types import SimpleNamespace

import jax
import jax.random as jr
import numpy as np
import pytest

import sim
import theory
from sim.blocks import Blocks
from sim.rounds import Stopped
from sim.run import Interrupted, available_memory
from sim.statistics import RunningStatistics
from tests.sim.build import build
from theory import Accumulate, Replace

pytestmark = pytest.mark.usefixtures("quickly_compiled")  # few replicates, of many programs

TASK = sim.LinearRegression(T=40, d=4, design="fresh")


def simulate(**changes):
    options = {"iterations": 4, "replicates": 1500, "key": jr.key(3)} | changes
    return sim.run(options.pop("task", TASK), options.pop("workflow", Accumulate()), **options)


@functools.cache
def usual():
    """The run that others are held against."""
    return simulate()


def replicates(workflow, count):
    """The test errors that `simulate` averages, (count, 4)."""
    sampler, _ = build("auto", TASK, workflow, 4)
    blocks = Blocks(sampler, jr.key(3))
    return np.concatenate(list(blocks(0, -(-count // blocks.size))))[:count]


def test_same_key_same_digits_whatever_the_batch_size():
    first = usual().test_error
    for size in (7, 5000):
        other = simulate(batch_size=size).test_error
        assert (other.mean == first.mean).all()
        assert (other.standard_error == first.standard_error).all()
        for level, values in other.quantiles.items():
            assert (values == first.quantiles[level]).all()
    assert (simulate(key=jr.key(4)).test_error.mean != first.mean).all()


def test_a_replicate_depends_on_its_index_alone():
    errors = replicates(Accumulate(), 2000)
    assert len(np.unique(errors[:, 0])) == 2000
    for count in (1, 2, 1500):
        np.testing.assert_allclose(simulate(replicates=count).test_error.mean, errors[:count].mean(0), rtol=1e-12)


def test_a_run_needs_to_know_when_to_stop():
    with pytest.raises(ValueError, match="needs replicates, a number of chains, or relative_error"):
        simulate(replicates=None)
    with pytest.raises(ValueError, match="relative_error is a share of the mean"):
        simulate(relative_error=2.0)
    with pytest.raises(ValueError, match=r"variance is infinite .* Ask for a number of replicates"):
        simulate(task=sim.LinearRegression(T=6, d=4, design="fresh"), relative_error=0.1)


def test_it_stops_at_a_relative_error():
    run = simulate(replicates=None, relative_error=0.002)
    assert (run.sampler, run.test_error.quantiles) == ("conditional", {})
    assert "no quantiles; with quantiles=True (--quantiles) a run has them" in run.note
    reached = run.test_error.standard_error / run.test_error.mean
    assert 0.0014 < reached.max() <= 0.002  # not far beyond what was asked
    same = simulate(replicates=run.replicates, sampler=run.sampler)
    assert (same.test_error.mean == run.test_error.mean).all()
    most = simulate(replicates=2000, relative_error=1e-4)
    assert most.replicates == 2000
    reached = (most.test_error.standard_error / most.test_error.mean).max()
    assert f"After 2,000 replicates the standard error is still {reached:.2%} of the mean." in most.note


@pytest.mark.slow
def test_float32_and_float64_agree_far_below_the_noise():
    task = sim.LinearRegression(T=60, d=10, design="fresh")
    for sampler, workflow in (("wishart", Accumulate()), ("radial", Replace()), ("conditional", Accumulate())):
        single, double = (
            simulate(task=task, workflow=workflow, sampler=sampler, precision=p, replicates=20_000)
            for p in ("float32", "float64")
        )
        assert (single.precision, double.precision) == ("float32", "float64")
        for run in (single, double):
            assert sim.compare(run, theory.linear.test_error(workflow, design="fresh")).verdict == "agree"
        assert (single.test_error.mean != double.test_error.mean).all()


def test_the_precision_is_chosen_by_what_it_costs():
    chosen = {
        ("auto", 200): "float32",
        ("literal", 200): "float64",
        ("auto", 20): "float64",
    }
    for (sampler, T), precision in chosen.items():
        task = sim.LinearRegression(T=T, d=10, design="fresh")
        chain, name = build(sampler, task, Accumulate(), 4)
        assert (name, jax.eval_shape(chain, jr.key(0)).dtype) == (precision, precision)
    with pytest.raises(ValueError, match="precision must be one of float64, float32; got 'half'"):
        simulate(precision="half")


@pytest.mark.slow
def test_ill_conditioned_chains_are_refused_not_averaged():
    task = sim.LinearRegression(T=42, d=40, design="fresh")
    with pytest.raises(FloatingPointError, match=r"of \d+ chains .* too ill-conditioned for float32.* Use float64"):
        simulate(task=task, precision="float32", sampler="wishart")
    assert simulate(task=task, precision="float64", sampler="wishart").replicates == 1500
    skewed = np.diag([1.0, 1.0]) + np.full((2, 2), 1e8)
    task = sim.LinearRegression(T=30, d=2, design="fresh", covariance=skewed)
    with pytest.raises(FloatingPointError, match="leave the covariance out, which changes no law"):
        simulate(task=task, precision="float32", sampler="literal")


@pytest.mark.parametrize(("may_fail", "chains"), [("", 3), ("a fit may have no maximum", 1)])
def test_chains_that_are_ill_conditioned_are_counted_once_each(may_fail, chains, monkeypatch):
    numbers = np.ones((7, 4))
    numbers[1, 1:], numbers[4, 3], numbers[6, 2:] = np.nan, np.nan, np.inf
    sampler, _ = build("auto", TASK, Accumulate(), 4)
    monkeypatch.setattr(type(sampler), "may_fail", may_fail)
    check = importlib.import_module("sim.run")._check_numbers
    told = f"^{chains} of 7 chains at T=40, d=4 are too ill-conditioned for float32: .* {sampler.advice}$"
    with pytest.raises(FloatingPointError, match=told):
        check(numbers, sampler, TASK, "float32")
    check(np.ones((7, 4)), sampler, TASK, "float32")


def test_fewer_iterations_are_the_start_of_more():
    short, long = simulate(iterations=2), usual()
    np.testing.assert_allclose(short.test_error.mean, long.test_error.mean[:2], rtol=1e-12)


def test_the_test_error_does_not_depend_on_sigma_but_by_scale():
    double = simulate(task=sim.LinearRegression(T=40, d=4, sigma=2.0, design="fresh"))
    np.testing.assert_allclose(double.test_error.mean, 4 * usual().test_error.mean, rtol=1e-9)


@pytest.mark.parametrize("sigma", [1e-50, 1e50])
def test_no_sigma_is_too_small_or_too_large(sigma):
    run = simulate(task=sim.LinearRegression(T=40, d=4, sigma=sigma, design="fresh"))
    np.testing.assert_allclose(run.test_error.mean, sigma**2 * usual().test_error.mean, rtol=1e-12)
    law = theory.linear.test_error(Accumulate(), design="fresh")
    assert sim.compare(run, law).verdict == "agree"


def test_quantiles_are_those_of_the_replicates():
    errors = replicates(Accumulate(), 41)
    found = simulate(replicates=41).test_error.quantiles
    assert list(found) == [0.025, 0.25, 0.5, 0.75, 0.975]
    for level, values in found.items():
        exact = np.quantile(errors, level, axis=0, method="inverted_cdf")
        np.testing.assert_allclose(values, exact, rtol=2.1e-3)


def test_progress_goes_to_standard_error(capsys):
    simulate(progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "1500/1500" in captured.err
    assert "replicate/s" in captured.err
    simulate()
    assert capsys.readouterr().err == ""


@pytest.mark.slow
@pytest.mark.parametrize("gap", [2, 3])
@pytest.mark.parametrize("design", ["fixed", "fresh"])
def test_infinite_variance_is_said(gap, design):
    task = sim.LinearRegression(T=5 + gap, d=5, design=design)
    run = simulate(task=task)
    assert np.isfinite(run.test_error.mean).all()
    assert np.isnan(run.test_error.standard_error).all()
    assert "its variance is infinite" in run.note
    comparison = sim.compare(run, theory.linear.test_error(Accumulate(), design=design))
    assert comparison.verdict == "not comparable"
    assert "quantiles need 4,000 replicates" in comparison.reason


def test_finite_variance_needs_no_note():
    run = simulate(task=sim.LinearRegression(T=9, d=5, design="fresh"))
    assert run.note == ""
    assert np.isfinite(run.test_error.standard_error).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"iterations": 2001}, "at most 2,000 iterations; got 2,001. Beyond, ask the law"),
        # the most that there may be, and what is looked at next
        ({"iterations": 2000, "replicates": 2**32, "relative_error": 2.0}, "relative_error is a share of the mean"),
        ({"iterations": 0}, "iterations must be a whole number of at least 1; got 0"),
        ({"replicates": -1}, "replicates must be a whole number of at least 1; got -1"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1; got 0"),
        ({"replicates": 2**32 + 1}, "at most 4,294,967,296 replicates"),
        (
            {"sampler": "fast"},
            "sampler must be one of auto, literal, wishart, radial, .* got 'fast'",
        ),
    ],
)
def test_counts(changes, message):
    with pytest.raises(ValueError, match=message):
        simulate(**changes)


class Told(Exception):
    """What a process tells the others."""


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"iterations": 5}, "iterations"),
        ({"replicates": 1501}, "replicates"),
        ({"key": jr.key(4)}, "key"),
        ({"sampler": "literal"}, "sampler"),
        ({"precision": "float32"}, "precision"),
        ({"relative_error": 0.1}, "relative_error"),
        ({"checkpoint": "state"}, "checkpoint"),
        ({"workflow": Replace()}, "workflow"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_processes_tell_each_other_what_must_be_alike_before_they_compute(changes, name, monkeypatch, tmp_path):
    def tell(settings):
        raise Told(settings)

    monkeypatch.setattr(importlib.import_module("sim.run"), "agree", tell)
    monkeypatch.chdir(tmp_path)
    assert simulate(replicates=1).replicates == 1  # alone it asks nobody
    monkeypatch.setattr(jax, "process_count", lambda: 2)
    told = []
    for each in ({}, changes):
        with pytest.raises(Told) as heard:
            simulate(**{"precision": "float64", "sampler": "wishart"} | each)
        told.append(heard.value.args[0])
    first, second = told
    assert (first["checkpoint"], first["replicates"]) == (False, 1500)
    assert first[name] != second[name]
    assert {key for key in first if first[key] != second[key]} <= {name, "replicates a block", "training sets"}


def found_of(lost, count=100, columns=4):
    """Statistics of so many replicates, some of which have no last number."""
    rows = np.random.default_rng(0).uniform(1, 2, (count, columns))
    rows[:lost, -1] = np.nan
    found = RunningStatistics(columns)
    found.add(rows)
    return found


@pytest.mark.parametrize(("found", "count"), [(found_of(0), 100), (found_of(6), None), (RunningStatistics(4), None)])
def test_an_interrupted_run_has_what_is_of_use(found, count, monkeypatch):
    """Nothing where there is no replicate, or where too many have no number."""

    def stop(*_, **__):
        raise Stopped(found)

    monkeypatch.setattr(sys.modules["sim.run"], "simulate", stop)
    with pytest.raises(Interrupted) as interrupted:
        simulate(sampler="literal")
    run = interrupted.value.run
    assert (run and run.replicates) == count
    assert run is None or run.note == "Interrupted after 100 replicates."


@pytest.mark.parametrize("lost", [0, 5])
def test_replicates_without_a_model_are_told_where_a_fit_may_fail(lost, monkeypatch):
    monkeypatch.setattr(sys.modules["sim.run"], "simulate", lambda *_, **__: found_of(lost))
    run = simulate(task=theory.GeneralisedLinear(T=60, d=2))
    assert run.unconverged == (0, 0, 0, lost)
    assert ("5 of 100 replicates have no model 4 (5.00%)" in run.note) == bool(lost)
    assert simulate(sampler="literal").unconverged == ()


def test_too_large_for_memory(monkeypatch):
    monkeypatch.setattr(sys.modules["sim.run"], "available_memory", lambda: 20_400_000_000)
    task = sim.LinearRegression(T=10**9, d=32, design="fixed")
    # X of 8 bytes a number, and copies on the way
    with pytest.raises(
        ValueError, match=r"T=1000000000, d=32 needs about ([\d,]+) GB for one replicate, .* Use a smaller T"
    ) as refused:
        simulate(task=task, workflow=Replace(), sampler="literal")
    needed, free = (int(text.replace(",", "")) for text in re.findall(r"([\d,]+) GB", str(refused.value)))
    assert 3 * 256 < needed < 10 * 256
    assert free == 20


@pytest.mark.parametrize(("share", "message"), [(0.81, "for one replicate, and .* are free here"), (0.79, "no folder")])
def test_four_fifths_of_the_memory_may_be_taken(share, message, monkeypatch, tmp_path):
    """What is refused next is a checkpoint in a folder that is not there."""
    needed = build("literal", TASK, Accumulate(), 4)[0].bytes_per_replicate
    monkeypatch.setattr(sys.modules["sim.run"], "available_memory", lambda: int(needed / share))
    with pytest.raises(ValueError, match=message):
        simulate(sampler="literal", checkpoint=tmp_path / "none" / "state")


@pytest.fixture
def told_of_memory(tmp_path, monkeypatch):
    """What the system says: 3,000 kB are free, and the group of processes may have so many bytes."""

    def told(group):
        texts = {
            "meminfo": "MemTotal: 9000 kB\nMemAvailable:  3000 kB\nSwapFree: 7000 kB\n",
            "memory.max": f"{group}\n",
        }
        for name, text in texts.items():
            (tmp_path / name).write_text(text)
        monkeypatch.setattr(sys.modules["sim.run"], "Path", lambda name: tmp_path / name.rpartition("/")[2])

    return told


@pytest.mark.parametrize(("group", "expected"), [("max", 3_072_000), ("1000000", 1_000_000), ("9000000", 3_072_000)])
def test_memory_is_what_is_free_on_the_machine_and_in_its_group(group, expected, told_of_memory):
    assert 2**28 < available_memory() < 2**60
    told_of_memory(group)
    assert available_memory() == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [({"bytes_limit": 123}, 123), ({"bytes_limit": 0}, 3_072_000), ({}, 3_072_000), (None, 3_072_000)],
)
def test_memory_is_what_an_accelerator_says_it_has(told, expected, told_of_memory, monkeypatch):
    told_of_memory("max")
    device = SimpleNamespace(platform="gpu", memory_stats=lambda: told)
    monkeypatch.setattr(jax, "local_devices", lambda: [device])
    assert available_memory() == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"T": 20, "d": 20}, r"test error needs T >= d \+ 2 for a finite mean; got T=20, d=20"),
        ({"T": 21, "d": 20}, r"test error needs T >= d \+ 2"),
        ({"T": (20, 0)}, "T must be whole numbers of at least 1, one an iteration; got 0 among them"),
        ({"T": ()}, "T needs a number, or one an iteration; got none"),
        ({"sigma": (1.0, -1.0)}, "sigma is a noise standard deviation"),
        ({"sigma": -1.0}, "sigma is a noise standard deviation"),
        ({"design": "both"}, "design must be 'fixed' .* got 'both'"),
        ({"covariance": np.eye(3)}, r"covariance must be .* shape \(2, 2\); got shape \(3, 3\)"),
        ({"covariance": np.array([[1.0, 2.0], [2.0, 1.0]])}, "positive definite"),
        ({"covariance": np.array([[1.0, 0.5], [0.0, 1.0]])}, "symmetric"),
    ],
)
def test_the_task_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        sim.LinearRegression(**({"T": 10, "d": 2, "design": "fresh"} | arguments))


@pytest.mark.parametrize(("T", "precision"), [(25, "float64"), (26, "float32")])
def test_float32_begins_where_training_sets_have_rows_enough(T, precision):
    # twice d + 8 = 13, whatever the workflow does later
    assert build("wishart", sim.LinearRegression(T=T, d=5, design="fresh"), Accumulate(), 4)[1] == precision
