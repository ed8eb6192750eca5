"""What a paper's claims ask, held against what the tests have written down of it a second time."""

import math

import pytest

from paper_repro.claim import Fact, Quantity
from paper_repro.paper import Paper


def check(paper: Paper, written):
    """Each claim's published value, the bounds of its quantities, and the chains that it needs.

    Args:
        paper: whose claims.
        written: by claim: the published value; (above, below) of each quantity, `None` for a fact; chains, `None` where
            laws alone judge.
    """
    assert {claim.id for claim in paper.claims} == written.keys()
    for claim in paper.claims:
        theirs, bounds, replicates = written[claim.id]
        assert claim.theirs == (None if theirs is None else pytest.approx(theirs, rel=1e-12)), claim.id
        asked = [None if isinstance(q, Fact) else (q.above, q.below) for q in claim.quantities]
        assert [bound is None for bound in asked] == [bound is None for bound in bounds], claim.id
        for found, expected in zip(asked, bounds, strict=True):
            assert found is None or found == pytest.approx(expected, rel=1e-12), claim.id
        assert (None if claim.experiment is None else claim.replicates) == replicates, claim.id


def cell(*place):
    """A number of its own for each cell of each table."""
    return 1 + 0.1 * math.sin(sum((k + 3) * ord(c) for k, c in enumerate(" ".join(map(str, place)))))


def table(name, columns, places):
    """A table with such a number at each of the places, which are values of the columns."""
    rows = []
    for place in places:
        row = dict(zip(columns, map(str, place), strict=True))
        rows.append(row | {"mean": repr(cell(name, *place)), "standard_error": "0.01", "replicates": "30000"})
    return rows


def check_cells(paper: Paper, tables, written):
    """What each quantity of each claim measures, facts left out.

    Args:
        paper: whose claims.
        tables: by name.
        written: by claim: the numbers, in the order of its quantities.
    """
    assert {claim.id for claim in paper.claims} == written.keys()
    for claim in paper.claims:
        found = [q.measure(tables.__getitem__).mean for q in claim.quantities if isinstance(q, Quantity)]
        assert found == pytest.approx(written[claim.id], rel=1e-9, abs=1e-12), claim.id
