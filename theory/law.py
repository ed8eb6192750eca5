"""A law: the expected test error of every iteration, with what it assumes and how it was derived."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from . import asymptotics, distribution, summation
from .derivation import Derivation
from .gain import gain
from .setting import check_domain
from .symbols import T, d, i, n, sigma
from .workflow import Workflow

#: Sums are taken term by term up to this iteration, and through the closed form beyond.
_LONGEST_SUM = 10**6

#: Stands for the gain in the law of a workflow for which no formula in n was proved.
_GAIN = sp.Function("gain")


@dataclass(frozen=True)
class Law:
    """The test error E_n = E|x·(w_n - w*)|^2 of model n: excess risk, noise left out; the first fit is n = 1.

    Attributes:
        workflow, design: what the law is of.
        expr: SymPy expression in T, d, sigma, n, possibly with a `Sum` over i = 1..n.
        assumptions: relations under which it holds.
        derivation: numbered steps from the normal equations to `expr`, each with the rule it used.
        source: where it is published, or "new here".
        exact: whether it holds at finite T, or is the limit T -> oo.
        gain_expr: the workflow's gain c_n for symbolic n, exact at fixed design; `None` where none was proved. `expr`
            then has the function gain(n) for it, whose values `gain` gives.
        known_growth: how the test error grows, where the derivation told; else it is read off the closed form.
    """

    workflow: Workflow
    design: str
    expr: sp.Expr
    assumptions: tuple[sp.Basic, ...]
    derivation: Derivation
    source: str
    exact: bool
    gain_expr: sp.Expr | None
    known_growth: asymptotics.Growth | None

    @cached_property
    def _closed_form(self) -> sp.Expr | None:
        if self.expr.has(_GAIN):
            return None
        result = self.expr
        for total in self.expr.atoms(sp.Sum):
            closed = summation.closed_sum(total.function)
            if closed is None:
                return None
            result = result.subs(total, closed)
        return result

    @cached_property
    def _growth(self) -> asymptotics.Growth | None:
        if self.known_growth is not None:
            return self.known_growth
        return None if self._closed_form is None else asymptotics.growth(self._closed_form)

    def closed_form(self) -> sp.Expr | None:
        """The law free of sums, proved by its first value and its difference; `None` where none was proved."""
        return self._closed_form

    def growth(self) -> asymptotics.Growth | None:
        """Whether and how the error grows with n, with its exact constant; `None` where not proved."""
        return self._growth

    def limit(self) -> sp.Expr | None:
        """The error for n -> oo at fixed T and d; `oo` where it diverges, `None` where not proved."""
        return None if self._growth is None else self._growth.limit

    def gain(self, iterations: int) -> list[Fraction]:
        """The gains c_1, …, c_n of the workflow: exact rationals, the same whatever the design.

        With symbolic parameters in the workflow they are expressions in these.
        """
        if iterations < 1:
            raise ValueError(f"iterations are counted from 1; got {iterations}. Ask for at least one.")
        if self.gain_expr is None:
            return gain(self.workflow, iterations)
        totals = sorted(self.gain_expr.atoms(sp.Sum), key=sp.default_sort_key)
        stand_ins = sp.symbols(f"sum:{len(totals)}")
        outside = self.gain_expr.subs(dict(zip(totals, stand_ins, strict=True)))
        sums = [sp.S.Zero] * len(totals)
        gains = []
        for m in range(1, iterations + 1):
            sums = [so_far + total.function.subs(i, m) for so_far, total in zip(sums, totals, strict=True)]
            value = outside.subs(n, m).subs(dict(zip(stand_ins, sums, strict=True)))
            gains.append(Fraction(int(value.p), int(value.q)) if value.is_Rational else sp.simplify(value))
        return gains

    def evaluate(self, *, T: int, d: int, sigma: float = 1.0, n: int | Sequence[int] | np.ndarray) -> np.ndarray:
        """The law's values at the iterations `n`, in float64.

        Args:
            T: samples an iteration, at least d + 2.
            d: features, at least 1.
            sigma: noise standard deviation, positive.
            n: an iteration or several, counted from 1.

        Raises:
            ValueError: outside the law's domain.
        """
        T, d, sigma = check_domain(T, d, sigma)
        if self.workflow.is_symbolic:
            raise ValueError(f"{self.workflow} has symbolic parameters; values of its law need numbers for them.")
        iterations = np.asarray(n)
        whole = iterations.size > 0 and np.issubdtype(iterations.dtype, np.integer)
        if not whole or iterations.min() < 1:
            raise ValueError(f"n counts model-fitting iterations from 1; got n={n}. Use whole numbers >= 1.")
        if iterations.max() > _LONGEST_SUM and self._closed_form is not None:
            return _evaluate_far_out(self._closed_form, T, d, sigma, iterations)
        return self._evaluate_termwise(T, d, sigma, iterations)

    def _evaluate_termwise(self, T_: int, d_: int, sigma_: float, iterations: np.ndarray) -> np.ndarray:
        """Add the terms up one by one: all are positive, so nothing cancels."""
        at = {T: T_, d: d_}
        sums = sorted(self.expr.atoms(sp.Sum), key=sp.default_sort_key)
        stand_ins = sp.symbols(f"sum:{len(sums)}")
        upto = np.arange(1, iterations.max() + 1, dtype=np.float64)
        totals = []
        for total in sums:
            term = sp.lambdify(i, total.function.subs(at), "scipy")
            totals.append(np.cumsum(np.broadcast_to(term(upto), upto.shape))[iterations - 1])
        outside = self.expr.subs(dict(zip(sums, stand_ins, strict=True))).subs(at)
        if outside.has(_GAIN):
            gains = np.array([float(c) for c in gain(self.workflow, int(iterations.max()))])
            stand_ins, totals = (*stand_ins, _GAIN(n)), [*totals, gains[iterations - 1]]
        value = sp.lambdify([n, sigma, *stand_ins], outside, "scipy")
        result = value(iterations.astype(np.float64), sigma_, *totals)
        return np.broadcast_to(np.asarray(result, np.float64), iterations.shape).copy()

    def moments_exist(self, T: int, d: int) -> int:
        """How many moments the test error has at every n; a mean needs 1, a standard error 2."""
        return distribution.moments_exist(self, T, d)

    def variance(self) -> sp.Expr | None:
        """The variance of the test error, where it exists and is known: see `distribution.variance`."""
        return distribution.variance(self)

    def distribution(self, *, T: int, d: int, sigma: float = 1.0, n: int) -> Any:
        """The exact distribution of the test error where it is known: see `distribution.distribution`."""
        return distribution.distribution(self, T=T, d=d, sigma=sigma, n=n)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle E_n = {sp.latex(self.expr)}$"


def _evaluate_far_out(closed_form: sp.Expr, T_: int, d_: int, sigma_: float, iterations: np.ndarray) -> np.ndarray:
    """Through the closed form, in twice the digits that its cancellations can cost."""
    at = {T: T_, d: d_, sigma: sp.Rational(*sigma_.as_integer_ratio())}
    value = sp.lambdify(n, closed_form.subs(at).rewrite(sp.polygamma), "mpmath")
    # Differences of polygamma functions at arguments d/T apart lose up to log10(n T) digits each.
    with mpmath.workdps(40 + 4 * len(str(T_)) + 2 * len(str(iterations.max()))):
        values = [float(value(mpmath.mpf(int(m)))) for m in iterations.ravel()]
    return np.array(values).reshape(iterations.shape)
