"""Simulations as data: one of least squares, one of any task, several run alike, and what runs and records them."""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import jax.random as jr
import numpy as np

import sim
from sim.keys import key_of
from theory import Generator, LinearRegression, Population, Task, Workflow

from .recorded import Row, read_or_make_parts

#: What is simulated.
S = TypeVar("S", bound=Workflow | Population)


@runtime_checkable
class Simulated(Protocol):
    """What a sweep needs to know of a simulation."""

    @property
    def task(self) -> Task:
        """What is refitted."""
        ...

    @property
    def workflow(self) -> Workflow | Population:
        """What each model is fitted to."""
        ...

    @property
    def generator(self) -> Generator:
        """How data are sampled from a model."""
        ...

    @property
    def of(self) -> str:
        """The name of the quantity."""
        ...

    @property
    def place(self) -> dict[str, object]:
        """The columns of its rows that tell them from others'."""
        ...

    @property
    def described(self) -> list[object]:
        """The simulation as JSON."""
        ...


#: Of a sweep.
M = TypeVar("M", bound=Simulated)


@dataclass(frozen=True)
class Simulation(Generic[S]):
    """One simulation of least squares.

    Attributes:
        workflow, design, T, d: as everywhere.
        sigma2: the noise variance, exact.
        decay: the covariance of the features has the eigenvalues k^-decay; 0 is isotropic.
        generator: how data are sampled from a model.
        label: what the workflow or the population is called in the table, if not as `name` says.
        ridge: as in `sim.LinearRegression`, with |w*| = 1; a table with ridges has a column of them.
        scaled: whether the ridge counts as much beside many rows as beside few.
    """

    workflow: S
    design: str
    T: int
    d: int
    sigma2: Fraction
    decay: int = 0
    generator: Generator = field(default_factory=Generator)
    label: str = ""
    ridge: float | None = None
    scaled: bool = True

    @property
    def name(self) -> str:
        """In a table: its label, or the workflow's name on the command line, with its parameters if it has any."""
        if self.label:
            return self.label
        if isinstance(self.workflow, Population):
            return str(self.workflow)
        given = any(value is not None for value in self.workflow.parameters.values())
        return str(self.workflow) if given else self.workflow.command()

    @property
    def sigma(self) -> float:
        """The noise standard deviation."""
        return float(self.sigma2) ** 0.5

    @property
    def covariance(self) -> np.ndarray | None:
        """The covariance of the features; `None` for the identity."""
        return np.diag(np.arange(1, self.d + 1.0) ** -self.decay) if self.decay else None

    @property
    def described(self) -> list[object]:
        """The simulation as JSON."""
        more = [f"eigenvalues k^-{self.decay}"] if self.decay else []
        more += [str(self.workflow)] if self.label else []
        more += [str(self.generator)] if self.generator != Generator() else []
        more += [] if self.ridge is None else [f"ridge {self.ridge!r}{'' if self.scaled else ' unscaled'}"]
        return [self.name, self.design, self.T, self.d, str(self.sigma2), *more]

    @property
    def of(self) -> str:
        """The quantity."""
        return "test_error"

    @property
    def place(self) -> dict[str, object]:
        """Columns of its rows."""
        place = {"workflow": self.name, "design": self.design, "T": self.T, "d": self.d, "sigma2": str(self.sigma2)}
        return {**place, **({} if self.ridge is None else {"ridge": self.ridge})}

    @property
    def task(self) -> LinearRegression:
        """What is refitted."""
        return sim.LinearRegression(
            T=self.T,
            d=self.d,
            sigma=self.sigma,
            design=self.design,
            covariance=self.covariance,
            ridge=self.ridge,
            scaled=self.scaled,
        )


@dataclass(frozen=True)
class Refit:
    """One simulation of any task.

    Attributes:
        task: what is refitted, with numbers for its parameters.
        workflow: what each model is fitted to.
        of: the name of the quantity.
        label: what the task is called in the table, if not as it prints itself.
        generator: how data are sampled from a model.
    """

    task: Task
    workflow: Workflow
    of: str
    label: str = ""
    generator: Generator = field(default_factory=Generator)

    @property
    def place(self) -> dict[str, object]:
        """Columns of its rows."""
        return {"task": self.label or str(self.task), "workflow": str(self.workflow)}

    @property
    def described(self) -> list[object]:
        """The simulation as JSON."""
        task = f"{self.label} {self.task.numbers}" if self.label else str(self.task)
        more = [str(self.generator)] if self.generator != Generator() else []
        return [task, str(self.workflow), self.of, *more]


