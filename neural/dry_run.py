"""`--dry-run`: what a run would do, how large it is and how long it takes; nothing of it is kept."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from theory import Workflow

from .configuration import Configuration
from .convergence import DRAWS
from .loop import RealRows, checked_steps
from .plan import Plan
from .rehearsal import Rehearsal, rehearse
from .remarks import Remark, kept
from .sizes import last_collected, rows_fitted, rows_sampled
from .train import Training

#: Bytes of a line of a table, and of what stands before an array or a model in its file.
LINE, HEADER = 48, 200

#: What reading a batch of held-out rows takes of a step's time, at least and at most: the step has the gradient too.
LOOK = 0.25, 1.0

#: In so many passes a model may learn few rows by heart, and what to do then.
MANY, ADVICE = 100, "models may learn so few rows by heart; --until converged keeps each as it was before that"


@dataclass(frozen=True)
class Chains:
    """The chains of a run, as large as they are planned.

    Attributes:
        workflow: of the run.
        plan: of the run.
        training: of each fit.
        steps: of each iteration's fit, or the most.
    """

    workflow: Workflow
    plan: Plan
    training: Training
    steps: Sequence[int]

    @property
    def fewest(self) -> list[int]:
        """The fewest steps that each fit can have."""
        until = self.training.until
        return [most if until is None else min(most, until.least) for most in self.steps]

    @property
    def training_rows(self) -> list[int]:
        """Rows of each training set, before some are held out of it."""
        return [rows_fitted(self.workflow, iteration, self.plan.T) for iteration in self._iterations]

    @property
    def sampled_rows(self) -> list[int]:
        """Rows that each model samples."""
        return [rows_sampled(self.workflow, iteration, self.plan.T) for iteration in self._iterations]

    @property
    def edited(self) -> list[str] | None:
        """The share of them that each next pool has, if not all."""
        generator = self.plan.generator
        return [str(generator.edited_by(model)) for model in self._iterations] if generator.edits else None

    @property
    def passes(self) -> float:
        """How often the first fit reads each row of its training set, or the most."""
        return self.steps[0] * self.training.batch_size / self.training_rows[0]

    @property
    def _iterations(self) -> range:
        return range(1, self.plan.iterations + 1)

    def seconds(self, tried: Rehearsal, *, done: int, watch: bool) -> tuple[float, float]:
        """How long they take from model `done` + 1 on, at least and at most, by what was tried.

        Args:
            tried: a few steps of them.
            done: models that are measured already.
            watch: whether the test loss is measured after each chunk too.
        """
        left = list(self._iterations)[done:]
        sampled = sum(rows_sampled(self.workflow, iteration, self.plan.T) for iteration in left)
        parts = sum(
            -(-rows_sampled(self.workflow, iteration, self.plan.T) // self.plan.sampled_at_once) for iteration in left
        )
        after = parts * tried.part + len(left) * tried.test + sampled / self.plan.sampled_at_once * tried.evaluate
        bounds = []
        for steps, step, share in zip((self.fewest, self.steps), tried.step, LOOK, strict=True):
            tests = watch * sum(-(-count // self.training.chunk) for count in steps[done:])
            fitted = sum(steps[done:]) + share * sum(self._batches_looked_at(steps)[done:])
            bounds.append(fitted * step + tests * tried.test + after)
        return bounds[0], bounds[1]

    def _batches_looked_at(self, steps: Sequence[int]) -> list[int]:
        """The batches of held-out rows that each fit of so many steps reads to see whether it has converged."""
        until = self.training.until
        if until is None:
            return [0] * len(steps)
        held_out = [-(-DRAWS * until.held_out(rows) // self.training.batch_size) for rows in self.training_rows]
        return [count // until.check_every * batches for count, batches in zip(steps, held_out, strict=True)]

    def disk(self, tried: Rehearsal) -> int:
        """Bytes that they need in the folder of the run: what stays there, and what is there for a while."""
        real = {pool for iteration in self._iterations for pool in self.workflow.shares(iteration)}
        real = {pool for pool in real if not pool.labelled_by}
        sampled = self.sampled_rows
        kept = sum(sampled) * (1 + self.plan.generator.edits)  # what is sampled lies beside what comes of it
        rows = kept + max(sampled) + self.plan.T * len(real)
        lines = sum(-(-steps // self.training.chunk) + 50 for steps in self.steps) * self.plan.seeds
        files = len(self._iterations) * (tried.model + tried.shown + 20 * HEADER)
        return round(self.plan.seeds * rows * tried.row + tried.fit + files + lines * LINE)


def dry_run(
    configuration: Configuration, workflow: Workflow, *, done: int = 0, watch: bool = False, distance: bool = False
) -> dict[str, Any]:
    """What a run of this configuration would do, as JSON has it; what it would be refused for is refused.

    Args:
        configuration: of the run.
        workflow: of the run.
        done: models that are measured already, and take no more time.
        watch: whether the test loss is measured after each chunk of steps too.
        distance: whether a model 1 is fitted until converged after the run.

    Raises:
        ValueError: as the run would.
        FloatingPointError: a loss is not finite.
    """
    plan, training = configuration.plan, configuration.training
    workflow = plan.generator.sized(workflow)
    accept = configuration.hooks.accept
    with kept() as remarks, tempfile.TemporaryDirectory() as folder:
        learner = configuration.learner(Path(folder))
        chains = [Chains(workflow, plan, training, checked_steps(learner, workflow, plan, training))]
        if distance:
            first = replace(plan, iterations=1, first_steps=None)
            most = checked_steps(learner, workflow, first, configuration.converged)
            chains.append(Chains(workflow, first, configuration.converged, most))
        tried = rehearse(learner, workflow, plan, training)
    bounds = [chains[0].seconds(tried, done=done, watch=watch)]
    bounds += [part.seconds(tried, done=0, watch=False) for part in chains[1:]]  # nobody watches the fit of a distance
    return {
        "rows": _rows(learner.real_rows(), remarks, plan.T, last_collected(workflow, plan.iterations)),
        "left_out": [_told(remark) for remark in remarks if remark.left_out],
        "remarks": [_told(remark) for remark in remarks if not remark.left_out],
        "weights": tried.weights,
        "iterations": plan.iterations,
        "seeds": plan.seeds,
        "models": plan.iterations * plan.seeds,
        "models_measured": done,
        "training_rows": chains[0].training_rows,
        "sampled_rows": chains[0].sampled_rows,
        "edited": chains[0].edited,
        "steps": list(chains[0].steps),
        "fewest_steps": chains[0].fewest,
        "steps_of_chain": sum(chains[0].steps),
        "passes": chains[0].passes,
        "advice": ADVICE if training.until is None and chains[0].passes > MANY else None,
        "distance_steps": chains[1].steps[0] if distance else None,
        "verifier": None if accept is None else configuration.accept,
        "disk_bytes": sum(part.disk(tried) for part in chains),
        "timed_steps": tried.steps,
        "seconds_per_step": list(tried.step),
        "seconds": [tried.compile + sum(each) for each in zip(*bounds, strict=True)],
    }


def _told(remark: Remark) -> dict[str, Any]:
    return {"source": remark.source, "count": remark.count, "what": remark.what, "example": remark.example}


def _rows(real: RealRows, remarks: Sequence[Remark], T: int, collections: int) -> dict[str, int | None]:
    return {
        "found": None if real.train is None or real.test is None else real.train + real.test,
        "to_train_on": real.train,
        "held_out": real.test,
        "left_out": sum(remark.count for remark in remarks if remark.left_out),
        "T": T,
        "collected": T * collections,
    }


def described(report: dict[str, Any]) -> str:
    """The report as a person reads it.

    Args:
        report: of `dry_run`, with what the command line knows: "model", "workflow", "data", "run_dir", "folder".
    """
    rows, steps, fewest = report["rows"], report["steps"], report["fewest_steps"]
    found = "as many as are needed"
    if rows["found"] is not None:
        found = f"{rows['found']:,} found, {rows['to_train_on']:,} to train on and {rows['held_out']:,} held out"
    collected = "" if rows["collected"] == rows["T"] else f", {rows['collected']:,} in all iterations"
    lines = [
        f"dry run of {report['model']} on {report['data']}, {report['workflow']}: nothing is kept",
        f"rows:     {found}; T = {rows['T']:,} real ones are trained on{collected}",
        *(f"left out: {_remark(each)}" for each in report["left_out"]),
        *(f"note:     {_remark(each)}" for each in report["remarks"]),
        f"models:   {report['iterations']} iterations × {report['seeds']} seeds = {report['models']}, of "
        f"{report['weights']:,} weights each",
        f"training: {_range(report['training_rows'])} rows a model, {_range([*fewest, *steps])} steps a fit, "
        f"{_range([sum(fewest), sum(steps)])} a chain; {_passes(report['passes'], fewest[0] < steps[0])}",
    ]
    part = ", all of the next pool"
    if report["edited"] is not None:
        part = f"; each is in the next pool by chance, {', '.join(report['edited'])}, or the row before it"
    lines.append(f"sampling: {_range(report['sampled_rows'])} rows a model{part}")
    if report["advice"] is not None:
        lines.append(f"advice:   {report['advice']}")
    if report["distance_steps"] is not None:
        lines.append(
            f"distance: one more fit of model 1, until converged, of at most {report['distance_steps']:,} steps"
        )
    low, high = report["seconds_per_step"]
    lines += [
        f"disk:     {_size(report['disk_bytes'])} at most",
        f"time:     {_time(*report['seconds'])}, by {report['timed_steps']} steps timed after compilation, "
        f"{_short(low)} to {_short(high)} each",
    ]
    if report["verifier"] is not None:
        lines.append(f"          and what {report['verifier']} refuses is sampled anew, which takes more")
    return "\n".join([*lines, f"results:  {report['folder']}"])


def _remark(remark: dict[str, Any]) -> str:
    example = f", for example {remark['example']}" if remark["example"] else ""
    return f"{remark['source']}: {remark['count']} {remark['what']}{example}"


def _passes(passes: float, at_most: bool) -> str:
    return f"the first model reads each row {'at most ' * at_most}{passes:,.0f} times"


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _size(count: int) -> str:
    unit, size = next(((unit, size) for unit, size in (("GB", 1e9), ("MB", 1e6)) if count >= size), ("kB", 1e3))
    return f"{count / size:,.1f} {unit}"


def _short(seconds: float) -> str:
    count, unit = (seconds, "s") if seconds >= 1 else (1000 * seconds, "ms")
    return f"{float(f'{count:.2g}'):,g} {unit}"


def _time(low: float, high: float) -> str:
    """Both bounds, as exact as such an estimate is."""
    ends = [_duration(low), _duration(high)]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _duration(seconds: float) -> str:
    for unit, length in (("hours", 3600), ("minutes", 60)):
        if seconds >= 1.5 * length:
            count = seconds / length
            return f"{count:.1f} {unit}" if count < 9.95 else f"{count:,.0f} {unit}"
    return f"{max(1, round(seconds))} seconds"
