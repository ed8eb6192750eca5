"""Exactness at finite T is shown for every iteration, or the law says for which it was looked at."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
import sympy as sp

import theory
from tests.theory.test_workflow import Made
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    Workflow,
    by_count,
    by_weight,
    pools,
    real,
    subsample,
    synthetic,
)
from theory.prover.second_opinion import second_opinion
from theory.symbolic_workflow import SymbolicWorkflow
from theory.symbols import n
from theory.tasks.regression.distribution import SquaredError

P = sp.Symbol("p", positive=True, integer=True)


@dataclass(frozen=True)
class Sized(Workflow):
    """All pools so far, or the newest; sizes from a function of the pool and a parameter."""

    p: Any
    rule: Any
    keep: bool = True

    def training_set(self, iteration):
        return by_count(pools(1 if self.keep else iteration, iteration))

    def pool_size(self, pool):
        return self.rule(pool, self.p)


class SizedReal(Sized):
    """The sizes are those of the new real data, which come to pools of T rows."""

    def training_set(self, iteration):
        return by_count(pools(1, iteration), real(iteration))

    def pool_size(self, pool):
        return 1

    def real_size(self, iteration):
        return self.rule(iteration, self.p)


def nearly_whole(pool, degree):
    """A polynomial of that degree: whole for as many pools from the second on, and not for the next one."""
    return 1 + math.prod(pool - 2 - j for j in range(degree)) / (2 * math.factorial(degree))


def late(start):
    return Made(lambda i: by_count(pools(1, i)) if i < start else subsample(pools(1, i)))


#: Workflow, whether it draws, whether all pools are whole multiples of T, and for how many iterations that is said.
KNOWN = [
    (Replace(), False, True, None),
    (ReplaceGrowing(), False, True, None),
    (Accumulate(), False, True, None),
    (AccumulateSubsample(), True, True, None),
    (SlidingWindow(3), False, True, None),
    (SlidingWindow(P), False, True, None),
    (FixedReal(sp.Symbol("w", positive=True)), False, True, None),
    (FreshReal(P), False, True, None),
    (FreshReal(sp.Symbol("s", positive=True)), False, False, None),
    (FreshReal("1/2"), False, False, None),
    (Sized(P, lambda j, p: 1 / p), False, False, None),  # T/p rows
    (Sized(2, lambda j, p: 1 / p), False, False, None),
    (Sized(1, lambda j, p: 1 / p), False, True, None),
    (Sized(P, lambda j, p: 1 + (j - 1) / p), False, False, None),
    (Sized(P, lambda j, p: 1 + (j - 1) * p), False, True, None),
    (Sized(1.5, lambda j, p: p), False, False, None),
    (Sized(0, lambda j, p: (j + 1) / 2), False, False, None),
    (Sized(0, lambda j, p: j * (j + 1) / 2), False, True, None),  # whole, though a quotient
    (Sized(0, lambda j, p: j * (j + 1) / 4), False, False, None),
    (Sized(0, lambda j, p: 1 if j <= 100 else 1.5), False, False, None),
    (Sized(0, lambda j, p: 1 if j != 5000 else "3/2"), False, False, None),
    (late(101), True, True, None),
    (late(3000), True, True, None),
    (Made(lambda i: by_count(pools(1, i)) if i % 2 else by_count(synthetic(i - 1))), False, True, None),
    (Made(lambda i: by_count(*[pools(j, j) for j in range(1, i + 1)])), False, True, 64),
    (Made(lambda i: subsample(pools(1, i)) if i in {100, 200} else by_count(pools(1, i))), False, True, 64),
    (Made(lambda i: {2: by_count(real(1)), 3: by_count(pools(1, 3))}[i]), False, True, 3),
    (Sized(0, lambda j, p: [9, 9, 1, 2, 3][j]), False, True, 4),
    (Sized(0, lambda j, p: {j: 10 - j}[j]), False, True, 9),  # pool 10 would have no rows
]
KNOWN += [(SizedReal(one.p, one.rule), *rest) for one, *rest in KNOWN if isinstance(one, Sized)]
KNOWN += [
    (
        of(P, lambda j, p, degree=degree: nearly_whole(j, degree)),
        False,
        False,
        None,
    )  # in a family no number is asked for
    for of in (Sized, SizedReal)
    for degree in (1, 2, 3)
]
KNOWN += [
    (Made(lambda i: by_count(*[pools(j, j) for j in range(1, i + 1)]), lambda j: {j: 10 - j}[j]), False, True, 9),
    (Made(lambda i: {2: by_count(real(1)), 3: by_count(pools(1, 3))}[i], lambda j: {j: 10 - j}[j]), False, True, 3),
]


@pytest.mark.parametrize(("workflow", "draws", "whole", "looked_at"), KNOWN)
def test_findings(workflow, draws, whole, looked_at):
    found = SymbolicWorkflow(workflow)
    assert (found.draws, found.in_whole_multiples, found.looked_at) == (draws, whole, looked_at)


@dataclass(frozen=True)
class Hidden(Workflow):
    """A family whose code no symbol can be put through."""

    p: Any

    def training_set(self, iteration):
        return {2: by_count(real(1))}.get(iteration, by_weight({real(1): self.p, synthetic(1): 1 - self.p}))


def test_a_family_that_is_not_read_is_not_exact():
    assert not theory.linear.test_error(Hidden(P), design="fixed").exact


def test_the_law_says_for_which_iterations():
    workflow = Made(lambda i: subsample(pools(1, i)) if i in {100, 200} else by_count(pools(1, i)))
    law = theory.linear.test_error(workflow, design="fixed")
    assert (law.exact, law.validity) == (True, "exact")
    assert sp.Le(n, 64) in law.assumptions
    assert "first iterations" in [step.rule for step in law.derivation]
    # beyond them it is the workflow that is asked, nothing is gone on with
    assert law.gain(101)[98] == Accumulate_gain(99)
    assert law.gain(101)[99] == Accumulate_gain(99) + Fraction(1, 100**2) + 1 - Fraction(1, 100)
    assert law.gain_expr is None
    large = theory.linear.test_error(workflow, design="fresh")
    assert sp.Le(n, 64) not in large.assumptions  # the limit T -> oo holds at each n
    for known in (Accumulate(), SlidingWindow(3), late(101)):
        assert all(
            not relation.has(sp.Le(n, 64)) for relation in theory.linear.test_error(known, design="fixed").assumptions
        )


def Accumulate_gain(m):
    return sum(Fraction(1, j * j) for j in range(1, m + 1))


def test_drawing_from_iteration_101_on_is_seen():
    law = theory.linear.test_error(late(101), design="fixed")
    assert (law.exact, law.validity) == (False, "large-T")


@dataclass(frozen=True)
class WithReal(Made):
    """As `Made`, with later real data of other sizes."""

    real_sizes: Any = None

    def real_size(self, iteration):
        return self.real_sizes(iteration)


#: Workflow, and the rows of its smallest training set in multiples of T (at most 1; 0: not known, or none at all).
FEWEST = [
    (Replace(), 1),
    (Accumulate(), 1),
    (SlidingWindow(P), 1),
    (FreshReal("1/2"), 1),
    (FreshReal(sp.Symbol("s", positive=True)), 1),
    (Sized(0, lambda j, p: 0.5, keep=False), Fraction(1, 2)),
    (Sized(0, lambda j, p: 0.5, keep=True), 1),  # real(1) is always there
    (Made(lambda i: by_count(pools(i - 1, i)) if i > 2 else by_count(real(1)), lambda j: "1/2"), 1),
    (Made(lambda i: by_count(pools(i - 1, i)) if i > 3 else by_count(synthetic(1)), lambda j: "1/4"), Fraction(1, 4)),
    (Made(lambda i: by_weight({real(1): 0, synthetic(i - 1): 1}), lambda j: "1/3"), Fraction(1, 3)),
    (Made(lambda i: subsample(pools(1, i), rows="2/3")), Fraction(2, 3)),
    (Sized(0, lambda j, p: 1 / j, keep=False), 0),  # fewer and fewer
    (Sized(P, lambda j, p: 1 / p, keep=False), 0),
    (AccumulateSubsample(), 1),
    (Sized(0, lambda j, p: 1 + j % 3, keep=False), 1),
    (Sized(0, lambda j, p: j // 2 + 1, keep=False), 1),
    (Sized(0, lambda j, p: 1 if j % 2 else "1/2", keep=False), Fraction(1, 2)),
    (Made(lambda i: by_count(pools(1, i)) if i % 2 else None), 1),
    (WithReal(lambda i: by_count(real(i)), None, lambda j: "1/3"), Fraction(1, 3)),
    (WithReal(lambda i: by_count(real(i)), None, lambda j: 1 / j), 0),
    (WithReal(lambda i: by_count(real(i), synthetic(i - 1)), lambda j: "1/4", lambda j: "1/2"), Fraction(3, 4)),
    (WithReal(lambda i: by_count(real(i), synthetic(i - 1)), None, lambda j: 1 / j), 1),
]


@pytest.mark.parametrize(("workflow", "rows"), FEWEST)
def test_the_smallest_training_set(workflow, rows):
    assert SymbolicWorkflow(workflow).fewest_rows == rows


def test_it_decides_which_moments_exist():
    # T = 20, d = 10: ten rows of ten features are fitted exactly, and tr W^-1 has no mean below d + 2 rows
    def moments(rows, T, d):
        return SquaredError(n, "large-T", "fresh", False, False, rows).moments_exist({"T": T, "d": d})

    assert moments(Fraction(1), 20, 10) == 5
    assert moments(Fraction(1, 2), 20, 10) == 0
    assert moments(Fraction(1, 2), 24, 10) == 1  # 12 rows: d + 2
    assert moments(Fraction(1, 2), 25, 10) == 1  # 12 rows and a half
    assert moments(Fraction(1, 2), 28, 10) == 2  # 14 rows: d + 4
    assert moments(Fraction(0), 10**6, 1) == 0


def test_moments_of_a_law():
    law = theory.linear.test_error(Sized(0, lambda j, p: 0.5, keep=False), design="fresh")
    assert law.moments_exist(20, 10) == 0


@pytest.mark.parametrize("rule", [lambda j, p: (j + 1) / 2, lambda j, p: 1 / j, lambda j, p: 1 + (j - 1) / p])
def test_laws_of_parts_of_T_rows_are_not_exact_at_fixed_design(rule):
    assert not theory.linear.test_error(Sized(P, rule), design="fixed").exact


def test_a_table_is_judged_as_far_as_it_goes():
    """Of three training sets: the first alone, model 1's data, and all together. Gains are 1, 2 and 14/9."""
    law = theory.linear.test_error(
        Made(lambda i: {2: by_count(synthetic(1)), 3: by_count(pools(1, 3))}[i]), design="fixed"
    )
    chain = theory.linear.test_error(Replace(), design="fixed")
    proved = theory.check_bound(law, chain, domain="n <= 3")
    assert isinstance(proved, theory.Proved)
    # the second opinion is that of all three parts
    looks = [second_opinion(*part.sides, part.certificate.domain) for part in proved.parts]
    assert [look.points > 0 for look in looks] == [True] * 3
    assert proved.second_opinion.points == sum(look.points for look in looks)
    assert theory.check_bound(chain, law, lower=True, domain="n <= 3").verdict == "proved"
    for domain in ((), "n <= 4"):
        assert theory.check_bound(law, chain, domain=domain).verdict == "undecided"
        found = theory.check_bound(law, "3/2*sigma**2*d/(T-d-1)", lower=True, domain=domain)
        assert (found.counterexample or {}).get("n") == 1
    above = theory.check_bound(law, "3/2*sigma**2*d/(T-d-1)", domain="3 <= n <= 4")
    assert above.counterexample == {"T": 3, "d": 1, "n": 3}


