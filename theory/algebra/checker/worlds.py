"""Worlds: designs and noises with numbers in them, and the chain of least-squares fits that is run on these.

Arrays have two axes before those of the matrix: one of designs, one of noises, both averaged over. Entries are
fractions, or floats under quadrature.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ...workflow import Pool, Workflow
from .coefficients import Numbers

Array = Any  # of fractions or floats


@dataclass(frozen=True, eq=False)
class Data:
    """What a chain is run on.

    Attributes:
        designs: of each pool, (designs, 1, rows, d).
        noises: of each pool, (1, noises, rows, 1).
        draws: the noise of each iteration's draw, (1, noises, d, 1).
        truth: (1, 1, d, 1).
        shift: of the labels that are sampled from a model, (1, 1, d, 1).
        design_weights, noise_weights: what an expectation adds up with.
    """

    designs: dict[Pool, Array]
    noises: dict[Pool, Array]
    draws: dict[int, Array]
    truth: Array
    shift: Array
    design_weights: Array
    noise_weights: Array


@dataclass(frozen=True, eq=False)
class World:
    """A chain that was run.

    Attributes:
        workflow: with numbers for all parameters.
        numbers: for coefficients.
        by_rows: whether shares are those of the rows, whatever the workflow says of sizes.
        data: it was run on.
        models: by iteration; model 0 is the truth.
        whole_models: the fits to all rows of the pools, before a draw's noise is added.
    """

    workflow: Workflow
    numbers: Numbers
    by_rows: bool
    data: Data
    models: dict[int, Array]
    whole_models: dict[int, Array]

    def rows(self, pool: Pool) -> int:
        """Of a pool; under quadrature its matrix has others."""
        return self.numbers.rows(pool)

    def shares(self, n: int) -> dict[Pool, Fraction]:
        """Of the loss of iteration n."""
        named = self.workflow.shares(n)
        if not self.by_rows:
            return named
        total = sum(self.rows(pool) for pool in named)
        return {pool: Fraction(self.rows(pool), total) for pool in named}

    def gram(self, pool: Pool) -> Array:
        """X'X."""
        x = self.data.designs[pool]
        return swapped(x) @ x

    def label(self, pool: Pool) -> Array:
        """What its model predicts, and noise; labels that are sampled hand on a share of the error, and are shifted."""
        data, model = self.data, self.models[pool.labelled_by]
        if pool.labelled_by != 0:
            model = data.truth + self.number(self.numbers.carried) * (model - data.truth) + data.shift
        return data.designs[pool] @ model + data.noises[pool]

    def training(self, n: int) -> Array:
        """The Gram matrix of training set n, whose rows count alike, and the ridge."""
        shares = self.shares(n)
        total = sum(self.rows(pool) for pool in shares)
        grams = [self.number(total * share / self.rows(pool)) * self.gram(pool) for pool, share in shares.items()]
        return sum(grams) + self.ridge(1)

    def ridge(self, rows: int) -> Array:
        """The ridge that is added to a sum over the rows, over so many rows, times the identity."""
        d = self.numbers.d
        return self.number(self.numbers.ridge / rows) * self.data.truth.dtype.type(1) * np.eye(d, dtype=int)

    def number(self, value: Any) -> Any:
        """A number of the world's kind."""
        return value if self.data.truth.dtype == object else float(value)


def run(workflow: Workflow, numbers: Numbers, by_rows: bool, data: Data, iterations: int) -> World:
    """The chain of least-squares fits on these data.

    Args:
        workflow: which pools and shares there are at each iteration.
        numbers: of rows and noises.
        by_rows: whether shares are those of the rows.
        data: designs and noises of all pools that are used.
        iterations: up to which the chain is run.
    """
    world = World(workflow, numbers, by_rows, data, {0: data.truth}, {})
    for n in range(1, iterations + 1):
        gram = moment = 0
        for pool, share in world.shares(n).items():
            x = data.designs[pool]
            weight = world.number(share / world.rows(pool))
            gram = gram + weight * (swapped(x) @ x)
            moment = moment + weight * (swapped(x) @ world.label(pool))
        rows = sum(world.rows(pool) for pool in world.shares(n))
        solved = pseudo_inverse(gram) if numbers.least_norm else inverse(gram + world.ridge(rows))
        world.whole_models[n] = solved @ moment
        world.models[n] = world.whole_models[n] + data.draws[n]
    return world


def swapped(array: Array) -> Array:
    """The transposes."""
    return np.swapaxes(array, -1, -2)


def inverse(array: Array) -> Array:
    """The inverses of matrices of one or two rows."""
    if array.shape[-1] == 1:
        return 1 / array
    a, b, c, e = (array[..., i, j] for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)))
    adjugate = np.stack([np.stack([e, -b], -1), np.stack([-c, a], -1)], -2)
    return adjugate / (a * e - b * c)[..., None, None]


def pseudo_inverse(array: Array) -> Array:
    """The Moore-Penrose inverses of symmetric matrices without negative eigenvalues."""
    if array.dtype != object:
        return np.linalg.pinv(array, rcond=1e-9, hermitian=True)
    # by Leverrier's recursion the characteristic polynomial is x^d + c_1 x^(d-1) + …, and M_k = A M_{k-1} + c_k I
    d = array.shape[-1]
    eye: Array = np.vectorize(Fraction, otypes=[object])(np.eye(d, dtype=int))
    matrix, on_range = eye, 0 * eye
    for k in range(1, d + 1):
        product = array @ matrix
        coefficient = -np.trace(product, axis1=-2, axis2=-1)[..., None, None] / k
        # up to the rank r, c_k is not 0; on the range of A, A M_{r-1} = -c_r
        nonzero = coefficient != 0
        on_range = np.where(nonzero, matrix / np.where(nonzero, coefficient, 1), on_range)
        matrix = product + coefficient * eye
    return array @ on_range @ on_range
