"""Diagnoses of measured losses: tests and intervals that keep their rate, workflows told apart, and what is refused."""

import csv
import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import theory
from tests.helpers import Made, command, refused
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    by_count,
    diagnose,
    pools,
)
from theory.diagnose import _alike, errors_of
from theory.diagnose_fit import Seen, fit
from theory.diagnose_readings import Shapes

#: Share of false alarms of each test of calibration here.
LEAST_P = 1e-6
RECORDED = Path(__file__).parents[2] / "paper_repro"


def harmonic(n, power):
    return sum(1 / i**power for i in range(1, n + 1))


#: c_n by hand, and L_n.
GAIN = {Replace(): lambda n: n, Accumulate(): lambda n: harmonic(n, 2)}
DEPTH = {Replace(): lambda n: n, Accumulate(): lambda n: harmonic(n, 1)}


def chain(workflow, iterations, best=1.5, excess=0.4, shift=0.0):
    """Mean losses by the formulas."""
    return np.array(
        [best + excess * GAIN[workflow](n) + shift * (DEPTH[workflow](n) - 1) ** 2 for n in range(1, iterations + 1)]
    )


def walk(generator, seeds, iterations):
    """Errors of chains whose losses go together: a random walk, which grows."""
    return 0.03 * generator.normal(size=(seeds, iterations)).cumsum(1)


def known(generator, mean):
    deviation = np.linspace(0.02, 0.05, len(mean))
    return mean + deviation * generator.normal(size=len(mean)), deviation, None


def estimated(generator, mean):
    """Standard errors from three seeds each, by scaled chi-square."""
    return mean + 0.03 * generator.normal(size=len(mean)), 0.03 * np.sqrt(generator.chisquare(2, len(mean)) / 2), 3


def by_three_seeds(generator, mean):
    return mean + walk(generator, 3, len(mean)), None, None


def by_six_seeds(generator, mean):
    return mean + walk(generator, 6, len(mean)), None, None


def unstated(generator, mean):
    return mean + 0.03 * generator.normal(size=len(mean)), None, None


def covered(interval, value):
    return interval.low <= value <= interval.high


@pytest.mark.parametrize("measure", [known, estimated, by_three_seeds, by_six_seeds, unstated])
@pytest.mark.parametrize(("workflow", "kind"), [(Replace(), "noise"), (Accumulate(), "shift")], ids=str)
def test_p_values_are_uniform_and_intervals_cover(workflow, measure, kind):
    generator = np.random.default_rng([3, len(measure.__name__), len(kind)])
    count, shift = 400, 0.02 if kind == "shift" else 0.0
    mean, shapes, p, hits = chain(workflow, 6, shift=shift), Shapes(workflow), [], []
    truth = chain(workflow, 20, shift=shift)[-1]
    excesses = []
    while len(hits) < count:
        try:
            errors = errors_of(*measure(generator, mean))
        except ValueError:  # standard errors that differ by chance more than they are let: 1 in 100
            assert measure is estimated
            continue
        found = fit(Seen(tuple(range(1, 7)), errors, None, 0.9, (20,)), shapes, kind)
        assert (found.test is None) == (measure is unstated)
        if found.test is not None:
            p.append(found.test.p_value)
        if found.forecasts:
            hits.append((covered(found.excess, 0.4), covered(found.forecasts[20], truth)))
            excesses.append(found.excess.value)
        else:
            hits.append((covered(found.excess, 0.4), None))
    if p:
        assert stats.kstest(p, "uniform").pvalue > LEAST_P
    by_excess = sum(hit for hit, _ in hits)
    ahead = [hit for _, hit in hits if hit is not None]
    assert stats.binomtest(by_excess, count, 0.9).pvalue > LEAST_P
    assert len(ahead) > 0.8 * count
    assert stats.binomtest(sum(ahead), len(ahead), 0.9).pvalue > LEAST_P
    # power of these: intervals that were right at 0.8, not at 0.9, would be seen
    assert stats.binomtest(round(0.8 * len(ahead)), len(ahead), 0.9).pvalue < LEAST_P


