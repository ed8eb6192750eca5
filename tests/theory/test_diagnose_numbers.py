"""The numbers that a diagnosis tells beside a verdict, each against SciPy's or against what it says of itself."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

from tests.helpers import command, refused
from theory import Accumulate, FreshReal, Replace, SlidingWindow, diagnose, diagnose_jointly, gain
from theory.__main__ import parser
from theory.diagnose import errors_of
from theory.diagnose_command import from_table
from theory.diagnose_errors import BySeed, Interval

#: Losses that no reading fits, and the excess of one fit is known.
CROOKED = [2.0, 2.5, 2.6, 2.4, 2.1, 2.7]


@pytest.mark.parametrize("seeds", [None, 4])
@pytest.mark.parametrize("level", [0.9, 0.99])
def test_with_errors_so_many_times_as_large_a_reading_just_fits(seeds: int | None, level: float) -> None:
    def told(error: float) -> list[dict[str, Any]]:
        return diagnose(CROOKED, error, Replace(), seeds=seeds, level=level, forecasts=()).values()["fits"][:2]

    for kind, one in enumerate(told(0.1)):
        assert one["test"] == ("chi-square" if seeds is None else "F")
        assert told(0.1 * one["stretch"])[kind]["p_value"] == pytest.approx(1 - level)


@pytest.mark.parametrize("seeds", [None, 4])
def test_likelihoods_are_those_of_the_best_means_and_size_of_errors(seeds: int | None) -> None:
    """Less that of free means; a size that is estimated is searched anew for both."""
    X = np.stack([np.ones(6), np.arange(1, 7)], 1)
    test = diagnose(CROOKED, 0.1, Replace(), seeds=seeds, forecasts=()).fits[0].test
    assert test is not None

    def best(rest: np.ndarray) -> float:
        if seeds is None:
            return float(stats.norm.logpdf(rest, scale=0.1).sum())
        size, freedom = np.geomspace(0.3, 10, 4001), test.degrees[1]
        of_losses = stats.norm.logpdf(rest[:, None], scale=0.1 * size).sum(0)
        return float((of_losses + stats.chi2.logpdf(freedom / size**2, freedom) - 2 * np.log(size)).max())

    rest = CROOKED - X @ np.linalg.lstsq(X, np.array(CROOKED))[0]
    assert test.log_likelihood == pytest.approx(best(rest) - best(0 * rest), rel=1e-5)


def test_likelihoods_by_seed_are_those_of_the_best_means_and_covariance() -> None:
    losses = np.random.default_rng(4).normal([1.0, 2.2, 2.8, 4.0], 0.3, size=(9, 4))
    X = np.stack([np.ones(4), np.arange(1, 5)], 1)
    test = diagnose(losses, workflow=Replace(), forecasts=()).fits[0].test
    assert test is not None

    def size(means: np.ndarray) -> float:
        return float(np.linalg.slogdet((losses - means).T @ (losses - means))[1])

    least = optimize.minimize(lambda b: size(X @ b), [0.0, 1.0], method="Nelder-Mead", tol=1e-10).fun
    assert test.log_likelihood == pytest.approx(-9 / 2 * (least - size(losses.mean(0))), rel=1e-6)


def test_an_end_of_0_is_told() -> None:
    assert str(Interval(1.0, 0.0, 2.0)) == "1 [0, 2]"
    assert str(Interval(1.0, None, None)) == "1"


def test_what_order_is_told_is_told_in_json_too() -> None:
    """By the same names."""
    for losses in ({"a": CROOKED, "b": [2.0, 2.1, 2.2]}, {"a": [2.0, 2.5, 2.8, 3.0], "b": [2.0, 3.0, 4.1, 5.0]}):
        found = diagnose_jointly(losses, 0.1, forecasts=())
        assert found.order is not None
        told = found.values()["order"]
        assert found.order.enlarged != found.order.unbiased
        assert told | {name: getattr(found.order, name) for name in ("p_value", "enlarged", "unbiased")} == told


def test_combinations_of_losses_have_the_t_of_their_seeds() -> None:
    losses = np.random.default_rng(0).normal(0.7, 1, size=(4, 3))
    weights = np.array([1.0, -2.0, 0.5])
    found = BySeed(losses).contrast(weights)
    assert found is not None
    expected: Any = stats.ttest_1samp(losses @ weights, 0)
    assert (found.t, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))


@pytest.mark.parametrize("errors", ["known", "estimated", "unstated", "by seed"])
def test_intervals_are_those_of_least_squares(errors: str) -> None:
    """Of the best loss, the excess and the loss of model 9: normal, or Student's t with the degrees that there are."""
    X, F = np.stack([np.ones(6), np.arange(1, 7)], 1), np.array([[1, 0], [0, 1], [1, 9]])
    losses = X @ [1.5, 0.4] + 0.1 * np.random.default_rng(9).normal(size=(4, 6))
    options: dict[str, Any] = {"known": {"standard_errors": 0.1}, "estimated": {"standard_errors": 0.1, "seeds": 4}}
    given = losses if errors == "by seed" else losses[0]
    found = diagnose(given, workflow=Replace(), level=0.9, forecasts=[9], **options.get(errors, {})).fits[0]
    coefficients, squares, *_ = np.linalg.lstsq(X, losses.T)
    estimates = (F @ coefficients).T
    if errors == "by seed":
        tried: Any = stats.ttest_1samp(estimates, 0)
        low, high = tried.confidence_interval(0.9)
    else:
        of_one = {
            "known": stats.norm.ppf(0.95) * 0.1,
            "estimated": stats.t.ppf(0.95, 6 * 3) * 0.1,
            "unstated": stats.t.ppf(0.95, 6 - 2) * np.sqrt(squares[0] / (6 - 2)),
        }[errors]
        half = of_one * np.sqrt((F @ np.linalg.inv(X.T @ X) @ F.T).diagonal())
        low, high = estimates[0] - half, estimates[0] + half
    for interval, *ends in zip((found.best_loss, found.excess, found.forecasts[9]), low, high, strict=True):
        assert interval is not None
        assert (interval.low, interval.high) == pytest.approx(ends)


