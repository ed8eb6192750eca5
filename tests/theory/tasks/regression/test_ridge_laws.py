"""Laws with a ridge: published numbers, quadrature, and ridge fits themselves."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp
from scipy import integrate

import theory
from tests.helpers import Made, command
from tests.theory.tasks.regression.literal_ridge import Literal, chi_square, master
from tests.theory.tasks.regression.test_proportional import RIDGE
from theory import (
    Accumulate,
    AccumulateFresh,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    LinearRegression,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    Spectrum,
    by_count,
    pools,
)
from theory.depth import z
from theory.symbolic_workflow import SymbolicWorkflow
from theory.symbols import T as ROWS, i, n
from theory.tasks import regression
from theory.tasks.regression import equivalents, ridge_fit, ridge_fixed
from theory.tasks.regression.ridge import BIAS, VARIANCE, Ridge
from theory.tasks.regression.symbols import d as FEATURES, sigma

TWO = Spectrum((1.5, 0.5), (50, 50), (0.4, 0.8))


def values(task, workflow, iterations, **options):
    return theory.law(task, workflow).evaluate(n=range(1, iterations + 1), **options)


@pytest.mark.parametrize(("design", "workflow"), RIDGE, ids=str)
def test_known_values_of_two_eigenspaces(design, workflow):
    for (T, ridge), expected in zip([(160, 0.3), (50, 0.1)], RIDGE[design, workflow], strict=True):
        task = LinearRegression(T, 100, 0.5, design=design, ridge=ridge, signal=1.2**0.5, spectrum=TWO)
        law = theory.law(task, workflow)
        assert law.validity == "proportional"
        np.testing.assert_allclose(law.evaluate(n=range(1, 6)), expected, atol=6e-9)


def test_all_pools_at_one_feature_by_quadrature():
    """An unscaled ridge under Accumulate: w_n - w* is a sum over noises whose Gram matrices are chi^2."""
    T, ridge, signal = 3, 1.0, 2.0

    def over(rows, f):
        return integrate.quad(
            lambda x: 2 * x * f(x**2) * chi_square(x**2, rows), 0, 20, epsabs=1e-14, epsrel=1e-13, limit=400
        )[0]

    bias = signal**2 * over(T, lambda u: (ridge / (u + ridge)) ** 2)
    variances = [over(i * T, lambda u: u / (u + ridge) ** 2) / i for i in range(1, 6)]
    expected = bias + np.cumsum(variances)
    np.testing.assert_allclose(expected, [0.81135908, 0.88105244, 0.91526957, 0.93522403, 0.94820550], atol=6e-9)
    task = LinearRegression(T, 1, 1.0, design="fresh", ridge=ridge, scaled=False, signal=signal)
    law = theory.law(task, Accumulate())
    assert law.exact
    np.testing.assert_allclose(law.evaluate(n=range(1, 6)), expected, rtol=1e-10)
    np.testing.assert_allclose(law.evaluate(n=[5, 2]), expected[[4, 1]], rtol=1e-10)


def test_the_law_of_all_pools_is_derived():
    """Read off the last state of a derivation that can be replayed, with the law's own names of its two functions."""
    task = LinearRegression(design="fresh", ridge=0.1, scaled=False)
    of = theory.law(task, Accumulate())
    assert sp.simplify(of.expr - (BIAS(ROWS) + sigma**2 * sp.Sum(VARIANCE(i * ROWS) / i, (i, 1, n)))) == 0
    rules = [step.rule for step in of.derivation]
    assert rules[:3] == ["normal equations", "labels", "errors"]
    assert rules[-5:-2] == ["exchangeability", "one fit each", "summation"]
    assert of.derivation.checker is not None
    # not where features differ
    power = LinearRegression(design="fresh", ridge=0.1, scaled=False, spectrum=Spectrum.power_law(5, 1.0, 0.5))
    assert theory.law(power, Accumulate()).derivation.checker is None


@pytest.mark.slow
def test_the_derivation_is_replayed():
    law = theory.law(LinearRegression(design="fresh", ridge=0.1, scaled=False), Accumulate())
    assert law.derivation.replay() == []