@dataclass(frozen=True)
class Sweep(Generic[M]):
    """Several simulations run alike; each has random numbers of its own, from the seed and its place.

    Attributes:
        name: of the table.
        simulations: what is run.
        iterations: model-fitting iterations of each.
        replicates: of each.
        seed: of all random numbers.
        sampler: its name; "conditional" has exact means with smaller errors, and no quantiles.
        relative_error: where it is given, each simulation ends when its standard errors are at most this share of the
            means, after `replicates` at the latest; "auto" is then the sampler that gets there first, which may have no
            quantiles, so that the table has none.
    """

    name: str
    simulations: tuple[M, ...]
    iterations: int
    replicates: int
    seed: int
    sampler: str = "auto"
    relative_error: float | None = None

    @property
    def configuration(self) -> dict[str, object]:
        """Everything that the numbers depend on, as JSON."""
        aim = {} if self.relative_error is None else {"relative_error": self.relative_error}
        return {
            "name": self.name,
            "settings": [simulation.described for simulation in self.simulations],
            "iterations": self.iterations,
            "replicates": self.replicates,
            "seed": self.seed,
            "sampler": self.sampler,
            **aim,
        }

    @property
    def presets(self) -> dict[str, "Sweep[M]"]:
        """It in all sizes: presets differ in the replicates alone."""
        return {
            "smoke": replace(self, replicates=40, iterations=min(5, self.iterations)),
            "cpu": self,
            "gpu": replace(self, replicates=10 * self.replicates),
        }


def grid(
    *,
    designs: tuple[str, ...] = ("fixed",),
    T: tuple[int, ...],
    d: tuple[int, ...],
    sigma2: tuple[str, ...] = ("1",),
    workflows: tuple[Workflow, ...],
) -> tuple[Simulation[Workflow], ...]:
    """All combinations, the last ones changing first.

    Args:
        designs, T, d, sigma2, workflows: the values of each.
    """
    return tuple(
        Simulation(workflow, design, T_, d_, Fraction(variance))
        for workflow in workflows
        for design in designs
        for T_ in T
        for d_ in d
        for variance in sigma2
    )


def run(sweep: Sweep[Any], folder: Path) -> list[Row]:
    """The sweep's table: read from `folder` if it was made from this very configuration, else simulated there.

    One row a (simulation, iteration), of a population one for each `model`: `mean` and `standard_error` of the quantity
    (of test errors noise is left out), and where the sampler has them its `low` and `high` quantiles (2.5 % and 97.5 %
    of the replicates). A bar on standard error shows the simulations done.
    """
    parts = [partial(_simulate, sweep, index) for index in range(len(sweep.simulations))]
    return read_or_make_parts(folder, sweep.name, sweep.configuration, parts, unit="simulation")


def _simulate(sweep: Sweep[Any], index: int) -> list[dict[str, object]]:
    one = sweep.simulations[index]
    result = sim.run(
        one.task,
        one.workflow,
        of=one.of,
        iterations=sweep.iterations,
        replicates=sweep.replicates,
        key=jr.fold_in(key_of(sweep.seed), index),
        sampler=sweep.sampler,
        relative_error=sweep.relative_error,
        generator=one.generator,
    )
    estimate, place, rows = result.estimate, dict(one.place), []
    columns = {"mean": estimate.mean, "standard_error": estimate.standard_error}
    if estimate.quantiles and sweep.relative_error is None:
        columns |= {"low": estimate.quantiles[0.025], "high": estimate.quantiles[0.975]}
    for at in np.ndindex(estimate.mean.shape):
        place |= dict(zip(("iteration", "model"), (index + 1 for index in at), strict=False))
        rows.append(
            {
                **place,
                "metric": one.of,
                **{name: float(column[at]) for name, column in columns.items()},
                "replicates": result.replicates,
            }
        )
    return rows
