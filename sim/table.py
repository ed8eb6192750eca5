"""`table`: real rows of two classes, parted into rows to fit and rows held out, by one name."""

import csv
import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

import numpy as np
from jaxtyping import Bool, Float64

from theory.tasks.generalised_linear.tables import TABLES

#: The columns that a model sees; where it saw all, most tables would be separated by a plane.
_SEEN: dict[str, tuple[str, ...]] = {
    "breast-cancer": ("mean texture", "mean smoothness", "mean symmetry"),
    "haberman": ("age", "year", "nodes"),
    "iris": ("sepal length", "sepal width"),
    "transfusion": ("recency", "frequency", "time"),
}

#: Of ten rows so many are fitted, the others are held out.
_FITTED = 7


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of two classes.

    Attributes:
        name: of the table.
        label: what a label of 1 says.
        columns: their names, without the label's.
        values: as they are recorded.
        labels: 0 or 1 each.
        seen: names of the columns that a model sees.
    """

    name: str
    label: str
    columns: tuple[str, ...]
    values: Float64[np.ndarray, "rows columns"]
    labels: Float64[np.ndarray, " rows"]
    seen: tuple[str, ...]

    @cached_property
    def is_held_out(self) -> Bool[np.ndarray, " rows"]:
        """Three rows of ten, the same ones for ever: those whose numbers have the last hashes."""
        hashes = [hashlib.sha256(f"{self.name} {row}".encode()).digest() for row in range(len(self.labels))]
        ranks = np.empty(len(hashes), int)
        ranks[sorted(range(len(hashes)), key=hashes.__getitem__)] = np.arange(len(hashes))
        return ranks >= _FITTED * len(hashes) // 10

    @cached_property
    def x(self) -> Float64[np.ndarray, "rows d"]:
        """Ones, and the columns seen, which have mean 0 and variance 1 over the rows that are fitted."""
        found = self.values[:, [self.columns.index(name) for name in self.seen]]
        fitted = found[~self.is_held_out]
        return np.column_stack([np.ones(len(found)), (found - fitted.mean(0)) / fitted.std(0)])

    def __str__(self) -> str:
        """The name, and what is seen of it."""
        return f"{self.name} ({', '.join(self.seen)})"


def table(name: str) -> Table:
    """A table of real rows by its name; `sim/tables/README.md` says where each is from, and its licence.

    Raises:
        ValueError: there is none of that name.

    >>> rows = table("haberman")
    >>> print(rows, rows.x.shape, int(rows.is_held_out.sum()), int(rows.labels.sum()))
    haberman (age, year, nodes) (306, 4) 92 81
    """
    if name not in TABLES:
        raise ValueError(f"there are tables of {', '.join(TABLES)}; got {name!r}.")
    lines = (files("sim") / "tables" / f"{name}.csv").read_text().splitlines()
    (*columns, label), *rows = csv.reader(lines)
    numbers = np.array(rows, float)
    return Table(name, label, tuple(columns), numbers[:, :-1], numbers[:, -1], _SEEN[name])