def test_all_pools_in_the_limit():
    """At d = 100: the telescoped sum with one fit's equivalents is the master equation's, and near the exact law."""
    task = LinearRegression(50, 100, 0.5, design="fresh", ridge=20, scaled=False)
    expected = [0.64174897, 0.72927377, 0.78665783, 0.82222314, 0.84537671]
    np.testing.assert_allclose(values(task, Accumulate(), 5, validity="proportional"), expected, atol=6e-9)
    np.testing.assert_allclose(master(task, Accumulate(), 5), expected, atol=6e-9)
    exact = values(task, Accumulate(), 5)
    assert (abs(exact / expected - 1) < 2e-3).all()
    assert (exact != expected).all()


@pytest.mark.parametrize(("T", "ridge", "kappa"), [(160, 0.3, 0.493708428599), (50, 0.1, 1.06151076)])
def test_the_newest_pool_alone(T, ridge, kappa):
    """The closed recursion, and the master equation, to 8 digits; also for a power law, and pools that grow."""
    assert equivalents.Equivalent(TWO, T, ridge).kappa == pytest.approx(kappa, rel=1e-8)
    power = Spectrum.power_law(40, 1.2, 0.6, 1.2**0.5)
    for spectrum, workflow, scaled in (
        (TWO, Replace(), True),
        (power, Replace(), False),
        (power, ReplaceGrowing(), False),
    ):
        task = LinearRegression(
            T, spectrum.d, 0.5, design="fresh", ridge=ridge, scaled=scaled, signal=1.2**0.5, spectrum=spectrum
        )
        np.testing.assert_allclose(values(task, workflow, 5), master(task, workflow, 5), rtol=1e-8)


LITERAL = [
    ("fixed", Accumulate(), 6, 0.4, True),
    ("fixed", FixedReal("3/10"), 3, 0.2, True),
    ("fixed", SlidingWindow(2), 3, 2.0, False),
    pytest.param("fixed", FreshReal(1, "3/5"), 10, 1.0, False, marks=pytest.mark.slow),
    ("fixed", ReplaceGrowing(), 2, 0.5, False),
    ("fresh", Accumulate(), 2, 1.5, False),
    ("fresh", Accumulate(), 6, 1.0, False),
]


@pytest.mark.parametrize(("design", "workflow", "T", "ridge", "scaled"), LITERAL, ids=str)
def test_exact_laws_against_ridge_fits(design, workflow, T, ridge, scaled):
    """Four features, rows fewer and more; the covariance is twice the identity. A law that is 2 % off would be seen."""
    replicates = 48_000 if T > 4 else 12_000
    literal = Literal(T, (2.0,) * 4, (0.3,) * 4, design, ridge, scaled, replicates=replicates)
    spectrum = Spectrum((2.0,), (4,), (1.2,))
    task = LinearRegression(T, 4, 0.5, design=design, ridge=ridge, scaled=scaled, signal=1.2**0.5, spectrum=spectrum)
    law = theory.law(task, workflow)
    assert law.exact
    literal.agrees(workflow, law.evaluate(n=range(1, 5)))


#: T with a ridge that grows with the rows, replicates by spectrum that see 3 %, and the relative error that the limit
#: itself may have at d = 100: up to 2 % next to no ridge, where training sets come close to as many rows as features.
SETTINGS = {
    160: (0.3, {"alike": 24, "power": 24}, 0.008),
    50: (0.1, {"alike": 36, "power": 60}, 0.008),
    30: (1e-3, {"alike": 110, "power": 160}, 0.02),
}

#: Workflow, design, T, ridge, whether it is scaled: with the two spectra 34 cases, and four more.
LIMITS = [
    *(
        ("fresh", workflow, T, ridge, True)
        for workflow in (Replace(), Accumulate(), SlidingWindow(2), FixedReal("3/10"), FreshReal(1, "3/5"))
        for T, (ridge, *_) in SETTINGS.items()
    ),
    ("fixed", Accumulate(), 160, 0.1, True),
    ("fixed", SlidingWindow(2), 50, 1.0, False),
    ("fresh", FixedReal("3/10"), 50, 10.0, False),
    ("fresh", AccumulateFresh(), 50, 0.1, True),
]
SPECTRA = {"alike": Spectrum.isotropic(100), "power": Spectrum.power_law(100, 0.5, 0.0)}


