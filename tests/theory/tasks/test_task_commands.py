"""The command line of the tasks beside regression."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import theory.__main__
from tests.helpers import command, refused
from theory import (
    Accumulate,
    FreshReal,
    Gaussian,
    GeneralisedLinear,
    Generator,
    KernelDensity,
    Poisson,
    Replace,
    expected_characteristic,
    expected_density,
    generator_command,
    generator_table,
    task_table,
)
from theory.task_table import COLUMNS, Line, lines, markdown, values

KEYS = {"task", "quantity", "workflow", "expression", "exact", "values", "gain", "closed_form", "limit", "growth"}


@pytest.mark.parametrize(
    ("options", "quantity", "found"),
    [
        ("accumulate --task gaussian --of variance --T 10", "variance", [0.9, 0.8775, 0.86775]),
        ("accumulate --task gaussian --of mean-error --T 10 --d 2", "mean_error", [0.2, 0.245, 0.2645]),
        ("replace --task gaussian --of kl --T 12", "kl", [0.1318891, 0.3378522, 0.6425808]),
        ("accumulate --task gaussian --T 5 --estimator unbiased", "variance", [1, 0.9444444, 0.9219577]),
        ("replace --task bernoulli --of diversity --T 5 --p 0.5", "diversity", [0.4, 0.32, 0.256]),
        ("replace --task categorical --T 5 --p 1/2,1/4,1/4", "mean_error", [0.125, 0.225, 0.305]),
        ("accumulate --task poisson --T 5 --mean 2", "mean_error", [0.4, 0.5, 0.5444444]),
        ("accumulate --task gamma --of variance --T 5 --shape 1", "variance", [1.2, 1.26, 1.288]),
        ("replace --task negative-binomial --T 5 --r 2", "mean_error", [0.3, 0.63, 0.993]),
        ("accumulate --task kernel-density --T 5 --bandwidth 0.5", "variance", [1.05, 1.1225, 1.1808889]),
        ("accumulate --task generalised-linear --T 100 --d 2", "test_error", [0.02, 0.025, 0.0272222]),
        ("accumulate --task gaussian --T 5 --temperature 0.7", "variance", [0.8, 0.5764, 0.4721356]),
    ],
)
def test_values(capsys, options, quantity, found):
    ran = command(capsys, "theory", f"{options} --iterations 3 --json")
    assert ran.status == 0, ran.err
    assert KEYS <= ran.json.keys()
    assert ran.json["quantity"] == quantity
    assert ran.json["values"] == pytest.approx(found, rel=1e-6)
    assert ran.json[quantity] == ran.json["values"]


def test_a_verdict_by_numbers(capsys):
    """A tenth of real data does not prevent the divergence of exponential numbers where T is 4."""
    for rows, kind in (("4", "exponential"), ("5", "bounded")):
        options = f"fixed-real --weight 1/10 --task gamma --shape 1 --T {rows} --iterations 2"
        assert command(capsys, "theory", f"{options} --json").json["growth"] == kind
        text = command(capsys, "theory", options).out
        assert f"  growth      : {kind}, " in text
        assert ("  limit       = oo" in text) == (kind == "exponential")


@pytest.mark.parametrize(("table", "T", "d"), [("iris", 70, 3), (None, "T", "d")])
def test_a_law_of_a_table_has_its_numbers(capsys, table, T, d):
    """Not a letter is left for what the table says."""
    options = "accumulate --task generalised-linear --json --iterations 2" + (f" --table {table}" if table else "")
    found = command(capsys, "theory", options).json
    assert sp.simplify(sp.sympify(found["closed_form"]) - sp.sympify(f"{d}*harmonic(n, 2)/{T}")) == 0
    assert GeneralisedLinear(table=table).by_numbers == (table is not None)


def test_a_temperature_and_how_the_law_goes_on_are_told(capsys):
    law = Gaussian().generated(Accumulate(), Generator(temperature="7/10"))
    growth = law.growth()
    found = command(capsys, "theory", "accumulate --task gaussian --temperature 0.7 --iterations 2 --json").json
    names = ("temperature", "growth", "growth_constant", "growth_scale", "limit")
    assert [found[name] for name in names] == ["7/10", "vanishing", str(growth.constant), str(growth.scale), "0"]
    assert str(growth.constant) != str(growth.scale)


def test_estimates_are_printed_beside_the_law(capsys):
    """Each once, under its name: the law's own values stand in the table before."""
    options = "accumulate-subsample --design fresh --T 50 --d 5 --iterations 2"
    estimates = command(capsys, "theory", f"{options} --json").json["estimates"]
    *_, columns, first, second = command(capsys, "theory", options).out.splitlines()
    assert columns.split() == ["n", "proportional", "approximation"]
    for n, line in enumerate((first, second), 1):
        assert [float(number) for number in line.split()] == pytest.approx(
            [n, *(estimates[name][n - 1] for name in columns.split()[1:])], rel=1e-9
        )


