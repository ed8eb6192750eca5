"""What is simulated of the paper: Gaussians and linear regression, as it has them.

Its grids are larger: n in {10, ..., 1000} and d in {1, ..., 100} for Gaussians, fitted by maximum likelihood; T in {10,
..., 1000}, d in {1, ..., 100} and three noise levels for regression, one X labelled anew at every iteration; 100
iterations and 100 seeds. Least squares here is the plot whose values could be read: d = 10, sigma^2 = 1.
"""

from theory import Accumulate, AccumulateSubsample, Gaussian, Replace

from ..sweep import Refit, Sweep, grid

WORKFLOWS = (Replace(), Accumulate(), AccumulateSubsample())

#: Rows a pool, and dimensions.
GAUSSIANS = ((10, 1), (32, 3))

GAUSSIAN = Sweep(
    "kazdan_gaussian",
    tuple(Refit(Gaussian(T=T, d=d), workflow, "variance") for T, d in GAUSSIANS for workflow in WORKFLOWS),
    20,
    8000,
    seed=21,
)

LINEAR = Sweep("kazdan_linear", grid(T=(32, 100), d=(10,), workflows=(Replace(), Accumulate())), 100, 4000, seed=22)
