"""What iteration 4 alone brings is refused where it is asked for, and not before."""

from typing import Any

import jax.numpy as jnp
import pytest

from sim.samplers.edited import LiteralEdited
from sim.samplers.families import CategoricalSums, GammaSums, PoissonSums
from sim.samplers.family_rows import CategoricalRows
from sim.samplers.gaussian import Gaussian as Limit
from sim.samplers.gaussian_rows import GaussianRows
from sim.samplers.generalised_linear_rows import TableRows
from sim.samplers.least_squares import Numbers
from sim.samplers.literal import Literal
from sim.samplers.penalty import RidgeNumbers
from sim.samplers.radial import Radial, RadialFixed
from sim.samplers.ridge import RidgeFixed, RidgeWishart
from sim.samplers.ridge_literal import RidgeLiteral
from sim.samplers.rows import Kept
from sim.samplers.scatter import GaussianScatter
from sim.samplers.schedule import schedule
from sim.samplers.wishart import Wishart, WishartFixed
from tests.helpers import Made
from theory import (
    Categorical,
    Gamma,
    Gaussian,
    GeneralisedLinear,
    Generator,
    LinearRegression,
    Poisson,
    by_count,
    by_weight,
    pools,
    real,
    subsample,
    synthetic,
)

FRESH, FIXED = (LinearRegression(T=9, d=3, sigma=1.0, design=design) for design in ("fresh", "fixed"))
RIDGES = [LinearRegression(T=9, d=3, sigma=1.0, design=design, ridge=0.1) for design in ("fresh", "fixed")]


def newest(i):
    return by_count(synthetic(i - 1))


def at_last(last, before=newest, sizes=lambda j: 1):
    return Made(lambda i: last(i) if i == 4 else before(i), sizes)


OLDER = at_last(lambda i: by_count(pools(1, i)))
DRAWN = at_last(lambda i: subsample(pools(1, i)))
HALF = at_last(newest, sizes=lambda j: "1/2" if j == 4 else 1)
DOUBLE = at_last(newest, sizes=lambda j: 2 if j == 4 else 1)
MIXED = at_last(lambda i: by_count(synthetic(i - 1), real(i)))
FEW = at_last(newest, sizes=lambda j: "1/9" if j == 4 else 1)


def weighted(i):
    return by_weight({real(1): "1/4", synthetic(i - 1): "3/4"})


def drawn(i):
    return subsample(pools(1, i))


