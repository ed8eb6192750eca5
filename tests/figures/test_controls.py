"""What the explorer starts with, and where its sliders go."""

import pytest

from figures import controls
from theory import TASKS

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


@pytest.mark.parametrize("control", EVERY, ids=lambda control: control.label)
def test_a_slider_starts_between_its_ends_and_has_steps_enough(control):
    assert control.least <= control.first <= control.most <= control.limit
    assert control.least < control.most
    if control.step is not None:
        steps = [(at - control.least) / control.step for at in (control.first, control.most)]
        assert steps == pytest.approx([round(step) for step in steps], abs=1e-9)
        assert 5 <= steps[1] <= 1000
