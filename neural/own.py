"""The configuration of a run of a user's own learner, and its presets."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from .configuration import Configuration, Kind, option
from .loop import Learner
from .named import learner_named


@dataclass(frozen=True)
class OwnConfiguration(Configuration):
    """A learner by its name; its data and its model are its own."""

    data: str | None = field(
        metadata=option(
            "module:Class, a subclass of neural.Learner that is made without arguments",
            flag="--learner",
            metavar="NAME",
        )
    )
    size: int = field(metadata=option("T, rows of real(1)", flag="--rows"))

    @property
    def rows(self) -> int:
        """T."""
        return self.size

    @property
    def steps_of_first(self) -> None:
        """Every fit has the same budget."""
        return

    def learner(self, run_dir: Path) -> Learner:
        """The learner; nothing of it is kept in the run directory."""
        del run_dir
        if self.data is None:
            raise ValueError("your own model needs its class: give a --learner module:Class.")
        return learner_named(self.data)


_CPU = OwnConfiguration(
    data=None,
    size=1000,
    iterations=5,
    seeds=3,
    seed=0,
    epochs=None,
    steps=500,
    batch_size=50,
    learning_rate=1e-2,
    warmup=0.05,
    clip=1.0,
    chunk=100,
    sample_batch=3000,
)

#: A run in seconds, and one to begin with.
PRESETS = {
    "smoke": replace(_CPU, size=50, iterations=2, seeds=2, steps=20, batch_size=10, chunk=10),
    "cpu": _CPU,
}

_EXAMPLE = "--learner tests.examples.own_learner:Mixture"

OWN = Kind(
    "own",
    "models of your own",
    "what its method `test` says",
    PRESETS,
    {},
    f"{_EXAMPLE} --until converged --preset smoke",
    f"{_EXAMPLE} ",
)
