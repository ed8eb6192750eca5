"""Kernel densities refitted to their own samples, by their loss on real points: what theory's laws of spread leave out.

The loss is the mean negative log density of points that no model saw, in nats. Pools are drawn in turn from the newest
model; a model's density is the mean over its rows of normal kernels of one bandwidth.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

from ..experiment import over_seeds
from ..recorded import Row, read_or_make_parts
from .shapes import SHAPES, Shape

#: By their names on the command line.
WORKFLOWS = ("replace", "accumulate", "accumulate-subsample")


@dataclass(frozen=True)
class Kernels:
    """What is run: every shape with every bandwidth, under every workflow.

    Attributes:
        name: of the table.
        bandwidths: standard deviations of the kernel.
        rows: of a pool.
        test_points: that the loss is the mean over, anew for each seed.
        iterations: models.
        seeds: chains; those of one seed share real data and test points in all workflows and bandwidths.
        seed: of all random numbers.
    """

    name: str
    bandwidths: tuple[float, ...]
    rows: int
    test_points: int
    iterations: int
    seeds: int
    seed: int

    @property
    def configuration(self) -> dict[str, object]:
        """Everything that the numbers depend on, as JSON."""
        return {**vars(self), "bandwidths": list(self.bandwidths), "shapes": list(SHAPES), "workflows": list(WORKFLOWS)}


KERNELS = Kernels("kazdan_kernels", (0.1, 0.5, 1.0), rows=200, test_points=500, iterations=20, seeds=10, seed=24)

#: Many rows, and a kernel that is too narrow for them.
NARROW = Kernels("kazdan_narrow_kernels", (0.1,), rows=1000, test_points=500, iterations=2, seeds=20, seed=25)


def presets(kernels: Kernels) -> dict[str, Kernels]:
    """It in all sizes."""
    return {
        "smoke": replace(kernels, rows=20, test_points=20, iterations=2, seeds=2),
        "cpu": kernels,
        "gpu": replace(kernels, seeds=10 * kernels.seeds),
    }


def run(kernels: Kernels, folder: Path) -> list[Row]:
    """The table: read from `folder` if it was made from this very configuration, else run.

    One row a (shape, bandwidth, workflow, iteration): `mean` and `standard_error` over seeds, and each seed's loss.
    """
    places = [(name, bandwidth) for name in SHAPES for bandwidth in kernels.bandwidths]
    parts = [partial(_run, kernels, *place) for place in places]
    return read_or_make_parts(folder, kernels.name, kernels.configuration, parts, unit="density")


def _run(kernels: Kernels, shape: str, bandwidth: float) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for workflow in WORKFLOWS:
        losses = np.array([chain(kernels, SHAPES[shape], bandwidth, workflow, seed) for seed in range(kernels.seeds)])
        place = {"shape": shape, "bandwidth": bandwidth, "workflow": workflow}
        rows += [
            {**place, "iteration": n, "metric": "test_loss", **over_seeds(found)} for n, found in enumerate(losses.T, 1)
        ]
    return rows


def chain(
    kernels: Kernels, shape: Shape, bandwidth: float, workflow: str, seed: int
) -> Float[np.ndarray, " iterations"]:
    """The loss of models 1, 2, … of one chain.

    Args:
        kernels: rows, points and iterations.
        shape: the truth.
        bandwidth: of the kernel.
        workflow: its name: each model has the newest pool, all so far, or as many rows as a pool drawn from all.
        seed: which chain.
    """
    random = np.random.default_rng([kernels.seed, seed])
    held_out = shape(kernels.test_points, random)
    pools, fits, losses = shape(kernels.rows, random), [], []
    for _ in range(kernels.iterations):
        training = pools[-kernels.rows :]
        if workflow == "accumulate-subsample":
            training = pools[random.choice(len(pools), kernels.rows, replace=False)]
        fits.append(log_density(training, held_out, bandwidth))
        if workflow == "accumulate":  # of pools of one size the density of all is the mean of their own
            training = pools
            losses.append(-(logsumexp(fits, axis=0) - np.log(len(fits))).mean())
        else:
            losses.append(-fits[-1].mean())
        drawn = training[random.integers(len(training), size=kernels.rows)]
        pools = np.concatenate([pools, drawn + bandwidth * random.normal(size=drawn.shape)])
    return np.array(losses)


def log_density(
    training: Float[np.ndarray, "rows 2"], points: Float[np.ndarray, "points 2"], bandwidth: float
) -> Float[np.ndarray, " points"]:
    """The logarithm of the mean of normal kernels of this bandwidth on the training rows, at each point."""
    squares = ((points[:, None] - training[None]) ** 2).sum(-1)
    return logsumexp(-squares / (2 * bandwidth**2), axis=1) - np.log(len(training) * 2 * np.pi * bandwidth**2)