@pytest.mark.parametrize("options", ["accumulate --design fixed", "accumulate-subsample --design fresh"])
def test_what_is_printed_is_what_json_has(capsys, options):
    line = f"{options} --T 9 --d 2 --iterations 3"
    found = command(capsys, "theory", f"{line} --json").json
    text = command(capsys, "theory", line).out.splitlines()
    told = dict(each.split(maxsplit=1) for each in (row.replace("closed form", "closed") for row in text[1:8]))
    assert told["closed"] == f"= {found['closed_form']}"
    assert told["limit"] == f"= {found['limit']}"
    assert told["growth"] == f": {found['growth']}, -> {found['growth_constant']}"
    assert told["needs"] == f": {', '.join(found['assumptions'])}"
    assert told["validity"] == (": exact at finite T" if found["exact"] else ": large-T")
    assert told["source"] == f": {found['source']}"
    start = next(place for place, row in enumerate(text) if "gain c_n" in row)
    for n, row in enumerate(text[start + 1 : start + 4], 1):
        gain, value = float(Fraction(found["gain"][n - 1])), found["values"][n - 1]
        assert list(map(float, row.split())) == pytest.approx([n, gain, value], rel=1e-7)


@pytest.mark.parametrize(("of", "generators"), [("", ["gaussian"]), ("--of mean-error", [])])
def test_the_table_is_of_the_quantity_asked_for(capsys, monkeypatch, of, generators):
    """Laws under generators are of the first."""
    asked, sampled = [], []
    monkeypatch.setattr(theory.table, "rows", lambda task, of: asked.append((task.name, of)) or [])
    monkeypatch.setattr(generator_table, "generator_rows", lambda task: sampled.append(task.name) or [])
    assert command(capsys, "theory", f"table --task gaussian {of} --json").json == []
    assert asked == [("gaussian", "mean_error" if of else "variance")]
    assert sampled == generators


def test_the_rows_of_a_quantity_are_those_of_the_workflows_that_have_its_law():
    assert {(row.law.quantity.name, row.law.workflow) for row in theory.table.rows(Gaussian, "kl")} == {
        ("kl", Replace())
    }


@pytest.mark.parametrize(("module", "options"), [(theory.__main__, ""), (generator_command, "--bias 1")])
def test_as_many_iterations_as_are_said_are_listed(capsys, monkeypatch, module, options):
    monkeypatch.setattr(module, "LISTED", 3)
    line = f"replace --design fixed {options} --json --iterations"
    assert command(capsys, "theory", f"{line} 3").json["gain"] == ["1", "2", "3"]
    refused(command(capsys, "theory", f"{line} 4"), "python -m theory", "at most 3 iterations are listed")


def test_what_leaves_the_range_of_floats_is_null(capsys):
    options = "replace --task gamma --shape 0.001 --T 1 --of variance --iterations 200 --json"
    found = command(capsys, "theory", options).json["values"]
    assert found[0] == pytest.approx(1001 * 1000)
    assert found[-1] is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("accumulate --task bernoulli --p 1.5 --T 5", "bernoulli needs 0 < p < 1"),
        ("fresh-real --task categorical --of support-lost", "the support lost is known where"),
        ("accumulate --task gaussian --of kl", "of the kl it is known under Replace()"),
        ("replace --task gaussian --of kl --T 3", "kl needs T >= d + 3"),
        ("accumulate --task gaussian --T 1", "gaussian needs T >= 2"),
        ("replace --design fixed --iterations 5001", "at most 5,000 iterations are listed; got 5,001"),
        ("replace --design fixed --bias 1 --iterations 201", "at most 200 iterations are listed under a generator"),
        ("accumulate --task poisson --T 5 --temperature 2", "poisson has no law for Accumulate()"),
        ("accumulate --task gaussian --T 5 --temperature 2 --of mean-error", "leave out --of mean_error"),
    ],
)
def test_mistakes(capsys, options, message):
    refused(command(capsys, "theory", options), "python -m theory", message)


