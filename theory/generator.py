"""Generators: how data are sampled from a model. Neither a task nor a workflow, but a small frozen value beside them.

Labels of a pool that is sampled from model m are, before selection, x·(w_m + b) + temperature · noise. A soft verifier
with a model w_c of its own accepts a label y with probability exp(-(y - x·w_c)^2/(2 s^2)), and another is sampled for
the same x until one is accepted. For Gaussian noise of variance v what is accepted is Gaussian again, with mean
(1 - pull) x·(w_m + b) + pull x·w_c and variance (1 - pull) v, where pull = v/(v + s^2).

Or the newest data are those before, with a random share of the labels sampled anew (editing).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .exact import required
from .pools import Pool
from .workflow import Index, Number, TrainingSet, Workflow


@dataclass(frozen=True)
class Labels:
    """What the labels of a pool say.

    Attributes:
        carried: the share of the labelling model's error that they hand on.
        shifted: whether all of them are shifted, by the generator's `shift`.
        variance: of their noise, in units of sigma^2.
    """

    carried: Fraction
    shifted: bool
    variance: Fraction


@dataclass(frozen=True)
class Generator:
    """How pools are sampled; as it is, what every law without a generator assumes.

    Attributes:
        temperature: the standard deviation of sampled labels' noise, over that of real labels; 0 for predictions.
        bias: the length of b in the covariance's norm, |covariance^(1/2) b|.
        pull: of the soft verifier, from 0 (no selection) up to but not 1.
        distance: of the verifier's model from the truth, |covariance^(1/2) (w_c - w*)|.
        sizes: rows of pools 1, 2, … in multiples of T, in place of the workflow's; none where the workflow says.
        noises: the noises' standard deviations of the data made at iterations 1, 2, …, in units of sigma.
        edited: the share of the newest data whose labels are sampled anew, each row by chance; the others are those of
            the data before. Or one share for models 1, 2, …; 1 for a pool that is sampled as a whole.
        fading: what that share is multiplied by from one model to the next.

    Raises:
        ValueError: a number outside its range, or a bias beside a verifier with a distance: the law would need the
            angle between the two.
    """

    temperature: Number = Fraction(1)
    bias: Number = Fraction(0)
    pull: Number = Fraction(0)
    distance: Number = Fraction(0)
    sizes: Sequence[Number] = ()
    noises: Sequence[Number] = ()
    edited: Number | Sequence[Number] = Fraction(1)
    fading: Number = Fraction(1)

    def __post_init__(self) -> None:
        """Take all numbers exactly."""
        taken: dict[str, Any] = {}
        for name in ("temperature", "bias", "pull", "distance"):
            taken[name] = required(getattr(self, name), f"a generator's {name}")
            if taken[name] < 0:
                raise ValueError(f"a generator's {name} must be at least 0; got {taken[name]}.")
        for name in ("sizes", "noises"):
            taken[name] = tuple(required(value, f"each of a generator's {name}") for value in getattr(self, name))
            if any(value <= 0 for value in taken[name]):
                raise ValueError(f"a generator's {name} must be more than 0; got {_listed(taken[name])}.")
        taken |= self._taken_edits()
        if taken["pull"] >= 1:
            raise ValueError(f"a verifier's pull must be below 1, at which no label is left; got {taken['pull']}.")
        if taken["pull"] and not taken["temperature"]:
            raise ValueError("a verifier selects among noisy labels; at temperature 0 there is one label an x.")
        if taken["distance"] and not taken["pull"]:
            raise ValueError("a distance is that of a verifier's model; give its pull too.")
        if taken["bias"] and taken["distance"]:
            raise ValueError("give a bias or a verifier's distance: with both the law needs the angle between them.")
        if taken["sizes"] and taken["sizes"][0] != 1:
            raise ValueError(f"pool 1 has T rows, size 1; got sizes {_listed(taken['sizes'])}.")
        for name, value in taken.items():
            # a frozen dataclass has no other way to keep its fields in one form
            object.__setattr__(self, name, value)

    def _taken_edits(self) -> dict[str, Any]:
        """The shares that are edited, exactly."""
        fading = required(self.fading, "a generator's fading")
        if not 0 < fading <= 1:
            raise ValueError(f"a generator's fading must be more than 0 and at most 1; got {fading}.")
        several = isinstance(self.edited, Sequence) and not isinstance(self.edited, str)
        given: Sequence[Number] = self.edited if several else (self.edited,)
        shares = tuple(required(share, "a generator's edited share") for share in given)
        if not shares or not all(0 <= share <= 1 for share in shares):
            raise ValueError(f"a generator's edited shares must be from 0 to 1; got {_listed(shares) or 'none'}.")
        if several and fading != 1:
            raise ValueError(f"give edited shares one by one, or one and a fading; got {len(shares)} and {fading}.")
        return {"edited": shares if several else shares[0], "fading": fading}

    @property
    def edits(self) -> bool:
        """Whether a part of the newest data is kept from those before."""
        return self.edited != 1 or self.fading != 1

    def edited_by(self, model: int) -> Fraction:
        """The share of the data of model number `model` whose labels it samples anew.

        Raises:
            ValueError: shares are given one by one, and none for that model.
        """
        if not isinstance(self.edited, tuple):
            return required(self.edited, "edited") * required(self.fading, "fading") ** (model - 1)
        if model > len(self.edited):
            raise ValueError(
                f"the generator's edited shares end at model {len(self.edited)}; model {model} needs one. Give one for "
                "each."
            )
        return required(self.edited[model - 1], "edited")

    @property
    def carried(self) -> Fraction:
        """The share of a model's error that labels sampled from it hand on."""
        return 1 - required(self.pull, "pull")

    @property
    def sampled_variance(self) -> Fraction:
        """Of the noise of sampled labels, in units of sigma^2."""
        return required(self.temperature, "temperature") ** 2 * self.carried

    @property
    def shift(self) -> Fraction:
        """The length of what every sampled label is shifted by: (1 - pull) b, or pull (w_c - w*)."""
        values = (required(getattr(self, name), name) for name in ("bias", "pull", "distance"))
        bias, pull, distance = values
        return (1 - pull) * bias + pull * distance

    def labels(self, pool: Pool) -> Labels:
        """What the labels of a pool say.

        Raises:
            ValueError: noises are given, and none for that pool; or data are edited, so that labels of several models
                are side by side.
        """
        if self.edits:
            raise ValueError(f"under {self} a pool has labels of several models, and this needs those of one.")
        square = Fraction(1)
        if self.noises:
            if pool.index > len(self.noises):
                raise ValueError(
                    f"the generator's noises end at iteration {len(self.noises)}; {pool} needs one of iteration "
                    f"{pool.index}. Give one for each."
                )
            square = required(self.noises[pool.index - 1], "noise") ** 2
        if pool.labelled_by == 0:
            return Labels(Fraction(0), False, square)
        return Labels(self.carried, self.shift != 0, square * self.sampled_variance)

    def sized(self, workflow: Workflow) -> Workflow:
        """The workflow with this generator's sizes in place of its own."""
        return Sized(workflow, self.sizes) if self.sizes else workflow

    def __str__(self) -> str:
        """`Generator(temperature=1/2)`: what is not as usual."""
        usual = Generator.__dataclass_fields__
        given = {name: getattr(self, name) for name, field in usual.items() if getattr(self, name) != field.default}
        shown = (f"{name}={_listed(value) if isinstance(value, tuple) else value}" for name, value in given.items())
        return f"Generator({', '.join(shown)})"


@dataclass(frozen=True)
class Sized(Workflow):
    """A workflow whose sampled pools have other sizes."""

    workflow: Workflow
    sizes: Sequence[Number]

    def training_set(self, iteration: Index) -> TrainingSet:
        """That of the workflow."""
        return self.workflow.training_set(iteration)

    def pool_size(self, pool: Index) -> Number:
        """The size given."""
        if pool > len(self.sizes):
            raise ValueError(f"sizes are given for pools 1 to {len(self.sizes)}; pool {pool} needs one too.")
        return self.sizes[pool - 1]

    def real_size(self, iteration: Index) -> Number:
        """That of the workflow."""
        return self.workflow.real_size(iteration)

    def __str__(self) -> str:
        """`Replace() with pools of 1, 2, 1/2 times T rows`."""
        return f"{self.workflow} with pools of {_listed(self.sizes)} times T rows"


def _listed(values: Sequence[object]) -> str:
    return ", ".join(map(str, values))
