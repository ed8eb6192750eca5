"""Several chains that share model 1: another least-squares fit, told apart, and not told apart by chance."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tests.helpers import command, refused
from theory import Accumulate, FixedReal, Replace, SlidingWindow, diagnose, diagnose_jointly

#: Share of false alarms of each test of calibration here.
LEAST_P = 1e-6
PUBLISHED = Path(__file__).parents[2] / "paper_repro" / "gerstgrasser2024" / "published_curves.csv"
N = np.arange(1, 7)
GAIN = {Replace(): N.astype(float), Accumulate(): np.cumsum(1 / N**2)}
DEPTH = {Replace(): N.astype(float), Accumulate(): np.cumsum(1 / N)}


def chains(generator, excess, deviation, first_shared=True):
    """Under Replace and Accumulate, by the formulas."""
    a, b = (1.5 + excess * GAIN[w] + deviation * generator.normal(size=len(N)) for w in (Replace(), Accumulate()))
    if first_shared:
        b[0] = a[0]
    return {"a": a, "b": b}


@pytest.mark.parametrize("shared", [True, False], ids=["one model 1", "two models 1"])
def test_each_assignment_is_a_least_squares_fit_to_all_losses(shared):
    losses = chains(np.random.default_rng(1), 0.4, 0.1, shared)
    deviation = {"a": np.linspace(0.05, 0.15, 6), "b": np.full(6, 0.05)}
    found = diagnose_jointly(losses, deviation, forecasts=[20])
    seen = slice(int(shared), None)
    y, error = (np.concatenate([each["a"], each["b"][seen]]) for each in (losses, deviation))
    for order in ((Replace(), Accumulate()), (Accumulate(), Replace())):
        gain = np.concatenate([GAIN[order[0]], GAIN[order[1]][seen]])
        shift = np.concatenate([DEPTH[order[0]], DEPTH[order[1]][seen]]) - 1
        noise, shifted = (fit for fit in found.fits if fit.workflow == order and fit.kind != "forgetting")
        for fit, columns in ((noise, [gain]), (shifted, [gain, shift**2])):
            X = np.stack([np.ones(len(y)), *columns], 1) / error[:, None]
            solution, squares, *_ = np.linalg.lstsq(X, y / error)
            assert fit.test.statistic == pytest.approx(squares[0])
            assert fit.test.p_value == pytest.approx(stats.chi2.sf(squares[0], len(y) - X.shape[1]))
            assert fit.best_loss.value == pytest.approx(solution[0])
            assert fit.excess.value == pytest.approx(solution[1])
            half = 1.959964 * np.sqrt(np.linalg.inv(X.T @ X)[1, 1])
            assert fit.excess.high - solution[1] == pytest.approx(half)
        if noise.forecasts:
            ahead = {Replace(): 20.0, Accumulate(): sum(1 / i**2 for i in range(1, 21))}
            for chain in (0, 1):
                wanted = noise.best_loss.value + noise.excess.value * ahead[order[chain]]
                assert noise.forecasts[chain, 20].value == pytest.approx(wanted)
    assert found.assigned == {"a": Replace(), "b": Accumulate()}
    assert next(iter(found.likelihoods)) == (Replace(), Accumulate())
    by_kind = [fit.test.log_likelihood for fit in found.fits if fit.workflow == (Replace(), Accumulate())]
    assert found.likelihoods[Replace(), Accumulate()] == max(by_kind)


def known(losses, generator):
    return losses, 0.1


def by_seed(losses, generator):
    """Four seeds, each chain with errors of its own that go together."""
    return {
        name: loss + 0.1 * generator.normal(size=(4, 1)) + 0.1 * generator.normal(size=(4, 6))
        for name, loss in losses.items()
    }, None


@pytest.mark.slow
@pytest.mark.parametrize("measure", [known, by_seed])
def test_alike_chains_are_told_apart_as_often_as_stated_and_others_hardly_ever_the_wrong_way(measure):
    generator, told, wrong, right = np.random.default_rng(2), 0, 0, 0
    count = 150
    for _ in range(count):
        deviation = 0.1 if measure is known else 0.0
        losses, errors = measure(chains(generator, 0.0, deviation, first_shared=False), generator)
        told += diagnose_jointly(losses, errors, level=0.8, forecasts=()).assigned is not None
        losses, errors = measure(chains(generator, 0.01, deviation, first_shared=False), generator)
        assigned = diagnose_jointly(losses, errors, level=0.8, forecasts=()).assigned
        wrong += assigned == {"a": Accumulate(), "b": Replace()}
        losses, errors = measure(chains(generator, 0.4, deviation, first_shared=False), generator)
        right += diagnose_jointly(losses, errors, forecasts=()).assigned == {"a": Replace(), "b": Accumulate()}
    # errors that chance makes look too small are enlarged, so that fewer are told where these are known
    assert stats.binomtest(told, count, 0.2, alternative="greater").pvalue > LEAST_P
    assert stats.binomtest(wrong, count, 0.1, alternative="greater").pvalue > LEAST_P
    assert told > 0
    assert right > 0.95 * count
    # power: a one-sided test's level on both sides would be seen
    assert stats.binomtest(round(0.4 * count), count, 0.2, alternative="greater").pvalue < LEAST_P


CURVES = [("language_models", model) for model in ("GPT-2 9M", "Llama-2 12M", "Llama-2 42M", "Llama-2 126M")]
CURVES += [("vae", "VAE"), ("diffusion", "GeoDiff")]


@pytest.mark.parametrize(("figure", "model"), CURVES)
def test_published_chains_are_told_apart_together_and_not_alone(figure, model):
    losses, errors = ({w: list(rows) for w, rows in each.items()} for each in read_off(figure, model))
    found = diagnose_jointly(
        {"x": losses["accumulate"], "y": losses["replace"]},
        {"x": errors["accumulate"], "y": errors["replace"]},
        forecasts=(),
    )
    assert found.assigned == {"x": Accumulate(), "y": Replace()}
    assert found.order.p_value < 1e-6
    assert found.order.enlarged > 1  # no reading fits with how far the readings may be off: more than that is left over
    assert "no assignment fits; differences tell the chains apart: x: Accumulate(), y: Replace()" in found.verdict
    assert found.likelihoods[Accumulate(), Replace()] == max(found.likelihoods.values())
    alone = diagnose(losses["replace"], errors["replace"], forecasts=())
    assert alone.only is None


def read_off(figure, model):
    with PUBLISHED.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["figure"], row["model"]) == (figure, model)]
    for column in ("value", "read_error"):
        yield {
            name: [float(row[column]) for row in rows if row["workflow"] == name] for name in ("replace", "accumulate")
        }


def test_what_is_not_told_apart_is_said():
    generator = np.random.default_rng(4)
    alike = {name: 1.5 + 0.1 * generator.normal(size=6) for name in "ab"}
    found = diagnose_jointly(alike, 0.1, forecasts=())
    assert found.assigned is None
    assert "by differences not told apart (p = " in found.verdict
    without = diagnose_jointly(chains(generator, 0.4, 0.01), forecasts=())
    assert without.order is None
    assert "nothing says how large the errors are" in without.verdict
    losses = chains(generator, 0.4, 0.01)
    crossing = diagnose_jointly(losses, 0.01, [Accumulate(), FixedReal("9/20")], forecasts=())
    assert crossing.untested == "the gains of Accumulate() and FixedReal(weight=9/20) cross"
    same = diagnose_jointly({"a": [1, 2.0], "b": [1, 1.6]}, 0.1, iterations={"a": [1, 2], "b": [1, 3]}, forecasts=())
    assert "have the same gain at the iterations that chains have in common" in str(same.untested)


def test_three_chains_are_told_apart():
    generator = np.random.default_rng(5)
    window = np.array([1, 5 / 4, 25 / 16, 1.7, 2.0, 2.2])
    losses = {"a": window, "b": GAIN[Replace()], "c": GAIN[Accumulate()]}
    losses = {name: 1.5 + loss + 0.01 * generator.normal(size=6) for name, loss in losses.items()}
    found = diagnose_jointly(losses, 0.01, [Accumulate(), SlidingWindow(3), Replace()], forecasts=())
    assert list(found.assigned.values()) == [SlidingWindow(3), Replace(), Accumulate()]


def test_differences_that_go_round_in_a_circle_tell_nothing():
    """a is above b, b above c, and c above a, each where these two were measured."""
    measured = {"a": {5: 2.0, 7: 1.0}, "b": {5: 1.0, 6: 2.0}, "c": {6: 1.0, 7: 2.0}}
    found = diagnose_jointly(
        {name: [*losses.values()] for name, losses in measured.items()},
        0.01,
        [Accumulate(), SlidingWindow(3), Replace()],
        iterations={name: [*losses] for name, losses in measured.items()},
        forecasts=(),
    )
    assert (found.order.p_value, found.assigned) == (1, None)


def test_readings_with_an_excess_below_zero_are_not_likely():
    """Losses that fall as the gains rise."""
    found = diagnose_jointly({"a": 2 - 0.1 * GAIN[Replace()], "b": 2 - 0.1 * GAIN[Accumulate()]}, 0.001, forecasts=())
    assert max(found.likelihoods.values()) < -1e4
    assert found.possible == []


def test_an_assignment_is_as_likely_as_its_likeliest_reading():
    """Of a shift, which neither noise nor forgetting looks like."""
    losses = {
        name: 1 + 0.2 * GAIN[w] + 0.1 * (DEPTH[w] - 1) ** 2 for name, w in (("a", Replace()), ("b", Accumulate()))
    }
    found = diagnose_jointly(losses, 0.3, [Accumulate(), Replace()], forecasts=())
    assert next(iter(found.likelihoods)) == (Replace(), Accumulate())
    assert found.likelihoods[Replace(), Accumulate()] == pytest.approx(0, abs=1e-9)


def test_the_assignment_that_is_not_excluded_is_named():
    losses = chains(np.random.default_rng(6), 0.4, 0.001)
    for workflows in ([Replace(), Accumulate()], [Accumulate(), Replace()]):
        found = diagnose_jointly(losses, 0.001, workflows, forecasts=())
        assert found.verdict.startswith("of the 2 assignments only a: Replace(), b: Accumulate() is not excluded; ")


def test_errors_by_seed_are_not_enlarged():
    """Whatever the readings leave over: they are the seeds' own."""
    losses = np.array([1.0, 3.0, 2.0, 5.0, 1.0, 4.0]) + 0.1 * np.random.default_rng(7).normal(size=(2, 9, 6))
    found = diagnose_jointly({"a": losses[0], "b": losses[1] + 1}, forecasts=())
    assert found.possible == []
    assert found.order.enlarged == 1


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (({"a": [1, 2]}, 0.1), {}, "of two chains or more; got 1"),
        (({name: [1, 2] for name in "abcde"}, 0.1), {}, "5 chains are given, and 4 are told apart at most"),
        (({name: [1, 2] for name in "abcd"}, 0.1), {}, "4 chains need as many different workflows"),
        (({name: [1, 2] for name in "abc"}, 0.1), {}, "3 chains need as many different workflows; got Replace"),
        (({"a": [1, 2], "b": [1, 3]}, 0.1, [Replace(), Replace()]), {}, "as many different workflows"),
        (({"a": [1, 2], "b": [1, np.nan]}, 0.1), {}, "the losses of b must be finite numbers"),
        (({"a": [1, 2], "b": [[1, 2], [1, 3]]},), {}, "give each the same seeds"),
        (({"a": [[1, 2], [1, 3]], "b": [[1, 2], [1, 3], [1, 4]]},), {}, "give each the same seeds"),
        (({"a": [1, 2], "b": [1, 3]}, {"a": 0.1}), {}, "there is a chain b; give that too"),
        (({"a": [1, 2], "b": [1, 3]}, [0.1, 0.1, 0.1]), {}, "standard errors must be one for each loss of a chain"),
        (({"a": [1, 2], "b": [1, 3]}, 0.1), {"level": 1}, "above 0 and below 1"),
        (({"a": [1, 2], "b": [1, 3]}, 0.1), {"best_loss": np.nan}, "best_loss must be a finite number"),
    ],
)
def test_mistakes_are_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        diagnose_jointly(*arguments, **options)


