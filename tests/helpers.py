"""Command lines run in-process, as a user would see them."""

import importlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

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
        status = stop.code
    captured = capsys.readouterr()
    return Ran(status, captured.out, captured.err)


@dataclass(frozen=True)
class Made(Workflow):
    """A workflow from a function."""

    rule: Callable[[Index], TrainingSet]
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
