"""Random and mutated bounds over all workflows, by both doors; every verdict is looked at by an evaluator of its own.

The oracle shares no code with the toolkit: a bound is a tree of tuples, printed as text, built in SymPy, and evaluated
here in 60 digits; laws are evaluated from formulas and recursions written here. `RANDOM_BOUNDS=5000` in the environment
tries that many bounds more, from seeds of their own. One bound in five is a lower one.
"""

import os
import random
from fractions import Fraction
from typing import Any

import mpmath
import pytest

import theory
from tests.theory.prover.bound_trees import (
    ONE,
    SIGMA,
    D,
    I,
    N,
    Numbers,
    T,
    Tree,
    Unknown,
    expression,
    f,
    minus,
    num,
    over,
    plus,
    power,
    sym,
    text,
    times,
    value,
)
from tests.theory.prover.known_laws import ENDLESS, KNOWN, Known
from theory import Refuted, check_bound

#: Bounds a test, and seeds.
_EACH = 25
_SEEDS = 4 + int(os.environ.get("RANDOM_BOUNDS", "0")) // _EACH
#: A law counts as larger than a bound from this relative excess on: the evaluation has 60 digits.
_CLEARLY = mpmath.mpf(10) ** -40

UNIT = over(times(power(SIGMA, num(2)), D), minus(minus(T, D), ONE))
SHARP = (
    over(power(sym("pi"), num(2)), num(6)),
    num(2),
    ONE,
    num("4/3"),
    num("5/9"),
    over(num(4), num(9)),
    num("1/4"),
    sym("EulerGamma"),
    sym("E"),
    f("zeta", num(3)),
)


def _constant(source: random.Random) -> Tree:
    sharp = source.choice(SHARP)
    near = source.choice([1, 1, Fraction(101, 100), Fraction(99, 100), Fraction(10001, 10000), Fraction(9999, 10000)])
    plain = num(Fraction(source.randint(1, 40), source.randint(1, 12)))
    return source.choice([times(num(near), sharp), plain, num(source.randint(1, 9))])


def _shape(source: random.Random) -> Tree:
    c = num(Fraction(source.randint(1, 9), source.randint(1, 4)))
    shapes = [
        ONE,
        N,
        f("sqrt", N),
        power(N, num(Fraction(source.randint(1, 7), source.choice([2, 3, 4])))),
        plus(f("log", N), c),
        f("log", plus(N, ONE)),
        f("harmonic", N),
        f("harmonic", N, num(2)),
        plus(f("digamma", plus(N, num(source.choice([1, 2, "3/2", "1/2"])))), sym("EulerGamma")),
        minus(c, over(ONE, plus(N, num(source.randint(0, 2))))),
        plus(over(N, num(source.randint(2, 9))), c),
        power(num(Fraction(source.randint(11, 20), 10)), minus(N, ONE)),
        power(num("1/2"), N),
        power(N, num(2)),
        f("exp", f("harmonic", N)),
        ("sum", over(ONE, power(I, num(source.randint(1, 3))))),
        ("sum", over(ONE, times(I, plus(I, ONE)))),
        ("sum", over(ONE, minus(times(I, T), D))),
        ("sum", over(T, times(I, minus(minus(times(I, T), D), ONE)))),
    ]
    return source.choice(shapes)


def _scale(source: random.Random) -> Tree:
    noise = times(power(SIGMA, num(2)), D)
    scales = [
        *([UNIT] * 8),
        over(noise, T),
        over(noise, minus(T, D)),
        over(noise, minus(T, plus(D, ONE))),
        over(times(noise, D), minus(minus(T, D), ONE)),
        noise,
        over(times(plus(power(SIGMA, num(4)), ONE), D), times(num(2), minus(minus(T, D), ONE))),
        over(times(f("exp", minus(power(SIGMA, num(2)), ONE)), D), minus(minus(T, D), ONE)),
        times(UNIT, minus(num(2), over(D, T))),
        times(UNIT, plus(ONE, over(D, T))),
        times(UNIT, f("sqrt", D)),
    ]
    return source.choice(scales)


