"""Exact derivations where each training set is the newest pool, or all pools so far, with every row counting alike.

A derivation is a chain of small states. Each rule takes one state, checks its condition, and returns the next; a rule
whose condition fails raises `RuleDoesNotApply`. In LaTeX, W_k = X_k'X_k is pool k's Gram matrix, G_n the training
set's, delta_n = w_n - w* and delta_0 = 0.

Sources: replace, Dohmatob et al. (2402.07712); accumulate at fixed design, Gerstgrasser et al. (2404.01413), Thm 2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from ...derivation import EXACT, Derivation, Derived, RuleDoesNotApply, Step
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import T, i, k, n
from ...workflow import Workflow
from .moments import inverse_wishart_objection, inverse_wishart_trace
from .symbols import sigma


@dataclass(frozen=True)
class Setting:
    """What a derivation starts from: pools first(n) to n, every row counting alike, in one of two designs.

    Attributes:
        first: the oldest pool of training set n, an expression in n; the newest is pool n.
        size: rows of pool k in multiples of T, an expression in k.
    """

    workflow: Workflow
    design: str
    first: sp.Expr
    size: sp.Expr

    def rows(self, iteration: sp.Expr) -> sp.Expr:
        """Rows of the training set of `iteration`, in multiples of T."""
        first = self.first.subs(n, iteration)
        return sp.factor(sp.summation(self.size, (k, first, iteration)))

    def over_pools(self, term: str, iteration: sp.Symbol) -> str:
        """LaTeX of the sum of `term` over the training set of `iteration`; `@` in it stands for the pool."""
        first = self.first.subs(n, iteration)
        if first == iteration:
            return term.replace("@", str(iteration))
        return rf"\sum_{{k={sp.latex(first)}}}^{{{iteration}}} " + term.replace("@", "k")

    def gram(self, iteration: sp.Symbol) -> str:
        """LaTeX name of the Gram matrix of the training set of `iteration`."""
        return f"{'W' if self.first.subs(n, iteration) == iteration else 'G'}_{iteration}"


@dataclass(frozen=True)
class NormalEquations:
    """The model of iteration n solves the normal equations of its training set."""

    setting: Setting

    def latex(self) -> str:
        """State it."""
        right = self.setting.over_pools(r"X_@^\top y_@", n)
        where = rf",\quad {self.setting.gram(n)} = {self.setting.over_pools(r'X_@^{T} X_@', n)}".replace("{T}", r"\top")
        return rf"{self.setting.gram(n)}\, \hat w_n = {right}{where}"


@dataclass(frozen=True)
class ErrorEquation:
    """The normal equations for the errors, with the labels put in."""

    setting: Setting

    def latex(self) -> str:
        """State it."""
        right = self.setting.over_pools(r"\big(W_@ \delta_{@-1} + X_@^\top \varepsilon_@\big)", n)
        return rf"{self.setting.gram(n)}\, \delta_n = {right}"


@dataclass(frozen=True)
class Increment:
    """The error grows by the newest pool's noise alone."""

    setting: Setting

    def latex(self) -> str:
        """State it."""
        return rf"\delta_n = \delta_{{n-1}} + {self.setting.gram(n)}^{{-1}} X_n^\top \varepsilon_n"


@dataclass(frozen=True)
class NoiseSum:
    """The error as a sum over the noises."""

    setting: Setting

    def latex(self) -> str:
        """State it."""
        return rf"\delta_n = \sum_{{i=1}}^{{n}} {self.setting.gram(i)}^{{-1}} X_i^\top \varepsilon_i"


@dataclass(frozen=True)
class TraceSum:
    """The expected squared error as a sum of expected traces."""

    setting: Setting

    def latex(self) -> str:
        """State it."""
        gram = self.setting.gram(i)
        trace = rf"\operatorname{{tr}}\big({gram}^{{-1}} W_i\, {gram}^{{-1}}\big)"
        return rf"E_n = \sigma^2 \sum_{{i=1}}^{{n}} \mathbb{{E}} {trace}"


