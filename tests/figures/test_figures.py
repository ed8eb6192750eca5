"""The figures: what they draw, that they are the same bytes twice, and that a killed run leaves nothing half."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import theory
from figures import catalogue, designs, linear_a, linear_b
from figures.linear import curves
from figures.style import COLOUR, save, style
from paper_repro import sweep
from paper_repro.gerstgrasser2024 import linear
from tests.helpers import command, refused
from theory import WORKFLOWS

ROOT = Path(__file__).parents[2]


@cache  # of the same workflow at several noises and sizes
def law_of(workflow, design):
    return theory.linear.test_error(workflow, design=design)


def table(sweep):
    """A table as `sweep.run` makes it, its numbers made up around the law."""
    rows = []
    for one in sweep.simulations:
        exact = law_of(one.workflow, one.design).evaluate(
            T=one.T, d=one.d, sigma=one.sigma, n=range(1, sweep.iterations + 1)
        )
        for iteration, value in enumerate(exact, 1):
            row = {"workflow": one.workflow.command(), "design": one.design, "T": one.T, "d": one.d}
            row |= {"sigma2": one.sigma2, "iteration": iteration, "replicates": sweep.replicates}
            row |= {"mean": value * 1.01, "standard_error": value / 100, "low": value / 2, "high": value * 2}
            rows.append({name: str(entry) for name, entry in row.items()})
    return rows


@pytest.fixture(scope="module")
def tables():
    return {module: table(module.SWEEP) for module in (linear_a, linear_b, designs)}


@pytest.fixture(scope="module")
def drawn(tables):
    """Each figure, drawn once for all tests that look at it."""

    @cache
    def plot(module):
        with style():
            return module.plot(tables[module])

    return plot


def test_experiments_are_the_papers():
    a, b = linear.LINEAR_A, linear.LINEAR_B
    assert {str(s.sigma2) for s in a.simulations} == {"1/10", "1", "10"}
    assert a.iterations == 10
    # the published slope: 35.2 an iteration at sigma^2 = 10
    assert {10 * s.d / (s.T - s.d - 1) for s in a.simulations} == {35.2}
    assert {(s.T, s.d) for s in b.simulations} == {(100, 32), (316, 32), (1000, 32)}
    assert {float(s.sigma2) for s in b.simulations} == {0.01, 0.1, 1, 10, 100}
    assert b.iterations == 50
    assert {s.design for s in a.simulations + b.simulations} == {"fixed"}
    for each in (a, b, linear.DESIGNS):
        assert each.replicates >= 1000


@pytest.mark.slow
@pytest.mark.parametrize("module", [linear_a, linear_b, designs], ids=lambda m: m.SWEEP.name)
def test_every_law_and_mean_is_drawn(module, tables, drawn):
    lines = [line.get_ydata() for axes in drawn(module).axes for line in axes.lines]
    expected = curves(tables[module])
    assert len(expected) == len(module.SWEEP.simulations)
    for curve in expected:
        np.testing.assert_allclose(curve.max_abs_z, 1, rtol=1e-9)
        for values in (curve.mean, curve.exact):
            assert any(len(line) == len(values) and np.array_equal(line, values) for line in lines)


@pytest.mark.slow
def test_captions_say_what_a_reader_must_know(drawn):
    def text(module):
        return drawn(module)._supxlabel.get_text().replace("\n", " ").replace("\xa0", " ")

    assert "T = 114, d = 88 is our choice" in text(linear_a)
    for module in (linear_a, linear_b):
        assert "published dashed line under Replace is off by one" in text(module)
        assert "fixed design" in text(module)
    assert "standard errors from the law" in text(designs)


def test_the_bound_lies_above_both_laws(tables, drawn):
    for curve in curves(tables[designs]):
        axes = next(a for a in drawn(designs).axes if a.get_title() == f"T = {curve.T}")
        line = next(line for line in axes.lines if "bound" in str(line.get_label()))
        bound = np.asarray(line.get_ydata())[0]
        np.testing.assert_allclose(bound, curve.exact[0] * 1.6449340668482264)
        assert (curve.exact < bound).all()


def test_each_workflow_has_a_colour_of_its_own():
    assert set(COLOUR) == {workflow.command() for workflow in WORKFLOWS}
    assert len({to_rgb(colour) for colour in COLOUR.values()}) == len(COLOUR)


@pytest.mark.slow
def test_the_same_bytes_twice(tables, tmp_path):
    first, second = (
        [path.read_bytes() for path in save(tmp_path / place, "figure", lambda: designs.plot(tables[designs]))]
        for place in ("first", "second")
    )
    assert first == second
    assert first[0].startswith(b"%PDF")
    assert first[1].startswith(b"\x89PNG")


def test_simulated_tables_have_the_columns_that_figures_read(tmp_path):
    small = replace(linear.DESIGNS, simulations=linear.DESIGNS.simulations[:1], iterations=2, replicates=50)
    rows = sweep.run(small, tmp_path)
    (curve,) = curves(rows)
    assert table(small)[0].keys() <= rows[0].keys()
    assert (curve.low < curve.mean).all()
    assert (curve.mean < curve.high).all()
    assert curve.max_abs_z < 5


def test_results_are_reused_and_made_again_when_the_configuration_changes(tmp_path, monkeypatch):
    small = replace(linear.DESIGNS, simulations=linear.DESIGNS.simulations[:1], iterations=2, replicates=5)
    first = sweep.run(small, tmp_path)
    calls = []
    simulate = sweep._simulate
    monkeypatch.setattr(sweep, "_simulate", lambda *asked: calls.append(asked) or simulate(*asked))
    assert sweep.run(small, tmp_path) == first
    assert calls == []
    assert sweep.run(replace(small, seed=9), tmp_path) != first
    assert len(calls) == 1


@pytest.mark.slow
def test_killed_in_the_middle(tmp_path):
    """kill -9 while an experiment runs: no table, no picture, no half of either; the next run completes."""
    code = (
        "import sys, pathlib, dataclasses\n"
        "from paper_repro import sweep\n"
        "from paper_repro.gerstgrasser2024 import linear\n"
        "one = linear.DESIGNS.simulations[:1]\n"
        "e = dataclasses.replace(linear.DESIGNS, simulations=one, iterations=2, replicates=int(sys.argv[2]))\n"
        "sweep.run(e, pathlib.Path(sys.argv[1]))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    process = subprocess.Popen([*command, "10000000"], cwd=ROOT, stderr=subprocess.DEVNULL)
    while not (tmp_path / ".designs.csv.lock").exists():
        assert process.poll() is None, "ended before it could be killed"
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert [path.name for path in tmp_path.iterdir()] == [".designs.csv.lock"]  # which holds nothing now
    subprocess.run([*command, "5"], cwd=ROOT, check=True, capture_output=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["designs.csv", "designs.json"]


def test_fresh_results_replace_the_old_ones_at_the_end_and_go_on_after_a_kill(tmp_path, monkeypatch, capsys):
    made, stop = [], ["two"]

    def source(name):
        def load(folder):
            path = folder / f"{name}.csv"
            if not path.exists():
                if name in stop:
                    raise KeyboardInterrupt
                made.append(name)
                path.write_text("new")
            return path.read_text()

        return catalogue.Source(tmp_path / "out", (name,), load)

    pictures = [catalogue.Picture(name, "", lambda text: text, source(name)) for name in ("one", "two", "three")]
    monkeypatch.setattr(
        catalogue, "PICTURES", (*pictures, catalogue.Picture("same", "", lambda text: text, pictures[0].source))
    )
    monkeypatch.setattr(catalogue, "OUT", tmp_path / "out")
    monkeypatch.setattr(catalogue, "RECORDED", tmp_path / "recorded")
    (tmp_path / "out").mkdir()

    def tables():
        return {path.stem: path.read_text() for path in (tmp_path / "out").glob("*.csv")}

    for name in ("one", "two", "three"):
        (tmp_path / "out" / f"{name}.csv").write_text("old")
    assert [plot() for _, plot in catalogue.plots()] == ["old"] * 4
    with pytest.raises(KeyboardInterrupt):
        list(catalogue.plots(fresh=True))
    assert (made, set(tables().values())) == (["one"], {"old"})
    stop.clear()
    assert "unfinished" not in capsys.readouterr().err
    assert [plot() for _, plot in catalogue.plots(fresh=True)] == ["new"] * 4
    assert "an unfinished run left; delete it to begin anew" in capsys.readouterr().err
    assert (made, set(tables().values())) == (["one", "two", "three"], {"new"})
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one.csv", "three.csv", "two.csv"]
    list(catalogue.plots(fresh=True))
    assert made == ["one", "two", "three"] * 2


def test_what_lacks_its_data_stays_as_recorded(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    ((picture, plot),) = catalogue.plots(["fashion_samples"], fresh=True, out=tmp_path / "out", made=tmp_path / "made")
    assert picture.name == "fashion_samples"
    assert len(plot().axes) == 2
    said = (
        "python -m figures: fashion stays as recorded: Fashion-MNIST is missing; `python -m neural.sources data` says"
    )
    assert capsys.readouterr().err == f"{said} how to get it into data.\n"
    assert not list((tmp_path / "made").glob("[!.]*"))


def test_one_figure_loads_its_own_results_alone(monkeypatch):
    loaded = []

    def source(name):
        return catalogue.Source(catalogue.OUT, (name,), lambda _: loaded.append(name))

    pictures = [catalogue.Picture(name, "", lambda rows: rows, source(name)) for name in ("one", "two", "three")]
    monkeypatch.setattr(catalogue, "PICTURES", tuple(pictures))
    assert [picture.name for picture, _ in catalogue.plots(["three", "one"])] == ["one", "three"]
    assert loaded == ["one", "three"]


def test_a_named_figure_is_drawn_and_nothing_else(capsys, tmp_path):
    ran = command(capsys, "figures", f"schematic --out {tmp_path / 'out'}")
    names = sorted(path.name for path in (tmp_path / "out").glob("[!.]*"))
    assert (ran.status, names) == (0, ["schematic.pdf", "schematic.png"])
    assert ran.out.splitlines() == [str(tmp_path / "out" / name) for name in names]


def test_figures_are_listed_with_what_they_show(capsys):
    lines = command(capsys, "figures", "--list").out.splitlines()
    assert [line.split()[0] for line in lines] == [picture.name for picture in catalogue.PICTURES]
    assert all(line.endswith(picture.title) for line, picture in zip(lines, catalogue.PICTURES, strict=True))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("linear-a", "there is no figure 'linear-a'; did you mean linear_a?"),
        ("linear_a nonsense", "there is no figure 'nonsense'; --list names them all"),
        ("creep --report", "--report has all figures in one page; leave out creep"),
    ],
)
def test_a_figure_that_there_is_not(capsys, tmp_path, line, message):
    refused(command(capsys, "figures", f"{line} --out {tmp_path / 'out'}"), "python -m figures", message)
    assert not (tmp_path / "out").exists()
