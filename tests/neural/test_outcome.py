"""Runs in folders as a user reads, draws and compares them; folders that are none; differences paired by seeds."""

import csv
import json
from dataclasses import fields
from fractions import Fraction
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from neural import picture as of_picture
from neural.__main__ import KINDS
from neural.directory import RunDirectory
from neural.outcome import Outcome, differences, differing, read_run
from neural.picture import plot
from neural.results_command import together
from tests.helpers import command, refused
from theory import Accumulate, Pool, Replace, SlidingWindow, gain
from theory.measurement import Measurement, errors_to_a_side

LOSSES = {
    "replace": np.array([[1.0, 1.5, 2.0], [1.2, 1.6, 2.3], [0.9, 1.5, 2.2]]),
    "accumulate": np.array([[1.0, 1.2, 1.3], [1.2, 1.3, 1.4], [0.9, 1.2, 1.2]]),
}


def configured(workflow="replace", **changes):
    usual = {"kind": "transformer", "workflow": workflow, "parameters": {}, "iterations": 3, "seeds": 3, "seed": 0}
    return usual | {"data": "grammar"} | changes


def write(path, losses, **changes):
    """A run directory as a run leaves it, with these losses by seed and iteration."""
    directory = RunDirectory(path, configured(**changes), resume=False)
    with directory.held():
        directory.start()
        for n, values in enumerate(losses.T, 1):
            directory.record(n, {"test_loss": values, "entropy": 2 - values})
    return path


@pytest.fixture
def runs(tmp_path):
    for name, losses in LOSSES.items():
        write(tmp_path / name, losses, workflow=name)
    return tmp_path


def test_a_run_is_read_as_it_was_recorded(runs):
    run = read_run(runs / "replace")
    np.testing.assert_array_equal(run.by_seed("test_loss"), LOSSES["replace"])
    found = run.table()
    np.testing.assert_allclose(found["value"], LOSSES["replace"].mean(0))
    np.testing.assert_allclose(found["standard_error"], LOSSES["replace"].std(0, ddof=1) / 3**0.5)
    assert set(found["replicates"]) == {3}
    assert set(run.table("entropy", "test_loss")["quantity"]) == {"entropy", "test_loss"}


def test_a_metric_that_there_is_not_says_which_there_are(runs):
    with pytest.raises(ValueError, match="no metric 'entropi'; it has test_loss, entropy; did you mean entropy"):
        read_run(runs / "replace").by_seed("entropi")


@pytest.mark.parametrize(
    ("given", "expected"),
    [(("sliding-window", {"k": "2"}), SlidingWindow(2)), (("accumulate", {}), Accumulate()), (("mine", {}), None)],
)
def test_the_workflow_is_that_of_the_configuration(given, expected):
    name, parameters = given
    losses = LOSSES["replace"]
    run = Outcome(Path("a"), configured(name, parameters=parameters), {"test_loss": losses})
    assert run.workflow == expected


def test_the_workflow_has_the_sizes_that_are_given_and_edited_it_is_none():
    run = Outcome(Path("a"), configured("accumulate", sizes="1,2,1/2,1"), {"test_loss": LOSSES["replace"]})
    assert run.workflow is not None
    assert [run.workflow.size(Pool(j)) for j in (1, 2, 3)] == [1, 2, Fraction(1, 2)]
    assert run.alike["parameters"] == "sizes=1,2,1/2,1"
    for changes in ({"edited": "1/5"}, {"edited": "1/5", "fading": "1/2"}):
        assert Outcome(Path("a"), configured(**changes), {"test_loss": LOSSES["replace"]}).workflow is None


