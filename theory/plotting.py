"""`plot`: laws by iteration as lines, means as points with 95 % intervals, out of nothing but tables."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from .by_iteration import LAW, LEADING, NETWORK, TRAILING
from .frame import Frame
from .law import Law
from .tasks import TASKS
from .tasks.regression import GeneratedLaw

#: Iterations that a law is drawn for where nobody says how many.
ITERATIONS = 20

#: How a law is drawn by what it holds for.
_LINES: dict[str, Any] = {
    "exact": "-",
    "large-T": "--",
    "next-order": "-.",
    "proportional": ":",
    "approximation": (0, (5, 1, 1, 1, 1, 1)),
}

#: Curves whose labels have room inside a plot.
_INSIDE = 6

#: The width of a plot, and of a letter of its labels, in inches.
WIDTH, _LETTER = 5.5, 0.056

#: Strengths of a colour, in turn, where several lines have one workflow's.
_STRENGTHS = (1.0, 0.6, 0.4, 0.8)

#: Colours of workflows that have none of their own, as a user's.
_OTHERS = ("#444444", "#7F7F7F", "#B22222", "#006D5B")


def plot(*of: Any, iterations: int = ITERATIONS, **parameters: Any) -> Any:
    """Draw laws and tables by iteration, and return the `matplotlib.figure.Figure`; `savefig` writes it to a file.

    A law is a line, whose label says what it holds for; a mean is a point with the 95 % interval of Student's t. Laws
    and means of one workflow and one setting have one colour.

    Args:
        of: laws, and frames as `Law.table` and `Run.table` give them; of one quantity.
        iterations: that laws are drawn for.
        parameters: numbers of the laws' parameters by name, where their tasks have none.

    Raises:
        ValueError: nothing to draw, several quantities, or as `Law.table`.

    >>> from theory import Accumulate, LinearRegression, Replace, law
    >>> task = LinearRegression(design="fixed", T=100, d=32)
    >>> [axes.get_ylabel() for axes in plot(law(task, Replace()), law(task, Accumulate())).axes]
    ['test error, noise left out']
    """
    frame = Frame({})
    for each in of:
        frame += table_of(each, iterations, parameters)
    return drawn(frame)


@singledispatch
def table_of(of: object, iterations: int, parameters: Mapping[str, Any]) -> Frame:
    """What is drawn of an object.

    Args:
        of: a law, a frame; other packages add what else there is.
        iterations: of laws.
        parameters: of laws, as far as their tasks have no numbers.

    Raises:
        ValueError: it is nothing that can be drawn.
    """
    del iterations, parameters
    raise ValueError(f"plot draws laws, runs and their tables; got {of!r}.")


@table_of.register
def _of_frame(of: Frame, iterations: int, parameters: Mapping[str, Any]) -> Frame:
    del iterations, parameters
    missing = [name for name in (*LEADING, *TRAILING) if name not in of.columns]
    if missing:
        raise ValueError(f"plot draws tables of values by iteration; this one has no column {', '.join(missing)}.")
    return of


@table_of.register(Law)
@table_of.register(GeneratedLaw)
def _of_law(of: Law | GeneratedLaw, iterations: int, parameters: Mapping[str, Any]) -> Frame:
    return of.table(iterations, **parameters)


@dataclass(frozen=True, eq=False)
class _Series:
    """One line, or the points of one run.

    Attributes:
        of: what all its rows have alike.
        rows: in the order of iterations.
    """

    of: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]

    @property
    def setting(self) -> tuple[Any, ...]:
        """What a law and a run of it have alike."""
        return tuple(entry for name, entry in self.of.items() if name not in ("source", "validity"))

    def column(self, name: str) -> np.ndarray:
        """In float64; NaN where there is nothing."""
        return np.array([math.nan if row[name] is None else row[name] for row in self.rows], np.float64)

    @property
    def half(self) -> np.ndarray:
        """Half of the 95 % interval of each mean; NaN where it is not known."""
        from .measurement import errors_to_a_side  # SciPy comes with it

        degrees = np.maximum(self.column("replicates") - 1, 1)
        return self.column("standard_error") * np.array([errors_to_a_side(each) for each in degrees])


def drawn(frame: Frame) -> Any:
    """The figure of a table of one quantity.

    Raises:
        ValueError: the table is empty, or of several quantities.
    """
    from matplotlib.figure import Figure

    from .style import style

    with style():
        figure = Figure(figsize=(WIDTH, 3.4))
        figure.set_figwidth(WIDTH + draw(figure.subplots(), frame))
    return figure


def draw(axes: Any, frame: Frame, among: Frame | None = None) -> float:
    """Draw a table of one quantity, with labels and a title; the inches that labels take beside it, 0 where inside.

    Args:
        axes: where it is drawn.
        frame: the table.
        among: a table with further curves, beside which each has its colour.

    Raises:
        ValueError: as `drawn`.
    """
    found = _series(frame)
    if not found:
        raise ValueError("there is nothing to draw: give a law, a run or a table of one.")
    quantities = list(dict.fromkeys((series.of["task"], series.of["quantity"]) for series in found))
    if len({quantity for _, quantity in quantities}) > 1:
        names = ", ".join(quantity for _, quantity in quantities)
        raise ValueError(f"one plot is of one quantity; got {names}. Draw them one by one.")
    alike = {name for name in found[0].of if len({str(series.of.get(name)) for series in found}) == 1}
    colours = _colours(found if among is None else _series(among))
    labels = {series: _label(series, alike) for series in found}
    for series in sorted(found, key=lambda series: series.of["source"] != LAW):
        _draw(axes, series, colours[series.setting], labels[series])
    axes.set(xlabel="model-fitting iteration", ylabel=_measured(*quantities[0]), title=_title(found[0], alike))
    axes.xaxis.get_major_locator().set_params(integer=True)
    if axes.get_ylim()[0] > 0 and not any(series.of["source"] == NETWORK for series in found):
        axes.set_ylim(0, None)
    if len(found) <= _INSIDE:
        axes.legend(loc="best")
        return 0.0
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return _LETTER * (8 + max(map(len, labels.values())))


def _series(frame: Frame) -> list[_Series]:
    """The rows parted by what they have alike beside their own numbers."""
    own = ("iteration", "value", "standard_error", "replicates")
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    names = [name for name in frame.columns if name not in own]
    for row in frame:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return [
        _Series(dict(zip(names, key, strict=True)), sorted(rows, key=lambda row: row["iteration"]))
        for key, rows in groups.items()
    ]


def _colours(found: Sequence[_Series]) -> dict[tuple[Any, ...], Any]:
    """The workflow's colour, a shade of it for each further setting."""
    from .style import COLOUR, shade

    names = list(dict.fromkeys(series.of["workflow"] for series in found))
    others = [name for name in names if name not in COLOUR]
    settings: dict[str, list[tuple[Any, ...]]] = {}
    for series in found:
        of_workflow = settings.setdefault(series.of["workflow"], [])
        if series.setting not in of_workflow:
            of_workflow.append(series.setting)
    return {
        setting: shade(
            COLOUR[name] if name in COLOUR else _OTHERS[others.index(name) % len(_OTHERS)],
            _STRENGTHS[place % len(_STRENGTHS)],
        )
        for name, each in settings.items()
        for place, setting in enumerate(each)
    }