@pytest.mark.parametrize(
    ("design", "workflow", "T", "ridge", "scaled", "spectrum"),
    [
        # a few seconds take those of features that are alike and fewer rows than these
        pytest.param(*case, spectrum, marks=[] if (case[2], spectrum) == (50, "alike") else pytest.mark.slow)
        for case in LIMITS
        for spectrum in SPECTRA
    ],
    ids=str,
)
def test_limits_against_ridge_fits(design, workflow, T, ridge, scaled, spectrum):
    """At d = 100, within the error that the limit itself has there; one of 3 % more would be seen."""
    chosen, (_, replicates, own) = SPECTRA[spectrum], SETTINGS[T]
    one_by_one = np.repeat(chosen.values, chosen.multiplicities)
    energies = np.repeat(np.array(chosen.energies) / chosen.multiplicities, chosen.multiplicities)
    literal = Literal(T, tuple(one_by_one), tuple(energies), design, ridge, scaled, replicates=replicates[spectrum])
    task = LinearRegression(T, 100, 0.5, design=design, ridge=ridge, scaled=scaled, spectrum=chosen)
    law = values(task, workflow, 2 if T == 30 else 3, validity="proportional")
    literal.agrees(workflow, law, effect=0.03, bias=own)


def test_a_draw_against_ridge_fits():
    """AccumulateSubsample at n = 2: T of 2T rows, and a ridge that does not grow; d = 60, T = 40."""
    T, d, ridge, rng, found = 40, 60, 4.0, np.random.default_rng(5), []
    for _ in range(60):
        first, second = rng.standard_normal((2, T, d))
        drawn = rng.permutation(2 * T)[:T]
        x, own, models = np.vstack([first, second])[drawn], np.zeros((T, 2 * T)), []
        own[np.arange(T), drawn] = 1
        heard = np.linalg.solve(first.T @ first + ridge * np.eye(d), first.T)
        models.append((heard @ first, np.hstack([heard, np.zeros((d, T))])))
        sampled = (drawn >= T)[:, None]
        kept = np.linalg.solve(x.T @ x + ridge * np.eye(d), x.T)
        models.append(
            (kept @ np.where(sampled, x @ models[0][0], x), kept @ (own + np.where(sampled, x @ models[0][1], 0)))
        )
        found.append([((a - np.eye(d)) ** 2).sum() / d + 0.25 * (b**2).sum() for a, b in models])
    mean, deviation = np.mean(found, 0), np.std(found, 0, ddof=1) / np.sqrt(len(found))
    task = LinearRegression(T, d, 0.5, design="fresh", ridge=ridge, scaled=False)
    law = values(task, AccumulateSubsample(), 2)
    assert (deviation < 0.1 * law / 10).all()
    assert (abs(mean - law) < 5 * deviation + 0.01 * law).all()


def test_a_single_run_needs_no_list_of_noises():
    """What follows one number, and what follows each noise; ridges that grow with the rows and that do not."""
    h = np.array([0.3, 0.9])
    for workflow, run in ((Accumulate(), "all"), (Replace(), "newest"), (ReplaceGrowing(), "newest")):
        for kept in (lambda rows: h, lambda rows: h * rows / (h * rows + 1 - h)):
            one = ridge_fixed.followed_by_run(workflow, 7, kept, run)
            np.testing.assert_allclose(one, ridge_fixed.followed(workflow, 7, kept), rtol=1e-12)


@pytest.mark.parametrize("workflow", [Accumulate(), SlidingWindow(2), FixedReal("3/10"), FreshReal(1, "1/2")], ids=str)
def test_the_bias_is_the_depths_generating_function(workflow):
    lost, _ = ridge_fixed.followed(workflow, 6, lambda rows: np.array([0.8, 0.25]))
    for k, h in enumerate(("4/5", "1/4")):
        np.testing.assert_allclose(1 - lost[:, k], [float(g) for g in theory.depth(workflow).generating(h, 6)])
    if workflow == Accumulate():
        np.testing.assert_allclose(1 - lost[:5, 0], [0.8, 0.72, 0.672, 0.6384, 0.612864], rtol=1e-12)