def test_differences_are_paired_by_seeds(runs):
    one, other = (read_run(runs / name) for name in LOSSES)
    shift = LOSSES["accumulate"] - LOSSES["replace"]
    found = differences(other, one, "test_loss")
    np.testing.assert_allclose([each.mean for each in found], shift.mean(0))
    np.testing.assert_allclose([each.standard_error for each in found], shift.std(0, ddof=1) / 3**0.5)
    # unpaired, the interval at model 2 would be wider: the scatter of the seeds is common to both
    unpaired = np.hypot(*(losses[:, 1].std(ddof=1) / 3**0.5 for losses in LOSSES.values()))
    assert found[1].standard_error < 0.7 * unpaired


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": "text"}, "not measured alike: they have data grammar and text"),
        ({"kind": "vae"}, "kind transformer and vae"),
        ({"seed": 1}, "seed 0 and 1"),
        ({"vocabulary": 300}, "vocabulary None and 300"),
        ({"learning_rate": 1.0}, None),
        ({"workflow": "accumulate"}, None),
    ],
)
def test_what_is_not_measured_alike_is_not_compared(changes, message):
    one, other = (
        Outcome(Path(n), c, {"test_loss": LOSSES["replace"]})
        for n, c in (("a", configured()), ("b", configured(**changes)))
    )
    found = differing(one, other)
    assert found is None if message is None else message in (found or "")


#: Fields of configurations that say how a model is made and sampled from, and not what it is measured on or by.
NOT_MEASURED_BY = (
    "workflow parameters iterations seeds epochs steps batch_size learning_rate warmup clip chunk sample_batch until "
    "validation check_every patience most_steps weight_decay averaging accept sizes edited fading cache stories "
    "temperature style positions width layers heads hidden precision test_batch first_steps images latent features "
    "halvings samples skip_broken conformations sampler sampler_steps"
).split()


def test_every_field_is_one_that_metrics_are_measured_by_or_is_not():
    every = {"kind", "workflow", "parameters"} | {
        field.name for kind in KINDS.values() for field in fields(kind.presets["smoke"])
    }
    assert set(NOT_MEASURED_BY) < every
    for name in every:
        one, other = (Outcome(Path(n), configured(**{name: n}), {"test_loss": LOSSES["replace"]}) for n in ("a", "b"))
        told = differing(one, other)
        expected = None if name in NOT_MEASURED_BY else f"a and b are not measured alike: they have {name} a and b."
        assert told == expected


def test_one_seed_has_no_interval():
    one = Outcome(Path("a"), configured(), {"test_loss": LOSSES["replace"][:1]})
    three = Outcome(Path("b"), configured(), {"test_loss": LOSSES["replace"]})
    for first, second in ((one, one), (one, three), (three, one)):
        assert "need two seeds" in (differing(first, second) or "")
    assert one.table()["standard_error"] == [None] * 3
    assert not plot(one).axes[0].containers


def test_compare_says_what_is_higher(capsys, runs):
    ran = command(capsys, "neural", f"compare {runs / 'replace'} {runs / 'accumulate'}")
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert "accumulate) less " in lines[0]
    assert [line.split(": ")[-1].split("/")[-1] for line in lines[1:-1]] == [
        "the same",
        "accumulate is lower",
        "accumulate is lower",
    ]
    found = command(capsys, "neural", f"compare {runs / 'replace'} {runs / 'accumulate'} --json").json
    assert found["verdict"] == ["the same", "lower", "lower"]
    assert found["holds_at_all_at_once"] == [False, True, True]
    assert lines[-1].endswith("of all 3 at once, by Holm's rule, those of 2, 3 hold")
    assert [found[name] for name in ("metric", "seeds", "workflows")] == ["test_loss", 3, list(LOSSES)]
    assert found["runs"] == [str(runs / name) for name in LOSSES]
    shift = LOSSES["accumulate"] - LOSSES["replace"]
    error = stats.sem(shift)
    np.testing.assert_allclose(found["difference"], shift.mean(0))
    np.testing.assert_allclose(found["standard_error"], error, atol=1e-15)
    # the 97.5 % quantile of Student's t with two degrees is 4.303
    np.testing.assert_allclose(found["low"], shift.mean(0) - 4.302653 * error, rtol=1e-6)
    np.testing.assert_allclose(found["high"], shift.mean(0) + 4.302653 * error, rtol=1e-6)
    told = [f"{found[name][2]:+.6g}" for name in ("difference", "low", "high")]
    assert lines[0] == (
        f"test_loss: {runs / 'accumulate'} (accumulate) less {runs / 'replace'} (replace), paired over 3 seeds, "
        "with 95% intervals of each difference by Student's t"
    )
    assert lines[1] == "   1  +0 (+0 to +0): the same"
    assert lines[3] == "   3  {} ({} to {}): {} is lower".format(*told, runs / "accumulate")
    back = command(capsys, "neural", f"compare {runs / 'accumulate'} {runs / 'replace'}").out.splitlines()
    assert back[3].endswith(f"{runs / 'replace'} is higher")
    entropy = command(
        capsys, "neural", f"compare {runs / 'replace'} {runs / 'accumulate'} --metric entropy --json"
    ).json
    np.testing.assert_allclose(entropy["difference"], -shift.mean(0))


