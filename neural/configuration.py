"""What the configurations of all kinds of model share: the outer loop's plan, the training, named presets."""

import abc
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar

from theory import Generator, Workflow

from .convergence import Converged
from .hooks import NO_HOOKS, Hooks
from .loop import Learner
from .named import named
from .plan import Plan
from .sizes import at_most_held_out, largest_T
from .train import Training

#: Fields that say when a fit ends, of which one is given.
BUDGETS = ("epochs", "steps", "until")

#: Fields that say when a fit has converged; they tell nothing of one that is not `until` then.
OF_CONVERGED = tuple(entry.name for entry in fields(Converged))


def option(help: str, **choices: object) -> dict[str, object]:
    """What a field of a configuration says on the command line, as its metadata."""
    return {"help": help, **choices}


def same_fields(part: type, whole: object, *, but: Collection[str] = ()) -> dict[str, Any]:
    """The values that a dataclass takes from a larger one: of all its fields but some, by their names.

    A configuration is flat, as the command line is; what is built from it has fields of the same names.
    """
    return {entry.name: getattr(whole, entry.name) for entry in fields(part) if entry.name not in but}


@dataclass(frozen=True)
class OwnRows:
    """A user's own data.

    Attributes:
        all: what may be held out of; `None` if what is held out lies in a file of its own.
        left: (how many are held out) the rows to train on that are left.
    """

    all: int | None
    left: Callable[[int], int]


