"""The paper's experiment, at all presets, and its claims."""

from ..paper import Entry, Paper
from ..sweep import run as simulate
from .claims import claims
from .simulations import LIMITS

PAPER = Paper(
    "2502.18049",
    "He, Xu and Cheng 2025",
    "Recursive Learning Without Collapse",
    tuple(claims()),
    simulated={
        LIMITS.name: Entry("four tasks, real rows beside sampled ones at three weights", LIMITS.presets, simulate)
    },
)