def test_standard_errors_of_one_size_are_told_by_bartletts_test() -> None:
    """One seed's losses stretched until their spread differs from the others' by more than chance, 1 in 100."""
    shape, models = np.array([-1.0, 0.2, 0.3, 0.5]), 5

    def p_value(larger: float) -> float:
        return float(stats.bartlett(*[shape * (larger if one == 0 else 1) for one in range(models)]).pvalue)

    low, high = 1.0, 50.0
    while high - low > 1e-6:
        low, high = ((low + high) / 2, high) if p_value((low + high) / 2) > 0.01 else (low, (low + high) / 2)
    assert low > 2
    for larger, is_one in ((low * 0.999, True), (low * 1.001, False)):
        deviations = np.where(np.arange(models) == 0, larger, 1.0) * 0.1
        if is_one:
            assert errors_of(np.ones(models), deviations, len(shape)).mean.shape == (models,)
        else:
            with pytest.raises(ValueError, match="are not of one size for 4 seeds"):
                errors_of(np.ones(models), deviations, len(shape))


@pytest.mark.parametrize("seeds", [None, 4])
def test_errors_that_are_estimated_are_not_stated_too_large(seeds: int | None) -> None:
    """Losses that are on a law to the last digit are nearer to it than known errors let them be."""
    found = diagnose([1.5 + 0.4 * n for n in range(1, 9)], 0.1, Replace(), seeds=seeds, forecasts=())
    assert found.fits[0].test is not None
    assert found.fits[0].test.p_value > 0.999
    assert (found.note is None) == (seeds is not None)


@pytest.mark.parametrize("best_loss", [None, 1.5])
def test_losses_are_told_as_they_were_given(best_loss: float | None) -> None:
    alone = diagnose(CROOKED, 0.1, Replace(), best_loss=best_loss, forecasts=())
    assert alone.values()["losses"] == pytest.approx(CROOKED)
    both = {"a": CROOKED, "b": [2.0, 2.1, 2.2]}
    together = diagnose_jointly(both, 0.1, best_loss=best_loss, forecasts=())
    given = [{"chain": name, "iteration": n, "loss": loss} for name in both for n, loss in enumerate(both[name], 1)]
    del given[6]  # model 1 is one
    assert together.values()["losses"] == [{**each, "loss": pytest.approx(each["loss"])} for each in given]


