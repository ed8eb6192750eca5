"""Instances of a setting: numbers for its symbols, and the worlds that its statements are tried in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from itertools import permutations, product
from math import lcm
from typing import Any

import numpy as np
import sympy as sp

from ...workflow import Pool, Workflow, exact
from .coefficients import Numbers
from .one_fit import least_norm_fit, one_fit
from .worlds import Array, Data, World, run

#: What stands for a ridge.
RIDGE = Fraction(7, 2)

#: Statements are tried up to this iteration.
ITERATIONS = 3


@dataclass(frozen=True, eq=False)
class Instance:
    """A setting with numbers.

    Attributes:
        workflow: with numbers for its parameters.
        numbers: of rows and noises.
        is_fresh: whether each pool has an X of its own.
        by_rows: whether T and sigma differ from pool to pool.
        draws: whether training sets are subsamples.
        later_real: whether real data of later iterations may be used.
    """

    workflow: Workflow
    numbers: Numbers
    is_fresh: bool
    by_rows: bool
    draws: bool
    later_real: bool

    def pools(self, iterations: int = ITERATIONS) -> list[Pool]:
        """All pools that the first training sets name."""
        found = {pool for n in range(1, iterations + 1) for pool in self.workflow.shares(n)}
        later = {Pool(n, True) for n in range(2, iterations + 1)} if self.later_real else set()
        return sorted(found | later | {Pool(n) for n in range(1, iterations + 1)})

    def rows(self, pool: Pool) -> int:
        """Of a pool."""
        return self.numbers.rows(pool)

    def variance(self, pool: Pool) -> Fraction:
        """Of a pool's noise."""
        square = self.numbers.noise(pool.index) ** 2
        return square if pool.labelled_by == 0 else square * self.numbers.sampled


def instance(setting: Any, d: int, T: int) -> Instance:
    """With d features, and T rows in the first pool or so: sizes must be whole, and even for orthogonal designs.

    Args:
        setting: of the derivation.
        d: features.
        T: at least so many rows.
    """
    symbols = sorted({s for v in setting.workflow.parameters.values() for s in getattr(v, "free_symbols", ())}, key=str)
    others = {s: Fraction(2) if s.is_integer else Fraction(1, 3) for s in symbols}
    values = {
        name: exact(sp.sympify(v).subs({s: sp.Rational(*x.as_integer_ratio()) for s, x in others.items()}))
        for name, v in setting.workflow.parameters.items()
        if getattr(v, "free_symbols", None)
    }
    plain: Any = {name: Fraction(int(v.p), int(v.q)) if isinstance(v, sp.Rational) else v for name, v in values.items()}
    workflow = replace(setting.workflow, **plain) if plain else setting.workflow
    is_fresh, by_rows = setting.design == "fresh", setting.each
    sizes = {k: workflow.size(Pool(k)) for k in range(1, ITERATIONS + 1)}
    real = {k: workflow.size(Pool(k, fresh_real=True)) for k in sizes}
    T = T * lcm(*(size.denominator for size in (*sizes.values(), *real.values())))
    deviation: Callable[[int], Fraction]
    if by_rows:
        steps = (0, 1, 3) if is_fresh else (0, T, 2 * T)
        rows = {k: T + steps[k - 1] for k in sizes}
        deviation = (Fraction(1), Fraction(1, 2), Fraction(3, 2)).__getitem__
    else:
        rows = {k: int(T * size) for k, size in sizes.items()}
        deviation = (Fraction(3, 2),).__getitem__
    shares = cache(workflow.shares)

    def share(n: int, k: int, fresh_real: bool = False) -> Fraction:
        return shares(n).get(Pool(k, fresh_real), Fraction(0))

    def thinning(n: int) -> Fraction:
        drawn = workflow.drawn(n)
        return Fraction(0) if drawn is None else 1 / drawn - 1 / sum(map(workflow.size, workflow.shares(n)))

    numbers = Numbers(
        T=T,
        d=d,
        sigma=deviation(0),
        size=lambda k: Fraction(rows[k]) if k in rows else T * workflow.size(Pool(k)),
        noise=lambda k: deviation(k - 1 if by_rows else 0),
        real_size=lambda k: T * workflow.size(Pool(k, fresh_real=True)),
        share=share,
        real_share=lambda n, k: share(n, k, fresh_real=True),
        thinning=thinning,
        carried=setting.generator.carried,
        sampled=setting.generator.sampled_variance,
        shift=setting.generator.shift,
        others=others,
        ridge=RIDGE if setting.ridge else Fraction(0),
        fit=_fit(setting, d),
        least_norm=setting.least_norm,
    )
    return Instance(workflow, numbers, is_fresh, by_rows, setting.draws, setting.later_real)


def _fit(setting: Any, d: int) -> Callable[[int], tuple[float, float]] | None:
    if setting.least_norm:
        return partial(least_norm_fit, d)
    return partial(one_fit, d, RIDGE) if setting.ridge else None


