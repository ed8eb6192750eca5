"""What samplers refuse of a workflow's pools: rows that do not count alike, counted by hand."""

import pytest

from sim.samplers.pools import weights_objection
from theory import Accumulate, FixedReal, FreshReal, Replace, ReplaceGrowing


@pytest.mark.parametrize(
    ("workflow", "alike"),
    [
        (Replace(), True),
        (Accumulate(), True),
        (ReplaceGrowing(), True),
        (FreshReal(2), True),  # two thirds on twice the rows
        (FreshReal(2, "1/3"), True),
        (FreshReal(2, "1/2"), False),  # the shares are the same, the rows are not
        (FreshReal(1, "1/2"), True),
        (FixedReal("1/3"), False),
    ],
    ids=str,
)
def test_rows_count_alike_where_shares_are_as_sizes(workflow, alike):
    said = weights_objection(workflow, 3)
    assert said is None if alike else said == f"{workflow} weights its rows, and they must all count alike here."
