"""Real and sampled rows in one fit of least squares: what the count and the share of real rows each tell of its error.

The paper regresses the loss of a fine-tuned model on the count of real examples, and on their share, over a grid of
both (section on the value of real data). Here a generator is fitted to real rows of its own, and a model to so many
more of these and so many that the generator labelled, all counting alike; its gain is exact at fixed design, and for
T -> oo at fresh.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np

from theory import Workflow, by_count, gain, real, synthetic
from theory.workflow import Index, Number, TrainingSet

#: Rows of the generator's own training set, which gains are in units of.
GENERATOR = 1024

#: Real rows, and sampled ones, of the fits on the grid.
COUNTS = (64, 256, 1024, 4096, 16384)


@dataclass(frozen=True)
class Mixed(Workflow):
    """Model 2 is fitted to new real data and to data that model 1 labelled, in multiples of model 1's rows.

    Attributes:
        real_rows: of the real data.
        sampled_rows: of the others.
    """

    real_rows: Number
    sampled_rows: Number

    def training_set(self, iteration: Index) -> TrainingSet:
        """New real data, and beside these what was sampled."""
        return by_count(real(iteration), synthetic(iteration - 1))

    def pool_size(self, pool: Index) -> Number:
        """Sampled rows."""
        return self.sampled_rows

    def real_size(self, iteration: Index) -> Number:
        """New real data."""
        return self.real_rows


def shares_of_variance() -> tuple[float, float]:
    """R² of the logarithm of the error, regressed on that of the count of real rows, and on that of their share."""
    grid = list(product(COUNTS, COUNTS))
    in_units = [(Fraction(real_, GENERATOR), Fraction(sampled, GENERATOR)) for real_, sampled in grid]
    errors = np.log([float(gain(Mixed(*rows), 2)[1]) for rows in in_units])
    count = np.log([real_ for real_, _ in grid])
    share = np.log([real_ / (real_ + sampled) for real_, sampled in grid])
    by_count_, by_share = (float(np.corrcoef(errors, tells)[0, 1] ** 2) for tells in (count, share))
    return by_count_, by_share
