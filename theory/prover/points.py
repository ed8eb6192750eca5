"""The points at which a second opinion on a proof is formed: read from a domain's own description, always the same."""

import math
import random
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import product

import sympy as sp
from flint import fmpq

from ..symbols import n
from .domain import Domain, Variable

#: How many combinations of the variables but n there are: those of the grid, and random ones.
_COMBINATIONS, _RANDOM = 90, 240
#: The n that each of the grid meets: how far above the least one, and far out.
_NEAR, _FAR = (0, 1, 2, 3, 4, 6, 9, 19, 49, 99), (10**3, 10**6, 10**12, 10**30)
#: How many n each random combination meets: the least one, and some of so many random ones.
_FEW, _SHARED_N = 5, 64
#: Where there is nothing but n, every n is looked at up to there, and so many random ones.
_ALL_UP_TO, _RANDOM_N = 1_500, 1_000
#: Other integers: how far above the least value, or multiples of the integer before.
_AHEAD, _FAR_AHEAD = (0, 1, 2, 3, 9, 29, 99), (10**3, 10**6)
_PROPORTIONS = (Fraction(11, 10), Fraction(2), Fraction(10))
#: Random combinations have one of these; most of them begin at the floor.
_RANDOM_PROPORTIONS = (*(Fraction(0),) * 4, *map(Fraction, (1, 2, 5)))
#: Random numbers reach to 2^this: n, and the other integers.
_BITS_OF_N, _BITS = 60, 30
#: How far real numbers are above their least value.
_STEPS = tuple(Fraction(2) ** power for power in (0, 1, -1, 2, -2, 5, -5, 10, -10, 20, -20))

#: How an integer is chosen: so far above its least value, and at least so many times the integer before.
_Rule = tuple[int, Fraction]
Point = dict[sp.Symbol, fmpq]


@lru_cache(maxsize=64)
def points(domain: Domain) -> tuple[Point, ...]:
    """Corners, small boxes, far and proportional points, and random ones, n included; equal numbers are one object."""
    return tuple(_points(domain, random.Random(0)))


def _points(domain: Domain, chance: random.Random) -> Iterator[Point]:
    least, numbers = domain.least_n, dict[Fraction, fmpq]()
    far = [domain.iteration(each - least) for each in _FAR]
    if not domain.variables:
        iterations = (*range(least, least + _ALL_UP_TO), *far, *(_up_to(_BITS_OF_N, chance) for _ in range(_RANDOM_N)))
        for iteration in dict.fromkeys(domain.iteration(each - least) for each in iterations):
            yield {n: fmpq(iteration)}
        return
    near = [domain.iteration(each) for each in _NEAR]
    for rules in _grid(domain, chance):
        yield from _with_iterations(_values(domain, rules, chance), [*near, *far], numbers)
    random_n = [domain.iteration(_up_to(_BITS_OF_N, chance)) for _ in range(_SHARED_N)]
    for _ in range(_RANDOM):
        rules = tuple((_up_to(_BITS, chance), chance.choice(_RANDOM_PROPORTIONS)) for _ in domain.variables)
        iterations = [least, *chance.sample(random_n, _FEW - 1)]
        yield from _with_iterations(_values(domain, rules, chance), iterations, numbers)


def _grid(domain: Domain, chance: random.Random) -> list[tuple[_Rule, ...]]:
    """All combinations of simple rules, or many of them."""
    combinations = list(product(*(_rules(variable, domain) for variable in domain.variables)))
    if len(combinations) <= _COMBINATIONS:
        return combinations
    return [combinations[0], *chance.sample(combinations[1:], _COMBINATIONS - 1)]


def _rules(variable: Variable, domain: Domain) -> list[_Rule]:
    if not variable.symbol.is_integer:
        return [(0, Fraction(0))]
    rules = [(ahead, Fraction(0)) for ahead in _AHEAD]
    if domain.begins_at_a_number(variable.symbol):
        return rules + [(ahead, Fraction(0)) for ahead in _FAR_AHEAD]
    return rules + [(0, proportion) for proportion in _PROPORTIONS]


def _values(domain: Domain, rules: tuple[_Rule, ...], chance: random.Random) -> dict[sp.Symbol, Fraction]:
    """The values of all variables but n; real ones are random."""
    values: dict[sp.Symbol, Fraction] = {}
    before = Fraction(0)
    for variable, (ahead, times) in zip(domain.variables, rules, strict=True):
        if variable.symbol.is_integer:
            least = domain.least(variable.symbol, values)
            farther = max(least, Fraction(math.ceil(times * before))) + ahead - least
            before = values[variable.symbol] = domain.ahead(variable.symbol, int(farther), values)
        else:
            has_end = variable.floors or variable.ceiling is not None
            steps = (*_STEPS, Fraction(0)) if has_end else _STEPS
            values[variable.symbol] = domain.beyond(variable.symbol, chance.choice(steps), values)
    return values


def _with_iterations(
    values: dict[sp.Symbol, Fraction], iterations: list[int], numbers: dict[Fraction, fmpq]
) -> Iterator[Point]:
    def exact(value: Fraction) -> fmpq:
        return numbers.setdefault(value, fmpq(value.numerator, value.denominator))

    others = {symbol: exact(value) for symbol, value in values.items()}
    for iteration in dict.fromkeys(iterations):
        yield {n: exact(Fraction(iteration)), **others}


def _up_to(bits: int, chance: random.Random) -> int:
    """A random whole number, whose length is random too."""
    return chance.getrandbits(chance.randint(1, bits))
