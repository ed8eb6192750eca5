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

from .least_squares import is_fixed, whole_pools_objection
from .recursion import cholesky, solve
from .wishart import AbstractFresh


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

    @property
    def note(self) -> str:
        """What is missing of the moments of its means, and what a replicate is."""
        own = "each replicate is an expected test error given its designs: same mean, no quantiles."
        return f"{self.numbers.note} {own}".strip()

    @property
    def bytes_per_replicate(self) -> int:
        """An upper estimate of what one replicate holds in memory."""
        held = self.recursion.slots + 3
        return self.noise.dtype.itemsize * (4 * held**2 + 6) * self.d**2

    @property
    def lapack_work(self) -> int:
        """Operations of the largest LAPACK call that one replicate makes."""
        return self.d**3 * self.recursion.slots

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        """E[excess risk | designs] of the models of iterations 1, 2, …, in units of real(1)'s noise variance."""
        slots, d, dtype = self.recursion.slots, self.d, self.noise.dtype

        def iterate(carry: tuple, now: tuple) -> tuple:
            # second moments of the last model's error e, between it and the moments kept, and of those
            last, between, kept, grams = carry
            weights, destination, noise, iteration = now
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
                jnp.concatenate([nothing, jnp.zeros((1, d, d), dtype), noise**2 * W_real[None]], 0)[None],
            ]
            D = (destination[None] == jnp.arange(slots)[:, None]).astype(dtype)
            kept = jnp.einsum("as,bt,stij->abij", D, D, jnp.concatenate(rows, 0))
            grams = jnp.einsum("as,sij->aij", D, jnp.concatenate([grams, jnp.stack(drawn)]))
            factor = cholesky(jnp.tensordot(weights, grams, 1))
            weighted = jnp.einsum("s,stij->tij", weights, kept)  # (sum_s w_s m_s) m_t'
            e_m = solve(factor, jnp.concatenate(list(weighted), 1))  # E[e m_t'] side by side
            between = jnp.stack(jnp.split(e_m.T, slots))
            last = solve(factor, jnp.tensordot(weights, between, 1))
            return (last, between, kept, grams), jnp.trace(last)

        start = (
            jnp.zeros((d, d), dtype),
            jnp.zeros((slots, d, d), dtype),
            jnp.zeros((slots, slots, d, d), dtype),
            jnp.zeros((slots, d, d), dtype),
        )
        steps = self.recursion
        now = (steps.weights, steps.destination, self.noise, jnp.arange(len(self.noise)))
        return jax.lax.scan(iterate, start, now)[1]
