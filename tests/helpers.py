"""Command lines run in-process, as a user would see them."""

import importlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from theory import TrainingSet, Workflow
from theory.workflow import Index, Number


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON value; NaN and Infinity are refused."""

        def refuse(name: str) -> None:
            raise ValueError(f"{name} is no JSON")

        return json.loads(self.out, parse_constant=refuse)


def thinned(cases: Sequence[Any], every: int) -> list[Any]:
    """The cases for `parametrize`, of which one in `every` is quick; the others are marked as slow."""
    return [_slow(case) if k % every else case for k, case in enumerate(cases)]


def _slow(case: Any) -> Any:
    if isinstance(case, pytest.ParameterSet):
        return pytest.param(*case.values, marks=[*case.marks, pytest.mark.slow], id=case.id)
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.slow)


def as_a_user() -> dict[str, str]:
    """The environment without what makes programs in tests compile quickly and round otherwise."""
    return {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}


def refused(ran: Ran, program: str, message: str) -> None:
    """Nothing but one line of `program` that says what is wrong; a bar or a first line of news may stand before it."""
    assert ran.status == 2
    assert ran.out == ""
    complaint = [line for line in ran.err.splitlines() if program in line]
    assert len(complaint) == 1
    assert message in complaint[0]
    assert "Traceback" not in ran.err


def command(capsys: Any, module: str, line: str) -> Ran:
    """Run `python -m MODULE LINE`."""
    main = importlib.import_module(f"{module}.__main__").main
    try:
        status = main(line.split())
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    captured = capsys.readouterr()
    return Ran(status, captured.out, captured.err)


@cache
def judged() -> list[Any]:
    """Every claim with its verdict, found once for all tests: not to be changed."""
    from paper_repro import verdicts

    return verdicts.table()


def recorded(experiment: Any, suffix: str = "") -> list[dict[str, str]]:
    """The recorded table of an experiment, or the one beside it whose name ends in `suffix`."""
    from paper_repro.recorded import RECORDED
    from sim.results import Results

    rows = Results(RECORDED, f"{experiment.name}{suffix}").load(experiment.configuration)
    assert rows is not None, "the recorded table is of another configuration: run make figures FRESH=1"
    return rows


def write_image(path: Path, size: tuple[int, int] = (20, 24), mode: str = "RGB", colour: Any = None) -> Path:
    """An image with a middle square of one colour and a border of another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new(mode, size, 0)
    colour = colour if colour is not None else (200 if mode == "L" else (200, 100, 50))
    image.paste(colour, (2, 2, size[0] - 2, size[1] - 2))
    image.save(path)
    return path


@dataclass(frozen=True)
class Made(Workflow):
    """A workflow from a function."""

    rule: Callable[[Index], Any]
    sizes: Callable[[Index], Number] | None = None

    def training_set(self, iteration: Index) -> TrainingSet:
        return self.rule(iteration)

    def pool_size(self, pool: Index) -> Number:
        return self.sizes(pool) if self.sizes else 1

    def __str__(self) -> str:
        return "Made"


def anisotropic(d: int) -> np.ndarray:
    """A dense covariance whose eigenvalues span three decades."""
    generator = np.random.default_rng(d)
    basis = np.linalg.qr(generator.normal(size=(d, d)))[0]
    return basis * np.geomspace(0.05, 50.0, d) @ basis.T
