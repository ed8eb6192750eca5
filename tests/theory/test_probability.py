"""Probabilities of large errors, against finite sums in exact fractions and scipy's F distribution."""

import json
import math
from fractions import Fraction

import pytest
import sympy as sp

import theory
from tests.helpers import Made, thinned
from theory import (
    Accumulate,
    FixedReal,
    Law,
    LinearRegression,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    Workflow,
    by_count,
    check_probability,
    pools,
)
from theory.__main__ import main, parser


def _law(workflow: Workflow, design: str = "fixed") -> Law:
    return theory.linear.test_error(workflow, design=design)


def _exact(ratio: Fraction, T: int, d: int) -> Fraction:
    """P(chi^2_d / chi^2_m > ratio) for even d and m = T - d + 1, in exact fractions.

    Half of either is a sum of exponentials, so that of a + b - 1 coin tosses with 1/(1 + ratio) at least a are heads.
    """
    a, b, p = (T - d + 1) // 2, d // 2, 1 / (1 + ratio)
    tosses = a + b - 1
    return sum((math.comb(tosses, k) * p**k * (1 - p) ** (tosses - k) for k in range(a, tosses + 1)), Fraction(0))


@pytest.mark.parametrize(("T", "d"), thinned([(9, 4), (7, 2), (9, 2), (31, 8), (41, 32)], 5))
@pytest.mark.parametrize("workflow", thinned([Accumulate(), Replace(), SlidingWindow(3), ReplaceGrowing()], 4), ids=str)
@pytest.mark.parametrize("iteration", [1, 3, 8])
def test_one_iteration_against_an_exact_sum(workflow: Workflow, iteration: int, T: int, d: int) -> None:
    threshold = Fraction(3, 2)
    gain = theory.gain(workflow, iteration)[-1]
    exact = _exact(threshold / gain, T, d)
    for probability, verdict in ((exact + Fraction(1, 10**30), "proved"), (exact - Fraction(1, 10**30), "refuted")):
        if not 0 < probability < 1:
            continue
        found = check_probability(_law(workflow), threshold, probability, n=iteration, T=T, d=d)
        assert found.verdict == verdict
        assert found.enclosure is not None
        low, high = map(Fraction, found.enclosure)
        assert low <= exact <= high
        assert found.counterexample == ({"n": iteration} if verdict == "refuted" else None)
    assert check_probability(_law(workflow), threshold, exact, n=iteration, T=T, d=d).verdict == "undecided"  # equal


@pytest.mark.parametrize(("T", "d", "sigma"), [(8, 3, 1.0), (100, 32, 0.5), (12, 10, 3.0)])
def test_odd_numbers_against_scipy(T: int, d: int, sigma: float) -> None:
    law = _law(Accumulate())
    for iteration in (1, 2, 5):
        distribution = law.distribution(n=iteration, T=T, d=d, sigma=sigma)
        threshold = float(distribution.isf(0.1))
        found = check_probability(law, threshold, 0.5, n=iteration, T=T, d=d, sigma=sigma)
        assert found.enclosure is not None
        assert found.enclosure[0] == pytest.approx(0.1, rel=1e-9)


def test_every_iteration_at_the_largest_gain() -> None:
    law = _law(Accumulate())
    limit = float(_law(Accumulate()).distribution(n=1, T=20, d=4).sf(3 / (math.pi**2 / 6)))
    above, below = (Fraction(limit) * Fraction(100 + percent, 100) for percent in (1, -1))
    proved = check_probability(law, 3, above, T=20, d=4)
    assert (proved.verdict, proved.gain, proved.counterexample) == ("proved", sp.pi**2 / 6, None)
    assert proved.certificate is not None
    refuted = check_probability(law, 3, below, T=20, d=4)
    assert refuted.verdict == "refuted"
    assert refuted.counterexample is not None
    iteration = refuted.counterexample["n"]
    assert law.distribution(n=iteration, T=20, d=4).sf(3) > below
    # far out alone: the probability at the limit is above this, and at n = 64 below
    near = check_probability(law, 3, Fraction(limit) * Fraction(99_999, 100_000), T=20, d=4)
    assert near.counterexample is not None
    assert near.counterexample["n"] > 64


@pytest.mark.parametrize(("first", "found"), [(2, 2), (3, 3), (64, 64), (65, 128)])
def test_the_first_of_64_iterations_is_the_counterexample(first: int, found: int) -> None:
    """The gain of replace is n; beyond 64 iterations n is doubled."""
    one_fit = _law(Replace()).distribution(n=1, T=20, d=4).isf(0.01)
    threshold = float(one_fit) * (first - 0.5)
    verdict = theory.check_probability(_law(Replace()), threshold, 0.01, T=20, d=4)
    assert verdict.counterexample == {"n": found}