@pytest.mark.parametrize("losses", [[n + 1e-5 * (-1) ** n for n in range(1, 13)], CROOKED])
def test_json_has_what_a_diagnosis_says(losses: list[float]) -> None:
    """Each conclusion under its own name: with bias more is possible than without."""
    found = diagnose(losses, 2e-5, forecasts=())
    told = found.values()
    for name in ("possible", "possible_if_unbiased"):
        assert told[name] == [str(each) for each in getattr(found, name)]
    for name in ("only", "only_if_unbiased", "note", "verdict", "assumed"):
        value = getattr(found, name)
        assert told[name] == (None if value is None else str(value)), name
    if losses is not CROOKED:
        assert (found.only, found.only_if_unbiased) == (None, Replace())
        assert len(found.possible) > len(found.possible_if_unbiased)


def test_what_is_printed_of_each_reading_is_its_own() -> None:
    losses = [1.5 + 0.3 * n + 0.05 * (n - 1) ** 2 + 0.001 * (-1) ** n for n in range(1, 9)]
    found = diagnose(losses, 0.002, forecasts=[20])
    text = str(found).splitlines()
    assert text[1] == found.verdict
    heading = next(place for place, line in enumerate(text) if line.startswith("p-value of"))
    assert text[heading].split()[2:] == ["noise", "shift", "forgetting"]
    for place, line in enumerate(text[heading + 1 : heading + 1 + len(found.candidates)]):
        fits = found.fits[3 * place : 3 * place + 3]
        assert line.startswith(str(fits[0].workflow))
        for one, shown in zip(fits, line[50:].replace(" no", "-no").split(), strict=True):
            assert one.test is not None
            assert shown == f"{one.test.p_value:.2g}" + "-no" * (not one.possible)
    told = [one for one in found.fits if one.possible]
    assert {one.kind for one in told} >= {"shift"}
    for one in told:
        start = text.index(f"{one.workflow}, {one.kind}:" + (f" kept {one.kept}" if one.kept is not None else ""))
        shown = {"best loss": one.best_loss, "excess of one fit": one.excess, "bias": one.bias}
        shown |= {"rise by noise": one.rise["noise"], "rise by bias": one.rise.get("bias")}
        shown |= {"loss of model 20": one.forecasts[20]}
        lines = [f"{name} {interval}" for name, interval in shown.items() if interval is not None]
        assert [" ".join(line.split()) for line in text[start + 1 : start + 1 + len(lines)]] == lines


@pytest.mark.parametrize("best_loss", [None, 1.5])
def test_what_is_measured_is_what_is_forecast(best_loss: float | None) -> None:
    """Of losses on a law, of later models and of those that were seen, with and without the best loss."""
    losses = [1.5 + 0.4 * n for n in range(1, 6)]
    found = diagnose(losses, 0.01, Replace(), best_loss=best_loss, forecasts=[2, 7]).fits[0]
    assert [interval.value for interval in found.forecasts.values()] == pytest.approx([2.3, 4.3])
    assert found.rise["noise"].value == pytest.approx(losses[-1] - losses[0])


def test_half_of_what_may_be_wrong_is_left_for_an_interval_where_the_share_kept_is_estimated() -> None:
    """Errors so small that no other share fits: the interval is that of least squares, at the level between."""
    n, z, deviation = np.arange(1, 9), 0.4, 1e-4
    X = np.stack([np.ones(8), n, (z - z**n) / (1 - z)], axis=1)
    found = diagnose(X @ [1.5, 0.1, 0.5], deviation, Replace(), level=0.9, forecasts=()).fits[-1]
    assert (found.kind, found.kept) == ("forgetting", Fraction(2, 5))
    half = stats.norm.ppf(0.975) * deviation * np.sqrt(np.linalg.inv(X.T @ X).diagonal())
    for interval, value, width in zip((found.best_loss, found.excess, found.bias), (1.5, 0.1, 0.5), half, strict=True):
        assert (interval.low, interval.high) == pytest.approx((value - width, value + width), abs=1e-9)


