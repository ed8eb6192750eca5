"""What a reader of the page sets in its explorer, generated from the tasks: numbers, workflows and choices, as HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from itertools import cycle

import sympy as sp

from theory import Choice, Generator, LinearRegression, Replace, Task, Workflow
from theory.summary import summary
from theory.symbols import n
from theory.table import FAMILIES, variants

from .laws import label, letter, lettered
from .style import COLOUR

#: Iterations that the explorer draws, at most.
ITERATIONS = 100

#: Windows whose gains, which have no formula in n, go along as numbers: k = 2 to this; k = 1 is Replace.
WINDOWS = 10

#: What the explorer draws: each family once, all its parameters symbols.
EXPLORED: tuple[Workflow, ...] = tuple(w for w in FAMILIES if w.is_symbolic or not w.parameters)

_SHOWN_FIRST = ("Replace", "Accumulate")

#: The lines of a task's variants, in their order; begun again where there are more.
DASHES = {"solid": "", "dashed": "7 4", "dotted": "2 4", "dash-dotted": "9 4 2 4"}

#: The largest number that is taken, where nothing else bounds it: far below what JavaScript holds exactly.
_LARGEST = 10**9


@dataclass(frozen=True)
class Control:
    """A number that the reader sets.

    Attributes:
        symbol: its name is that in the script and in the page's address.
        meaning: in words.
        first: its value at the start.
        least, most: the ends of its slider.
        floors: it is at least each of these; more than 0 where there are none.
        step: of its slider; `None` for one in decades.
        limit: the largest number that is taken.
        shown: the sign for it, where it is not the symbol's.
    """

    symbol: sp.Symbol
    meaning: str
    first: float | int
    least: float | int
    most: float | int
    floors: tuple[sp.Expr, ...] = ()
    step: float | int | None = None
    limit: float | int = _LARGEST
    shown: str | None = None

    @property
    def letter(self) -> str:
        """`σ` for sigma, unless another sign is shown."""
        return self.shown or letter(self.symbol)

    @property
    def label(self) -> str:
        """`T, samples an iteration`."""
        return f"{self.letter}, {self.meaning}"

    @property
    def needs(self) -> str:
        """Which numbers are taken, in words."""
        if not self.floors:
            return f"more than 0 and at most {_plain(self.limit):,}"
        return (
            f"a {'whole ' if self.symbol.is_integer else ''}number from {_plain(self.least)} to {_plain(self.limit):,}"
        )


_K, _S = sp.symbols("k s", integer=True, positive=True)
_ONE = sp.Integer(1)

#: What the page has whatever the task: iterations, and the parameters of workflows.
OWN = (
    Control(n, "model-fitting iterations", 20, 1, ITERATIONS, (_ONE,), step=1, limit=ITERATIONS),
    Control(_K, "pools in the window", 3, 2, WINDOWS, (sp.Integer(2),), step=1, limit=WINDOWS),
    Control(sp.Symbol("w", positive=True), "weight of real data in the loss", 0.5, 0.01, 1, step=0.01, limit=1),
    Control(_S, "sampled rows over T", 1, 1, 20, (_ONE,), step=1),
)


#: What the reader sets of how data are sampled from a model.
TEMPERATURE, BIAS = (sp.Symbol(name, nonnegative=True) for name in ("temperature", "bias"))

_GENERATOR = (
    Control(TEMPERATURE, "noise of sampled labels over that of real ones", 1, 0, 2, (sp.S.Zero,), step=0.01),
    Control(BIAS, "length of what sampled labels are shifted by", 0, 0, 5, (sp.S.Zero,), step=0.01),
)

RIDGE, SIGNAL = sp.symbols("ridge signal", nonnegative=True)

_RIDGE = (
    Control(RIDGE, "ridge: λ|w|² is added to the loss", 0, 0, 10, (sp.S.Zero,), step=0.01, shown="λ"),
    Control(
        SIGNAL,
        "length of w*, which matters with a ridge and where T < d",
        1,
        0,
        5,
        (sp.S.Zero,),
        step=0.01,
        shown="|w*|",
    ),
)

#: Of the tasks that may have a ridge, what stands for one with it: then there may be any number of rows.
_RIDGED: dict[type[Task], Task] = {LinearRegression: LinearRegression(design="fixed", ridge=0.0)}


def ridged(task: type[Task]) -> Task | None:
    """The task with a ridge of 0; `None` where it has none."""
    return _RIDGED.get(task)


def of_ridge(task: type[Task]) -> tuple[Control, ...]:
    """The ridge and |w*|, where the task has them."""
    return () if ridged(task) is None else _RIDGE


def of_generator(task: type[Task]) -> tuple[Control, ...]:
    """Temperature and bias, where the task has laws under a generator."""
    both = Generator(temperature=0, bias=1)
    known = any(variant.generated_objection(Replace(), both) is None for variant in variants(task))
    return _GENERATOR if known else ()


def of_task(task: type[Task]) -> dict[sp.Symbol, Control]:
    """Those of the task's parameters, each after those that its floors are written in."""
    parameters = {parameter.symbol: parameter for parameter in task.parameters}
    at: dict[sp.Symbol, Fraction] = {}
    found: dict[sp.Symbol, Control] = {}
    variant = ridged(task)
    domain = task.domain if variant is None else variant.own_domain
    for variable in domain.variables:
        symbol, parameter = variable.symbol, parameters[variable.symbol]
        at[symbol] = domain.least(symbol, at)
        first = parameter.typical or parameter.default or (100 if symbol.is_integer else 1)
        least = float(at[symbol]) if at[symbol] > 0 else first / 100
        limit = _LARGEST if variable.ceiling is None else float(variable.ceiling)
        most = min(parameter.most or first * (10**4 if symbol.is_integer else 100), limit)
        meaning = parameter.short or parameter.meaning
        found[symbol] = Control(symbol, meaning, first, least, most, variable.floors, limit=limit)
    return found


