"""The processes that share a run: the first one has it, and asks the others to compute some of the seeds.

The first has the loops, the run directory, the random keys and whatever is measured. A chunk of steps and rows to be
sampled are computed by all, each process its own seeds on its own devices, as one process computes them: in the same
blocks (`neural.devices.blocks`), of the same bits. So on a CPU no digit depends on the number of processes.

What is asked goes to all, and so do the answers (`sim.hosts`): the states of all fits at each chunk.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.random as jr
import numpy as np
from jaxtyping import Array, Key, PyTree

from sim.hosts import Lost, from_all, from_first

from .chunk import Chunk
from .devices import blocks, entries, sample_on_devices, stacked

#: What the first process may ask for: a chunk of steps, rows to be sampled, and nothing more.
STEPS, ROWS, END = "steps", "rows", "end"

#: A message: what it says, as JSON has it, and arrays.
Message = tuple[dict[str, Any], list[np.ndarray]]


@dataclass(frozen=True)
class Processes:
    """The processes of a run, as the first of them knows them.

    Attributes:
        count: how many there are, this one included.
    """

    count: int = 1

    def shares(self, seeds: int) -> list[list[slice]]:
        """The blocks of seeds that each process computes: neighbours, and as many in each as it goes.

        Raises:
            ValueError: there are not enough for one each.
        """
        every = blocks(seeds)
        if self.count > len(every):
            raise ValueError(
                f"{seeds} seeds can be shared out over {len(every)} processes, and there are {self.count}; start fewer "
                "processes, or ask for more --seeds."
            )
        ends = [len(every) * number // self.count for number in range(self.count + 1)]
        return [every[start:end] for start, end in zip(ends, ends[1:], strict=False)]

    @contextmanager
    def led(self) -> Iterator[None]:
        """Within it the first process runs; then the others are told that it has ended, and with what problem."""
        try:
            yield
        except Lost:
            raise  # nobody hears any more
        except Exception as error:
            self._end(str(error) or type(error).__name__)
            raise
        self._end("")

    def _end(self, problem: str) -> None:
        if self.count > 1:
            from_first(packed({"what": END, "problem": problem}, []))

    def advance(
        self,
        compute: Callable[[Sequence[slice]], tuple[PyTree, Any]],
        keys: Key[Array, " seeds"],
        fit: PyTree,
        chunk: Chunk,
        training: str,
    ) -> tuple[PyTree, Any]:
        """The fits of all seeds after a chunk, and its losses.

        Args:
            compute: (neighbouring blocks of seeds) -> their fits and losses, on this process's devices.
            keys: one a seed.
            fit: of all seeds, before.
            chunk: of all seeds.
            training: which of those that the others know.
        """
        of = self.shares(len(keys))
        if self.count == 1:
            return compute(of[0])
        numbers = {"start": chunk.start, "end": chunk.end, "steps": chunk.steps}
        asked = [np.asarray(jr.key_data(keys)), chunk.rows, chunk.weights, *leaves(fit)]
        answers = self._all({"what": STEPS, "training": training, **numbers}, asked, lambda: flat(*compute(of[0])))
        losses = np.concatenate([answer[0] for answer in answers], axis=1)
        return stacked([filled(fit, answer[1:]) for answer in answers]), losses

    def sample(self, sample: Callable[..., np.ndarray], models: PyTree, keys: Key[Array, "seeds rows"]) -> np.ndarray:
        """What `sample` draws of stacked models, as `neural.devices.sample_on_devices`."""
        of = self.shares(len(keys))
        if self.count == 1:
            return sample_on_devices(sample, models, keys, of[0])
        asked = [np.asarray(jr.key_data(keys)), *leaves(models)]
        answers = self._all({"what": ROWS}, asked, lambda: [sample_on_devices(sample, models, keys, of[0])])
        return np.concatenate([rows for (rows,) in answers])

    def _all(
        self, says: dict[str, Any], arrays: list[np.ndarray], own: Callable[[], list[np.ndarray]]
    ) -> list[list[np.ndarray]]:
        """The answers of all processes in their order, of which the first is this one's own.

        Raises:
            ValueError: another process could not do its share.
        """
        from_first(packed(says, arrays))
        found: list[list[np.ndarray]] = []
        try:
            found.append(own())
        finally:  # whatever goes wrong here, the others answer
            answers = [unpacked(content) for content in from_all(packed({}, []))]
        for process, (answer, _) in enumerate(answers):
            if "problem" in answer:
                raise ValueError(f"process {process} of {self.count} could not do its share: {answer['problem']}")
        return [*found, *(arrays for _, arrays in answers[1:])]


#: A run of one process.
ALONE = Processes()


def heard() -> Message:
    """What the first process asks for, in another."""
    return unpacked(from_first(b""))


def answer(compute: Callable[[], list[np.ndarray]]) -> None:
    """Answer the first process with what is computed, or with why it cannot be."""
    try:
        content = packed({}, compute())
    except Exception as error:  # the first process says it, and ends the run
        content = packed({"problem": next(iter(str(error).splitlines()), type(error).__name__)}, [])
    from_all(content)


def packed(says: dict[str, Any], arrays: Sequence[np.ndarray]) -> bytes:
    """A message as bytes: a line of JSON, and the arrays' own."""
    forms = [(array.dtype.name, array.shape) for array in arrays]
    line = json.dumps({**says, "arrays": forms}).encode()
    return b"\n".join([line, b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)])


def unpacked(content: bytes) -> Message:
    """The message that such bytes are."""
    line, _, _ = content.partition(b"\n")
    says, place, arrays = json.loads(line), len(line) + 1, []
    for name, shape in says.pop("arrays"):
        array = np.frombuffer(content, np.dtype(name), math.prod(shape), place).reshape(shape)
        arrays.append(array)
        place += array.nbytes
    return says, arrays


def leaves(tree: PyTree) -> list[np.ndarray]:
    """The arrays of a tree, on no device."""
    return jax.tree.leaves(eqx.filter(entries(tree, slice(None)), eqx.is_array))


def flat(fit: PyTree, losses: Any) -> list[np.ndarray]:
    """An answer to STEPS."""
    return [np.asarray(losses), *leaves(fit)]


def filled(like: PyTree, arrays: Sequence[np.ndarray]) -> PyTree:
    """A tree of this structure, with these arrays in the places of its own."""
    old, static = eqx.partition(like, lambda leaf: eqx.is_array(leaf) or isinstance(leaf, jax.ShapeDtypeStruct))
    return eqx.combine(jax.tree.unflatten(jax.tree.structure(old), arrays), static)
