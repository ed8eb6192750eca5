"""Models on a graph: the condition in all graphs of three, and the claim's bounds."""

import math

import pytest

from paper_repro.claim import IN_SHAPE, LEFT_OPEN, REFUTED
from paper_repro.verdicts import recorded
from paper_repro.wu2026 import paper
from theory import Population

from .transcribed import cell, check, check_cells, table

INF = math.inf
(CLAIM,) = paper.PAPER.claims


def test_claims_are_those_decided_before_looking():
    check(paper.PAPER, {"graph-condition": (None, [(1.2, INF), (-INF, 1.2), (-INF, 1.2), None], 2000)})


def test_graphs_are_all_different_and_some_collapse():
    graphs = list(paper.graphs())
    assert len({(one.shares, one.real) for one in graphs}) == len(graphs) == 15**3
    assert {one.is_bounded for one in graphs} == {True, False}
    # a line whose last model has real data; and two that train on one another beside one that has some
    assert Population([[0, 1, 0], [0, 0, 1], [0, 0, "1/2"]], [0, 0, "1/2"]).is_bounded
    assert not Population([[0, 1, 0], [1, 0, 0], [0, 0, 0]], [0, 0, 1]).is_bounded


def test_a_wrong_condition_is_noticed(monkeypatch):
    assert paper.condition_decides()
    paper.condition_decides.cache_clear()
    # that some model has real data is not enough
    monkeypatch.setattr(Population, "is_bounded", property(lambda one: any(one.real)))
    assert not paper.condition_decides()
    paper.condition_decides.cache_clear()


@pytest.mark.parametrize("population", ["M = 4", "line", "M = 4, real data in all"])
def test_a_planted_table_flips_the_verdict(population):
    real = recorded()
    assert CLAIM.judge(real)["verdict"] == IN_SHAPE

    def planted(name):
        grown = {"10": "1.0", "20": "1.0" if population == "M = 4" else "2.0"}
        return [
            {**row, "mean": grown.get(row["iteration"], row["mean"])} if row["workflow"] == population else row
            for row in real(name)
        ]

    assert CLAIM.judge(planted)["verdict"] in (REFUTED, LEFT_OPEN)


def test_each_quantity_is_read_from_the_cells_that_it_names():
    names = ("M = 4", "line", "M = 4, real data in all")
    places = [(name, n, model) for name in names for n in range(1, 21) for model in (1, 2, 3, 4)]
    grown = [cell("population", name, 20, 1) / cell("population", name, 10, 1) for name in names]
    tables = {"population": table("population", ("workflow", "iteration", "model"), places)}
    check_cells(paper.PAPER, tables, {"graph-condition": grown})