def test_real_data_of_weight_w_are_a_ridge_over_w():
    """FixedReal(w) with the ridge lambda ends with the bias of one fit with the ridge lambda/w, at fixed design."""
    w, mu, ridge = sp.symbols("w mu lambda", positive=True)
    limit = theory.depth(FixedReal(w)).law.limit
    assert limit is not None
    ends = limit.subs(z, mu / (mu + ridge))
    assert sp.simplify(ends - mu / (mu + ridge / w)) == 0
    lost, _ = ridge_fixed.followed(FixedReal("3/10"), 80, lambda rows: np.array([0.8]))
    assert 1 - lost[-1, 0] == pytest.approx(0.5454545454545, rel=1e-12)


def test_a_ridge_that_grows_with_the_rows_forgets_all():
    """Under Accumulate the error tends to |w*|^2, like n^(h - 1); with one that does not, nothing is lost."""
    task = LinearRegression(20, 4, 1.0, design="fixed", ridge=1.0, signal=2.0)
    law = theory.law(task, Accumulate())
    assert law.limit() == 4
    far = law.evaluate(n=[10, 100, 1000, 5000])
    assert (np.diff(far) > 0).all()
    assert 3.0 < far[-1] < 4
    # h = 1/2: what is left of w* falls like n^(-1/2)/Gamma(1/2), and the noise like log n/n
    lost, noise = ridge_fixed.followed_by_run(Accumulate(), 4000, lambda rows: np.array([0.5]), "all")
    assert (1 - lost[-1, 0]) * np.sqrt(4000 * np.pi) == pytest.approx(1, rel=1e-3)
    assert noise[-1, 0] < 1e-3
    unscaled = theory.law(replace(task, scaled=False), Accumulate())
    kept = unscaled.evaluate(n=[1, 10, 100, 1000, 5000])
    assert kept[-1] < kept[0] * 1.7
    assert kept[-1] - kept[-2] < 1e-3
    assert unscaled.limit() is None


def test_bounded_by_least_squares():
    """E_n - B(T) <= (pi^2/6) sigma^2 d/(T - d - 1) with a ridge that does not grow: the noise is less than without."""
    least_squares = theory.linear.test_error(Accumulate(), design="fresh")
    assert theory.check_bound(least_squares, "pi**2/6*sigma**2*d/(T-d-1)").verdict == "proved"
    for T, d, ridge in ((5, 3, 0.1), (9, 4, 5.0), (4, 2, 100.0)):
        task = LinearRegression(T, d, 1.0, design="fresh", ridge=ridge, scaled=False)
        law = theory.law(task, Accumulate())
        assert list(law.derivation)[-2].rule == "less noise than without a ridge"
        assert task.penalty is not None
        noise = law.evaluate(n=range(1, 20)) - ridge_fit.bias_and_variance(task.penalty, T, d)[0]
        assert (noise <= least_squares.evaluate(T=T, d=d, n=range(1, 20))).all()
        assert (noise > 0).all()


def test_a_ridge_of_0_is_least_squares_to_the_bit():
    for workflow in (Accumulate(), Replace(), SlidingWindow(2), FreshReal(1, "1/3")):
        for design in ("fixed", "fresh"):
            task = LinearRegression(9, 3, 0.7, design=design, ridge=0.0, signal=3.0)
            usual = LinearRegression(9, 3, 0.7, design=design)
            assert (values(task, workflow, 6) == values(usual, workflow, 6)).all()
            assert theory.law(task, workflow).validity == theory.law(usual, workflow).validity
    assert (
        theory.check_bound(
            theory.law(LinearRegression(9, 3, 0.7, design="fresh", ridge=0), Accumulate()), "2*sigma**2*d/(T-d-1)"
        ).verdict
        == "proved"
    )


