"""Published numbers, read off a paper's figures, tables and text: one CSV file a paper, each row with its confidence.

Columns: `figure`, more of them that say where in it, `iteration`, `metric`, `value`; `read_error`, how far the reading
may be off; where it was read; and the confidence: A, seen in the authors' own files; N, from a reading note whose
writer says that it was read off the paper; M, from memory.
"""

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float

from .recorded import Row, matching


@dataclass(frozen=True)
class Published:
    """The numbers of one paper.

    Attributes:
        path: of its file.
    """

    path: Path

    @cached_property
    def rows(self) -> list[Row]:
        """The whole table."""
        with self.path.open(newline="") as file:
            return list(csv.DictReader(file))

    def values(self, **place: str) -> dict[int, float]:
        """Value by iteration, of the rows that have these values in these columns.

        Raises:
            KeyError: nothing is published there.
        """
        found = {int(row["iteration"]): float(row["value"]) for row in matching(self.rows, place)}
        if not found:
            raise KeyError(f"nothing is published of {place}")
        return found

    def value(self, **place: str) -> float:
        """The one value that is published there.

        Raises:
            KeyError: nothing is, or more than one.
        """
        found = [float(row["value"]) for row in matching(self.rows, place)]
        if len(found) != 1:
            raise KeyError(f"{len(found)} values are published of {place}")
        return found[0]

    def curve(self, **place: str) -> Float[np.ndarray, " iterations"]:
        """Values from iteration 1 on, of a figure that has them all.

        Raises:
            KeyError: nothing is published there, or not each iteration.
        """
        found = self.values(**place)
        return np.array([found[iteration] for iteration in range(1, len(found) + 1)])
