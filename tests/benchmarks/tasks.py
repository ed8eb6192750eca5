"""Steps (replicate × iteration) a second of tasks beside regression: ours, NumPy's, and the floor of random numbers.

    python -m tests.benchmarks.tasks [--T 10,1000]

Accumulate for 10 iterations. The opponent is what a NumPy user who knows the sums' distributions writes, for many
chains at once on one core; the floor is the random numbers that ours take, in the same blocks on the same devices.
"""

import argparse
from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sim.blocks import Blocks
from sim.hosts import use_all_cores
from sim.samplers.base import AbstractSampler
from tests.benchmarks.simulation import SECONDS, rates
from tests.sim.build import build
from theory import Accumulate, Bernoulli, Gamma, Gaussian, NegativeBinomial, Poisson, Task, Workflow

ITERATIONS, CHAINS = 10, 4096

#: task of so many rows -> (NumPy's sum of the rows of pools with these means, random numbers that ours takes a step)
TASKS: dict[Callable[[int], Task], tuple[Callable[[np.random.Generator, int, np.ndarray], np.ndarray], int]] = {
    lambda T: Bernoulli(T, 0.3): (lambda rng, T, mean: rng.binomial(T, np.minimum(mean, 1)), 1),
    lambda T: Poisson(T, 1.0): (lambda rng, T, mean: rng.poisson(T * mean), 1),
    lambda T: Gamma(T, 1.0, 1.0): (lambda rng, T, mean: mean * rng.standard_gamma(T, len(mean)), 1),
    lambda T: NegativeBinomial(T, 2.0, 1.0): (
        lambda rng, T, mean: rng.poisson(mean / 2 * rng.standard_gamma(2 * T, len(mean))),
        2,
    ),
}


class Floor(AbstractSampler[Any]):
    """The random numbers of a step."""

    name: ClassVar[str] = "floor"

    count: int = eqx.field(static=True)

    def __init__(self, count: int, workflow: Workflow, iterations: int, dtype: np.dtype) -> None:
        del workflow, iterations, dtype
        self.count = count

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """One number a step that depends on all of its own."""

        def step(total: Array, key: PRNGKeyArray) -> tuple[Array, Array]:
            found = jr.uniform(key, (self.count,), total.dtype).sum() + 1e-3 * total
            return found, found

        return jax.lax.scan(step, jnp.zeros(()), jr.split(key, ITERATIONS))[1]


def blocked(chain: AbstractSampler) -> Callable[[], int]:
    """A call that computes blocks on all devices."""
    blocks = Blocks(chain, jr.key(0))
    return lambda: sum(block.size for block in blocks(0, 2 * blocks.devices))


def sums(draw: Callable[[np.random.Generator, int, np.ndarray], np.ndarray], mean: float, T: int) -> Callable[[], int]:
    """Accumulate of means by NumPy."""

    def call() -> int:
        rng, total, model = np.random.default_rng(0), np.zeros(CHAINS), np.full(CHAINS, mean)
        for n in range(1, ITERATIONS + 1):
            total = total + draw(rng, T, model)
            model = total / (n * T)
        return CHAINS * ITERATIONS

    return call


def gaussians(T: int) -> Callable[[], int]:
    """Accumulate of a Gaussian in one dimension by NumPy, from sums and sums of squares."""

    def call() -> int:
        rng = np.random.default_rng(0)
        total, squares, mean, deviation = np.zeros(CHAINS), np.zeros(CHAINS), np.zeros(CHAINS), np.ones(CHAINS)
        for n in range(1, ITERATIONS + 1):
            pool = mean + deviation * rng.standard_normal(CHAINS) / np.sqrt(T)
            total = total + T * pool
            squares = squares + deviation**2 * rng.chisquare(T - 1, CHAINS) + T * pool**2
            mean = total / (n * T)
            deviation = np.sqrt(squares / (n * T) - mean**2)
        return CHAINS * ITERATIONS

    return call


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--T", default="10,1000", help="rows a pool (default: 10,1000)")
    options = parser.parse_args()
    use_all_cores()
    print(f"{'task':<20} {'T':>7} {'ours':>12} {'numpy':>12} {'floor':>12}   millions of steps a second")
    with jax.enable_x64(True):
        for T in map(int, options.T.split(",")):
            cells = {
                made(T): (sums(draw, made(T).numbers.get("mean", 0.3), T), count)
                for made, (draw, count) in TASKS.items()
            }
            for task, (numpy, count) in ({Gaussian(T, 1): (gaussians(T), 2)} | cells).items():
                ours, _ = build("sufficient", task, Accumulate(), ITERATIONS)
                floor = Floor(count, Accumulate(), ITERATIONS, jnp.dtype("float64"))
                contestants = {"ours": blocked(ours), "numpy": numpy, "floor": blocked(floor)}
                row = "".join(f" {rate / 1e6:>12.3g}" for rate in rates(contestants, SECONDS).values())
                print(f"{task.name:<20} {T:>7}{row}", flush=True)


if __name__ == "__main__":
    main()