def test_the_command_reads_chains(tmp_path, capsys):
    losses = {"old": GAIN[Replace()], "new": GAIN[Accumulate()]}
    file = tmp_path / "losses.csv"
    lines = [f"{name},{n},{loss[n - 1]},0.01\n" for n in N for name, loss in losses.items()]
    file.write_text("chain,iteration,loss,standard_error\n" + "".join(lines))
    found = command(capsys, "theory", f"diagnose {file} --json --forecasts 9").json
    assert found["assigned"] == {"old": "Replace()", "new": "Accumulate()"}
    assert len(found["losses"]) == 11  # model 1 is one
    fit = next(one for one in found["fits"] if one["fits"])
    assert [(each["chain"], each["iteration"]) for each in fit["forecasts"]] == [("old", 9), ("new", 9)]
    assert fit["forecasts"][0]["value"] == pytest.approx(9)
    printed = command(capsys, "theory", f"diagnose {file} --workflow accumulate --workflow replace").out
    assert "old, loss of model 100" in printed
    assert "differences tell the chains apart: old: Replace(), new: Accumulate()" in printed
    one = command(capsys, "theory", f"diagnose {file} --workflow replace")
    refused(one, "theory diagnose", "has 2 chains; give as many --workflow")
    file.write_text("iteration,loss\n1,2\n2,3\n")
    refused(
        command(capsys, "theory", f"diagnose {file} --workflow replace --workflow accumulate"),
        "theory diagnose",
        "has no column chain, and several --workflow are given",
    )