@dataclass(frozen=True)
class Configuration(abc.ABC):
    """Everything that the numbers of a run depend on, beside the workflow; a kind of model adds fields of its own."""

    #: The fields that say how many rows are trained on, and how many are held out.
    SIZES: ClassVar[tuple[str, ...]] = ()

    iterations: int = field(metadata=option("model-fitting iterations"))
    seeds: int = field(metadata=option("independent chains, trained side by side"))
    seed: int = field(metadata=option("of all random numbers"))
    epochs: float | None = field(metadata=option("passes over the training set, this, --steps or --until"))
    steps: int | None = field(metadata=option("optimiser steps of each fit, this, --epochs or --until"))
    batch_size: int = field(metadata=option("rows (texts, images) a step"))
    learning_rate: float = field(metadata=option("its peak"))
    warmup: float = field(
        metadata=option("share of the steps in which the learning rate rises; --until converged, of the shortest fit")
    )
    clip: float = field(metadata=option("largest norm of a gradient"))
    chunk: int = field(metadata=option("steps compiled and run as one"))
    sample_batch: int = field(metadata=option("rows sampled at once, for all seeds together"))
    until: str | None = field(
        default=None,
        kw_only=True,
        metadata=option(
            "fit until rows held out of the training set say so, and keep the best", choices=("converged",)
        ),
    )
    validation: float = field(
        default=0.1, kw_only=True, metadata=option("--until converged: share of the training set that is held out")
    )
    check_every: int = field(
        default=100, kw_only=True, metadata=option("--until converged: steps between looks at the held-out loss")
    )
    patience: int = field(
        default=10,
        kw_only=True,
        metadata=option("--until converged: looks without progress, after which the learning rate falls to 0"),
    )
    most_steps: int = field(
        default=20_000, kw_only=True, metadata=option("--until converged: the largest number of steps of each fit")
    )
    weight_decay: float = field(
        default=0.0,
        kw_only=True,
        metadata=option("taken off the weights of linear maps and convolutions, a unit of learning rate"),
    )
    averaging: float = field(
        default=0.0, kw_only=True, metadata=option("what a moving average of the weights keeps a step; 0: no average")
    )
    accept: str | None = field(
        default=None,
        kw_only=True,
        metadata=option(
            "module:function that says which sampled rows may enter a pool: an array of rows -> one truth value each",
            metavar="NAME",
        ),
    )

    sizes: str | None = field(
        default=None,
        kw_only=True,
        metadata=option(
            "rows of pools 1, 2, … in multiples of T, one more than iterations (default: the workflow's)",
            metavar="1,X,…",
            exact=True,
        ),
    )
    edited: str = field(
        default="1",
        kw_only=True,
        metadata=option("the share of the newest data that is sampled anew, the rest kept", metavar="X", exact=True),
    )
    fading: str = field(
        default="1",
        kw_only=True,
        metadata=option("what that share is multiplied by from one model to the next", metavar="X", exact=True),
    )

    @property
    def generator(self) -> Generator:
        """How pools are made of what models sample."""
        sizes = () if self.sizes is None else tuple(self.sizes.split(","))
        return Generator(sizes=sizes, edited=self.edited, fading=self.fading)

    @property
    @abc.abstractmethod
    def rows(self) -> int:
        """T, rows of real(1)."""

    @abc.abstractmethod
    def learner(self, run_dir: Path) -> Learner:
        """The model on its data; what it learns of the data beforehand is kept in the run directory."""

    def own_rows(self) -> "OwnRows | None":
        """What a user's own data have, where rows of them are to be held out; they are read for it."""
        return None

    def sized(self, workflow: Workflow, given: Collection[str]) -> "Configuration":
        """With fewer rows where a preset's are more than a user's own data have; so that they need not be counted.

        What fits is left as it is, and so is what is held out by a user who says how many rows are trained on.

        Args:
            workflow: what is run.
            given: fields that are as the user says, and stay.
        """
        own = None if {*self.SIZES} <= {*given} else self.own_rows()
        if own is None:
            return self
        T, test = self.SIZES
        workflow = self.generator.sized(workflow)
        held_out = getattr(self, test)
        if own.all is not None and not {T, test} & {*given}:
            fits = held_out < own.all and largest_T(workflow, self.iterations, own.left(held_out)) >= self.rows
            held_out = held_out if fits else at_most_held_out(held_out, own.all)
        if T in given:
            return self
        rows = largest_T(workflow, self.iterations, own.left(held_out))
        return replace(self, **{T: rows if 0 < rows < self.rows else self.rows, test: held_out})

    @property
    @abc.abstractmethod
    def steps_of_first(self) -> int | None:
        """Optimiser steps of iteration 1, if other than those of the others."""

    def recorded(self) -> dict[str, Any]:
        """The fields by name, as JSON has them.

        A field with a default came after results were recorded; while it has that default it is left out, so that these
        results remain those of the same configuration.
        """
        values = {entry.name: (getattr(self, entry.name), entry.default) for entry in fields(self)}
        return {name: value for name, (value, default) in values.items() if default is MISSING or value != default}

    @property
    def plan(self) -> Plan:
        """What the outer loop runs."""
        numbers = self.iterations, self.rows, self.seeds, self.seed, self.sample_batch
        return Plan(*numbers, self.steps_of_first, self.generator)

    @property
    def hooks(self) -> Hooks:
        """What takes part in the run and makes its numbers others."""
        return NO_HOOKS if self.accept is None else Hooks(named(self.accept, option="--accept"))

    @property
    def training(self) -> Training:
        """How each model is fitted."""
        if self.until is not None:
            return self.converged
        return Training(**same_fields(Training, self, but=("until",)))

    @property
    def converged(self) -> Training:
        """How a model is fitted until it has converged, whatever the budget."""
        until = Converged(**same_fields(Converged, self))
        return Training(**same_fields(Training, self, but=BUDGETS), until=until)


@dataclass(frozen=True)
class Kind:
    """A kind of model on the command line.

    Attributes:
        name: of its subcommand.
        summary: what the subcommand's help says it is.
        metric: what `test_loss` is.
        presets: configurations by name; their class tells which options there are.
        models: fields of a configuration by the name of a model, which `--model` puts into a preset.
        own_data: options that read a user's own files, as an example.
        needed: options without which it does not run, as an example.
        by_data: fields of a configuration by the value of `--data`, which it puts into a preset.
    """

    name: str
    summary: str
    metric: str
    presets: Mapping[str, Configuration]
    models: Mapping[str, Mapping[str, object]]
    own_data: str
    needed: str = ""
    by_data: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
