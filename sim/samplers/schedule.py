"""A workflow compiled to arrays that a scan over iterations can read.

Least squares needs of a pool only its sums X'X and X'y. Pools whose rows count alike at every iteration still to come
are kept as one sum, a *slot*: Accumulate needs one slot, not n, and SlidingWindow(k) needs k. So the memory and the
cost of an iteration follow the workflow's memory and do not grow with n.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from jaxtyping import Int

from theory import LinearRegression, Pool, Workflow

from .least_squares import first_rows, sized


@dataclass(frozen=True, eq=False)
class Future:
    """A pool's next use, at which weight, and what comes after; told apart by identity."""

    step: int
    weight: Fraction
    rest: "Future | None"


@dataclass(frozen=True, eq=False)
class Schedule:
    """What happens at each iteration, first axis; slots on the second.

    Attributes:
        weights: (iterations, slots), the weight of each row kept in a slot, in the fit of this iteration; weights are
            those of a total loss of T rows, so that a pool of T rows used alone has weight 1.
        destination: (iterations, slots + 2), where the old slots, this iteration's chain pool and this iteration's
            fresh real pool go before the fit; `slots` means dropped.
        size, real_size: (iterations,), rows of this iteration's chain pool and of its fresh real pool, in multiples of
            T; those never used count as T.
        fresh_real: whether real data collected after iteration 1 are used at all.
    """

    weights: np.ndarray
    destination: np.ndarray
    size: tuple[Fraction, ...]
    real_size: tuple[Fraction, ...]
    fresh_real: bool

    @property
    def slots(self) -> int:
        """The number of sums that are kept."""
        return self.weights.shape[1]


def schedule(workflow: Workflow, iterations: int) -> Schedule:
    """Compile `workflow`, whose pools are used whole.

    Raises:
        ValueError: a training set is not valid.
    """
    per_row: list[dict[Pool, Fraction]] = []
    for iteration in range(1, iterations + 1):
        shares = workflow.shares(iteration)
        per_row.append({pool: share / workflow.size(pool) for pool, share in shares.items() if share})
    # A pool's future is the chain of its uses still to come; equal futures are made one object, from the last use back.
    interned: dict[tuple, Future] = {}
    future: dict[Pool, Future] = {}
    for step in range(iterations - 1, -1, -1):
        for pool, weight in per_row[step].items():
            rest = future.get(pool)
            key = (step, weight, id(rest))
            future[pool] = interned.setdefault(key, Future(step, weight, rest))

    # Walk on, keeping pools with the same future in one slot; a future only shortens, so slots merge and never split.
    kept: dict[int, Future] = {}
    moves: list[list[tuple[int | str, int]]] = []
    weights: list[dict[int, Fraction]] = []
    for step in range(iterations):
        held: list[tuple[int | str, Future | None]] = list(kept.items())
        held += [("chain", future.get(Pool(step + 1))), ("real", future.get(Pool(step + 1, fresh_real=True)))]
        slot_of: dict[int, int] = {}
        free, move, now = set(range(len(held))), [], {}
        for name, ahead in held:
            if ahead is None:
                continue
            if id(ahead) not in slot_of:
                slot_of[id(ahead)] = min(free)
                free.remove(slot_of[id(ahead)])
                now[slot_of[id(ahead)]] = ahead
            move.append((name, slot_of[id(ahead)]))
        moves.append(move)
        weights.append({slot: ahead.weight for slot, ahead in now.items() if ahead.step == step})
        later = {slot: ahead.rest if ahead.step == step else ahead for slot, ahead in now.items()}
        kept = {slot: ahead for slot, ahead in later.items() if ahead is not None}

    slots = 1 + max(slot for move in moves for _, slot in move)
    weight_array = np.zeros((iterations, slots))
    destination = np.full((iterations, slots + 2), slots)
    column = {**{slot: slot for slot in range(slots)}, "chain": slots, "real": slots + 1}
    for step in range(iterations):
        for slot, weight in weights[step].items():
            weight_array[step, slot] = float(weight)
        for name, slot in moves[step]:
            destination[step, column[name]] = slot
    size, real_size = (
        tuple(
            workflow.size(pool) if pool in future else Fraction(1)
            for pool in (Pool(iteration, fresh_real) for iteration in range(1, iterations + 1))
        )
        for fresh_real in (False, True)
    )
    return Schedule(weight_array, destination, size, real_size, any(pool.fresh_real for pool in future))


def whole_rows(
    task: LinearRegression, workflow: Workflow, iterations: int
) -> tuple[Schedule, Int[np.ndarray, "iterations 2"]]:
    """The schedule of pools used whole, with the rows of the chain's pool and of the fresh real one by iteration."""
    made = schedule(sized(task, workflow, iterations), iterations)
    return made, (np.array([made.size, made.real_size]).T * first_rows(task)).astype(np.int64)
