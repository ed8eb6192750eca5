"""What is simulated of the paper: a loop that collects as many new real rows as it samples, and weights the two.

Iteration 1 is a fit to one real batch, so that the ratio to it is the paper's limiting variance in units of one batch.
"""

from fractions import Fraction

from theory import FreshReal, Gaussian, GeneralisedLinear, LinearRegression

from ..sweep import Refit, Sweep

#: Of the real rows: below the best one, near it, above it.
WEIGHTS = (Fraction(3, 10), Fraction(618, 1000), Fraction(9, 10))

#: By what they are called in the table: the task, and the quantity.
TASKS = {
    "least squares": (LinearRegression(T=200, d=2, sigma=1.0, design="fixed"), "test_error"),
    "logistic regression": (GeneralisedLinear(T=200, d=2), "test_error"),
    "Poisson regression": (GeneralisedLinear(T=200, d=2, link="poisson"), "test_error"),
    "mean of a Gaussian": (Gaussian(T=200, d=1), "mean_error"),
}

LIMITS = Sweep(
    "he_limits",
    tuple(Refit(task, FreshReal(weight=weight), of, name) for name, (task, of) in TASKS.items() for weight in WEIGHTS),
    12,
    4000,
    seed=41,
)
