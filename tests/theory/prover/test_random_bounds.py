"""Random and mutated bounds over all workflows, by both doors; every verdict is looked at by an evaluator of its own.

The oracle shares no code with the toolkit: a bound is a tree of tuples, printed as text, built in SymPy, and evaluated
here in 60 digits; laws are evaluated from formulas and recursions written here. `RANDOM_BOUNDS=5000` in the environment
tries that many bounds more, from seeds of their own.
"""

import os
import random
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

import mpmath
import pytest
import sympy as sp

import theory
from theory import Law, Refuted, check_bound

#: Bounds a test, and seeds.
_EACH = 25
_SEEDS = 4 + int(os.environ.get("RANDOM_BOUNDS", "0")) // _EACH
#: A law counts as larger than a bound from this relative excess on: the evaluation has 60 digits.
_CLEARLY = mpmath.mpf(10) ** -40

#: ("num", Fraction), ("sym", name), ("+" | "-" | "*" | "/" | "**", tree, tree), ("f", name, *trees), ("sum", tree).
Tree = tuple[Any, ...]
Numbers = dict[str, Any]


def num(value: Any) -> Tree:
    return ("num", Fraction(value))


def sym(name: str) -> Tree:
    return ("sym", name)


N, T, D, SIGMA, I = map(sym, ("n", "T", "d", "sigma", "i"))
ONE = num(1)


def plus(a: Tree, b: Tree) -> Tree:
    return ("+", a, b)


def minus(a: Tree, b: Tree) -> Tree:
    return ("-", a, b)


def times(a: Tree, b: Tree) -> Tree:
    return ("*", a, b)


def over(a: Tree, b: Tree) -> Tree:
    return ("/", a, b)


def power(a: Tree, b: Tree) -> Tree:
    return ("**", a, b)


def f(name: str, *arguments: Tree) -> Tree:
    return ("f", name, *arguments)


def text(tree: Tree) -> str:
    """As it is typed, with more brackets than are needed."""
    match tree:
        case ("num", value):
            return str(value) if value.denominator == 1 and value >= 0 else f"({value})"
        case ("sym", name):
            return name
        case ("f", name, *arguments):
            return f"{name}({', '.join(map(text, arguments))})"
        case ("sum", term):
            return f"Sum({text(term)}, (i, 1, n))"
        case (operator, a, b):
            return f"({text(a)} {operator} {text(b)})"
    raise AssertionError(tree)


_SYMBOLS = {
    "T": sp.Symbol("T", integer=True, positive=True),
    "d": sp.Symbol("d", integer=True, positive=True),
    "n": sp.Symbol("n", integer=True, positive=True),
    "i": sp.Symbol("i", integer=True, positive=True),
    "sigma": sp.Symbol("sigma", positive=True),
    "pi": sp.pi,
    "E": sp.E,
    "EulerGamma": sp.EulerGamma,
}
_SYMPY = {
    "log": sp.log,
    "sqrt": sp.sqrt,
    "exp": sp.exp,
    "harmonic": sp.harmonic,
    "digamma": sp.digamma,
    "zeta": sp.zeta,
}


def expression(tree: Tree) -> Any:
    """In SymPy."""
    match tree:
        case ("num", value):
            return sp.Rational(value.numerator, value.denominator)
        case ("sym", name):
            return _SYMBOLS[name]
        case ("f", name, *arguments):
            return _SYMPY[name](*map(expression, arguments))
        case ("sum", term):
            return sp.Sum(expression(term), (_SYMBOLS["i"], 1, _SYMBOLS["n"]))
        case (operator, a, b):
            left, right = expression(a), expression(b)
            operations: dict[str, Callable[[Any, Any], Any]] = {
                "+": lambda x, y: x + y,
                "-": lambda x, y: x - y,
                "*": lambda x, y: x * y,
                "/": lambda x, y: x / y,
                "**": lambda x, y: x**y,
            }
            return operations[operator](left, right)
    raise AssertionError(tree)


