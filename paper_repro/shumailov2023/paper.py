"""The paper's experiments by name, at all presets, and its claims."""

from ..chains import run
from ..paper import Entry, Paper
from .claims import CLAIMS
from .discrete import DISCRETE
from .gaussian import GAUSSIAN, LONG
from .mixture import MIXTURE

PAPER = Paper(
    "2305.17493",
    "Shumailov et al. 2023",
    "The Curse of Recursion",
    CLAIMS,
    simulated={
        GAUSSIAN.name: Entry("a Gaussian refitted to its own samples, to its first order", GAUSSIAN.presets, run),
        LONG.name: Entry("the same on few rows, until chains freeze", LONG.presets, run),
        DISCRETE.name: Entry("categories refitted by counting, until one is left", DISCRETE.presets, run),
        MIXTURE.name: Entry("a mixture of two Gaussians refitted to its own samples", MIXTURE.presets, run),
    },
)
