"""Random bounds as trees: sums of constants times shapes in n times scales, changed parts, and parts that cancel."""

import random
from fractions import Fraction

from tests.theory.prover.bound_trees import (
    ONE,
    SIGMA,
    D,
    I,
    N,
    T,
    Tree,
    f,
    minus,
    num,
    over,
    plus,
    power,
    sym,
    times,
)

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


def cancelling(source: random.Random, tree: Tree) -> Tree:
    """The tree with a part that cancels, and has no value where it divides by zero or leaves a function's domain."""
    near = num(source.randint(0, 4))
    x = source.choice(
        [
            minus(minus(T, D), near),
            minus(N, near),
            minus(T, times(num(source.randint(1, 3)), D)),
            plus(N, near),
            minus(times(N, T), plus(D, near)),
            minus(power(SIGMA, num(2)), ONE),
        ]
    )
    ways = [
        times(tree, over(x, x)),
        plus(tree, minus(over(ONE, x), over(ONE, x))),
        times(tree, over(power(f("sqrt", x), num(2)), x)),
        plus(tree, minus(f("log", x), f("log", x))),
        times(tree, over(f("exp", f("log", x)), x)),
        plus(tree, times(num(0), f("sqrt", x))),
        times(tree, power(f("log", x), num(0))),
    ]
    return source.choice(ways)
