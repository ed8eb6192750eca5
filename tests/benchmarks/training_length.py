"""How good model 1 is by length, size and rate of its training: `python tests/benchmarks/training_length.py KIND`.

    python tests/benchmarks/training_length.py diffusion --seeds 2 --settings "--steps 600" "--steps 2400 --width 64"

A setting is what stands on the command line of `python -m neural KIND` beside the workflow; without any those below are
run. Each row is printed as soon as it is known, with means over seeds: steps to the weights that are kept, the training
loss at the end, the loss on held-out rows of the training set (`--until converged`), the test loss, what the kind is
judged by (conformations by both samplers), and the seconds of the fit and of all. `--record FILE` adds it to those of
a file, with the device and the versions. `--base` is put before every setting. Runs on whatever device JAX has.
"""

import argparse
import json
import platform
import shlex
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import PyTree

from neural.__main__ import KINDS, configure, parser
from neural.configuration import Configuration
from neural.directory import RunDirectory
from neural.hooks import Hooks, Logger
from neural.loop import Learner, run
from sim.hosts import keep_compiled
from theory import Replace
from theory.files import write_whole

#: By kind: what has been found to matter, the shortest fits first.
SETTINGS = {
    "diffusion": (
        "--steps 600",
        "--steps 2400",
        "--steps 6000",
        "--steps 2400 --width 64 --layers 4",
        "--steps 2400 --width 64 --layers 4 --times spread",
        "--steps 2400 --width 64 --layers 4 --times middle",
        "--steps 2400 --width 64 --layers 4 --averaging 0.999",
        "--steps 6000 --width 64 --layers 5 --learning-rate 2e-3",
        "--steps 6000 --width 64 --layers 5 --learning-rate 2e-3 --times middle",
        "--steps 12000 --width 64 --layers 5 --learning-rate 2e-3 --times middle",
        "--steps 6000 --width 96 --layers 6 --learning-rate 1e-3 --batch-size 64 --times middle --averaging 0.999",
        "--until converged --check-every 500 --most-steps 40000 --width 64 --layers 5 --learning-rate 2e-3",
    ),
    "vae": (
        "--steps 500",
        "--steps 1000",
        "--steps 2000",
        "--steps 4000",
        "--steps 8000",
        "--steps 4000 --weight-decay 0.1",
        "--until converged --check-every 200 --most-steps 20000",
        "--until converged --check-every 200 --most-steps 20000 --weight-decay 0.1",
    ),
    "transformer": (
        "--epochs 9",
        "--epochs 30",
        "--epochs 30 --weight-decay 0.1",
        "--stories 4096 --epochs 9",
        "--stories 4096 --epochs 20 --weight-decay 0.1",
        "--stories 4096 --epochs 20 --width 64 --layers 2 --hidden 192 --learning-rate 5e-3 --weight-decay 0.1",
        "--stories 4096 --epochs 20 --style llama2 --width 48 --layers 2 --heads 3 --hidden 144 --weight-decay 0.1",
        "--stories 8192 --epochs 20 --style llama2 --width 64 --layers 2 --hidden 192 --learning-rate 5e-3",
        "--stories 8192 --until converged --check-every 250 --most-steps 30000 --style llama2 --width 64 --layers 2 "
        "--hidden 192 --learning-rate 5e-3 --weight-decay 0.1",
    ),
}

#: By kind: the metrics that it is judged by, beside `test_loss`.
JUDGED = {
    "diffusion": ("sane", "bonds", "torsions", "coverage"),
    "vae": ("frechet", "variance", "dimension"),
    "transformer": ("kl", "impossible", "distinct"),
}


@dataclass
class Clock(Logger):
    """When the fit began and ended, and its last loss."""

    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    step: int = 0
    loss: float = np.nan

    def fitted(self, iteration: int, step: int, losses: Mapping[str, np.ndarray]) -> None:
        """Note the time."""
        del iteration
        self.ended, self.step, self.loss = time.monotonic(), step, float(np.mean(losses["loss"]))

    def measured(self, iteration: int, metrics: Mapping[str, np.ndarray]) -> None:
        """Nothing is left to note."""


def configured(kind: str, setting: str) -> Configuration:
    """The configuration of a setting, for model 1 alone."""
    line = [kind, "replace", "--run-dir", "unused", *shlex.split(setting)]
    return replace(configure(KINDS[kind], parser().parse_args(line)), iterations=1)


