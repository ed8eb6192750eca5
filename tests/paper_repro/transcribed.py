"""What a paper's claims ask, held against what the tests have written down of it a second time."""

import pytest

from paper_repro.claim import Fact
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
