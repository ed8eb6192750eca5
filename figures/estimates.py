"""A recorded table's estimates at one place, by iteration."""

from collections.abc import Sequence

import numpy as np

from paper_repro.recorded import Row, matching


def estimates(rows: Sequence[Row], **place: object) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard error at iterations 1, 2, … of the rows that have these values in these columns."""
    found = sorted(
        matching(rows, {column: str(value) for column, value in place.items()}), key=lambda row: int(row["iteration"])
    )
    mean, error = (np.array([float(row[column]) for row in found]) for column in ("mean", "standard_error"))
    return mean, error
