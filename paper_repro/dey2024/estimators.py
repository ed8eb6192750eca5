"""The paper's estimators as tasks, and the simulation of their ratios to generation 1.

The paper lets the sample size go to infinity at a fixed generation and draws from the limit, 10^6 chains and 100
generations. Here data are simulated, of a few hundred rows; the laws of the limit are theory's own.
"""

from dataclasses import dataclass

import jax.numpy as jnp
import sympy as sp
from jaxtyping import Array, Float

from theory import Accumulate, AccumulateSubsample, Estimator, Gaussian, GeneralisedLinear, LinearRegression, Replace
from theory.task import Task
from theory.tasks.estimator.task import x

from ..sweep import Refit, Sweep


def weighted_median(rows: Float[Array, " rows"], weights: Float[Array, " rows"]) -> Float[Array, ""]:
    """The row at which half of the weight is reached; of N rows of one weight row N/2 in order, or the one above."""
    order = jnp.argsort(rows)
    reached = jnp.cumsum(weights[order])
    return rows[order][jnp.argmax(reached >= reached[-1] / 2)]


@dataclass(frozen=True)
class Known:
    """An estimator of the paper.

    Attributes:
        task: what is refitted, with so many rows that a simulation is quick.
        of: the quantity whose ratio to generation 1 is taken.
        label: in the table.
    """

    task: Task
    of: str
    label: str


MEDIAN = Estimator(sp.sign(x) * sp.sqrt(sp.pi / 2), weighted_median, T=31)

ESTIMATORS = (
    Known(MEDIAN, "variance_ratio", "median of N(θ, 1)"),
    Known(GeneralisedLinear(T=60, d=3), "test_error", "logistic regression"),
    Known(GeneralisedLinear(T=60, d=3, link="poisson"), "test_error", "Poisson regression"),
    Known(Gaussian(T=100, d=3), "mean_error", "mean of a Gaussian"),
    Known(LinearRegression(T=100, d=3, sigma=1.0, design="fixed"), "test_error", "least squares"),
)

#: Generations of the simulation.
GENERATIONS = 50

RATIOS = Sweep(
    "dey_ratios",
    tuple(Refit(one.task, Accumulate(), one.of, one.label) for one in ESTIMATORS),
    GENERATIONS,
    1600,
    seed=31,
)

#: Logistic regression with more rows, under the three workflows, for fewer generations.
LOGISTIC = Sweep(
    "dey_logistic",
    tuple(
        Refit(GeneralisedLinear(T=1000, d=2), workflow, "test_error", "logistic regression")
        for workflow in (Replace(), Accumulate(), AccumulateSubsample())
    ),
    8,
    1000,
    seed=32,
)

#: Logistic regression on real rows, by its loss on rows held out, under the workflows that the paper has there. More
#: generations would leave too few chains under Replace: ever more of its refits are separated by a plane.
TABLES = Sweep(
    "dey_tables",
    tuple(
        Refit(GeneralisedLinear(table=name), workflow, "held_out_loss", name)
        for name in ("breast-cancer", "haberman", "transfusion")
        for workflow in (Replace(), Accumulate())
    ),
    15,
    400,
    seed=33,
)
