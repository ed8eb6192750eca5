"""The paper's claim on models that train on one another's data: the graph alone decides whether they collapse.

The condition as the paper states it was not seen. Ours is that every closed class of models holds one with real data
(`theory.Population.is_bounded`).
"""

from collections.abc import Iterator
from functools import cache
from itertools import combinations, product

import numpy as np

from theory import Population
from theory.measurement import Measurement

from ..claim import Claim, Fact, Quantity
from ..experiment import measured
from ..paper import Paper
from ..recorded import Tables
from ..regression import POPULATION

#: Of the graphs that are gone through.
_MODELS = 3

#: Stands beside the models' numbers.
_REAL = "real"


def graphs() -> Iterator[Population]:
    """Every graph of three models: each one's training set has equal shares of any models' data, and of real data."""
    every = (*range(_MODELS), _REAL)
    sources = [chosen for size in range(1, len(every) + 1) for chosen in combinations(every, size)]
    for chosen in product(sources, repeat=_MODELS):
        rows = [[f"1/{len(of)}" if source in of else 0 for source in every] for of in chosen]
        yield Population([shares for *shares, _ in rows], [real for *_, real in rows])


@cache
def condition_decides() -> bool:
    """Whether, in every such graph, the condition holds just where no error is inherited for ever.

    The latter is the spectral radius of the matrix of shares, which is below 1, or 1.
    """
    populations = list(graphs())
    shares = np.array([[[float(share) for share in row] for row in one.shares] for one in populations])
    radius = np.abs(np.linalg.eigvals(shares)).max(1)
    # a defective eigenvalue of three rows is off by the cube root of a rounding error at most
    return all(one.is_bounded == (r < 1 - 1e-4) for one, r in zip(populations, radius, strict=True))


def _growth(tables: Tables, population: str) -> Measurement:
    """The test error of model 1 at iteration 20 over that at iteration 10."""
    last, half = (
        measured(tables, POPULATION.name, workflow=population, iteration=iteration, model=1) for iteration in (20, 10)
    )
    return last / half


PAPER = Paper(
    "2605.20151",
    "Wu, Zhou and Su 2026",
    "When Does Model Collapse Occur in Structured Interactive Learning?",
    (
        Claim(
            "graph-condition",
            "Whether models that train on one another's data collapse depends on the graph alone, by a necessary and "
            "sufficient condition",
            "abstract [A]; the condition itself was not seen, ours is that every closed class has real data [D]",
            None,
            (
                Quantity(
                    "test error at iteration 20 over that at 10, four models without real data",
                    lambda t: _growth(t, "M = 4"),
                    above=1.2,
                ),
                Quantity(
                    "the same of the first of four models in a line, of which only the last has real data",
                    lambda t: _growth(t, "line"),
                    below=1.2,
                ),
                Quantity(
                    "the same of four models that all have some real data",
                    lambda t: _growth(t, "M = 4, real data in all"),
                    below=1.2,
                ),
                Fact("our condition decides in each of the 3,375 graphs of three models", condition_decides),
            ),
            POPULATION.name,
            "our condition, not the paper's words; the simulations, which were there before, are least squares",
            2000,
        ),
    ),
)
