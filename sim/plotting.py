"""`plot`: runs as points with 95 % intervals, laws as lines."""

from collections.abc import Mapping, Sequence
from typing import Any

from theory import Frame, GeneratedLaw, Law, Population, UnequalLaw
from theory.plotting import ITERATIONS, drawn, table_of

from .comparison import law_table
from .run import Run


def plot(*of: Any, iterations: int | None = None, **parameters: Any) -> Any:
    """Draw runs, laws and tables by iteration, and return the `matplotlib.figure.Figure`.

    A mean is a point with the 95 % interval of Student's t, a law a line whose label says what it holds for. A law of
    what was run takes the run's numbers and iterations; where the run is of the limit T -> oo, so is the law.

    Args:
        of: runs, laws, populations of runs, and frames as `Run.table` and `Law.table` give them; of one quantity.
        iterations: that laws are drawn for; by default those of the longest run.
        parameters: numbers of the laws' parameters by name; by default those of the first run.

    Raises:
        ValueError: nothing to draw, several quantities, a law of other numbers than the run of its workflow, or as
            `Law.table`.

    >>> import jax.random as jr, sim
    >>> from theory import Accumulate, law
    >>> task = sim.LinearRegression(T=20, d=3, design="fresh")
    >>> run = sim.run(task, Accumulate(), iterations=4, replicates=100, key=jr.key(0))
    >>> [text.get_text() for text in plot(run, law(task, Accumulate())).axes[0].get_legend().get_texts()]
    ['accumulate: law, exact', 'accumulate: 100 replicates']
    """
    runs = [each for each in of if isinstance(each, Run)]
    upto = iterations or max((run.iterations for run in runs), default=ITERATIONS)
    frame = Frame({})
    for each in of:
        own = next((run for run in runs if _is_of(each, run)), None)
        frame += table_of(each, upto, parameters or _numbers(runs, each)) if own is None else law_table(own, each)
    return drawn(frame)


def _numbers(runs: Sequence[Run], law: object) -> dict[str, Any]:
    """The first run's numbers, as far as a law has none of its own."""
    own = law.task.numbers if isinstance(law, Law | GeneratedLaw) else {}
    return {name: x for run in runs[:1] for name, x in run.task.numbers.items() if name not in own}


@table_of.register
def _of_run(of: Run, iterations: int, parameters: Mapping[str, Any]) -> Frame:
    del iterations, parameters
    return of.table()


def _is_of(law: object, run: Run) -> bool:
    """Whether a law is of the run's workflow, so that its numbers are the run's."""
    if isinstance(law, Population):
        return law == run.workflow
    if isinstance(law, Law | GeneratedLaw):
        return (law.workflow, law.generator) == (run.workflow, run.generator)
    return isinstance(law, UnequalLaw) and law.workflow == run.workflow
