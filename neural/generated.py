"""What a generator of theory's is for networks: sizes of pools, and pools of which a share of the rows is kept."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from theory import Generator, Pool, Workflow

from .training_set import generator as stream_of

#: The stream of random numbers that says which rows are edited, of the order's keys; the next is `HELD_OUT`.
EDITED = 2**32 - 2


def check_parts(generator: Generator) -> None:
    """Refuse what has no meaning for a network.

    Raises:
        ValueError: labels have a noise or a shift, which rows of a network have not.
    """
    others = replace(generator, sizes=(), edited=Fraction(1), fading=Fraction(1))
    if others != Generator():
        raise ValueError(
            f"{others} is of labels of regression, which a network has not: leave it out. A language model's own "
            "--temperature is its sampler's; --accept is a verifier."
        )
    if generator.edits and generator.sizes:
        raise ValueError("an edited pool has the T rows of the one before: give sizes or an edited share, not both.")


def check_edits(generator: Generator, workflow: Workflow, iterations: int) -> None:
    """Refuse to edit a training set that is not the newest T rows.

    Args:
        generator: of the run.
        workflow: of the run.
        iterations: of the run.

    Raises:
        ValueError: it is another one at some iteration, or a model has no share.
    """
    if not generator.edits:
        return
    for iteration in range(1, iterations + 1):
        generator.edited_by(iteration)
        newest = Pool(iteration)
        if {newest: 1} != workflow.shares(iteration) or {workflow.size(newest), workflow.drawn(iteration)} - {1, None}:
            raise ValueError(
                f"{generator} edits the training set as it was, which is Replace(); {workflow} has another one."
            )


def edited(before: np.ndarray, sampled: np.ndarray, share: Fraction, seeds: Sequence[Sequence[int]]) -> np.ndarray:
    """The next pool: each row is the sampled one by chance, and else the one of that place before.

    Args:
        before: (seeds, rows, ...) that the model was fitted to.
        sampled: (seeds, rows, ...) from the model.
        share: the chance that a row is the sampled one.
        seeds: of the random numbers of each chain.
    """
    chosen = np.stack([stream_of(seed, EDITED).random(sampled.shape[1]) < float(share) for seed in seeds])
    return np.where(chosen.reshape(*chosen.shape, *[1] * (sampled.ndim - 2)), sampled, before)