@pytest.mark.parametrize("sizes", [None, lambda j: [9, 9, 1, 1][j]], ids=["training sets", "sizes"])
def test_limits_and_other_tasks_of_a_table_are_judged_as_far_as_it_goes(sizes):
    table = {2: by_count(synthetic(1)), 3: by_count(pools(1, 3))}
    short = Made((lambda i: table[i]) if sizes is None else (lambda i: by_count(pools(1, i))), sizes)
    for law, asymptotic in (
        (theory.linear.test_error(short, design="fresh"), True),
        (theory.law(theory.Poisson(), short), False),
    ):
        for below, verdict in ((9, "undecided"), (Fraction(1, 2), "refuted")):
            bound = below * law.quantity.limit_unit
            assert theory.check_bound(law, bound, asymptotic=asymptotic).verdict == verdict


@pytest.mark.parametrize("is_bound", [False, True], ids=["law", "bound"])
def test_a_formula_is_judged_as_far_as_it_was_looked_at(is_bound):
    """Of the newest pool alone, of (3^j - 1)/2 times T rows: whole numbers, which nothing shows."""
    law = theory.linear.test_error(Made(lambda i: by_count(synthetic(i - 1)), lambda j: (3**j - 1) / 2), design="fixed")
    assert sp.Le(n, 64) in law.assumptions
    chain = theory.linear.test_error(Replace(), design="fixed")
    smaller, larger = (chain, law) if is_bound else (law, chain)
    for domain in ((), "n <= 65"):
        with pytest.raises(ValueError, match="looked at up to iteration 64; .* which n <= 64 narrows"):
            theory.check_bound(smaller, larger, lower=is_bound, domain=domain)
    assert theory.check_bound(smaller, larger, lower=is_bound, domain="63 <= n <= 64").verdict == "proved"


def test_formulas_around_a_law_are_judged_as_far_as_it_was_looked_at():
    ridge = theory.LinearRegression(design="fixed", ridge=1.0)
    law = theory.law(ridge, Made(lambda i: by_count(synthetic(i - 1)), lambda j: (3**j - 1) / 2))
    assert law.derived.envelopes
    assert sp.Le(n, 64) in law.assumptions
    for domain in ((), "n <= 65"):
        with pytest.raises(ValueError, match="looked at up to iteration 64; .* which n <= 64 narrows"):
            theory.check_bound(law, "n", domain=domain)
