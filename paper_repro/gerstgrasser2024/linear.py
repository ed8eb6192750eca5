"""The paper's linear-regression experiments: what was simulated, as data, and one function that runs it.

Settings of the published figures (section 3, Fig. 7): d = 32, T in {100, 316, 1000}, sigma^2 in {0.01, ..., 100}, 50
iterations, no ridge, one X relabelled at every iteration. A second published plot shows 10 iterations for sigma^2 in
{0.1, 1, 10} without its T and d; its slope, sigma^2 d/(T - d - 1) = 35.2 at sigma^2 = 10, allows T = 114, d = 88.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import jax.random as jr
import numpy as np
from tqdm import tqdm

import sim
from sim.keys import key_of
from theory import Accumulate, Replace, ReplaceGrowing, Workflow

from ..recorded import Row, read_or_make


@dataclass(frozen=True)
class Simulation:
    """One simulation.

    Attributes:
        workflow, design, T, d: as everywhere.
        sigma2: the noise variance, exact.
        decay: the covariance of the features has the eigenvalues k^-decay; 0 is isotropic.
    """

    workflow: Workflow
    design: str
    T: int
    d: int
    sigma2: Fraction
    decay: int = 0

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
        decay = [f"eigenvalues k^-{self.decay}"] if self.decay else []
        return [self.workflow.command(), self.design, self.T, self.d, str(self.sigma2), *decay]


@dataclass(frozen=True)
class Sweep:
    """Several simulations run alike; each has random numbers of its own, from the seed and its place."""

    name: str
    simulations: tuple[Simulation, ...]
    iterations: int
    replicates: int
    seed: int

    @property
    def configuration(self) -> dict[str, object]:
        """Everything that the numbers depend on, as JSON."""
        return {
            "name": self.name,
            "settings": [simulation.described for simulation in self.simulations],
            "iterations": self.iterations,
            "replicates": self.replicates,
            "seed": self.seed,
            "sampler": "auto",
        }


def _grid(
    *,
    designs: tuple[str, ...] = ("fixed",),
    T: tuple[int, ...],
    d: int,
    sigma2: tuple[str, ...],
    workflows: tuple[Workflow, ...] = (Replace(), Accumulate()),
) -> tuple[Simulation, ...]:
    return tuple(
        Simulation(workflow, design, T_, d, Fraction(variance))
        for workflow in workflows
        for design in designs
        for T_ in T
        for variance in sigma2
    )


LINEAR_A = Sweep("linear_a", _grid(T=(114,), d=88, sigma2=("0.1", "1", "10")), 10, 1000, seed=1)
LINEAR_B = Sweep(
    "linear_b", _grid(T=(100, 316, 1000), d=32, sigma2=("0.01", "0.1", "1", "10", "100")), 50, 1000, seed=2
)
DESIGNS = Sweep(
    "designs",
    _grid(designs=("fixed", "fresh"), T=(40, 100), d=32, sigma2=("1",), workflows=(Accumulate(),)),
    20,
    20_000,
    seed=3,
)

#: What the claims on linear regression are held against: every law of the paper at both designs, in the smallest of its
#: settings, where the designs differ most; and features that are far from isotropic, whose rows must be drawn.
CLAIMS = Sweep(
    "linear_claims",
    _grid(
        designs=("fixed", "fresh"), T=(100,), d=32, sigma2=("1",), workflows=(Replace(), Accumulate(), ReplaceGrowing())
    ),
    50,
    50_000,
    seed=4,
)
ISOTROPY = Sweep(
    "linear_isotropy",
    tuple(replace(simulation, decay=2) for simulation in _grid(T=(100,), d=32, sigma2=("1",))),
    10,
    4000,
    seed=6,
)


def run(sweep: Sweep, folder: Path) -> list[Row]:
    """The sweep's table: read from `folder` if it was made from this very configuration, else simulated there.

    One row a (simulation, iteration): `mean` and `standard_error` of the test error (noise left out), its `low` and
    `high` quantiles (2.5 % and 97.5 % of the replicates). A bar on standard error shows the simulations done.
    """
    return read_or_make(folder, sweep.name, sweep.configuration, lambda: _simulate(sweep))


def _simulate(sweep: Sweep) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    bar = tqdm(sweep.simulations, desc=sweep.name, unit="simulation")
    for index, one in enumerate(bar):
        model = sim.LinearRegression(T=one.T, d=one.d, sigma=one.sigma, design=one.design, covariance=one.covariance)
        key = jr.fold_in(key_of(sweep.seed), index)
        result = sim.run(model, one.workflow, iterations=sweep.iterations, replicates=sweep.replicates, key=key)
        estimate = result.test_error
        for n in range(sweep.iterations):
            rows.append(
                {
                    "workflow": one.workflow.command(),
                    "design": one.design,
                    "T": one.T,
                    "d": one.d,
                    "sigma2": str(one.sigma2),
                    "iteration": n + 1,
                    "metric": "test_error",
                    "mean": float(estimate.mean[n]),
                    "standard_error": float(estimate.standard_error[n]),
                    "low": float(estimate.quantiles[0.025][n]),
                    "high": float(estimate.quantiles[0.975][n]),
                    "replicates": result.replicates,
                }
            )
    return rows
