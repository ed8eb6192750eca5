"""How far fits of a given length end from those that have converged: what training leaves undone at model 1."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from theory import Workflow

from .configuration import Configuration
from .directory import RunDirectory
from .loop import Learner, run
from .processes import ALONE, Processes


def distance(
    learner: Learner,
    workflow: Workflow,
    configuration: Configuration,
    directory: RunDirectory,
    metrics: Mapping[str, Float[np.ndarray, "seeds iterations"]],
    processes: Processes = ALONE,
) -> Float[np.ndarray, " seeds"]:
    """Model 1's test loss over that of a model 1 fitted until it has converged, less one, for each seed.

    The converged models start from the same weights and see the same real data, but for what they hold out. They are
    kept in the folder `converged` of the run's, and killed the fit goes on there.

    Args:
        learner: of the run.
        workflow: of the run.
        configuration: of the run.
        directory: of the run, which is finished.
        metrics: of the run.
        processes: of the run.

    Raises:
        FloatingPointError: a loss is not finite.
    """
    plan = replace(configuration.plan, iterations=1, first_steps=None)
    asked = {"workflow": workflow.command(), **replace(configuration, iterations=1).recorded(), "until": "converged"}
    kept = RunDirectory(directory.path / "converged", asked, resume=True)
    best = run(learner, workflow, plan, configuration.converged, kept, processes=processes)
    return metrics["test_loss"][:, 0] / best["test_loss"][:, 0] - 1
