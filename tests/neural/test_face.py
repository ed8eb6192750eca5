"""The public face of `neural`: every name is where it says, and none costs more than it needs."""

import inspect
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


#: Numbers, words and truth values that who writes a program need not give; presets, which give all, are not among them.
USUAL = {
    "ConformerModel": {"test_draws": 8, "test_batch": 64, "times": "uniform"},
    "Hooks": {"accept": None, "measures": (), "loggers": ()},
    "ImageModel": {"test_draws": 8, "test_batch": 64},
    "LanguageModel": {"precision": "float32", "test_batch": 64},
    "Plan": {"first_steps": None},
    "Training": dict.fromkeys(("epochs", "steps", "until"))
    | {"warmup": 0.05, "clip": 1.0, "weight_decay": 0.0, "averaging": 0.0, "chunk": 50},
    "plot": {"metric": "test_loss", "measured": ""},
    "run": {"checkpoint_seconds": 30.0, "watch": False, "progress": False},
}


@pytest.mark.parametrize("name", sorted(neural._HOME.keys() - {"Configuration", "Kind"}))
def test_what_is_not_given_is_as_usual(name):
    """So that a program of today does the same tomorrow."""
    parameters = inspect.signature(getattr(neural, name)).parameters.values()
    given = {each.name: each.default for each in parameters if each.default is not each.empty}
    plain = {key: value for key, value in given.items() if isinstance(value, float | int | str | tuple | None)}
    assert plain == USUAL.get(name, {})


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
