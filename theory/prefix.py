"""Training sets as differences of sums over the first pools: a run of a thousand pools is two terms.

With y_k = delta_{k-1} + noise_k what pool k says, and size_k its rows, P_m = sum over the chain's pools k <= m of
size_k y_k, and F_m the same over later real data. The rows of pools a to b, each with the weight w, say
w (P_b - P_{a-1}). Pools that no training set uses are left out of the sums.
"""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from .covariance import Name
from .pools import Composition, Pool, intervals
from .workflow import TrainingSet, Workflow


@dataclass(frozen=True)
class PrefixSum:
    """A sum over the first pools, one pool longer than the sum before.

    Attributes:
        name: the last pool.
        before: the sum without it; `None` where it is the first.
        rows: of the last pool, in multiples of T.
        is_sampled: whether the last pool is sampled from the model of the iteration before.
    """

    name: Name
    before: Name | None
    rows: Fraction
    is_sampled: bool


@dataclass(frozen=True)
class LinearForm:
    """A model's error as a sum over prefix sums.

    Attributes:
        new: the sums that exist from this iteration on, each after those that it goes on from.
        terms: coefficients.
        thinning: the variance that a draw adds.
        last_needed: sums that no later iteration needs.
        rows: of all its pools, in multiples of T.
        drawn: of these, in multiples of T; `None` where the pools are used whole.
        by_count: whether every row counts alike.
    """

    new: tuple[PrefixSum, ...]
    terms: dict[Name, Fraction]
    thinning: Fraction
    last_needed: tuple[Name, ...]
    rows: Fraction
    drawn: Fraction | None
    by_count: bool


def linear_forms(workflow: Workflow, iterations: int) -> list[LinearForm]:
    """The errors of models 1 to `iterations`; each method of the workflow is asked once an iteration or pool.

    Raises:
        ValueError: a training set is not valid.
    """
    said = [workflow.said(iteration) for iteration in range(1, iterations + 1)]
    sums = _Sums(workflow, _used(said))
    terms: list[dict[Name, Fraction]] = []
    thinning: list[Fraction] = []
    compositions: list[Composition] = []
    for iteration, training_set in enumerate(said, 1):
        composition = workflow.composition(iteration, sums.rows, training_set)
        form: dict[Name, Fraction] = defaultdict(Fraction)
        for run in composition.runs:
            weight = run.share / run.rows
            for index, sign in ((run.last, 1), (run.first - 1, -1)):
                name = sums.name(index, run.fresh_real)
                if name is not None:
                    form[name] += sign * weight
        terms.append({name: weight for name, weight in form.items() if weight})
        compositions.append(composition)
        drawn = composition.drawn
        thinning.append(Fraction(0) if drawn is None else 1 / drawn - 1 / composition.rows)
    dropped = _dropped(terms, sums.made)
    made: dict[int, list[PrefixSum]] = defaultdict(list)
    for total in sums.made:
        made[total.name[0]].append(total)
    return [
        LinearForm(
            tuple(made[iteration]),
            form,
            extra,
            tuple(dropped[iteration]),
            composition.rows,
            composition.drawn,
            training_set.shares is None,
        )
        for iteration, (form, extra, composition, training_set) in enumerate(
            zip(terms, thinning, compositions, said, strict=True), 1
        )
    ]


class _Sums:
    """The prefix sums over the pools that are used, by name, with their rows."""

    def __init__(self, workflow: Workflow, used: dict[bool, list[int]]) -> None:
        self.made: list[PrefixSum] = []
        self._names: dict[bool, list[Name | None]] = {}
        self._rows: dict[bool, list[Fraction]] = {}
        for fresh_real, pools in used.items():
            sizes = [Fraction(0)] * (max(pools, default=0) + 1)
            names: list[Name | None] = [None] * len(sizes)
            for index in pools:
                sizes[index] = workflow.size(Pool(index, fresh_real))
                names[index] = (index, fresh_real)
            before: Name | None = None
            for index in range(len(sizes)):
                name = names[index]
                if name is None:
                    names[index] = before
                    continue
                self.made.append(PrefixSum(name, before, sizes[index], index > 1 and not fresh_real))
                before = name
            self._names[fresh_real] = names
            self._rows[fresh_real] = list(accumulate(sizes))

    def name(self, index: int, fresh_real: bool) -> Name | None:
        """Of the sum over the pools up to `index`; `None` where there are none."""
        return self._names[fresh_real][index]

    def rows(self, first: int, last: int, fresh_real: bool) -> Fraction:
        """Rows of the pools `first` to `last`, in multiples of T."""
        return self._rows[fresh_real][last] - self._rows[fresh_real][first - 1]


def _used(said: list[TrainingSet]) -> dict[bool, list[int]]:
    """The pools that a training set names, those that do not exist by then left out, in order."""
    starts: dict[bool, list[int]] = {fresh: [0] * (len(said) + 2) for fresh in (False, True)}
    for iteration, training_set in enumerate(said, 1):
        for first, last, fresh in (piece for run in intervals(training_set.parts) for piece in run):
            first, last = max(first, 1), min(last, iteration)
            if first <= last:
                starts[fresh][first] += 1
                starts[fresh][last + 1] -= 1
    return {fresh: [j for j, users in enumerate(accumulate(at)) if users > 0] for fresh, at in starts.items()}


def _dropped(terms: list[dict[Name, Fraction]], made: list[PrefixSum]) -> dict[int, list[Name]]:
    """The sums by the iteration after which they are not needed: by no term, and by no longer sum."""
    last = {total.name: total.name[0] for total in made}
    for total in made:
        if total.before is not None:
            last[total.before] = max(last[total.before], total.name[0])
    for iteration, form in enumerate(terms, 1):
        last |= {name: max(last[name], iteration) for name in form}
    result: dict[int, list[Name]] = defaultdict(list)
    for name, iteration in last.items():
        result[iteration].append(name)
    return result