def matrices(case: Instance, draw: Callable[[int], Array]) -> dict[Pool, Array]:
    """A design for each pool: draw(rows), each its own at fresh design, the first one stacked at fixed design."""
    first = draw(case.numbers.T)
    found = {}
    for pool in case.pools():
        rows = case.rows(pool)
        if case.is_fresh:
            found[pool] = first if pool == Pool(1) else draw(rows)
        else:
            stacked = np.concatenate([first] * (rows // case.numbers.T + 1), -2)
            found[pool] = stacked[..., :rows, :]
    return found


def random_designs(case: Instance, generator: np.random.Generator) -> dict[Pool, Array]:
    """Whole numbers, which no identity that is not one survives."""
    return matrices(case, lambda rows: fractions(generator.integers(-4, 5, (1, 1, rows, case.numbers.d))))


def orthogonal_designs(case: Instance) -> dict[Pool, Array]:
    """Designs with W = rows · I exactly: what large numbers lead to."""
    d = case.numbers.d
    block = np.array([[1, 1], [1, -1]])[:, :d]
    return matrices(case, lambda rows: fractions(np.tile(block, (rows // 2, 1))[None, None]))


def turned(designs: dict[Pool, Array], pools: Sequence[Pool], d: int) -> dict[Pool, Array]:
    """The designs of these pools turned by every signed permutation, over the first axis."""
    turns = [np.diag(signs)[list(order)] for signs in product((1, -1), repeat=d) for order in permutations(range(d))]
    stacked = fractions(np.array(turns)[:, None])
    return {pool: x @ stacked if pool in pools else x for pool, x in designs.items()}


def fractions(array: Any) -> Array:
    """An array of exact numbers."""
    return np.vectorize(Fraction, otypes=[object])(np.asarray(array).astype(object))


def one_noise(case: Instance, designs: dict[Pool, Array], generator: np.random.Generator) -> World:
    """The world with one random noise, for what holds without any expectation."""
    return _world(case, designs, None, generator)


def all_noises(
    case: Instance, designs: dict[Pool, Array], weights: Any = None, noisy: Sequence[Pool] | None = None
) -> World:
    """The world with every noise that an exact expectation needs.

    A polynomial f of degree two has E f = f(0) + sum_c sigma_c^2 (f(e_c) + f(-e_c) - 2 f(0))/2 over the coordinates c.

    Args:
        case: the instance.
        designs: of each pool, (designs, 1, rows, d).
        weights: of the designs; alike where there are none.
        noisy: the pools whose noises are wanted; all where there are none.
    """
    return _world(case, designs, weights, None, noisy)


def without_noise(case: Instance, designs: dict[Pool, Array], weights: Any) -> World:
    """The world for what depends on designs alone."""
    return _world(case, designs, weights, np.random.default_rng(0))


def _world(
    case: Instance,
    designs: dict[Pool, Array],
    weights: Any,
    generator: np.random.Generator | None,
    noisy: Sequence[Pool] | None = None,
) -> World:
    d, pools = case.numbers.d, case.pools()
    exact_numbers = next(iter(designs.values())).dtype == object
    cast = fractions if exact_numbers else lambda x: np.asarray(x, np.float64)
    heights: list[tuple[Any, int, Any]] = [(pool, designs[pool].shape[-2], case.variance(pool)) for pool in pools]
    for n in range(1, ITERATIONS + 1):
        variance = case.numbers.thinning(n) * case.numbers.sigma**2 / case.numbers.T if case.draws else Fraction(0)
        heights.append((n, d, variance))
    if generator is None:
        wanted = [height for height in heights if height[2] != 0 and (noisy is None or height[0] in noisy)]
    else:
        wanted = heights
    coordinates = sum(height for _, height, _ in wanted)
    if generator is not None:
        directions = generator.integers(-5, 6, (1, coordinates))
        noise_weights = cast([1])
        truth = cast(generator.integers(-5, 6, (1, 1, d, 1)))
    else:
        unit = np.eye(coordinates, dtype=int)
        directions = np.concatenate([np.zeros((1, coordinates), int), unit, -unit])
        variances = [v for _, height, v in wanted for _ in range(height)]
        halves = [v / 2 for v in variances]
        noise_weights = cast([1 - sum(variances), *halves, *halves])
        truth = cast(np.arange(1, d + 1).reshape(1, 1, d, 1))
    noises: dict[Any, Array] = {}
    at = 0
    for name, height, variance in heights:
        is_noisy = (name, height, variance) in wanted and variance != 0
        chosen = directions[None, :, at : at + height, None] if is_noisy else np.zeros((1, 1, height, 1), int)
        noises[name] = cast(chosen)
        at += height if (name, height, variance) in wanted else 0
    count = max(x.shape[0] for x in designs.values())
    design_weights = cast([Fraction(1, count)] * count) if weights is None else weights
    draws = {n: noises[n] for n in range(1, ITERATIONS + 1)}
    direction = [1] if d == 1 else [Fraction(3, 5), Fraction(4, 5), *[0] * (d - 2)]
    shift = cast(np.array([case.numbers.shift * x for x in direction]).reshape(1, 1, d, 1))
    data = Data(designs, {p: noises[p] for p in pools}, draws, truth, shift, design_weights, noise_weights)
    return run(case.workflow, case.numbers, case.by_rows, data, ITERATIONS)
