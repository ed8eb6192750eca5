"""What the explorer starts with, and where its sliders go."""

import html
import json
import re

import pytest
import quickjs

from figures import controls, explorer
from tests.figures.tasks import Levels, Mean
from theory import TASKS, Bernoulli, LinearRegression

EVERY = [
    *controls.OWN,
    *controls._GENERATOR,
    *controls._RIDGE,
    *(control for task in TASKS for control in controls.of_task(task).values()),
]

#: What changes nothing where there is such a number: real temperature, no bias, no ridge, pools of T rows.
FIRST = {"n": 20, "k": 3, "w": 0.5, "s": 1, "temperature": 1, "bias": 0, "ridge": 0, "signal": 1}


def test_the_explorer_starts_where_nothing_is_changed():
    own = (*controls.OWN, *controls._GENERATOR, *controls._RIDGE)
    assert {control.symbol.name: control.first for control in own} == FIRST


#: Each family as it is listed, in its colour.
FAMILIES = {
    "Replace": "#D55E00",
    "ReplaceGrowing": "#E69F00",
    "Accumulate": "#0072B2",
    "AccumulateSubsample": "#56B4E9",
    "SlidingWindow(k)": "#CC79A7",
    "FixedReal(w)": "#8C6D1F",
    "FreshReal(s)": "#009E73",
    "FreshReal(s, w)": "#009E73",
}


def test_every_family_can_be_chosen_and_has_its_colour():
    form = controls.form((LinearRegression,))
    swatches = re.findall(r'value="([^"]*)"[^>]*><span class="swatch" style="background: (#\w+)"></span>([^<]*)<', form)
    assert [(value, name) for value, _, name in swatches] == [(name, name) for name in FAMILIES]
    assert {name: colour for _, colour, name in swatches} == FAMILIES
    described = json.loads(quickjs.Context().eval(f"{explorer.script((Mean, Levels))}\nJSON.stringify(tasks)"))
    for task in described.values():
        assert {name: law["colour"] for name, law in task["laws"].items()}.items() <= FAMILIES.items()
    assert {name: (task["quantity"], task["axis"]) for name, task in described.items()} == {
        "mean": ("mean error", "mean error"),
        "levels": ("noise", "noise, squared"),
    }


def test_what_the_curves_are_is_the_tasks_first_quantity():
    """It has two more."""
    about = html.unescape(controls.about(Bernoulli))
    assert about.startswith('<p data-task="bernoulli">The laws of bernoulli, computed in your browser. ')
    assert " The curves are the squared error of the mean of model n; n = 1 is the fit to real data" in about


def test_where_single_runs_scatter_is_said_in_signs():
    scatter = explorer._scatter(LinearRegression)
    assert scatter is not None
    assert scatter["text"] == (
        "With |T - d| < 4 the test error has a mean but no variance: single runs scatter without bound."
    )


@pytest.mark.parametrize("control", EVERY, ids=lambda control: control.label)
def test_a_slider_starts_between_its_ends_and_has_steps_enough(control):
    assert control.least <= control.first <= control.most <= control.limit
    assert control.least < control.most
    if control.step is not None:
        steps = [(at - control.least) / control.step for at in (control.first, control.most)]
        assert steps == pytest.approx([round(step) for step in steps], abs=1e-9)
        assert 5 <= steps[1] <= 1000
