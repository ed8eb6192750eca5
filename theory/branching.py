"""How the gain of a workflow grows that branches on the iteration: proved from what all its training sets share.

A row of data goes back to real data by a walk: from model n to a pool, drawn by its share, to the model that labelled
it, and on. With R_nk the chance that the walk visits pool k, and Q_nm that it visits model m, the gain is

    c_n = sum_k R_nk^2/size_k + sum_m Q_nm^2 thinning_m,    and    L_n = sum_k R_nk = sum_m Q_nm

is the mean number of pools on the way. A chance is at most 1, and by the inequality of Cauchy and Schwarz

    L_n^2/(rows of all pools) <= c_n <= L_n (1/(smallest size) + 1/(fewest rows drawn)).

Where every training set has a share w of real data at least, L_n <= 1/w: the gain is bounded. Where all pools are
sampled, and their lags at most L, L_n >= (n - start)/L: it grows as n does.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

import sympy as sp

from . import finite_size
from .asymptotics import Growth
from .finite_size import BEYOND
from .gain import gain
from .index import Path, expression
from .pools import Pool
from .recurrence import at_one, most_terms, shortest_recurrence
from .seasons import Seasons
from .symbolic_workflow import SymbolicWorkflow
from .sympy_types import rational
from .workflow import TrainingSet, Workflow

#: Recurrences that need more gains than these are not looked for.
_MOST_GAINS = 800


class Known(NamedTuple):
    """A growth with the rule that proved it, and why the rule applies."""

    growth: Growth
    rule: str
    because: str


def growth_of_branches(workflow: SymbolicWorkflow) -> Known | None:
    """How the gain grows, with its constant where that is proved."""
    found = workflow.seasons
    known = None if found is None else _seasonal(workflow.workflow, found)
    return known or _compared(workflow)


def _seasonal(workflow: Workflow, seasons: Seasons) -> Known | None:
    """Training sets that repeat with a period."""
    rule, because = (
        "periodic recursion",
        f"the shares repeat with the period {seasons.period} from n = {seasons.first} on",
    )
    if all(season.keeps_all for season in seasons.cycle):
        return Known(Growth("bounded", _plateau(workflow, seasons)), rule, because)
    if seasons.keeps_all:
        return Known(Growth("bounded", None), rule, because) if _starts_over(seasons) else None
    real = [season.has_real for season in seasons.cycle]
    if _reaches_real(seasons):
        kind, power = "bounded", 1
    elif not any(real):
        kind, power = "linear", 2
    else:
        return None
    constants = _constants(workflow, seasons, power)
    if len(set(constants)) == 1:
        return Known(Growth(kind, rational(constants[0])), rule, because)
    word = "limits" if kind == "bounded" else "slopes"
    listed = f"; the {word} of every {seasons.period} iterations: {', '.join(map(str, constants))}" if constants else ""
    return Known(Growth(kind, None), rule, because + listed)


def _plateau(workflow: Workflow, seasons: Seasons) -> sp.Expr:
    """The limit where every training set is of all pools: each adds size/N^2, with N rows so far.

    A period adds the rows M, so that the sum over every period-th of them is size/M^2 times psi'(N/M).
    """
    first, period = seasons.first, seasons.period
    sizes = [workflow.size(Pool(index)) for index in range(1, first + period + 1)]
    added = sum(sizes[first:], Fraction(0))
    limit: sp.Expr = rational(gain(workflow, first)[-1])
    for last in range(first + 1, first + period + 1):
        rows = sum(sizes[:last], Fraction(0))
        limit += rational(sizes[last - 1] / added**2) * sp.polygamma(1, rational(rows / added))
    return limit


def _starts_over(seasons: Seasons) -> bool:
    """Whether between two training sets of all pools nothing reaches back beyond the first of them, and none is real.

    Then the models in between are that model with noises of their own. The mean of all pools at the second is so that
    model with the noises of one period, weighted by their rows over all rows so far, N: the sum of 1/N^2 is finite.
    """
    since = next(j for j, season in enumerate(seasons.cycle) if season.keeps_all)
    turned = seasons.cycle[since:] + seasons.cycle[:since]
    steps = 0
    for season in turned:
        steps = 0 if season.keeps_all else steps + 1
        if season.has_real or max(season.lags, default=0) > steps:
            return False
    return True


def _reaches_real(seasons: Seasons) -> bool:
    """Whether from every model some walk meets real data, in so few steps that the chance to do so is the same for all.

    Where it does not within as many periods as there are models in reach, it never does.
    """
    reached = [False] * seasons.longest
    for _ in range(seasons.longest + 1):
        for season in seasons.cycle:
            reached.append(season.has_real or any(reached[-lag] for lag in season.lags))
    return all(reached[-max(seasons.longest, seasons.period) :])


def _constants(workflow: Workflow, seasons: Seasons, power: int) -> list[Fraction]:
    """The limits (power 1) or slopes (power 2), one for each rest, from that of `first` on; none where not known.

    The gains of one rest obey a recurrence. Where all walks reach real data they have a limit. Without real data the
    chances are those of a Markov chain, and the gains keep to a line but for what is bounded.
    """
    period, terms = seasons.period, most_terms(seasons.longest, seasons.oldest)
    most = seasons.first - 1 + 2 * terms * period
    if most > _MOST_GAINS:
        return []
    values = gain(workflow, most)[seasons.first - 1 :]
    found = [at_one(tail, shortest_recurrence(tail), power) for tail in (values[j::period] for j in range(period))]
    known = [constant / period ** (power - 1) for constant in found if constant is not None]
    return known if len(known) == period else []


def _compared(workflow: SymbolicWorkflow) -> Known | None:
    """Training sets that all have real data, or none and lags that stay, on every way through the workflow's code."""
    after = workflow.latest_start
    if after is None:
        return None
    methods = workflow.workflow
    sizes = [finite_size.pool_sizes(methods, fresh_real, after) for fresh_real in (False, True)]
    sets = finite_size.training_sets(methods, after)
    if sets is None or not all(paths is not None and _are_numbers(paths) for paths in sizes):
        return None
    said = [path.result for path in sets]
    if not all(training_set.drawn is None or expression(training_set.drawn).is_Rational for training_set in said):
        return None
    if all(_has_real(training_set) for training_set in said):
        because = "every training set has real data, with a share that does not fade"
        return Known(Growth("bounded", None), "comparison", because)
    if all(_is_near(training_set, after) for training_set in said):
        because = "no real data enter, and no pool is older than some number of iterations"
        return Known(Growth("linear", None), "comparison", because)
    return None