_CONSTANTS = {"pi": mpmath.pi, "E": mpmath.e, "EulerGamma": mpmath.euler}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "log": mpmath.log,
    "sqrt": mpmath.sqrt,
    "exp": mpmath.exp,
    "harmonic": lambda x, p=1: mpmath.harmonic(x) if p == 1 else mpmath.zeta(p) - mpmath.zeta(p, x + 1),
    "digamma": lambda x: mpmath.psi(0, x),
    "zeta": mpmath.zeta,
}
#: Sums are added up to here.
_LONGEST = 2000


class Unknown(Exception):
    """Too long to add up here."""


def value(tree: Tree, at: Numbers) -> Any:
    """In mpmath's real numbers.

    Raises:
        ZeroDivisionError, ValueError: it has no real value.
        Unknown: it is not known here.
    """
    match tree:
        case ("num", number):
            return mpmath.mpf(number.numerator) / number.denominator
        case ("sym", name):
            return +_CONSTANTS[name] if name in _CONSTANTS else mpmath.mpf(at[name])
        case ("f", name, *arguments):
            numbers = [value(each, at) for each in arguments]
            if name in ("log", "digamma") and numbers[0] <= 0 or name == "sqrt" and numbers[0] < 0:
                raise ValueError(name)
            return _FUNCTIONS[name](*numbers)
        case ("sum", term):
            if at["n"] > _LONGEST:
                raise Unknown
            return mpmath.fsum(value(term, {**at, "i": k}) for k in range(1, at["n"] + 1))
        case ("**", a, b):
            base, exponent = value(a, at), value(b, at)
            if base < 0 and exponent != int(exponent) or base == 0 and exponent < 0:
                raise ValueError("power")
            return base**exponent
        case (operator, a, b):
            left, right = value(a, at), value(b, at)
            if operator == "/":
                if right == 0:
                    raise ZeroDivisionError
                return left / right
            return {"+": left + right, "-": left - right, "*": left * right}[operator]
    raise AssertionError(tree)


class Known(NamedTuple):
    """A law with what is known of it here: the law in units of sigma^2 d, by T, d and n."""

    law: Law
    per_noise: Callable[[int, int, int], Any]


def _psi(x: Any) -> Any:
    return mpmath.psi(0, x)


def _accumulate_fresh(rows: int, features: int, n: int) -> Any:
    # sum of 1/(i (iT - a)) = (1/a) (psi(n + 1 - b) - psi(1 - b) - H_n) with a = d + 1 and b = a/T
    a, b = mpmath.mpf(features + 1), mpmath.mpf(features + 1) / rows
    with mpmath.workdps(60 + 2 * len(str(n)) + 4 * len(str(rows))):
        return (_psi(n + 1 - b) - _psi(1 - b) - mpmath.harmonic(n)) / a


def _growing_fresh(rows: int, features: int, n: int) -> Any:
    b = mpmath.mpf(features + 1) / rows
    return (_psi(n + 1 - b) - _psi(1 - b)) / rows


@cache
def _window_gains(k: int, iterations: int) -> list[Fraction]:
    """Row by row: the coefficients of each model's error on the noises of all pools."""
    rows: list[list[Fraction]] = []
    for n in range(1, iterations + 1):
        pools = range(max(1, n - k + 1), n + 1)
        row = [Fraction(0)] * n
        for pool in pools:
            share = Fraction(1, len(pools))
            row[pool - 1] += share
            for noise, coefficient in enumerate(rows[pool - 2] if pool > 1 else []):
                row[noise] += share * coefficient
        rows.append(row)
    return [sum((c * c for c in row), Fraction(0)) for row in rows]


def _window(k: int, n: int) -> Any:
    if n > 60:
        raise Unknown
    return mpmath.mpf(_window_gains(k, 60)[n - 1].numerator) / _window_gains(k, 60)[n - 1].denominator


def _geometric(start: Fraction, step: Fraction, ratio: Fraction) -> Callable[[int], Any]:
    """c_1 = start, c_n = step + ratio c_{n-1}."""
    limit = step / (1 - ratio)

    def gain(n: int) -> Any:
        gap = mpmath.mpf((start - limit).numerator) / (start - limit).denominator
        rate = mpmath.mpf(ratio.numerator) / ratio.denominator
        return mpmath.mpf(limit.numerator) / limit.denominator + gap * rate ** (n - 1)

    return gain


