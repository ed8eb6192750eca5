"""The literal sampler of editing: it keeps the rows of one training set, and labels some of them anew."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from theory import Generator, LinearRegression, Pool, Workflow

from .base import USUAL
from .least_squares import AbstractLeastSquares, Numbers, covariance_root
from .literal import draw_design
from .recursion import cholesky, solve


class LiteralEdited(AbstractLeastSquares):
    """One chain of fits to T rows, of which each has a new label by chance; call it for each iteration's test error.

    At fixed design X stays; at fresh design an edited row has a new x too.
    """

    name: ClassVar[str] = "literal"
    edits: ClassVar[bool] = True

    root: Float[Array, "d d"] | None
    edited: Float[Array, " iterations"]
    temperature: float = eqx.field(static=True)

    def __init__(
        self,
        task: LinearRegression,
        workflow: Workflow,
        iterations: int,
        dtype: np.dtype,
        generator: Generator = USUAL,
    ) -> None:
        shares = [1.0] + [float(generator.edited_by(model)) for model in range(1, iterations)]
        self.numbers = Numbers.of(task, workflow, iterations)
        self.root = covariance_root(task, dtype)
        self.edited = jnp.asarray(shares, dtype)
        self.temperature = float(generator.sampled_variance) ** 0.5

    @classmethod
    def is_meant(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """Where each training set is the newest T rows alone."""
        del task
        newest = ({Pool(iteration): 1} == workflow.shares(iteration) for iteration in range(1, iterations + 1))
        return all(newest) and all(workflow.size(Pool(iteration)) == 1 for iteration in range(1, iterations + 1))

    @classmethod
    def objection(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> str | None:
        """One T and one sigma are needed."""
        del workflow, iterations
        return "where labels are edited, one T and one sigma are needed." if task.is_unequal else None

    @classmethod
    def generator_objection(
        cls, generator: Generator, task: LinearRegression, workflow: Workflow, iterations: int
    ) -> str | None:
        """It is for editing alone, and what has no law has no sampler."""
        del iterations
        if not generator.edits:
            return f"{generator} labels whole pools, and this sampler edits them."
        return task.generated_objection(workflow, generator)

    @classmethod
    def suits_float32(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> bool:
        """No: as for pools used whole."""
        del task, workflow, iterations
        return False

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        return self.edited.dtype.itemsize * (self.T * (9 * self.d + 12) + 8 * self.d**2)

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return self.d**3 // 3

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """The excess risk of the models of iterations 1, 2, … of one chain, in units of sigma^2."""
        dtype = self.edited.dtype
        truth_key, design_key, pools_key = jr.split(key, 3)
        truth = jr.normal(truth_key, (self.d,), dtype)

        def iterate(carry: tuple, now: tuple) -> tuple:
            model, x, y = carry
            share, iteration = now
            noise_key, row_key, edit_key = jr.split(jr.fold_in(pools_key, iteration), 3)
            chosen = jr.uniform(edit_key, (self.T,), dtype) < share
            new = x if self.fixed else draw_design(row_key, self.T, self.d, self.root, dtype)
            spread = jnp.where(iteration > 0, self.temperature, 1.0).astype(dtype)
            labels = new @ model + spread * jr.normal(noise_key, (self.T,), dtype)
            x, y = jnp.where(chosen[:, None], new, x), jnp.where(chosen, labels, y)
            model = solve(cholesky(x.T @ x), x.T @ y)
            error = model - truth
            error = error if self.root is None else self.root.T @ error
            return (model, x, y), error @ error

        # at the first iteration all rows are labelled by the truth
        start = (truth, draw_design(design_key, self.T, self.d, self.root, dtype), jnp.zeros(self.T, dtype))
        return jax.lax.scan(iterate, start, (self.edited, jnp.arange(len(self.edited))))[1]
