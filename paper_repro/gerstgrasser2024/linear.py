"""The paper's linear-regression experiments as data: what was simulated.

Settings of the published figures (section 3, Fig. 7): d = 32, T in {100, 316, 1000}, sigma^2 in {0.01, ..., 100}, 50
iterations, no ridge, one X relabelled at every iteration. A second published plot shows 10 iterations for sigma^2 in
{0.1, 1, 10} without its T and d; its slope, sigma^2 d/(T - d - 1) = 35.2 at sigma^2 = 10, allows T = 114, d = 88.
"""

from dataclasses import replace

from theory import Accumulate, Replace, ReplaceGrowing

from ..sweep import Sweep, grid

_BOTH = (Replace(), Accumulate())

LINEAR_A = Sweep("linear_a", grid(T=(114,), d=(88,), sigma2=("0.1", "1", "10"), workflows=_BOTH), 10, 1000, seed=1)
LINEAR_B = Sweep(
    "linear_b",
    grid(T=(100, 316, 1000), d=(32,), sigma2=("0.01", "0.1", "1", "10", "100"), workflows=_BOTH),
    50,
    1000,
    seed=2,
)
DESIGNS = Sweep(
    "designs",
    grid(designs=("fixed", "fresh"), T=(40, 100), d=(32,), workflows=(Accumulate(),)),
    20,
    20_000,
    seed=3,
)

#: What the claims on linear regression are held against: every law of the paper at both designs, in the smallest of its
#: settings, where the designs differ most; and features that are far from isotropic, whose rows must be drawn.
CLAIMS = Sweep(
    "linear_claims",
    grid(designs=("fixed", "fresh"), T=(100,), d=(32,), workflows=(Replace(), Accumulate(), ReplaceGrowing())),
    50,
    50_000,
    seed=4,
)
ISOTROPY = Sweep(
    "linear_isotropy",
    tuple(replace(simulation, decay=2) for simulation in grid(T=(100,), d=(32,), workflows=_BOTH)),
    10,
    4000,
    seed=6,
)