def test_intervals_over_the_share_kept_cover_at_least_as_often_as_stated():
    generator, z = np.random.default_rng(5), 0.4
    mean = np.array([1.5 + 0.1 * n + 0.5 * (z - z**n) / (1 - z) for n in range(1, 9)])
    hits, fits = 0, 0
    for _ in range(100):
        errors = errors_of(mean + 0.02 * generator.normal(size=8), np.float64(0.02), None)
        found = fit(Seen(tuple(range(1, 9)), errors, None, 0.9, ()), Shapes(Replace()), "forgetting")
        fits += bool(found.fits)
        hits += covered(found.excess, 0.1) and covered(found.bias, 0.5)
    assert stats.binomtest(hits, 100, 0.9, alternative="less").pvalue > LEAST_P
    assert stats.binomtest(fits, 100, 0.9, alternative="less").pvalue > LEAST_P


@pytest.mark.parametrize(("truth", "wrong"), [(Replace(), Accumulate()), (Accumulate(), Replace())], ids=str)
@pytest.mark.parametrize("measure", [known, by_six_seeds])
def test_a_wrong_law_is_seen(truth, wrong, measure):
    generator = np.random.default_rng(7)
    seen = []
    for _ in range(40):
        errors = errors_of(*measure(generator, chain(truth, 8, excess=1.0)))
        found = fit(Seen(tuple(range(1, 9)), errors, None, 0.95, ()), Shapes(wrong), "noise")
        seen.append(not found.possible)
    assert sum(seen) >= 36


@pytest.mark.parametrize("kind", ["shift", "forgetting"])
def test_what_has_the_shape_of_the_gain_is_possible_where_noise_alone_fits(kind):
    """On real data alone neither gain nor depth changes, so that bias and excess are not told apart."""
    for slope, possible in ((0.0, True), (0.1, False)):
        errors = errors_of(1.9 + slope * np.arange(6) + 0.02 * np.array([1, -1, 0.5, -0.5, 0.2, -0.2]), 0.02, None)
        found = fit(Seen(tuple(range(1, 7)), errors, 1.5, 0.95, ()), Shapes(FixedReal(1)), kind)
        assert (found.excess, found.possible) == (None, possible)
        assert "its shape is that of the gain" in str(found.reason)


@pytest.mark.parametrize(("p", "possible"), [(0.03, False), (0.049, False), (0.051, True)])
def test_what_is_not_told_from_noise_is_excluded_where_noise_is(p, possible):
    """Forgetting too, of whose other shapes each is tested at half of what may be wrong."""
    off = np.array([1, -1, 0.5, -0.5, 0.2, -0.2])
    losses = 1.9 + 0.02 * off * math.sqrt(stats.chi2.isf(p, 5) / (off @ off))
    found = diagnose(losses, 0.02, FixedReal(1), best_loss=1.5, forecasts=())
    assert found.fits[0].test.p_value == pytest.approx(p)
    assert [one.possible for one in found.fits] == [possible] * 3


def test_replace_is_told_from_all_others_and_accumulate_but_from_what_has_its_gain():
    generator, n = np.random.default_rng(11), 30
    losses = chain(Replace(), n) + 0.01 * generator.normal(size=n)
    assert diagnose(losses, 0.01, best_loss=1.5, forecasts=()).only == Replace()
    found = diagnose(losses, 0.01)
    assert found.only is None  # ReplaceGrowing has the same depth, n: if what is forgotten is all of the rise
    assert found.possible == [Replace(), ReplaceGrowing()]
    assert found.only_if_unbiased == Replace()
    assert len(found.candidates) == len(set(found.candidates)) == 14
    assert "if no model is biased: of the 14 candidates Replace() alone fits" in found.verdict
    far: Any = found.fits[0].forecasts[100]
    assert abs(far.value - (1.5 + 0.4 * 100)) < 5 / 1.96 * (far.high - far.value) < 0.1
    losses = chain(Accumulate(), n) + 0.002 * generator.normal(size=n)
    found = diagnose(losses, 0.002, forecasts=())
    assert found.only is None  # the gain of draws is that of Accumulate, up to a factor and a constant
    assert set(found.possible) >= {Accumulate(), AccumulateSubsample()}
    assert Replace() not in found.possible
    assert (Accumulate(), AccumulateSubsample()) in found.alike
    assert diagnose(losses, 0.002, best_loss=1.5, forecasts=()).only == Accumulate()


