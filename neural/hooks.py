"""Where an experimenter takes part in a run: a verifier of what models sample, further metrics, and loggers."""

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, PyTree

#: (rows of one seed) -> which of them may enter the next pool. A row's verdict depends on the row alone.
Accept = Callable[[np.ndarray], Bool[np.ndarray, " rows"]]

#: (models, their pools (seeds, rows, ...)) -> further metrics by name, one value a seed.
Measure = Callable[[PyTree, np.ndarray], Mapping[str, Float[np.ndarray, " seeds"]]]

#: A verifier may refuse this many rows for each that is needed, on average, before the run gives up.
PATIENT = 100


class Logger(abc.ABC):
    """Hears of a run as it goes; what was heard before a run was killed is not told again, but for steps done anew."""

    @abc.abstractmethod
    def fitted(self, iteration: int, step: int, losses: Mapping[str, Float[np.ndarray, " seeds"]]) -> None:
        """A chunk of steps is done.

        Args:
            iteration: the one whose models are fitted.
            step: steps of this fit so far.
            losses: "loss", the chunk's mean; "test_loss" and "held_out_loss" after it, where they were measured.
        """

    @abc.abstractmethod
    def measured(self, iteration: int, metrics: Mapping[str, Float[np.ndarray, " seeds"]]) -> None:
        """An iteration is done, and these are its metrics."""


@dataclass(frozen=True)
class Hooks:
    """What takes part in a run.

    Attributes:
        accept: the verifier between sampling and the pool: a pool is filled with what it accepts, in the order in which
            it was sampled; the share that it accepted is the metric "accepted".
        measures: give further metrics of each iteration.
        loggers: hear of the run.
    """

    accept: Accept | None = None
    measures: Sequence[Measure] = ()
    loggers: Sequence[Logger] = ()

    def measure(self, models: PyTree, samples: np.ndarray) -> dict[str, Float[np.ndarray, " seeds"]]:
        """All further metrics.

        Raises:
            ValueError: two have one name.
        """
        found: dict[str, np.ndarray] = {}
        for measure in self.measures:
            add(found, measure(models, samples))
        return found


#: Of a run that nobody takes part in.
NO_HOOKS = Hooks()


def add(metrics: dict[str, np.ndarray], more: Mapping[str, Float[np.ndarray, " seeds"]]) -> None:
    """Add metrics to those that are there.

    Raises:
        ValueError: one of the same name is there.
    """
    for name, values in more.items():
        if name in metrics:
            raise ValueError(f"two metrics are named {name!r}; give one of them another name.")
        metrics[name] = np.asarray(values)


class Accepted:
    """The rows that a verifier has accepted so far, for each seed, until there are enough."""

    def __init__(self, accept: Accept, rows: int, seeds: int) -> None:
        """Nothing yet.

        Args:
            accept: the verifier.
            rows: that are needed of each seed.
            seeds: how many there are.
        """
        self._accept, self._rows = accept, rows
        self._kept: list[list[np.ndarray]] = [[] for _ in range(seeds)]
        #: Rows that each seed's verifier has seen up to the last one needed, and those it has accepted.
        self._seen = np.zeros(seeds, int)
        self._counts = np.zeros(seeds, int)

    def add(self, rows: np.ndarray) -> bool:
        """Look at further rows (seeds, rows, ...); whether there are enough now.

        Raises:
            ValueError: the verifier does not say yes or no to each row, or it accepts too few.
        """
        for seed, sampled in enumerate(rows):
            if self._counts[seed] >= self._rows:
                continue
            verdicts = np.asarray(self._accept(sampled))
            if verdicts.shape != (len(sampled),) or verdicts.dtype != bool:
                raise ValueError(
                    f"a verifier gives one truth value a row, {len(sampled)} of them; got {verdicts.dtype} of shape "
                    f"{verdicts.shape}."
                )
            places = np.flatnonzero(verdicts)[: self._rows - self._counts[seed]]
            self._kept[seed].append(sampled[places])
            self._counts[seed] += len(places)
            self._seen[seed] += places[-1] + 1 if self._counts[seed] == self._rows else len(sampled)
        short = self._counts < self._rows
        if (self._seen[short] >= PATIENT * self._rows).any():
            seed = int(np.argmin(self._counts))
            raise ValueError(
                f"the verifier accepted {self._counts[seed]} of {self._seen[seed]} rows of seed {seed}, and "
                f"{self._rows} are needed; use a milder one, or a better model."
            )
        return self.full

    @property
    def full(self) -> bool:
        """Whether there are enough."""
        return bool((self._counts >= self._rows).all())

    @property
    def rows(self) -> np.ndarray:
        """What was accepted (seeds, rows, ...), once there are enough."""
        return np.stack([np.concatenate(parts) for parts in self._kept])

    @property
    def share(self) -> Float[np.ndarray, " seeds"]:
        """Accepted rows over all that were looked at to get them."""
        return self._counts / self._seen
