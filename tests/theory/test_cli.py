"""What is typed as a number is that number to the last digit, or refused."""

import argparse
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from theory import Gaussian, GeneralisedLinear, LinearRegression, Poisson, Task
from theory.cli import (
    Parser,
    add_task,
    exact_number,
    natural_number,
    nonnegative_number,
    positive_number,
    whole_number,
)


@pytest.mark.parametrize(
    ("read", "text", "number"),
    [
        (whole_number, "1", 1),
        (whole_number, "1e6", 10**6),
        (whole_number, "9007199254740993", 2**53 + 1),  # no float
        (natural_number, "9223372036854775807", 2**63 - 1),
        (natural_number, "0", 0),
        (exact_number, "0.1", Fraction(1, 10)),
        (exact_number, "9007199254740993/9007199254740992", 1 + Fraction(1, 2**53)),
        (exact_number, "-2", Fraction(-2)),
        (positive_number, "1e-300", 1e-300),
        (nonnegative_number, "0", 0.0),
    ],
)
def test_numbers_are_taken_as_typed(read: Callable[[str], Any], text: str, number: Any) -> None:
    found = read(text)
    assert (found, type(found)) == (number, type(number))


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (whole_number, "0", "at least 1"),
        (natural_number, "-1", "at least 0"),
        (whole_number, "1.5", "whole number"),
        (whole_number, "nan", "whole number"),
        (natural_number, "9223372036854775808", "below 2^63"),
        (natural_number, "inf", "below 2^63"),
        (exact_number, "1e3", "such as 2, 1/2 or 0.5"),
        (exact_number, "1/0", "such as 2, 1/2 or 0.5"),
        (positive_number, "0", "positive finite"),
        (positive_number, "inf", "positive finite"),
        (nonnegative_number, "-1e-300", "at least 0"),
        (nonnegative_number, "nan", "finite"),
    ],
)
def test_others_are_refused(read: Callable[[str], Any], text: str, message: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as refusal:
        read(text)
    assert message in str(refusal.value)
    assert str(refusal.value).endswith(f"got {text!r}")


@pytest.mark.parametrize(
    ("task", "required"),
    [(LinearRegression, {"design", "T", "d"}), (GeneralisedLinear, set()), (Poisson, {"T"}), (Gaussian, {"T"})],
)
def test_numbers_that_a_table_may_tell_need_not_be_typed(task: type[Task], required: set[str]) -> None:
    parser = Parser(prog="it")
    add_task(parser, task, needed=True)
    assert {action.dest for action in parser._actions if action.required} == required
