"""Strong Model Collapse: fits against the law, and what a note quotes against both."""

import math

import numpy as np
import pytest

from paper_repro.claim import LEFT_OPEN, REFUTED, REPRODUCED
from paper_repro.dohmatob2024b import paper
from paper_repro.dohmatob2024b.mixed import MIXED, loop
from paper_repro.dohmatob2024b.paper import PAPER, law, quoted
from paper_repro.verdicts import recorded

from .transcribed import cell, check, check_cells, table

INF = math.inf
BY_ID = {claim.id: claim for claim in PAPER.claims}


def test_claims_are_those_decided_before_looking():
    check(
        PAPER,
        {
            "strong-floor": (1, [(0.99, 1.01), (0.95, 1.05), (0.95, 1.05)], 400),
            "strong-first-order": (0, [(-0.01, 0.01), (0.95, 1.05)], 400),
        },
    )
    assert MIXED.seed == 43


def test_fits_obey_the_law():
    values = loop(np.random.default_rng(1), 60, (1,), {"rows": 500})["test_error"][:, 0]
    error = values.std(ddof=1) / len(values) ** 0.5
    assert error < 0.03 * law(500)
    assert abs(values.mean() - law(500)) < 5 * error + 0.01 * law(500)


def test_a_fit_is_to_three_rows_of_ten_by_the_other_model():
    """By least squares on labels that are made row by row, of the same random numbers."""
    random, rows, d = np.random.default_rng(3), 120, 100
    expected = []
    for _ in range(2):
        x, away = random.standard_normal((rows, d)), random.standard_normal(d)
        noise = random.standard_normal(rows)
        labels = [x[i] @ away / np.linalg.norm(away) * (i < 36) + noise[i] for i in range(rows)]
        expected.append(np.sum(np.linalg.lstsq(x, labels, rcond=None)[0] ** 2))
    found = loop(np.random.default_rng(3), 2, (1,), {"rows": rows})["test_error"]
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-9)


def test_what_is_quoted_lacks_a_term_of_first_order():
    """E = odds + p2^2 + p1 p2 odds, odds = phi/(1 - phi), in units of sigma = c = 1."""
    odds = 0.2 / 0.8
    assert law(500) == pytest.approx(odds + 0.09 + 0.21 * odds)
    assert quoted(500) == pytest.approx(0.2 + 0.09)
    row = BY_ID["strong-first-order"].judge(recorded())
    assert row["verdict"] == REFUTED
    assert (row["theirs"], row["ours"]) == (0, pytest.approx(0.21, abs=0.001))


def test_what_is_quoted_has_its_units(monkeypatch):
    for name, value in (("SIGMA", 2.0), ("SHIFT", 3.0), ("SYNTHETIC", 0.1)):
        monkeypatch.setattr(paper, name, value)
    assert quoted(500) == pytest.approx(4 * 0.2 + 0.01 * 9)


def test_a_floor_that_falls_is_noticed():
    real = recorded()
    assert BY_ID["strong-floor"].judge(real)["verdict"] == REPRODUCED

    def without(name):
        return [{**row, "mean": str(float(row["mean"]) - 0.09)} for row in real(name)]

    assert BY_ID["strong-floor"].judge(without)["verdict"] in (REFUTED, LEFT_OPEN)


def test_each_quantity_is_read_from_the_cells_that_it_names():
    """The law by hand, as above, with p2 = 1/1000 and 3/10."""

    def by_hand(rows, p=0.3):
        odds = 100 / (rows - 100)
        return odds + p**2 + p * (1 - p) * odds

    name, places = "dohmatob_mixed", [("T = 500",), ("T = 2000",)]
    fits = {T: cell(name, f"T = {T}") for T in (500, 2000)}
    check_cells(
        PAPER,
        {name: table(name, ("variant",), places)},
        {
            "strong-floor": [
                by_hand(10**12, 0.001) / by_hand(10**11, 0.001),
                fits[500] / by_hand(500),
                fits[2000] / by_hand(2000),
            ],
            "strong-first-order": [(by_hand(10**6) - 0.0001 - 0.09) / 0.0001, fits[2000] / (0.05 + 0.09)],
        },
    )
