"""Derivations of every kind: replayed, printed, and refused with the reason named."""

import ast
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib.mathtext
import numpy as np
import pytest
import sympy as sp

import theory
from tests.theory.algebra.cases import cases, complaint, reached, states
from tests.theory.test_workflow import Made
from theory import Accumulate, FixedReal, FreshReal, Replace, RuleDoesNotApply, SlidingWindow, Workflow, by_count, pools
from theory.algebra import checker, operations as op, reading
from theory.algebra.checker import instances, replay
from theory.algebra.indices import FEATURES, ROWS, N, fresh, total
from theory.algebra.rules.designs import beta_coefficients, beta_mean, exchangeability
from theory.algebra.rules.equations import difference, errors, isolate, labels, normal_equations
from theory.algebra.rules.expectations import fold_gram, rotation, squared, white_noise
from theory.algebra.rules.laws import law, number, recursion
from theory.algebra.rules.sums import unroll
from theory.algebra.strategy import follow
from theory.algebra.terms import Expression, Value
from theory.symbolic_workflow import SymbolicWorkflow
from theory.symbols import T, i, n
from theory.tasks.regression import fresh_real, unequal_pools, whole_runs
from theory.tasks.regression.symbols import d

pytestmark = pytest.mark.slow

#: User-written workflows beside the named ones.
WRITTEN = [
    (Made(lambda i: by_count(pools(1, i)), lambda p: p), "fresh"),
    (Made(lambda i: by_count(pools(1, i)), lambda p: p**2), "fixed"),
    (Made(lambda i: by_count(pools(i, i)), lambda p: 2 * p - 1), "fresh"),
    (Made(lambda i: by_count(pools(i, i)) if i > 2 else by_count(pools(1, i))), "fixed"),
    (SlidingWindow(3), "fixed"),
    (FixedReal("1/3"), "fixed"),
    (FixedReal("1/3"), "fresh"),
    (FreshReal("1/2"), "fixed"),
    (theory.AccumulateSubsample(), "fixed"),
]


@pytest.mark.parametrize("name", [name for name in cases()])
def test_the_checker_has_no_objection(name):
    case = cases()[name]
    steps, refusal = reached(case)
    assert refusal is None
    assert complaint(case, steps) is None


@pytest.mark.parametrize(("workflow", "design"), WRITTEN, ids=str)
def test_laws_of_written_workflows_are_replayed(workflow, design):
    assert theory.linear.test_error(workflow, design=design).derivation.replay() == []


def test_a_wrong_gain_is_seen():
    derivation = theory.linear.test_error(SlidingWindow(2), design="fixed").derivation
    *before, solved = derivation.steps
    (m,) = solved.state.expression.monomials
    wrong = replace(m, coefficient=m.coefficient * (1 + n * (n - 1) * (n - 2) * (n - 3) / 10**6))
    state = Value(Expression((wrong.at({n: N}),), False), 1)
    said = checker.objections(derivation.setting, [*before, replace(solved, state=state)])
    assert said == [f"{solved.rule}: the formulas differ at n = 4"]


def test_symbolic_parameters_are_replayed():
    s, k = (sp.Symbol(name, integer=True, positive=True) for name in "sk")
    assert theory.linear.test_error(FreshReal(s), design="fresh").derivation.replay() == []
    assert theory.linear.test_error(SlidingWindow(k), design="fixed").derivation.replay() == []


@pytest.mark.parametrize("name", [name for name in cases()])
def test_statements_are_latex(name):
    steps, _ = reached(cases()[name])
    parser = matplotlib.mathtext.MathTextParser("path")
    for step in steps:
        assert flaws(step.statement) == []
        assert step.because
        # matplotlib reads a part of LaTeX, which all of this is but for names of its own
        plain = (
            step.statement.replace(r"\operatorname{tr}", r"\mathrm{tr}").replace(r"\top", "T").replace(r"\quad", r"\ ")
        )
        parser.parse("$" + plain + "$")


def flaws(text: str) -> list[str]:
    """What LaTeX would stop at: unbalanced braces or \\left and \\right, and double super- or subscripts."""
    found = []
    depth = 0
    for character in text.replace(r"\{", "").replace(r"\}", ""):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            break
    if depth != 0:
        found.append("unbalanced braces")
    if text.count(r"\left") != text.count(r"\right"):
        found.append(r"unbalanced \left and \right")
    flat = re.sub(r"\\[a-zA-Z]+\*?|\\.", "c", text)
    while (inner := re.sub(r"\{[^{}]*\}", "g", flat)) != flat:
        flat = inner
    for mark in ("\\^", "_"):
        other = "_" if mark == "\\^" else "\\^"
        if re.search(rf"{mark}\s*[^\s_^]\s*({other}\s*[^\s_^]\s*)?{mark}", flat):
            found.append(f"double {'super' if mark != '_' else 'sub'}script")
    return found


