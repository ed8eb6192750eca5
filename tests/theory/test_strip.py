"""Strips around lines in which gains lie for ever: against exact gains far beyond the values they are made from."""

import random
import shutil
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from operator import mul
from pathlib import Path

import pytest
import sympy as sp
from sympy.parsing.sympy_parser import parse_expr

from tests.helpers import Made, thinned
from theory import (
    Accumulate,
    FixedReal,
    FreshReal,
    Proved,
    Refuted,
    Replace,
    SlidingWindow,
    Workflow,
    check_bound,
    linear,
)
from theory.gain import gain
from theory.prover.certificate import check
from theory.strip import SeasonalStrips, Strips, largest_norm, strips
from theory.symbolic_workflow import SymbolicWorkflow
from theory.tasks.regression.symbols import ONE_FIT
from theory.workflow import TrainingSet, by_count, pools, real, synthetic


@dataclass(frozen=True)
class Older(Workflow):
    """All data from the model two iterations ago: the gain rises every second iteration."""

    def training_set(self, iteration: int) -> TrainingSet:
        return TrainingSet((pools(iteration - 1, iteration - 1) if iteration > 2 else pools(1, 1),))


WORKFLOWS = [
    *(SlidingWindow(k) for k in (1, 2, 3, 4, 5, 7, 8)),
    Replace(),
    FixedReal("1/3"),
    FreshReal("1/2"),
    Older(),  # c_n = ceil(n/2): the root -1 never dies out, and the strip stays as wide
]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=str)
@pytest.mark.parametrize("first", [1, 16, 64])
def test_gains_lie_in_the_strip(workflow: Workflow, first: int) -> None:
    found = strips(SymbolicWorkflow(workflow))
    strip = found.at(first)
    gains = gain(workflow, 400)
    gaps = [abs(c - strip.slope * n - strip.intercept) for n, c in enumerate(gains, 1) if n >= strip.first]
    assert max(gaps) <= strip.margin
    # It is no wider than a few of the gaps at its beginning: a strip that holds everything would say nothing.
    assert strip.margin <= 8 * max(gaps[:40])
    assert [found.gain(n) for n in range(1, 401)] == gains


def test_a_strip_holds_gaps_that_grow_before_they_fade() -> None:
    """Recurrences with random roots in the unit circle, double ones among them, from any first gaps."""
    chance, grown = random.Random(2), 0
    for _ in range(60):
        roots = [Fraction(chance.randint(-8, 8), 10) for _ in range(chance.randint(1, 4))]
        polynomial = [Fraction(1)]
        for root in (*roots, chance.choice(roots)):
            polynomial = [a - root * b for a, b in zip([*polynomial, 0], [0, *polynomial], strict=True)]
        rest = [-c for c in polynomial[1:]]
        first = [Fraction(chance.randint(-3, 3)) for _ in rest]
        growth = largest_norm(rest)
        assert growth is not None
        found = Strips(first, Fraction(0), Fraction(0), rest, growth)
        gaps = list(first)
        while len(gaps) < 60:
            gaps.append(sum((c * gaps[-1 - j] for j, c in enumerate(rest)), Fraction(0)))
        for start in (1, 3):
            assert max(map(abs, gaps[start - 1 :])) <= found.at(start).margin
        grown += max(map(abs, gaps)) > max(map(abs, first))
    assert grown > 10


def test_the_largest_norm_is_that_of_powers_up_to_one_of_norm_one() -> None:
    """The companion matrix itself, multiplied; of the first ones all rows but one are soon at most 1."""
    chance = random.Random(5)
    recurrences = [["6/5", "-7/10", "-1/5"], ["1/2", "6/5", "-3/5", "-2/5"], [2], []]
    recurrences += [[f"{chance.randint(-9, 9)}/10" for _ in range(chance.randint(1, 3))] for _ in range(60)]
    for recurrence in ([Fraction(c) for c in each] for each in recurrences):
        size = len(recurrence)
        companion = [[Fraction(int(column == row + 1)) for column in range(size)] for row in range(size - 1)]
        companion += [recurrence[::-1]] * (size > 0)
        power = [[Fraction(int(column == row)) for column in range(size)] for row in range(size)]
        norms = [Fraction(1)]
        while len(norms) < 65 and (len(norms) == 1 or norms[-1] > 1):
            power = [[sum(map(mul, row, column)) for column in zip(*companion, strict=True)] for row in power]
            norms.append(max((sum(map(abs, row)) for row in power), default=Fraction(0)))
        assert largest_norm(recurrence) == (max(norms) if norms[-1] <= 1 else None), recurrence