def test_what_holds_at_all_at_once_is_less_than_each_by_itself():
    assert together([Measurement(2.1, 1.0), Measurement(2.0, 1.0)]) == [False, False]
    assert together([Measurement(2.1, 1.0), Measurement(-2.3, 1.0), Measurement(0.0)]) == [False, False, False]
    assert together([Measurement(2.1, 1.0), Measurement(-2.3, 1.0)]) == [True, True]


def test_compare_does_not_tell_apart_what_the_intervals_do_not(capsys, tmp_path):
    for name, losses in (("a", LOSSES["replace"]), ("b", LOSSES["replace"][[1, 2, 0]])):
        write(tmp_path / name, losses)
    found = command(capsys, "neural", f"compare {tmp_path / 'a'} {tmp_path / 'b'} --json").json
    assert set(found["verdict"]) == {"not told apart"}


@pytest.mark.parametrize("action", ["plot {}", "compare {} {}"])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("replce", "is not there; give the folder of a run, as --run-dir named it; did you mean"),
        ("notes.txt", "is a file; give the folder of a run"),
        ("empty", "holds no run; give the folder of one"),
        ("begun", "no iteration is done yet; go on with it by --resume"),
        ("changed", "is damaged: its content does not match its checksum"),
    ],
)
def test_a_folder_that_is_no_run(capsys, runs, monkeypatch, action, name, message):
    monkeypatch.chdir(runs)
    (runs / "notes.txt").touch()
    (runs / "empty").mkdir()
    directory = RunDirectory(runs / "begun", configured(), resume=False)
    with directory.held():
        directory.start()
        directory.write_sample("model-1.txt", b"")
    write(runs / "changed", LOSSES["replace"])
    table = runs / "changed" / "metrics.csv"
    table.write_text(table.read_text().replace("1.5", "1.4"))
    refused(command(capsys, "neural", action.format(name, "replace")), "python -m neural", message)
    assert not list(runs.glob("*.png"))


def test_a_run_that_was_killed_is_shown_as_far_as_it_came(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "killed", LOSSES["replace"][:, :2])
    ran = command(capsys, "neural", "plot killed --output killed.csv")
    assert (ran.status, ran.out) == (0, "killed.csv\n")
    assert "killed: 2 of 3 iterations are done" in ran.err
    with Path("killed.csv").open(newline="") as file:
        assert [row["iteration"] for row in csv.DictReader(file)] == ["1", "2"]


def test_numbers_of_all_runs_are_in_one_file(capsys, runs):
    output = runs / "both.csv"
    ran = command(capsys, "neural", f"plot {runs / 'replace'} {runs / 'accumulate'} --metric entropy --output {output}")
    assert (ran.status, ran.err) == (0, "")
    with output.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["workflow"], row["iteration"]) for row in rows] == [(name, n) for name in LOSSES for n in "123"]
    assert {(row["quantity"], row["data"], row["task"]) for row in rows} == {("entropy", "grammar", "transformer")}
    means = np.concatenate([2 - losses.mean(0) for losses in LOSSES.values()])
    np.testing.assert_allclose([float(row["value"]) for row in rows], means)


def test_plot_leaves_files_among_the_folders_out(capsys, runs, monkeypatch):
    monkeypatch.chdir(runs)
    Path("notes.txt").touch()
    ran = command(capsys, "neural", "plot replace notes.txt accumulate --metric entropy")
    assert (ran.status, ran.out) == (0, "entropy.png\n")
    assert ran.err == "notes.txt is a file, and left out.\n"
    refused(
        command(capsys, "neural", "plot notes.txt notes.txt"), "python -m neural", "none of the 2 is a folder; give"
    )
    again = command(capsys, "neural", "plot replace")
    assert (again.status, Path("test_loss.png").is_file()) == (0, True)
    third = command(capsys, "neural", "plot replace")
    refused(third, "python -m neural", "--output names a file; without it 'test_loss.png' is there already")


