"""What the explorer of the laws computes, for every task: printed by SymPy as JavaScript."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.jscode import JavascriptCodePrinter

from theory import Generator, Law, LinearRegression, Quantity, SlidingWindow, Task, Workflow, depth, gain
from theory.symbols import GAIN, T, i, n
from theory.sympy_types import as_expression, sum_of, symbols
from theory.table import variants
from theory.tasks.regression.symbols import d, sigma

from .controls import (
    BIAS,
    DASHES,
    EXPLORED,
    ITERATIONS,
    OWN,
    SIGNAL,
    TEMPERATURE,
    WINDOWS,
    Control,
    of_generator,
    of_ridge,
    of_task,
    ridged,
)
from .explored_ridge import of_family
from .laws import given, label, laws, letter, lettered
from .style import COLOUR

_PAGE = Path(__file__).parent / "page"


#: D_n, how often the shift of sampled labels is in model n, where it has no formula.
_SHIFT = sp.Function("shift")

#: Numbers of windows, by what stands for them in a law: of `k` = 2, 3, …, and of iterations 1, 2, ….
_TABLES: dict[Any, str] = {GAIN: "gains", _SHIFT: "shifts"}


class _JavaScript(JavascriptCodePrinter):
    """Sums and products become loops, and numbers of windows, which have no formula, are looked up."""

    def _print_Sum(self, expr: sp.Sum) -> str:
        ((index, first, last),), term = expr.limits, self._print(expr.function)
        return f"sum({self._print(first)}, {self._print(last)}, ({index}) => {term})"

    def _print_Product(self, expr: sp.Product) -> str:
        ((index, first, last),), factor = expr.limits, self._print(expr.function)
        return f"product({self._print(first)}, {self._print(last)}, ({index}) => {factor})"

    def _print_harmonic(self, expr: sp.Expr) -> str:
        last, *order = map(as_expression, expr.args)
        return self._print(sum_of(i ** -(order[0] if order else sp.S.One), i, sp.S.One, last))

    def _print_Function(self, expr: sp.Expr) -> str:
        if expr.func not in _TABLES:
            return super()._print_Function(expr)
        return f"{_TABLES[expr.func]}[k - 2][{self._print(expr.args[0])} - 1]"


@dataclass(frozen=True)
class _Code:
    """JavaScript among data."""

    text: str


def _function(expression: sp.Basic, names: Sequence[str]) -> _Code:
    """Of the settings with these names."""
    return _Code(f"({{ {', '.join(names)} }}) => {_JavaScript().doprint(expression)}")


def _written(value: Any) -> str:
    """Data with code in them as JavaScript."""
    if isinstance(value, _Code):
        return value.text
    if isinstance(value, dict):
        return "{\n" + "".join(f"{_quoted(key)}: {_written(each)},\n" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    return _quoted(value)


def _quoted(value: Any) -> str:
    """JSON that cannot end the script it stands in."""
    return json.dumps(value).replace("<", "\\u003c")


def script(tasks: Sequence[type[Task]] = (LinearRegression,)) -> str:
    """What the explorer computes, as JavaScript that needs no page."""
    gains = [[float(c) for c in gain(window, ITERATIONS)] for window in _windows()]
    shifts = [[float(mean - 1) for mean in depth(window).mean(ITERATIONS)] for window in _windows()]
    own = _written([_checks(control) for control in OWN])
    described = _written({task.name: _task(task) for task in tasks})
    numbers = f"const gains = {json.dumps(gains)};\nconst shifts = {json.dumps(shifts)};\n"
    helpers = "\n".join((_PAGE / name).read_text() for name in ("laws.js", "ridge.js"))
    return f"{helpers}\n{numbers}const own = {own};\nconst tasks = {described};\n"


def _windows() -> list[Workflow]:
    """Those whose numbers go along, in the order of their lengths."""
    return [SlidingWindow(k) for k in range(2, WINDOWS + 1)]


def _checks(control: Control) -> dict[str, Any]:
    """What is needed to tell whether a number is one of the control's, and to say so where it is none."""
    return {
        "name": control.symbol.name,
        "letter": control.letter,
        "label": control.label,
        "needs": control.needs,
        "whole": bool(control.symbol.is_integer),
        "limit": control.limit,
        "first": control.first,
        "floors": [_floor(floor) for floor in control.floors],
    }


def _floor(floor: sp.Expr) -> dict[str, Any]:
    others = sorted(symbols(floor), key=str)
    return {
        "text": lettered(str(floor), others),
        "others": [{"name": other.name, "letter": letter(other)} for other in others],
        "least": _function(floor, [other.name for other in others]),
    }


