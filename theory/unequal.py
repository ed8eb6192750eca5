"""Accumulate and Replace with T_i rows and noise sigma_i at pool i: exact laws in the sequences themselves.

The derivation is that of `chain`: only the newest pool adds an error, of variance sigma_i^2 tr(G_i^-1 W_i G_i^-1), and
with N_i rows in training set i a row's part in E tr G_i^-1 is 1/N_i at fresh design, whatever the pools it came in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from .chain import NormalEquations, normal_equations
from .setting import check_design, check_domain
from .symbols import d, i, k, n
from .workflow import Number, Workflow

#: T[i] rows and noise standard deviation sigma[i] at pool i; pool 1 is real.
T_: Any = sp.IndexedBase("T")
SIGMA: Any = sp.IndexedBase("sigma")


@dataclass(frozen=True)
class UnequalLaw:
    """The test error of model n where pool i has T[i] rows and noise sigma[i].

    Attributes:
        workflow, design: what the law is of. At fixed design every T[i] is a whole multiple of T[1], the rows of X.
        expr: a `Sum` over i = 1..n in T[i], sigma[i] and d.
        first: the oldest pool of training set i, 1 or i.
    """

    workflow: Workflow
    design: str
    expr: sp.Expr
    first: sp.Expr

    def evaluate(self, *, T: Sequence[int], d: int, sigma: Sequence[float] | float = 1.0) -> np.ndarray:
        """The law at iterations 1, …, len(T), in float64.

        Raises:
            ValueError: sequences of different lengths, a training set of fewer than d + 2 rows, or at fixed design a
                pool that is no whole multiple of T[1].
        """
        if len(T) == 0 or (isinstance(sigma, Sequence) and len(sigma) != len(T)):
            raise ValueError(f"T and sigma need one entry a pool, as many of one as of the other; got {T}, {sigma}.")
        noises = list(sigma) if isinstance(sigma, Sequence) else [sigma] * len(T)
        pools = list(zip(T, noises, strict=True))
        total, rows, result = 0.0, 0, []
        for iteration, (size, noise) in enumerate(pools, 1):
            check_domain(T[0], d, noise)
            rows = size if self.first == i else rows + size
            if size < 1 or (self.design == "fixed" and size % T[0]):
                raise ValueError(
                    f"pool {iteration} has {size} rows; at {self.design} design it needs "
                    + (f"a whole multiple of the {T[0]} rows of X." if self.design == "fixed" else "at least one.")
                )
            if rows < d + 2:
                raise ValueError(
                    f"test error needs at least d + 2 rows in every training set; iteration {iteration} has {rows} at "
                    f"d={d}. Use more samples or fewer features."
                )
            total += noise**2 * _term(self.design, T[0], size, rows, d)
            result.append(total)
        return np.array(result)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle E_n = {sp.latex(self.expr)}$"


def unequal(workflow: Workflow, *, design: str) -> UnequalLaw:
    """The law of a workflow whose training sets are the newest pool, or all pools, with every row counting alike.

    Raises:
        RuleDoesNotApply: the workflow is not of this kind.
        ValueError: unknown design.
    """
    check_design(design)
    state: NormalEquations = normal_equations(workflow, design)
    first = state.setting.first.subs(n, i)
    rows = T_[i] if first == i else sp.Sum(T_[k], (k, 1, i))
    term = SIGMA[i] ** 2 * _term(design, T_[1], T_[i], rows, d)
    return UnequalLaw(workflow, design, sp.Sum(term, (i, 1, n)), first)


def _term(design: str, T_1: Number, T_i: Number, N_i: Number, d: Number) -> Number:
    """E tr(G_i^-1 W_i G_i^-1), for symbols and for numbers."""
    if design == "fixed":  # G_i = (N_i/T_1) W and W_i = (T_i/T_1) W
        return T_i * T_1 * d / (N_i**2 * (T_1 - d - 1))
    return T_i * d / (N_i * (N_i - d - 1))