@dataclass(frozen=True)
class InverseSum:
    """The traces as multiples of inverse Wishart traces.

    Attributes:
        share: the factor of term i.
        rows: rows of the Wishart matrix of term i.
    """

    setting: Setting
    share: sp.Expr
    rows: sp.Expr

    def latex(self) -> str:
        """State it."""
        trace = rf"\mathbb{{E}} \operatorname{{tr}} A_{{{sp.latex(self.rows)}}}^{{-1}}"
        where = r",\quad A_m \sim \mathcal{W}_d(m, I)"
        share = "" if self.share == 1 else rf"{sp.latex(self.share)}\, "
        return rf"E_n = \sigma^2 \sum_{{i=1}}^{{n}} {share}{trace}{where}"


@dataclass(frozen=True)
class Formula:
    """The test error as an expression."""

    setting: Setting
    expr: sp.Expr

    def latex(self) -> str:
        """State it."""
        return rf"E_n = {sp.latex(self.expr)}"


def whole_run_objection(workflow: SymbolicWorkflow) -> str | None:
    """Why a training set is not one run of pools up to the newest, used whole, with all rows counting alike."""
    name, reading = workflow.workflow, workflow.training_set
    if reading is None:
        return f"{name} cannot be read at symbolic n: it branches on the iteration."
    if reading.shares is not None or reading.drawn is not None or len(reading.parts) != 1:
        return f"{name} is not one run of pools used whole, all rows counting alike."
    (first, last, fresh), size = reading.parts[0], reading.size
    if fresh or last != n or first.subs(n, 1) != 1 or size.subs(k, 1) != 1:
        return f"{name} does not go on from real(1) to the newest pool at every iteration."
    return None


def normal_equations(workflow: SymbolicWorkflow, design: str) -> NormalEquations:
    """Least squares on the training set of iteration n, for symbolic n.

    Raises:
        RuleDoesNotApply: a training set is not such a run of pools.
    """
    reason, reading = whole_run_objection(workflow), workflow.training_set
    if reason is not None or reading is None:
        raise RuleDoesNotApply(reason)
    first, _, _ = reading.parts[0]
    return NormalEquations(Setting(workflow.workflow, design, first, reading.size))


def linearity(state: NormalEquations) -> ErrorEquation:
    """Labels are linear in the model that made them: y_k = X_k w_{k-1} + noise_k; subtract w*."""
    return ErrorEquation(state.setting)


def telescoping(state: ErrorEquation) -> Increment:
    """Training set n is training set n - 1 and pool n: subtracting the two equations leaves the newest pool."""
    if state.setting.first.has(n):
        raise RuleDoesNotApply(
            f"telescoping needs each training set to contain the one before; {state.setting.workflow} drops pools."
        )
    return Increment(state.setting)


def cancellation(state: ErrorEquation) -> Increment:
    """The newest pool is the whole training set: its Gram matrix stands on both sides and cancels."""
    if state.setting.first != n:
        raise RuleDoesNotApply(f"cancellation needs a single pool; {state.setting.workflow} uses older ones too.")
    return Increment(state.setting)


def unrolling(state: Increment) -> NoiseSum:
    """Sum the increments from delta_0 = 0, for pool 1 is labelled by w* itself."""
    return NoiseSum(state.setting)


def independence(state: NoiseSum) -> TraceSum:
    """Noises of different pools are independent with mean zero, and of the designs: cross terms vanish."""
    return TraceSum(state.setting)


def common_design(state: TraceSum) -> InverseSum:
    """Fixed design: every Gram matrix is a multiple of the one W = X'X."""
    s = state.setting
    if s.design != "fixed":
        raise RuleDoesNotApply("a common design needs every pool to reuse the same X; here each pool has its own.")
    return InverseSum(s, sp.factor(s.size.subs(k, i) / s.rows(i) ** 2), T)