def measured(kind: str, setting: str, folder: Path) -> dict[str, Any]:
    """One row."""
    configuration, clock = configured(kind, setting), Clock()
    directory = RunDirectory(folder, {}, resume=False)
    learner = directory.prepared(configuration.learner)
    clock.began = time.monotonic()
    plan, training = configuration.plan, configuration.training
    models: list[PyTree] = []

    def note(fitted: PyTree, samples: np.ndarray) -> dict[str, np.ndarray]:
        del samples
        models.append(fitted)
        return {}

    found = run(learner, Replace(), plan, training, directory, hooks=Hooks(measures=(note,), loggers=(clock,)))
    means = {name: float(values[:, 0].mean()) for name, values in found.items()}
    row: dict[str, Any] = {"steps": means.get("fit_steps", clock.step), "loss": clock.loss}
    row |= {"held_out": means.get("held_out_loss", ""), "test_loss": means["test_loss"]}
    if kind == "diffusion":
        for name, values in by_both(learner, models[0], plan.keys_for(1, "sample"), found).items():
            row |= {f"{metric}_{name}": float(values[metric].mean()) for metric in JUDGED[kind]}
    else:
        row |= {metric: means[metric] for metric in JUDGED[kind] if metric in means}
    arrays = jax.tree.leaves(eqx.filter(models[0], eqx.is_inexact_array))
    row |= {"weights": sum(leaf[0].size for leaf in arrays), "fit_seconds": round(clock.ended - clock.began, 1)}
    return row | {"seconds": round(time.monotonic() - clock.began, 1)}


def by_both(
    learner: Learner, models: PyTree, keys: jax.Array, found: Mapping[str, np.ndarray]
) -> dict[str, Mapping[str, np.ndarray]]:
    """The metrics by either sampler of conformations; one is known already."""
    from neural.conformers.learner import ConformerModel

    assert isinstance(learner, ConformerModel)
    other = replace(learner, ancestral=not learner.ancestral)
    rows = min(len(learner.conformers.train), 256)
    row_keys = jax.vmap(lambda key: jax.vmap(lambda n: jr.fold_in(key, n))(jnp.arange(rows)))(keys)
    again = other.evaluate(models, other.sample(models, keys=row_keys))
    known = {name: values[:, 0] for name, values in found.items()}
    both = {learner.ancestral: known, other.ancestral: again}
    return {"deterministic": both[False], "ancestral": both[True]}


def shown(value: object) -> str:
    """A cell."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def about(seeds: int) -> dict[str, Any]:
    """Where a row comes from."""
    device = jax.local_devices()[0]
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "device": device.device_kind,
        "devices": len(jax.local_devices()),
        "python": platform.python_version(),
        "jax": jax.__version__,
        "seeds": seeds,
    }


def record(file: Path, row: Mapping[str, Any]) -> None:
    """Add a row to those of a file, numbers to four digits."""
    rounded = {name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in row.items()}
    rows = [*(json.loads(file.read_text())["model 1"] if file.exists() else []), rounded]
    lines = ",\n".join(f"    {json.dumps(each)}" for each in rows)
    write_whole(file, lambda partial: partial.write_text(f'{{\n  "model 1": [\n{lines}\n  ]\n}}\n'))


def main(arguments: list[str] | None = None) -> None:
    """Print the table of one kind, row by row."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("kind", choices=sorted(SETTINGS))
    options.add_argument("--settings", nargs="+", metavar="OPTIONS", help="each a quoted list of options")
    options.add_argument("--base", default="", metavar="OPTIONS", help="quoted options before each setting's")
    options.add_argument("--seeds", type=int, default=2)
    options.add_argument("--record", type=Path, metavar="FILE", help="a JSON file that rows are added to")
    given = options.parse_args(arguments)
    keep_compiled()
    print(f"{given.kind} on {jax.devices()[0].device_kind}, {given.seeds} seeds", flush=True)
    for number, setting in enumerate(given.settings or SETTINGS[given.kind]):
        with tempfile.TemporaryDirectory() as folder:
            try:
                whole = f"{given.base} --seeds {given.seeds} {setting}"
                row = {"setting": setting, **measured(given.kind, whole, Path(folder) / "run")}
            except FloatingPointError as error:  # a rate that is too large ends this row, not those behind it
                print(f"{setting}: {error}", flush=True)
                continue
        if number == 0:
            print(" | ".join(row), flush=True)
        print(" | ".join(map(shown, row.values())), flush=True)
        if given.record is not None:
            record(given.record, {"kind": given.kind, **about(given.seeds), **row})


if __name__ == "__main__":
    main(sys.argv[1:])