def test_the_command_pairs_chains_by_the_names_of_seeds(tmp_path, capsys):
    """Whatever their order in the file; other names are refused, whose errors do not go together."""
    generator, other = np.random.default_rng(2), [5, 2, 0, 7, 3, 6, 1, 4]
    losses = {
        chain: gain[:2] + 0.1 * generator.normal(size=(8, 2)) for chain, gain in zip("ab", GAIN.values(), strict=True)
    }
    file, names = tmp_path / "losses.csv", "pqrstuvw"
    rows = [(chain, k, n) for n in (1, 2) for chain, order in (("a", range(8)), ("b", other)) for k in order]

    def write(of):
        lines = [f"{chain},{of[chain][k]},{n},{float(losses[chain][k, n - 1])!r}\n" for chain, k, n in rows]
        file.write_text("chain,seed,iteration,loss\n" + "".join(lines))

    write({"a": names, "b": names})
    found = command(capsys, "theory", f"diagnose {file} --json").json
    assert found == diagnose_jointly(losses).values()
    assert found["fits"] != diagnose_jointly({"a": losses["a"], "b": losses["b"][other]}).values()["fits"]
    write({"a": names, "b": "qrstuvwx"})
    refused(
        command(capsys, "theory", f"diagnose {file}"), "theory diagnose", "have seeds of other names; name the same"
    )
