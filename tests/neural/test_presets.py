"""The numbers of all presets, written down once more: results are recorded with them, and a change has to be meant."""

import json
from dataclasses import asdict
from pathlib import Path

from neural.__main__ import KINDS

#: What `test_loss` is of each kind of model, as the command line and pictures have it.
METRICS = {
    "transformer": "test cross-entropy, nats a token",
    "vae": "squared error per pixel + beta * KL divergence per pixel, held-out images",
    "diffusion": "squared error of the predicted noise per dimension, held-out molecules",
    "own": "what its method `test` says",
}


def test_the_loss_is_called_what_it_is():
    assert {name: kind.metric for name, kind in KINDS.items()} == METRICS


def test_presets_have_the_numbers_that_are_written_down():
    written = json.loads(Path(__file__).with_name("presets.json").read_text())
    found = {kind.name: {name: asdict(preset) for name, preset in kind.presets.items()} for kind in KINDS.values()}
    assert json.loads(json.dumps(found)) == written