@pytest.mark.parametrize("best_loss", [None, 0])
@pytest.mark.parametrize("iterations", [(1, 2, 3, 4, 5), (1, 2), (2, 3), (3,)], ids=str)
def test_candidates_are_alike_where_a_line_that_rises_leads_from_one_gain_to_the_other(iterations, best_loss):
    """A line through the origin where the best loss is known; by cross products, for each two candidates."""
    found = diagnose([1.0] * len(iterations), 0.1, iterations=list(iterations), best_loss=best_loss, forecasts=())
    steps = {}
    for each in found.candidates:
        c = theory.gain(each, 7)
        first = c[iterations[0] - 1] if best_loss is None else 0
        steps[each] = [c[n - 1] - first for n in iterations]

    def alike(a, b):
        no_turn = all(x * v == y * u for x, u in zip(a, b, strict=True) for y, v in zip(a, b, strict=True))
        return no_turn and any(a) == any(b) and all(x * u >= 0 for x, u in zip(a, b, strict=True))

    expected = {(one, other) for one in steps for other in steps if one != other and alike(steps[one], steps[other])}
    assert {(one, other) for group in found.alike for one in group for other in group if one != other} == expected
    assert expected


@pytest.mark.parametrize("best_loss", [None, 0])
def test_twice_the_gain_is_alike(best_loss):
    """The newest pool of T/3 rows, and then of T/2: 1 + 3 and 1 + 3 + 2."""
    twice = Made(lambda i: by_count(pools(i, i)), lambda j: "1/3" if j == 2 else "1/2")
    assert theory.gain(twice, 3)[1:] == [2 * c for c in theory.gain(Replace(), 3)[1:]]
    seen = Seen((2, 3), errors_of(np.ones(2), 0.1, None), best_loss, 0.95, ())
    assert _alike(seen, (Shapes(Replace()), Shapes(twice))) == ((Replace(), twice),)


def test_a_rise_is_split_into_noise_and_bias():
    losses = chain(Replace(), 8, excess=0.3, shift=0.05)
    found = diagnose(losses, 0.001, Replace())
    noise, shift, _ = found.fits
    assert (noise.fits, shift.fits) == (False, True)
    assert shift.rise["noise"].value == pytest.approx(0.3 * 7, abs=0.01)
    assert shift.rise["bias"].value == pytest.approx(0.05 * 49, abs=0.01)
    assert shift.bias.value == pytest.approx(0.05, abs=0.001)
    assert shift.best_loss.value == pytest.approx(1.5, abs=0.01)
    assert shift.forecasts[100].value == pytest.approx(1.5 + 30 + 0.05 * 99**2, rel=0.01)
    assert found.verdict == "Replace() fits; if no model is biased: Replace() does not fit"


def test_a_candidate_that_fits_with_bias_alone_is_never_the_one():
    """Longer and longer training under Accumulate makes losses that AccumulateFresh seems to explain."""
    losses = [0.01953, 0.01928, 0.01938, 0.01951, 0.01967, 0.01975, 0.01985, 0.01995, 0.02004, 0.02015]
    found = diagnose(losses, 2e-5, forecasts=())
    assert len(found.possible) == 1
    assert found.only is None
    assert "is not excluded, and that with bias alone" in found.verdict


def test_an_excess_below_zero_excludes():
    """FixedReal rises where FreshReal falls, in the same shape."""
    losses = chain(Accumulate(), 5)
    losses = [1.5 + 0.4 * float(Fraction(4, 3) - Fraction(1, 3) * Fraction(1, 4) ** (n - 1)) for n in range(1, 6)]
    rising, falling = (diagnose(losses, 1e-4, each, forecasts=()).fits[0] for each in (FixedReal("1/2"), FreshReal()))
    assert rising.fits
    assert falling.test.p_value == pytest.approx(rising.test.p_value)
    assert not falling.fits
    assert "below zero" in str(falling.reason)


def test_what_the_data_cannot_tell_is_said():
    few = diagnose([1.0, 2.0], 0.1, forecasts=())
    assert few.only is few.only_if_unbiased is None
    assert len(few.possible) == len(few.candidates)
    assert "the data cannot tell, as 2 unknowns go through any 2 losses; measure another iteration" in few.verdict
    assert few.fits[0].test is None
    assert few.fits[0].excess.value == pytest.approx(1)  # said all the same
    assert few.fits[1].excess is None  # two losses, three unknowns
    assert few.fits[1].reason == "2 iterations cannot tell 3 unknowns; measure 4"
    without = diagnose([1.0, 2.1, 2.9, 4.1, 5.0], forecasts=())
    assert "no standard errors and no seeds" in without.verdict
    assert without.only is without.only_if_unbiased is None
    assert covered(without.fits[0].excess, 1)
    assert without.fits[0].excess.low == pytest.approx(0.9, abs=0.1)
    gap = diagnose([2.0, 2.0, 2.1], 0.1, SlidingWindow(3), iterations=[1, 2, 3])
    assert gap.fits[0].test is not None
    real = diagnose([2.0, 2.0, 2.1], 0.1, FixedReal(1))
    assert "is the same at all iterations" in str(real.fits[0].reason)
    replace = diagnose(chain(Replace(), 6), 0.01, Replace(), forecasts=())
    assert replace.fits[2].kept != 1  # at z = 1 its depth is its gain


