"""The settings and strategies that the tests of the algebra go through, and how a rule is broken in them."""

import inspect
import textwrap
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from tests.helpers import Made
from theory import (
    Accumulate,
    AccumulateFresh,
    AccumulateSubsample,
    FreshReal,
    Generator,
    Replace,
    ReplaceGrowing,
    RuleDoesNotApply,
    SlidingWindow,
    by_count,
    pools,
)
from theory.algebra import reading
from theory.algebra.checker import first_objection, objections
from theory.algebra.families import Setting
from theory.algebra.strategy import Rule, follow, rule_name
from theory.algebra.terms import State
from theory.derivation import Step
from theory.symbolic_workflow import SymbolicWorkflow
from theory.tasks.regression import (
    accumulate_fresh,
    fresh_real,
    generated_steps,
    minimum_norm,
    ridge_nested,
    weighted,
    whole_runs,
)


@dataclass(frozen=True, eq=False)
class Case:
    """A setting with the rules that lead to its law."""

    setting: Setting
    rules: tuple[Rule, ...]


def _whole(workflow, design, read=reading.counted):
    setting = read(SymbolicWorkflow(workflow), design)
    return Case(setting, whole_runs.rules(setting))


def _accumulating(workflow):
    return Case(reading.counted(SymbolicWorkflow(workflow), "fresh"), accumulate_fresh.RULES)


def _weighted(workflow, design, exact):
    symbolic = SymbolicWorkflow(workflow)
    setting = reading.weighted(design, draws=symbolic.draws, later_real=reading.collects_later(symbolic))
    setting = replace(setting, workflow=workflow)
    return Case(setting, weighted.rules(setting, exact))


def _generated(workflow, **generator):
    return Case(generated_steps.setting_of(SymbolicWorkflow(workflow), Generator(**generator)), generated_steps.RULES)


def _ridge(workflow):
    return Case(ridge_nested.setting_of(SymbolicWorkflow(workflow)), ridge_nested.RULES)


def _least_norm(workflow):
    setting = ridge_nested.setting_of(SymbolicWorkflow(workflow), ridge=False)
    return Case(setting, (*ridge_nested.LEAST_NORM, *ridge_nested.FITS))


def _least_norm_of_the_newest(workflow, *more):
    return Case(minimum_norm.newest_setting(SymbolicWorkflow(workflow)), (*minimum_norm.NEWEST, *more))


def _least_norm_at_fixed_design(workflow):
    later = reading.collects_later(SymbolicWorkflow(workflow))
    setting = minimum_norm.fixed_setting(later_real=later, sized_real=False)
    return Case(replace(setting, workflow=workflow), minimum_norm.FIXED)


@cache
def cases() -> dict[str, Case]:
    """All kinds of derivation, by name."""
    return {
        "replace, fresh": _whole(Replace(), "fresh"),
        "growing, fixed": _whole(ReplaceGrowing(), "fixed"),
        "accumulate, fixed": _whole(Accumulate(), "fixed"),
        "accumulate, fresh": _whole(Accumulate(), "fresh"),
        "ridge": _ridge(Accumulate()),
        "ridge, sized": _ridge(Made(lambda i: by_count(pools(1, i)), lambda p: p)),
        "least norm": _least_norm(Accumulate()),
        "least norm, sized": _least_norm(Made(lambda i: by_count(pools(1, i)), lambda p: p)),
        "least norm, newest": _least_norm_of_the_newest(Replace(), *minimum_norm.SOLVED),
        "least norm, newest, sized": _least_norm_of_the_newest(ReplaceGrowing()),
        "least norm, fixed": _least_norm_at_fixed_design(SlidingWindow(2)),
        "least norm, fixed, real": _least_norm_at_fixed_design(FreshReal(1, "1/4")),
        "unequal, fixed": _whole(Accumulate(), "fixed", reading.unequal),
        "unequal, fresh": _whole(Accumulate(), "fresh", reading.unequal),
        "fresh real 1": Case(reading.counted(SymbolicWorkflow(FreshReal(1)), "fresh"), fresh_real.RULES),
        "fresh real 2": Case(reading.counted(SymbolicWorkflow(FreshReal(2)), "fresh"), fresh_real.RULES),
        "accumulate fresh": _accumulating(AccumulateFresh(1, 1)),
        "accumulate fresh, sized": _accumulating(AccumulateFresh(1, 2)),
        "window": _weighted(SlidingWindow(2), "fixed", exact=True),
        "weights": _weighted(FreshReal(1, "1/4"), "fixed", exact=True),
        "weights, large T": _weighted(FreshReal(1, "1/4"), "fresh", exact=False),
        "subsample": _weighted(AccumulateSubsample(), "fresh", exact=False),
        "temperature and bias": _generated(FreshReal(2, "1/4"), temperature="1/2", bias=2),
        "verifier": _generated(SlidingWindow(2), pull="1/4", distance=2),
    }


@cache
def states(name: str) -> tuple[tuple[str, State], ...]:
    """(rule, state) of each step."""
    case = cases()[name]
    _, steps = follow(case.setting, case.rules)
    return tuple((step.rule, step.state) for step in steps)


def reached(case: Case) -> tuple[list[Step], str | None]:
    """The steps up to where a rule refuses, and its reason."""
    steps: list[Step] = []
    state = None
    for rule in case.rules:
        try:
            state, more = follow(case.setting, [rule], state)
        except (RuleDoesNotApply, ValueError, NameError, ArithmeticError, AttributeError, TypeError) as error:
            return steps, f"{rule_name(rule)}: {error}"
        steps += more
    return steps, None


def complaint(case: Case, steps: list[Step]) -> str | None:
    """What the checker says first."""
    return first_objection(case.setting, steps)


def broken(function: Any, *pieces: tuple[str, str]) -> Any:
    """The code of a function with pieces of its source replaced."""
    plain = inspect.unwrap(function)
    source = textwrap.dedent(inspect.getsource(plain))
    source = source[source.index("def ") :]
    for old, new in pieces:
        assert old in source, f"{old!r} is not in {plain.__name__}"
        source = source.replace(old, new, 1)
    scope = dict(plain.__globals__)
    exec(compile(source, f"<broken {plain.__name__}>", "exec"), scope)
    return scope[plain.__name__].__code__


def reject_without_the_condition(trap: Any, monkeypatch: Any) -> None:
    """The checker rejects what the rule of a trap makes without its condition.

    Args:
        trap: (setting, state, rule, why it refuses, (the function with the condition, what of it is replaced)).
        monkeypatch: pytest's.
    """
    setting, state, rule, _, (function, *pieces) = trap
    monkeypatch.setattr(inspect.unwrap(function), "__code__", broken(function, *pieces))
    found = rule(setting, state)
    assert found != state
    said = objections(setting, [Step("made by hand", "", "", state), Step(rule_name(rule), "", "", found)])
    assert any(text.startswith(rule_name(rule)) for text in said), said
