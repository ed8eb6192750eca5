"""Random workflows as users write them, against an exact propagation of all noises that shares no code with theory.

Each kind below states twice what it does: as a workflow, with its numbers written in one of the many ways that users
write them, and as plain fractions for the propagation.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy as sp

from theory import Pools, TrainingSet, Workflow, by_count, by_weight, gain, pools, real, subsample, synthetic
from theory.asymptotics import growth
from theory.recursion import GainLaw, solve
from theory.summation import closed_sum
from theory.symbolic_workflow import SymbolicWorkflow
from theory.symbols import i as index, n
from theory.sympy_types import at, summand

pytestmark = pytest.mark.slow

LONGEST = 60

#: (chain's pools with their shares, later real data with theirs, rows drawn of how many).
Told = tuple[dict[int, Fraction], dict[int, Fraction], tuple[Fraction, Fraction] | None]


@dataclass(frozen=True)
class Case:
    """A workflow, and what it is told in plain fractions.

    Attributes:
        workflow: as a user writes it.
        told: the shares at an iteration >= 2.
        size: rows of pool j in multiples of T.
        draws: whether any iteration draws, far out ones included.
        whole: whether all sampled pools are whole multiples of T.
    """

    workflow: Workflow
    told: Callable[[int], Told]
    size: Callable[[int], Fraction] = lambda pool: Fraction(1)
    draws: bool = False
    whole: bool = True


@dataclass(frozen=True)
class User(Workflow):
    """A workflow of a user: parameters by name, and two functions of them."""

    kind: str
    numbers: dict[str, Any]
    rule: Callable[[Any, dict[str, Any]], TrainingSet] = field(repr=False)
    rows: Callable[[Any, dict[str, Any]], Any] = field(default=lambda pool, p: 1, repr=False)

    def training_set(self, iteration: Any) -> TrainingSet:
        """That of the rule."""
        return self.rule(iteration, self.numbers)

    def pool_size(self, pool: Any) -> Any:
        """That of the rule."""
        return self.rows(pool, self.numbers)


def counted(sizes: dict[int, Fraction], fresh: tuple[int, ...] = ()) -> Told:
    """Every row alike, of these pools of the chain and of T rows of each of these later real data."""
    total = sum(sizes.values(), Fraction(len(fresh)))
    return {j: size / total for j, size in sizes.items()}, {j: 1 / total for j in fresh}, None


def propagate(case: Case) -> list[Fraction]:
    """c_1, …: each model's error as integer multiples of all noises over one denominator."""
    noises = 3 * LONGEST + 3  # pools, later real data, draws
    variance = [Fraction(0)] * noises
    errors = [(np.zeros(noises, dtype=object), 1)]
    result = []
    for iteration in range(1, LONGEST + 1):
        chain, fresh, drawn = ({1: Fraction(1)}, {}, None) if iteration == 1 else case.told(iteration)
        parts = [(*errors[j - 1], share) for j, share in chain.items()]
        common = math.lcm(*(d * s.denominator for *_, d, s in parts), *(s.denominator for s in fresh.values()))
        row = sum(
            (nums * (s.numerator * (common // (d * s.denominator))) for nums, d, s in parts), np.zeros(noises, object)
        )
        for offset, group in ((0, chain), (LONGEST + 1, fresh)):
            for j, share in group.items():
                variance[offset + j] = 1 / (case.size(j) if offset == 0 and j > 1 else Fraction(1))
                row[offset + j] += share.numerator * (common // share.denominator)
        if drawn is not None:
            variance[2 * LONGEST + 2 + iteration] = 1 / drawn[0] - 1 / drawn[1]
            row[2 * LONGEST + 2 + iteration] = common
        errors.append((row, common))
        result.append(sum((int(c) ** 2 * v for c, v in zip(row, variance, strict=True) if c), Fraction(0)) / common**2)
    return result


def written(number: Fraction, chance: random.Random) -> Any:
    """The number in one of the ways that users write it."""
    ways: list[Any] = [number, float(number), str(number), np.float64(float(number))]
    ways += [sp.Rational(number.numerator, number.denominator), sp.Float(float(number))]
    if number.denominator == 1:
        ways += [
            int(number),
            np.int64(int(number)),
            np.int32(int(number)),
            sp.Integer(int(number)),
            Decimal(int(number)),
        ]
    if number.denominator in (2, 4, 5, 8, 10):
        ways.append(Decimal(number.numerator) / Decimal(number.denominator))
    return chance.choice(ways)


def part(chance: random.Random) -> Fraction:
    """A share between 0 and 1."""
    below = chance.choice([2, 3, 4, 5, 7, 10])
    return Fraction(chance.randint(1, below - 1), below)


def window(chance: random.Random) -> Case:
    k, s = chance.randint(1, 6), chance.randint(0, 2)
    numbers = {"k": written(Fraction(k), chance), "s": written(Fraction(s), chance)}

    def rule(iteration, p):
        return by_count(pools(max(1, iteration - p["k"] - p["s"] + 1), max(1, iteration - p["s"])))

    def told(iteration):
        last = max(1, iteration - s)
        return counted({j: Fraction(1) for j in range(max(1, iteration - k - s + 1), last + 1)})

    return Case(User("window", numbers, rule), told)


def sized_window(chance: random.Random) -> Case:
    k, m = (
        chance.randint(1, 5),
        chance.choice([Fraction(1, 2), Fraction(3, 2), Fraction(2), Fraction(1, 3), Fraction(4)]),
    )
    numbers = {"k": k, "m": written(m, chance)}

    def told(iteration):
        return counted({j: m if j > 1 else Fraction(1) for j in range(max(1, iteration - k + 1), iteration + 1)})

    return Case(
        User(
            "sized window",
            numbers,
            lambda i, p: by_count(pools(max(1, i - p["k"] + 1), i)),
            lambda pool, p: p["m"],
        ),
        told,
        lambda pool: m,
        whole=m.denominator == 1,
    )


def weighted_lags(chance: random.Random) -> Case:
    shares = [chance.randint(0, 3) for _ in range(3)]
    total = sum(shares) or 1
    lags = [Fraction(share, total) for share in shares] if any(shares) else [Fraction(1), Fraction(0), Fraction(0)]
    numbers = {"shares": tuple(written(share, chance) for share in lags)}

    def rule(iteration, p):
        if iteration < 4:
            return by_count(synthetic(iteration - 1))
        return by_weight({synthetic(iteration - 1 - lag): share for lag, share in enumerate(p["shares"])})

    def told(iteration):
        if iteration < 4:
            return {iteration: Fraction(1)}, {}, None
        return {iteration - lag: share for lag, share in enumerate(lags)}, {}, None

    return Case(User("weighted lags", numbers, rule), told)


def anchored(chance: random.Random) -> Case:
    old, new = part(chance) / 2, part(chance) / 2
    numbers = {"old": written(old, chance), "new": written(new, chance)}

    def rule(iteration, p):
        rest = 1 - p["old"] - p["new"]
        return by_weight({real(1): p["old"], real(iteration): p["new"], synthetic(iteration - 1): rest})

    return Case(User("anchored", numbers, rule), lambda i: ({1: old, i: 1 - old - new}, {i: new}, None))


#: Sizes as functions of the pool that take integers and symbols alike, and whether they are whole.
SIZES: list[tuple[str, Callable[[Any], Any], bool]] = [
    ("i", lambda pool: pool, True),
    ("i^2", lambda pool: pool**2, True),
    ("2^i", lambda pool: 2 ** (pool - 1), True),
    ("2.0^i", lambda pool: 2.0 ** (pool - 1), True),
    ("1/i", lambda pool: 1 / pool, False),
    ("i(i+1)/2", lambda pool: pool * (pool + 1) / 2, True),
    ("(i+1)/2", lambda pool: (pool + 1) / 2, False),
    ("1 + i % 3", lambda pool: 1 + pool % 3 if pool > 1 else 1, True),
    ("i // 2 + 1", lambda pool: pool // 2 + 1, True),
    ("half", lambda pool: 0.5, False),
    ("text", lambda pool: "5/2", False),
    ("numpy", lambda pool: np.int64(3), True),
    ("spike", lambda pool: 5 if pool == 3 else 1, True),
    ("late half", lambda pool: 1 if pool <= 90 else 1.5, False),
]


def plain_size(name: str, pool: int) -> Fraction:
    """The same sizes once more."""
    return {
        "i": Fraction(pool),
        "i^2": Fraction(pool * pool),
        "2^i": Fraction(2 ** (pool - 1)),
        "2.0^i": Fraction(2 ** (pool - 1)),
        "1/i": Fraction(1, pool),
        "i(i+1)/2": Fraction(pool * (pool + 1), 2),
        "(i+1)/2": Fraction(pool + 1, 2),
        "1 + i % 3": Fraction(1 + pool % 3),
        "i // 2 + 1": Fraction(pool // 2 + 1),
        "half": Fraction(1, 2),
        "text": Fraction(5, 2),
        "numpy": Fraction(3),
        "spike": Fraction(5 if pool == 3 else 1),
        "late half": Fraction(1),
    }[name]


def grown(chance: random.Random, *, name: str | None = None, keep: bool | None = None) -> Case:
    choice = chance.choice(SIZES) if name is None else next(entry for entry in SIZES if entry[0] == name)
    name, size, whole = choice
    keep = chance.random() < 0.5 if keep is None else keep

    def rule(iteration, p):
        return by_count(pools(1, iteration)) if p["keep"] else by_count(synthetic(iteration - 1))

    def told(iteration):
        members = range(1, iteration + 1) if keep else [iteration]
        return counted({j: plain_size(name, j) if j > 1 else Fraction(1) for j in members})

    user = User(f"sizes {name}", {"keep": keep}, rule, lambda pool, p: size(pool))
    return Case(user, told, lambda pool: plain_size(name, pool), whole=whole)


def periodic(chance: random.Random) -> Case:
    every = chance.randint(2, 5)

    def told(iteration):
        members = [iteration] if iteration % every else range(1, iteration + 1)
        return counted({j: Fraction(1) for j in members})

    def rule(iteration, p):
        return by_count(synthetic(iteration - 1)) if iteration % p["every"] else by_count(pools(1, iteration))

    return Case(User("periodic", {"every": written(Fraction(every), chance)}, rule), told)


def branching(chance: random.Random) -> Case:
    change = chance.choice([3, 6, 20, 50])

    def told(iteration):
        return counted({j: Fraction(1) for j in (range(1, iteration + 1) if iteration <= change else [iteration])})

    def rule(iteration, p):
        return by_count(pools(1, iteration)) if iteration <= p["change"] else by_count(synthetic(iteration - 1))

    return Case(User("branching", {"change": written(Fraction(change), chance)}, rule), told)


def fresh_every(chance: random.Random) -> Case:
    every = chance.randint(1, 4)

    def told(iteration):
        return counted({iteration: Fraction(1)}, () if iteration % every else (iteration,))

    def rule(iteration, p):
        newest = synthetic(iteration - 1)
        return by_count(newest) if iteration % p["every"] else by_count(real(iteration), newest)

    return Case(User("fresh real", {"every": every}, rule), told)


def all_real(chance: random.Random) -> Case:
    def rule(iteration, p):
        return by_count(Pools(1, iteration, fresh_real=True), synthetic(iteration - 1))

    return Case(
        User("all real", {}, rule),
        lambda i: counted({1: Fraction(1), i: Fraction(1)}, tuple(range(2, i + 1))),
    )


def drawing_from(chance: random.Random) -> Case:
    start = chance.choice([3, 10, 40, 65, 101, 300])

    def told(iteration):
        chain, fresh, _ = counted({j: Fraction(1) for j in range(1, iteration + 1)})
        return chain, fresh, (Fraction(1), Fraction(iteration)) if iteration >= start else None

    def rule(iteration, p):
        return by_count(pools(1, iteration)) if iteration < p["start"] else subsample(pools(1, iteration))

    return Case(User("drawing from", {"start": written(Fraction(start), chance)}, rule), told, draws=True)


def drawing(chance: random.Random) -> Case:
    rows, k = part(chance), chance.randint(1, 4)

    def told(iteration):
        members = range(max(1, iteration - k + 1), iteration + 1)
        chain, fresh, _ = counted({j: Fraction(1) for j in members})
        return chain, fresh, (rows, Fraction(len(members)))

    numbers = {"rows": written(rows, chance), "k": k}
    user = User("drawing", numbers, lambda i, p: subsample(pools(max(1, i - p["k"] + 1), i), rows=p["rows"]))
    return Case(user, told, draws=True)


def fading(chance: random.Random) -> Case:
    base = chance.choice([None, Fraction(1, 2), Fraction(9, 10), Fraction(2, 3)])

    def weight(iteration):
        return Fraction(1, iteration) if base is None else base**iteration

    def rule(iteration, p):
        share = 1 / iteration if p["base"] is None else p["base"] ** iteration
        return by_weight({real(1): share, synthetic(iteration - 1): 1 - share})

    user = User("fading", {"base": None if base is None else written(base, chance)}, rule)
    return Case(user, lambda i: ({1: weight(i), i: 1 - weight(i)}, {}, None))


def by_text(chance: random.Random) -> Case:
    def rule(iteration, p):
        share = Fraction(1, len(f"{iteration}") + 1)
        return by_weight({real(1): share, synthetic(iteration - 1): 1 - share})

    def told(iteration):
        share = Fraction(1, 3 if iteration > 9 else 2)
        return {1: share, iteration: 1 - share}, {}, None

    return Case(User("by text", {}, rule), told)


def by_table(chance: random.Random) -> Case:
    special = chance.sample(range(3, 90), 3)

    def told(iteration):
        return counted({j: Fraction(1) for j in ([1] if iteration in special else [iteration])})

    def rule(iteration, p):
        return by_count(real(1)) if iteration in set(p["special"]) else by_count(synthetic(iteration - 1))

    return Case(User("by table", {"special": tuple(special)}, rule), told)


KINDS = [window, sized_window, weighted_lags, anchored, grown, periodic, branching, fresh_every, all_real]
KINDS += [drawing_from, drawing, fading, by_text, by_table]


@cache
def cases() -> list[Case]:
    """Five of each kind, and each kind of size under both rules."""
    chance = random.Random(15)
    found = [kind(chance) for kind in KINDS for _ in range(1 if kind in (all_real, by_text) else 5)]
    return found + [grown(chance, name=name, keep=keep) for name, *_ in SIZES for keep in (False, True)]


NUMBERS = range(len(cases()))


def named(number: int) -> str:
    """The kind and the numbers."""
    user = cases()[number].workflow
    return f"{user.parameters['kind']}-{user.parameters['numbers']}"


@cache
def truth(number: int) -> list[Fraction]:
    """The gains."""
    return propagate(cases()[number])


@cache
def symbolic(number: int) -> SymbolicWorkflow:
    """Read once."""
    return SymbolicWorkflow(cases()[number].workflow)


@cache
def solved(number: int) -> GainLaw:
    """Solved once."""
    return solve(symbolic(number))


@cache
def closed(term: sp.Expr) -> sp.Expr | None:
    """Sums that several workflows have are taken once."""
    return closed_sum(term)


def closed_form(number: int) -> sp.Expr | None:
    """The gain free of sums."""
    formula = solved(number).expr
    for total in [] if formula is None else formula.atoms(sp.Sum):
        value = closed(total.function)
        formula = None if formula is None or value is None else formula.subs(total, value)
    return formula


def test_there_are_enough():
    assert len(cases()) >= 60
    assert len({named(number) for number in NUMBERS}) >= 60


@pytest.mark.parametrize("number", NUMBERS, ids=named)
def test_gain(number):
    assert gain(cases()[number].workflow, LONGEST) == truth(number)


@pytest.mark.parametrize("number", NUMBERS, ids=named)
def test_formula(number):
    formula, exact = solved(number).expr, truth(number)
    if formula is None:
        return
    totals = sorted(formula.atoms(sp.Sum), key=sp.default_sort_key)
    sums = [sp.S.Zero] * len(totals)
    for m in range(1, 16):
        sums = [so_far + at(summand(total), index, m) for so_far, total in zip(sums, totals, strict=True)]
        assert sp.expand(formula.subs(dict(zip(totals, sums, strict=True))).subs(n, m)) == sp.Rational(exact[m - 1])
    form = closed_form(number)
    for m in (1, 2, 7, LONGEST):
        assert form is None or abs(float(at(form, n, m).evalf(30)) / float(exact[m - 1]) - 1) < 1e-12


#: Kinds of which a formula is expected: a reading that refuses everything would pass the other tests.
READ = {"window", "anchored", "sizes i", "sizes i^2", "sizes 2^i", "sizes 1/i", "sizes i(i+1)/2", "drawing"}


def test_formulas_are_found():
    found = {cases()[number].workflow.parameters["kind"] for number in NUMBERS if solved(number).expr is not None}
    assert found >= READ
    grow = {cases()[number].workflow.parameters["kind"] for number in NUMBERS if solved(number).growth is not None}
    assert grow >= {"window", "sized window", "anchored", "weighted lags"}


#: Of workflows that branch late, growth shows in exact gains far beyond those that are propagated.
FAR = 360


@pytest.mark.parametrize("number", NUMBERS, ids=named)
def test_growth_limit_and_slope(number):
    form = closed_form(number)
    found = solved(number).growth or (None if form is None else growth(form))
    if found is None:
        return
    if form is None:
        values = list(map(float, gain(cases()[number].workflow, FAR)))
        early, late = values[FAR // 2 : FAR * 3 // 4], values[FAR * 3 // 4 :]
        if found.constant is None:
            assert found.kind in ("bounded", "linear")
            rises = max(late) / max(early)
            assert rises < 1.05 if found.kind == "bounded" else 1.2 < rises < 1.6
            return
    else:
        values = list(map(float, truth(number)))
    assert found.constant is not None
    constant, last = float(found.constant), len(values) - 1
    if found.kind == "linear":
        assert abs((values[last] - values[last - 12]) / 12 - constant) < 0.01 * constant  # periods of 2, 3, 4
        return
    if found.kind == "logarithmic":
        assert abs((values[59] - values[29]) / math.log(2) - constant) < 0.05 * constant
        return
    assert found.kind == "bounded"
    assert abs(values[last] - constant) <= 0.7 * abs(values[last // 2] - constant) + 1e-12  # it goes on coming nearer
    assert abs(values[last] - constant) < 0.05 * constant


#: Kinds of which each workflow branches on the iteration: their growth is proved nevertheless.
BRANCHING = {"periodic", "branching", "fresh real", "drawing from", "sizes 1 + i % 3", "sizes spike"}


@pytest.mark.parametrize("number", NUMBERS, ids=named)
def test_growth_of_branching_workflows_is_found(number):
    kind = cases()[number].workflow.parameters["kind"]
    expected = solved(number).growth is not None or solved(number).expr is not None
    assert expected or kind not in BRANCHING


@pytest.mark.parametrize("number", NUMBERS, ids=named)
def test_exactness(number):
    """Exact at fixed design: for pools used whole, in whole multiples of T, at every iteration."""
    case, reading = cases()[number], symbolic(number)
    says = not reading.draws and reading.in_whole_multiples
    if reading.looked_at is None:
        assert says == (not case.draws and case.whole)
        return
    assert says
    first = range(2, reading.looked_at + 1)
    assert all(case.told(iteration)[2] is None for iteration in first)
    assert all(case.size(pool).denominator == 1 for pool in first)


def test_what_is_looked_at_only():
    """What no symbol can be put through is looked at, and only that."""
    kinds = {cases()[number].workflow.parameters["kind"] for number in NUMBERS if symbolic(number).looked_at}
    assert kinds <= {"by text", "by table", "periodic", "fresh real", "weighted lags"}
    assert {"by text", "by table"} <= kinds


@pytest.mark.parametrize("number", NUMBERS, ids=named)
def test_smallest_training_set(number):
    case = cases()[number]

    def rows(iteration):
        chain, fresh, drawn = case.told(iteration)
        of_chain = sum((case.size(j) if j > 1 else Fraction(1) for j, share in chain.items() if share), Fraction(0))
        return of_chain + sum(1 for share in fresh.values() if share) if drawn is None else drawn[0]

    least = min(Fraction(1), *(rows(iteration) for iteration in range(2, LONGEST + 1)))
    found = symbolic(number).fewest_rows
    assert found <= least
    assert found in (least, 0)
