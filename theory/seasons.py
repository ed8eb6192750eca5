"""Training sets that repeat: with a period, the pools are the same ones as seen from the iteration."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from .lags import SymbolicTrainingSet
from .pools import Pool
from .symbols import n
from .workflow import Workflow


@dataclass(frozen=True)
class Season:
    """The training sets of the iterations that leave the same rest.

    Attributes:
        lags: the shares of the sampled pools, by how many iterations ago the model was fitted.
        ages: the shares of later real data, by how many iterations ago they were collected.
        anchor: the share of real(1).
        keeps_all: whether it is pools 1 to n, whole, with all rows alike; the others are empty then.
    """

    lags: dict[int, Fraction]
    ages: dict[int, Fraction]
    anchor: Fraction
    keeps_all: bool

    @property
    def has_real(self) -> bool:
        """Whether real data have a share that does not fade."""
        return self.anchor > 0 or any(self.ages.values())


@dataclass(frozen=True)
class Seasons:
    """For every n >= first the training set of n is that of n + period, and so are the sizes of the pools.

    Attributes:
        first: an iteration.
        cycle: one for each of first, first + 1, …, first + period - 1.
    """

    first: int
    cycle: tuple[Season, ...]

    @property
    def period(self) -> int:
        """After how many iterations they are the same again."""
        return len(self.cycle)

    @property
    def longest(self) -> int:
        """How many iterations the model of a sampled pool is ago at most."""
        return max((lag for season in self.cycle for lag in season.lags), default=0)

    @property
    def oldest(self) -> int:
        """Likewise later real data."""
        return max((age for season in self.cycle for age in season.ages), default=0)

    @property
    def keeps_all(self) -> bool:
        """Whether some training sets are of all pools."""
        return any(season.keeps_all for season in self.cycle)


def seasons(read: Sequence[SymbolicTrainingSet], after: int, workflow: Workflow) -> Seasons | None:
    """The seasons; `None` where a pool does not keep its distance, or where sizes or shares change with n.

    Args:
        read: the training sets of all n > `after`, one for each rest, and the sizes of pools.
        after: an iteration.
        workflow: whose they are; its numbers are asked for one period.
    """
    ends = [_ends(training_set) for training_set in read]
    if any(reach is None for reach in ends):
        return None
    furthest = max(reach for reach in ends if reach is not None)
    first = after + furthest + 1  # so that all its pools are among those whose sizes were read
    # The iteration after + 1 is that of read[0].
    turned = [read[(furthest + j) % len(read)] for j in range(len(read))]
    return Seasons(first, tuple(_season(workflow, first + j, _keeps_all(known)) for j, known in enumerate(turned)))


def _season(workflow: Workflow, iteration: int, keeps_all: bool) -> Season:
    """In numbers, which are the same a period later."""
    lags: dict[int, Fraction] = {}
    ages: dict[int, Fraction] = {}
    anchor = Fraction(0)
    shares = {} if keeps_all else workflow.shares(iteration)
    for pool, share in shares.items():
        if share == 0:
            continue
        if pool == Pool(1):
            anchor = share
        elif pool.fresh_real:
            ages[iteration - pool.index] = share
        else:
            lags[iteration - pool.labelled_by] = share
    return Season(lags, ages, anchor, keeps_all)


def _ends(training_set: SymbolicTrainingSet) -> int | None:
    """How far back its pools reach, beside real(1), where they keep their distance; `None` where they do not."""
    shares = () if training_set.shares is None else training_set.shares
    numbers = (training_set.size, training_set.real_size, *shares, *filter(None, [training_set.drawn]))
    if any(not number.is_Rational for number in numbers):
        return None
    if _keeps_all(training_set):
        return 0
    reach = [0]
    for first, last, _ in training_set.parts:
        if (first, last) == (1, 1):
            continue
        young, old = sp.expand(n - last), sp.expand(n - first)
        if not (young.is_Integer and old.is_Integer):
            return None
        reach.append(int(old))
    return max(reach)


def _keeps_all(training_set: SymbolicTrainingSet) -> bool:
    return training_set.parts == ((sp.S.One, n, False),) and training_set.shares is None and training_set.drawn is None
