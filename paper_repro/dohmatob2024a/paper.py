"""The paper's experiments by name, at all presets, and its claims."""

from ..chains import run
from ..paper import Entry, Paper
from .claims import CLAIMS
from .downstream import ISOTROPIC, POWER_LAW

PAPER = Paper(
    "2402.07712",
    "Dohmatob et al. 2024",
    "Model Collapse Demystified",
    CLAIMS,
    simulated={
        ISOTROPIC.name: Entry("ridge after generators, by the ridge, all features alike", ISOTROPIC.presets, run),
        POWER_LAW.name: Entry("ridge after generators, by T, under a power law", POWER_LAW.presets, run),
    },
)
