"""All experiments by name, at four presets: `smoke` in seconds, `cpu` as recorded, `gpu`, and the `paper`'s own size.

Recorded results lie in `results`, those of larger presets in `results/PRESET`; what is only simulated live for a figure
is kept nowhere, and `smoke` proves that everything runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.results import Results

from . import diffusion, language, linear, one_law, vae
from .one_law import RECORDED

PRESETS = ("smoke", "cpu", "gpu", "paper")

#: For results that are not kept in the repository.
RUNS = Path(__file__).parents[1] / "runs"


@dataclass(frozen=True)
class Entry:
    """An experiment as the command line knows it.

    Attributes:
        summary: of it.
        presets: its configurations by preset; those that make sense.
        run: (configuration, folder) makes or reads its tables there.
        live: whether it is simulated for a figure and not recorded.
    """

    summary: str
    presets: Mapping[str, Any]
    run: Callable[..., object]
    live: bool = False

    def at(self, name: str, preset: str) -> Any:
        """The configuration of a preset."""
        if preset not in self.presets:
            raise ValueError(f"{name} has no preset {preset}, only {', '.join(self.presets)}.")
        return self.presets[preset]

    def folder(self, preset: str) -> Path:
        """Where the results of a preset are kept."""
        if self.live or preset == "smoke":
            return RUNS / preset
        return RECORDED if preset == "cpu" else RECORDED / preset

    def state(self, name: str) -> str:
        """Whether a result of today's configuration is recorded."""
        if self.live:
            return "live"
        results = Results(RECORDED, name)
        if not results.provenance.exists():
            return "missing"
        return "stale" if results.load(self.presets["cpu"].configuration) is None else "recorded"


def _simulations(experiment: linear.Experiment) -> dict[str, linear.Experiment]:
    """Presets differ in the replicates alone; how many the paper has is not known."""
    least = replace(experiment, replicates=40, iterations=min(5, experiment.iterations))
    return {
        "smoke": least,
        "cpu": experiment,
        "gpu": replace(experiment, replicates=10 * experiment.replicates),
        "paper": experiment,
    }


_SIMULATED = (
    ("linear_a", "least squares, 10 iterations, three noise levels", linear.LINEAR_A, True),
    ("linear_b", "Fig. 7: least squares, 50 iterations, three T, five noise levels", linear.LINEAR_B, True),
    ("designs", "Accumulate at fixed and at fresh design", linear.DESIGNS, True),
    ("linear_claims", "Replace, ReplaceGrowing and Accumulate at both designs, for the claims", linear.CLAIMS, False),
    ("linear_isotropy", "Replace and Accumulate on features far from isotropic", linear.ISOTROPY, False),
)
_LANGUAGE = {
    "language": "section 2.1, Fig. 2: four language models under Replace and Accumulate",
    "language_steps": "Accumulate with the same number of steps for every fit",
    "language_temperature": "sampling at temperature 0.3",
    "language_growing": "a purely synthetic set that grows as Accumulate's",
    "language_first": "another number of steps in iteration 1 alone",
    "language_data": "half the data, and twice the epochs",
}

EXPERIMENTS: dict[str, Entry] = {
    **{
        name: Entry(summary, _simulations(experiment), linear.run, live)
        for name, summary, experiment, live in _SIMULATED
    },
    "one_law": Entry("one gain in theory, simulation and a transformer", one_law.PRESETS, one_law.run),
    **{
        name: Entry(summary, {preset: language.PRESETS[preset][name] for preset in PRESETS}, language.run)
        for name, summary in _LANGUAGE.items()
    },
    "language_preset": Entry("what `python -m neural transformer` runs", language.AS_COMMAND, language.run),
    "vae": Entry("section 2.3: autoencoders under Replace and Accumulate", vae.PRESETS, vae.run),
    "vae_ablation": Entry("what drives the autoencoders' loss", vae.of_digits(vae.ABLATION), vae.run),
    "vae_longer": Entry("the same nearer to their best fit", vae.of_digits(vae.LONGER), vae.run),
    "diffusion": Entry("section 2.2: diffusion models under Replace and Accumulate", diffusion.PRESETS, diffusion.run),
    "diffusion_ablation": Entry("what drives the diffusion models' loss", diffusion.ABLATION_PRESETS, diffusion.run),
}
