"""What decides whether a law holds at finite T: draws, pools of whole multiples of T rows, small training sets.

Each is shown for every iteration by going through all that the workflow's methods can return (`index.every_path`), or
disproved by an iteration. Where neither is possible, the first iterations are looked at, and the finding says so.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from .index import Path, every_path, expression, turning_points
from .pools import Pool
from .sympy_types import as_expression, at, rational
from .workflow import TrainingSet, Workflow

#: How many iterations are looked at where nothing else says what the workflow does.
LOOKED_AT = 64

#: Iterations that a comparison in the workflow's code points at are looked at too, as far as this.
_FURTHEST = 100_000

#: Stands for 1, 2, 3, …: the iterations, or the pools, after a first one.
BEYOND = sp.Dummy("beyond", integer=True, positive=True)
_pool = sp.Dummy("pool", integer=True, positive=True)


@dataclass(frozen=True)
class Finding:
    """An answer.

    Attributes:
        holds: the answer.
        looked: iterations that it is known for; `None` for all.
    """

    holds: bool
    looked: int | None = None


def draws(workflow: Workflow) -> Finding:
    """Whether any training set is a subsample."""
    paths = training_sets(workflow)
    never = paths is not None and all(path.result.drawn is None for path in paths)
    if never or workflow.is_symbolic:
        return Finding(not never)
    return _searched(paths, lambda iteration: workflow.said(iteration).drawn is not None)


def in_whole_multiples(workflow: Workflow) -> Finding:
    """Whether every pool is a whole multiple of T rows; of a family, whether that was shown."""
    found = [pool_sizes(workflow, fresh_real) for fresh_real in (False, True)]
    always = all(paths is not None and all(_is_whole(path.result) for path in paths) for paths in found)
    if workflow.is_symbolic:
        return Finding(always)
    asked = [path for paths in found for path in paths or []]
    part = _searched(
        asked, lambda index: any(workflow.size(Pool(index, fresh)).denominator != 1 for fresh in (False, True))
    )
    return Finding(not part.holds, None if always or part.holds else part.looked)


def fewest_rows(workflow: Workflow) -> Fraction:
    """Rows that every training set is shown to have, in multiples of T; at most 1, the rows of the first.

    Where the workflow's code cannot be followed, the first iterations are looked at. 0 where nothing was shown.
    """
    sizes, real_sizes, sets = pool_sizes(workflow), pool_sizes(workflow, fresh_real=True), training_sets(workflow)
    least = Fraction(1)
    if not workflow.is_symbolic:
        least = min(least, *fitted_rows(workflow))
    bound = rational(least)
    if sizes is None or real_sizes is None:
        return least if not workflow.is_symbolic else Fraction(0)
    every_pool = all((path.result - bound).is_nonnegative for path in (*sizes, *real_sizes))
    if sets is None:
        shown = every_pool and not workflow.is_symbolic
    else:
        known = {
            fresh: paths[0].result.subs(BEYOND, _pool - 1)
            for fresh, paths in ((False, sizes), (True, real_sizes))
            if len(paths) == 1
        }
        shown = all(_has(path.result, bound, known, every_pool=every_pool) for path in sets)
    return least if shown else Fraction(0)


def pool_sizes(workflow: Workflow, fresh_real: bool = False, after: int = 1) -> list[Path] | None:
    """All that the size of a sampled pool numbered after + BEYOND, or of later real data, can be."""
    methods = workflow.exactly()
    size = methods.real_size if fresh_real else methods.pool_size
    return every_path(lambda pool: expression(size(pool)), after + BEYOND)


def training_sets(workflow: Workflow, after: int = 1) -> list[Path] | None:
    """All that the training set of the iteration after + BEYOND can be."""
    methods = workflow.exactly()

    def checked(iteration: Any) -> TrainingSet:
        said = methods.training_set(iteration)
        if not isinstance(said, TrainingSet):
            raise TypeError("no training set")
        return said

    return every_path(checked, after + BEYOND)


def _has(said: TrainingSet, bound: sp.Rational, sizes: Mapping[bool, sp.Expr], *, every_pool: bool) -> bool:
    """Whether the training set is shown to have at least `bound` times T rows.

    Args:
        said: the training set.
        bound: to be shown.
        sizes: of sampled pools (False) and of later real data (True), as far as each has one formula.
        every_pool: whether every pool has as many rows.
    """
    if said.drawn is not None:
        return bool((expression(said.drawn) - bound).is_nonnegative)
    if every_pool:
        return True
    total, shares = sp.S.Zero, said.shares or (None,) * len(said.parts)
    for part, share in zip(said.parts, shares, strict=True):
        first, last = expression(part.first), expression(part.last)
        if not (last - first).is_nonnegative or not (share is None or expression(share).is_positive):
            continue
        if first == 1:
            return True
        if part.fresh_real in sizes:
            total += as_expression(sp.summation(sizes[part.fresh_real], (_pool, first, last)))
    return bool(sp.factor(total - bound).is_nonnegative)


def fitted_rows(workflow: Workflow) -> list[Fraction]:
    """Of the first training sets: those drawn, or those of all pools that have a share."""
    found: list[Fraction] = []
    for iteration in range(1, LOOKED_AT + 1):
        try:
            composition = workflow.composition(iteration)
        except (LookupError, ValueError):  # it ends, as in `_searched`
            break
        found.append(composition.fitted)
    return found


def _searched(paths: list[Path] | None, holds: Callable[[int], bool]) -> Finding:
    """Whether it holds for one of the numbers that are looked at.

    A workflow may end: be a table, or name no valid training set from some iteration on. Who asks for that iteration is
    told why; here the look ends.
    """
    for number in _looked_at(paths):
        try:
            found = holds(number)
        except (LookupError, ValueError):
            return Finding(False, min(number - 1, LOOKED_AT))
        if found:
            return Finding(True)
    return Finding(False, LOOKED_AT)


def _looked_at(paths: list[Path] | None) -> Iterable[int]:
    """Iterations (or pools) 2 to `LOOKED_AT`, and those around which a comparison changes its answer."""
    yield from range(2, LOOKED_AT + 1)
    around: set[int] = set()
    for point in turning_points(paths or [], BEYOND):
        around |= {point, point + 1, point + 2, point + 3}
    yield from sorted(number for number in around if LOOKED_AT < number <= _FURTHEST)


def _is_whole(size: sp.Expr) -> bool:
    """Whether an expression in the iteration is an integer at each: by SymPy's rules, or as a polynomial.

    A polynomial of degree q is integer-valued where q + 1 neighbouring values are integers (Pólya 1915).
    """
    if size.is_integer:
        return True
    polynomial = size.as_poly(BEYOND) if size.free_symbols == {BEYOND} else None
    if polynomial is None:
        return False
    return all(at(size, BEYOND, value).is_integer for value in range(1, int(polynomial.degree()) + 2))
