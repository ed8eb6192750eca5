"""Rises of the test loss, read from recorded tables: what the claims on networks are judged by.

The bounds are few and shared. A loss *rises* if model n's is at least 5 % above model 1's, and goes on rising in the
second half of the iterations; it *does not rise* if it is at most 2 % above. They were fixed, as were the number of
seeds and the settings, before any of the language models' tables was made. The autoencoders' table was there before;
diffusion's was not, but that the plateau of Accumulate is judged as strictly as Replace's was settled after it. When
the training of autoencoders and of diffusion models was made four times as long, the bounds stayed, and its results
were not there yet.
"""

from theory import Workflow
from theory.measurement import Measurement

from ..claim import Quantity
from ..experiment import measurement
from ..recorded import Missing, Tables, matching

#: Of the test loss over that of model 1, less one.
RISES, STAYS = 0.05, 0.02


def read(
    tables: Tables, experiment: str, variant: str, workflow: Workflow, iteration: int, metric: str = "rise"
) -> Measurement:
    """A cell of a recorded table."""
    place = {"variant": variant, "workflow": workflow.command(), "iteration": str(iteration), "metric": metric}
    for row in matching(tables(experiment), place):
        return measurement(row)
    raise Missing(f"the recorded result {experiment} has no {place}")


def rises(experiment: str, variant: str, workflow: Workflow, last: int, name: str = "") -> tuple[Quantity, Quantity]:
    """That the loss rises up to model `last`, and in the second half too."""
    half = (last + 1) // 2
    # Rises of the same chains go together; where a table has no values by seed, the interval of their difference is
    # taken as if they did not, and is too wide.
    return (
        Quantity(
            f"rise of the test loss from model 1 to {last}{name}",
            lambda t: read(t, experiment, variant, workflow, last),
            above=RISES,
        ),
        Quantity(
            f"rise from model {half} to {last}{name}, in units of model 1's loss",
            lambda t: read(t, experiment, variant, workflow, last) - read(t, experiment, variant, workflow, half),
            above=0.0,
        ),
    )


def stays(experiment: str, variant: str, workflow: Workflow, last: int, name: str = "") -> Quantity:
    """That the loss does not rise."""
    return Quantity(
        f"rise of the test loss from model 1 to {last}{name}",
        lambda t: read(t, experiment, variant, workflow, last),
        below=STAYS,
    )
