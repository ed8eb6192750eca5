"""Laws that are a moment of models fitted by their training set's mean: exact, under every workflow."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from .. import recursion
from ..asymptotics import Growth
from ..derivation import EXACT, Derivation, Derived, Step
from ..exact import exact
from ..symbolic_workflow import SymbolicWorkflow
from ..symbols import T, n
from ..sympy_types import as_expression, rational, substituted
from ..workflow import Workflow
from .formulas import Formula, error_formula, spread_formula
from .second_moments import Moments, Value, second_moments
from .spreads import Spread

#: Decimal digits beyond those that a spread of 2^-n costs, which is the least there is for two rows or more where data
#: are sampled from the models as they are.
_DIGITS, _DIGITS_EACH = 40, 0.302

ERROR, SPREAD = "error", "spread"


@dataclass(frozen=True)
class MomentLaw:
    """What a law needs.

    Attributes:
        workflow: what each model is fitted to.
        name: the quantity's.
        moment: `ERROR` for the mean's variance, `SPREAD` for the mean spread.
        spread: how the spread follows from a fit.
        unit: what the moment is multiplied by: the truth's variance, in the task's symbols.
        parameters: the task's symbols, T first.
        numbers: as far as the task has some.
        gained: whether the mean's variance times T goes to the workflow's gain for T -> oo.
        sampled: what the spread of sampled data is multiplied by.
        further: (workflow, moment, numbers) -> a formula where there is no general one, or sampled data are spread
            otherwise.
    """

    workflow: Workflow
    name: str
    moment: str
    spread: Spread
    unit: sp.Expr
    parameters: tuple[sp.Symbol, ...]
    numbers: Mapping[sp.Symbol, sp.Rational]
    gained: bool = True
    sampled: Fraction = Fraction(1)
    further: Callable[[SymbolicWorkflow, str, Mapping[sp.Symbol, sp.Expr]], Formula | None] | None = None

    def objection(self) -> str | None:
        """Why there is no law; `None` where there is one."""
        workflow = self.workflow
        if not self.spread.takes_weights and not _by_count(workflow):
            return (
                f"an unbiased covariance is defined where every row counts alike, which is not so under {workflow}; use"
                " the estimator mle."
            )
        formula = self._formula(SymbolicWorkflow(workflow)) if workflow.is_symbolic else None
        if workflow.is_symbolic and (formula is None or formula.expr is None):
            return f"no formula is known for {self.name} under {workflow}; give numbers for its parameters."
        return None

    def derived(self) -> Derived:
        """The law, where there is no objection."""
        symbolic = SymbolicWorkflow(self.workflow)
        formula = self._formula(symbolic) or _UNKNOWN
        is_error = self.moment == ERROR and self.gained
        open_form = formula.expr is None
        value = as_expression(sp.Function(self.name)(n)) if formula.expr is None else formula.expr
        by_numbers = open_form and not self.spread.is_rational
        letter = "K_n" if self.moment == ERROR else "s_n"
        return Derived(
            self.unit * value,
            Derivation((*STEPS, Step(formula.rule, f"{letter} = {sp.latex(value)}", formula.because))),
            "new here",
            EXACT,
            gain=recursion.solve(symbolic).expr if is_error else None,
            growth=None if formula.growth is None else formula.growth.scaled(self.unit),
            own_gain=False,  # it is the limit alone that is the gain
            each=_Each(self).at if open_form and not by_numbers else None,
            values=self.values if by_numbers else None,
            precise=None if by_numbers else self.values,
            growth_at=self._growth_at,
        )

    def _growth_at(self, numbers: Mapping[sp.Symbol, sp.Rational]) -> Growth | None:
        there = replace(self, numbers=numbers)
        formula = there._formula(SymbolicWorkflow(self.workflow))
        return None if formula is None or formula.growth is None else formula.growth.scaled(self.unit)

    def _formula(self, symbolic: SymbolicWorkflow) -> Formula | None:
        further = None if self.further is None else partial(self.further, symbolic, self.moment, self.numbers)
        if self.sampled != 1:
            return None if further is None else further()
        find = error_formula if self.moment == ERROR else spread_formula
        found = find(symbolic, self.spread, self.numbers)
        return further() if found is None and further is not None else found

    def moments(self, numbers: Mapping[str, Any], iterations: int) -> list[Moments]:
        """K and s of models 1, 2, …, to more digits than a float has."""
        exactly = {symbol: rational(exact(numbers[symbol.name])) for symbol in self.parameters}

        @cache
        def number(expression: sp.Expr) -> Value:
            return mpmath.mpf(sp.N(substituted(expression, exactly), mpmath.mp.dps + 5))

        return second_moments(
            self.workflow,
            iterations,
            rows=number(T),
            spread=lambda fit: self.spread.of(fit, number),
            number=lambda value: mpmath.mpf(value.numerator) / value.denominator,
            sampled=mpmath.mpf(self.sampled.numerator) / self.sampled.denominator,
            takes_weights=self.spread.takes_weights,
        )

    def values(self, numbers: Mapping[str, Any], iterations: np.ndarray) -> np.ndarray:
        """In float64."""
        most = int(iterations.max())
        # colder samples have less spread at each iteration
        digits = _DIGITS + int((_DIGITS_EACH + max(0.0, -math.log10(self.sampled))) * most)
        scale = sp.lambdify(self.parameters, self.unit, "math")(*(numbers[symbol.name] for symbol in self.parameters))
        with mpmath.workdps(digits):
            found = [getattr(each, self.moment) for each in self.moments(numbers, most)]
            # below that it is rounding
            values = [float(scale * value) if abs(value) > mpmath.mpf(10) ** (20 - digits) else 0.0 for value in found]
        return np.array(values)[iterations - 1]


class _Each:
    """The law at one iteration, a quotient of polynomials in the task's symbols."""

    def __init__(self, law: MomentLaw) -> None:
        self._law = law
        self._known: list[Moments] = []
        self._field: Any = sp.QQ.frac_field(*law.parameters)

    def at(self, iteration: int) -> sp.Expr:
        """At that iteration."""
        if len(self._known) < iteration:
            self._known = second_moments(
                self._law.workflow,
                iteration,
                rows=self._number(T),
                spread=lambda fit: self._law.spread.of(fit, self._number),
                number=lambda value: self._number(rational(value)),
                sampled=self._number(rational(self._law.sampled)),
                takes_weights=self._law.spread.takes_weights,
            )
        found = getattr(self._known[iteration - 1], self._law.moment)
        return self._law.unit * as_expression(self._field.to_sympy(found))

    def _number(self, expression: sp.Expr) -> Any:
        return self._field.from_sympy(expression)


def _by_count(workflow: Workflow) -> bool:
    """Whether every row counts alike in the first training sets."""
    if workflow.is_symbolic:
        read = SymbolicWorkflow(workflow).training_set
        return read is not None and read.shares is None
    return all(workflow.said(iteration).shares is None for iteration in (2, 3))


_UNKNOWN = Formula(None, None, "forward substitution", "each value comes from the ones before, one model after another")

STEPS = (
    Step(
        "martingale increments",
        r"K_n = \operatorname{Var}\sum_k p_{nk}(\delta_{\ell(k)} + \xi_k), \; \mathbb{E}\xi_k^2 = s_{\ell(k)}/T_k",
        "given the models, what rows add to a mean has mean 0 and the variance of what they are sampled from",
    ),
    Step(
        "sum of squares",
        r"u_n = \sum_k p_{nk}(s_{\ell(k)} + K_{\ell(k)}) - K_n",
        "the mean square about the truth is that about the training set's own mean and the square of that mean's error",
    ),
)