def _are_numbers(paths: Iterable[Path]) -> bool:
    return all(path.result.is_Rational and path.result > 0 for path in paths)


def _parts(training_set: TrainingSet) -> list[tuple[sp.Expr, sp.Expr, bool]]:
    """(first pool, pools, whether they are real)."""
    ends = [(expression(part.first), expression(part.last), part.fresh_real) for part in training_set.parts]
    return [(first, sp.expand(last - first + 1), fresh or (first, last) == (1, 1)) for first, last, fresh in ends]


def _has_real(training_set: TrainingSet) -> bool:
    """Whether real data have a share that is the same for all n, or all pools are so many for all n."""
    parts = _parts(training_set)
    if training_set.shares is None:
        return all(count.is_Integer for _, count, _ in parts) and any(real and count > 0 for _, count, real in parts)
    shares = zip(parts, map(expression, training_set.shares), strict=True)
    return any(real and count.is_positive and share.is_Rational and share > 0 for (_, count, real), share in shares)


def _is_near(training_set: TrainingSet, after: int) -> bool:
    """Whether all pools are sampled, from pool 2 on, and keep their distance to the iteration."""
    ages = [(sp.expand(after + BEYOND - first), real) for first, _, real in _parts(training_set)]
    return all(not real and age.is_Integer and age < after for age, real in ages)
