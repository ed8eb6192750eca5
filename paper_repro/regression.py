"""Least squares beyond the papers: what the project's own figures simulate, as data."""

from theory import Accumulate, FixedReal, FreshReal, Replace, SlidingWindow

from .paper import Entry
from .sweep import Sweep, grid, run

#: Fresh design where T is no large multiple of d. The mean over the noise is taken exactly, so that few chains do.
PROPORTIONAL = Sweep(
    "proportional",
    grid(
        designs=("fresh",),
        T=(200,),
        d=(10, 40, 100, 160),
        workflows=(Replace(), SlidingWindow(2), FixedReal("1/5"), Accumulate(), FreshReal(1, "7/10")),
    ),
    10,
    400,
    seed=7,
    sampler="conditional",
)

EXPERIMENTS = {
    "proportional": Entry("five workflows at fresh design, d/T from 0.05 to 0.8", PROPORTIONAL.presets, run),
}
