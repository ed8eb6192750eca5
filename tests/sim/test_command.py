"""`python -m sim`: what it says beyond the numbers."""

import pytest

from tests.helpers import command, refused

UNEQUAL = "replace-growing --design fresh --T 20,30,40 --d 3 --iterations 3 --replicates 20000 --json"


def test_pools_of_a_growing_workflow_grow_from_what_the_user_gives(capsys):
    ran = command(capsys, "sim", UNEQUAL)
    assert (ran.status, ran.json["verdict"], ran.json["T"]) == (0, "agree", [20, 30, 40])


def test_json_names_the_task_and_the_quantity(capsys):
    line = "replace --task regression --of test_error --T 30 --d 2 --design fixed --iterations 2 --replicates 50 --json"
    found = command(capsys, "sim", line).json
    assert (found["task"], found["quantity"], found["design"]) == ("regression", "test_error", "fixed")


def test_without_a_law_there_is_no_verdict(capsys):
    line = "fresh-real --design fresh --T 20,30 --d 2 --iterations 2 --replicates 50 --json"
    found = command(capsys, "sim", line).json
    assert (found["theory"], found["max_abs_z"], found["verdict"]) == (None, None, "not comparable")
    assert "at unequal pools" in found["reason"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("replace --task collapse --design fixed --T 9 --d 2", "invalid choice: 'collapse'"),
        ("replace --design fixed --T 9 --d 2 --of variance", "invalid choice: 'variance'"),
    ],
)
def test_mistakes(capsys, line, message):
    refused(command(capsys, "sim", line), "python -m sim", message)
