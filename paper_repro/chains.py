"""Chains that no sampler of `sim` makes: each experiment brings the loop, in NumPy, and this records means over chains.

A loop takes a generator of random numbers and the chains it is to make, and gives for each metric one number a chain
and recorded iteration.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from threadpoolctl import threadpool_limits

from theory.measurement import Measurement

from .recorded import Row, read_or_make_parts

#: (random numbers, chains, iterations to record, setting) -> each metric's values.
Loop = Callable[
    [np.random.Generator, int, tuple[int, ...], Mapping[str, Any]], Mapping[str, Float[np.ndarray, "chains iterations"]]
]


@dataclass(frozen=True)
class Chains:
    """One loop in several settings; each has random numbers of its own, from the seed and its place.

    Attributes:
        name: of the table.
        loop: what makes the chains.
        settings: what the loop is told, JSON, by the name that the table has.
        iterations: those that are recorded, rising.
        chains: of each setting.
        seed: of all random numbers.
    """

    name: str
    loop: Loop
    settings: Mapping[str, Mapping[str, Any]]
    iterations: tuple[int, ...]
    chains: int
    seed: int

    @property
    def configuration(self) -> dict[str, object]:
        """Everything that the numbers depend on, as JSON; but for the loop's code."""
        return {
            "name": self.name,
            "settings": {name: dict(setting) for name, setting in self.settings.items()},
            "iterations": list(self.iterations),
            "chains": self.chains,
            "seed": self.seed,
        }

    @property
    def presets(self) -> dict[str, "Chains"]:
        """It in all sizes: presets differ in the chains, and `smoke` is shorter too."""
        return {
            "smoke": replace(self, chains=4, iterations=self.iterations[:2]),
            "cpu": self,
            "gpu": replace(self, chains=10 * self.chains),
        }


def run(chains: Chains, folder: Path) -> list[Row]:
    """The table: read from `folder` if it was made from this very configuration, else simulated there.

    One row a (variant, iteration, metric): mean and standard error over chains, and how many these are.
    """
    parts = [partial(_simulate, chains, index) for index in range(len(chains.settings))]
    return read_or_make_parts(folder, chains.name, chains.configuration, parts, unit="setting")


def _simulate(chains: Chains, index: int) -> list[dict[str, object]]:
    variant, setting = list(chains.settings.items())[index]
    random = np.random.default_rng([chains.seed, index])
    with threadpool_limits(1, user_api="blas"):  # small matrices, and the same digits on any number of cores
        found = chains.loop(random, chains.chains, chains.iterations, setting)
    rows: list[dict[str, object]] = []
    for metric, values in found.items():
        for place, iteration in enumerate(chains.iterations):
            of = Measurement.of(values[:, place])
            rows.append(
                {
                    "variant": variant,
                    "iteration": iteration,
                    "metric": metric,
                    "mean": of.mean,
                    "standard_error": of.standard_error,
                    "replicates": len(values),
                }
            )
    return rows