def made_up(source: random.Random) -> Tree:
    """A sum of one to three addends, each a constant times a shape in n times a scale in T, d and sigma."""
    tree = times(times(_constant(source), _shape(source)), _scale(source))
    for _ in range(source.choice([0, 0, 1, 1, 2])):
        addend = times(times(_constant(source), _shape(source)), _scale(source))
        tree = source.choice([plus, plus, minus])(tree, addend)
    return tree


def mutated(source: random.Random, tree: Tree) -> Tree:
    """The tree with one part changed."""
    if tree[0] == "num":
        change = source.choice([Fraction(1, 10_000), Fraction(-1, 10_000), Fraction(1, 100), Fraction(-1, 100), 1])
        return num(tree[1] * (1 + change)) if tree[1].denominator > 1 or source.random() < 0.5 else num(tree[1] + 1)
    if tree[0] == "sym" or source.random() < 0.15:
        return source.choice([times(tree, num(Fraction(source.choice([9999, 10001]), 10000))), tree, plus(tree, ONE)])
    if tree[0] == "sum":
        return ("sum", mutated(source, tree[1]))
    if tree[0] == "f":
        # orders of zeta and harmonic numbers stay whole
        return ("f", tree[1], tree[2] if tree[1] == "zeta" else mutated(source, tree[2]), *tree[3:])
    operator, a, b = tree
    if source.random() < 0.1:
        operator = source.choice(["+", "-", "*", "/"]) if operator != "**" else operator
    if source.random() < 0.5:
        return (operator, mutated(source, a), b)
    return (operator, a, b if operator == "**" else mutated(source, b))


TRUE = [
    times(SHARP[0], UNIT),
    times(N, UNIT),
    times(plus(f("log", N), ONE), UNIT),
    times(f("harmonic", N), UNIT),
    times(plus(over(N, num(4)), ONE), UNIT),
    times(num("4/3"), UNIT),
    times(minus(num(2), over(ONE, N)), UNIT),
    times(minus(SHARP[0], over(ONE, plus(N, ONE))), UNIT),
    over(times(times(power(SIGMA, num(2)), D), N), minus(minus(T, D), ONE)),
]


def limits(source: random.Random) -> list[Numbers]:
    """Many n, with rows without end."""
    iterations = [*range(1, 61), 1000, 10**6, 10**12, 10**40, *(source.randint(61, 2000) for _ in range(20))]
    return [{"T": ENDLESS, "d": 1, "n": n, "sigma": Fraction(1)} for n in iterations]


def points(source: random.Random) -> list[Numbers]:
    """Corners, large n, T and d together, and random ones."""
    found = [
        {"T": d + more, "d": d, "n": n, "sigma": Fraction(1)}
        for d in (1, 2, 7, 100)
        for more in (2, 3, d + 1, 10 * d + 2, 10**6)
        for n in (1, 2, 3, 5, 10, 50)
    ]
    found += [
        {"T": rows, "d": d, "n": n, "sigma": Fraction(1)}
        for rows, d in ((3, 1), (4, 1), (10**9, 1), (2 * 10**6, 10**6), (10**6 + 2, 10**6))
        for n in (1, 2, 60, 1000, 10**6, 10**12, 10**40)
    ]
    for _ in range(30):
        d = source.randint(1, 10 ** source.randint(1, 4))
        rows = d + 1 + source.randint(1, 10 ** source.randint(1, 6))
        found.append({"T": rows, "d": d, "n": source.randint(1, 60), "sigma": Fraction(1)})
    others = [{**source.choice(found), "sigma": Fraction(2) ** source.randint(-12, 12)} for _ in range(40)]
    return found + others