def test_the_picture_has_means_and_paired_differences(runs):
    figure = plot(*(read_run(runs / name) for name in LOSSES))
    above, below = figure.axes
    for container, losses in zip(above.containers, LOSSES.values(), strict=True):
        np.testing.assert_allclose(container[0].get_ydata(), losses.mean(0))
    shift = LOSSES["accumulate"] - LOSSES["replace"]
    np.testing.assert_allclose(below.containers[0][0].get_ydata(), shift.mean(0))
    low, high = below.containers[0][2][0].get_segments()[2][:, 1]
    assert high - low == pytest.approx(2 * errors_to_a_side(2) * shift[:, 2].std(ddof=1) / 3**0.5)
    assert [text.get_text() for text in above.get_legend().get_texts()] == ["replace: 3 seeds", "accumulate: 3 seeds"]
    assert len(above.lines) == 2  # no law: these models were not fitted until converged
    assert [axes.get_ylabel() for axes in figure.axes] == ["test loss", "difference of test loss"]
    assert [bool(axes.get_xlabel()) for axes in figure.axes] == [False, True]  # one below the other
    assert below.get_title() == f"difference from {runs / 'replace'}, paired by seeds"
    nought = [line for line in below.lines if np.asarray(line.get_ydata()).tolist() == [0, 0]]
    assert len(nought) == 1
    alone = plot(read_run(runs / "replace"), metric="entropy", measured="nats")
    assert (alone.axes[0].get_ylabel(), bool(alone.axes[0].get_xlabel())) == ("nats", True)
    assert alone.get_figheight() < figure.get_figheight()
    np.testing.assert_allclose(alone.axes[0].containers[0][0].get_ydata(), 2 - LOSSES["replace"].mean(0))


def test_differences_are_of_the_seeds_that_both_have(capsys, runs):
    write(runs / "two", LOSSES["replace"][:2])
    below = plot(read_run(runs / "two"), read_run(runs / "accumulate")).axes[1]
    shift = (LOSSES["accumulate"] - LOSSES["replace"])[:2]
    low, high = below.containers[0][2][0].get_segments()[2][:, 1]
    assert high - low == pytest.approx(2 * errors_to_a_side(1) * shift[:, 2].std(ddof=1) / 2**0.5)
    found = command(capsys, "neural", f"compare {runs / 'two'} {runs / 'accumulate'} --json").json
    assert (found["seeds"], found["workflows"]) == (2, ["replace", "accumulate"])
    assert "paired over 2 seeds" in command(capsys, "neural", f"compare {runs / 'two'} {runs / 'accumulate'}").out
    np.testing.assert_allclose(found["difference"], shift.mean(0))
    found = command(capsys, "neural", f"compare {runs / 'accumulate'} {runs / 'two'} --json").json
    assert (found["seeds"], found["workflows"]) == (2, ["accumulate", "replace"])
    np.testing.assert_allclose(found["difference"], -shift.mean(0))


def test_runs_of_other_data_have_no_differences(runs):
    write(runs / "other", LOSSES["replace"], data="text")
    assert len(plot(read_run(runs / "replace"), read_run(runs / "other")).axes) == 1


def test_two_runs_of_one_workflow_are_told_apart_by_their_folders(runs):
    write(runs / "again", LOSSES["replace"])
    figure = plot(read_run(runs / "replace"), read_run(runs / "again"))
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == [f"replace, {runs / name}: 3 seeds" for name in ("replace", "again")]
    above, below = figure.axes
    colours = [container[0].get_color() for container in above.containers]
    assert colours[0] != colours[1]
    assert below.containers[0][0].get_color() == colours[1]
    # and with a third of another workflow; where all differ in it no folder is told
    three = [read_run(runs / name) for name in ("replace", "again", "accumulate")]
    for shown, told in ((three, True), (three[:2], True), (three[1:], False), (three[:1], False)):
        frame = of_picture._told_apart(reduce(add, (run.table() for run in shown)), shown)
        assert ("run" in frame.columns) == told


