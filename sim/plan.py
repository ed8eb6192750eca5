"""A workflow compiled to arrays that a scan over iterations can read.

Least squares needs of a pool only its sums X'X and X'y. Pools whose rows count alike at every iteration still to come
are kept as one sum, a *slot*: Accumulate needs one slot, not n, and SlidingWindow(k) needs k. So the memory and the
cost of an iteration follow the workflow's memory and do not grow with n.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from theory import Pool, Workflow


@dataclass(frozen=True)
class Plan:
    """What happens at each iteration, first axis; slots on the second.

    Attributes:
        weights: (iterations, slots), the weight of each row kept in a slot, in the fit of this iteration; weights are
            those of a total loss of T rows, so that a pool of T rows used alone has weight 1.
        destination: (iterations, slots + 2), where the old slots, this iteration's chain pool and this iteration's
            fresh real pool go before the fit; `slots` means dropped.
        size: (iterations,), rows of this iteration's chain pool in multiples of T.
        fresh_real: whether real data collected after iteration 1 are used at all.
    """

    weights: np.ndarray
    destination: np.ndarray
    size: tuple[Fraction, ...]
    fresh_real: bool

    @property
    def slots(self) -> int:
        """How many sums are kept."""
        return self.weights.shape[1]


def plan(workflow: Workflow, iterations: int) -> Plan:
    """Compile `workflow`, whose pools are used whole.

    Raises:
        ValueError: a training set is not valid, or drawn from its pools by subsampling.
    """
    per_row: list[dict[Pool, Fraction]] = []
    for iteration in range(1, iterations + 1):
        if workflow.drawn(iteration) is not None:
            raise ValueError(f"{workflow} draws subsamples; this sampler needs pools that are used whole.")
        shares = workflow.shares(iteration)
        per_row.append({pool: share / workflow.size(pool) for pool, share in shares.items() if share})
    last_use = {pool: iteration for iteration, used in enumerate(per_row) for pool in used}

    # Walk on, keeping pools with the same future in one slot; a future only shortens, so slots merge and never split.
    slot_of: dict[tuple, int] = {}
    moves: list[list[tuple[int | str, int]]] = []
    weights: list[dict[int, Fraction]] = []
    for step in range(iterations):
        arriving: list[tuple[int | str, Pool]] = [("chain", Pool(step + 1))]
        if step:
            arriving.append(("real", Pool(step + 1, fresh_real=True)))
        held = [(slot, future[1:]) for future, slot in slot_of.items()]
        for name, pool in arriving:
            if pool in last_use:
                held.append((name, tuple(used.get(pool, Fraction(0)) for used in per_row[step:])))
        slot_of, free, move = {}, set(range(len(held))), []
        for name, future in held:
            if not any(future):
                continue
            if future not in slot_of:
                slot_of[future] = min(free)
                free.remove(slot_of[future])
            move.append((name, slot_of[future]))
        moves.append(move)
        weights.append({slot: future[0] for future, slot in slot_of.items()})

    slots = 1 + max(slot for used in weights for slot in used)
    weight_array = np.zeros((iterations, slots))
    destination = np.full((iterations, slots + 2), slots)
    column = {**{slot: slot for slot in range(slots)}, "chain": slots, "real": slots + 1}
    for step in range(iterations):
        for slot, weight in weights[step].items():
            weight_array[step, slot] = float(weight)
        for name, slot in moves[step]:
            destination[step, column[name]] = slot
    size = tuple(
        workflow.size(Pool(iteration)) if Pool(iteration) in last_use else Fraction(1)
        for iteration in range(1, iterations + 1)
    )
    return Plan(weight_array, destination, size, any(pool.fresh_real for pool in last_use))
