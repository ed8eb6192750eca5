"""Standard errors of what claims measure, worked out cell by cell and seed by seed: every claim that reads a table.

Each number of a table that a quantity reads is moved a little, which tells how the quantity goes with it. Where all of
them have values by seed, chains of one seed go together; else rows are taken as independent.
"""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from paper_repro import verdicts
from paper_repro.claim import Quantity
from paper_repro.kazdan2024 import linear_claims

#: Laws that are fitted to whole curves, seed by seed: `test_forgetting.py`.
FITTED = "forgetting"

#: Models of one chain, whose errors go together though there are no values by seed: their mean errs like one of them.
ONE_CHAIN = "kazdan_subsampled"


class Row(dict):
    """A row that notes that its mean was asked for, and may say another."""

    def __init__(self, table, row, asked):
        super().__init__(row)
        self.table, self.asked, self.moved = table, asked, 0.0

    def __getitem__(self, column):
        value = super().__getitem__(column)
        if column not in ("mean", "by_seed"):
            return value
        self.asked[id(self)] = self
        return " ".join(repr(float(each) + self.moved) for each in value.split())

    @property
    def error(self):
        return float(self["standard_error"])

    @property
    def seeds(self):
        return np.array([float(value) for value in (self.get("by_seed") or "").split()])


ASKED: dict[int, Row] = {}
TABLES: dict[str, list[Row]] = {}


def tables(name):
    """What is recorded, read once."""
    if name not in TABLES:
        TABLES[name] = [Row(name, row, ASKED) for row in RECORDED(name)]
    return TABLES[name]


RECORDED = verdicts.recorded()


def slope(quantity, row):
    """How the quantity goes with the mean of a row."""
    step, found = 0.01 * (row.error or 1.0), []
    for row.moved in (step, -step):
        found.append(quantity.measure(tables).mean)
    row.moved = 0.0
    return (found[0] - found[1]) / (2 * step)


def standard_error(slopes, rows):
    """To first order."""
    seeds = [row.seeds for row in rows]
    if len(seeds[0]) and len({len(values) for values in seeds}) == 1:
        values = np.array(slopes) @ np.array(seeds)
        return values.std(ddof=1) / math.sqrt(len(values)), len(values) - 1
    together = {}
    for at, row in enumerate(rows):
        chain = (row["design"], row["T"]) if row.table == ONE_CHAIN and len(rows) > 2 else at
        together.setdefault(chain, []).append(slopes[at] * row.error)
    return math.sqrt(sum(sum(parts) ** 2 for parts in together.values())), None


def read(claim):
    """Its quantities that read a table, each with the rows."""
    for quantity in (each for each in claim.quantities if isinstance(each, Quantity)):
        ASKED.clear()
        found = quantity.measure(tables)
        if ASKED:
            yield quantity, found, list(ASKED.values())
        else:
            assert found.standard_error == 0, quantity.name


@pytest.mark.parametrize(
    "claim",
    [claim for claim in verdicts.CLAIMS if claim.experiment and not claim.id.startswith(FITTED)],
    ids=lambda claim: claim.id,
)
def test_standard_errors_are_those_of_the_cells(claim, monkeypatch):
    # seconds each time that it is asked; a ratio to it errs alike whatever its value
    law = SimpleNamespace(evaluate=lambda **_: np.float64(1.7))
    monkeypatch.setattr(linear_claims, "test_error", lambda workflow, design: law)
    several = list(read(claim))
    assert several or claim.id.startswith("linear-bound"), "nothing is read of its table"
    for quantity, found, rows in several:
        assert len(rows) <= 40
        error, degrees = standard_error([slope(quantity, row) for row in rows], rows)
        assert found.standard_error == pytest.approx(error, rel=1e-3), quantity.name
        fewest = min(int(row["replicates"]) for row in rows) - 1
        if degrees is not None:
            assert found.degrees == degrees
        # of independent ones by Welch and Satterthwaite: between the fewest and all together
        most = sum(int(row["replicates"]) - 1 for row in rows)
        many = fewest > 3000 and found.degrees == math.inf  # which lengthens no interval by a thousandth
        assert many or fewest * (1 - 1e-9) <= found.degrees <= most * (1 + 1e-9), quantity.name
