"""Tasks beside regression under four workflows, for the figure `tasks`: one quantity of each, held beside its law."""

from dataclasses import dataclass, replace
from pathlib import Path

import jax.numpy as jnp
import jax.random as jr
import sympy as sp
from jaxtyping import Array, Float
from tqdm import tqdm

import sim
from sim.keys import key_of
from theory import (
    Accumulate,
    AccumulateSubsample,
    Bernoulli,
    Categorical,
    Estimator,
    FixedReal,
    Gamma,
    Gaussian,
    GeneralisedLinear,
    KernelDensity,
    NegativeBinomial,
    Poisson,
    Replace,
    Task,
    Workflow,
)
from theory.tasks.estimator.task import x

from .paper import Entry
from .recorded import Row, read_or_make

#: Sums of weights that are alike but for rounding.
_SLACK = 1e-9


def median(rows: Float[Array, " N"], weights: Float[Array, " N"]) -> Float[Array, ""]:
    """The number below which half of the weight is, or the middle of two such numbers."""
    order = jnp.argsort(rows)
    below = jnp.cumsum(weights[order])
    lower, upper = (rows[order][jnp.argmax(below > 0.5 + sign * _SLACK)] for sign in (-1, 1))
    return (lower + upper) / 2


@dataclass(frozen=True)
class Refitted:
    """A task with what is measured of it.

    Attributes:
        task: with numbers.
        of: the quantity.
        replicates: of the task under each workflow.
    """

    task: Task
    of: str
    replicates: int

    @property
    def described(self) -> list[object]:
        """It as JSON; of an estimator its name is told."""
        task = self.task
        words = [getattr(task, each.name) for each in task.choices]
        several = [list(map(str, getattr(task, each.name))) for each in task.several]
        return [task.name, *words, *several, task.numbers, self.of, self.replicates]


@dataclass(frozen=True)
class Refits:
    """All of them, run alike; each has random numbers of its own, from the seed and its place.

    Attributes:
        name: of the table.
        refitted: the tasks.
        workflows: of each task.
        iterations: model-fitting iterations.
        seed: of all random numbers.
    """

    name: str
    refitted: tuple[Refitted, ...]
    workflows: tuple[Workflow, ...]
    iterations: int
    seed: int

    @property
    def configuration(self) -> dict[str, object]:
        """Everything that the numbers depend on, as JSON."""
        return {
            "name": self.name,
            "tasks": [each.described for each in self.refitted],
            "workflows": list(map(str, self.workflows)),
            "iterations": self.iterations,
            "seed": self.seed,
        }

    @property
    def presets(self) -> dict[str, "Refits"]:
        """The smallest has two tasks and two workflows."""
        few = tuple(replace(each, replicates=40) for each in self.refitted[:2])
        many = tuple(replace(each, replicates=10 * each.replicates) for each in self.refitted)
        return {
            "smoke": replace(self, refitted=few, workflows=self.workflows[:2], iterations=3),
            "cpu": self,
            "gpu": replace(self, refitted=many),
        }


def run(refits: Refits, folder: Path) -> list[Row]:
    """The table, one row a (task, workflow, iteration): read from a folder if it is of these refits, else made there.

    `unconverged` counts the replicates that have no model, and are in no mean.
    """
    return read_or_make(folder, refits.name, refits.configuration, lambda: _simulate(refits))


def _simulate(refits: Refits) -> list[dict[str, object]]:
    pairs = [(each, workflow) for each in refits.refitted for workflow in refits.workflows]
    rows: list[dict[str, object]] = []
    for index, (each, workflow) in enumerate(tqdm(pairs, desc=refits.name, unit="simulation")):
        result = sim.run(
            each.task,
            workflow,
            of=each.of,
            iterations=refits.iterations,
            replicates=each.replicates,
            key=jr.fold_in(key_of(refits.seed), index),
        )
        for n, (mean, error) in enumerate(zip(result.estimate.mean, result.estimate.standard_error, strict=True)):
            rows.append(
                {
                    "task": each.task.name,
                    "metric": each.of,
                    "workflow": str(workflow),
                    "iteration": n + 1,
                    "mean": float(mean),
                    "standard_error": float(error),
                    "replicates": result.replicates,
                    "unconverged": result.unconverged[n] if result.unconverged else 0,
                }
            )
    return rows


#: Few rows, so that what is exact at finite T shows; the last two have laws for T -> oo, and more rows.
TASKS = Refits(
    "tasks",
    (
        Refitted(Gaussian(10), "variance", 20_000),
        Refitted(Bernoulli(10, 0.3), "mean_error", 20_000),
        Refitted(Categorical(10, (0.5, 0.3, 0.2)), "diversity", 20_000),
        Refitted(Poisson(10, 2.0), "mean_error", 20_000),
        Refitted(Gamma(10, 1.0, 1.0), "variance", 20_000),
        Refitted(NegativeBinomial(10, 2.0, 2.0), "mean_error", 20_000),
        Refitted(KernelDensity(10, 0.5), "variance", 20_000),
        Refitted(GeneralisedLinear(500, 3), "test_error", 2000),
        Refitted(Estimator(sp.sign(x) * sp.sqrt(sp.pi / 2), median, 101), "variance_ratio", 4000),
    ),
    (Replace(), Accumulate(), AccumulateSubsample(), FixedReal("3/10")),
    10,
    seed=13,
)

EXPERIMENTS = {"tasks": Entry("nine tasks beside regression, one quantity each", TASKS.presets, run)}
