"""What a replicate takes, as each sampler says it: blocks have sizes by it, and a checkpoint goes on at its own alone.

XLA's account of 32 chains side by side is between an eighth of these numbers and nine tenths of them.
"""

import jax.numpy as jnp
import pytest

from sim.samplers.conditional import Conditional
from sim.samplers.edited import LiteralEdited
from sim.samplers.families import CategoricalSums, PoissonSums
from sim.samplers.gaussian import Gaussian as GaussianLimit
from sim.samplers.gaussian_rows import GaussianRows
from sim.samplers.generalised_linear_rows import GeneralisedLinearRows
from sim.samplers.literal import Literal
from sim.samplers.population import PopulationLiteral, PopulationWishart, PopulationWishartFixed
from sim.samplers.radial import Radial, RadialFixed
from sim.samplers.ridge import RidgeFixed, RidgeWishart
from sim.samplers.ridge_literal import RidgeLiteral
from sim.samplers.rows import AbstractRows
from sim.samplers.scatter import GaussianScatter
from sim.samplers.subsample import LiteralSubsample
from sim.samplers.wishart import Wishart, WishartFixed
from sim.tasks.exponential_family import CATEGORICAL, POISSON
from sim.tasks.gaussian import SAMPLERS as GAUSSIAN
from sim.tasks.generalised_linear import SAMPLERS as GENERALISED_LINEAR
from theory import (
    AccumulateSubsample,
    Categorical,
    FreshReal,
    Gaussian,
    GeneralisedLinear,
    Generator,
    LinearRegression,
    Poisson,
    Population,
    Replace,
    SlidingWindow,
)

T, D, ITERATIONS = 24, 5, 3
WINDOW, SUBSAMPLE = SlidingWindow(2), AccumulateSubsample()
SHARED = Population([["1/4", "3/4"], ["1/2", 0]], [0, "1/2"])
SEPARATE = Population([["1/4", "3/4"], ["1/2", 0]], [0, "1/2"], pools="separate")


def regression(rows=T, design="fresh", ridge=None):
    return LinearRegression(rows, D, 1.0, design=design, ridge=ridge)


def of(samplers, base):
    """The sampler of this class that is of the task's first quantity."""
    return next(each for each in samplers if issubclass(each, base))


#: Sampler, task, workflow, and of three iterations in float64: bytes a replicate, and operations of LAPACK in a call.
TABLE = [
    (Radial, regression(), Replace(), 960, 0),
    (RadialFixed, regression(design="fixed"), WINDOW, 1696, 0),
    (Wishart, regression(), WINDOW, 2616, 41),
    (WishartFixed, regression(design="fixed"), WINDOW, 2416, 75),
    (Literal, regression(), WINDOW, 13272, 41),
    (Literal, regression(design="fixed"), WINDOW, 10072, 41),
    (LiteralSubsample, regression(), SUBSAMPLE, 26368, 41),
    (LiteralSubsample, regression(design="fixed"), SUBSAMPLE, 12928, 41),
    (LiteralEdited, regression(), Replace(), 12544, 41),
    (GaussianLimit, regression(), WINDOW, 1216, 0),
    (GaussianLimit, regression(), SUBSAMPLE, 960, 0),
    (Conditional, regression(), WINDOW, 21200, 250),
    (RidgeWishart, regression(ridge=0.1), WINDOW, 2616, 41),
    (RidgeFixed, regression(design="fixed", ridge=0.1), WINDOW, 3456, 2500),
    (RidgeFixed, regression(4, design="fixed", ridge=0.1), WINDOW, 3456, 1600),
    (RidgeLiteral, regression(ridge=0.1), WINDOW, 44352, 2650),
    (RidgeLiteral, regression(ridge=0.1), FreshReal(), 72000, 2650),
    (RidgeLiteral, regression(2, ridge=0.1), Replace(), 5760, 350),
    (PopulationWishart, regression(), SHARED, 22720, 83),
    (PopulationWishart, regression(), SEPARATE, 26720, 83),
    (PopulationWishartFixed, regression(design="fixed"), SEPARATE, 19040, 83),
    (PopulationLiteral, regression(), SEPARATE, 111392, 83),
    (PopulationLiteral, regression(design="fixed"), SHARED, 86880, 83),
    (of(GAUSSIAN, GaussianScatter), Gaussian(T, D), WINDOW, 4976, 41),
    (of(GAUSSIAN, GaussianScatter), Gaussian(T, 1), WINDOW, 368, 0),
    (of(GAUSSIAN, GaussianRows), Gaussian(T, D), WINDOW, 51456, 0),
    (of(GAUSSIAN, GaussianRows), Gaussian(2, D), Replace(), 1232, 0),
    (of(CATEGORICAL, CategoricalSums), Categorical(T, (0.2, 0.3, 0.5)), WINDOW, 1008, 0),
    (of(POISSON, PoissonSums), Poisson(T, 3.0), WINDOW, 368, 0),
    (of(POISSON, AbstractRows), Poisson(T, 3.0), WINDOW, 6912, 0),
    (of(GENERALISED_LINEAR, GeneralisedLinearRows), GeneralisedLinear(T, D, 1.0), WINDOW, 18432, 41),
]


@pytest.mark.parametrize(
    ("sampler", "task", "workflow", "size", "work"),
    TABLE,
    ids=[f"{row[0].__name__}-{k}" for k, row in enumerate(TABLE)],
)
def test_what_a_replicate_takes(sampler, task, workflow, size, work):
    more = (Generator(edited="1/2"),) if sampler is LiteralEdited else ()
    made = sampler(task, workflow, ITERATIONS, jnp.dtype("float64"), *more)
    assert (made.bytes_per_replicate, made.lapack_work) == (size, work)