def test_a_small_ridge_is_nearly_least_squares():
    for T in (4, 12):
        for workflow, design in ((Accumulate(), "fresh"), (SlidingWindow(2), "fixed")):
            none = LinearRegression(T, 8, 0.5, design=design, ridge=0)
            small = LinearRegression(T, 8, 0.5, design=design, ridge=1e-4, scaled=False)
            # the first pools are away from as many rows as features, where a small ridge matters most
            exact = values(none, workflow, 1 if design == "fresh" else 4)
            np.testing.assert_allclose(values(small, workflow, len(exact)), exact, rtol=5e-3)


def test_a_ridge_is_another_task():
    """A law holds for a task with the same ridge, |w*| and spectrum alone."""
    usual, ridge = LinearRegression(design="fresh"), LinearRegression(design="fresh", ridge=0.1)
    numbers = LinearRegression(9, 3, 1.0, design="fresh", ridge=0.1)
    assert ridge.covers(numbers)
    assert not usual.covers(numbers)
    assert not ridge.covers(LinearRegression(9, 3, 1.0, design="fresh"))
    for other in ({"ridge": 0.2}, {"scaled": False}, {"signal": 2.0}, {"spectrum": Spectrum((2.0,), (3,), (1.0,))}):
        assert not ridge.covers(replace(numbers, **other)), other
        assert replace(numbers, **other) != numbers
    # without a ridge w* and the covariance do not matter
    assert usual.covers(LinearRegression(9, 3, 1.0, design="fresh", signal=2.0))
    assert str(numbers) == "LinearRegression(T=9, d=3, sigma=1.0, design=fresh, ridge=0.1)"
    assert str(usual) == "LinearRegression(design=fresh)"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ridge": -0.1}, r"ridge is lambda of lambda \|w\|\^2, and must be 0 or between .*; got ridge=-0.1"),
        ({"ridge": float("nan")}, "got ridge=nan"),
        ({"ridge": True}, "got ridge=True"),
        ({"ridge": 1, "signal": -1}, r"signal is \|w\*\|, and must be 0 or between .*; got signal=-1"),
        ({"ridge": 1, "scaled": "no"}, "scaled must be True or False; got 'no'"),
        ({"ridge": 0, "T": 4, "d": 5}, "no finite mean where T is d - 1, d or d \\+ 1; got T=4, d=5"),
        ({"ridge": 0, "T": 5, "d": 5}, "no finite mean"),
        ({"ridge": 0, "T": 6, "d": 5}, "no finite mean"),
        ({"ridge": 1, "T": 0, "d": 5}, "T must be whole numbers of at least 1"),
        ({"ridge": 1, "T": [4, 5], "d": 5}, "with a ridge T and sigma are one number each"),
        ({"ridge": 1, "T": 4, "d": 5, "sigma": [1.0, 2.0]}, "with a ridge T and sigma are one number each"),
        ({"ridge": 1, "d": 2, "covariance": np.eye(2)}, "with a ridge the covariance is given by its spectrum"),
        ({"ridge": 1, "spectrum": [1.0]}, "spectrum must be a Spectrum"),
        ({"ridge": 1, "spectrum": TWO}, r"add up to 1.2, and must add up to signal\^2 = 1. Give signal=1.095"),
        ({"ridge": 1, "d": 3, "T": 9, "spectrum": TWO, "signal": 1.2**0.5}, "add up to 100, and must add up to d=3"),
    ],
)
def test_what_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        LinearRegression(design="fresh", **given)


