"""What the processes but the first do in a run that they share: they compute their seeds whenever they are asked."""

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from sim.hosts import from_all, together
from sim.keys import same_bits

from .chunk import Chunk, advanced
from .devices import sample_on_devices
from .loop import Learner, begin
from .plan import Plan
from .processes import END, ROWS, Processes, answer, filled, flat, heard, packed
from .train import Fit, Training, program

#: Real rows that processes compare.
COMPARED = 1000


def serve(learner: Learner, plan: Plan, trainings: Sequence[Training]) -> None:
    """Compute what the first process asks for, until its run has ended.

    Args:
        learner: of the run.
        plan: of the run.
        trainings: those that the run may have.

    Raises:
        ValueError: the run has ended with a problem.
        Lost: the first process has stopped.
    """
    share = Processes(jax.process_count()).shares(plan.seeds)[jax.process_index()]
    impl = jr.key_impl(plan.keys)
    known: dict[str, tuple[Training, Fit]] = {
        repr(training): (training, eqx.filter_eval_shape(begin, plan.keys, learner, training)) for training in trainings
    }

    def computed(says: dict[str, Any], arrays: list[np.ndarray]) -> list[np.ndarray]:
        keys = jr.wrap_key_data(jnp.asarray(arrays[0]), impl=impl)
        if says["what"] == ROWS:
            _, like = next(iter(known.values()))
            return [sample_on_devices(learner.sample, filled(like.models, arrays[1:]), keys, share)]
        training, like = known[says["training"]]
        chunk = Chunk(says["start"], says["end"], says["steps"], *arrays[1:3])
        return flat(*advanced(program(learner.loss, training), keys, filled(like, arrays[3:]), chunk, share))

    with same_bits():
        while True:
            says, arrays = heard()
            if says["what"] == END:
                break
            answer(partial(computed, says, arrays))
    if says["problem"]:
        raise ValueError(says["problem"])


def check_same(learner: Learner, plan: Plan) -> None:
    """See that the processes of a run have read the same data, by some real rows.

    Args:
        learner: as this one has made it.
        plan: of the run.

    Raises:
        ValueError: they have not.
    """
    if jax.process_count() == 1:
        return

    def mark() -> bytes:
        rows = learner.real(1, min(plan.T, COMPARED), key=plan.keys[0])
        return hashlib.sha256(packed({}, [rows])).digest()

    first, *others = from_all(together(mark))
    for process, other in enumerate(others, 1):
        if other != first:
            raise ValueError(
                f"process {process} of this run has read other data than process 0; give both the same files."
            )
