"""A strategy is a list of rules: followed in order, without search, each of them a step of the derivation."""

from collections.abc import Callable, Sequence

from ..derivation import Derivation, Step
from ..summary import summary
from .families import Setting
from .printing import statement
from .terms import State

#: (setting, state) -> the next state; the first rule gets no state.
Rule = Callable[[Setting, State | None], State]


def follow(setting: Setting, rules: Sequence[Rule], state: State | None = None) -> tuple[State, tuple[Step, ...]]:
    """The last state, and a step for each rule that changed something.

    Raises:
        RuleDoesNotApply: a rule refuses; it says why.
    """
    steps = []
    for rule in rules:
        found = rule(setting, state)
        if found != state:
            steps.append(Step(rule_name(rule), statement(found), reason(rule), found))
        state = found
    if state is None:
        raise ValueError("a strategy needs at least one rule.")
    return state, tuple(steps)


def rule_name(rule: Rule) -> str:
    """As it is printed."""
    return rule.__name__.replace("_", " ")


def reason(rule: Rule) -> str:
    """Why the rule holds, as it says itself."""
    return summary(rule).rstrip(".")


def derivation(steps: tuple[Step, ...], setting: Setting) -> Derivation:
    """The steps, with the checker that can replay them."""
    return Derivation(steps, setting, _objections)


def _objections(setting: Setting, steps: tuple[Step, ...]) -> list[str]:
    from . import checker  # not at the top, for replaying is rare

    return checker.objections(setting, steps)
