"""What samplers refuse of a workflow's pools: rows that do not count alike, counted by hand."""

import pytest

from sim.samplers.least_squares import draws
from sim.samplers.pools import draws_objection, rows_objection, weights_objection
from tests.helpers import Made
from theory import (
    Accumulate,
    FixedReal,
    FreshReal,
    Replace,
    ReplaceGrowing,
    by_count,
    by_weight,
    pools,
    real,
    subsample,
    synthetic,
)


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


@pytest.mark.parametrize(("weights", "said"), [((1, 0), False), (("1/2", "1/2"), True)])
def test_pools_without_weight_may_have_any_number_of_rows(weights, said):
    workflow = Made(lambda i: by_weight({real(1): weights[0], synthetic(i - 1): weights[1]}), lambda j: "1/3")
    found = rows_objection(workflow, 20, 3)
    assert ("a pool of iteration 2 has 20/3 rows at T=20" in str(found)) == (found is not None) == said


@pytest.mark.parametrize("only", [2, 3, 4])
def test_a_draw_of_one_iteration_alone_is_a_draw(only):
    workflow = Made(lambda i: subsample(pools(1, i)) if i == only else by_count(pools(1, i)))
    assert draws_objection(workflow, only - 1) is None
    for iterations in (only, only + 1):
        assert "draws subsamples" in str(draws_objection(workflow, iterations))
        assert draws(workflow, iterations)
    assert not draws(workflow, only - 1)
