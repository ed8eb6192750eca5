"""A derivation replayed: each state is tried against the chain that was run, or against the state before.

An equation must hold for exact random designs and noises at every iteration from its start on. A value is compared with
the one before it at the level that its rule claims: without any expectation; given the designs, over noises alone; or
over the designs too. Over noises, over rotations of designs, and over ways to deal rows to pools, averages are exact;
otherwise they are found by quadrature at d = 1 and d = 2. Every iteration needs an average of its own. What is said for
T -> oo is tried on orthogonal designs, where Gram matrices are what they tend to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ...workflow import Pool
from ..terms import Equation, Expression, State, Value
from . import instances
from .averages import Deals, SquaredGiven
from .coefficients import at_iteration
from .instances import ITERATIONS, Instance, instance
from .quadrature import MOST_FEW, Grid, world_over
from .thinning import objection_to_thinning
from .values import InWorld, Older, evaluated, mean, trace
from .worlds import World, swapped

#: What rules claim of the value that they make; rules that are not named must keep it given the designs.
_TURNED, _TURNED_TOGETHER = {"rotation"}, {"isotropy"}
_DEALT = {"exchangeability"}
_AVERAGED = {"beta mean", "inverse wishart mean", "one fit each", "least norm fits"}
#: Averaged over the pools that an error of model n - 1 has met, or over these and the newest sampled one, whatever the
#: others are.
_MET, _MET_AND_NEWEST = {"older error"}, {"wishart ratio"}

#: Numbers written otherwise: the same without any expectation.
_WRITTEN_ANEW = {"signal and noise"}
_RECURSIONS = {"first order recursion", "varying recursion"}

#: Formulas are tried up to this iteration.
_FORMULAS = 12

#: Floats are equal up to this, for roots of matrices and quadrature at d = 1 and d = 2.
_ROUNDING, _QUADRATURE = 1e-9, {1: 1e-5, 2: 2e-4}
#: And for one row or two of more features.
_FEW = 2e-4

#: What stands for E_0, E_1, … where a step says nothing of them.
_SQUARED = (Fraction(0), Fraction(5, 4), Fraction(3, 4), Fraction(3, 2))


@dataclass(frozen=True)
class _Sizes:
    """(d, T) that statements are tried at.

    Attributes:
        given: where designs are given; of least norm so that two pools have rows enough, one has not.
        formulas: of formulas, which have values up to `_FORMULAS`; of least norm too, on either side of d rows.
        averages: of expectations over designs.
    """

    given: tuple[int, int]
    formulas: tuple[int, int]
    averages: tuple[tuple[int, int], ...]


def _sizes(setting: Any) -> _Sizes:
    return _Sizes((3, 2), (6, 4), ((6, 1),)) if setting.least_norm else _Sizes((2, 4), (2, 4), ((1, 6), (2, 10)))


def objections(setting: Any, steps: Sequence[Any]) -> list[str]:
    """What the numbers say against the steps that have states; nothing where all is well.

    Args:
        setting: that the states are about.
        steps: with a `rule` and a `state` each.
    """
    stated = [(step.rule, step.state) for step in steps if step.state is not None]
    return list(_objections(setting, stated))


def first_objection(setting: Any, steps: Sequence[Any]) -> str | None:
    """The first of them, without going on."""
    stated = [(step.rule, step.state) for step in steps if step.state is not None]
    return next(_objections(setting, stated), None)


def _objections(setting: Any, stated: list[tuple[str, State]]) -> Iterator[str]:
    case = instance(setting, *_sizes(setting).given)
    generator = np.random.default_rng(0)
    before: State | None = None
    for rule, state in stated:
        try:
            found = _about(setting, case, generator, before, rule, state)
        except (ArithmeticError, AssertionError, LookupError, ValueError) as error:
            found = f"it has no value: {error!r}"
        if found is not None:
            yield f"{rule}: {found}"
        before = state
    if isinstance(before, Value) and not before.limit and not any(m.expectations for m in before.expression.monomials):
        found = _about_the_law(setting, before)
        if found is not None:
            yield f"the law: {found}"


def _about(
    setting: Any, case: Instance, generator: np.random.Generator, before: State | None, rule: str, state: State
) -> str | None:
    """What is wrong with one state."""
    designs = instances.orthogonal_designs if state.limit else lambda c: instances.random_designs(c, generator)
    if isinstance(state, Equation):
        if rule == "thinning" and (found := objection_to_thinning()) is not None:
            return found
        return _about_an_equation(instances.one_noise(case, designs(case), generator), state)
    if isinstance(before, Equation):
        return _about_a_square(instances.one_noise(case, designs(case), generator), state)
    if before is None:
        return "there is nothing that it follows from"
    if (state.start, state.limit) != (before.start, before.limit) and rule not in (*_RECURSIONS, "one fit"):
        return "it starts at another iteration than the one before, or claims another limit"
    if rule not in _RECURSIONS and (before.base is None) != (state.base is None):
        return "the value at n = 1 came or went"
    if rule in _RECURSIONS:
        formulas = instance(setting, *_sizes(setting).formulas)
        return _about_a_recursion(instances.one_noise(formulas, designs(formulas), generator), before, state)
    if rule == "one fit":
        return _about_a_ratio(setting, before, state)
    if not setting.each and _is_a_number(before) and _is_a_number(state):
        return _about_a_formula(instance(setting, *_sizes(setting).formulas), before, state)
    if rule in _WRITTEN_ANEW:
        formulas = instance(setting, *_sizes(setting).formulas)
        return _differ(instances.one_noise(formulas, designs(formulas), generator), before, state)
    if rule in _TURNED or rule in _TURNED_TOGETHER:
        return _about_a_rotation(case, designs(case), before, state, together=rule in _TURNED_TOGETHER)
    if rule in _DEALT:
        return _about_deals(case, designs(case), before, state)
    if rule in _AVERAGED:
        return _about_averages(setting, before, state)
    if rule in _MET or rule in _MET_AND_NEWEST:
        return _about_partial_averages(setting, before, state, newest=rule in _MET_AND_NEWEST)
    return _differ(instances.all_noises(case, designs(case)), before, state)


def _about_an_equation(world: World, state: Equation) -> str | None:
    for n in range(state.start, ITERATIONS + 1):
        if not _same(evaluated(world, state.left, n), evaluated(world, state.right, n)):
            return f"the sides differ at n = {n}"
    if state.base is not None and not _same(*(evaluated(world, side, 1) for side in state.base)):
        return "the sides differ at n = 1"
    if state.start > 1 and state.base is None:
        return "nothing is said of n = 1"
    return None


def _about_a_square(world: World, state: Value) -> str | None:
    """Without any expectation: with the noises that there are."""
    claims = [(n, state.expression) for n in range(state.start, ITERATIONS + 1)]
    claims += [] if state.base is None else [(1, state.base)]
    for n, expression in claims:
        error = world.models[n] - world.data.truth
        if not _same(evaluated(world, expression, n), mean(world, trace(error @ swapped(error)))):
            return f"it is not the squared error at n = {n}"
    return None


def _sides(before: Value, state: Value) -> list[tuple[int, Expression, Expression]]:
    """(n, before, after) for every n that is tried."""
    found = [(n, before.expression, state.expression) for n in range(state.start, ITERATIONS + 1)]
    if before.base is not None and state.base is not None:
        found.append((1, before.base, state.base))
    return found


def _differ(world: World, before: Value, state: Value) -> str | None:
    for n, old, new in _sides(before, state):
        if not _same(evaluated(world, old, n), evaluated(world, new, n)):
            return f"the value changes at n = {n}"
    return None


def _about_a_rotation(case: Instance, designs: Any, before: Value, state: Value, *, together: bool) -> str | None:
    """With the newest designs turned in every way, or all of them together."""
    for n, old, new in _sides(before, state):
        newest = [pool for pool in case.pools() if together or (pool.index == n and pool in case.workflow.shares(n))]
        world = instances.all_noises(case, instances.turned(designs, newest, case.numbers.d))
        if not _same(evaluated(world, old, n), evaluated(world, new, n)):
            return f"the mean over rotations changes at n = {n}"
    return None


def _about_deals(case: Instance, designs: Any, before: Value, state: Value) -> str | None:
    """With the rows of each training set dealt to its pools in every turn of their order."""
    world = instances.without_noise(case, designs, None)
    deals = Deals(case, designs, _SQUARED)
    for n, old, new in _sides(before, state):
        if not _same(*(evaluated(world, side, n, deals) for side in (old, new))):
            return f"the mean over deals of the rows changes at n = {n}"
    return None


def _about_partial_averages(setting: Any, before: Value, state: Value, *, newest: bool) -> str | None:
    """The mean over some pools and all noises, the other pools being as they are."""
    tried: set[tuple[int, int]] = set()
    for d, T in ((1, 6), (2, 10)):
        case = instance(setting, d, T)
        for n, old, new in _sides(before, state):
            met = {p for m in range(1, n) for p in case.workflow.shares(m)} | ({Pool(n)} if newest or n == 1 else set())
            world = world_over(case, frozenset(met), noisy=not newest)
            if world is None:
                continue
            tried.add((d, n))
            averages = SquaredGiven(world, _SQUARED) if newest else InWorld(world)
            was, now = (evaluated(world, x, n, averages) for x in (old, new))
            if not _close(was, now, _QUADRATURE[d]):
                return f"the mean changes at n = {n}, d = {d}: from {float(was):.6g} to {float(now):.6g}"
    return None if {(1, state.start), (2, state.start), (1, state.start + 1)} <= tried else "it could not be tried"


def _about_averages(setting: Any, before: Value, state: Value) -> str | None:
    tried: set[int] = set()
    sizes = _sizes(setting).averages
    for d, T in sizes:
        case = instance(setting, d, T)
        grid = Grid(case, _SQUARED)
        world = instances.one_noise(
            case, instances.random_designs(case, np.random.default_rng(1)), np.random.default_rng(1)
        )
        for n, old, new in _sides(before, state):
            if not all(grid.covers(world, x, n) for x in (old, new)):
                continue
            was, now = (evaluated(world, x, n, grid) for x in (old, new))
            if d == sizes[-1][0]:
                tried.add(n)
            if not _close(was, now, _QUADRATURE.get(d, _FEW)):
                return f"the mean changes at n = {n}, d = {d}: from {float(was):.6g} to {float(now):.6g}"
    return None if state.start in tried else f"n = {state.start} could not be tried at d = {sizes[-1][0]}"


def _is_a_number(state: Value) -> bool:
    """Whether no matrix is left."""
    return state.base is None and not any(m.expectations or m.word for m in state.expression.monomials)


def _about_a_formula(case: Instance, before: Value, state: Value) -> str | None:
    """Two formulas, at more iterations than a chain can be run for."""
    for n in range(1, _FORMULAS + 1):
        old, new = (_at(case, x.expression, n) for x in (before, state))
        if not _same(old, new):
            return f"the formulas differ at n = {n}"
    return None


def _at(case: Instance, expression: Expression, n: int) -> Any:
    return sum((case.numbers.of(m.coefficient, at_iteration(n)) for m in expression.monomials), Fraction(0))


def _about_a_recursion(world: World, before: Value, state: Value) -> str | None:
    """The values of the recursion, one after another, and those of its solution."""
    if state.start != 1 or (before.base is None and before.start != 1):
        return "the recursion has no start"
    # from n = 1 on, where the error of model 0 is 0, or from E_1
    first = before.expression if before.base is None else before.base
    value = evaluated(world, first, 1, Older(0))
    for n in range(1, 7):
        if n > 1:
            value = evaluated(world, before.expression, n, Older(value))
        if not _same(value, evaluated(world, state.expression, n)):
            return f"the solution is not the value at n = {n}"
    return None


def _about_a_ratio(setting: Any, before: Value, state: Value) -> str | None:
    """Two formulas with the ratio 1 in the limit T -> oo."""
    case = instance(setting, d=2, T=4 * 10**9)
    for n in range(1, ITERATIONS + 1):
        old, new = (_at(case, x.expression, n) for x in (before, state))
        if not _close(old, new, 1e-6):
            return f"the ratio is not 1 in the limit at n = {n}"
    return None


def _about_the_law(setting: Any, state: Value) -> str | None:
    """The last value against the mean squared error of the chain itself."""
    tried: set[tuple[int, int]] = set()
    sizes = _sizes(setting).averages
    for d, T in sizes:
        case = instance(setting, d, T)
        for n in range(1, ITERATIONS + 1):
            pools = frozenset(p for m in range(1, n + 1) for p in case.workflow.shares(m))
            world = world_over(case, pools, noisy=True)
            if world is None:
                continue
            error = world.models[n] - world.data.truth
            actual, law = mean(world, trace(error @ swapped(error))), evaluated(world, state.expression, n)
            tried.add((d, n))
            if not _close(actual, law, 10 * _QUADRATURE.get(d, _FEW)):
                return f"it is {float(law):.6g} at n = {n}, d = {d}, where the chain has {float(actual):.6g}"
    wanted = {(d, 1) for d, _ in sizes}
    case = instance(setting, *sizes[0])
    if not setting.least_norm or case.rows(Pool(1)) + case.rows(Pool(2)) <= MOST_FEW:
        wanted.add((sizes[0][0], 2))
    return None if wanted <= tried else "it could not be tried"


def _same(left: Any, right: Any) -> bool:
    """Equal; up to rounding where there are floats."""
    left, right = np.broadcast_arrays(np.asarray(left), np.asarray(right))
    if left.dtype == object and right.dtype == object and all(isinstance(x, (int, Fraction)) for x in left.flat):
        return bool((left == right).all())
    return _close(left.astype(np.float64), right.astype(np.float64), _ROUNDING)


def _close(left: Any, right: Any, tolerance: float) -> bool:
    left, right = np.asarray(left, np.float64), np.asarray(right, np.float64)
    return bool((np.abs(left - right) <= tolerance * (np.abs(left) + np.abs(right))).all())
