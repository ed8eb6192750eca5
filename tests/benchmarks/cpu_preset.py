"""What the `cpu` preset must show, held against run directories: `python tests/benchmarks/cpu_preset.py FOLDER`.

FOLDER holds the run directories `replace`, `accumulate` and `accumulate-subsample` of `python -m neural transformer`.
Paired 95 % intervals over seeds by Student's t.
"""

import csv
import sys
from pathlib import Path

import numpy as np

from theory.measurement import errors_to_a_side


def losses(folder: Path) -> np.ndarray:
    """Test loss by seed and iteration."""
    with (folder / "metrics.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == "test_loss"]
    table = {(int(row["seed"]), int(row["iteration"])): float(row["value"]) for row in rows}
    seeds, iterations = (1 + max(index[axis] for index in table) for axis in (0, 1))
    return np.array([[table[seed, n] for n in range(1, iterations)] for seed in range(seeds)])


def interval(differences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % interval of the mean over seeds."""
    seeds = len(differences)
    half = errors_to_a_side(seeds - 1) * differences.std(0, ddof=1) / seeds**0.5
    return differences.mean(0) - half, differences.mean(0) + half


def main(folder: Path) -> bool:
    """Print each claim with its numbers; whether all hold."""
    replace, accumulate, subsample = (losses(folder / n) for n in ("replace", "accumulate", "accumulate-subsample"))
    rises = interval(np.diff(replace, axis=1))[0]
    growth, drift = (x.mean(0)[-1] / x.mean(0)[0] - 1 for x in (replace, accumulate))
    gaps = [interval(a[:, -1:] - b[:, -1:])[0].item() for a, b in ((subsample, accumulate), (replace, subsample))]
    claims = [
        (f"Replace rises at every iteration: lower ends {np.round(rises, 4).tolist()}", (rises > 0).all()),
        (f"Replace rises by {growth:.1%} in all, at least 5 %", growth >= 0.05),
        (f"Accumulate ends {drift:+.2%} from its start, within 2 %", abs(drift) <= 0.02),
        (f"Accumulate < AccumulateSubsample < Replace: lower ends {np.round(gaps, 4).tolist()}", min(gaps) > 0),
    ]
    for text, holds in claims:
        print("holds" if holds else "FAILS", text)
    return all(holds for _, holds in claims)


if __name__ == "__main__":
    sys.exit(not main(Path(sys.argv[1])))
