"""Plans: the cheapest that does is found, simulation agrees, a cheaper one of the family fails, and limits are said."""

import inspect
import math
from fractions import Fraction
from typing import Any

import jax.random as jr
import pytest

import sim
from tests.helpers import command, refused
from theory import AccumulateFresh, FixedReal, FreshReal, Replace, gain, plan, plan_command
from theory.__main__ import parser
from theory.plan_families import FAMILIES, Larger, _best_fresh
from theory.pools import Pool

PRICES: dict[str, Any] = {"T": 100, "d": 32, "real_cost": 10, "sampled_cost": 1}
UNIT = Fraction(32, 67)


@pytest.fixture(scope="module")
def found():
    return plan(error=0.6, iterations=20, **PRICES)


def test_the_cheapest_is_the_one_that_brute_force_finds(found):
    """Gains and costs by hand: FixedReal adds q^i/m, Accumulate m/(1 + i m)^2, with i = n - 1."""

    def fixed_real(m):
        return 1 + sum(Fraction(1, 4) ** i for i in range(1, 20)) / m

    def accumulate(m):
        return 1 + sum(Fraction(m, (1 + i * m) ** 2) for i in range(1, 20))

    goal, sizes = Fraction(6, 10) / UNIT, range(1, 11)
    costs = {1000 + 1900 * m: FixedReal for m in sizes if fixed_real(m) < goal}
    costs |= {1000 + 1900 * m: AccumulateFresh for m in sizes if accumulate(m) < goal and 1000 + 1900 * m not in costs}
    assert min(costs) == found.best.cost == 4800
    assert found.best.workflow == Larger(FixedReal("1/2"), Fraction(2))
    assert found.best.last == pytest.approx(float(UNIT * fixed_real(2)), rel=1e-14)
    by_family = {each.family: each for each in found.candidates}
    assert by_family["accumulate"].size == min(m for m in sizes if accumulate(m) < goal) == 5
    assert by_family["fresh real data at a weight"].cost == 20 * 1000 + 1900
    assert found.best.cost == min(each.cost for each in found.candidates if each.feasible)


def test_what_fails_says_where_and_how_it_goes_on(found):
    by_family = {each.family: each for each in found.candidates}
    replace = by_family["replace"]
    first = next(n for n, c in enumerate(gain(replace.workflow, 20), 1) if c * UNIT >= Fraction(6, 10))
    assert replace.reason.startswith(f"model {first} has 0.620896, not below 0.6")
    assert replace.growth.kind == "linear"
    assert by_family["accumulate, drawn"].reason == "no exact law"
    assert by_family["accumulate"].growth.kind == "bounded"


def test_each_candidate_tells_its_errors_and_how_they_go_on(found):
    """By gains of up to 400 models: the largest, the last, and what they come to, or grow by."""
    kinds = set()
    for each, told in zip(found.candidates, found.values()["candidates"], strict=True):
        gains = [float(UNIT * c) for c in gain(each.workflow, 400)]
        if each.error is None:
            assert (told["error"], told["last"], told["growth"]) == (None, None, None)
            continue
        assert (told["error"], told["last"]) == pytest.approx((max(gains[:20]), gains[19]), rel=1e-12)
        kinds.add((each.growth.kind, told["error"] > told["last"]))
        ends = str(each.growth.constant) if each.growth.kind == "bounded" else "oo"
        assert (told["growth"], told["limit"]) == (each.growth.kind, ends)
        twice = {"bounded": gains[-1], "linear": (gains[-1] - gains[-2]), "logarithmic": (gains[-1] - gains[199])}
        constant = float(each.growth.constant) * (math.log(2) if each.growth.kind == "logarithmic" else 1)
        # what goes to 0 does so as (log n)/n, the others as 1/n
        assert constant == pytest.approx(twice[each.growth.kind], rel=5e-3, abs=0 if constant else 0.02)
    assert kinds == {("bounded", True), ("bounded", False), ("linear", False), ("logarithmic", False)}


def test_what_is_printed_of_each_candidate_is_its_own(found):
    best, because, empty, _, *lines = str(found).splitlines()
    assert (best, because, empty) == (str(found.best.workflow), found.because, "")
    for each, numbers, words in zip(found.candidates, lines[::2], lines[1::2], strict=True):
        cost, worst, last, workflow = numbers.split(maxsplit=3)
        assert (float(cost), workflow) == (pytest.approx(float(each.cost), rel=1e-5), str(each.workflow))
        assert [worst, last] == ["-" if value is None else f"{value:.4g}" for value in (each.error, each.last)]
        assert words.strip().startswith("does" if each.feasible else each.reason)
        assert (f"; for n -> oo {each.growth}" in words) == (each.growth is not None)
        assert (f"; weight: {each.how}" in words) == bool(each.how)


