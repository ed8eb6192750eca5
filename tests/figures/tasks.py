"""Tasks that are not regression, small ones, for what is generated from any task."""

from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from theory import (
    EXACT,
    LARGE_T,
    Choice,
    Derived,
    Domain,
    Parameter,
    Quantity,
    SlidingWindow,
    SymbolicWorkflow,
    Task,
    Variable,
    Workflow,
    gain_law,
)
from theory.symbols import T

tau = sp.Symbol("tau", positive=True)
levels = sp.Symbol("levels", integer=True, positive=True)


@dataclass(frozen=True)
class Mean(Task):
    """The mean of numbers with standard deviation tau: nothing to choose, and no law for windows."""

    name: ClassVar[str] = "mean"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("mean_error", "squared error of the mean of model n", tau**2 / T, tau**2 / T, symbol="M_n"),
    )
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(T, "numbers an iteration"),
        Parameter(tau, "standard deviation", default=2.0),
    )
    domain: ClassVar[Domain] = Domain((Variable(T, (sp.Integer(1),)), Variable(tau, (sp.Rational(1, 2),))))

    T: int | None = None
    tau: float | None = None

    def objection(self, workflow: Workflow, quantity: Quantity) -> str | None:
        return "there is no law for windows." if isinstance(workflow, SlidingWindow) else None

    def derive(self, workflow: Workflow, quantity: Quantity) -> Derived:
        return gain_law(SymbolicWorkflow(workflow), quantity.unit, validity=EXACT, steps=())


@dataclass(frozen=True)
class Levels(Task):
    """The noise of a table with so many levels: two things to choose, three kinds of table and two of noise."""

    name: ClassVar[str] = "levels"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("noise", "noise of model n", levels**2 / (T - 2 * levels), levels**2 / T, short="noise, squared"),
    )
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(levels, "of the table", typical=4, most=50),
        Parameter(T, "rows"),
    )
    choices: ClassVar[tuple[Choice, ...]] = (
        Choice("table", ("long", "wide", "square"), "its form"),
        Choice("noise", ("even", "odd"), "its kind"),
    )
    domain: ClassVar[Domain] = Domain((Variable(levels, (sp.Integer(2),)), Variable(T, (2 * levels + 1,))))

    table: str
    noise: str
    levels: int | None = None
    T: int | None = None

    def derive(self, workflow: Workflow, quantity: Quantity) -> Derived:
        validity = EXACT if self.noise == "even" else LARGE_T
        return gain_law(SymbolicWorkflow(workflow), quantity.unit, validity=validity, steps=())