@pytest.mark.slow
def test_the_table_of_tasks():
    table = lines([Gaussian, Poisson])
    assert {line.task.name for line in table} == {"gaussian", "poisson"}
    rows = values(table)
    variance = next(row for row in rows if row["task"] == "gaussian, mle" and row["quantity"] == "variance")
    assert variance["Replace()"] == "vanishing"
    assert variance["Accumulate()"] == "bounded"
    assert set(rows[0]) == {"task", "quantity", *map(str, COLUMNS)}


def test_a_law_under_a_generator_is_printed_with_its_estimates(capsys):
    options = "sliding-window --k 2 --design fresh --T 50 --d 5 --temperature 1/2 --iterations 2"
    found = command(capsys, "theory", f"{options} --json").json
    *_, columns, first, second = command(capsys, "theory", options).out.splitlines()
    estimates = ["next-order", "proportional", "approximation"]
    assert columns.split() == ["n", "gain", "c_n", "shift", "D_n", "test", "error", *estimates]
    for n, line in enumerate((first, second), 1):
        values = [found["values"][n - 1], *(found["estimates"][name][n - 1] for name in estimates)]
        assert line.split()[:3] == [str(n), found["gain"][n - 1], found["shift"][n - 1]]
        assert list(map(float, line.split()[3:])) == pytest.approx(values, rel=1e-9)
    assert (found["limit"], found["growth"]) == ("oo", "linear")


def test_a_word_of_a_limit_says_that_it_is_one(monkeypatch):
    monkeypatch.setattr(task_table, "COLUMNS", (Accumulate(),))
    words = {(line.task.name, *line.cells) for line in lines([GeneralisedLinear, Poisson])}
    assert words == {("generalised-linear", "bounded (large T)"), ("poisson", "bounded")}


def line(task, quantity, *cells):
    return Line(task, quantity, (*cells, *(len(COLUMNS) - len(cells)) * ("-",)))


def test_rows_that_are_alike_are_one():
    """Those of all variants of a task under its name, those of some under these; and quantities side by side."""
    table = [
        *(line(Gaussian(estimator=each), "variance", "linear") for each in ("mle", "unbiased")),
        *(line(Gaussian(estimator=each), "mean_error", "linear") for each in ("mle", "unbiased")),
        *(line(Gaussian(estimator=each), "kl", each) for each in ("mle", "unbiased")),
        *(line(KernelDensity(rule=each), "variance", "power") for each in ("fixed", "scott")),
        line(Poisson(), "variance", "linear"),
    ]
    rows = [row.strip("| ").split(" | ")[:3] for row in markdown(table).splitlines()]
    assert rows[2:] == [
        ["gaussian", "variance, mean error", "linear"],
        ["gaussian, mle", "kl", "mle"],
        ["gaussian, unbiased", "kl", "unbiased"],
        ["kernel-density, fixed, scott", "variance", "power"],
        ["poisson", "variance", "linear"],
    ]
    assert len(values(table)) == len(table)


def test_expected_densities():
    """Against numbers found elsewhere, the mean of one characteristic function, and a density that adds up to 1."""
    x = np.linspace(-12, 12, 2001)
    found = expected_density(FreshReal(), x, bandwidth=0.6, iterations=3)
    np.testing.assert_allclose(found.sum(1) * (x[1] - x[0]), 1, rtol=1e-9)
    transformed = (found * np.cos(1.3 * x)).sum(1) * (x[1] - x[0])
    normal = expected_characteristic(FreshReal(), lambda t: np.exp(-(t**2) / 2), 1.3, bandwidth=0.6, iterations=3)
    np.testing.assert_allclose(transformed, normal, rtol=1e-9)
    with pytest.raises(ValueError, match="a kernel needs a bandwidth above 0"):
        expected_density(FreshReal(), x, bandwidth=0, iterations=1)
