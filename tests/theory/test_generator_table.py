"""The rows of generators: their formulas against the laws' exact numbers, and known limits."""

from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy as sp

from theory import Accumulate, LinearRegression, Replace, SlidingWindow, law
from theory.generator_table import SAMPLED, GeneratorRow, generator_rows
from theory.symbols import n
from theory.table import Entry, Row, latex, markdown, values
from theory.tasks import TASKS
from theory.tasks.regression.symbols import ONE_FIT

table = cache(generator_rows)
RIDGE = LinearRegression(design="fixed", ridge=1.0)


def found(workflow, data, design="fixed") -> Any:
    return GeneratorRow(LinearRegression(design=design), workflow, data).cells()


@pytest.mark.slow
@pytest.mark.parametrize("sampled", SAMPLED)
def test_closed_forms_are_the_numbers(sampled):
    at = {"T": 20, "d": 3, "sigma": sp.Rational(1, 2)}
    formulas: list[tuple[Any, Any]] = [(row, row.cells()["closed_form"]) for row in table() if row.data == sampled]
    for row, formula in formulas:
        if formula is not None:
            exact = LinearRegression(design=row.task.design).generated(row.workflow, SAMPLED[sampled])
            formula = formula.subs({symbol: at[symbol.name] for symbol in formula.free_symbols - {n}})
            values = [float(formula.subs(n, iteration)) for iteration in range(1, 8)]
            np.testing.assert_allclose(values, exact.evaluate(T=20, d=3, sigma=0.5, n=range(1, 8)), rtol=1e-12)
    assert any(formula is not None for _, formula in formulas)


class Cells(Entry):
    def __init__(self, *of):
        self.of = of

    def cells(self) -> dict[str, object]:
        return dict(zip(("closed_form", "needs", "source"), self.of, strict=True))


def test_each_form_of_a_table_has_every_cell():
    rows = [Cells(n**2 / 2, "T >= d + 2", None), Cells(None, "T | d", "new here")]
    assert markdown(rows).splitlines() == [
        "| closed_form | needs | source |",
        "|---|---|---|",
        "| n**2/2 | T >= d + 2 | - |",
        r"| - | T \| d | new here |",
    ]
    assert latex(rows).splitlines() == [
        r"\begin{tabular}{lll}",
        r"closed form & needs & source \\ \hline",
        r"$\frac{n^{2}}{2}$ & T $\ge$ d + 2 & -- \\",
        r"-- & T | d & new here \\",
        r"\end{tabular}",
    ]
    assert values(rows) == [
        {"closed_form": "n**2/2", "needs": "T >= d + 2", "source": None},
        {"closed_form": None, "needs": "T | d", "source": "new here"},
    ]


def test_columns_are_those_of_the_other_rows():
    assert [*found(Replace(), "sampled with half the noise")] == [
        *Row(law(LinearRegression(design="fixed"), Replace())).cells()
    ]


def test_a_row_says_what_its_own_law_needs():
    """With a ridge there is a mean at any number of rows."""
    for task, needs in ((LinearRegression(design="fixed"), "T >= d + 2"), (RIDGE, "T >= 1")):
        row = Row(law(task, Accumulate()))
        assert row.cells()["needs"] == needs == str(row.law.assumptions[0])


@pytest.mark.slow
def test_every_generator_has_a_row_at_each_design():
    named = {(row.data, row.cells()["design"]) for row in table()}
    assert named == {(sampled, design) for sampled in SAMPLED for design in ("fixed", "fresh")}


def test_known_limits():
    for workflow, sampled, limit in (
        (Accumulate(), "sampled with half the noise", 1 + (sp.pi**2 / 6 - 1) / 4),
        (Replace(), "picked by a verifier that knows the truth, pull 1/2", sp.Rational(2, 3)),
        (Replace(), "a fifth sampled anew, then half as many each time", sp.Rational(131, 75)),
    ):
        assert sp.simplify(found(workflow, sampled)["limit"] / ONE_FIT - limit) == 0


def test_what_grows_without_bound():
    biased = "sampled from the model shifted by a vector of length 1"
    assert found(Accumulate(), biased)["gain"] is None  # that is of the noises alone
    assert found(Accumulate(), biased)["growth"] == "log-squared, ~ (1) (log n)^2"
    assert found(SlidingWindow(2), biased)["growth"] == "quadratic, ~ (4/9) n^2"
    assert found(Replace(), "a fifth sampled anew, the rest kept")["growth"].startswith("linear")
    assert found(Replace(), "sampled without noise, as the model predicts")["growth"].startswith("bounded")


def test_the_gain_and_where_such_data_were_looked_at_before():
    half, verified = (
        found(Replace(), x) for x in ("sampled with half the noise", next(x for x in SAMPLED if "pull" in x))
    )
    assert sp.expand(half["gain"] - 1 - (n - 1) / 4) == 0
    assert (half["source"], verified["source"]) == ("new here", "new here; as 2510.16657 in kind")


def test_what_holds_at_finite_T():
    assert found(Accumulate(), "sampled with half the noise", "fixed")["validity"] == "exact"
    assert found(Accumulate(), "sampled with half the noise", "fresh")["validity"] == "large-T"
    edited = found(Replace(), "a fifth sampled anew, the rest kept", "fixed")
    assert edited["validity"] == "large-T"
    assert "ToEdit" in edited["source"]


@pytest.mark.slow
def test_other_tasks():
    shown = {task.name: {(str(row.workflow), row.data) for row in generator_rows(task)} for task in TASKS[1:]}
    half = "sampled with half the noise"
    assert {name: rows for name, rows in shown.items() if rows} == {
        "gaussian": {("Replace()", half), ("Accumulate()", half)}
    }