def test_gains_without_a_bound_are_refuted_and_unknown_ones_left_open() -> None:
    refuted = check_probability(_law(Replace()), 5, 0.999, T=20, d=4)
    assert refuted.counterexample is not None
    assert _law(Replace()).distribution(n=refuted.counterexample["n"], T=20, d=4).sf(5) > 0.999
    undecided = check_probability(_law(SlidingWindow(3)), 10**9, 0.5, T=20, d=4)
    assert undecided.verdict == "undecided"
    assert "the largest gain: not known" in undecided.tried
    assert check_probability(_law(FixedReal("1/2")), -1, 0.5, T=20, d=4).verdict == "refuted"  # certain


@pytest.mark.parametrize(
    ("law", "threshold", "probability", "numbers", "why"),
    [
        (_law(Accumulate(), "fresh"), 1, 0.1, {"T": 20, "d": 4}, "known at fixed design"),
        (_law(Accumulate()), 1, 0.1, {"T": 20}, "needs numbers for d"),
        (_law(Accumulate()), 1, 0.1, {"T": 5, "d": 4}, "T >= d \\+ 2"),
        (_law(Accumulate()), 1, 1, {"T": 20, "d": 4}, "more than 0 and less than 1"),
        (_law(Accumulate()), 1, 0, {"T": 20, "d": 4}, "more than 0 and less than 1"),
        (_law(Accumulate()), "n", 0.1, {"T": 20, "d": 4}, "depends on n"),
        (_law(Accumulate()), 1, 0.1, {"T": 20, "d": 4, "n": 0}, "counts model-fitting iterations"),
        (_law(FixedReal(sp.Symbol("w", positive=True))), 1, 0.1, {"T": 20, "d": 4}, "symbolic parameters"),
        (theory.law(LinearRegression(T=[9, 9], design="fixed"), Accumulate()), 1, 0.1, {"d": 4}, "only its mean"),
    ],
)
def test_what_is_not_known_is_refused(
    law: Law, threshold: str | int, probability: float, numbers: dict[str, int], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        check_probability(law, threshold, probability, **numbers)


def test_iterations_that_nobody_looked_at_are_refused() -> None:
    """Of a table of three training sets: the first alone, and all of them together."""
    law = _law(Made(lambda i: {2: by_count(pools(2, 2)), 3: by_count(pools(1, 3))}[i]))
    assert check_probability(law, 4, 0.1, n=3, T=20, d=4).verdict == "proved"
    for asked in ({}, {"n": 4}):
        with pytest.raises(ValueError, match="was looked at up to iteration 3; give an n up to there"):
            check_probability(law, 4, 0.1, T=20, d=4, **asked)


def test_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["check-bound", "accumulate", "4*sigma**2*d/(T-d-1)", "--design", "fixed", "--T", "100", "--d", "32"]
    assert main([*line, "--probability", "0.01", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["gain"], found["T"], found["sigma"]) == ("proved", "pi**2/6", 100, 1.0)
    low, high = found["enclosure"]
    assert low <= _law(Accumulate()).distribution(n=10**6, T=100, d=32).sf(4 * 32 / 67) * (1 + 1e-3) <= high * 1.002
    assert main([*line, "--probability", "1/1000000000", "--n", "7"]) == 0
    assert "for n = 7: refuted" in capsys.readouterr().out


#: Options of a bound that say nothing of a probability, and those that do.
OTHERS = {
    "--lower": (), "--asymptotic": (), "--latex": (), "--domain": ("n >= 2",), "--below": ("replace",),
    "--time-limit": ("9",), "--export": ("proof.gp",),
}  # fmt: skip
SAMPLED = {"--temperature": "1/2", "--bias": "1", "--edited": "1/2", "--fading": "1/2"}
SHARED = {"-h", "--help", "--probability", "--n", "--json", "--design", "--task", "--of", "--T", "--d", "--sigma"}
UNKNOWN = {"--ridge", "--unscaled", "--signal"}  # of a fit whose mean error alone is known


def test_options_that_say_nothing_of_a_probability_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    names = parser().commands["check-bound"].commands["accumulate"].names
    assert names == {*OTHERS, *SAMPLED, *SHARED, *UNKNOWN}
    line = ["check-bound", "accumulate", "1", "--design", "fixed", "--T", "20", "--d", "4", "--probability", "0.1"]
    given = [[name, *values] for name, values in OTHERS.items()] + [[name, value] for name, value in SAMPLED.items()]
    for extra in given:
        assert main([*line, *extra]) == 2
        assert f"{extra[0]} does not go with it" in capsys.readouterr().err
    assert main([*line, "--ridge", "0.5"]) == 2
    assert "only its mean is known" in capsys.readouterr().err