@pytest.mark.parametrize("start", range(1, 16))
def test_a_strip_of_seasons_begins_with_the_first_gain_of_each_from_there_on(start: int) -> None:
    """Three sequences beside a common line, each of whose gaps are half of the one before, or minus a third of it."""
    begins, slope = 4, Fraction(1, 5)
    firsts, rests = (Fraction(3), Fraction(-7, 2), Fraction(2)), (Fraction(1, 2), Fraction(-1, 3), Fraction(1, 2))
    each = tuple(
        Strips([3 * slope + first], 3 * slope, Fraction(0), [rest], Fraction(1))
        for first, rest in zip(firsts, rests, strict=True)
    )
    found = SeasonalStrips([Fraction(0)] * (begins - 1), begins, each).at(start)
    assert (found.first, found.slope) == (max(start, begins), slope)
    low, high = [], []
    for j, (first, rest) in enumerate(zip(firsts, rests, strict=True)):
        m = next(m for m in range(1, 99) if begins + j + 3 * (m - 1) >= found.first)
        middle = 3 * slope * m - slope * (begins + j + 3 * (m - 1))
        low.append(middle - abs(first * rest ** (m - 1)))
        high.append(middle + abs(first * rest ** (m - 1)))
    assert (found.intercept - found.margin, found.intercept + found.margin) == (min(low), max(high))


@pytest.mark.parametrize("k", [2, 3, 4, 8])
def test_windows_rise_by_four_over_the_square_of_k_plus_one(k: int) -> None:
    assert strips(SymbolicWorkflow(SlidingWindow(k))).at(1).slope == Fraction(4, (k + 1) ** 2)


def test_there_is_none_where_no_lags_are_fixed_or_they_are_too_long() -> None:
    assert strips(SymbolicWorkflow(Accumulate())) is None
    assert strips(SymbolicWorkflow(SlidingWindow(30))) is None
    assert strips(SymbolicWorkflow(Made(lambda i: by_count(real(1))))) is None  # without lags


@pytest.mark.parametrize(("age", "known"), [(1, True), (8, True), (9, False)])
def test_later_real_data_are_followed_as_far_as_sampled_ones(age: int, known: bool) -> None:
    """All that there are by that iteration, of `age` iterations ago: without, and with the newest sampled pool."""
    for sampled in ((), (1,)):

        def rule(i: int, sampled: tuple[int, ...] = sampled) -> TrainingSet:
            newest = tuple(synthetic(i - lag) for lag in sampled)
            return by_count(real(i - age if i > age + 1 else i), *newest)

        workflow = Made(rule)
        found = strips(SymbolicWorkflow(workflow))
        assert (found is not None) == known
        if found is not None:
            assert [found.gain(n) for n in range(1, 41)] == gain(workflow, 40)


U = "sigma**2*d/(T-d-1)"


BOUNDS = [
    (SlidingWindow(3), f"n*{U}", True),
    (SlidingWindow(3), f"(n/4+1)*{U}", True),
    # c_n - n/4 tends to 103/144 = 0.71527…, and is 61/81 = 0.75308… at n = 4
    (SlidingWindow(3), f"(n/4+61/81)*{U}", True),
    (SlidingWindow(3), f"(n/4+753/1000)*{U}", False),
    (SlidingWindow(3), f"24/100*n*{U}+10*{U}", False),
    (SlidingWindow(4), f"4*n/25*{U}+sqrt(n)*{U}", True),
    (SlidingWindow(4), f"(log(n)+1)*{U}", False),
    (SlidingWindow(3), "(n/4+1)*(1+1/n)*sigma**2*d/(T-d)*(T/(T-d-1))", True),
    (Older(), f"(n+1)/2*{U}", True),
    (Older(), f"n/2*{U}", False),
]


