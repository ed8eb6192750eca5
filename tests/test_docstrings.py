"""The examples in docstrings print what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("theory", "sim", "neural", "paper_repro", "figures")


def modules() -> list[str]:
    paths = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return [".".join(p.relative_to(ROOT).with_suffix("").parts) for p in paths if ">>> " in p.read_text()]


@pytest.mark.parametrize("name", modules())
def test_examples(name):
    found = doctest.testmod(importlib.import_module(name.removesuffix(".__init__")))
    assert found.attempted > 0
    assert found.failed == 0


def test_public_entry_points_have_examples():
    assert {"theory.law", "theory.linear", "theory.bounds", "sim.run"} <= set(modules())