def test_the_first_standard_errors_decide_not_the_order_of_the_losses():
    losses = chain(Replace(), 6)
    whole, part = diagnose(losses, 0.05, Replace()), diagnose(losses[1::2], 0.05, Replace(), iterations=[2, 4, 6])
    assert whole.fits[0].excess.value == pytest.approx(part.fits[0].excess.value)
    assert part.values()["iterations"] == [2, 4, 6]
    assert diagnose([losses], 0.05, Replace()).values() == whole.values()  # a row of one seed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, np.nan], 0.1), "losses must be finite numbers"),
        (([], 0.1), "losses must be finite numbers"),
        ((np.zeros((0, 3)),), "losses must be finite numbers"),
        ((np.zeros((3, 0)),), "losses must be finite numbers"),
        (([1.0, 2.0], [0.1, 0.0]), "standard errors must be positive and finite, one for each of the 2"),
        (([1.0, 2.0], [0.1] * 3), "standard errors must be positive"),
        (([[1.0, 2.0], [1.1, 2.1]], 0.1), "losses by seed have their own spread"),
        (([[1.0, 2.0]] * 3,), "the losses of all 3 seeds are the same"),
        ((np.outer(range(1, 8), [1.0, 2.0, 2.0, 4.0, 3.0, 7.0]),), "the 7 seeds differ in too few ways for a test"),
        (([1.0, 2.0], 0.1, "replace"), "a workflow is needed"),
    ],
)
def test_mistakes_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        diagnose(*arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"iterations": [1, 1, 2]}, "each more than the one before"),
        ({"iterations": [0, 1, 2]}, "counts model-fitting iterations from 1"),
        ({"level": 1}, "above 0 and below 1"),
        ({"best_loss": np.inf}, "best_loss must be a finite number"),
        ({"seeds": 1}, "2 seeds or more"),
        ({"seeds": 5, "standard_errors": [0.001, 0.1, 0.1]}, "are not of one size for 5 seeds"),
        ({"seeds": 5, "standard_errors": None}, "seeds=5 is of standard errors, and there are none"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        diagnose([1.0, 2.0, 3.0], **{"standard_errors": 0.1, **options})


def recorded(name, metric, **place):
    with (RECORDED / "results" / f"{name}.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == metric and place.items() <= row.items()]
    rows.sort(key=lambda row: int(row["iteration"]))
    return tuple([float(row[of]) for row in rows] for of in ("iteration", "mean", "standard_error"))


@pytest.mark.parametrize("workflow", [Replace(), Accumulate()], ids=str)
def test_simulated_regressions_are_recognised(workflow):
    n, losses, errors = recorded("linear_claims", "test_error", workflow=workflow.command(), design="fixed")
    found = diagnose(losses, errors, iterations=list(map(int, n)), best_loss=0, forecasts=())
    assert found.only == workflow
    assert next(one for one in found.fits if one.fits).excess.value == pytest.approx(32 / (100 - 32 - 1), rel=2e-3)
    # means over the same chains, so that their errors go together
    assert "errors of one chain go together" in str(found.note)
    assert found.values()["note"] == found.note


@pytest.mark.parametrize("workflow", [Replace(), Accumulate(), FreshReal()], ids=str)
def test_transformers_that_reach_their_best_fit_are_recognised_if_unbiased(workflow):
    place = {"world": "neural", "epochs": "20.0", "workflow": workflow.command()}
    n, losses, errors = (values[1:] for values in recorded("one_law", "excess_ratio", **place))
    found = diagnose(losses, errors, iterations=list(map(int, n)), best_loss=0, forecasts=())
    possible = found.possible_if_unbiased
    assert [each for each in (Replace(), Accumulate(), FreshReal()) if each in possible] == [workflow]
    assert found.only is None  # with bias more is possible, of four losses


def published(figure, model, workflow):
    with (RECORDED / "gerstgrasser2024" / "published_curves.csv").open(newline="") as file:
        place = {"figure": figure, "model": model, "workflow": workflow}
        rows = [row for row in csv.DictReader(file) if place.items() <= row.items()]
    return [float(row["value"]) for row in rows], float(rows[0]["read_error"])


@pytest.mark.parametrize("model", ["GPT-2 9M", "Llama-2 12M", "Llama-2 42M", "Llama-2 126M"])
def test_published_curves_under_accumulate_are_not_those_of_replace(model):
    found = diagnose(*published("language_models", model, "accumulate"), forecasts=())
    assert Replace() not in found.possible
    assert found.only is None


@pytest.mark.parametrize("model", ["GPT-2 9M", "Llama-2 12M", "Llama-2 42M", "Llama-2 126M"])
def test_published_curves_under_replace_bend_as_no_gain_of_unbiased_fits_does(model):
    """Models are trained for one short pass: what they forget bends the curve, and a bias may mimic it."""
    found = diagnose(*published("language_models", model, "replace"), forecasts=())
    assert Replace() not in found.possible_if_unbiased
    assert Accumulate() not in found.possible_if_unbiased
    assert found.only is None


def test_the_command_reads_errors_and_seeds(tmp_path, capsys):
    file = tmp_path / "losses.csv"
    table = "".join(f"{n},{1.5 + 0.4 * n},0.01\n" for n in (3, 1, 2, 4, 5))
    file.write_text(f"iteration,loss,standard_error\n{table}", encoding="utf-8-sig")  # as spreadsheets do
    ran = command(capsys, "theory", f"diagnose {file} --json --workflow replace --forecasts 7")
    assert ran.status == 0
    noise = ran.json["fits"][0]
    assert ran.json["iterations"] == [1, 2, 3, 4, 5]
    assert noise["excess"]["value"] == pytest.approx(0.4)
    assert noise["forecasts"]["7"]["value"] == pytest.approx(1.5 + 2.8)
    assert (noise["kind"], noise["fits"], noise["test"], noise["degrees_of_freedom"]) == (
        "noise",
        True,
        "chi-square",
        [3],
    )
    assert json.loads(json.dumps(diagnose([1.9, 2.3, 2.7, 3.1, 3.5], 0.01, Replace(), forecasts=[7]).values()))["fits"][
        0
    ]["excess"] == pytest.approx(noise["excess"])
    printed = command(capsys, "theory", f"diagnose {file} --workflow replace").out
    assert "Replace() fits" in printed
    assert "loss of model 100" in printed
    file.write_text(
        "seed,iteration,loss\n" + "".join(f"{s},{n},{n + 0.1 * s * n}\n" for s in range(4) for n in (1, 2, 3))
    )
    ran = command(capsys, "theory", f"diagnose {file} --json --workflow replace")
    assert ran.json["fits"][0]["test"] == "F"
    assert ran.json["losses"] == pytest.approx([1.15, 2.3, 3.45])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("iteration,value\n1,2\n", "has no column loss"),
        ("iteration,loss\n", "has no rows"),
        ("iteration,loss\n1,2\n1,3\n", "line 3: iteration 1 is there twice. Name each chain in a column seed or chain"),
        ("iteration,loss\n1,x\n", "line 2: loss must be a number; got 'x'"),
        ("iteration,loss\n1.5,2\n", "must be a whole number"),
        ("iteration,loss\ninf,2\n", "line 2: iteration must be a whole number; got inf"),
        ("iteration,loss,seed\n1,2,a\n2,3,a\n1,2,b\n", "every seed must have the same iterations"),
        ("iteration,loss,seed,standard_error\n1,2,a,1\n", "leave one of them out"),
        ("iteration,loss\n0,2\n1,3\n", "counts model-fitting iterations from 1"),
    ],
)
def test_tables_that_cannot_be_read_are_refused(text, message, tmp_path, capsys):
    file = tmp_path / "losses.csv"
    file.write_text(text)
    refused(command(capsys, "theory", f"diagnose {file}"), "theory diagnose", message)


@pytest.mark.parametrize("level", ["1", "1.5"])
def test_a_level_is_a_share(level, capsys):
    ran = command(capsys, "theory", f"diagnose losses.csv --level {level}")
    refused(ran, "theory diagnose", f"must be below 1, as 0.95; got '{level}'")
