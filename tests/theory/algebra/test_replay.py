"""What the checker could not try it objects to, and a limit it takes for none but itself."""

from dataclasses import replace

import pytest
import sympy as sp

from tests.theory.algebra.cases import cases, states
from theory.algebra import operations as op
from theory.algebra.checker import quadrature, replay
from theory.algebra.checker.quadrature import Grid
from theory.algebra.checker.replay import objections
from theory.algebra.terms import Value
from theory.derivation import Step


def last_of(name, rule):
    """The setting, the step before a rule, and the rule's own."""
    steps = [Step(each, "", "", state) for each, state in states(name)]
    place = [step.rule for step in steps].index(rule)
    return cases()[name].setting, steps[place - 1], steps[place]


@pytest.mark.parametrize(
    ("name", "rule", "patched", "objection"),
    [
        ("accumulate, fixed", "summation", "world", "the law: it could not be tried"),
        ("accumulate fresh", "older error", "world", "older error: it could not be tried"),
        ("replace, fresh", "inverse wishart mean", "grid", "inverse wishart mean: n = 1 could not be tried at d = 2"),
    ],
)
def test_what_has_no_average_is_not_taken_for_right(monkeypatch, name, rule, patched, objection):
    if patched == "world":
        monkeypatch.setattr(replay, "world_over", lambda *_, **__: None)
    else:
        monkeypatch.setattr(Grid, "covers", lambda *_: False)
    setting, *steps = last_of(name, rule)
    assert objection in objections(setting, steps)


@pytest.mark.parametrize("lacking", [1, 2, "later"])
@pytest.mark.parametrize(
    ("name", "rule", "what"),
    [("accumulate, fixed", "summation", "the law"), ("accumulate fresh", "older error", "older error")],
)
def test_an_average_in_one_dimension_or_at_one_iteration_is_not_enough(monkeypatch, name, rule, what, lacking):
    """None of d = 1, of d = 2, or of more pools than at the first iteration."""
    fewest: dict[int, int] = {}

    def world_over(case, pools, **options):
        d = case.numbers.d
        refused = len(pools) > fewest.setdefault(d, len(pools)) if lacking == "later" else d == lacking
        return None if refused else quadrature.world_over(case, pools, **options)

    setting, *steps = last_of(name, rule)
    said = f"{what}: it could not be tried"
    assert said not in objections(setting, steps)
    monkeypatch.setattr(replay, "world_over", world_over)
    assert said in objections(setting, steps)


def test_what_holds_at_finite_rows_is_not_passed_off_as_a_limit():
    setting, before, after = last_of("accumulate, fixed", "white noise")
    said = f"{after.rule}: it starts at another iteration than the one before, or claims another limit"
    assert said not in objections(setting, [before, after])
    limit = replace(after, state=replace(after.state, limit=not after.state.limit))
    assert said in objections(setting, [before, limit])


@pytest.mark.parametrize(("part", "is_seen"), [("1", False), ("1.01", True), ("0.99", True)])
def test_the_ratio_to_one_fit_is_one(part, is_seen):
    setting, before, after = last_of("weights, large T", "one fit")
    assert isinstance(after.state, Value)
    scaled = replace(after.state, expression=op.scaled(sp.Rational(part), after.state.expression))
    said = objections(setting, [before, replace(after, state=scaled)])
    assert ("one fit: the ratio is not 1 in the limit at n = 1" in said) == is_seen


def test_what_is_claimed_of_model_1_apart_is_tried():
    """Twice the vector, or half as much again of the number, in the place of what each step says of n = 1."""
    setting, before, seen = cases()["fresh real 1"].setting, (), []
    for rule, state in states("fresh real 1"):
        step = Step(rule, "", "", state)
        if state.base is not None:
            if isinstance(state, Value):
                forged = replace(state, base=op.scaled(sp.Rational(3, 2), state.base))
            else:
                forged = replace(state, base=(state.base[0], op.scaled(2, state.base[1])))
            said = objections(setting, [*before, replace(step, state=forged)])
            assert [each for each in said if each.startswith(f"{rule}: ")], rule
            seen.append(rule)
        before = (step,)
        if rule == "white noise":  # later ones take averages over designs
            break
    assert {"normal equations", "isolate", "squared", "white noise"} <= set(seen)
