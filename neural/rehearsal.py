"""The first steps of a run, done in a folder of their own and thrown away, to see what they take."""

import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import equinox as eqx
import jax
import numpy as np
from jaxtyping import PyTree
from tqdm import tqdm

from sim.keys import same_bits
from theory import Workflow

from .directory import RunDirectory
from .hooks import NO_HOOKS
from .loop import SHOWN, Chain, Learner
from .plan import Plan
from .train import Training

#: Steps of a chunk that is timed, at most, and how many chunks are: one more, which is compiled, comes before them.
CHUNK, CHUNKS = 20, 3

#: What takes more seconds is not done once more to be timed without its compilation.
LONG = 15.0

T = TypeVar("T")


@dataclass(frozen=True)
class Rehearsal:
    """What the first steps of a run take, here and now.

    Attributes:
        steps: that were timed, after compilation.
        step: seconds of one, by the fastest and by the slowest chunk of them.
        part: seconds to sample as many rows as are sampled at once.
        test: seconds to measure the models on held-out rows.
        evaluate: seconds to measure what was sampled at once.
        compile: seconds of what is done once.
        weights: of a model.
        row: bytes of a row, in a pool.
        model: bytes of the models of an iteration, in a file.
        fit: bytes of a checkpoint of their fit.
        shown: bytes of the samples that are written out to be looked at.
    """

    steps: int
    step: tuple[float, float]
    part: float
    test: float
    evaluate: float
    compile: float
    weights: int
    row: float
    model: int
    fit: int
    shown: int


def rehearse(learner: Learner, workflow: Workflow, plan: Plan, training: Training) -> Rehearsal:
    """Do a few steps of the first fit, and let its models sample some rows.

    The number of steps is the same for every budget, and whether a fit has converged is looked at only where it would
    be so early.

    Args:
        learner: of the run.
        workflow: of the run.
        plan: of the run.
        training: of the run.

    Raises:
        FloatingPointError: a loss is not finite.
    """
    short = replace(training, chunk=min(training.chunk, CHUNK))
    with tempfile.TemporaryDirectory() as folder, same_bits(), tqdm(disable=True) as bar:
        directory = RunDirectory(Path(folder) / "run", {}, resume=False)
        chain = Chain(learner, workflow, plan, short, directory, 1, bar, math.inf, False, NO_HOOKS)
        fit, spent, started = chain.begin(), [], time.monotonic()
        for _, latest, losses in chain.chunks(fit, 0, (CHUNKS + 1) * short.chunk):
            fit = latest
            spent.append((len(losses), time.monotonic() - started))
            if sum(seconds for _, seconds in spent[1:]) > LONG:
                break
            started = time.monotonic()
        models = fit.latest
        samples, *part = _timed(lambda: chain.sampled(models, 0))
        _, *test = _timed(lambda: learner.test(models))
        _, *evaluate = _timed(lambda: learner.evaluate(models, samples))
    (first, once), *timed = spent
    rates = [seconds / steps for steps, seconds in timed]
    compiled = once - first * min(rates) + sum(before - after for before, after in (part, test, evaluate))
    return Rehearsal(
        steps=sum(steps for steps, _ in timed),
        step=(min(rates), max(rates)),
        part=part[1],
        test=test[1],
        evaluate=evaluate[1],
        compile=max(0.0, compiled),
        weights=_weights(models) // plan.seeds,
        row=samples.nbytes / math.prod(samples.shape[:2]),
        model=_bytes(models),
        fit=_bytes(fit),
        shown=len(learner.show(samples[:, :SHOWN])[1]),
    )


def _timed(call: Callable[[], T]) -> tuple[T, float, float]:
    """What a call gives, and the seconds that it took, at first and compiled."""
    started = time.monotonic()
    found = call()
    once = time.monotonic() - started
    if once > LONG:
        return found, once, once
    started = time.monotonic()
    call()
    return found, once, min(once, time.monotonic() - started)


def _weights(models: PyTree) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(models, eqx.is_inexact_array)))


def _bytes(tree: PyTree) -> int:
    return sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(eqx.filter(tree, eqx.is_array)))
