"""The paper's experiments by name, at all presets, and its claims."""

from ..paper import Entry, Paper
from ..sweep import run as simulate
from .claims import claims
from .estimators import LOGISTIC, RATIOS, TABLES

PAPER = Paper(
    "2410.22812",
    "Dey and Donoho 2024",
    "Universality of the π²/6 Pathway",
    tuple(claims()),
    simulated={
        RATIOS.name: Entry("five estimators under Accumulate, 50 generations", RATIOS.presets, simulate),
        LOGISTIC.name: Entry("logistic regression under three workflows", LOGISTIC.presets, simulate),
        TABLES.name: Entry("logistic regression on three tables of real rows", TABLES.presets, simulate),
    },
)
