"""Terms as numbers: letters looked up in a world, words multiplied out, expectations added up."""

import abc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from ...workflow import Pool
from ..indices import N
from ..terms import Expectation, Expression, Letter, Monomial, Word
from .coefficients import at_iteration
from .worlds import Array, World, inverse, pseudo_inverse, swapped

Binding = Mapping[sp.Symbol, int]


def letter(world: World, x: Letter, index: Binding) -> Array:
    """The matrix that a letter stands for."""
    k = world.numbers.index(x.index, index)
    data = world.data
    name = x.family.name
    pool = Pool(k, fresh_real=True) if name in ("Xr", "Wr", "noiser", "yr") else Pool(k)
    found: Array
    if name in ("X", "Xr"):
        found = data.designs[pool]
    elif name in ("W", "Wr"):
        found = world.gram(pool)
    elif name in ("noise", "noiser"):
        found = data.noises[pool]
    elif name in ("y", "yr"):
        found = world.label(pool)
    elif name == "common":
        found = world.gram(Pool(1))
    elif name == "G":
        found = world.training(k)
    elif name == "B":
        root = power(as_floats(world.training(k)), Fraction(-1, 2))
        found = root @ as_floats(world.gram(Pool(k))) @ root
    elif name == "thinning":
        found = data.draws[k]
    elif name == "truth":
        found = data.truth
    elif name == "shift":
        found = data.shift
    elif name == "pool shift":
        found = data.shift if k > 1 else 0 * data.shift
    else:
        models = world.whole_models if name.startswith("whole") else world.models
        found = models[k] if name.endswith("model") else models[k] - data.truth
    exponent = Fraction(int(x.power.p), int(x.power.q))
    if x.family.singular and exponent <= 0:
        inverse_power = power(pseudo_inverse(found), -exponent) if exponent else None
        found = pseudo_inverse(found) @ found if inverse_power is None else inverse_power
    else:
        found = power(found, exponent)
    return swapped(found) if x.transposed else found


def power(array: Array, exponent: Fraction) -> Array:
    """A power of a symmetric matrix; fractional ones in floats."""
    if exponent.denominator != 1:
        values, vectors = np.linalg.eigh(as_floats(array))
        return (vectors * values[..., None, :] ** float(exponent)) @ swapped(vectors)
    if exponent < 0:
        array = inverse(array)
    found = array
    for _ in range(abs(int(exponent)) - 1):
        found = found @ array
    return found


def as_floats(array: Array) -> Array:
    """In floats."""
    return array.astype(np.float64)


def product(world: World, word: Word, index: Binding) -> Array:
    """A word multiplied out; the empty one is the identity."""
    if not word:
        eye = np.eye(world.numbers.d, dtype=int)[None, None]
        return np.vectorize(world.number, otypes=[world.data.truth.dtype])(eye.astype(object) + Fraction(0))
    found, *rest = (letter(world, x, index) for x in word)
    for array in rest:
        if found.dtype != array.dtype:
            found, array = as_floats(found), as_floats(array)
        found = found @ array
    return found


def trace(array: Array) -> Array:
    """Over the last two axes."""
    return sum(array[..., i, i] for i in range(array.shape[-1]))


def expectation(world: World, traces: Expectation, index: Binding) -> Any:
    """The mean of a product of traces over the world's designs and noises."""
    found: Any = 1
    for word in traces:
        found = found * trace(product(world, word, index))
    return mean(world, found)


def mean(world: World, values: Array) -> Any:
    """Over the world's designs and noises."""
    data = world.data
    kind = np.float64 if values.dtype != object else object
    weights = data.design_weights[:, None].astype(kind), data.noise_weights[None, :].astype(kind)
    shape = (weights[0].shape[0], weights[1].shape[1])
    return (np.broadcast_to(values, shape) * weights[0] * weights[1]).sum()


def bindings(world: World, monomial: Monomial, index: Binding) -> Iterator[Binding]:
    """The values of all bound indices."""

    def bound(place: int, values: Binding) -> Iterator[Binding]:
        if place == len(monomial.sums):
            yield values
            return
        name, first, last = monomial.sums[place]
        for step in range(world.numbers.index(first, values), world.numbers.index(last, values) + 1):
            yield from bound(place + 1, {**values, name: step})

    return bound(0, index)


class Averages(abc.ABC):
    """How expectations are found."""

    @abc.abstractmethod
    def of(self, traces: Expectation, index: Binding) -> Any:
        """The expectation of a product of traces."""


@dataclass(frozen=True)
class InWorld(Averages):
    """Over the designs and noises of one world."""

    world: World

    def of(self, traces: Expectation, index: Binding) -> Any:
        """The expectation of a product of traces."""
        return expectation(self.world, traces, index)


@dataclass(frozen=True)
class Older(Averages):
    """E_{n-1} where a recursion asks for it, and nothing else."""

    value: Any

    def of(self, traces: Expectation, index: Binding) -> Any:
        """The value, of the squared error of the model before."""
        (word,) = traces
        if not all(x.family.name == "error" and sp.expand(x.index - N + 1) == 0 for x in word):
            raise ValueError("a recursion holds the error of the model before, and no other matrix.")
        return self.value


def evaluated(world: World, expression: Expression, n: int, averages: Averages | None = None) -> Any:
    """The expression at iteration n: a number, or a matrix over the world's axes.

    Args:
        world: for letters and coefficients.
        expression: of terms.
        n: the iteration.
        averages: how expectations are found; in the world where there is none.
    """
    averages = InWorld(world) if averages is None else averages
    found: Any = 0
    for monomial in expression.monomials:
        for index in bindings(world, monomial, at_iteration(n)):
            value: Any = world.numbers.of(monomial.coefficient, index)
            for traces in monomial.expectations:
                value = value * averages.of(traces, index)
            if expression.is_matrix:
                value = product(world, monomial.word, index) * world.number(value)
            found = found + value
    return found