def excess(known: Known, bound: Tree, at: Numbers) -> Any:
    """law - bound, in units of the larger of both."""
    sigma = mpmath.mpf(at["sigma"].numerator) / at["sigma"].denominator
    law = sigma**2 * at["d"] * known.per_noise(at["T"], at["d"], at["n"])
    limit = value(bound, {**at, "sigma": sigma})
    return (law - limit) / max(abs(law), abs(limit))


def _point(counterexample: dict[str, Any]) -> Numbers:
    return {"sigma": Fraction(1), "T": ENDLESS, "d": 1} | {
        name: Fraction(x) if name == "sigma" else int(x) for name, x in counterexample.items()
    }


def judged(known: Known, bound: Tree, given: Any, source: random.Random, *, lower: bool = False) -> str:
    """The verdict, after it was looked at here; or that it is refused, or its counterexample too far out."""
    try:
        verdict = check_bound(known.law, given, lower=lower, asymptotic=known.asymptotic)
    except ValueError as refusal:
        return "refused" if "\n" not in str(refusal) else f"refused in several lines: {refusal}"
    sign, said = -1 if lower else 1, (known.law.workflow, text(bound), "lower" if lower else "upper", verdict)
    least = _CLEARLY if known.asymptotic else 0
    if isinstance(verdict, Refuted):
        try:
            wrong_way = sign * excess(known, bound, _point(verdict.counterexample))
        except Unknown:
            return "too far out"
        assert wrong_way > least, said
    if verdict.verdict == "proved":
        for at in limits(source) if known.asymptotic else points(source):
            try:
                assert sign * excess(known, bound, at) < _CLEARLY, (*said, at)
            except Unknown:
                continue
    return verdict.verdict


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(_SEEDS))
def test_no_verdict_on_a_random_bound_is_wrong(seed: int) -> None:
    source = random.Random(f"bounds {seed}")
    counts: dict[str, int] = {}
    with mpmath.workdps(60):
        for number in range(_EACH):
            known = source.choice(KNOWN)
            bound = made_up(source) if number % 2 else mutated(source, source.choice(TRUE))
            given = text(bound) if source.random() < 0.5 else expression(bound)
            verdict = judged(known, bound, given, source, lower=source.random() < 0.2)
            counts[verdict] = counts.get(verdict, 0) + 1
            if verdict == "undecided":
                print(f"undecided: {known.law.workflow} {known.law.task} <= {text(bound)}")
    print(f"seed {seed}: {counts}")
    assert counts.keys() <= {"proved", "refuted", "undecided", "refused", "too far out"}
    assert counts.get("too far out", 0) <= 1
    # The test has something to look at.
    assert counts.get("proved", 0) >= 2
    assert counts.get("refuted", 0) >= 2


def test_laws_are_evaluated_as_the_toolkit_does() -> None:
    """Two ways to the same number; a slip in a formula here would make the other test pass or fail for nothing."""
    with mpmath.workdps(60):
        for known in KNOWN:
            if known.asymptotic:
                here = [ENDLESS * known.per_noise(ENDLESS, 1, n) for n in range(1, 31)]
                assert [float(x) for x in here] == pytest.approx([float(c) for c in known.law.gain(30)], rel=1e-11)
                continue
            for rows, features in ((3, 1), (20, 5), (1000, 999 - 2)):
                here = [features * known.per_noise(rows, features, n) for n in range(1, 31)]
                there = known.law.evaluate(T=rows, d=features, sigma=1.0, n=range(1, 31))
                assert [float(x) for x in here] == pytest.approx(list(there), rel=1e-11)


def test_a_wrong_proof_would_be_seen() -> None:
    """Bounds a hundredth of a per cent below sharp ones exceed at some of the points."""
    source = random.Random("power")
    sharp = {theory.Replace(): times(N, UNIT), theory.Accumulate(): times(SHARP[0], UNIT)}
    with mpmath.workdps(60):
        for known in KNOWN:
            if known.law.workflow in sharp:
                low = times(num("9999/10000"), sharp[known.law.workflow])
                assert any(excess(known, low, at) > _CLEARLY for at in points(source))
