"""Language models trained on their own samples: the paper's section 2.1 with its ablations, and the critics' question.

The paper has TinyStories (470 million tokens), four transformers of 9 to 126 million parameters, one epoch a fit and 5
iterations. At the presets `smoke` and `cpu` it is the embedded grammar and four stand-ins, a ten-thousandth as large: a
GPT-2 and three Llama-2 of growing width and depth, under-trained as one epoch of TinyStories leaves the real ones.
`LONGER` has the largest of them near its best fit: its settings were chosen after a look at model 1 alone.
`gpu` has the real sizes on 100,000 stories of the grammar, `paper` has them on TinyStories.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import equinox as eqx
import jax.random as jr
import numpy as np

from neural.language.configuration import PRESETS as SETTINGS, LanguageConfiguration, sizes
from neural.language.learner import LanguageModel
from neural.language.network import PAPER, Architecture, Transformer, parameters
from neural.loop import Learner
from theory import Accumulate, AccumulateSubsample, Replace, ReplaceGrowing

from ..experiment import Experiment, run as run_chains
from ..recorded import RECORDED, Row

#: Texts of each model that are kept to be read, all of the first seed.
SHOWN = 3

#: In the place of the paper's four, by the same names.
STAND_INS = {
    "gpt2-9m": {"style": "gpt2", "width": 32, "layers": 1, "heads": 2, "hidden": 64},
    "llama2-12m": {"style": "llama2", "width": 24, "layers": 1, "heads": 2, "hidden": 48},
    "llama2-42m": {"style": "llama2", "width": 32, "layers": 1, "heads": 2, "hidden": 96},
    "llama2-126m": {"style": "llama2", "width": 48, "layers": 2, "heads": 3, "hidden": 144},
}


def _experiments(
    base: LanguageConfiguration, models: Mapping[str, Mapping[str, Any]]
) -> dict[str, Experiment[LanguageConfiguration]]:
    """All experiments by name: the four models, and what is changed with the first of them."""
    smallest = replace(base, **models["gpt2-9m"])
    assert smallest.epochs is not None  # as the paper, no preset counts steps
    steps = smallest.training.budget(smallest.rows)
    every = (
        Experiment("language", base, models, watched=True),
        # The fits of Accumulate, each with the steps of one pass over real(1) instead of ever more.
        Experiment("language_steps", smallest, {"fixed": {"epochs": None, "steps": steps}}, (Accumulate(),)),
        Experiment("language_temperature", smallest, {"0.3": {"temperature": 0.3}}),
        Experiment("language_growing", smallest, {"growing": {}}, (ReplaceGrowing(),)),
        Experiment(
            "language_first",
            smallest,
            {"half": {"first_steps": steps // 2}, "double": {"first_steps": 2 * steps}},
            (Replace(),),
        ),
        Experiment(
            "language_data",
            smallest,
            {"half the data": {"stories": smallest.stories // 2}, "twice the epochs": {"epochs": 2 * smallest.epochs}},
        ),
    )
    return {experiment.name: experiment for experiment in every}


_CPU = replace(SETTINGS["cpu"], stories=384, test_stories=200, seeds=4, epochs=8.0, sample_batch=1536, chunk=24)
_REAL = {name: sizes(name) for name in PAPER}

#: Experiments by preset and name.
PRESETS = {
    "smoke": _experiments(SETTINGS["smoke"], STAND_INS),
    "cpu": _experiments(_CPU, STAND_INS),
    "gpu": _experiments(SETTINGS["gpu"], _REAL),
    "paper": _experiments(replace(SETTINGS["paper"], seeds=3), _REAL),
}

#: The largest stand-in near its best fit: ten times the texts, and ten times the steps of one fit.
LONGER = Experiment(
    "language_longer",
    replace(_CPU, iterations=6, seeds=3, stories=4096, learning_rate=5e-3),
    {"llama2-126m": STAND_INS["llama2-126m"]},
)

#: The same where the fits of Accumulate have no more steps than the first.
LONGER_STEPS = Experiment(
    "language_longer_steps",
    replace(LONGER.base, epochs=None, steps=LONGER.base.training.budget(LONGER.base.rows)),
    LONGER.variants,
    (Accumulate(),),
)

#: A larger transformer on as many stories, near its best fit too.
LARGEST = Experiment(
    "language_largest",
    replace(
        LONGER.base,
        epochs=6.0,
        batch_size=32,
        learning_rate=3e-3,
        style="llama2",
        width=96,
        layers=3,
        heads=4,
        hidden=256,
    ),
    {"cpu": {}},
)


def _with_smoke(experiment: Experiment[LanguageConfiguration]) -> dict[str, Experiment[LanguageConfiguration]]:
    """By preset; `smoke` runs through it in seconds."""
    smoke = replace(SETTINGS["smoke"], epochs=experiment.base.epochs and 1.0, steps=experiment.base.steps and 4)
    return {"smoke": replace(experiment, base=smoke), "cpu": experiment}


LONGER_PRESETS, LONGER_STEPS_PRESETS = _with_smoke(LONGER), _with_smoke(LONGER_STEPS)
LARGEST_PRESETS = _with_smoke(LARGEST)

#: What `python -m neural transformer` runs, under three workflows; its preset `paper` has one seed, so no error.
AS_COMMAND = {
    name: Experiment("language_preset", SETTINGS[name], {name: {}}, (Replace(), AccumulateSubsample(), Accumulate()))
    for name in ("smoke", "cpu", "gpu")
}

#: The smallest of the paper's four with all of its weights, for which a GPU is needed.
FULL_SIZE = {
    name: Experiment("language_9m", base, {"gpt2-9m": sizes("gpt2-9m") if name == "gpu" else {}})
    for name, base in (("smoke", SETTINGS["smoke"]), ("gpu", replace(SETTINGS["gpu"], stories=24_000, batch_size=32)))
}


def weights_of(experiment: Experiment[LanguageConfiguration]) -> dict[str, int]:
    """The number of weights of each variant's transformer."""
    variants = experiment.variants.items()
    return {name: _weights(replace(experiment.base, **changes).architecture) for name, changes in variants}


@cache
def _weights(architecture: Architecture) -> int:
    return parameters(eqx.filter_eval_shape(Transformer, architecture, key=jr.key(0)))


def run(experiment: Experiment, folder: Path = RECORDED) -> tuple[list[Row], ...]:
    """The experiment's tables, of metrics, of texts and of learning curves, as `paper_repro.experiment.run` makes them.

    Texts: a row a text, the first ones that the model of the first seed wrote.
    """
    return run_chains(experiment, "texts", _shown, folder)


def _shown(learner: Learner, pool: np.ndarray) -> list[dict[str, object]]:
    assert isinstance(learner, LanguageModel)
    return [{"text": index, "words": learner.corpus.decode(row)} for index, row in enumerate(pool[:SHOWN])]
