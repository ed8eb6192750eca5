"""What is run: how many iterations, rows and seeds; and the random keys of all of it."""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Key

from sim.keys import key_of
from theory import Generator

from .generated import check_parts

#: Beyond, only to list a run would take the memory or hours.
MOST = {"iterations": 1000, "seeds": 10_000}


@dataclass(frozen=True)
class Plan:
    """What is run.

    Attributes:
        iterations: model-fitting iterations.
        T: rows of real(1), and the unit of the workflow's sizes.
        seeds: independent chains, trained side by side.
        seed: of all random numbers; a chain's depend on it and the chain's index alone.
        sample_batch: rows sampled at once, for all seeds together.
        first_steps: optimiser steps of iteration 1, if other than the training's: it sets the quality of the first
            sampled data and nothing else.
        generator: the sizes of the pools, or the share of each that is sampled anew; the rest of it is of regression.
    """

    iterations: int
    T: int
    seeds: int
    seed: int
    sample_batch: int
    first_steps: int | None = None
    generator: Generator = field(default_factory=Generator)

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_parts(self.generator)
        for name in ("iterations", "T", "seeds", "sample_batch", "first_steps"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; got {getattr(self, name)}.")
        for name, most in MOST.items():
            if getattr(self, name) > most:
                raise ValueError(f"{name} must be at most {most:,}; got {getattr(self, name):,}.")

    @property
    def sampled_at_once(self) -> int:
        """Rows that each seed samples at once."""
        return max(1, min(self.T, self.sample_batch // self.seeds))

    @property
    def keys(self) -> Key[Array, " seeds"]:
        """One key a chain."""
        return jax.vmap(lambda index: jr.fold_in(self._root, index))(jnp.arange(self.seeds))

    @property
    def held_out_key(self) -> Key[Array, ""]:
        """The key of held-out data, which is no chain's."""
        return jr.fold_in(self._root, 2**32 - 1)

    @property
    def _root(self) -> Key[Array, ""]:
        return key_of(self.seed)

    def keys_for(self, iteration: int, purpose: str) -> Key[Array, " seeds"]:
        """One key a chain, for this purpose alone."""
        number = 4 * iteration + ("initialise", "fit", "sample", "order").index(purpose)
        return jax.vmap(lambda key: jr.fold_in(key, number))(self.keys)
