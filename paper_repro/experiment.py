"""Experiments of neural networks trained on their own samples: variants under workflows, and what is recorded."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from neural.configuration import Configuration
from neural.directory import RunDirectory
from neural.loop import Learner, run as run_neural
from sim.results import Results, configuration_hash
from theory import Accumulate, Replace, Workflow
from theory.measurement import Measurement

from .recorded import Missing, Row, Tables, making, matching

#: (learner, the pool that one model sampled, of the first seed) -> what the table of samples says of some, a row each.
Shown = Callable[[Learner, np.ndarray], list[dict[str, object]]]


C = TypeVar("C", bound=Configuration)


@dataclass(frozen=True)
class Experiment(Generic[C]):
    """What is run: every variant under every workflow.

    Attributes:
        name: of the table.
        base: the configuration.
        variants: what each changes in it.
        workflows: all that are run.
        watched: whether the test loss is measured while the models are fitted too.
    """

    name: str
    base: C
    variants: Mapping[str, Mapping[str, Any]]
    workflows: tuple[Workflow, ...] = (Replace(), Accumulate())
    watched: bool = False

    @property
    def configuration(self) -> dict[str, object]:
        """Everything that the numbers depend on, as JSON."""
        return {
            "name": self.name,
            "workflows": [str(workflow) for workflow in self.workflows],
            "base": self.base.recorded(),
            "variants": {name: dict(changes) for name, changes in self.variants.items()},
        }


def presets(
    experiment: Experiment[C], settings: Mapping[str, C], larger: Mapping[str, Any]
) -> dict[str, Experiment[C]]:
    """The experiment in each of the settings; `gpu` and `paper` with `larger`: where data lies, how many seeds."""
    small = {name: replace(experiment, base=settings[name]) for name in ("smoke", "cpu")}
    return small | {name: replace(experiment, base=replace(settings[name], **larger)) for name in ("gpu", "paper")}


def run(experiment: Experiment, samples: str, shown: Shown, folder: Path) -> tuple[list[Row], ...]:
    """The experiment's tables, of metrics, of samples, and if it is watched of test losses while models are fitted.

    They are read from `folder` if they were made from this configuration, else run. Metrics: a row a (variant,
    workflow, iteration, metric) with mean and standard error over seeds, and each seed's value; `rise` is a seed's test
    loss over that of its model 1, less one. Chains of one seed share real data and first weights in all variants and
    workflows; tables from before there were values by seed lack that column. Samples, in the table NAME_`samples`:
    what `shown` says. Test losses, in NAME_learning: a row a (variant, workflow, iteration, step), after that step.
    A run that was killed goes on where it was, from run directories beside the tables.

    Args:
        experiment: what is run.
        samples: the last word of the name of the table of samples.
        shown: what is kept there.
        folder: of the tables.
    """
    names = [experiment.name, f"{experiment.name}_{samples}", *[f"{experiment.name}_learning"] * experiment.watched]
    tables = [Results(folder, name) for name in names]
    found = [table.load(experiment.configuration) for table in tables]
    if None in found:
        started = time.monotonic()
        name = experiment.name + "-watched" * experiment.watched  # an unwatched run lacks what is asked for
        runs = folder / f".{name}-{configuration_hash(experiment.configuration)}.partial"
        with making(folder, experiment.name):
            made = train(experiment, shown, runs)
            for table, rows in zip(tables, made, strict=True):
                table.save(experiment.configuration, rows, started)
            shutil.rmtree(runs)
        found = [table.load(experiment.configuration) for table in tables]
    return tuple(rows for rows in found if rows is not None)  # all: what was missing was written a moment ago


def train(experiment: Experiment, shown: Shown, runs: Path) -> list[list[dict[str, object]]]:
    """Run all, in these run directories; the rows of each table."""
    metrics, samples, learning = [], [], []
    bar = tqdm(total=len(experiment.variants) * len(experiment.workflows), desc=experiment.name, unit="run")
    for name, changes in experiment.variants.items():
        configuration = replace(experiment.base, **changes)
        kept = RunDirectory(runs / name, {"variant": name}, resume=True)
        learner = kept.prepared(configuration.learner)  # one for all workflows: its programs are compiled once
        kept.start()
        plan, training = configuration.plan, configuration.training
        for workflow in experiment.workflows:
            path = runs / f"{name}-{workflow.command()}"
            directory = RunDirectory(path, {"variant": name}, resume=True)
            found = run_neural(
                learner,
                workflow,
                plan,
                training,
                directory,
                watch=experiment.watched,
                progress=True,
                hooks=configuration.hooks,
            )
            found["rise"] = found["test_loss"] / found["test_loss"][:, :1] - 1
            place = {"variant": name, "workflow": workflow.command()}
            for n in range(1, configuration.iterations + 1):
                at = place | {"iteration": n}
                metrics += [at | {"metric": metric, **over_seeds(found[metric][:, n - 1])} for metric in found]
                pool = np.load(path / "pools" / f"synthetic-{n}.npy", mmap_mode="r")[0]
                samples += [at | row for row in shown(learner, pool)]
            learning += [place | row for row in _learning(directory)]
            bar.update()
    bar.close()
    return [metrics, samples, *[learning] * experiment.watched]


def _learning(directory: RunDirectory) -> Iterator[dict[str, object]]:
    losses: dict[tuple[int, int], list[float]] = {}
    for row in directory.training():
        if row["test_loss"]:
            losses.setdefault((int(row["iteration"]), int(row["step"])), []).append(float(row["test_loss"]))
    for (iteration, step), values in losses.items():
        yield {"iteration": iteration, "step": step, **over_seeds(np.array(values))}


def over_seeds(values: Float[np.ndarray, " seeds"]) -> dict[str, object]:
    """Columns of a table: mean, standard error, how many seeds, and the value of each."""
    found = Measurement.of(values)
    return {
        "mean": found.mean,
        "standard_error": found.standard_error,
        "replicates": len(values),
        "by_seed": " ".join(map(repr, values.tolist())),
    }


def measurement(row: Row) -> Measurement:
    """What a row of a table of metrics says; paired with others by seed, if it has each seed's value."""
    if row.get("by_seed"):
        return Measurement.of([float(value) for value in row["by_seed"].split()])
    return Measurement(float(row["mean"]), float(row["standard_error"]), int(row["replicates"]) - 1.0)


def measured(tables: Tables, name: str, **place: object) -> Measurement:
    """What a recorded table says in the one row that has these values in these columns.

    Args:
        tables: all that are recorded.
        name: of the table.
        place: the values by column.

    Raises:
        Missing: the table is not there, or not one such row in it.
    """
    found = list(matching(tables(name), {column: str(value) for column, value in place.items()}))
    if len(found) != 1:
        raise Missing(f"{name} has {len(found)} rows with {place}")
    return measurement(*found)