def test_the_law_of_the_gain_stands_beside_converged_models():
    """Losses that obey it exactly give it back, with one excess for both runs."""
    made = {}
    for workflow in (Accumulate(), SlidingWindow(2)):
        c = np.array([float(each) for each in gain(workflow, 4)])
        losses = 2 + 0.3 * c + np.array([[-0.1], [0.1], [0.0]])
        parameters = {name: str(value) for name, value in workflow.parameters.items()}
        told = configured(workflow.command(), parameters=parameters, until="converged")
        made[workflow] = Outcome(Path(workflow.command()), told, {"test_loss": losses, "entropy": losses})
    figure = plot(*made.values())
    assert "e\\,(c_n - 1)$" in figure.axes[0].get_title()
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels[:2] == ["accumulate: law, approximation", "sliding-window, k=2: law, approximation"]
    for line, run in zip(figure.axes[0].lines, made.values(), strict=False):
        np.testing.assert_allclose(np.asarray(line.get_ydata()), run.by_seed("test_loss").mean(0))
    alone = plot(made[Accumulate()], metric="test_loss").axes
    assert len(alone) == 1
    # it is of losses alone
    other = plot(made[Accumulate()], metric="entropy").axes[0]
    assert (len(alone[0].lines), len(other.lines)) == (2, 1)


def test_one_excess_is_that_of_least_squares_for_runs_that_differ_in_the_workflow_alone():
    """Losses beside the law: means of two runs, of other lengths and seeds, by NumPy's own least squares."""
    random, made, gains, means = np.random.default_rng(5), [], [], []
    for workflow, iterations, seeds in ((Accumulate(), 5, 3), (Replace(), 3, 2)):
        c = np.array([float(each) for each in gain(workflow, iterations)])
        losses = 2 + 0.3 * c + random.normal(scale=0.1, size=(seeds, iterations))
        told = configured(workflow.command(), until="converged", iterations=iterations, seeds=seeds)
        made.append(Outcome(Path(workflow.command()), told, {"test_loss": losses}))
        gains.append(c - 1)
        means.append(losses.mean(0))
    rises = np.concatenate([mean - mean[0] for mean in means])
    (excess,), *_ = np.linalg.lstsq(np.concatenate(gains)[:, None], rises, rcond=None)
    lines = plot(*made).axes[0].lines
    for line, mean, grown in zip(lines, means, gains, strict=False):
        np.testing.assert_allclose(np.asarray(line.get_ydata()), mean[0] + excess * grown)
    # of another learning rate it is another one
    made[1] = Outcome(made[1].path, {**made[1].configuration, "learning_rate": 1.0}, made[1].metrics)
    alone = (means[1] - means[1][0]) @ gains[1] / (gains[1] @ gains[1])
    assert abs(alone / excess - 1) > 0.01
    np.testing.assert_allclose(np.asarray(plot(*made).axes[0].lines[1].get_ydata()), means[1][0] + alone * gains[1])


@pytest.mark.parametrize(("metric", "label"), [("test_loss", "test cross-entropy, nats a token"), ("entropy", "")])
def test_what_a_metric_is_is_told_of_the_loss_alone(metric, label, runs, capsys, monkeypatch):
    asked = {}

    def noted(*runs, **options):
        asked.update(options)
        return plot(*runs, **options)

    monkeypatch.setattr(of_picture, "plot", noted)
    ran = command(capsys, "neural", f"plot {runs / 'replace'} --metric {metric} --output {runs / 'plot.svg'}")
    assert ran.status == 0, ran.err
    assert asked == {"metric": metric, "measured": label}


def test_nothing_to_draw():
    with pytest.raises(ValueError, match="nothing to draw"):
        plot()


def test_a_file_that_cannot_be_written(capsys, runs):
    ran = command(capsys, "neural", f"plot {runs / 'replace'} --output {runs / 'plot.xlsx'}")
    refused(ran, "python -m neural", "file that ends in .csv, .json or .parquet")
    assert json.loads((runs / "replace" / "configuration.json").read_text())["workflow"] == "replace"