def _anchored(weight: Fraction) -> Callable[[int], Any]:
    # delta_n = w noise_1 + (1 - w)(delta_{n-1} + noise_n): the coefficient of noise_1 tends to 1, others decay
    def gain(n: int) -> Any:
        w = mpmath.mpf(weight.numerator) / weight.denominator
        q = 1 - w
        first = 1  # w (1 + q + … + q^(n-2)) + q^(n-1) = 1
        later = q**2 * (1 - q ** (2 * (n - 1))) / (1 - q**2)
        return first + later

    return gain


_FIXED: dict[Any, Callable[[int], Any]] = {
    theory.Replace(): lambda n: mpmath.mpf(n),
    theory.Accumulate(): lambda n: mpmath.zeta(2) - mpmath.zeta(2, n + 1),
    theory.ReplaceGrowing(): lambda n: mpmath.harmonic(n),
    theory.SlidingWindow(2): lambda n: _window(2, n),
    theory.SlidingWindow(3): lambda n: _window(3, n),
    theory.FixedReal("1/2"): _anchored(Fraction(1, 2)),
    theory.FixedReal("1/5"): _anchored(Fraction(1, 5)),
    # real(n) and synthetic(n-1), T rows each: delta_n = (noise + delta_{n-1} + noise)/2
    theory.FreshReal(): _geometric(Fraction(1), Fraction(1, 2), Fraction(1, 4)),
    theory.FreshReal(2): _geometric(Fraction(1), Fraction(1, 3), Fraction(4, 9)),
}


def _known() -> list[Known]:
    found = []
    for workflow, gain in _FIXED.items():
        law = theory.linear.test_error(workflow, design="fixed")

        def fixed(rows: int, features: int, n: int, gain: Callable[[int], Any] = gain) -> Any:
            return gain(n) / (rows - features - 1)

        found.append(Known(law, fixed))
    fresh: dict[Any, Callable[[int, int, int], Any]] = {
        theory.Accumulate(): _accumulate_fresh,
        theory.ReplaceGrowing(): _growing_fresh,
        theory.Replace(): lambda rows, features, n: mpmath.mpf(n) / (rows - features - 1),
    }
    found += [Known(theory.linear.test_error(workflow, design="fresh"), formula) for workflow, formula in fresh.items()]
    return found


KNOWN = _known()
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
    return {"sigma": Fraction(1)} | {
        name: Fraction(x) if name == "sigma" else int(x) for name, x in counterexample.items()
    }


def judged(known: Known, bound: Tree, given: Any, source: random.Random) -> str:
    """The verdict, after it was looked at here: proved, refuted, undecided or refused."""
    try:
        verdict = check_bound(known.law, given)
    except ValueError as refusal:
        return "refused" if "\n" not in str(refusal) else f"refused in several lines: {refusal}"
    if isinstance(verdict, Refuted):
        assert excess(known, bound, _point(verdict.counterexample)) > 0, (known.law.workflow, text(bound), verdict)
    if verdict.verdict == "proved":
        for at in points(source):
            try:
                assert excess(known, bound, at) < _CLEARLY, (known.law.workflow, text(bound), at)
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
            verdict = judged(known, bound, given, source)
            counts[verdict] = counts.get(verdict, 0) + 1
            if verdict == "undecided":
                print(f"undecided: {known.law.workflow} {known.law.task} <= {text(bound)}")
    print(f"seed {seed}: {counts}")
    assert counts.keys() <= {"proved", "refuted", "undecided", "refused"}
    # The test has something to look at.
    assert counts.get("proved", 0) >= 2
    assert counts.get("refuted", 0) >= 2


def test_laws_are_evaluated_as_the_toolkit_does() -> None:
    """Two ways to the same number; a slip in a formula here would make the other test pass or fail for nothing."""
    with mpmath.workdps(60):
        for known in KNOWN:
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
