"""The paper's claims on a verifier with a model of its own, judged by the law of the soft one (`theory.Generator`).

A label passes with probability exp(-(y - x·w_c)^2/(2 s^2)); the paper's passes where y is near enough to x·w_c.
"""

from functools import cache

import numpy as np
from jaxtyping import Float

from theory import Generator, Replace, generated
from theory.measurement import Measurement
from theory.tasks.regression.generated import GeneratedLaw

from ..claim import Claim, Quantity
from ..paper import Paper

#: Rows, features, noise; how much the verifier pulls, and its model's distance from the truth, near and far.
T, D, SIGMA, PULL = 100, 32, 1.0, "3/5"
NEAR, FAR = "1/5", "1"

_DIFFERS = (
    "a soft verifier, whose law is exact, for the paper's sharp one; a better model 2 needs a pull above 1 - 0.618"
)


@cache
def law(distance: str) -> GeneratedLaw:
    """Of the test error under Replace."""
    return generated(Replace(), Generator(pull=PULL, distance=distance), design="fixed")


def errors(distance: str, iterations: int) -> Float[np.ndarray, " iterations"]:
    """Test errors of models 1, 2, …"""
    return law(distance).evaluate(T=T, d=D, sigma=SIGMA, n=range(1, iterations + 1))


def _displaced(iteration: int) -> float:
    """Where the mean of a model lies on the way from the truth to the verifier's model: 1 is there."""
    found = law(NEAR)
    return float(found.shift(iteration)[-1] * found.generator.shift / found.generator.distance)


PAPER = Paper(
    "2510.16657",
    "Yi et al. 2025",
    "Escaping Model Collapse via Synthetic Data Verification",
    (
        Claim(
            "verifier-near-term",
            "Retraining on verified synthetic data makes a model better at first",
            "abstract [A]; the verifier's rule [N]",
            None,
            (
                Quantity(
                    "test error of model 2 over that of model 1, a pull of 3/5 to a model at a distance of 1/5",
                    lambda t: Measurement(float(errors(NEAR, 2)[1] / errors(NEAR, 2)[0])),
                    below=1.0,
                ),
            ),
            None,
            _DIFFERS,
        ),
        Claim(
            "verifier-long-run",
            "In the long run it drives the model to what the verifier knows, so that early gains may be undone",
            "abstract [A]; the verifier's rule [N]",
            1.0,
            (
                Quantity(
                    "way of model 100 from the truth to the verifier's model",
                    lambda t: Measurement(_displaced(100)),
                    above=0.99,
                    below=1.01,
                ),
                Quantity(
                    "test error of model 100 over that of model 2, where the verifier's model is at a distance of 1",
                    lambda t: Measurement(float(errors(FAR, 100)[-1] / errors(FAR, 100)[1])),
                    above=1.0,
                ),
            ),
            None,
            _DIFFERS,
        ),
    ),
)
