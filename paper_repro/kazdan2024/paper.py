"""The paper's experiments by name, at all presets, and its claims."""

from ..paper import Entry, Paper
from ..sweep import run as simulate
from . import kernel_density, simulations, subsampled
from .claims import claims

_SWEEPS = {
    "Gaussians fitted by maximum likelihood, three workflows": simulations.GAUSSIAN,
    "least squares at d = 10, 100 iterations of Replace and Accumulate": simulations.LINEAR,
}
_KERNELS = {
    "kernel densities of four toy sets, three workflows": kernel_density.KERNELS,
    "their first refit with many rows and a narrow kernel": kernel_density.NARROW,
}

PAPER = Paper(
    "2410.16713",
    "Kazdan et al. 2024",
    "Collapse or Thrive?",
    tuple(claims()),
    simulated={
        **{sweep.name: Entry(summary, sweep.presets, simulate) for summary, sweep in _SWEEPS.items()},
        subsampled.SUBSAMPLED.name: Entry(
            "the same under AccumulateSubsample, and at fresh design", subsampled.SUBSAMPLED.presets, subsampled.run
        ),
        **{
            kernels.name: Entry(summary, kernel_density.presets(kernels), kernel_density.run)
            for summary, kernels in _KERNELS.items()
        },
    },
)