def _plain(number: float | int) -> float | int:
    """100 for 100.0."""
    return int(number) if number == int(number) else number


def about(task: type[Task]) -> str:
    """What is refitted and what is measured, in a paragraph."""
    options = "".join(f" {c.name.capitalize()}, {' or '.join(c.options)}: {c.meaning}." for c in task.choices)
    meaning = task.quantities[0].meaning
    text = f"The laws of {task.name}, computed in your browser. {summary(task)} The curves are the {meaning}.{options}"
    return f'<p data-task="{escape(task.name)}">{escape(lettered(text, task.domain.symbols))}</p>'


def form(tasks: Sequence[type[Task]]) -> str:
    """What the reader sets. What belongs to one task alone is marked so, and the script hides that of the others."""
    options = "".join(f'<option value="{escape(task.name)}">{escape(task.name)}</option>' for task in tasks)
    settings = [
        f'<div data-task="{escape(task.name)}">\n'
        + "\n".join(
            _number(control, f"{task.name}-")
            for control in (
                *(of_task(task)[p.symbol] for p in task.parameters),
                *of_ridge(task),
                *of_generator(task),
            )
        )
        + (_UNSCALED if of_ridge(task) else "")
        + "\n</div>"
        for task in tasks
    ]
    settings += [_number(control, "") for control in OWN]
    return "\n".join(
        (
            f"<fieldset{' hidden' * (len(tasks) == 1)}>\n<legend>Task</legend>\n"
            f'<select name="task" aria-label="Task">{options}</select>\n</fieldset>',
            "<fieldset>\n<legend>Settings</legend>\n" + "\n".join(settings) + "\n</fieldset>",
            "<fieldset>\n<legend>Workflows</legend>\n" + "\n".join(map(_family, EXPLORED)) + "\n</fieldset>",
            *(_choice(task, choice) for task in tasks for choice in task.choices),
            '<fieldset class="inline">\n<legend>Scale</legend>\n'
            '<label><input type="checkbox" name="scale"> logarithmic</label>\n</fieldset>',
            '<button type="button" id="explorer-reset">Reset all settings</button>',
        )
    )


_UNSCALED = (
    '\n<label><input type="checkbox" name="unscaled"> λ is added to the sum of the squares, not to their mean: it does '
    "not grow with the rows</label>"
)


def _number(control: Control, prefix: str) -> str:
    own, text = escape(control.symbol.name), escape(control.label)
    name = f"explorer-{escape(prefix)}{own}"
    decades = " data-decades" if control.step is None else ""
    step = control.step or (1 if control.symbol.is_integer else "any")
    least, most, first = map(_plain, (control.least, control.most, control.first))
    return (
        f'<div class="control"><label for="{name}">{text}</label>\n'
        f'<input type="range" id="{name}-slider" min="0" max="100" value="0" aria-label="{text}: slider">\n'
        f'<input type="number" id="{name}" name="{own}" min="{least}" max="{most}" step="{step}" '
        f'value="{first}"{decades}></div>'
    )


def _family(workflow: Workflow) -> str:
    name = escape(label(workflow))
    swatch = f'<span class="swatch" style="background: {COLOUR[workflow.command()]}"></span>'
    checked = " checked" if label(workflow) in _SHOWN_FIRST else ""
    return f'<label><input type="checkbox" name="family" value="{name}"{checked}>{swatch}{name}</label>'


def _choice(task: type[Task], choice: Choice) -> str:
    """One option or all; with its line where an option is a variant."""
    name = escape(f"{task.name}-{choice.name}")
    alone = len(task.choices) == 1
    lines = [f" ({line})" if alone else "" for _, line in zip(choice.options, cycle(DASHES))]
    shown = [
        f'<label><input type="radio" name="{name}" value="{escape(option)}"> {escape(option)}{line}</label>'
        for option, line in zip(choice.options, lines, strict=True)
    ]
    every = "both" if len(choice.options) == 2 else "all"
    shown.append(f'<label><input type="radio" name="{name}" value="{every}" data-every checked> {every}</label>')
    return (
        f'<fieldset class="inline" data-task="{escape(task.name)}" data-choice="{escape(choice.name)}">\n'
        f"<legend>{escape(choice.name.capitalize())}</legend>\n" + "\n".join(shown) + "\n</fieldset>"
    )