def test_of_equally_cheap_ones_the_last_error_decides():
    """Rows that cost nothing, and errors that are largest at model 1."""
    found = plan(error="11/10", iterations=4, excess=1, T=100, real_cost=0, largest=1, least_sampled="1/3")
    doing = [each for each in found.candidates if each.feasible]
    assert {(each.cost, each.error) for each in doing} == {(0, 1)}
    assert len(doing) > 2
    assert found.best is min(doing, key=lambda each: each.last or 0)
    assert found.best is not doing[0]


@pytest.mark.slow
def test_a_simulation_keeps_below_and_a_cheaper_plan_of_the_family_does_not(found):
    model = sim.LinearRegression(T=100, d=32, sigma=1.0, design="fixed")

    def last(workflow):
        run = sim.run(model, workflow, iterations=20, replicates=4000, key=jr.key(3)).test_error
        return run.mean[-1], run.standard_error[-1]

    mean, error = last(found.best.workflow)
    assert mean + 5 * error < 0.6
    assert abs(mean - found.best.last) < 5 * error
    mean, error = last(FixedReal("1/2"))  # of size 1
    assert mean - 5 * error > 0.6


def test_a_budget_that_is_just_met_is_met(monkeypatch):
    """Where sampled rows are free, larger pools cost the same: gains 1 + (1/4 + … + 4^-4)/m, above 1.3 at m = 1."""
    monkeypatch.setitem(plan.__globals__, "FAMILIES", [each for each in FAMILIES if each.name.startswith("first real")])
    given: dict[str, Any] = {"error": "13/10", "iterations": 5, "T": 10, "excess": 1, "largest": 3}
    for budget in (10, 11):
        best = plan(budget, **given).best
        assert (best.workflow, best.cost) == (Larger(FixedReal("1/2"), Fraction(2)), 10)
    assert plan("99/10", **given).best is None
    given["error"] = 2
    none = plan("99/10", **given)
    assert (none.best, none.candidates[0].reason) == (None, "costs 10, more than 9.9")


def test_too_small_a_share_of_sampled_data_is_told(monkeypatch):
    monkeypatch.setitem(plan.__globals__, "FAMILIES", [each for each in FAMILIES if "rows alike" in each.name])
    (alike,) = plan(error=2, iterations=3, T=10, excess=1, least_sampled="4/5", largest=2).candidates
    assert (alike.size, alike.reason) == (2, "a training set has a share of 2/3 sampled data, less than 4/5")
    (larger,) = plan(error=2, iterations=3, T=10, excess=1, least_sampled="2/3", largest=2).candidates
    assert (larger.size, larger.feasible, larger.reason) == (2, True, None)


@pytest.mark.slow
def test_a_budget_and_the_premise_are_kept():
    cheap = plan(4799, error=0.6, iterations=20, **PRICES)
    assert cheap.best is None
    assert "the reason of each is below" in cheap.because
    assert any(each.reason == "costs 4800, more than 4799" for each in cheap.candidates)
    strict = plan(error=0.7, iterations=6, least_sampled="9/10", excess=UNIT, T=100)
    assert all(
        sum(share for pool, share in strict.best.workflow.shares(n).items() if pool.labelled_by) >= Fraction(9, 10)
        for n in range(2, 7)
    )


def test_an_error_that_is_met_exactly_is_not_below():
    """Replace with pools of 10 T: model 2 has 11/10, exactly the error."""
    found = plan(error="11/10", excess=1, iterations=10, T=100, real_cost=1, sampled_cost=10)
    (replace,) = (each for each in found.candidates if each.family == "replace")
    assert replace.reason == "model 2 has 1.1, not below 1.1"
    assert found.best.workflow == FreshReal(1, "1/2")
    assert found.best.growth.limit == Fraction(2, 3)


def test_no_workflow_makes_up_for_too_few_rows(monkeypatch):
    none = plan(error=0.4, iterations=20, **PRICES)
    assert none.best is None
    assert none.because == "model 1 has 0.477612 under every workflow, not below 0.4; T >= 114 would do for that"
    assert Fraction(32, 114 - 33) < Fraction(4, 10) <= Fraction(32, 113 - 33)
    monkeypatch.setitem(plan.__globals__, "FAMILIES", FAMILIES[:1])
    met = plan(error=1, excess=1, iterations=3, T=100)
    assert (met.best, met.because) == (None, "model 1 has 1 under every workflow, not below 1")