def test_laws_that_there_are_not():
    ridge = LinearRegression(9, 3, 1.0, design="fixed", ridge=0.1)
    for workflow in (AccumulateSubsample(), FreshReal("1/2")):
        with pytest.raises(ValueError, match="with a ridge there is no law at fixed design for"):
            theory.law(ridge, workflow)
    with pytest.raises(ValueError, match="has symbols for parameters; with a ridge its law needs numbers"):
        theory.law(replace(ridge, design="fresh"), FixedReal(sp.Symbol("w", positive=True)))
    given: dict[str, Any]
    for given in ({}, {"T": 9}, {"d": 3}):
        with pytest.raises(ValueError, match="another one for T > d than for T < d; give .* numbers T and d"):
            theory.law(LinearRegression(design="fresh", ridge=0, **given), Accumulate())
    with pytest.raises(ValueError, match="there is no law with a ridge; leave one of them out"):
        ridge.generated(Accumulate(), theory.Generator(temperature=2))
    with pytest.raises(ValueError, match="followed for at most 200 iterations; got 201"):
        theory.law(ridge, SlidingWindow(2)).evaluate(n=201)
    with pytest.raises(ValueError, match="found for 100 iterations; got 101"):
        theory.law(replace(ridge, design="fresh"), SlidingWindow(2)).evaluate(n=101)
    with pytest.raises(ValueError, match="at most 300 eigenvalues .* validity='proportional'"):
        theory.law(LinearRegression(400, 400, 1.0, design="fixed", ridge=1.0), Accumulate()).evaluate(n=1)
    many = LinearRegression(400, 400, 1.0, design="fixed", ridge=1.0)
    assert theory.law(many, Accumulate()).evaluate(n=1, validity="proportional") > 0
    with pytest.raises(ValueError, match="only its mean is known"):
        theory.law(ridge, Accumulate()).distribution(n=1)
    assert theory.law(ridge, Accumulate()).moments_exist() > 10**6


def test_without_a_ridge_rows_within_one_of_the_features_are_outside():
    """As long as T or d is open, it is said of all numbers; with a ridge any T >= 1 is inside."""
    for ridge in (0, 0.5):
        task = LinearRegression(design="fresh", ridge=ridge)
        for T, features in ((t, f) for t in range(1, 8) for f in range(1, 6)):
            at = {ROWS: T, FEATURES: features, sigma: 1, n: 1}
            inside = all(relation.subs(at) == sp.true for relation in task.relations())
            assert inside == bool(ridge or abs(T - features) >= 2), (T, features)


@pytest.mark.parametrize("rule", ["ridge_chain", "ridge_nested", "minimum_norm", "ridge_fixed"])
@pytest.mark.parametrize("design", ["fixed", "fresh"])
def test_each_law_is_of_its_own_design_and_features(rule, design):
    """Of the newest pool alone and of all of them: what is derived for one design is not taken at the other."""
    held = set()
    for workflow in (Replace(), Accumulate()):
        for penalty in (0, 0.5):
            for spectrum in (None, Spectrum((2.0, 1.0), (2, 2), (0.5, 0.5))):
                for scaled in (True, False):
                    ridge = Ridge(float(penalty), scaled, 1.0, spectrum)
                    said = getattr(regression, rule).objection(SymbolicWorkflow(workflow), design, ridge)
                    if said is None:
                        held.add((str(workflow), bool(penalty), spectrum is None, scaled))
    every = [
        (w, p, alike, s) for w in ("Replace()", "Accumulate()") for p in (0, 1) for alike in (0, 1) for s in (0, 1)
    ]
    expected = {
        ("ridge_chain", "fresh"): lambda w, penalty, alike, scaled: w == "Replace()",
        ("ridge_nested", "fresh"): lambda w, penalty, alike, scaled: w == "Accumulate()" and not (penalty and scaled),
        ("minimum_norm", "fresh"): lambda w, penalty, alike, scaled: w == "Replace()" and alike and not penalty,
        ("minimum_norm", "fixed"): lambda w, penalty, alike, scaled: not penalty,
        ("ridge_fixed", "fixed"): lambda w, penalty, alike, scaled: alike,
    }.get((rule, design), lambda *_: False)
    assert held == {each for each in every if expected(*each)}


@pytest.mark.parametrize(
    ("workflow", "run", "rows"),
    [
        (Replace(), "newest", [1, 1, 1, 1]),
        (ReplaceGrowing(), "newest", [1, 2, 3, 4]),
        (Made(lambda i: by_count(pools(i, i)), lambda k: k**2), "newest", [1, 4, 9, 16]),
        (Accumulate(), "all", [1, 2, 3, 4]),
        (Made(lambda i: by_count(pools(1, i)), lambda k: k), "all", [1, 3, 6, 10]),
        (SlidingWindow(2), None, None),
        (FreshReal(), None, None),
    ],
    ids=["newest", "growing", "squares", "all", "all of growing ones", "window", "real"],
)
def test_rows_of_a_run_are_those_of_its_pools(workflow, run, rows):
    symbolic = SymbolicWorkflow(workflow)
    assert ridge_fixed.run_of(symbolic) == run
    found = ridge_fixed.rows_of_run(symbolic, run)
    assert (found is None) == (rows is None)
    if rows is not None:
        assert [found.subs(n, m) for m in range(1, 5)] == rows


