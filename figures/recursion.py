"""2305.17493: a Gaussian and a discrete distribution refitted to their own samples."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

import theory
from paper_repro.recorded import Row, matching
from paper_repro.shumailov2023.discrete import DISCRETE, PROBABILITIES
from paper_repro.shumailov2023.gaussian import GAUSSIAN
from theory import Categorical, Replace

from .style import CIRCLES, COLOUR, NORMAL, caption, shade

#: M in the paper, of both.
_ROWS = 100


def plot(tables: Mapping[str, Sequence[Row]]) -> Figure:
    """Left the Gaussian's moments on the published formulas, right what the discrete chain has lost."""
    figure = Figure(figsize=(5.5, 3.4))
    left, right = figure.subplots(1, 2)
    _gaussian(left, tables[GAUSSIAN.name])
    gap = _discrete(right, tables[DISCRETE.name])
    chains = [int(tables[name][0]["replicates"]) for name in (GAUSSIAN.name, DISCRETE.name)]
    caption(
        figure,
        f"""Each model is fitted to M = {_ROWS} samples of the one before. Left: a standard normal by mean and unbiased
        variance, mean of {chains[0]:,} chains (circles, with 95 % intervals) on the published formulas (dashed: 1 + n/M
        is exact, (3/2)n/M the first order) and on the exact law of the distance (solid). Right: eight states of
        probability q by counting, share of {chains[1]:,} chains that have lost each; the rarer it is, the sooner it is
        gone, and in the end one state is left. Crosses: mean number of states lost, of seven that will be, on its exact
        law (dotted); they differ by at most {100 * gap:.1f} %.""",
    )
    return figure


def _gaussian(axes: Axes, rows: Sequence[Row]) -> None:
    n = np.arange(1, GAUSSIAN.iterations[-1] + 1)
    # the mean of a normal sample's unbiased deviation, by Gamma functions
    shrunk = math.sqrt(2 / (_ROWS - 1)) * math.exp(math.lgamma(_ROWS / 2) - math.lgamma((_ROWS - 1) / 2))
    drawn = (
        ("variance_of_a_sample", COLOUR["replace"], 1 + n / _ROWS, "variance of a sample", -30),
        ("wasserstein", COLOUR["accumulate"], 1.5 * n / _ROWS, "squared Wasserstein\ndistance from the truth", -42),
    )
    for metric, colour, published, label, below in drawn:
        axes.plot(n, published, color=colour, linestyle="--")
        at, mean, error = _curve(rows, {"metric": metric})
        axes.errorbar(at, mean, NORMAL * error, color=colour, **CIRCLES)
        place = {"xytext": (0, below), "textcoords": "offset points", "ha": "right", "va": "top"}
        axes.annotate(label, (n[-1], published[-1]), fontsize=6.5, color=colour, **place)
    axes.plot(n, n / _ROWS + 2 * (1 - shrunk**n), color=COLOUR["accumulate"])
    axes.set(title="Gaussian", xlabel="model-fitting iteration n", ylabel="in units of σ²", ylim=(0, None))


def _discrete(axes: Axes, rows: Sequence[Row]) -> float:
    """The states' curves and how many are lost; how far the latter are off their law at most, relatively."""
    for index, p in enumerate(PROBABILITIES):
        colour = shade(COLOUR["replace"], 1 - 0.85 * index / len(PROBABILITIES))
        at, mean, error = _curve(rows, {"metric": f"lost {p:g}"})
        axes.errorbar(at, mean, NORMAL * error, color=colour, fmt="o-", markersize=2.5, elinewidth=0.8, label=f"{p:g}")
    at, mean, _ = _curve(rows, {"metric": "states_lost"})
    n = np.unique(np.geomspace(1, at[-1], 40).astype(int))
    law = theory.law(Categorical(T=_ROWS, p=PROBABILITIES), Replace(), of="support_lost")
    end = len(PROBABILITIES) - 1
    axes.plot(n, law.evaluate(n=n) / end, color="black", linestyle=":")
    axes.plot(at, mean / end, "x", color="black", markersize=4)
    axes.set(title="discrete", xlabel="model-fitting iteration n", ylabel="share of chains without it", xscale="log")
    axes.set(xticks=(1, 10, 100, 1000), xlim=(0.7, 30_000))  # with room for the legend
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.legend(title="q", fontsize=6.5, title_fontsize=6.5, loc="center right", handlelength=1)
    return float(np.abs(mean / law.evaluate(n=at) - 1).max())


def _curve(rows: Sequence[Row], place: Mapping[str, str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Iterations, means and standard errors."""
    found = list(matching(rows, place))
    at = np.array([int(row["iteration"]) for row in found])
    mean, error = (np.array([float(row[column]) for row in found]) for column in ("mean", "standard_error"))
    return at, mean, error
