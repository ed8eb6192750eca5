"""Variational autoencoders trained on their own images: Replace and Accumulate as in section 2.3, and what drives them.

The paper has CelebA, 10 iterations, one autoencoder of unknown size: its test loss goes from 0.0195 to 0.0305 under
Replace (+56 %) and to 0.0202 under Accumulate (+3 %, after a dip). Here it is 8 x 8 digits, a hundredth of the data.
Each model is trained for 4,000 steps, which leaves model 1 within 3 % of its loss once converged. The ablation stops
early, after 500 steps, and changes one thing at a time: the latent size, beta (twice the variance of the observation
noise), whether images are sampled with that noise, how many real images there are, and how long each model is trained,
which matters most: what training leaves undone is lost anew at every iteration.

A linear autoencoder tells what to expect of the noise. Its best fit is probabilistic PCA (Tipping and Bishop 1999): the
principal variances above sigma^2 are kept, less sigma^2, and the rest is called noise. Samples without noise have
variances lambda_k - sigma^2, so that under Replace model n has lambda_k - n sigma^2, whatever the data size, until
nothing is left; samples with noise have lambda_k, and only the error of estimation grows. `linear_loss` is this law.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from neural.images.configuration import PRESETS as SETTINGS
from neural.images.image_set import as_float
from neural.images.learner import to_bytes
from neural.loop import Learner
from theory import Replace, Workflow
from theory.depth import inherited
from theory.prefix import linear_forms

from ..experiment import Experiment, presets, run as run_chains
from ..recorded import RECORDED, Row

#: Images of each model that are kept for a picture, all of the first seed.
SHOWN = 10

_REPLACE = Replace()


VAE = Experiment("vae", SETTINGS["cpu"], {"cpu": {}})

#: After an eighth of the usual training, so that most of what is lost is what the fits leave undone.
ABLATION = Experiment(
    "vae_ablation",
    replace(SETTINGS["cpu"], iterations=4, steps=500),
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

#: Nearer to the best fit than these, where the noise that samples lack is what is left to lose.
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

#: How long each model is trained, beside the 4,000 steps of `VAE`: what a stop before the best fit does.
LENGTH = Experiment(
    "vae_length",
    SETTINGS["cpu"],
    {"500 steps": {"steps": 500}, "1,000 steps": {"steps": 1000}, "2,000 steps": {"steps": 2000}},
)

#: Where `gpu` and `paper` look for CelebA's img_align_celeba and list_eval_partition.txt.
CELEBA = {"folder": "data/celeba", "seeds": 3}

#: By preset.
PRESETS = presets(VAE, SETTINGS, CELEBA)


def of_digits(experiment: Experiment) -> dict[str, Experiment]:
    """Presets of an experiment that is of the digits alone."""
    least = replace(SETTINGS["smoke"], style="linear")
    return {"smoke": replace(experiment, base=least, variants={"noisy": {"samples": "noisy"}}), "cpu": experiment}


def run(experiment: Experiment, folder: Path = RECORDED) -> tuple[list[Row], ...]:
    """The experiment's tables, of metrics and of images, as `paper_repro.experiment.run` makes them.

    Images: a row an image, its 8-bit pixels in hexadecimal digits.
    """
    return run_chains(experiment, "images", _shown, folder)


def _shown(learner: Learner, pool: np.ndarray) -> list[dict[str, object]]:
    del learner
    return [
        {"image": index, "pixels": image.tobytes().hex()}
        for index, image in enumerate(to_bytes(as_float(pool[:SHOWN])))
    ]


def linear_loss(
    variances: Float[np.ndarray, " pixels"], latent: int, beta: float, iterations: int, workflow: Workflow = _REPLACE
) -> Float[np.ndarray, " iterations"]:
    """Test loss per pixel of linear autoencoders with noiseless samples, for T -> oo.

    With W of model n in the eigenvectors of the true covariance, s_k its squared length and v_k = s_k + sigma^2: in
    direction k the loss is sigma^2 (log(v_k / sigma^2) + lambda_k / v_k), less the constant of the Gaussian's
    log-density. Only `latent` directions have s_k > 0. Each fit takes sigma^2 off the mean, over its training rows, of
    the s_k that they were sampled with, so that s_k = lambda_k - sigma^2 L_n with the mean depth L_n (`theory.depth`)
    until nothing is left: n under Replace, but 1 + 1/2 + ... + 1/n under Accumulate, whose loss creeps up like
    (log n)^2. The loss is that of the exact posterior, with which the ELBO is the log-density (Lucas et al. 2019); an
    encoder that saw only samples does not have it in directions where they do not vary, so that a trained model's loss
    is larger.

    Args:
        variances: lambda, eigenvalues of the covariance of the real images, the largest first.
        latent: numbers in the latent code.
        beta: 2 sigma^2.
        iterations: how many models.
        workflow: that they are fitted under.
    """
    noise = beta / 2
    forms = linear_forms(workflow, iterations)
    found = inherited(forms, variances, lambda mean: np.maximum(mean.astype(np.float64) - noise, 0))
    model = np.array(found) * (np.arange(len(variances)) < latent) + noise
    return (noise * (np.log(model / noise) + variances / model)).mean(1)
