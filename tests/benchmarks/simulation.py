"""Steps (replicate × iteration) a second of every sampler, of NumPy, and of the floor: one table, one run, one machine.

    python tests/benchmarks/simulation.py [--record FILE] [--d 10,100] [--quick]

Accumulate at fresh design where nothing else is said. The opponents are what one would write without this project, on
one core in float64: `loop`, chain by chain with lstsq on the stacked data; `batch`, many chains at once by normal
equations; `bartlett`, likewise from the sufficient statistics. The floor is what no sampler of X'X can do without:
its random numbers and one Cholesky factorisation a step, in the same blocks on the same devices. BLAS has one thread.
Contestants of a cell take turns, and each figure is the median of its turns.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray
from threadpoolctl import threadpool_limits
from tqdm import tqdm

import sim
from sim.blocks import Blocks
from sim.hosts import use_all_cores
from sim.samplers.base import AbstractSampler
from sim.samplers.least_squares import features
from tests.sim.build import build
from theory import Accumulate, LinearRegression, Replace, Workflow
from theory.files import write_whole

#: A turn takes so long or one call, whichever is more; a contestant whose call would take longer than `PATIENCE`
#: seconds is left out.
SECONDS, TURNS, PATIENCE = 0.3, 5, 8.0

#: What one core does at least, to tell in advance what a NumPy contestant takes.
FLOPS_A_SECOND, NORMALS_A_SECOND = 5e9, 5e7

#: name -> (sampler, workflow, design, precision)
SAMPLERS: dict[str, tuple[str, Workflow, str, str]] = {
    "literal": ("literal", Accumulate(), "fresh", "float64"),
    "wishart 64": ("wishart", Accumulate(), "fresh", "float64"),
    "wishart 32": ("wishart", Accumulate(), "fresh", "float32"),
    "conditional 32": ("conditional", Accumulate(), "fresh", "float32"),
    "gaussian 32": ("gaussian", Accumulate(), "fresh", "float32"),
    "radial fixed 32": ("radial", Accumulate(), "fixed", "float32"),
    "radial Replace 32": ("radial", Replace(), "fresh", "float32"),
}


class Floor(AbstractSampler[LinearRegression]):
    """The random numbers of a sufficient statistic, and one Cholesky factorisation, a step."""

    name: ClassVar[str] = "floor"

    d: int = eqx.field(static=True)
    iterations: int = eqx.field(static=True)
    dtype: np.dtype = eqx.field(static=True)

    def __init__(self, task: LinearRegression, workflow: Workflow, iterations: int, dtype: np.dtype) -> None:
        self.d, self.iterations, self.dtype = features(task), iterations, dtype

    @property
    def bytes_per_replicate(self) -> int:
        """As of Wishart."""
        return 9 * self.dtype.itemsize * self.d**2

    @property
    def lapack_work(self) -> int:
        """As of Wishart."""
        return self.d**3 // 3

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """One number a step that depends on all of its work."""
        count = self.d * (self.d + 3) // 2

        def step(total: Array, key: PRNGKeyArray) -> tuple[Array, Array]:
            numbers = jr.normal(key, (count,), self.dtype)
            # the cheapest matrix that holds them; the previous step's result enters, so that no step can be left out
            matrix = jnp.resize(numbers, (self.d, self.d)) + (9 * self.d + 1e-3 * total) * jnp.eye(
                self.d, dtype=self.dtype
            )
            factor = jnp.linalg.cholesky(matrix, symmetrize_input=False)
            return factor[-1, -1], factor[-1, -1]

        return jax.lax.scan(step, jnp.zeros((), self.dtype), jr.split(key, self.iterations))[1]


def loop(d: int, T: int, n: int) -> int:
    """One chain, as the public repositories write it; returns the steps done."""
    rng = np.random.default_rng(0)
    w, designs, labels = np.zeros(d), [], []
    for _ in range(n):
        X = rng.standard_normal((T, d))
        designs.append(X)
        labels.append(X @ w + rng.standard_normal(T))
        w = np.linalg.lstsq(np.concatenate(designs), np.concatenate(labels), rcond=None)[0]
    return n


def batch(d: int, T: int, n: int) -> int:
    """Many chains at once, from the data, by normal equations."""
    rng = np.random.default_rng(0)
    chains = max(1, min(256, 2**20 // (T * d)))
    gram, moment, w = np.zeros((chains, d, d)), np.zeros((chains, d, 1)), np.zeros((chains, d, 1))
    for _ in range(n):
        X = rng.standard_normal((chains, T, d))
        y = X @ w + rng.standard_normal((chains, T, 1))
        gram += X.mT @ X
        moment += X.mT @ y
        w = np.linalg.solve(gram, moment)
    return chains * n


def bartlett(d: int, T: int, n: int) -> int:
    """Many chains at once, from sufficient statistics: what a NumPy user who knows Bartlett's decomposition writes."""
    rng = np.random.default_rng(0)
    chains = max(4, min(1024, 10**8 // (n * d**2)))
    gram, moment, w = np.zeros((chains, d, d)), np.zeros((chains, d, 1)), np.zeros((chains, d, 1))
    rows, columns = np.tril_indices(d, -1)
    diagonal = np.arange(d)
    factor = np.zeros((chains, d, d))
    for _ in range(n):
        factor[:, rows, columns] = rng.standard_normal((chains, len(rows)))
        factor[:, diagonal, diagonal] = np.sqrt(rng.chisquare(T - diagonal, (chains, d)))
        W = factor @ factor.mT
        gram += W
        moment += W @ w + factor @ rng.standard_normal((chains, d, 1))
        w = np.linalg.solve(gram, moment)
    return chains * n


def opponents(d: int, T: int, n: int) -> Iterator[tuple[str, Callable[[], int]]]:
    """Those that end within `PATIENCE`."""
    normals = n * T * (d + 1)
    takes = {
        "loop": (loop, 4 * T * d**2 * n * (n + 1) / 2, normals),
        "batch": (batch, 2 * T * d**2 * n, normals),
        "bartlett": (bartlett, 0, 0),
    }
    for name, (function, flops, numbers) in takes.items():
        if flops / FLOPS_A_SECOND + numbers / NORMALS_A_SECOND < PATIENCE:
            yield name, lambda function=function: function(d, T, n)


def ours(d: int, T: int, n: int) -> Iterator[tuple[str, Callable[[], int]]]:
    """The samplers and the floor, each a step of blocks on all devices at a time."""
    chains: dict[str, AbstractSampler] = {}
    for name, (sampler, workflow, design, precision) in SAMPLERS.items():
        if sampler == "literal" and n * T * d**2 * 16 / FLOPS_A_SECOND > PATIENCE:
            continue
        task = sim.LinearRegression(T=T, d=d, design=design)
        chains[name], _ = build(sampler, task, workflow, n, precision)
    for bits in (64, 32):
        task = sim.LinearRegression(T=T, d=d, design="fresh")
        chains[f"floor {bits}"] = Floor(task, Accumulate(), n, jnp.dtype(f"float{bits}"))
    for name, chain in chains.items():
        blocks = Blocks(chain, jr.key(0))

        def call(blocks: Blocks = blocks) -> int:
            return sum(block.size for block in blocks(0, 2 * blocks.devices))

        yield name, call


def rates(contestants: dict[str, Callable[[], int]], seconds: float) -> dict[str, float]:
    """Steps a second of each: the median of `TURNS` turns, or one call that takes longer than such a turn by far.

    The first call of each, which compiles, is not counted.
    """
    found: dict[str, list[float]] = {}
    for name, call in contestants.items():
        call()
        started = time.perf_counter()
        steps = call()
        taken = time.perf_counter() - started
        found[name] = [steps / taken] if taken > 5 * SECONDS else []
    for name, call in TURNS * [item for item in contestants.items() if not found[item[0]]]:
        started, steps = time.perf_counter(), 0
        while steps == 0 or time.perf_counter() - started < seconds:
            steps += call()
        found[name].append(steps / (time.perf_counter() - started))
    return {name: statistics.median(values) for name, values in found.items()}


def provenance() -> dict:
    """The machine and what runs on it."""
    device = jax.local_devices()[0]
    processor = [line for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "device": device.device_kind,
        "devices": len(jax.local_devices()),
        "processor": processor[0].split(":")[1].strip() if processor else platform.processor(),
        "load before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "jax": jax.__version__,
        "numpy": np.__version__,
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).is_file() else []


#: The columns of the README's table.
SUMMARY = ("loop", "batch", "bartlett", "literal", "wishart 64", "wishart 32", "floor 32", "radial Replace 32")


def markdown(rows: list[dict]) -> str:
    """The README's table: thousands of steps a second at T = 10 d and n = 10."""
    lines = ["| d, T | " + " | ".join(SUMMARY) + " |", "|---" * (len(SUMMARY) + 1) + "|"]
    for row in rows:
        if row["T"] == 10 * row["d"] and row["n"] == 10:
            rates = (row["rates"].get(name) for name in SUMMARY)
            cells = ("–" if rate is None else f"{float(f'{rate:.2g}') / 1e3:,.10g}" for rate in rates)
            lines.append(f"| {row['d']}, {row['T']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def show(rows: list[dict]) -> None:
    """The table, and the ratios that are promised."""
    names = list(dict.fromkeys(name for row in rows for name in row["rates"]))
    print("steps a second, in thousands")
    print(f"{'d':>4} {'T':>8} {'n':>3}" + "".join(f"{name:>19}" for name in names))
    for row in rows:
        cells = (f"{row['rates'][name] / 1e3:,.4g}" if name in row["rates"] else "-" for name in names)
        print(f"{row['d']:>4} {row['T']:>8} {row['n']:>3}" + "".join(f"{cell:>19}" for cell in cells))
    print("\nratios")
    for row in rows:
        rate = row["rates"]
        compared = {
            "wishart 32 / loop": ("wishart 32", "loop"),
            "wishart 64 / loop": ("wishart 64", "loop"),
            "wishart 32 / bartlett": ("wishart 32", "bartlett"),
            "wishart 64 / bartlett": ("wishart 64", "bartlett"),
            "wishart 32 / floor 32": ("wishart 32", "floor 32"),
            "wishart 64 / floor 64": ("wishart 64", "floor 64"),
        }
        shares = [f"{name} {rate[a] / rate[b]:.3g}" for name, (a, b) in compared.items() if a in rate and b in rate]
        print(f"d={row['d']}, T={row['T']}, n={row['n']}: " + ", ".join(shares))


def main() -> None:
    """Measure, print, and record where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", type=Path, help="write the table there as JSON, with its provenance")
    parser.add_argument("--d", default="10,32,100,316", help="features (default: 10,32,100,316)")
    parser.add_argument("--quick", action="store_true", help="one short turn each: only to see that it runs")
    options = parser.parse_args()
    use_all_cores()
    about = provenance()
    print(", ".join(f"{name} {value}" for name, value in about.items()), flush=True)
    dimensions = [int(d) for d in options.d.split(",")]
    cells = [(d, scale * d, n) for d in dimensions for scale in (10, 1000) for n in (10, 50)]
    # that the cost is free of T
    cells += [(d, T, 10) for d in dimensions if d == 32 for T in (10**3, 10**6)]
    rows = []
    with jax.enable_x64(True), threadpool_limits(1, user_api="blas"):
        for d, T, n in tqdm(cells, unit="cell", disable=not sys.stderr.isatty()):
            contestants = dict(opponents(d, T, n)) | dict(ours(d, T, n))
            rows.append({"d": d, "T": T, "n": n, "rates": rates(contestants, 0.01 if options.quick else SECONDS)})
    show(rows)
    print("\n" + markdown(rows))
    about["load after"] = round(os.getloadavg()[0], 2)
    print(f"load after {about['load after']}")
    if options.record:
        for row in rows:
            row["rates"] = {name: float(f"{rate:.4g}") for name, rate in row["rates"].items()}
        lines = ",\n".join("    " + json.dumps(row) for row in rows)
        text = f'{{\n  "provenance": {json.dumps(about)},\n  "steps a second": [\n{lines}\n  ]\n}}\n'
        write_whole(options.record, lambda partial: partial.write_text(text))


if __name__ == "__main__":
    main()
