"""Bounds on laws that are known by a recursion, proved by induction; and a trap for each condition."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
import sympy as sp
from sympy.parsing.sympy_parser import parse_expr

import theory
from theory import Accumulate, AccumulateFresh, AccumulateSubsample, Proved, Refuted, check_bound, gain, linear
from theory.one_by_one import recursion
from theory.prover import certificate
from theory.prover.bounds import judge
from theory.prover.canonical import before, partial_product, partial_sum, tail
from theory.prover.domain import Domain, Variable
from theory.prover.enclosure import OutOfReach
from theory.prover.induction import by_induction, recursion_of
from theory.prover.parts import Parts
from theory.prover.statement import Recursion, Statement
from theory.prover.unsound import Unsound
from theory.recursion import solve
from theory.symbolic_workflow import SymbolicWorkflow
from theory.symbols import T, i, n
from theory.sympy_types import at, rational, substituted
from theory.tasks.regression.symbols import d, sigma

U = "sigma**2*d/(T-d-1)"

#: (design, bound, lower, domain)
TRUE: list[tuple[str, str, bool, str]] = [
    ("fresh", U, False, ""),
    ("fresh", f"{U}*(1+log(n))", False, ""),
    ("fresh", f"3*{U}/sqrt(n)", False, ""),
    ("fresh", f"{U}/n**2", True, ""),
    ("fresh", U, False, "3 <= n <= 30"),
    ("fixed", U, False, ""),
]


@pytest.mark.slow
@pytest.mark.parametrize(("design", "bound", "lower", "domain"), TRUE)
def test_bounds_hold_for_all_n(design: str, bound: str, lower: bool, domain: str) -> None:
    law = linear.test_error(AccumulateFresh(), design=design)
    found = check_bound(law, bound, lower=lower, domain=domain or ())
    assert isinstance(found, Proved)
    assert [part.where.split(",")[0] for part in found.parts] == (
        ["n = 3", "n >= 4", "n >= 4"] if domain else ["n = 1", "n >= 2", "n >= 2"]
    )
    for part in found.parts:
        certificate.check(*part.sides, part.certificate)
    # What stands for the law in the step is the law, where the bound before is the law before.
    values = law.evaluate(T=9, d=2, sigma=1.0, n=range(1, 40))
    assert law.derived.recursion is not None
    factor, added = (substituted(part, {T: 9, d: 2, sigma: 1}) for part in law.derived.recursion)
    for m in (2, 3, 17, 39):
        step = float(at(factor, n, m)) * values[m - 2] + float(at(added, n, m))
        assert step == pytest.approx(values[m - 1], rel=1e-12)


def test_the_example_of_the_help_is_proved() -> None:
    law = linear.test_error(AccumulateFresh(), design="fixed")
    found = check_bound(law, f"{U}*n", asymptotic=True)
    assert (found.verdict, found.asymptotic) == ("proved", True)


@pytest.mark.parametrize("bound", [f"9/10*{U}", f"{U}/n"])
def test_false_bounds_are_refuted(bound: str) -> None:
    assert check_bound(linear.test_error(AccumulateFresh(), design="fresh"), bound).verdict == "refuted"


@pytest.mark.parametrize(("real", "sampled"), [(1, 1), (2, 3), ("1/2", "4/3")])
def test_gains_obey_the_recursion_and_end(real: Any, sampled: Any) -> None:
    workflow = AccumulateFresh(real, sampled)
    solved = solve(SymbolicWorkflow(workflow))
    assert solved.step is not None
    gains = list(map(rational, gain(workflow, 300)))
    for m in (2, 3, 8, 300):
        assert at(solved.step[0], n, m) * gains[m - 2] + at(solved.step[1], n, m) == gains[m - 1]
    assert solved.growth is not None
    assert (solved.growth.kind, solved.growth.constant) == ("bounded", 0)
    assert gains[299] < gains[74] / 2


def chain(factor: str, added: str, first: int, least_n: int = 1, most_n: int | None = None) -> Statement:
    """f_n = factor f_{n-1} + added from f_1 = `first`, over n alone."""
    step = [parse_expr(text, {"n": n}) for text in (factor, added)]

    def value(iteration: int, _: Mapping[sp.Symbol, Fraction]) -> sp.Expr:
        if iteration > 100:  # as a law that is followed step by step
            raise OutOfReach
        found: sp.Expr = sp.Integer(first)
        for m in range(2, iteration + 1):
            found = at(step[0], n, m) * found + at(step[1], n, m)
        return found

    return Statement(sp.S.One, Domain((), least_n, most_n), at=value, recursion=Recursion(*step))


def proved(statement: Statement, bound: str, *, lower: bool = False) -> Parts | None:
    other = Statement(parse_expr(bound, {"n": n}), statement.domain)
    found = by_induction(statement, other, lower)
    for part in found.parts if found else ():
        certificate.check(*part.sides, part.certificate)
    return found


@pytest.mark.parametrize(("formula", "lower"), [("1", False), ("2", True)])
def test_a_formula_is_judged_against_a_recursion(formula: str, lower: bool) -> None:
    """2 - 2^(1 - n) lies between 1 and 2, which only an induction shows; whichever of the two is asked for first."""
    known, statement = chain("1/2", "1", 1), Statement(sp.Integer(formula), Domain(()))
    for of, bound, turned in ((statement, known, lower), (known, statement, not lower)):
        found = judge(of, bound, lower=turned)
        assert isinstance(found, Proved)
        assert [part.where.split(",")[0] for part in found.parts] == ["n = 1", "n >= 2", "n >= 2"]


def test_what_is_proved_is_true_and_each_condition_matters() -> None:
    assert proved(chain("1", "1", 1), "n")
    assert proved(chain("1", "1", 1), "n", lower=True)
    assert proved(chain("n/(n+1)", "1", 1), "n")
    assert proved(chain("1", "1", 1, least_n=4), "n")
    # The first value is above, or below.
    assert proved(chain("1", "1", 2), "n") is None
    assert proved(chain("1", "1", 0), "n", lower=True) is None
    assert proved(chain("1", "1", 2, least_n=4), "n") is None
    # The step rises by more than the bound, or by less.
    assert proved(chain("1", "2", 1), "n") is None
    assert proved(chain("1", "1/2", 1), "n", lower=True) is None
    # f_n = 0, 3, 0, 3, … is not below 2; from 2 the step with a negative factor leads to 1, which is.
    assert proved(chain("-1", "3", 0), "2") is None
    # The bound that is put in is that of n - 1, and not of n.
    assert proved(chain("1", "0", 1), "1/n") is None


@pytest.mark.parametrize("last", [2, 3, 4])
@pytest.mark.parametrize("first", [1, 2])
def test_every_iteration_up_to_the_last_is_proved(first: int, last: int) -> None:
    """f_n = n - first + 1 is at most 1 at the first n alone, and at least 1 at all."""
    statement = chain("1", "1", 2 - first, first, last)
    assert proved(statement, f"n - {first - 1}")
    assert proved(statement, "1", lower=True)
    assert (proved(statement, "1") is not None) == (first >= last)


def test_a_law_is_at_most_itself_without_a_formula() -> None:
    one, other = (linear.test_error(AccumulateFresh(), design="fresh") for _ in range(2))
    assert check_bound(one, other).verdict == check_bound(one, other, lower=True).verdict == "proved"
    more = linear.test_error(AccumulateFresh(2), design="fresh")
    assert check_bound(one, more).verdict != "proved"  # fewer real rows have a larger error


@pytest.mark.slow
@pytest.mark.parametrize(("of", "lower"), [("variance", True), ("mean_error", False)])
def test_a_draw_is_judged_against_all_data(of: str, lower: bool) -> None:
    """Fits to all data have no larger error, and keep no less, than fits to T rows drawn from these."""
    all_kept, drawn = (theory.law(theory.Gaussian(), each, of=of) for each in (Accumulate(), AccumulateSubsample()))
    for found in (
        check_bound(all_kept, drawn, lower=lower),
        check_bound(drawn, all_kept, lower=not lower),
    ):
        assert isinstance(found, Proved)
        for part in found.parts:
            certificate.check(*part.sides, part.certificate)
    assert isinstance(check_bound(all_kept, drawn, lower=not lower), Refuted)


@pytest.mark.parametrize("asymptotic", [False, True])
def test_a_law_has_its_own_recursion_and_its_limit_that_of_the_gain(asymptotic: bool) -> None:
    law = linear.test_error(AccumulateFresh("1/2", 2), design="fixed")
    known = recursion(law, asymptotic=asymptotic)
    assert known is not None
    values = [c * (1 if asymptotic else law.unit) for c in map(rational, gain(law.workflow, 6))]
    for k in range(2, 7):
        assert sp.simplify(at(known.factor, n, k) * values[k - 2] + at(known.added, n, k) - values[k - 1]) == 0


def test_a_formula_with_one_product_has_a_recursion() -> None:
    """Seen at the first n by fractions; with two products, or one in a denominator, there is none."""
    product, domain = partial_product(1 - 1 / (T * i**2)), Domain((Variable(T, (sp.Integer(2),)),))
    statement = Statement((n + 1) / n * product / T - 3 + n**2, domain)
    found = recursion_of(statement)
    assert found is not None
    values = [sp.Rational(statement.expr.subs({n: m, T: 3}).doit()) for m in range(1, 6)]
    for m in range(2, 6):
        factor, added = (at(at(part, n, m), T, 3) for part in found)
        assert factor * values[m - 2] + added == values[m - 1]
    for other in (product * partial_product(1 + 1 / i), 1 / product, sp.log(n) * product, product**2):
        assert recursion_of(Statement(other, domain)) is None


def test_sums_and_products_go_back_by_one() -> None:
    total, product = partial_sum(1 / (i**2 + T)), partial_product(1 + 1 / (T * i))
    expression = n * total / T - product**2 + tail(i**-2) + sp.log(n)
    for k in (2, 3, 7):
        gap = before(expression).subs({T: 3, n: k}) - expression.subs({T: 3, n: k - 1})
        assert abs(sp.N(gap.doit(), 30)) < 1e-20
    for odd in (partial_sum(n / i), partial_product(1 + n / i)):
        with pytest.raises(Unsound, match="with n in it"):
            before(odd)