def test_intervals_reach_over_all_shares_kept_that_fit() -> None:
    """Each share's least squares at the level between; those that do not fit, or need a bias below 0, are left out."""
    n, deviation, level = np.arange(1, 9), 0.02, 0.9
    losses = 1.5 + 0.1 * n + 0.5 * (0.4 - 0.4**n) / 0.6 + deviation * np.random.default_rng(5).normal(size=8)
    between, ends, fitting = (1 + level) / 2, [], []
    for z in np.arange(1, 10) / 10:
        X = np.stack([np.ones(8), n, (z - z**n) / (1 - z)], axis=1)
        estimates, squares, *_ = np.linalg.lstsq(X, losses)
        half = stats.norm.ppf((1 + between) / 2) * deviation * np.sqrt(np.linalg.inv(X.T @ X).diagonal())
        if stats.chi2.sf(squares[0] / deviation**2, 5) >= 1 - between and (estimates + half)[1:].min() >= 0:
            ends.append((estimates - half, estimates + half))
            fitting.append(z)
    assert 1 < len(fitting) < 9
    found = diagnose(losses, deviation, Replace(), level=level, forecasts=()).fits[-1]
    lows, highs = (np.array(each) for each in zip(*ends, strict=True))
    for place, interval in enumerate((found.best_loss, found.excess, found.bias)):
        assert interval is not None
        assert (interval.low, interval.high) == pytest.approx((lows[:, place].min(), highs[:, place].max()))


@pytest.mark.parametrize(("p", "fits"), [(0.02, False), (0.03, False), (0.049, False), (0.051, True)])
def test_forgetting_is_rejected_where_the_best_share_kept_is_at_the_level_asked_for(p: float, fits: bool) -> None:
    """Shares are left out of intervals at half of what may be wrong; the reading goes by all of it."""
    n = np.arange(1, 9)
    losses = 1.5 + 0.1 * n + 0.5 * (0.4 - 0.4**n) / 0.6 + 0.02 * np.random.default_rng(5).normal(size=8)

    def read(deviation: float) -> Any:
        return diagnose(losses, deviation, Replace(), level=0.95, forecasts=()).fits[-1]

    statistic = read(0.02).test.statistic
    found = read(0.02 * float(np.sqrt(statistic / stats.chi2.isf(p, 5))))
    assert found.test.p_value == pytest.approx(p)
    assert (found.fits, found.possible, found.reason is None) == (fits, fits, fits)


#: Of Accumulate, SlidingWindow(3) and Replace, with so much noise that chains are hardly told apart.
THREE = (Accumulate(), SlidingWindow(3), Replace())


def three(workflows: Any = THREE, deviation: float = 0.2) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(6)
    return {
        str(place): 1.5 + np.array([float(c) for c in gain(each, 6)]) + deviation * generator.normal(size=6)
        for place, each in enumerate(workflows)
    }


def test_of_three_chains_nine_wrong_choices_are_counted() -> None:
    """Each of three pairs of chains with each of three pairs of workflows: the least telling pair's p-value times 9."""
    losses, deviation = three(), 0.2
    order = diagnose_jointly(losses, deviation, THREE, forecasts=()).order
    assert order is not None
    assert (order.workflows, order.enlarged) == (THREE, 1)
    p = []
    for one, other in ((0, 1), (0, 2), (1, 2)):
        weights = np.array([float(a - b) for a, b in zip(gain(THREE[one], 6), gain(THREE[other], 6), strict=True)])
        value = weights @ (losses[str(one)] - losses[str(other)])
        p.append(2 * stats.norm.sf(value / (deviation * np.sqrt(2) * np.linalg.norm(weights))))
    assert order.p_value == pytest.approx(9 * max(p))
    assert 1e-6 < order.p_value < 1