def exchangeability(state: TraceSum) -> InverseSum:
    """Fresh design: rows are exchangeable, so each has an equal part in sum_k E tr(G^-1 W_k G^-1) = E tr G^-1."""
    s = state.setting
    if s.design != "fresh":
        raise RuleDoesNotApply("exchangeability needs independent rows; at fixed design the pools share their X.")
    return InverseSum(s, sp.factor(s.size.subs(k, i) / s.rows(i)), _rows(s))


def _rows(setting: Setting) -> sp.Expr:
    """Rows of training set i."""
    return sp.expand(T * setting.rows(i))


def inverse_wishart_mean(state: InverseSum) -> Formula:
    """E tr A^-1 = d/(m - d - 1) for A ~ Wishart(m), m >= d + 2."""
    total = sp.Sum(state.share * inverse_wishart_trace(state.rows), (i, 1, n))
    return Formula(state.setting, sigma**2 * total)


def summation(state: Formula) -> Formula:
    """Take what does not depend on i out of the sum; a sum of ones is n."""
    (total,) = state.expr.atoms(sp.Sum)
    outside, inside = total.function.as_independent(i)
    inner = n if inside == 1 else sp.Sum(inside, (i, 1, n))
    return Formula(state.setting, state.expr.coeff(total) * outside * inner)


def objection(workflow: SymbolicWorkflow, design: str) -> str | None:
    """Why no law can be derived here; `None` where one can."""
    reason = whole_run_objection(workflow)
    if reason is not None:
        return reason
    setting = normal_equations(workflow, design).setting
    if setting.first.has(n) and setting.first != n:
        return f"{workflow.workflow} drops pools, and keeps more than one."
    if design == "fixed" and not workflow.in_whole_multiples:
        return f"{workflow.workflow} has pools that are no whole copies of X at every T."
    return inverse_wishart_objection(_rows(setting)) if design == "fresh" else None


def derive(workflow: SymbolicWorkflow, design: str) -> Derived:
    """The test error of model n, at finite T, where there is no objection."""
    noise_sum, steps = errors(workflow, design)
    rules = (independence, common_design if design == "fixed" else exchangeability, inverse_wishart_mean, summation)
    formula, more = _applied(noise_sum, rules)
    return Derived(formula.expr, Derivation((*steps, *more)), _source(noise_sum.setting), EXACT)


def errors(workflow: SymbolicWorkflow, design: str) -> tuple[NoiseSum, tuple[Step, ...]]:
    """Model n's error as a sum over the noises, with the steps that lead there."""
    start = normal_equations(workflow, design)
    newest_alone = start.setting.first == n
    rules = (linearity, cancellation if newest_alone else telescoping, unrolling)
    found, steps = _applied(start, rules)
    return found, (_step(normal_equations, start), *steps)


def _applied(state: Any, rules: tuple[Callable[[Any], Any], ...]) -> tuple[Any, tuple[Step, ...]]:
    """The last state of applying the rules in turn, and a step for each."""
    steps = []
    for rule in rules:
        state = rule(state)
        steps.append(_step(rule, state))
    return state, tuple(steps)


def _source(setting: Setting) -> str:
    newest_alone, equal = setting.first == n, setting.size == 1
    if newest_alone and equal:
        return "Dohmatob et al. 2402.07712; Gerstgrasser et al. 2404.01413, eq. (4)"
    if setting.design == "fixed" and equal:
        return "Gerstgrasser et al. 2404.01413, Thm 2, eq. (3)"
    if setting.design == "fixed" and newest_alone and setting.size == k:
        return "O(log n) in Gerstgrasser et al. 2404.01413, App. E; the sum is new here"
    return "new here"


def _step(rule: Callable, state: Any) -> Step:
    return Step(rule.__name__.replace("_", " "), state.latex(), (rule.__doc__ or "").splitlines()[0].rstrip("."))
