"""The literal samplers of generalised linear models: labels are drawn, and each model is fitted to rows with them."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from theory import GeneralisedLinear, Generator, Workflow

from ..table import Table, table
from .base import USUAL
from .links import LINKS, AbstractLink
from .newton import fitted
from .rows import AbstractRows, Kept, literal_objection

#: The quantity that a table alone has.
HELD_OUT_LOSS = "held_out_loss"


class AbstractLabelledRows(AbstractRows[GeneralisedLinear]):
    """One chain of fits to rows of features and a label; call it with a key for the quantity at each iteration.

    A model without a fit is NaN, and so are all labels that it should have given: whatever is fitted to one of these is
    lost with it.
    """

    truth: eqx.AbstractVar[Float[Array, " d"]]
    link: eqx.AbstractVar[AbstractLink]

    @property
    def width(self) -> int:
        """The features, and the label."""
        return len(self.truth) + 1

    @property
    def may_fail(self) -> str:
        """Why there may be no fit, or none that is found."""
        if self.truth.dtype == np.float64:
            return self.link.failure
        return f"{self.link.failure}, or {self.truth.dtype} is too coarse for them"

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return len(self.truth) ** 3 // 3

    def labelled(
        self, key: PRNGKeyArray, x: Float[Array, "rows d"], model: Float[Array, " d"]
    ) -> Float[Array, "rows width"]:
        """Features with labels by a model."""
        predictors = x @ model
        lost = jnp.isnan(predictors)
        labels = self.link.sample(key, jnp.where(lost, 0, predictors))
        return jnp.concatenate([x, jnp.where(lost, jnp.nan, labels)[:, None]], 1)

    def fit(self, rows: Float[Array, "total width"], weights: Float[Array, " total"]) -> Float[Array, " d"]:
        """The maximum of the weighted likelihood; NaN where there is none within reach."""
        model = fitted(self.link, rows[:, :-1], rows[:, -1], weights, self.truth)
        return jnp.where(jnp.linalg.norm(model) <= jnp.linalg.norm(self.truth) + self.link.reach, model, jnp.nan)


class GeneralisedLinearRows(AbstractLabelledRows):
    """Features are standard normal, and the truth lies along the first axis."""

    advice: ClassVar[str] = "Use more rows, fewer features or a smaller signal."

    kept: Kept
    truth: Float[Array, " d"]
    signal: float = eqx.field(static=True)
    link: AbstractLink = eqx.field(static=True)

    def __init__(
        self,
        task: GeneralisedLinear,
        workflow: Workflow,
        iterations: int,
        dtype: np.dtype,
        generator: Generator = USUAL,
    ) -> None:
        del generator  # its sizes are the workflow's
        numbers = task.numbers
        self.kept = Kept(workflow, numbers["T"], iterations, dtype)
        self.signal, self.link = numbers["signal"], LINKS[task.link]
        self.truth = jnp.zeros(numbers["d"], dtype).at[0].set(self.signal)

    @classmethod
    def serves(cls, task: GeneralisedLinear, workflow: Workflow, iterations: int) -> bool:
        """Whether there is no table."""
        del workflow, iterations
        return task.table is None

    def sample(self, key: PRNGKeyArray, model: Float[Array, " d"], real: Bool[Array, ""]) -> Float[Array, "most width"]:
        """Standard normal features, and labels by the link."""
        del real
        x_key, label_key = jr.split(key)
        x = jr.normal(x_key, (self.kept.most, len(model)), model.dtype)
        return self.labelled(label_key, x, model)


class TableRows(AbstractLabelledRows):
    """Features are those of a table in every pool, and the truth is the fit to its recorded labels."""

    advice: ClassVar[str] = "Use another table."

    kept: Kept
    truth: Float[Array, " d"]
    x: Float[Array, "T d"]
    held_out: Float[Array, "others d"]
    recorded: Float[Array, " others"]
    link: AbstractLink = eqx.field(static=True)

    def __init__(
        self,
        task: GeneralisedLinear,
        workflow: Workflow,
        iterations: int,
        dtype: np.dtype,
        generator: Generator = USUAL,
    ) -> None:
        del generator  # its sizes are the workflow's
        rows = table(str(task.table))
        out = rows.is_held_out
        self.kept = Kept(workflow, task.numbers["T"], iterations, dtype)
        self.link = LINKS[task.link]
        self.x, self.held_out = jnp.asarray(rows.x[~out], dtype), jnp.asarray(rows.x[out], dtype)
        self.recorded = jnp.asarray(rows.labels[out], dtype)
        self.truth = recorded_fit(self.link, rows, dtype)

    @classmethod
    def serves(cls, task: GeneralisedLinear, workflow: Workflow, iterations: int) -> bool:
        """Whether there is a table, or ought to be."""
        del workflow, iterations
        return task.table is not None or cls.of == HELD_OUT_LOSS

    @classmethod
    def objection(cls, task: GeneralisedLinear, workflow: Workflow, iterations: int) -> str | None:
        """There must be a table, and every pool is its rows once more."""
        if task.table is None:
            return task.objection(workflow, task.quantity(HELD_OUT_LOSS))
        pools = (pool for n in range(1, iterations + 1) for pool, share in workflow.shares(n).items() if share)
        if {workflow.size(pool) for pool in pools} != {1}:
            return f"{workflow} has pools of other sizes than T, and every pool is of the rows of {task.table}."
        return literal_objection(task, workflow, iterations)

    def sample(self, key: PRNGKeyArray, model: Float[Array, " d"], real: Bool[Array, ""]) -> Float[Array, "T width"]:
        """The table's features, and labels by the link."""
        del real
        return self.labelled(key, self.x, model)


def recorded_fit(link: AbstractLink, rows: Table, dtype: np.dtype) -> Float[Array, " d"]:
    """The fit to the recorded labels of the rows that are not held out; NaN where a plane separates them."""
    x, labels = rows.x[~rows.is_held_out], rows.labels[~rows.is_held_out]
    weights = np.full(len(labels), 1 / len(labels))
    given = (jnp.asarray(each, dtype) for each in (x, labels, weights, np.zeros(x.shape[1])))
    return jax.jit(fitted, static_argnums=0)(link, *given)