def test_flaws_of_latex_are_seen():
    assert flaws(r"x^{r}_i^{\top}") == ["double superscript"]
    assert flaws(r"w^*^{\top}") == ["double superscript"]
    assert flaws(r"\frac{a}{b") == ["unbalanced braces"]
    assert flaws(r"\left( a") == [r"unbalanced \left and \right"]
    assert flaws(r"{X^{r}_i}^{\top} \sum_{i=1}^{n} a_i^{2}") == []


def test_a_derivation_starts_at_the_normal_equations_and_ends_in_the_law():
    steps, _ = reached(cases()["accumulate, fresh"])
    assert steps[0].statement == (r"G_n \hat w_n = \sum_{i=1}^{n} X_i^{\top} y_i,\quad G_n = \sum_{i=1}^{n} W_i")
    assert steps[3].statement.startswith(r"G_n \delta_n = G_n \delta_{n - 1} + X_n^{\top} \varepsilon_n,\quad")
    assert steps[5].statement == r"\delta_n = \sum_{i=1}^{n} G_i^{-1} X_i^{\top} \varepsilon_i"
    assert steps[7].statement == (
        r"E_n = \sigma^{2} \sum_{i=1}^{n} \mathbb{E} \operatorname{tr}\left(G_i^{-2} W_i\right)"
    )
    assert steps[-1].statement == (r"E_n = d \sigma^{2} \sum_{i=1}^{n} \frac{1}{i \left(T i - d - 1\right)}")


def test_the_matrix_beta_has_its_known_moments():
    m = sp.Symbol("m", integer=True, positive=True)

    def coefficients(ratio):
        return beta_coefficients(reading.counted(SymbolicWorkflow(FreshReal(ratio)), "fresh"), sp.Integer(2))

    a, b = (x.subs(ROWS, m) for x in coefficients(1))
    assert sp.simplify(a - (m**2 + m - 1) / (2 * (m + 1) * (2 * m - 1))) == 0
    assert sp.simplify(b - m / (4 * (m + 1) * (2 * m - 1))) == 0
    a, b = (x.subs(ROWS, T) for x in coefficients(2))
    assert sp.simplify(a - 2 * (6 * T**2 + 3 * T - 2) / (3 * (3 * T - 1) * (3 * T + 2))) == 0
    assert sp.simplify(b - 2 * T / (3 * (3 * T - 1) * (3 * T + 2))) == 0
    # d = 1: B is beta(m/2, (N - m)/2)
    a, b = (x.subs(ROWS, 6) for x in coefficients(2))
    assert a + b == sp.Rational(12 * 14, 18 * 20)


@pytest.mark.parametrize(
    ("ratio", "at", "rho", "values"),
    [
        (1, {T: 6, d: 1}, "2/7", ["1/4", "6/35"]),
        (1, {T: 10, d: 2}, "2043/7106", []),
        (2, {T: 6, d: 1}, "7/15", ["1/4", "43/240"]),
    ],
)
def test_fresh_real_at_numbers(ratio, at, rho, values):
    case = cases()[f"fresh real {ratio}"]
    value = dict(states(f"fresh real {ratio}"))["inverse wishart mean"]
    assert isinstance(value, Value)
    found, _, _ = recursion(case.setting, value)
    assert found.subs({ROWS: at[T], FEATURES: at[d]}) == sp.Rational(rho)
    formula = theory.linear.test_error(FreshReal(ratio), design="fresh").expr.subs(at).subs("sigma", 1)
    formula = formula.subs({symbol: 1 for symbol in formula.free_symbols - {n}})
    assert [formula.subs(n, m) for m in range(1, len(values) + 1)] == [sp.Rational(x) for x in values]


def test_unequal_pools_at_numbers():
    rows: Any = sp.IndexedBase("T")
    noises: Any = sp.IndexedBase("sigma")
    squares = [sp.sqrt(sp.Rational(2, 3)), 1]
    for design, sizes, expected in (("fresh", [6, 5], "43/198"), ("fixed", [6, 12], "2/9")):
        found: Any = unequal_pools.unequal(Accumulate(), design=design).expr.subs(n, 2).doit()
        found = found.subs({rows[j]: size for j, size in enumerate(sizes, 1)}).subs(d, 1)
        found = found.subs({noises[j]: x for j, x in enumerate(squares, 1)})
        assert sp.simplify(found - sp.Rational(expected)) == 0


def test_pools_of_i_T_rows():
    growing = Made(lambda i: by_count(pools(1, i)), lambda p: p)
    for design, term in (
        ("fixed", 4 / (i * (i + 1) ** 2) / (T - d - 1)),
        ("fresh", 4 / ((i + 1) * (i * (i + 1) * T - 2 * (d + 1)))),
    ):
        found = theory.linear.test_error(growing, design=design).expr
        expected = sp.Sum(term, (i, 1, n)) * d * sp.Symbol("sigma", positive=True) ** 2
        at = {T: 9, d: 3, n: 5}
        assert sp.simplify((found - expected).subs(at).doit()) == 0


