"""What the table of metrics in a run's folder says is measured."""

from itertools import product

import numpy as np
from jaxtyping import Float

from sim.seals import damaged

from .directory import RunDirectory
from .plan import Plan


def iterations_measured(directory: RunDirectory, plan: Plan) -> int:
    """How many iterations the run's table of metrics holds: whole, for each metric and seed.

    Raises:
        ValueError: it has gaps, or what this run does not have.
    """
    places = {(int(row["iteration"]), int(row["seed"]), row["metric"]) for row in directory.metrics()}
    done = max((iteration for iteration, _, _ in places), default=0)
    names = {name for _, _, name in places}
    if done > plan.iterations or places != set(product(range(1, done + 1), range(plan.seeds), names)):
        reason = f"it does not hold a number for each metric, iteration and seed (0 to {plan.seeds - 1}), and no other"
        raise damaged(directory.path / "metrics.csv", reason)
    return done


def by_seed(rows: list[dict[str, str]], plan: Plan) -> dict[str, Float[np.ndarray, "seeds iterations"]]:
    """Each metric of a table by seed and iteration; not a number where the table has none."""
    result: dict[str, np.ndarray] = {}
    for row in rows:
        values = result.setdefault(row["metric"], np.full((plan.seeds, plan.iterations), np.nan))
        values[int(row["seed"]), int(row["iteration"]) - 1] = float(row["value"])
    return result
