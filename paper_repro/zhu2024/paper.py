"""The paper's claim that editing labels keeps the error bounded, with a schedule of shares that fade and without one.

Judged by the law of edited data (`theory.Generator.edited`): c_n = 1 + sum over j < n of m_j (2 - m_j), for T -> oo.
"""

from functools import cache

from theory import Generator, Replace, generated
from theory.measurement import Measurement
from theory.tasks.regression.generated import GeneratedLaw

from ..claim import Claim, Fact, Quantity
from ..paper import Paper

#: What the first model samples anew.
SHARE = "1/5"

_DIFFERS = "rows to edit are drawn by chance, in the limit T → ∞; the paper edits tokens by their probability"


@cache
def law(fading: str) -> GeneratedLaw:
    """Of the test error, where the share is multiplied by `fading` from model to model."""
    return generated(Replace(), Generator(edited=SHARE, fading=fading), design="fixed")


def _gain(fading: str, iteration: int) -> Measurement:
    return Measurement(float(law(fading).gain(iteration)[-1]))


def _grows(fading: str, kind: str) -> bool:
    growth = law(fading).growth()
    return growth is not None and growth.kind == kind


PAPER = Paper(
    "2412.14689",
    "Zhu et al. 2024",
    "How to Synthesize Text Data without Model Collapse?",
    (
        Claim(
            "edit-fading",
            "Editing a part of the data instead of replacing it keeps the test error below 2σ²d/(T - d - 1): with "
            "shares that fade",
            "abstract, a finite upper bound [A]; the bound itself [N]; for which schedules was not seen",
            2.0,
            (
                Quantity(
                    "test error of model 100 over that of one fit, a fifth edited at first and half as much each time",
                    lambda t: _gain("1/2", 100),
                    below=2.0,
                ),
                Fact("the law is bounded", lambda: _grows("1/2", "bounded")),
            ),
            None,
            _DIFFERS,
        ),
        Claim(
            "edit-constant",
            "The same with a share that stays the same",
            "abstract, a finite upper bound [A]; the bound itself [N]; for which schedules was not seen",
            2.0,
            (
                Quantity(
                    "test error of model 100 over that of one fit, a fifth edited each time",
                    lambda t: _gain("1", 100),
                    below=2.0,
                ),
                Fact("the law is bounded", lambda: _grows("1", "bounded")),
            ),
            None,
            _DIFFERS,
        ),
    ),
)
