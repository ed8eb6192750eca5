"""Growth of workflows that branch on the iteration, against exact gains; and a trap for each condition."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import pytest
import sympy as sp

import theory
from theory import Pools, TrainingSet, Workflow, by_count, by_weight, gain, pools, real, subsample, synthetic
from theory.index import Index, Reader, read, readers, turning_points
from theory.recurrence import most_terms, shortest_recurrence
from theory.recursion import solve
from theory.strip import strips
from theory.symbolic_workflow import SymbolicWorkflow

U = "sigma**2*d/(T-d-1)"


@dataclass(frozen=True)
class Branches(Workflow):
    """Training sets and sizes by functions."""

    rule: Callable[[Any], TrainingSet] = field(repr=False)
    rows: Callable[[Any], Any] = field(default=lambda pool: 1, repr=False)
    real_rows: Callable[[Any], Any] = field(default=lambda iteration: 1, repr=False)

    def training_set(self, iteration: Any) -> TrainingSet:
        return self.rule(iteration)

    def pool_size(self, pool: Any) -> Any:
        return self.rows(pool)

    def real_size(self, iteration: Any) -> Any:
        return self.real_rows(iteration)


def newest(i: Any) -> TrainingSet:
    return by_count(synthetic(i - 1))


def renewed(i: Any) -> TrainingSet:
    return by_count(real(i), synthetic(i - 1))


def window(i: Any, k: int) -> TrainingSet:
    return by_count(pools(max(1, i - k + 1), i))


def table(i: Any) -> TrainingSet:
    return by_weight({real(1): ("1/2", "1/4", "1/8")[i % 3], synthetic(i - 1): ("1/2", "3/4", "7/8")[i % 3]})


def early(i: Any) -> TrainingSet:
    """Real data every fourth iteration, which older pools pass by or not."""
    if i < 5:
        return newest(i)
    return by_count(real(i), synthetic(i - 1)) if i % 4 == 0 else by_count(synthetic(i - 1), synthetic(i - 3))


#: Name: (workflow, kind, whether one constant is proved).
BRANCHING: dict[str, tuple[Workflow, str, bool]] = {
    "fresh every third": (Branches(lambda i: newest(i) if i % 3 else renewed(i)), "bounded", False),
    "fresh but every third": (Branches(lambda i: renewed(i) if i % 3 else newest(i)), "bounded", False),
    "fresh every second and every third": (
        Branches(lambda i: renewed(i) if i % 2 == 0 or i % 3 == 0 else newest(i)),
        "bounded",
        False,
    ),
    "windows by parity, sizes by thirds": (
        Branches(lambda i: window(i, 2) if i % 2 else newest(i), lambda j: 1 + j % 3),
        "linear",
        True,
    ),
    "anchored every second": (
        Branches(lambda i: by_count(real(1), synthetic(i - 1)) if i % 2 else newest(i)),
        "bounded",
        False,
    ),
    "weights of a table": (Branches(table), "bounded", False),
    "older pools": (Branches(early), "bounded", False),
    "windows by parity": (Branches(lambda i: window(i, 3) if i % 2 else window(i, 2)), "linear", True),
    "every second from before": (
        Branches(lambda i: newest(i) if i < 3 else by_count(synthetic(i - 2))),
        "linear",
        True,
    ),
    "two chains of two sizes": (
        Branches(lambda i: by_count(synthetic(i - 2)) if i > 2 else by_count(real(1)), lambda j: 1 + j % 2),
        "linear",
        False,
    ),
    "blocks": (Branches(lambda i: by_count(pools(i - i % 3, i)) if i > 3 else newest(i)), "linear", True),
    "quotients": (Branches(lambda i: by_count(pools(3 * (i // 3), i)) if i > 3 else newest(i)), "linear", True),
    "sizes by parity": (Branches(newest, lambda j: 2 if j % 2 else 1), "linear", True),
    "draws by parity": (
        Branches(lambda i: newest(i) if i % 2 else subsample(synthetic(i - 1), rows="1/2")),
        "linear",
        True,
    ),
    "all data every third": (Branches(lambda i: newest(i) if i % 3 else by_count(pools(1, i))), "bounded", False),
    "all data, then newer": (
        Branches(lambda i: by_count(pools(1, i)) if i % 4 == 0 or i < 4 else by_count(pools(i - i % 4 + 1, i))),
        "bounded",
        False,
    ),
    "all data, one pool larger": (
        Branches(lambda i: by_count(pools(1, i)), lambda j: 5 if j == 3 else 1),
        "bounded",
        True,
    ),
    "all data, sizes by parity": (Branches(lambda i: by_count(pools(1, i)), lambda j: 1 + j % 2), "bounded", True),
    "all data, then a window": (Branches(lambda i: by_count(pools(1, i)) if i <= 12 else window(i, 3)), "linear", True),
    "newest, then all data": (Branches(lambda i: newest(i) if i <= 12 else by_count(pools(1, i))), "bounded", True),
    "newest, then draws": (Branches(lambda i: newest(i) if i <= 7 else subsample(pools(1, i))), "bounded", True),
    "all data, then growing": (
        Branches(lambda i: by_count(pools(1, i)) if i <= 5 else newest(i), lambda j: j),
        "logarithmic",
        True,
    ),
    "all data once": (Branches(lambda i: by_count(pools(1, i)) if i == 40 else newest(i)), "linear", True),
    "squares, always real": (
        Branches(lambda i: renewed(i) if i * i - 70 * i > 9 else by_weight({real(1): "1/3", synthetic(i - 1): "2/3"})),
        "bounded",
        False,
    ),
    "squares, never real": (
        Branches(lambda i: newest(i) if i < 4 or i * i - 70 * i > 9 else subsample(pools(i - 2, i), rows="1/2")),
        "linear",
        False,
    ),
}


@pytest.mark.parametrize("name", BRANCHING)
def test_growth(name: str) -> None:
    workflow, kind, has_constant = BRANCHING[name]
    found = solve(SymbolicWorkflow(workflow)).growth
    assert found is not None
    assert (found.kind, found.constant is not None) == (kind, has_constant)
    constant = None if found.constant is None else float(found.constant)
    gains = list(map(float, gain(workflow, 240)))
    if kind == "bounded":
        assert max(gains[120:]) < 1.05 * max(gains[60:120])
        # The gaps to a limit go on shrinking, as 1/n at least; without one the gains go on to differ.
        if constant is None:
            assert max(gains[-60:]) > 1.05 * min(gains[-60:]) or name.startswith("squares")
            return
        gaps = [abs(c - constant) for c in gains]
        assert all(max(gaps[m:]) < 3 * max(gaps[60:]) * 60 / m + 1e-9 for m in (120, 200))
        return
    slope = (gains[239] - gains[119]) / (120 if kind == "linear" else float(sp.log(2)))
    assert 0.02 < slope < 2
    assert constant is None or abs(slope - constant) < 0.01 * slope + 0.005


def ages(i: Any) -> TrainingSet:
    return by_weight({real(1): 1 / i, synthetic(i - 1): 1 - 1 / i}) if i % 2 else newest(i)


#: Each breaks one condition: no growth is proved, or, in one case, of another kind than is near at hand.
TRAPS: dict[str, Workflow] = {
    # The even models are fitted to real data; the odd ones never see any.
    "real data that half the models pass by": Branches(
        lambda i: by_count(real(i)) if i % 2 == 0 else by_count(synthetic(i - 2)) if i > 2 else newest(i)
    ),
    "a share that fades": Branches(ages),
    "a share that fades on one way": Branches(
        lambda i: by_weight({real(1): 1 / i, synthetic(i - 1): 1 - 1 / i}) if i * i - 70 * i > 9 else renewed(i)
    ),
    "all data, and a pool from before": Branches(
        lambda i: by_count(pools(1, i)) if i % 3 == 0 or i < 4 else by_count(synthetic(i - 3))
    ),
    "all data, and real data": Branches(
        lambda i: by_count(pools(1, i)) if i % 2 else by_count(real(i), synthetic(i - 1))
    ),
    "all data on one way": Branches(lambda i: by_count(pools(1, i)) if i * i - 70 * i > 9 else newest(i)),
    "half as old": Branches(lambda i: by_count(synthetic(i // 2)) if i > 2 else newest(i)),
    "sizes that grow on one way": Branches(
        lambda i: newest(i) if i * i - 70 * i > 9 else by_count(synthetic(i - 1)), lambda j: j if j * j > 99 else 1
    ),
    "draws that shrink": Branches(
        lambda i: newest(i) if i * i - 70 * i > 9 else subsample(synthetic(i - 1), rows=1 / i)
    ),
    "fewer real rows each time": Branches(
        lambda i: by_count(real(i), synthetic(i - 1)) if i * i - 70 * i > 9 else by_count(real(1), pools(2, i))
    ),
    "a hash": Branches(lambda i: by_count(real(1)) if i in {3, 70} else newest(i)),
    "sizes that grow every second": Branches(newest, lambda j: j if j % 2 else 1),
    "real data that grow": Branches(lambda i: renewed(i) if i % 2 else newest(i), real_rows=lambda i: i),
    "real data that grow every second": Branches(renewed, real_rows=lambda i: i if i % 2 else 1),
    "draws that shrink every second": Branches(
        lambda i: subsample(synthetic(i - 1), rows=1 / i) if i % 2 else newest(i)
    ),
    # As the traps above, just beyond what is let.
    "all data, and one pool from before": Branches(
        lambda i: by_count(pools(1, i)) if i % 2 == 0 or i < 4 else by_count(synthetic(i - 2))
    ),
    "all data, and in two steps one pool from before": Branches(
        lambda i: by_count(pools(1, i)) if i % 3 == 0 or i < 4 else by_count(synthetic(i - 1 - 2 * (i % 3 - 1)))
    ),
    "no real data on one way": Branches(
        lambda i: by_count(Pools(i, i - 1, fresh_real=True), synthetic(i - 1)) if i * i - 70 * i > 9 else renewed(i)
    ),
    "no share of real data on one way": Branches(
        lambda i: by_weight({real(1): 0, synthetic(i - 1): 1}) if i * i - 70 * i > 9 else renewed(i)
    ),
    "draws that shrink each time": Branches(lambda i: subsample(synthetic(i - 1), rows=1 / i)),
}


@pytest.mark.parametrize("name", TRAPS)
def test_traps(name: str) -> None:
    assert solve(SymbolicWorkflow(TRAPS[name])).growth is None


def test_limits_of_every_rest_are_told() -> None:
    law = theory.linear.test_error(BRANCHING["fresh every third"][0], design="fixed")
    assert (str(law.growth()), law.limit()) == ("bounded", None)
    assert str(law.derivation).count("the limits of every 3 iterations: 10/3, 4/3, 7/3") == 1  # from n = 5 on
    far = gain(law.workflow, 91)[-3:]  # n = 89, 90, 91
    assert all(abs(c - Fraction(limit, 3)) < 1e-9 for c, limit in zip(far, (10, 4, 7), strict=True))


def test_the_limit_of_all_data_with_sizes_that_repeat() -> None:
    """By the sum of size/N^2 itself, to which the rest beyond n adds about 1/N."""
    law = solve(SymbolicWorkflow(BRANCHING["all data, sizes by parity"][0])).growth
    assert law is not None
    assert law.constant is not None
    rows, total = 0, 0.0
    for k in range(1, 20001):
        rows += 1 + k % 2 if k > 1 else 1
        total += (1 + k % 2 if k > 1 else 1) / rows**2
    assert abs(total + 1 / rows - float(law.constant)) < 1e-8


#: Bounds on laws without a formula, decided at every n by strips around lines, rest by rest.
BOUNDS = [
    ("fresh every third", f"4*{U}", False, "proved"),
    ("fresh every third", f"{U}", True, "proved"),
    ("fresh every third", f"33/10*{U}", False, "refuted"),
    ("windows by parity", f"n*{U}", False, "proved"),
    ("windows by parity", f"(n/4+6)*{U}", False, "refuted"),
    ("sizes by parity", f"(3*n/4+1)*{U}", False, "proved"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bound", "lower", "verdict"), BOUNDS)
def test_bounds(name: str, bound: str, lower: bool, verdict: str) -> None:
    law = theory.linear.test_error(BRANCHING[name][0], design="fixed")
    assert theory.check_bound(law, bound, lower=lower).verdict == verdict


STRIPS = ["fresh every third", "weights of a table", "older pools", "windows by parity", "blocks", "sizes by parity"]


@pytest.mark.parametrize("name", STRIPS)
@pytest.mark.parametrize("first", [1, 17, 40])
def test_gains_lie_in_the_strip(name: str, first: int) -> None:
    workflow = BRANCHING[name][0]
    found = strips(SymbolicWorkflow(workflow))
    assert found is not None
    strip, gains = found.at(first), gain(workflow, 200)
    gaps = [abs(c - strip.slope * n - strip.intercept) for n, c in enumerate(gains, 1) if n >= strip.first]
    assert max(gaps) <= strip.margin <= 6 * max(gaps)
    assert [found.gain(n) for n in range(1, 201)] == gains


def test_there_is_no_strip_for_several_slopes_or_all_data() -> None:
    for name in ("two chains of two sizes", "all data every third"):
        assert strips(SymbolicWorkflow(BRANCHING[name][0])) is None


def fresh_after(last: int) -> SymbolicWorkflow:
    return SymbolicWorkflow(Branches(lambda i: renewed(i) if i > last else newest(i)))


def fresh_every(period: int) -> SymbolicWorkflow:
    return SymbolicWorkflow(Branches(lambda i: newest(i) if i % period else renewed(i)))


def test_periods_and_changes_are_read_up_to_a_last_one() -> None:
    for period, found in ((59, 59), (60, 60), (61, None)):
        seasons = fresh_every(period).seasons
        assert (None if seasons is None else seasons.period) == found
    for last, settled in ((999, 999), (1000, 1000), (1001, None)):
        assert fresh_after(last).settled == settled


@pytest.mark.parametrize(("longest", "oldest"), [(1, 0), (2, 0), (3, 0), (1, 2), (2, 1)])
def test_recurrences_have_no_more_terms_than_the_state(longest: int, oldest: int) -> None:
    def rule(i: Any) -> TrainingSet:
        if i <= longest + oldest + 1:
            return newest(i)
        shares: dict[Pools, Fraction] = {synthetic(i - lag): Fraction(lag + 1) for lag in range(1, longest + 1)}
        shares |= {real(i - age): Fraction(age + 2) for age in range(oldest + 1)} | {real(1): Fraction(1)}
        total = sum(shares.values(), Fraction(0))
        return by_weight({pool: share / total for pool, share in shares.items()})

    # the entries of the state's covariance, and what is added; with more, growth is looked for in fewer workflows
    most = most_terms(longest, oldest)
    assert most == len([*combinations_with_replacement(range(longest + oldest + 1), 2)]) + 1
    gains = gain(Branches(rule), longest + oldest + 1 + 3 * most)[longest + oldest + 1 :]
    found = shortest_recurrence(gains[: 2 * most])
    assert len(found) <= most
    later = range(len(found), len(gains))
    assert all(gains[t] == sum(c * gains[t - 1 - j] for j, c in enumerate(found)) for t in later)


beyond = sp.Dummy("beyond", integer=True, positive=True)


@pytest.mark.parametrize("start", [0, 1, 5, 12])
@pytest.mark.parametrize("divisor", [1, 2, 3, 4, 6, 12])
def test_rests_and_quotients_are_those_of_every_iteration(start: int, divisor: int) -> None:
    at = start + 12 * beyond
    assert read(lambda i: i % divisor, at) == start % divisor
    assert read(lambda i: (7 - i) % divisor, at) == (7 - start) % divisor
    quotient = read(lambda i: (i - 7) // divisor, at)
    assert [quotient._expr.subs(beyond, m) for m in (1, 5)] == [(start + 12 * m - 7) // divisor for m in (1, 5)]


@pytest.mark.parametrize(
    "method",
    [
        lambda i: i % 5,  # 12 is no multiple of 5
        lambda i: (i / 2) % 12,
        lambda i: (i * Fraction(1, 7)) % 3,
        lambda i: i % -3,
        lambda i: i % Fraction(3, 2),
        lambda i: i // 24,
        lambda i: (i * sp.sqrt(2)) % 12,
    ],
)
def test_rests_that_are_not_the_same_are_refused(method: Callable[[Any], Any]) -> None:
    assert read(method, 1 + 12 * beyond) is None


def test_divisors_and_turning_points_are_told() -> None:
    """Also on the ways that cannot be followed, as the one to the entry of a table."""
    ways = readers(lambda i: "abcdef"[i % 6] if i > 40 else i // 4 if i >= 9 else 2 * i < 7, 1 + beyond)
    assert set().union(*(way.divided_by for way in ways)) == {4, 6}
    assert {1 + point for point in turning_points(ways, beyond)} >= {40, 9, 3}


def test_an_index_of_no_other_value_is_a_whole_number() -> None:
    rest = Index(7 + 12 * beyond, Reader()) % 4
    assert rest == 3
    assert (rest / 2, "abcd"[rest]) == (Fraction(3, 2), "d")
