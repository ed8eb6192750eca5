"""The conditional sampler: the expected test error given the designs, with the noise averaged analytically.

Given X'X of every pool, a model's error is a linear function of normal noises, so its second moments follow a
recursion of d × d matrices, and E[test error | designs] is a trace. Its mean over designs is the test error's, with
much less variance; its spread and quantiles are not the test error's. For Accumulate the recursion is
C_n = C_{n-1} + A_n^-1 W_n A_n^-1.
"""

from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from theory import LinearRegression, Workflow

from .least_squares import Numbers, features, is_fixed, replicates_needed, sized, whole_pools_objection
from .recursion import cholesky, solve
from .schedule import schedule
from .wishart import AbstractFresh, iteration_work


class Conditional(AbstractFresh):
    """One chain of designs at fresh design; call it with a key for the expected test error of each iteration."""

    name: ClassVar[str] = "conditional"
    automatic: ClassVar[bool] = False
    has_quantiles: ClassVar[bool] = False

    @classmethod
    def objection(cls, task: LinearRegression, workflow: Workflow, iterations: int) -> str | None:
        """At fixed design there is nothing to simulate."""
        if is_fixed(task):
            return (
                "the conditional sampler averages the noise over fresh designs; at fixed design it would give the gain "
                "c_n times the trace of one inverse, which theory.gain gives exactly. Use another sampler."
            )
        return whole_pools_objection(task, workflow, iterations)

    @classmethod
    def work_to(
        cls, task: LinearRegression, workflow: Workflow, iterations: int, relative_error: float
    ) -> float | None:
        """As the wishart sampler's, and more with each sum that is kept; `None` where there is no standard error."""
        if Numbers.of(task, workflow, iterations).moments < 2:
            return None
        needed = replicates_needed(task, workflow, iterations, relative_error, averaged=True)
        slots = schedule(sized(task, workflow, iterations), iterations).slots
        return needed * iteration_work(features(task)) * (1 + 2 * slots)

    @property
    def note(self) -> str:
        """What is missing of the moments of its means, and what a replicate is."""
        own = (
            "each replicate is an expected test error given its designs: same mean, no quantiles; with quantiles=True "
        )
        own += "(--quantiles) a run has them."
        return f"{self.numbers.note} {own}".strip()

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        held = self.recursion.slots + 3
        return self.labels.noise.dtype.itemsize * (4 * held**2 + 6) * self.d**2

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return self.d**3 * self.recursion.slots

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """E[excess risk | designs] of the models of iterations 1, 2, …, in units of real(1)'s noise variance."""
        slots, d, labels = self.recursion.slots, self.d, self.labels
        dtype, carried = labels.noise.dtype, labels.carried

        def iterate(carry: tuple, now: tuple) -> tuple:
            # covariances of the last model's error e, between it and the moments kept, and of those; and, where labels
            # are shifted, the means of the error and of these moments
            last, between, kept, grams, means = carry
            weights, destination, noises, iteration = now
            noise, real_noise = noises
            if carried is not None:
                last, between = carried**2 * last, carried * between
            drawn = []
            for real in (False, True):
                factor, _ = self.pools(key, iteration, real)
                drawn.append(factor @ factor.T)
            if not self.recursion.fresh_real:
                drawn[1] = jnp.zeros((d, d), dtype)
            W, W_real = drawn
            # y = (moments kept, the chain pool's W e + noise, the real pool's noise); D adds it up in its destinations
            across = between @ W
            nothing = jnp.zeros((slots, d, d), dtype)
            chain = W @ last @ W + noise**2 * W
            rows = [
                jnp.concatenate([kept, across[:, None], nothing[:, None]], 1),
                jnp.concatenate([across.mT, chain[None], jnp.zeros((1, d, d), dtype)], 0)[None],
                jnp.concatenate([nothing, jnp.zeros((1, d, d), dtype), real_noise**2 * W_real[None]], 0)[None],
            ]
            D = (destination[None] == jnp.arange(slots)[:, None]).astype(dtype)
            kept = jnp.einsum("as,bt,stij->abij", D, D, jnp.concatenate(rows, 0))
            grams = jnp.einsum("as,sij->aij", D, jnp.concatenate([grams, jnp.stack(drawn)]))
            factor = cholesky(jnp.tensordot(weights, grams, 1))
            weighted = jnp.einsum("s,stij->tij", weights, kept)  # (sum_s w_s m_s) m_t'
            e_m = solve(factor, jnp.concatenate(list(weighted), 1))  # E[e m_t'] side by side
            between = jnp.stack(jnp.split(e_m.T, slots))
            last = solve(factor, jnp.tensordot(weights, between, 1))
            error = jnp.trace(last)
            if means is not None:
                mean, moments = means
                new = jnp.stack([W @ labels.says(mean, iteration), jnp.zeros(d, dtype)])
                moments = D @ jnp.concatenate([moments, new])
                mean = solve(factor, weights @ moments)
                means, error = (mean, moments), error + mean @ mean
            return (last, between, kept, grams, means), error

        start = (
            jnp.zeros((d, d), dtype),
            jnp.zeros((slots, d, d), dtype),
            jnp.zeros((slots, slots, d, d), dtype),
            jnp.zeros((slots, d, d), dtype),
            None if labels.shift is None else (jnp.zeros(d, dtype), jnp.zeros((slots, d), dtype)),
        )
        steps = self.recursion
        now = (steps.weights, steps.destination, labels.noise, jnp.arange(len(labels.noise)))
        return jax.lax.scan(iterate, start, now)[1]
