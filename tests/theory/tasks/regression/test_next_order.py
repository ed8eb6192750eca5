"""The next order in 1/T: known rationals, the Taylor coefficients of exact laws, and refusals."""

from fractions import Fraction

import pytest
import sympy as sp

from tests.helpers import Made
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    by_count,
    by_weight,
    gain,
    linear,
    pools,
    real,
    subsample,
    synthetic,
    unequal,
)
from theory.generator import Generator
from theory.symbols import T
from theory.table import Row
from theory.tasks.regression.next_order import kappa
from theory.tasks.regression.symbols import d, sigma

KNOWN = {
    SlidingWindow(2): ["1", "9/8", "21/16", "193/128", "215/128", "3839/2048"],
    SlidingWindow(3): ["1", "9/8", "251/216", "881/729", "8402/6561", "636541/472392"],
    FixedReal("1/2"): ["1", "9/8", "5/4", "169/128", "173/128", "2793/2048"],
    FixedReal("1/5"): ["1", "801/625", "22841/15625", "126493/78125", "17318953/9765625", "93934797/48828125"],
    FreshReal(): ["1", "5/8", "1/2", "59/128", "115/256", "913/2048"],
    FreshReal(1, "7/10"): ["1", "2489/5000", "25429/62500"],
    Replace(): ["1", "2", "3", "4"],
    Accumulate(): [str(sum(Fraction(1, i**3) for i in range(1, m + 1))) for m in range(1, 6)],
    ReplaceGrowing(): [str(sum(Fraction(1, i**2) for i in range(1, m + 1))) for m in range(1, 6)],
}


@pytest.mark.parametrize("workflow", KNOWN, ids=str)
def test_known_rationals(workflow):
    assert [str(value) for value in kappa(workflow, len(KNOWN[workflow]))] == KNOWN[workflow]


@pytest.mark.parametrize("workflow", [Replace(), Accumulate(), ReplaceGrowing(), FreshReal(), FreshReal(2)], ids=str)
@pytest.mark.parametrize("features", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_the_exact_laws_expand_so(workflow, features):
    """E_n T/(sigma^2 d) = c_n + kappa_n (d + 1)/T + …, with d put in."""
    law = linear.test_error(workflow, design="fresh")
    x = sp.Symbol("x", positive=True)
    for m, (c, k) in enumerate(zip(gain(workflow, 4), kappa(workflow, 4), strict=True), 1):
        value = law.expr.subs(sp.Symbol("n", integer=True, positive=True), m).doit()
        scaled = sp.cancel((value / (sigma**2 * d) * T).subs(d, features).subs(T, 1 / x))
        assert scaled.subs(x, 0) == sp.Rational(c)
        assert sp.cancel(sp.diff(scaled, x)).subs(x, 0) == sp.Rational(k) * (features + 1)


def test_sizes_and_noises():
    """Accumulate with unequal pools has an exact law of its own: E_n T/(sigma^2 d) to first order in 1/T."""
    sizes, noises = (1, 2, 3), (1, "1/2", 2)
    found = kappa(Accumulate(), 3, Generator(sizes=sizes, noises=noises))
    law, features = unequal(Accumulate(), design="fresh"), 2

    def scaled(rows):
        values = law.evaluate(T=[rows * size for size in sizes], d=features, sigma=[1.0, 0.5, 2.0])
        return values * rows / features

    def first(rows):
        total, gains = 0, []
        for size, noise in zip(sizes, (1, 0.5, 2), strict=True):
            total += size
            gains.append((gains[-1] if gains else 0) + noise**2 * size / total**2)
        return (scaled(rows) - gains) * rows / (features + 1)

    extrapolated = 2 * first(40_000) - first(20_000)
    assert abs(extrapolated - [float(value) for value in found]).max() < 1e-5


def test_temperature():
    """Linear in its square, as the noises' variances are."""
    cold, cool, usual = (kappa(SlidingWindow(2), 5, Generator(temperature=t)) for t in (0, "1/2", 1))
    assert cool == [c + (u - c) / 4 for c, u in zip(cold, usual, strict=True)]
    assert kappa(Replace(), 3, Generator(temperature=0)) == [1, 1, 1]


@pytest.mark.parametrize("pull", ["1/4", "2/3"])
def test_labels_that_hand_on_a_part_of_the_error(pull):
    """A verifier whose own model is the truth: by hand for Replace, and for Accumulate's second model at d = 1.

    There E_2 = E[(W_1 + h W_2)^2/(W_1 (W_1 + W_2)^2)] + v E[W_2/(W_1 + W_2)^2], a share B = W_1/(W_1 + W_2) being
    beta(T/2, T/2), independent of the sum, of which 1/(2T - 2) is the mean inverse.
    """
    generator = Generator(pull=pull)
    h, v = generator.carried, generator.sampled_variance
    assert h < 1
    gains = [Fraction(1), h**2 + v, h**4 + h**2 * v + v]
    assert kappa(Replace(), 3, generator) == gains
    x, inverse = sp.Symbol("x", positive=True), 2 * (T - 1) / (T - 2)
    mixed = sp.Rational(h) ** 2 * inverse + 2 * sp.Rational(h) * (1 - sp.Rational(h)) + (1 - sp.Rational(h)) ** 2 / 2
    scaled = sp.cancel(((mixed + sp.Rational(v) / 2) / (2 * T - 2) * T).subs(T, 1 / x))
    assert kappa(Accumulate(), 2, generator)[1] == sp.cancel(sp.diff(scaled, x)).subs(x, 0) / 2


def test_real_pools_have_their_own_fluctuations():
    wide = Made(lambda i: by_weight({real(i): "1/2", synthetic(i - 1): "1/2"}))
    assert kappa(wide, 4) == kappa(FreshReal(), 4)


@pytest.mark.parametrize(
    ("workflow", "generator", "iterations", "message"),
    [
        (AccumulateSubsample(), None, 3, "draws rows; the next order is known for pools used whole"),
        (Accumulate(), Generator(bias=1), 3, "not known where labels are shifted"),
        (FixedReal(sp.Symbol("w", positive=True)), None, 3, "needs numbers for them"),
        (Accumulate(), None, 0, "Ask for at least one"),
        (Accumulate(), Generator(sizes=(1, 2)), 3, "pool 3 needs one too"),
        (Accumulate(), Generator(noises=(1, 2)), 3, "noises end at iteration 2"),
    ],
)
def test_mistakes(workflow, generator, iterations, message):
    with pytest.raises(ValueError, match=message):
        kappa(workflow, iterations, generator)


@pytest.mark.parametrize("drawn", [2, 3, 4])
def test_one_draw_is_enough(drawn):
    """At the last iteration that is asked for as well, and not at a later one."""
    workflow = Made(lambda i: subsample(pools(1, i)) if i == drawn else by_count(pools(1, i)))
    assert kappa(workflow, drawn - 1) == kappa(Accumulate(), drawn - 1)
    for iterations in (drawn, drawn + 1):
        with pytest.raises(ValueError, match="Made draws rows"):
            kappa(workflow, iterations)


@pytest.mark.parametrize(
    ("workflow", "shown"), [(SlidingWindow(2), "1, 9/8, 21/16, 193/128, …"), (AccumulateSubsample(), None)]
)
def test_the_table_shows_the_first(workflow, shown):
    row = Row(linear.test_error(workflow, design="fresh"))
    assert row.cells()["next_order"] == shown