@pytest.mark.slow
def test_fresh_rows_have_exact_laws_of_some():
    found = plan(error=0.6, iterations=6, design="fresh", largest=4, **PRICES)
    by_family = {each.family: each for each in found.candidates}
    assert by_family["first real data at a weight"].reason == "no exact law"
    assert by_family["replace"].workflow == Replace()  # larger pools have none
    assert (by_family["replace"].growth.kind, by_family["replace"].growth.constant) == ("linear", UNIT)
    assert found.best.workflow == AccumulateFresh(0, by_family["accumulate"].size)


def test_the_weight_of_fresh_real_data_is_the_best_that_may_be():
    for size in (1, 2, 3, 7):
        weight = _best_fresh(size, Fraction(1, 2)).parameters["weight"]

        def limit(w, size=size):
            return (w**2 + (1 - w) ** 2 / size) / (w * (2 - w))

        assert weight <= Fraction(1, 2)
        others = [Fraction(k, 100) for k in range(1, 51)]
        assert float(limit(weight)) <= float(min(map(limit, others))) + 1e-5


@pytest.mark.parametrize("size", [1, 3, 8])
def test_a_weight_is_the_nearest_in_thousands(size):
    """Of the root of w^2 = (1 - w)/size, which is 0.6180, 0.4343 and 0.2965."""
    weight = _best_fresh(size, Fraction(99, 100)).parameters["weight"]
    assert 1000 % weight.denominator == 0
    assert abs(float(weight) - (math.sqrt(size**-2 + 4 / size) - 1 / size) / 2) <= 1 / 2000


def test_the_gain_of_first_real_data_falls_with_their_weight():
    (family,) = (each for each in FAMILIES if each.name == "first real data at a weight")
    for size in (1, 3):
        gains = [gain(family.of(size, Fraction(k, 10)), 8) for k in range(1, 10)]
        assert all(
            a > b for less, more in zip(gains, gains[1:], strict=False) for a, b in zip(less[1:], more[1:], strict=True)
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"d": None}, "give d, of a regression, or the excess"),
        ({"excess": 1}, "give d, of a regression, or the excess"),
        ({"error": 0}, "the error must be more than 0; got 0"),
        ({"least_sampled": 1}, "above 0 and below 1"),
        ({"largest": 0}, "at least 1"),
        ({"T": 0, "d": None, "excess": 1}, "at least 1"),
        (
            {"d": None, "excess": 1, "design": "fresh"},
            "in place of which an excess is given; leave them out; got sigma=1",
        ),
        (
            {"d": None, "excess": 1, "sigma": 2},
            "in place of which an excess is given; leave them out; got sigma=2, design=f",
        ),
        ({"iterations": 0}, "iterations are counted from 1"),
        ({"T": 33}, "needs"),
        ({"real_cost": -1}, "real_cost must be at least 0"),
    ],
)
def test_mistakes_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        plan(**{"error": 0.6, "iterations": 5, **PRICES, **options})


def test_every_option_of_the_command_reaches_the_plan(capsys, monkeypatch):
    names = list(inspect.signature(plan).parameters)
    options = {f"--{name.replace('_', '-')}": name for name in names}
    assert parser().commands["plan"].names - set(options) == {"-h", "--help", "--json"}
    given = {name: 40 + place for place, name in enumerate(names)} | {"design": "fresh"}
    seen = {}

    def record(*values, **further):
        seen.update(zip(names, values, strict=False), **further)
        return "a plan"

    monkeypatch.setattr(plan_command, "plan", record)
    line = " ".join(f"{option} {given[name]}" for option, name in options.items())
    assert command(capsys, "theory", f"plan {line}").out == "a plan\n"
    assert seen == given


def test_the_command_prints_the_plan(capsys):
    line = "plan --excess 1 --T 100 --error 1.5 --iterations 3 --real-cost 10 --sampled-cost 1"
    ran = command(capsys, "theory", f"{line} --json")
    assert ran.status == 0
    assert ran.json["best"]["workflow"] == str(FixedReal("1/2"))
    assert ran.json["best"]["cost"] == 1000 + 200
    assert len(ran.json["candidates"]) == len(FAMILIES)
    assert command(capsys, "theory", line).out.startswith("FixedReal(weight=1/2)\n")
    refused(command(capsys, "theory", line.replace("--excess 1 ", "")), "theory plan", "give d, of a regression")


def test_larger_pools_change_the_sampled_pools_alone():
    usual, larger = AccumulateFresh(2, 3), Larger(AccumulateFresh(2, 3), Fraction(5))
    for iteration in range(2, 6):
        assert larger.training_set(iteration) == usual.training_set(iteration)
        assert (larger.size(Pool(iteration)), larger.size(Pool(iteration, True))) == (5, 2)
    assert larger.size(Pool(1)) == 1
    assert gain(larger, 6) == gain(AccumulateFresh(2, 5), 6)