def test_workflows_that_draw_or_collect(recwarn):
    """At fresh design any workflow has a law; AccumulateFresh counts rows, and a draw sorts them by their sets."""
    task = LinearRegression(30, 20, 0.5, design="fresh", ridge=0.2)
    for workflow in (AccumulateFresh(), AccumulateSubsample()):
        law = theory.law(task, workflow)
        assert law.validity == "proportional"
        assert (law.evaluate(n=range(1, 4)) > 0).all()
    assert not recwarn


def test_command_line(capsys):
    line = "accumulate --design fresh --T 50 --d 100 --ridge 0.1 --iterations 5 --json"
    found = command(capsys, "theory", line).json
    task = LinearRegression(50, 100, 1.0, design="fresh", ridge=0.1)
    assert (found["ridge"], found["scaled"], found["signal"]) == (0.1, True, 1.0)
    assert (found["validity"], found["exact"]) == ("proportional", False)
    np.testing.assert_allclose(found["values"], values(task, Accumulate(), 5), rtol=1e-12)
    assert found["values"] == found["test_error"] == found["estimates"]["proportional"]
    assert found["gain"][:2] == ["1", "5/4"]
    line = "accumulate --design fresh --T 3 --d 1 --ridge 1 --unscaled --signal 2 --iterations 2 --json"
    found = command(capsys, "theory", line).json
    assert (found["scaled"], found["validity"], found["estimates"]) == (False, "exact", None)
    np.testing.assert_allclose(found["values"], [0.81135908, 0.88105244], atol=6e-9)
    assert sp.sympify(found["expression"]) is not None
    peak = command(capsys, "theory", "accumulate --design fresh --T 5 --d 10 --ridge 0 --iterations 3 --json").json
    assert peak["values"] == [1.75, None, None]
    assert json.dumps(peak, allow_nan=False)
    shown = command(capsys, "theory", "accumulate --design fresh --T 5 --d 10 --ridge 0 --iterations 3").out
    assert "ridge 0.0" in shown
    assert "infinite" in shown
    plain = command(capsys, "theory", "accumulate --design fresh --T 9 --d 3 --json").json
    assert "ridge" not in plain
    zero = command(capsys, "theory", "accumulate --design fresh --T 9 --d 3 --ridge 0 --json").json
    assert zero["values"] == plain["values"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--T 9 --d 3 --ridge -1", "argument --ridge: must be a finite number of at least 0; got '-1'"),
        ("--T 9 --d 10 --ridge 0", "no finite mean where T is d - 1, d or d + 1; got T=9, d=10"),
        ("--T 9 --d 10", "test error needs T >= d + 2"),
        ("--T 9 --d 3 --ridge 1 --temperature 1/2", "there is no law with a ridge"),
        ("--T 9 --d 3 --ridge 1 --signal inf", "argument --signal: must be a finite number"),
    ],
)
def test_command_line_refuses(capsys, line, message):
    ran = command(capsys, "theory", f"accumulate --design fresh {line}")
    assert ran.status == 2
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(("T", "ridge"), [(9, None), (9, 0.5), (3, 0)], ids=["least squares", "ridge", "least norm"])
def test_a_law_says_how_far_its_workflow_was_looked_at(T, ridge):
    """At fixed design it is exact as far as all pools are whole; of training sets in a table nobody knows more."""
    task = LinearRegression(T, 6, 1.0, design="fixed", ridge=ridge)
    table = {2: by_count(pools(2, 2)), 3: by_count(pools(1, 3)), 4: by_count(pools(3, 4))}
    law = theory.law(task, Made(lambda i: table[i]))
    assert law.validity == "exact"
    assert law.derived.looked_at == 4
    assert theory.law(task, Replace()).derived.looked_at is None
