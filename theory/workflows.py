"""The workflows that have names, in the words of the field and on the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar

from .ranges import Range
from .workflow import (
    Index,
    Number,
    Pools,
    TrainingSet,
    Workflow,
    by_count,
    by_weight,
    pools,
    real,
    subsample,
    synthetic,
)

_WEIGHT = Range("is the share of the loss on real data, more than 0 and at most 1", most=Fraction(1))

_RATIO = Range("is the sampled rows over T, more than 0")


@dataclass(frozen=True)
class Replace(Workflow):
    """Each model is fitted to the previous model's data alone. Also: discard; fully synthetic loop."""

    def training_set(self, iteration: Index) -> TrainingSet:
        """synthetic(i - 1)."""
        return by_count(synthetic(iteration - 1))


@dataclass(frozen=True)
class ReplaceGrowing(Workflow):
    """As Replace, but model i is fitted to i·T rows. Also: replace (multiple)."""

    def training_set(self, iteration: Index) -> TrainingSet:
        """synthetic(i - 1), sampled at size i·T."""
        return by_count(synthetic(iteration - 1))

    def pool_size(self, pool: Index) -> Number:
        """Pool i is sampled for model i alone, at i·T rows."""
        return pool


@dataclass(frozen=True)
class Accumulate(Workflow):
    """Each model is fitted to all data so far, real and synthetic. Also: augment; concatenate."""

    def training_set(self, iteration: Index) -> TrainingSet:
        """real(1) and synthetic(1) to synthetic(i - 1)."""
        return by_count(pools(1, iteration))


@dataclass(frozen=True)
class AccumulateSubsample(Workflow):
    """T rows drawn anew from all data so far. Also: augment-subsample; fixed compute."""

    def training_set(self, iteration: Index) -> TrainingSet:
        """T rows of Accumulate's training set, drawn without replacement."""
        return subsample(pools(1, iteration))


@dataclass(frozen=True)
class AccumulateFresh(Workflow):
    """As Accumulate, with new real data at each iteration that are kept too."""

    ranges: ClassVar[Mapping[str, Range]] = {
        "real_ratio": Range("is the new real rows over T, at least 0", zero=True),
        "synthetic_ratio": _RATIO,
    }

    real_ratio: Number = Fraction(1)
    synthetic_ratio: Number = Fraction(1)

    def __post_init__(self) -> None:
        """Take the ratios exactly."""
        for name in self.ranges:
            value = self.ranges[name].checked(getattr(self, name), f"AccumulateFresh: {name}")
            object.__setattr__(self, name, value)

    def training_set(self, iteration: Index) -> TrainingSet:
        """real(1) to real(i) and synthetic(1) to synthetic(i - 1), each row counting alike."""
        sampled = pools(1, iteration)
        return by_count(sampled) if self.real_ratio == 0 else by_count(sampled, Pools(2, iteration, fresh_real=True))

    def pool_size(self, pool: Index) -> Number:
        """The sampled pools have synthetic_ratio times T rows."""
        return self.synthetic_ratio

    def real_size(self, iteration: Index) -> Number:
        """The new real data are real_ratio times T rows; without any, the size is asked for and not used."""
        return 1 if self.real_ratio == 0 else self.real_ratio


@dataclass(frozen=True)
class SlidingWindow(Workflow):
    """Each model is fitted to the newest k pools; k = 1 is Replace."""

    ranges: ClassVar[Mapping[str, Range]] = {
        "k": Range("counts pools and must be a whole number of at least 1", whole=True)
    }

    k: Number

    def __post_init__(self) -> None:
        """Take k exactly."""
        object.__setattr__(self, "k", self.ranges["k"].checked(self.k, "SlidingWindow: k"))

    def training_set(self, iteration: Index) -> TrainingSet:
        """Pools max(1, i - k + 1) to i."""
        return by_count(pools(max(1, iteration - self.k + 1), iteration))


@dataclass(frozen=True)
class FixedReal(Workflow):
    """The first real data at a fixed weight, beside the newest sampled data. Also: synthetic augmentation loop."""

    ranges: ClassVar[Mapping[str, Range]] = {"weight": _WEIGHT}

    weight: Number

    def __post_init__(self) -> None:
        """Take the weight exactly."""
        object.__setattr__(self, "weight", _WEIGHT.checked(self.weight, "FixedReal: weight"))

    def training_set(self, iteration: Index) -> TrainingSet:
        """real(1) with the weight, synthetic(i - 1) with the rest."""
        return by_weight({real(1): self.weight, synthetic(iteration - 1): 1 - self.weight})


@dataclass(frozen=True)
class FreshReal(Workflow):
    """New real data at each iteration, beside the newest sampled data. Also: fresh data loop; weighted mixing."""

    ranges: ClassVar[Mapping[str, Range]] = {
        "synthetic_ratio": _RATIO,
        "weight": replace(_WEIGHT, without="every row counts alike"),
    }

    synthetic_ratio: Number = Fraction(1)
    weight: Number | None = None

    def __post_init__(self) -> None:
        """Take ratio and weight exactly."""
        ratio = self.ranges["synthetic_ratio"].checked(self.synthetic_ratio, "FreshReal: synthetic_ratio")
        object.__setattr__(self, "synthetic_ratio", ratio)
        if self.weight is not None:
            object.__setattr__(self, "weight", _WEIGHT.checked(self.weight, "FreshReal: weight"))

    def training_set(self, iteration: Index) -> TrainingSet:
        """real(i) and synthetic(i - 1), each row counting alike, or with the weight on the real part."""
        if self.weight is None:
            return by_count(real(iteration), synthetic(iteration - 1))
        return by_weight({real(iteration): self.weight, synthetic(iteration - 1): 1 - self.weight})

    def pool_size(self, pool: Index) -> Number:
        """The sampled pools have synthetic_ratio times T rows."""
        return self.synthetic_ratio


#: The workflows that have a name on the command line.
WORKFLOWS: tuple[type[Workflow], ...] = (
    Replace,
    ReplaceGrowing,
    Accumulate,
    AccumulateSubsample,
    AccumulateFresh,
    SlidingWindow,
    FixedReal,
    FreshReal,
)
