"""Least squares under AccumulateSubsample, literally: rows labelled, drawn and fitted, chains side by side.

A draw may by bad luck have so few different rows that the mean over all draws is infinite, and a simulation that speaks
of that mean can give no standard error. Here a chain with a fit to fewer than d + 4 different rows is left out, and
counted: means and variances of the others exist.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from ..experiment import over_seeds
from ..recorded import Row, read_or_make_parts


@dataclass(frozen=True)
class Subsampled:
    """What is run.

    Attributes:
        name: of the table.
        settings: design and T of each; "fixed" has one X for all pools of a chain.
        d: features; they and the noise have variance 1.
        iterations: models.
        chains: of each setting, those left out included.
        batch: chains side by side.
        seed: of all random numbers.
    """

    name: str
    settings: tuple[tuple[str, int], ...]
    d: int
    iterations: int
    chains: int
    batch: int
    seed: int

    @property
    def configuration(self) -> dict[str, object]:
        """Everything that the numbers depend on, as JSON."""
        return {**vars(self), "settings": [list(setting) for setting in self.settings]}

    @property
    def presets(self) -> dict[str, "Subsampled"]:
        """It in all sizes."""
        return {
            "smoke": replace(self, iterations=5, chains=40),
            "cpu": self,
            "gpu": replace(self, chains=10 * self.chains),
        }


SUBSAMPLED = Subsampled(
    "kazdan_subsampled",
    (("fixed", 32), ("fixed", 100), ("fresh", 32)),
    d=10,
    iterations=100,
    chains=4000,
    batch=250,
    seed=23,
)


def run(subsampled: Subsampled, folder: Path) -> list[Row]:
    """The table: read from `folder` if it was made from this very configuration, else run.

    One row a (design, T, iteration): `mean` and `standard_error` of the test error, noise left out, over the
    `replicates` chains that are not left out.
    """
    parts = [partial(_run, subsampled, index) for index in range(len(subsampled.settings))]
    return read_or_make_parts(folder, subsampled.name, subsampled.configuration, parts, unit="setting")


def _run(subsampled: Subsampled, index: int) -> list[dict[str, object]]:
    design, T = subsampled.settings[index]
    found = []
    for start in range(0, subsampled.chains, subsampled.batch):
        random = np.random.default_rng([subsampled.seed, index, start])
        count = min(subsampled.batch, subsampled.chains - start)
        errors, different = chains(random, T, subsampled.d, subsampled.iterations, count, is_fresh=design == "fresh")
        found.append(errors[(different >= subsampled.d + 4).all(1)])
    rows: list[dict[str, object]] = []
    for n, errors in enumerate(np.concatenate(found).T, 1):
        told = over_seeds(errors)
        del told["by_seed"]  # thousands
        place = {"workflow": "accumulate-subsample", "design": design, "T": T, "d": subsampled.d}
        rows.append({**place, "iteration": n, "metric": "test_error", **told})
    return rows


def chains(
    random: np.random.Generator, T: int, d: int, iterations: int, count: int, *, is_fresh: bool
) -> tuple[Float[np.ndarray, "chains iterations"], Int[np.ndarray, "chains iterations"]]:
    """Test errors |w_n - w*|^2, and how many different rows of X each fit has (at fresh design: T).

    Args:
        random: where random numbers come from.
        T: rows of a pool, and of each training set.
        d: features.
        iterations: models.
        count: chains.
        is_fresh: whether each pool has an X of its own.
    """
    designs = iterations if is_fresh else 1
    x = random.normal(size=(count, designs, T, d))
    labels = np.empty((count, iterations, T))
    model = np.zeros((count, d))  # w* = 0 without loss
    errors, different = np.empty((count, iterations)), np.empty((count, iterations), int)
    chain = np.arange(count)[:, None]
    for n in range(iterations):
        own = x[:, n if is_fresh else 0]
        labels[:, n] = np.einsum("ctd,cd->ct", own, model) + random.normal(size=(count, T))
        drawn = np.argpartition(random.random((count, (n + 1) * T)), T - 1)[:, :T]
        pool, row = np.divmod(drawn, T)
        seen, said = x[chain, pool if is_fresh else 0, row], labels[chain, pool, row]
        gram, moment = np.einsum("ctd,cte->cde", seen, seen), np.einsum("ctd,ct->cd", seen, said)
        model = np.linalg.solve(gram, moment[..., None])[..., 0]
        errors[:, n] = (model**2).sum(1)
        different[:, n] = T if is_fresh else _distinct(row)
    return errors, different


def _distinct(rows: Int[np.ndarray, "chains T"]) -> Int[np.ndarray, " chains"]:
    changes: Bool[np.ndarray, "chains T-1"] = np.diff(np.sort(rows, axis=1), axis=1) > 0
    return 1 + changes.sum(1)
