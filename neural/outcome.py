"""What there is of a run in its folder, read by who wants its numbers: configuration, metrics by seed, tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from sim.files import read_json
from sim.seals import damaged
from theory import WORKFLOWS, Frame, Generator, Workflow
from theory.by_iteration import LEADING, NETWORK, by_iteration, parameters
from theory.exact import exact
from theory.measurement import Measurement
from theory.parser import meant
from theory.program import say

from .directory import CONFIGURATION, RunDirectory

#: Fields of configurations that say what a model is measured on, and by what: two runs' metrics compare where they
#: agree in these.
MEASURED_BY = (
    "kind",
    "data",
    "file",
    "test_file",
    "folder",
    "column",
    "cut",
    "seed",
    "vocabulary",
    "context",
    "test_stories",
    "size",
    "channels",
    "beta",
    "test_images",
    "test_draws",
    "molecules",
    "test_molecules",
    "per_molecule",
    "hydrogens",
    "max_atoms",
    "times",
)


#: Fields of configurations that say what generator there is.
GENERATED = ("sizes", "edited", "fading")


@dataclass(frozen=True, eq=False)
class Outcome:
    """A run's numbers, of the iterations that are done.

    Attributes:
        path: of the run directory.
        configuration: as it is kept there.
        metrics: by name.

    >>> from neural.outcome import Outcome
    >>> losses = np.array([[1.0, 1.5], [1.2, 1.6]])
    >>> run = Outcome(Path("runs/lm"), {"kind": "transformer", "workflow": "replace"}, {"test_loss": losses})
    >>> print(run.table())
    source: network, task: transformer, quantity: test_loss, workflow: replace, run: runs/lm, replicates: 2
    iteration  value  standard_error
            1    1.1             0.1
            2   1.55            0.05
    """

    path: Path
    configuration: Mapping[str, Any]
    metrics: Mapping[str, Float[np.ndarray, "seeds iterations"]]

    @property
    def iterations(self) -> int:
        """That are done."""
        return next(iter(self.metrics.values())).shape[1]

    @property
    def seeds(self) -> int:
        """Chains, trained side by side."""
        return len(next(iter(self.metrics.values())))

    @property
    def workflow(self) -> Workflow | None:
        """What each model was fitted to; `None` where it is a user's own, was edited, or the folder does not say."""
        named = {workflow.command(): workflow for workflow in WORKFLOWS}
        build = named.get(self.configuration.get("workflow", ""))
        given = self.configuration.get("parameters", {})
        generated = self.generated
        if build is None or {"edited", "fading"} & generated.keys():
            return None
        workflow = build(**{name: exact(x) for name, x in given.items() if x is not None})
        return Generator(sizes=generated["sizes"].split(",")).sized(workflow) if generated else workflow

    @property
    def generated(self) -> dict[str, str]:
        """What is said of pools beside the workflow: `sizes`, `edited`, `fading`, each where it is not as usual."""
        return {name: self.configuration[name] for name in GENERATED if self.configuration.get(name) is not None}

    @property
    def alike(self) -> dict[str, Any]:
        """What all rows of its tables have alike, beside the quantity."""
        told = self.configuration
        workflow, given = told.get("workflow", self.path.name), told.get("parameters", {}) | self.generated
        own = (NETWORK, told.get("kind", "network"), None, workflow, parameters(given), None)
        return dict(zip(LEADING, own, strict=True)) | {"data": told.get("data"), "run": str(self.path)}

    def by_seed(self, metric: str) -> Float[np.ndarray, "seeds iterations"]:
        """A metric.

        Raises:
            ValueError: there is none of that name.
        """
        if metric not in self.metrics:
            names = ", ".join(self.metrics)
            raise ValueError(f"{self.path} has no metric {metric!r}; it has {names}{meant(metric, self.metrics)}")
        return self.metrics[metric]

    def table(self, *metrics: str) -> Frame:
        """Means over seeds by iteration; `theory.by_iteration` says what the columns are.

        Args:
            metrics: their names; the test loss where none is named.

        Raises:
            ValueError: there is none of that name.
        """
        frames = []
        for metric in metrics or ("test_loss",):
            each = [Measurement.of(values) for values in self.by_seed(metric).T] if self.seeds > 1 else None
            frames.append(
                by_iteration(
                    self.alike | {"quantity": metric},
                    self.by_seed(metric).mean(0),
                    standard_error=None if each is None else np.array([one.standard_error for one in each]),
                    replicates=self.seeds,
                )
            )
        return reduce(add, frames)


def read_run(path: str | Path) -> Outcome:
    """The run in a folder, as far as it has come; one line on standard error where it is not at its end.

    Raises:
        ValueError: there is no run in the folder, or none of its iterations is done, or a file is damaged.
    """
    path = Path(path)
    if not path.is_dir():
        near = [str(each) for each in path.parent.iterdir() if each.is_dir()] if path.parent.is_dir() else []
        what = "is a file" if path.exists() else "is not there"
        raise ValueError(f"{path} {what}; give the folder of a run, as --run-dir named it{meant(str(path), near)}")
    if not (path / CONFIGURATION).is_file():
        raise ValueError(f"{path} holds no run; give the folder of one, as --run-dir named it.")
    configuration = read_json(path / CONFIGURATION)
    if not isinstance(configuration, dict):
        raise damaged(path / CONFIGURATION, "it is no configuration of a run")
    rows = RunDirectory(path, configuration, resume=True).metrics()
    if not rows:
        raise ValueError(f"{path}: no iteration is done yet; go on with it by --resume.")
    found = _by_metric(path, rows)
    asked, done = configuration.get("iterations"), next(iter(found.values())).shape[1]
    if isinstance(asked, int) and done < asked:
        say(f"{path}: {done} of {asked} iterations are done; these are shown.")
    return Outcome(path, configuration, found)


def _by_metric(path: Path, rows: list[dict[str, str]]) -> dict[str, np.ndarray]:
    shape = tuple(1 + max(int(row[name]) for row in rows) for name in ("seed", "iteration"))
    found: dict[str, np.ndarray] = {}
    for row in rows:
        table = found.setdefault(row["metric"], np.full((shape[0], shape[1] - 1), np.nan))
        table[int(row["seed"]), int(row["iteration"]) - 1] = float(row["value"])
    if len(rows) != sum(table.size for table in found.values()):
        raise damaged(path / "metrics.csv", "it does not hold a number for each metric, iteration and seed")
    return found


def differing(one: Outcome, other: Outcome) -> str | None:
    """Why the metrics of two runs do not compare; `None` where they do."""
    names = (name for name in MEASURED_BY if one.configuration.get(name) != other.configuration.get(name))
    told = [f"{name} {one.configuration.get(name)} and {other.configuration.get(name)}" for name in names]
    if told:
        return f"{one.path} and {other.path} are not measured alike: they have {'; '.join(told)}."
    if min(one.seeds, other.seeds) < 2:
        return f"{one.path} and {other.path} need two seeds each, or a difference has no interval: --seeds 3."
    return None


def differences(one: Outcome, other: Outcome, metric: str) -> list[Measurement]:
    """A metric of one run less that of another, at each iteration that both have, paired by seeds.

    A chain depends on the seed and its number alone, so that chains of one number share real data and first weights.

    Raises:
        ValueError: one of them has no such metric.
    """
    seeds, iterations = min(one.seeds, other.seeds), min(one.iterations, other.iterations)
    first, second = (run.by_seed(metric)[:seeds, :iterations] for run in (one, other))
    return [Measurement.of(values) for values in (first - second).T]