#: A sampler, its task, a workflow, and what is said of it.
CASES: dict[str, tuple[Any, Any, Any, str]] = {
    "radial, older pools": (Radial, FRESH, OLDER, "the training set of iteration 4 is not its newest pools"),
    "radial, a draw": (Radial, FRESH, DRAWN, "draws subsamples"),
    "radial, half a row": (Radial, FRESH, HALF, "a pool of iteration 4 has 9/2 rows"),
    "radial, fixed": (RadialFixed, FIXED, HALF, "not a whole number of copies"),
    "wishart": (Wishart, FRESH, HALF, "a pool of iteration 4 has 9/2 rows"),
    "wishart, fixed": (WishartFixed, FIXED, DRAWN, "draws subsamples"),
    "literal": (Literal, FRESH, HALF, "a pool of iteration 4 has 9/2 rows"),
    "ridge": (RidgeWishart, RIDGES[0], HALF, "a pool of iteration 4 has 9/2 rows"),
    "ridge, fixed": (RidgeFixed, RIDGES[1], HALF, "not a whole number of copies"),
    "literal ridge, weights": (
        RidgeLiteral,
        RIDGES[0],
        Made(lambda i: weighted(i) if i == 4 else drawn(i)),
        "^Made weights its rows and draws them; this sampler draws rows that count alike.$",
    ),
    "literal ridge, sizes": (
        RidgeLiteral,
        RIDGES[0],
        Made(drawn, lambda j: 2 if j == 4 else 1),
        "^Made draws from pools of several sizes; this sampler draws from pools of T rows each.$",
    ),
    "literal ridge, half a row": (
        RidgeLiteral,
        RIDGES[0],
        Made(lambda i: subsample(pools(1, i), rows="1/2" if i == 4 else 1)),
        "^Made draws no whole number of rows at T=9. Choose another T.$",
    ),
    "limit": (
        Limit,
        LinearRegression(T=9, d=3, sigma=(1.0, 1.0, 1.0, 2.0), design="fresh"),
        Made(drawn),
        "need one sigma for all pools",
    ),
    "table": (TableRows, GeneralisedLinear(table="iris"), DOUBLE, "has pools of other sizes than T"),
    "counts": (PoissonSums, Poisson(9, 2.0), HALF, "a pool of iteration 4 has 9/2 rows"),
    "counts, a draw": (PoissonSums, Poisson(9, 2.0), DRAWN, "draws subsamples"),
    "gamma": (GammaSums, Gamma(9, 0.1, 1.0), FEW, "a pool of 1 rows is too skew"),
    "categories": (CategoricalSums, Categorical(9, (0.5, 0.5)), HALF, "a pool of iteration 4 has 9/2 rows"),
    "literal categories": (
        CategoricalRows,
        Categorical(9, (0.5, 0.5)),
        Made(lambda i: weighted(i) if i < 4 else subsample(pools(1, i), rows="1/2")),
        "weights its rows|draws 9/2 rows at iteration 4",
    ),
    "covariances": (GaussianScatter, Gaussian(9, 3), FEW, "a pool of 1 rows has a singular covariance"),
    "covariances, a draw": (GaussianScatter, Gaussian(9, 3), DRAWN, "draws subsamples"),
    "unbiased, one row": (GaussianRows, Gaussian(9, 3, "unbiased"), FEW, "needs 2 rows, and Made fits 1"),
    "unbiased, weights": (
        GaussianRows,
        Gaussian(9, 3, "unbiased"),
        at_last(weighted),
        'weights its rows, and they must all count alike here. Ask for the estimator "mle"',
    ),
}


@pytest.mark.parametrize(("sampler", "task", "workflow", "said"), CASES.values(), ids=CASES)
def test_what_iteration_4_alone_brings(sampler, task, workflow, said):
    assert sampler.objection(task, workflow, 3) is None
    with pytest.raises(ValueError, match=said):
        raise ValueError(sampler.objection(task, workflow, 4))


def test_a_generator_is_looked_at_as_far():
    cold = Generator("1/2")
    assert Radial.generator_objection(cold, FRESH, MIXED, 3) is None
    assert "of iteration 4 have different noises" in str(Radial.generator_objection(cold, FRESH, MIXED, 4))
    assert Limit.generator_objection(Generator(bias=1), FRESH, DRAWN, 3) is None
    assert "shifted labels is not known" in str(Limit.generator_objection(Generator(bias=1), FRESH, DRAWN, 4))


def test_real_data_of_the_last_iteration_are_drawn():
    """And none where none are used; whoever drew none would read another pool in their place."""
    float64 = jnp.dtype("float64")
    for iterations, some in ((3, False), (4, True)):
        assert RidgeLiteral(RIDGES[0], MIXED, iterations, float64).kinds == 1 + some
        assert Kept(MIXED, 9, iterations, float64).fresh_real == some
        assert schedule(MIXED, iterations).fresh_real == some


@pytest.mark.parametrize("workflow", [OLDER, DOUBLE, DRAWN], ids=["older pools", "sizes", "a draw"])
def test_editing_is_of_the_newest_T_rows_alone(workflow):
    assert [LiteralEdited.is_meant(FRESH, workflow, iterations) for iterations in (3, 4)] == [True, False]


def test_the_fewest_rows_decide_which_moments_there_are():
    workflow = at_last(newest, sizes=lambda j: "5/9" if j == 4 else 1)
    for numbers, ridge in ((Numbers, None), (RidgeNumbers, 0.0)):
        task = LinearRegression(T=9, d=3, sigma=1.0, design="fresh", ridge=ridge)
        assert [numbers.of(task, workflow, iterations).moments for iterations in (3, 4)] == [2, 1]
