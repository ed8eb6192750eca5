"""The samplers of populations: models that train on one another's data, side by side in one chain (theory.Population).

Least squares needs of a pool its two sums, as for a workflow (`recursion`); here a model's training set weighs the
newest pools of all models and real data of its own. At fixed design one X serves every pool of every model.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import jax.scipy.linalg as jsl
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from theory import LinearRegression, Population

from .least_squares import AbstractLeastSquares, Numbers, covariance_root, features, first_rows, is_fixed, unit
from .literal import draw_design, pool_sums
from .recursion import Sums, cholesky, solve
from .wishart import Bartlett

#: (the model that labels a pool, the pool's number, whose data it holds) to its sums. All numbers of a chain differ;
#: the data are of model 0, 1, …, or real where it is the number of models.
DrawPool = Callable[[Float[Array, " d"], Int[Array, ""], Int[Array, ""]], Sums]

#: Of each model.
AllSums = tuple[Float[Array, "models *shape"], Float[Array, "models d"]]


class Exchange(eqx.Module):
    """A compiled population, ready to be scanned.

    Attributes:
        weights: (models, models + 1), of each row of each model's pool, and of the real data, in each training set;
            those of a total loss of T rows.
        size: (models + 1,), rows of each model's pools, and of real ones, in multiples of T.
    """

    iterations: int = eqx.field(static=True)
    separate: bool = eqx.field(static=True)
    fresh_real: bool = eqx.field(static=True)
    weights: Float[Array, "models sources"]
    size: Float[Array, " sources"]

    def __init__(self, population: Population, iterations: int, dtype: np.dtype) -> None:
        shares = np.array(population.shares, float)
        size = np.array([*population.sizes, 1], float)
        self.iterations = iterations
        self.separate, self.fresh_real = population.pools == "separate", population.real_data == "fresh"
        self.weights = jnp.asarray(np.hstack([shares, np.array(population.real, float)[:, None]]) / size, dtype)
        self.size = jnp.asarray(size, dtype)

    @property
    def models(self) -> int:
        """How many there are."""
        return len(self.weights)

    def __call__(
        self, truth: Float[Array, " d"], *, pool: DrawPool, fit: Callable[[Array, Array], Array]
    ) -> Float[Array, "models_of_all d"]:
        """The models of iterations 1, 2, …, all of an iteration one after another.

        Args:
            truth: what real data are labelled by.
            pool: draws one.
            fit: the weighted sums of a training set to the model.
        """
        count = self.models
        everyone, real = jnp.arange(count), jnp.asarray(count)
        own = jnp.broadcast_to(truth, (count, *truth.shape))

        def real_data(first: Int[Array, ""]) -> AllSums:
            return jax.vmap(lambda a, model: pool(model, first + a, real))(everyone, own)

        def sampled(models: Float[Array, "models d"], first: Int[Array, ""]) -> AllSums:
            """The weighted sums of what each training set has of sampled pools."""

            def of(training_set: Int[Array, ""]) -> AllSums:
                numbers = first + count * training_set + everyone
                return jax.vmap(pool)(models, numbers, everyone)

            weights = self.weights[:, :count]
            if self.separate:
                grams, moments = (jnp.einsum("ab,ab...->a...", weights, sums) for sums in jax.vmap(of)(everyone))
            else:
                grams, moments = (jnp.tensordot(weights, sums, 1) for sums in of(jnp.asarray(0)))
            return grams, moments

        def iterate(carry: tuple, iteration: Int[Array, ""]) -> tuple:
            models, kept = carry
            first = iteration * count * (count + 1)
            new = sampled(models, first + count)
            if self.fresh_real:
                kept = real_data(first)
            grams, moments = (
                sums + self.weights[:, count].reshape(-1, *(1,) * (mine.ndim - 1)) * mine
                for sums, mine in zip(new, kept, strict=True)
            )
            models = jax.vmap(fit)(grams, moments)
            return (models, kept), models

        kept = real_data(jnp.asarray(0))
        first = jax.vmap(fit)(*kept)
        later = jax.lax.scan(iterate, (first, kept), jnp.arange(1, self.iterations))[1]
        return jnp.concatenate([first[None], later]).reshape(-1, *truth.shape)


class AbstractPopulation(AbstractLeastSquares):
    """What the samplers of populations share."""

    exchange: Exchange

    @classmethod
    def serves(cls, task: LinearRegression, workflow: Any, iterations: int) -> bool:
        """At both designs, without a ridge."""
        del workflow, iterations
        return task.penalty is None

    @classmethod
    def work_to(cls, task: LinearRegression, workflow: Any, iterations: int, relative_error: float) -> float | None:
        """The first is the fastest."""
        del task, workflow, iterations, relative_error
        return None

    @classmethod
    def objection(cls, task: LinearRegression, workflow: Any, iterations: int) -> str | None:
        """Pools must be whole rows, or whole copies of X, and training sets have rows enough."""
        if task.is_unequal:
            return "a population needs one T and one sigma for all iterations; its sizes say how pools differ."
        T, d = first_rows(task), features(task)
        copy, kind = (T, f"copies of the {T} rows of X") if is_fixed(task) else (1, "rows")
        for model, size in enumerate(workflow.sizes, 1):
            if size * T % copy:
                return (
                    f"the pools of model {model} have {size * T} rows at T={T}, not a whole number of {kind}. Choose T "
                    "or the sizes so that it is."
                )
        if not is_fixed(task):
            for model, rows in enumerate(_rows(workflow, T), 1):
                if rows < d + 2:
                    return (
                        f"the test error needs d + 2 rows in every training set for a finite mean; that of model "
                        f"{model} has {rows} at d={d}. Use larger sizes, more samples or fewer features."
                    )
        return None

    @classmethod
    def suits_float32(cls, task: LinearRegression, workflow: Any, iterations: int) -> bool:
        """Shares may be very unequal: float64."""
        del task, workflow, iterations
        return False

    @property
    def side_by_side(self) -> int:
        """The models."""
        return self.exchange.models

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return self.exchange.models * self.d**3 // 3

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        exchange, d = self.exchange, self.d
        pools = exchange.models * (exchange.models if exchange.separate else 1) + 4 * exchange.models
        held = 4 * pools * d * (1 if self.fixed else d) + 4 * d**2
        return exchange.size.dtype.itemsize * (
            held + self._drawn * pools + 8 * exchange.models * exchange.iterations * d
        )

    @property
    def _drawn(self) -> int:
        """Numbers that a pool holds while it is drawn."""
        return 6 * self.d**2


class PopulationLiteral(AbstractPopulation):
    """One chain of fits; call it with a key for the test errors of all models at each iteration."""

    name: ClassVar[str] = "literal"

    root: Float[Array, "d d"] | None
    rows: Int[Array, " sources"]

    def __init__(self, task: LinearRegression, workflow: Population, iterations: int, dtype: np.dtype) -> None:
        self.numbers = _numbers(task, workflow)
        self.exchange = Exchange(workflow, iterations, dtype)
        self.root = covariance_root(task, dtype)
        self.rows = jnp.asarray([int(size * self.numbers.T) for size in (*workflow.sizes, 1)])

    @property
    def _drawn(self) -> int:
        return self.T * (7 * self.d + 8)

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " columns"]:
        """The excess risks of one chain, in units of the noise variance."""
        truth_key, design_key, pools_key = jr.split(key, 3)
        dtype = self.exchange.size.dtype
        truth = jr.normal(truth_key, (self.d,), dtype)
        shared = draw_design(design_key, self.T, self.d, self.root, dtype) if self.fixed else None
        factor = None if shared is None else cholesky(shared.T @ shared)

        def pool(model: Float[Array, " d"], number: Int[Array, ""], source: Int[Array, ""]) -> Sums:
            pool_key, noise = jr.fold_in(pools_key, number), jnp.ones((), dtype)
            return pool_sums(pool_key, model, self.rows[source], noise, T=self.T, root=self.root, shared=shared)

        models = self.exchange(
            truth, pool=pool, fit=lambda gram, moment: solve(cholesky(gram) if factor is None else factor, moment)
        )
        errors = models - truth[None]
        errors = errors if self.root is None else errors @ self.root
        return (errors**2).sum(1)


class PopulationWishart(AbstractPopulation):
    """The same at fresh design, by a draw of X'X and X'noise of each pool."""

    name: ClassVar[str] = "wishart"

    pools: Bartlett

    def __init__(self, task: LinearRegression, workflow: Population, iterations: int, dtype: np.dtype) -> None:
        self.numbers = _numbers(task, workflow)
        self.exchange = Exchange(workflow, iterations, dtype)
        rows = [[int(size * self.numbers.T)] for size in (*workflow.sizes, 1)]
        self.pools = Bartlett(np.array(rows), self.numbers.d, dtype)

    @classmethod
    def serves(cls, task: LinearRegression, workflow: Any, iterations: int) -> bool:
        """At fresh design, without a ridge."""
        return task.penalty is None and not is_fixed(task)

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " columns"]:
        """The excess risks of one chain, in units of the noise variance."""

        def pool(error: Float[Array, " d"], number: Int[Array, ""], source: Int[Array, ""]) -> Sums:
            factor, noise = self.pools.draw(jr.fold_in(key, number), self.pools.size[source, 0])
            gram = factor @ factor.T
            return gram, gram @ error + factor @ noise

        errors = self.exchange(
            jnp.zeros(self.d, self.exchange.size.dtype),
            pool=pool,
            fit=lambda gram, moment: solve(cholesky(gram), moment),
        )
        return (errors**2).sum(1)


class PopulationWishartFixed(AbstractPopulation):
    """The same at fixed design, where all pools share one X'X = L L': errors are L'^-1 times a Gaussian walk."""

    name: ClassVar[str] = "wishart"

    pools: Bartlett

    def __init__(self, task: LinearRegression, workflow: Population, iterations: int, dtype: np.dtype) -> None:
        self.numbers = _numbers(task, workflow)
        self.exchange = Exchange(workflow, iterations, dtype)
        self.pools = Bartlett(np.array([[self.numbers.T]]), self.numbers.d, dtype)

    @classmethod
    def serves(cls, task: LinearRegression, workflow: Any, iterations: int) -> bool:
        """At fixed design, without a ridge."""
        return task.penalty is None and is_fixed(task)

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " columns"]:
        """The excess risks of one chain, in units of the noise variance."""
        walk_key, design_key = jr.split(key)

        def pool(error: Float[Array, " d"], number: Int[Array, ""], source: Int[Array, ""]) -> Sums:
            size = self.exchange.size[source]
            normal = jr.normal(jr.fold_in(walk_key, number), error.shape, error.dtype)
            return size, size * error + jnp.sqrt(size) * normal

        walk = self.exchange(
            jnp.zeros(self.d, self.exchange.size.dtype), pool=pool, fit=lambda gram, moment: moment / gram
        )
        factor = self.pools(design_key, jnp.asarray(0), False)[0]
        return (jsl.solve_triangular(factor, walk.T, lower=True, trans=1) ** 2).sum(0)


def _rows(population: Population, T: int) -> Iterator[int]:
    """Of each model's training set, as far as they count."""
    for shares, real in zip(population.shares, population.real, strict=True):
        used: Sequence[Any] = [size for share, size in zip(shares, population.sizes, strict=True) if share]
        yield int((sum(used) + (1 if real else 0)) * T)


def _numbers(task: LinearRegression, population: Population) -> Numbers:
    T, fixed = first_rows(task), is_fixed(task)
    fewest = T if fixed else min(T, *_rows(population, T))
    return Numbers(T, features(task), unit(task), fixed, fewest)
