"""What stands for a law without a formula: on which side it lies, and from where on, against numbers in plain sight."""

from dataclasses import replace
from fractions import Fraction

import pytest
import sympy as sp

from theory.derivation import AtNumbers
from theory.envelopes import Between, iteration_by_iteration, itself, judge_between
from theory.prover.domain import Domain, Variable
from theory.prover.enclosure import OutOfReach
from theory.prover.parts import Parts
from theory.prover.statement import Beyond, Statement
from theory.prover.verdicts import Proved
from theory.sympy_types import rational
from theory.tasks.regression.symbols import sigma

NOWHERE = Domain(())
#: Known up to n = 5; what is asked for from n on is known from n + 3 on, and from below nothing is from n = 4 on.
KNOWN = AtNumbers(
    at=lambda n: (n * sigma, n * sigma + 7),
    last=5,
    later=lambda n: None if n > 5 else (n + 3, sigma if n < 4 else None, 100 * sigma),
    infinite=None,
)


def test_each_side_is_known_as_far_and_from_where_it_is() -> None:
    found = iteration_by_iteration(KNOWN, NOWHERE, {sigma: rational(Fraction(1, 2))}, "it")
    (above,), (below,) = found.above, found.below
    for side, first, last, far in ((below, "1/2", "5/2", "1/2"), (above, "15/2", "19/2", "50")):
        assert side.at is not None
        assert side.beyond is not None
        assert (side.at(1, {}), side.at(5, {})) == (sp.Rational(first), sp.Rational(last))
        with pytest.raises(OutOfReach, match="known up to n = 5"):
            side.at(6, {})
        for start in (1, 3):
            assert side.beyond(start, True) == side.beyond(start, False) == Beyond(start + 3, sp.Rational(far))
        assert side.beyond(5, True) == (Beyond(8, sp.Integer(50)) if side is above else None)
        assert side.beyond(6, True) is None


def _number(value: int) -> Statement:
    return Statement(sp.Integer(value), NOWHERE, name="it")


def test_what_is_known_by_formulas_and_by_numbers_is_known_of_both_sides() -> None:
    one, two, three, four = map(_number, range(1, 5))
    assert Between((three,), (one,)).joined(Between((four,), (two,))) == Between((three, four), (one, two))


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize(("low", "high"), [(0, 0), (1, 1), (0, 4), (2, 2), (3, 3), (4, 4)])
def test_verdicts_are_those_of_all_numbers_between(low: int, high: int, lower: bool) -> None:
    """One side is any number of 1, 3/2, …, 3, and the other any from `low` to `high`: all of them, none, or some."""
    ours = [Fraction(k, 2) for k in range(2, 7)]
    theirs = [Fraction(k, 2) for k in range(2 * low, 2 * high + 1)]
    holds = {mine >= other if lower else mine <= other for mine in ours for other in theirs}
    expected = "undecided" if len(holds) == 2 else "proved" if True in holds else "refuted"
    law, bound = (Between((_number(most),), (_number(least),)) for least, most in ((1, 3), (low, high)))
    found = judge_between(law, bound, lower=lower, time_limit=None)
    assert (found.verdict, found.lower) == (expected, lower)


def test_a_proof_says_what_stands_for_which_side() -> None:
    """A formula, or numbers; after what the parts of the proof are of."""
    formula = Statement(2 * sigma, Domain((Variable(sigma),), most_n=2), name="mine")
    numbers = Statement(sp.S.One, formula.domain, at=lambda n, _: n * sigma, name="theirs")
    larger = replace(formula, expr=3 * sigma, name="the bound")
    each = ("n = 1, ", "n = 2, ")
    for law, bound, lower, parts, words in (
        (formula, numbers, True, each, "where mine is replaced by 2*sigma, and theirs by numbers for theirs"),
        (numbers, formula, False, each, "where theirs is replaced by numbers for theirs, and mine by 2*sigma"),
        (formula, larger, False, ("",), "where mine is replaced by 2*sigma, and the bound by 3*sigma"),
    ):
        found = judge_between(itself(law), itself(bound), lower=lower, time_limit=None)
        assert isinstance(found, Proved)
        assert found.certificate == Parts(found.parts)
        assert [part.where for part in found.parts] == [part + words for part in parts]
