"""Families of workflows that a plan chooses from: each by the size of its sampled pools, with its best weight."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from .optimise import optimise
from .sympy_types import fraction, rational
from .workflow import Index, Number, TrainingSet, Workflow
from .workflows import Accumulate, AccumulateFresh, AccumulateSubsample, FixedReal, FreshReal, Replace, ReplaceGrowing

#: Where a best weight is not rational, the plan has the nearest multiple of one over this.
PARTS = 1000


@dataclass(frozen=True)
class Larger(Workflow):
    """A workflow with sampled pools of another size, in multiples of T."""

    workflow: Workflow
    rows: Number

    def training_set(self, iteration: Index) -> TrainingSet:
        """That of the workflow."""
        return self.workflow.training_set(iteration)

    def pool_size(self, pool: Index) -> Number:
        """The size given."""
        return self.rows

    def real_size(self, iteration: Index) -> Number:
        """That of the workflow."""
        return self.workflow.real_size(iteration)


@dataclass(frozen=True)
class Family:
    """Workflows by the size of their sampled pools, in multiples of T: the larger, the dearer.

    Attributes:
        name: in words.
        of: size, and the largest share that real data may have -> a workflow.
        how: how its weight was chosen; empty where it has none.
        sized: whether the size makes a difference.
    """

    name: str
    of: Callable[[int, Fraction], Workflow]
    how: str = ""
    sized: bool = True


def _larger(workflow: Workflow, size: int) -> Workflow:
    return workflow if size == 1 else Larger(workflow, Fraction(size))


def _best_fresh(size: int, largest_share: Fraction) -> Workflow:
    """The weight of the least limit, which falls up to it; cut where real data may not have as much."""
    best = optimise(FreshReal(size, Fraction(1, 2))).value
    if (best - rational(largest_share)).is_nonnegative:
        weight = largest_share
    else:
        weight = fraction(best) if best.is_Rational else Fraction(round(float(best) * PARTS), PARTS)
    return FreshReal(size, min(weight, largest_share))


FAMILIES = (
    Family("replace", lambda size, _: _larger(Replace(), size)),
    Family("replace growing", lambda size, _: ReplaceGrowing(), sized=False),
    Family("accumulate", lambda size, _: Accumulate() if size == 1 else AccumulateFresh(0, size)),
    Family("accumulate, drawn", lambda size, _: AccumulateSubsample(), sized=False),
    Family(
        "first real data at a weight",
        lambda size, share: _larger(FixedReal(share), size),
        "the largest weight that may be: the gain falls with it",
    ),
    Family(
        "fresh real data at a weight",
        _best_fresh,
        f"exact: the root of the limit's derivative, to 1/{PARTS}, or the largest weight that may be",
    ),
    Family("fresh real data, rows alike", lambda size, _: FreshReal(size)),
    Family("accumulate with fresh real data", lambda size, _: AccumulateFresh(1, size)),
)
