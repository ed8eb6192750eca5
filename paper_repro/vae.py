"""Variational autoencoders trained on their own images: Replace and Accumulate as in section 2.3, and what drives them.

The paper has CelebA, 10 iterations, one autoencoder of unknown size: its test loss goes from 0.0195 to 0.0305 under
Replace (+56 %) and to 0.0202 under Accumulate (+3 %, after a dip). Here it is 8 x 8 digits, a hundredth of the data.
The ablation changes one thing at a time: the latent size, beta (twice the variance of the observation noise), whether
images are sampled with that noise, how many real images there are, and how long each model is trained, which matters
most: what training leaves undone is lost anew at every iteration.

A linear autoencoder tells what to expect of the noise. Its best fit is probabilistic PCA (Tipping and Bishop 1999): the
principal variances above sigma^2 are kept, less sigma^2, and the rest is called noise. Samples without noise have
variances lambda_k - sigma^2, so model n has lambda_k - n sigma^2, whatever the data size, until nothing is left;
samples with noise have lambda_k, and only the error of estimation grows. `linear_loss` is this law.
"""

import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from neural.directory import RunDirectory
from neural.image_configuration import PRESETS, ImageConfiguration
from neural.images import to_bytes
from neural.loop import run as run_neural
from sim.results import Results, configuration_hash
from theory import Accumulate, Replace, Workflow

from .linear import Row
from .one_law import RECORDED

#: Images of each model that are kept for a picture, all of the first seed.
SHOWN = 10


@dataclass(frozen=True)
class Experiment:
    """What is run: every variant under every workflow.

    Attributes:
        name: of the table.
        base: the configuration.
        variants: what each changes in it.
        workflows: all that are run.
    """

    name: str
    base: ImageConfiguration
    variants: Mapping[str, Mapping[str, object]]
    workflows: tuple[Workflow, ...] = (Replace(), Accumulate())

    @property
    def configuration(self) -> dict[str, object]:
        """Everything that the numbers depend on, as JSON."""
        return {
            "name": self.name,
            "workflows": [str(workflow) for workflow in self.workflows],
            "base": asdict(self.base),
            "variants": {name: dict(changes) for name, changes in self.variants.items()},
        }


VAE = Experiment("vae", PRESETS["cpu"], {"cpu": {}})

ABLATION = Experiment(
    "vae_ablation",
    replace(PRESETS["cpu"], iterations=4, steps=500),
    {
        "base": {},
        "noisy": {"samples": "noisy"},
        "beta 0.005": {"beta": 0.005},
        "latent 2": {"latent": 2},
        "T 180": {"images": 180},
        "T 719": {"images": 719},
        "linear": {"style": "linear"},
        "linear noisy": {"style": "linear", "samples": "noisy"},
    },
)

#: Nearer to the best fit, where the noise that samples lack is what is left to lose.
LONGER = Experiment(
    "vae_longer",
    ABLATION.base,
    {
        "2,000 steps": {"steps": 2000},
        "2,000 steps noisy": {"steps": 2000, "samples": "noisy"},
        "linear 4,000 steps": {"style": "linear", "steps": 4000},
        "linear 4,000 steps noisy": {"style": "linear", "steps": 4000, "samples": "noisy"},
    },
    (Replace(),),
)


def run(experiment: Experiment, folder: Path = RECORDED, *, again: bool = False) -> tuple[list[Row], list[Row]]:
    """The experiment's tables, of metrics and of images: read from `folder` if made from this configuration, else run.

    Metrics: a row a (variant, workflow, iteration, metric) with mean and standard error over seeds; `rise` is a seed's
    test loss over that of its model 1, less one. Images: a row an image, its 8-bit pixels in hexadecimal digits. A run
    that was killed goes on where it was, from run directories beside the tables.
    """
    tables = [Results(folder, experiment.name), Results(folder, f"{experiment.name}_images")]
    found = [None if again else table.load(experiment.configuration) for table in tables]
    if None in found:
        started = time.monotonic()
        runs = folder / f".{experiment.name}-{configuration_hash(experiment.configuration)}.partial"
        for table, rows in zip(tables, _train(experiment, runs), strict=True):
            table.save(experiment.configuration, rows, started)
        shutil.rmtree(runs)
        found = [table.load(experiment.configuration) for table in tables]
    metrics, images = found
    assert metrics is not None  # written a moment ago
    assert images is not None
    return metrics, images


def _train(experiment: Experiment, runs: Path) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    metrics, images = [], []
    settings = [(name, workflow) for name in experiment.variants for workflow in experiment.workflows]
    for name, workflow in tqdm(settings, desc=experiment.name, unit="run"):
        configuration = replace(experiment.base, **experiment.variants[name])
        path = runs / f"{name}-{workflow.command()}"
        directory = RunDirectory(path, {"variant": name}, resume=True)
        learner = configuration.learner(path)
        found = run_neural(learner, workflow, configuration.plan, configuration.training, directory, progress=True)
        found["rise"] = found["test_loss"] / found["test_loss"][:, :1] - 1
        for n in range(1, configuration.iterations + 1):
            place = {"variant": name, "workflow": workflow.command(), "iteration": n}
            for metric, values in found.items():
                seeds = len(values)
                error = values[:, n - 1].std(ddof=1) / seeds**0.5
                mean = float(values[:, n - 1].mean())
                metrics.append(
                    place | {"metric": metric, "mean": mean, "standard_error": float(error), "replicates": seeds}
                )
            drawn = to_bytes(np.load(path / "pools" / f"synthetic-{n}.npy", mmap_mode="r")[0, :SHOWN])
            images += [place | {"image": index, "pixels": image.tobytes().hex()} for index, image in enumerate(drawn)]
    return metrics, images


def linear_loss(
    variances: Float[np.ndarray, " pixels"], latent: int, beta: float, iterations: int
) -> Float[np.ndarray, " iterations"]:
    """Test loss per pixel of linear autoencoders under Replace with noiseless samples, for T -> oo.

    With W of model n in the eigenvectors of the true covariance, s_k = max(0, lambda_k - n sigma^2) its squared length
    and v_k = s_k + sigma^2: in direction k the loss is sigma^2 (log(v_k / sigma^2) + lambda_k / v_k), less the constant
    of the Gaussian's log-density. Only `latent` directions have s_k > 0. The loss is that of the exact posterior, with
    which the ELBO is the log-density (Lucas et al. 2019); an encoder that saw only samples does not have it in
    directions where they do not vary, so that a trained model's loss is larger.

    Args:
        variances: lambda, eigenvalues of the covariance of the real images, the largest first.
        latent: numbers in the latent code.
        beta: 2 sigma^2.
        iterations: how many models.
    """
    noise = beta / 2
    n = np.arange(1, iterations + 1)[:, None]
    kept = (variances[None] - n * noise).clip(0) * (np.arange(len(variances)) < latent)[None]
    model = kept + noise
    return (noise * (np.log(model / noise) + variances[None] / model)).mean(1)
