"""The public face of `neural`: every name is where it says, and none costs more than it needs."""

import subprocess
import sys
from pathlib import Path

import pytest

import neural

ROOT = Path(__file__).parents[2]
HEAVY = ("jax", "equinox", "optax", "rdkit", "sentencepiece", "PIL")


@pytest.mark.parametrize("name", neural._HOME)
def test_a_public_name_is_defined_where_it_says(name):
    found = getattr(neural, name)
    assert found.__name__ == name
    assert found.__module__ == f"neural.{neural._HOME[name]}"


def test_dir_shows_the_public_names():
    assert dir(neural) == sorted(neural._HOME)
    assert {"run", "Learner", "RunDirectory", "read_run", "plot"} <= set(dir(neural))


def test_another_name_is_not_there():
    with pytest.raises(AttributeError, match="module 'neural' has no attribute 'Nothing'"):
        neural.Nothing  # noqa: B018


def test_type_checkers_see_the_same_names():
    text = Path(neural.__file__).read_text()
    for name, home in neural._HOME.items():
        (line,) = (line for line in text.splitlines() if line.startswith(f"    from .{home} import "))
        assert f"{name} as {name}" in line


def test_imports_wait_until_they_are_needed():
    def loaded(code):
        code = f"import sys, neural; {code}; print([m for m in {HEAVY} if m in sys.modules])"
        return subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()

    assert loaded("neural") == "[]"
    assert "rdkit" not in loaded("neural.LanguageModel, neural.ImageModel, neural.run")