@dataclass(frozen=True)
class Mixture(Workflow):
    """Two old pools and new real data, with shares of their own at each iteration."""

    def training_set(self, iteration):
        if iteration == 2:
            return theory.by_weight({theory.real(1): "1/5", theory.synthetic(1): "1/2", theory.real(2): "3/10"})
        shares = {theory.real(1): "1/7", theory.synthetic(1): "2/7", theory.synthetic(2): "3/7"}
        return theory.by_weight(shares | {theory.real(2): "1/14", theory.real(3): "1/14"})


def test_the_resolvent_at_numbers():
    setting = replace(reading.weighted("fixed", draws=False, later_real=True), workflow=Mixture())
    case = instances.instance(setting, d=2, T=4)
    weights = [case.numbers.weight(3, k, case.numbers.share) for k in (1, 2, 3)]
    later = [case.numbers.weight(3, k, case.numbers.real_share) for k in (2, 3)]
    assert weights == [sp.Rational(51, 70), sp.Rational(1, 2), sp.Rational(3, 7)]
    assert later == [sp.Rational(1, 5), sp.Rational(1, 14)]
    assert theory.gain(Mixture(), 3)[1:] == [sp.Rational(83, 100), sp.Rational(4947, 4900)]
    assert theory.linear.test_error(Mixture(), design="fixed").derivation.replay() == []


FRONT = [normal_equations, labels, errors]


@pytest.mark.parametrize(
    ("workflow", "design", "rules", "message"),
    [
        (FreshReal(1), "fixed", [*FRONT, isolate, squared, white_noise, fold_gram, rotation], "not independent of it"),
        (Replace(), "fixed", [*FRONT, difference, isolate, squared, beta_mean], "constant at fixed design"),
        (FreshReal(1), "fresh", [*FRONT, isolate, unroll], "not that of the model before"),
        (FreshReal(1), "fresh", [*FRONT, squared], "not solved for"),
        (FreshReal(1), "fresh", [*FRONT, isolate, squared, exchangeability], "more than one pool"),
    ],
)
def test_routes_that_do_not_lead_on(workflow, design, rules, message):
    setting = reading.counted(SymbolicWorkflow(workflow), design)
    with pytest.raises(RuleDoesNotApply, match=message):
        follow(setting, rules)


def test_a_value_with_matrices_is_no_law():
    setting = reading.counted(SymbolicWorkflow(FreshReal(1)), "fresh")
    state, _ = follow(setting, [*FRONT, isolate, squared, white_noise])
    with pytest.raises(RuleDoesNotApply, match="no formula yet"):
        law(state)


def test_objections_come_before_any_rule():
    window = SymbolicWorkflow(SlidingWindow(2))
    assert "cannot be read" in (whole_runs.objection(window, "fresh") or "")
    assert "not real(n) and synthetic" in (fresh_real.objection(SymbolicWorkflow(FreshReal(1, "1/2")), "fresh") or "")
    assert "whole multiple" in (fresh_real.objection(SymbolicWorkflow(FreshReal("1/2")), "fresh") or "")
    shrinking = SymbolicWorkflow(Made(lambda i: by_count(pools(i, i)), lambda p: 1 / p))
    assert "inverse-Wishart mean needs rows >= d + 2" in (whole_runs.objection(shrinking, "fresh") or "")
    assert "whole multiples" in (whole_runs.objection(shrinking, "fixed") or "")


def test_the_checker_knows_no_rule():
    folder = Path(checker.__file__).parent
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                assert all(name.name != "*" for name in node.names)
                inside = node.level == 1 or node.module in ("terms", "indices", "workflow", None)
                assert inside, (file.name, node.module)


def test_a_recursion_begins_with_the_first_model():
    """E_n = rho E_{n-1} + c + n from E_0 = 0 on is the sum of the rho^(n - j) (c + j), and no other."""
    value = dict(states("fresh real 1"))["inverse wishart mean"]
    assert isinstance(value, Value)
    setting = cases()["fresh real 1"].setting
    rho, added, _ = recursion(setting, value)
    growing, j = Value(op.plus(value.expression, number(N)), 1), fresh()
    case = instances.instance(setting, *replay._sizes(setting).formulas)
    chance = np.random.default_rng(0)
    world = instances.one_noise(case, instances.random_designs(case, chance), chance)
    for first, objection in ((1, None), (2, "the solution is not the value at n = 1")):
        solution = Value(number(total(rho ** (N - j) * (added + j), j, sp.Integer(first), N)), 1)
        assert replay._about_a_recursion(world, growing, solution) == objection
