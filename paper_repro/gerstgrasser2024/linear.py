"""The paper's linear-regression experiments: what was simulated, as data, and one function that runs it.

Settings of the published figures (section 3, Fig. 7): d = 32, T in {100, 316, 1000}, sigma^2 in {0.01, ..., 100}, 50
iterations, no ridge, one X relabelled at every iteration. A second published plot shows 10 iterations for sigma^2 in
{0.1, 1, 10} without its T and d; its slope, sigma^2 d/(T - d - 1) = 35.2 at sigma^2 = 10, allows T = 114, d = 88.
"""

import time
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import jax.random as jr
import numpy as np
from tqdm import tqdm

import sim
from sim.results import Results
from theory import Accumulate, Replace, ReplaceGrowing, Workflow

Row = dict[str, str]


@dataclass(frozen=True)
class Setting:
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
        """Of the features; `None` for the identity."""
        return np.diag(np.arange(1, self.d + 1.0) ** -self.decay) if self.decay else None

    @property
    def described(self) -> list[object]:
        """As JSON."""
        decay = [f"eigenvalues k^-{self.decay}"] if self.decay else []
        return [self.workflow.command(), self.design, self.T, self.d, str(self.sigma2), *decay]


@dataclass(frozen=True)
class Experiment:
    """Several settings simulated alike; each has random numbers of its own, from the seed and its place."""

    name: str
    settings: tuple[Setting, ...]
    iterations: int
    replicates: int
    seed: int

    @property
    def configuration(self) -> dict[str, object]:
        """Everything that the numbers depend on, as JSON."""
        return {
            "name": self.name,
            "settings": [setting.described for setting in self.settings],
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
) -> tuple[Setting, ...]:
    return tuple(
        Setting(workflow, design, T_, d, Fraction(variance))
        for workflow in workflows
        for design in designs
        for T_ in T
        for variance in sigma2
    )


LINEAR_A = Experiment("linear_a", _grid(T=(114,), d=88, sigma2=("0.1", "1", "10")), 10, 1000, seed=1)
LINEAR_B = Experiment(
    "linear_b", _grid(T=(100, 316, 1000), d=32, sigma2=("0.01", "0.1", "1", "10", "100")), 50, 1000, seed=2
)
DESIGNS = Experiment(
    "designs",
    _grid(designs=("fixed", "fresh"), T=(40, 100), d=32, sigma2=("1",), workflows=(Accumulate(),)),
    20,
    20_000,
    seed=3,
)

#: What the claims on linear regression are held against: every law of the paper at both designs, in the smallest of its
#: settings, where the designs differ most; and features that are far from isotropic, whose rows must be drawn.
CLAIMS = Experiment(
    "linear_claims",
    _grid(
        designs=("fixed", "fresh"), T=(100,), d=32, sigma2=("1",), workflows=(Replace(), Accumulate(), ReplaceGrowing())
    ),
    50,
    50_000,
    seed=4,
)
ISOTROPY = Experiment(
    "linear_isotropy",
    tuple(replace(setting, decay=2) for setting in _grid(T=(100,), d=32, sigma2=("1",))),
    10,
    4000,
    seed=6,
)


def run(experiment: Experiment, folder: Path) -> list[Row]:
    """The experiment's table: read from `folder` if it was made from this very configuration, else simulated there.

    One row a (setting, iteration): `mean` and `standard_error` of the test error (noise left out), its `low` and
    `high` quantiles (2.5 % and 97.5 % of the replicates). A bar on standard error shows the settings done.
    """
    results = Results(folder, experiment.name)
    rows = results.load(experiment.configuration)
    if rows is None:
        started = time.monotonic()
        results.save(experiment.configuration, _simulate(experiment), started)
        rows = results.load(experiment.configuration)
        assert rows is not None  # written a moment ago
    return rows


def _simulate(experiment: Experiment) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    bar = tqdm(experiment.settings, desc=experiment.name, unit="setting")
    for index, setting in enumerate(bar):
        model = sim.LinearRegression(
            T=setting.T, d=setting.d, sigma=setting.sigma, design=setting.design, covariance=setting.covariance
        )
        key = jr.fold_in(jr.key(experiment.seed), index)
        result = sim.run(
            model, setting.workflow, iterations=experiment.iterations, replicates=experiment.replicates, key=key
        )
        estimate = result.test_error
        for n in range(experiment.iterations):
            rows.append(
                {
                    "workflow": setting.workflow.command(),
                    "design": setting.design,
                    "T": setting.T,
                    "d": setting.d,
                    "sigma2": str(setting.sigma2),
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