def test_that_an_order_needs_unbiased_models_is_said_whichever_pair_needs_it() -> None:
    """Of SlidingWindow(3) and FreshReal(1, 1/4) the one with the larger gain has the smaller depth."""
    needing = (SlidingWindow(3), FreshReal(weight="1/4"))
    for workflows in ((*needing, Replace()), (Replace(), *needing)):
        found = diagnose_jointly(three(workflows, 0.001), 0.001, workflows, forecasts=())
        assert found.order is not None
        assert found.order.unbiased
        assert "; if no model is biased, differences tell" in found.verdict


#: Every option of the command, none at its default.
OPTIONS = {"--workflow": "replace", "--seeds": 4, "--best-loss": 1.5, "--level": 0.9, "--forecasts": "7,9"}


def test_every_option_of_the_command_reaches_the_diagnosis(tmp_path: Path, capsys: Any) -> None:
    assert parser().commands["diagnose"].names - set(OPTIONS) == {"-h", "--help", "--json"}
    file = tmp_path / "losses.csv"
    losses = [1.9, 2.35, 2.65, 3.12, 3.55, 3.87]
    rows = "".join(f"{n},{loss},0.1\n" for n, loss in enumerate(losses, 1))
    file.write_text(f"iteration,loss,standard_error\n{rows}")
    given = " ".join(f"{name} {value}" for name, value in OPTIONS.items())
    found = diagnose(losses, [0.1] * 6, Replace(), seeds=4, best_loss=1.5, level=0.9, forecasts=[7, 9])
    told = command(capsys, "theory", f"diagnose {file} {given} --json").json
    assert told == json.loads(json.dumps(found.values()))
    for name in OPTIONS:  # each of them makes a difference
        without = given.replace(f"{name} {OPTIONS[name]}", "")
        assert command(capsys, "theory", f"diagnose {file} {without} --json").json != told, name


@pytest.mark.parametrize("column", ["standard_error", "seed"])
@pytest.mark.parametrize("chains", [1, 2])
def test_the_rows_of_a_table_may_come_in_any_order(column: str, chains: int, tmp_path: Path) -> None:
    """Errors that differ go with their own losses, and a seed's losses with that seed's in every chain."""
    chance = np.random.default_rng(8)
    names, seeds = ("a", "b")[:chains], ("",) if column == "standard_error" else ("1", "2", "3", "10")
    losses = {name: np.array([CROOKED] * len(seeds)) + 0.1 * chance.normal(size=(len(seeds), 6)) for name in names}
    errors = {name: np.geomspace(0.05, 0.4, 6) for name in names}
    if column == "seed":
        given: Any = {name: losses[name] for name in names}, None
    else:
        given = {name: losses[name][0] for name in names}, errors
    if chains == 1:
        found: Any = diagnose(given[0]["a"], given[1] and errors["a"], SlidingWindow(3), forecasts=())
    else:
        found = diagnose_jointly(*given, forecasts=())
    rows = [
        (name, n + 1, losses[name][place, n], errors[name][n] if column == "standard_error" else seed)
        for name in names
        for place, seed in enumerate(seeds)
        for n in range(6)
    ]
    rows = [rows[place] for place in [0, -1, *chance.permutation(np.arange(1, len(rows) - 1))]]
    heading = ("chain", "iteration", "loss", column)
    table = [",".join(map(str, row[chains == 1 :])) for row in (heading, *rows)]
    file = tmp_path / "losses.csv"
    file.write_text("\n".join(table))
    read: Any = from_table(file, forecasts=(), **({"workflow": SlidingWindow(3)} if chains == 1 else {}))
    for one, other in zip(read.fits, found.fits, strict=True):
        assert one.workflow == other.workflow
        assert one.test.statistic == pytest.approx(other.test.statistic, rel=1e-9)
        assert one.excess.value == pytest.approx(other.excess.value, rel=1e-6)


@pytest.mark.parametrize("content", [b"iteration,loss\n1,\xff", b"iteration,loss\n1," + b"2" * 2**18, b"x" * 2**18])
def test_what_is_no_table_is_named(content: bytes, tmp_path: Path, capsys: Any) -> None:
    """Bytes that are no text, and cells that are longer than any."""
    (tmp_path / "losses.csv").write_bytes(content)
    ran = command(capsys, "theory", f"diagnose {tmp_path / 'losses.csv'}")
    refused(ran, "theory diagnose", "losses.csv is no table (")
