"""The numbers of all presets, written down once more: results are recorded with them, and a change has to be meant."""

import json
from dataclasses import asdict, fields, replace
from pathlib import Path

from neural.__main__ import KINDS

#: Fields that came after results were recorded, and are recorded where they are set: what ran before goes on.
LATER = (
    "until validation check_every patience most_steps weight_decay averaging accept sizes edited fading column "
    "skip_broken times"
).split()


def test_what_came_later_is_recorded_where_it_is_set():
    for preset in [preset for kind in KINDS.values() for preset in kind.presets.values()]:
        names = [field.name for field in fields(preset)]
        assert [*preset.recorded()] == [name for name in names if name not in LATER]
        for name in set(LATER) & {*names}:
            other = {bool: True, int: 7, float: 0.25}.get(type(getattr(preset, name)), "another")
            assert replace(preset, **{name: other}).recorded() == {**preset.recorded(), name: other}


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