def _task(task: type[Task]) -> dict[str, Any]:
    quantity = task.quantities[0]
    described = ((workflow, _formulas(task, workflow)) for workflow in EXPLORED)
    return {
        "quantity": _in_words(quantity),
        "axis": quantity.short or _in_words(quantity),
        "outside": quantity.outside,
        "scatter": _scatter(task),
        "parameters": [_checks(control) for control in (*of_task(task).values(), *of_ridge(task), *of_generator(task))],
        "ridged": ridged(task) is not None,
        "choices": [choice.name for choice in task.choices],
        "variants": {
            _key(variant): {"chosen": _chosen(variant), "dash": dash}
            for variant, dash in zip(variants(task), cycle(DASHES.values()))
        },
        "laws": {label(workflow): _laws(task, workflow, known) for workflow, known in described if known},
    }


def _formulas(task: type[Task], workflow: Workflow) -> dict[Task, Law]:
    """The laws that a page can compute: others have numbers alone, which their functions stand for."""
    return {
        variant: law
        for variant, law in laws(task, workflow).items()
        if all(part.func in _TABLES for part in law.expr.atoms(AppliedUndef))
    }


def _in_words(quantity: Quantity) -> str:
    """Its name."""
    return quantity.name.replace("_", " ")


def _scatter(task: type[Task]) -> dict[str, Any] | None:
    """Where the quantity has no variance, and what a reader must know there."""
    quantity, variant = task.quantities[0], ridged(task)
    where = (quantity if variant is None else variant.own_quantities[0]).infinite_variance
    if where is None:
        return None
    found = sorted(symbols(where), key=str)
    shown = re.sub(r"Abs\((.*?)\)", r"|\1|", str(where))
    return {
        "where": _function(where, [symbol.name for symbol in found]),
        "text": f"With {lettered(shown, found)} the {_in_words(quantity)} has a mean but no variance: "
        "single runs scatter without bound.",
    }


def _chosen(variant: Task) -> dict[str, str]:
    return {choice.name: getattr(variant, choice.name) for choice in variant.choices}


def _key(variant: Task) -> str:
    """`fixed`: what was chosen; empty where there is nothing to choose."""
    return ", ".join(_chosen(variant).values())


def _laws(task: type[Task], workflow: Workflow, known: Mapping[Task, Law]) -> dict[str, Any]:
    parameters = [str(parameter) for parameter in given(workflow)]
    return {
        "colour": COLOUR[workflow.command()],
        "parameters": parameters,
        "ridged": None if ridged(task) is None else _ridged(workflow, parameters),
        "variants": {
            _key(variant): {
                "exact": law.exact,
                "value": _function(law.expr, sorted({str(n), *parameters, *(p.name for p in variant.parameters)})),
                "generated": _generated(variant, workflow),
            }
            for variant, law in known.items()
        },
    }


def _ridged(workflow: Workflow, parameters: Sequence[str]) -> dict[str, Any]:
    """What `ridge.js` needs of a family."""
    found = of_family(workflow)
    names = sorted({*parameters, *(symbol.name for symbol in (n, T, d, sigma, SIGNAL))})
    return {
        "run": found.run,
        "rows": None if found.rows is None else _function(found.rows, [n.name]),
        "least": None if found.least is None else _function(found.least, names),
    }


def _generated(task: Task, workflow: Workflow) -> dict[str, Any] | None:
    """The law at any temperature and bias; `None` where it is not known.

    It is affine in the squares of both, so that those of predictions, of labels as they are and of a bias of 1 suffice.
    """
    predictions, usual, biased = Generator(temperature=0), Generator(), Generator(bias=1)
    if any(task.generated_objection(workflow, each) is not None for each in (predictions, usual, biased)):
        return None
    law = task.generated(workflow, biased)
    # as for gains, what has no formula is of windows
    shift = _SHIFT(n) if law.shift_expr is None else law.shift_expr
    real, every = (task.generated(workflow, each).gain_expr for each in (predictions, usual))
    if real is None:
        (real,) = {task.generated(window, predictions).gain_expr for window in _windows()}
    added = (GAIN(n) if every is None else every) - real
    value = (real + TEMPERATURE**2 * added) * task.quantities[0].unit + BIAS**2 * shift**2
    return {
        "exact": law.exact,
        "value": _function(value, sorted({str(n), *map(str, given(workflow)), *map(str, symbols(value))})),
    }
