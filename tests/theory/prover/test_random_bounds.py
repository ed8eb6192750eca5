"""Random bounds by the hundred, as `random_bounds` judges them; and that it would see a wrong verdict."""

import random
from typing import Any

import mpmath
import pytest

import theory
from tests.theory.prover import random_bounds
from tests.theory.prover.bound_trees import D, N, T, expression, minus, num, over, text, times
from tests.theory.prover.known_laws import ENDLESS, KNOWN, Known
from tests.theory.prover.random_bounds import FAR, PROVED, REFUSED, REFUTED, UNSEEN, WRONG, Case, excess, judged, points
from tests.theory.prover.random_trees import SHARP, UNIT
from theory import Refuted


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))  # the same bounds in each run: more of them are for `random_bounds` itself
def test_no_verdict_on_a_random_bound_is_wrong(seed: int) -> None:
    said: list[str] = []
    kinds = [outcome.kind for outcome in random_bounds.run(25, seed, say=said.append)]
    assert WRONG not in kinds, said
    assert kinds.count(FAR) <= 1
    # The test has something to look at.
    assert kinds.count(PROVED) >= 2
    assert kinds.count(REFUTED) >= 2


def test_laws_are_evaluated_as_the_toolkit_does() -> None:
    """Two ways to the same number; a slip in a formula here would make the other test pass or fail for nothing."""
    with mpmath.workdps(60):
        for known in KNOWN:
            most = known.iterations or 30
            if known.asymptotic:
                here = [ENDLESS * known.per_noise(ENDLESS, 1, n) for n in range(1, most + 1)]
                assert [float(x) for x in here] == pytest.approx([float(c) for c in known.law.gain(most)], rel=1e-11)
                continue
            for rows, features in ((3, 1), (20, 5), (1000, 999 - 2)):
                here = [features * known.per_noise(rows, features, n) for n in range(1, most + 1)]
                there = known.law.evaluate(T=rows, d=features, sigma=1.0, n=range(1, most + 1))
                assert [float(x) for x in here] == pytest.approx(list(there), rel=1e-11)


def _known(workflow: theory.Workflow) -> Known:
    return next(known for known in KNOWN if known.law.workflow == workflow)


def _kind(bound: Any, given: Any, workflow: theory.Workflow, *, lower: bool = False) -> str:
    with mpmath.workdps(60):
        return judged(Case(_known(workflow), bound, given, lower, ()), random.Random("kind")).kind


def test_a_wrong_proof_would_be_seen() -> None:
    """Bounds a hundredth of a per cent below sharp ones exceed at some of the points."""
    source = random.Random("power")
    sharp = {theory.Replace(): times(N, UNIT), theory.Accumulate(): times(SHARP[0], UNIT)}
    with mpmath.workdps(60):
        for known in KNOWN:
            if known.law.workflow in sharp:
                low = times(num("9999/10000"), sharp[known.law.workflow])
                assert any(excess(known, low, at) > 0 for at in points(source))


@pytest.mark.slow
def test_what_is_wrong_is_called_wrong() -> None:
    """The bound that is handed over is another one than the oracle looks at."""
    low, high = times(num("9999/10000"), times(N, UNIT)), times(num("10001/10000"), times(N, UNIT))
    assert _kind(low, text(low), theory.Replace()) == REFUTED
    assert _kind(high, text(high), theory.Replace()) == PROVED
    assert _kind(low, text(high), theory.Replace()) == WRONG
    assert _kind(high, text(low), theory.Replace()) == WRONG
    assert _kind(low, expression(high), theory.Replace(), lower=True) == WRONG
    pole = over(high, minus(minus(T, D), num(3)))
    assert _kind(times(pole, minus(minus(T, D), num(3))), expression(high), theory.Replace()) == PROVED
    assert _kind(times(pole, minus(minus(T, D), num(3))), text(high), theory.Replace()) == WRONG
    assert _kind(pole, text(pole), theory.Replace()) == REFUSED
    assert _kind(high, "n*U", theory.Replace()) == UNSEEN


def test_crashes_and_points_outside_the_domain_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    bound = times(num("9999/10000"), times(N, UNIT))

    def crash(*_: Any, **__: Any) -> Any:
        raise KeyError("x")

    monkeypatch.setattr(random_bounds, "check_bound", crash)
    assert _kind(bound, text(bound), theory.Replace()) == WRONG
    monkeypatch.setattr(random_bounds, "check_bound", lambda *_, **__: Refuted({"T": 2, "d": 1, "n": 1}))
    assert _kind(bound, text(bound), theory.Replace()) == WRONG


def test_a_bound_depends_on_seed_and_number_alone() -> None:
    assert str(random_bounds.case(7, 3)) == str(random_bounds.case(7, 3))
    assert len({str(random_bounds.case(7, number)) for number in range(40)}) == 40


def test_the_command_fails_where_one_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = [random_bounds.Outcome(PROVED, 0.5, "")]
    monkeypatch.setattr(random_bounds, "run", lambda *_: outcomes)
    assert random_bounds.main(["--count", "1"]) == 0
    outcomes.append(random_bounds.Outcome(WRONG, 1.5, ""))
    assert random_bounds.main(["--count", "2"]) == 1
    assert [line.split() for line in capsys.readouterr().out.splitlines()[-3:]] == [
        ["proved", "1", "0.50", "0.50", "0.50"],
        ["WRONG", "1", "1.50", "1.50", "1.50"],
        ["all", "2", "1.00", "1.50", "1.50"],
    ]
