"""What every experiment computes at each preset: `python -m tests.paper_repro.presets` writes `presets.json` anew.

So after a preset was changed, and what is recorded of it is to be made again: hours, or days.
"""

import json
from pathlib import Path

from paper_repro.registry import EXPERIMENTS

FILE = Path(__file__).with_suffix(".json")


def described() -> dict[str, dict[str, object]]:
    """The configuration by experiment and preset, as JSON has it."""
    every = {
        name: {preset: one.configuration for preset, one in entry.presets.items()}
        for name, entry in EXPERIMENTS.items()
    }
    return json.loads(json.dumps(every))


def main() -> None:
    """Write them, a line each."""
    experiments = []
    for name, presets in described().items():
        lines = ",\n".join(f"  {json.dumps(preset)}: {json.dumps(one)}" for preset, one in presets.items())
        experiments.append(f" {json.dumps(name)}: {{\n{lines}\n }}")
    FILE.write_text("{\n" + ",\n".join(experiments) + "\n}\n")


if __name__ == "__main__":
    main()
