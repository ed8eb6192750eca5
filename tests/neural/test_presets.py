"""The numbers of all presets, written down once more: results are recorded with them, and a change has to be meant."""

import json
from dataclasses import asdict
from pathlib import Path

from neural.__main__ import KINDS


def test_presets_have_the_numbers_that_are_written_down():
    written = json.loads(Path(__file__).with_name("presets.json").read_text())
    found = {kind.name: {name: asdict(preset) for name, preset in kind.presets.items()} for kind in KINDS.values()}
    assert json.loads(json.dumps(found)) == written
