"""Bounds on laws that are known by a recursion, proved by induction; and a trap for each condition."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
import sympy as sp
from sympy.parsing.sympy_parser import parse_expr

import theory
from theory import Accumulate, AccumulateFresh, AccumulateSubsample, Proved, Refuted, check_bound, gain, linear
from theory.prover import certificate
from theory.prover.bounds import judge
from theory.prover.canonical import before, partial_product, partial_sum, tail
from theory.prover.domain import Domain, Variable
from theory.prover.enclosure import OutOfReach
from theory.prover.induction import by_induction
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


def chain(factor: str, added: str, first: int, least_n: int = 1) -> Statement:
    """f_n = factor f_{n-1} + added from f_1 = `first`, over n alone."""
    step = [parse_expr(text, {"n": n}) for text in (factor, added)]

    def value(iteration: int, _: Mapping[sp.Symbol, Fraction]) -> sp.Expr:
        found: sp.Expr = sp.Integer(first)
        for m in range(2, iteration + 1):
            found = at(step[0], n, m) * found + at(step[1], n, m)
        return found

    return Statement(sp.S.One, Domain((), least_n), at=value, recursion=Recursion(*step))


def proved(statement: Statement, bound: str, *, lower: bool = False) -> Parts | None:
    other = Statement(parse_expr(bound, {"n": n}), statement.domain)
    found = by_induction(statement, other, lower)
    for part in found.parts if found else ():
        certificate.check(*part.sides, part.certificate)
    return found


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


def test_a_law_is_at_most_itself_without_a_formula() -> None:
    one, other = (linear.test_error(AccumulateFresh(), design="fresh") for _ in range(2))
    assert check_bound(one, other).verdict == check_bound(one, other, lower=True).verdict == "proved"
    more = linear.test_error(AccumulateFresh(2), design="fresh")
    assert check_bound(one, more).verdict != "proved"  # fewer real rows have a larger error


def _mean_errors() -> tuple[Statement, Statement]:
    """The Gaussian's mean errors at d = 1 under Accumulate, by its formula, and under AccumulateSubsample.

    With q_n = E |mean of all rows up to n|^2 and c_n = (n - 1)/(n T - 1), the mean of T rows drawn from these n T has
    K_n = q_n + c_n (1 - q_n), since the rows' squares are 1 on average; and a new pool's mean has with the older rows
    the product q_{n-1} on average: n^2 q_n = (n^2 - 1) q_{n-1} + (1 - 1/T) K_{n-1} + 1/T.
    """
    all_kept, drawn = (
        theory.law(theory.Gaussian(), each, of="mean_error") for each in (Accumulate(), AccumulateSubsample())
    )
    assert drawn.derived.each is not None
    c, domain = (n - 1) / (n * T - 1), Domain((Variable(T, (sp.Integer(2),)),))
    # q_{n-1} from K_{n-1}, then q_n, then K_n
    now, earlier = 1 - c, 1 - at(c, n, n - 1)
    factor = sp.factor(now * ((n**2 - 1) / earlier + 1 - 1 / T) / n**2)
    added = sp.factor(now * (-(n**2 - 1) * (1 - earlier) / earlier + 1 / T) / n**2 + c)
    each = drawn.derived.each

    def known(k: int, _: Mapping[sp.Symbol, Fraction]) -> sp.Expr:
        if k > 8:  # a quotient of polynomials of a degree that rises with k
            raise OutOfReach("known up to n = 8")
        return at(each(k), d, 1)

    return Statement(at(all_kept.expr, d, 1), domain, name="the law of all data"), Statement(
        sp.S.One,
        domain,
        at=known,
        recursion=Recursion(factor, added),
        name="the law of a draw",
    )


def test_the_recursion_of_a_draw_is_its_law() -> None:
    _, drawn = _mean_errors()
    assert drawn.at is not None
    assert drawn.recursion is not None
    for k in range(2, 7):
        factor, added = (at(part, n, k) for part in drawn.recursion)
        assert sp.cancel(factor * drawn.at(k - 1, {}) + added - drawn.at(k, {})) == 0


@pytest.mark.parametrize("turned", [False, True])
def test_a_law_by_recursion_is_judged_against_one_with_a_product(turned: bool) -> None:
    """Fits to all data have no larger error than fits to T rows drawn from these; and not the other way round."""
    all_kept, drawn = _mean_errors()
    first, second = (drawn, all_kept) if turned else (all_kept, drawn)
    found = judge(first, second, lower=turned)
    assert isinstance(found, Proved)
    assert [part.where.split(",")[0] for part in found.parts] == ["n = 1", "n >= 2", "n >= 2"]
    for part in found.parts:
        certificate.check(*part.sides, part.certificate)
    other = judge(first, second, lower=not turned)
    assert isinstance(other, Refuted)


def test_sums_and_products_go_back_by_one() -> None:
    total, product = partial_sum(1 / (i**2 + T)), partial_product(1 + 1 / (T * i))
    expression = n * total / T - product**2 + tail(i**-2) + sp.log(n)
    for k in (2, 3, 7):
        gap = before(expression).subs({T: 3, n: k}) - expression.subs({T: 3, n: k - 1})
        assert abs(sp.N(gap.doit(), 30)) < 1e-20
    for odd in (partial_sum(n / i), partial_product(1 + n / i)):
        with pytest.raises(Unsound, match="with n in it"):
            before(odd)