@pytest.mark.parametrize(("workflow", "bound", "true"), thinned(BOUNDS, every=4), ids=str)
def test_bounds_on_gains_without_a_formula(workflow: Workflow, bound: str, true: bool) -> None:
    law = linear.test_error(workflow, design="fixed")
    verdict = check_bound(law, bound)
    assert verdict.verdict == ("proved" if true else "refuted")
    if isinstance(verdict, Refuted):
        point = {name: int(x) for name, x in verdict.counterexample.items()}
        unit = Fraction(point["d"], point["T"] - point["d"] - 1)
        assert point["n"] < 2000
        assert gain(workflow, point["n"])[-1] * unit > parse_expr(bound, {"sigma": 1, **point})


@pytest.mark.slow
def test_laws_without_a_formula_are_compared_and_bounded_from_below() -> None:
    two, three = (linear.test_error(SlidingWindow(k), design="fixed") for k in (2, 3))
    accumulate = linear.test_error(Accumulate(), design="fixed")
    assert check_bound(three, two).verdict == "proved"
    assert check_bound(two, three).verdict == "refuted"
    assert check_bound(accumulate, three).verdict == "proved"
    assert check_bound(three, f"n/4*{U}", lower=True).verdict == "proved"
    assert check_bound(three, f"(n/4+716/1000)*{U}", lower=True).verdict == "refuted"


@pytest.mark.parametrize(("constant", "lower"), [("61/81", False), ("1", False), ("1/2", True)])
def test_the_parts_of_a_proof_cover_every_iteration_and_hold_each(constant: str, lower: bool) -> None:
    """One by one, or in stretches; the law's side is the second of a lower bound."""
    verdict = check_bound(linear.test_error(SlidingWindow(3), design="fixed"), f"(n/4+{constant})*{U}", lower=lower)
    assert isinstance(verdict, Proved)
    *firsts, last = verdict.parts
    domains = [part.certificate.domain for part in verdict.parts]
    assert domains[0].least_n == 1
    assert [domain.least_n for domain in domains[1:]] == [domain.most_n + 1 for domain in domains[:-1] if domain.most_n]
    assert last.certificate.domain.most_n is None
    words, gains = (
        f"where the law of SlidingWindow(k=3) is at {'least' if lower else 'most'}",
        gain(SlidingWindow(3), 200),
    )
    for part, domain in zip(firsts, domains, strict=False):
        check(*part.sides, part.certificate)
        first, most = domain.least_n, domain.most_n
        assert most is not None
        stands = part.sides[lower]
        assert stands == (min if lower else max)(gains[first - 1 : most]) * ONE_FIT
        assert part.where == (f"n = {first}" if first == most else f"{first} <= n <= {most}, {words} {stands}")
    assert any(domain.least_n != domain.most_n for domain in domains[:-1]) == (constant != "61/81")
    check(*last.sides, last.certificate)
    assert last.where == f"n >= {domains[-1].least_n}, {words} {last.sides[lower]}"
    for n in range(domains[-1].least_n, 201):
        edge = (last.sides[lower] / ONE_FIT).subs(sp.Symbol("n", integer=True, positive=True), n)
        assert (edge <= gains[n - 1]) if lower else (edge >= gains[n - 1])


@pytest.mark.skipif(shutil.which("gp") is None, reason="PARI/GP is not installed")
def test_a_proof_in_parts_is_verified_as_a_whole(tmp_path: Path) -> None:
    verdict = check_bound(linear.test_error(SlidingWindow(3), design="fixed"), f"(n/4+1)*{U}")
    assert isinstance(verdict, Proved)
    script = verdict.gp_script()
    for text, answer in ((script, "verified\n"), (script.replace("shown(F, (", "shown(F, (1) + (", 3), "failed")):
        path = tmp_path / "proof.gp"
        path.write_text(text)
        done = subprocess.run(["gp", "-q", "-f", str(path)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.stdout.startswith(answer)
