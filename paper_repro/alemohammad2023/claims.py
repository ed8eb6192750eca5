"""The claims on three loops, in the one model whose laws are exact: a Gaussian fitted by mean and covariance.

Its variance stands for diversity, and the squared error of its mean for what is lost of quality. Sampling bias is the
generator's temperature: samples have the share lambda = temperature^2 of the model's variance.
"""

from fractions import Fraction

import theory
from theory import FixedReal, FreshReal, Gaussian, Generator, Replace, Workflow
from theory.measurement import Measurement

from ..claim import Claim, Fact, Quantity

#: Rows of each fit.
ROWS = 50

#: The paper's lambda is its square, 0.81: a mild bias. And none.
TEMPERATURE, UNBIASED = Fraction(9, 10), Fraction(1)

SYNTHETIC, AUGMENTED = Replace(), FixedReal("1/2")

_DIFFERS = "a Gaussian by exact laws, not images; its variance stands for diversity, its mean's error for quality"


def value(of: str, workflow: Workflow, iteration: int, temperature: Fraction = UNBIASED) -> float:
    """A law's value at one iteration.

    Args:
        of: "variance" over the truth's, or "mean_error".
        workflow: the loop.
        iteration: counted from 1, the fit to real data.
        temperature: at which data are sampled from a model.
    """
    task = Gaussian(T=ROWS, d=1)
    law = theory.law(task, workflow, of=of)
    if temperature != UNBIASED:
        law = task.generated(workflow, Generator(temperature=temperature), of=of)
    return float(law.evaluate(n=iteration))


def _growth(of: str) -> str | None:
    found = theory.law(Gaussian(), SYNTHETIC, of=of).growth()
    return None if found is None else found.kind


def _ratio(of: str, one: tuple[Workflow, int, Fraction], other: tuple[Workflow, int, Fraction]) -> Measurement:
    """Of the values of a law in two settings, each a loop, an iteration and a temperature."""
    return Measurement(value(of, *one) / value(of, *other))


CLAIMS = (
    Claim(
        "mad-synthetic",
        "In the fully synthetic loop the fitted variance goes to 0, almost surely",
        "the paper's Gaussian theory, section and wording not seen [M]",
        None,
        (
            Quantity(
                "variance of model 200 over the truth's, 50 rows",
                lambda t: Measurement(value("variance", SYNTHETIC, 200)),
                below=0.05,
            ),
            Fact("its mean vanishes, by the law", lambda: _growth("variance") == "vanishing"),
            Fact(
                "so it does in almost every chain: log V_n falls for ever",
                lambda: _growth("log_determinant") == "falling",
            ),
        ),
        None,
        "known from memory",
    ),
    Claim(
        "mad-bias-diversity",
        "With sampling bias diversity falls faster in the fully synthetic loop",
        "findings, fully synthetic loop [N]",
        None,
        (
            Quantity(
                "variance of model 5 at λ = 0.81 over that without bias",
                lambda t: _ratio("variance", (SYNTHETIC, 5, TEMPERATURE), (SYNTHETIC, 5, UNBIASED)),
                below=1.0,
            ),
            Quantity(
                "the same of model 10 over the same of model 5",
                lambda t: (
                    _ratio("variance", (SYNTHETIC, 10, TEMPERATURE), (SYNTHETIC, 10, UNBIASED))
                    / _ratio("variance", (SYNTHETIC, 5, TEMPERATURE), (SYNTHETIC, 5, UNBIASED))
                ),
                below=1.0,
            ),
        ),
        None,
        _DIFFERS,
    ),
    Claim(
        "mad-bias-quality",
        "Without sampling bias quality falls in the fully synthetic loop; with bias it is kept",
        "findings, fully synthetic loop [N]",
        None,
        (
            Quantity(
                "squared error of the mean of model 100 at λ = 0.81 over that without bias",
                lambda t: _ratio("mean_error", (SYNTHETIC, 100, TEMPERATURE), (SYNTHETIC, 100, UNBIASED)),
                below=0.5,
            ),
            Quantity(
                "that of model 100 over that of model 20 at λ = 0.81",
                lambda t: _ratio("mean_error", (SYNTHETIC, 100, TEMPERATURE), (SYNTHETIC, 20, TEMPERATURE)),
                below=1.05,
            ),
            Quantity(
                "that of model 100 over that of model 20 without bias",
                lambda t: _ratio("mean_error", (SYNTHETIC, 100, UNBIASED), (SYNTHETIC, 20, UNBIASED)),
                above=1.5,
            ),
        ),
        None,
        _DIFFERS,
    ),
    Claim(
        "mad-augmentation-delays",
        "A fixed real set beside the newest synthetic one delays the fall, and yet models are worse than the first",
        "findings, synthetic augmentation loop [N]",
        None,
        (
            Quantity(
                "variance of model 100, half of the weight on real data, less that of the fully synthetic loop",
                lambda t: Measurement(value("variance", AUGMENTED, 100) - value("variance", SYNTHETIC, 100)),
                above=0.0,
            ),
            Quantity(
                "squared error of the mean of model 100 over that of model 1",
                lambda t: _ratio("mean_error", (AUGMENTED, 100, UNBIASED), (AUGMENTED, 1, UNBIASED)),
                above=1.0,
            ),
        ),
        None,
        _DIFFERS,
    ),
    Claim(
        "mad-augmentation-doomed",
        "Without new real data a model's quality or diversity progressively decreases, a fixed real set or not",
        "abstract [A]; synthetic augmentation loop, does not prevent [N]",
        None,
        (
            Quantity(
                "squared error of the mean of model 100 over that of model 50, half of the weight on the real set",
                lambda t: _ratio("mean_error", (AUGMENTED, 100, UNBIASED), (AUGMENTED, 50, UNBIASED)),
                above=1.01,
            ),
            Quantity(
                "variance of model 50 over that of model 100",
                lambda t: _ratio("variance", (AUGMENTED, 50, UNBIASED), (AUGMENTED, 100, UNBIASED)),
                above=1.01,
            ),
        ),
        None,
        _DIFFERS,
    ),
    Claim(
        "mad-fresh",
        "New real data in each generation keep diversity despite sampling bias if they are enough, and not if they are "
        "few",
        "abstract [A]; fresh data loop [N]",
        None,
        (
            Quantity(
                "variance of model 100 over the truth's, 90 % of the weight on new real data, λ = 0.81",
                lambda t: Measurement(value("variance", FreshReal(1, "9/10"), 100, TEMPERATURE)),
                above=0.9,
            ),
            Quantity(
                "the same, 10 % of the weight on new real data",
                lambda t: Measurement(value("variance", FreshReal(1, "1/10"), 100, TEMPERATURE)),
                below=0.5,
            ),
        ),
        None,
        _DIFFERS,
    ),
)