def _draw(axes: Any, series: _Series, colour: Any, label: str) -> None:
    n, values = series.column("iteration"), series.column("value")
    infinite = np.isinf(values)
    if infinite.any():
        label += f", infinite from iteration {n[infinite][0]:g}"
        values = np.where(infinite, np.nan, values)
    if series.of["source"] == LAW:
        axes.plot(n, values, color=colour, linestyle=_LINES[series.of["validity"]], label=label)
    elif np.isfinite(series.half).any():
        axes.errorbar(n, values, series.half, fmt="o", color=colour, elinewidth=0.8, label=label)
    else:
        axes.plot(n, values, "o", color=colour, label=f"{label}, no interval")


def _label(series: _Series, alike: set[str]) -> str:
    """The workflow, the settings in which the curves differ, and where it comes from."""
    of = series.of
    told = [of["workflow"], of["parameters"], of["generator"] if "generator" not in alike else None]
    told += [_setting(name, of[name]) for name in _own(of) if name not in alike and of[name] is not None]
    counts = [row["replicates"] for row in series.rows if row["replicates"] is not None]
    chains = "seed" if of["source"] == NETWORK else "replicate"
    source = f"law, {of['validity']}" if of["source"] == LAW else _counted(max(counts, default=0), chains)
    return f"{', '.join(filter(None, told))}: {source}"


def _counted(count: int, what: str) -> str:
    """`1 seed`, `1,000 replicates`."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def _title(series: _Series, alike: set[str]) -> str:
    of = series.of
    told = [of["task"]] if "task" in alike else []
    told += [_setting(name, of[name]) for name in _own(of) if name in alike and of[name] is not None]
    told += [of["generator"]] if "generator" in alike and of["generator"] else []
    return ", ".join(told)


def _setting(name: str, value: Any) -> str:
    """`fresh design`, `T=100`."""
    if name == "run":  # the folder of a network's
        return str(value)
    return f"{value} {name}" if isinstance(value, str) else f"{name}={_plain(value)}"


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _own(of: Mapping[str, Any]) -> list[str]:
    """The task's settings."""
    return [name for name in of if name not in (*LEADING, *TRAILING)]


def _measured(task: str, quantity: str) -> str:
    """What the axis says: with its conventions, where the task is one of this toolkit's."""
    quantities = (each for kind in TASKS if kind.name == task for each in kind.quantities)
    known = (each.short for each in quantities if each.name == quantity and each.short)
    return next(known, quantity.replace("_", " "))
