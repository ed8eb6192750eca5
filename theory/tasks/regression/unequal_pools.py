"""Accumulate and Replace with T_i rows and noise sigma_i at pool i: exact laws in the sequences themselves.

The derivation is that of `chain`: only the newest pool adds an error, of variance sigma_i^2 tr(G_i^-1 W_i G_i^-1), and
with N_i rows in training set i a row's part in E tr G_i^-1 is 1/N_i at fresh design, whatever the pools it came in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from ...derivation import EXACT, Derivation, Derived, Step
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import i, k, n
from ...workflow import Number, Pool, Workflow
from .chain import errors, normal_equations, whole_run_objection
from .checks import check, check_design
from .symbols import d

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
        total, rows, result = 0.0, 0, []
        for iteration, (size, noise) in enumerate(zip(T, noises, strict=True), 1):
            check(T[0], d, noise)
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
    setting = normal_equations(SymbolicWorkflow(workflow), design).setting
    first = setting.first.subs(n, i)
    rows = T_[i] if first == i else sp.Sum(T_[k], (k, 1, i))
    term = SIGMA[i] ** 2 * _term(design, T_[1], T_[i], rows, d)
    return UnequalLaw(workflow, design, sp.Sum(term, (i, 1, n)), first)


def objection(workflow: Workflow) -> str | None:
    """Why there is no law at unequal pools; `None` where there is one."""
    reason = whole_run_objection(SymbolicWorkflow(workflow))
    return None if reason is None else f"no law of {workflow} at unequal pools: {reason}"


def derive(workflow: Workflow, design: str) -> Derived:
    """The law in sequences of T and sigma, where there is no objection; pool i has the workflow's multiple of T_i."""
    law = unequal(workflow, design=design)
    _, steps = errors(SymbolicWorkflow(workflow), design)
    last = Step(
        "unequal pools",
        f"E_n = {sp.latex(law.expr)}",
        "independent noises; a row's part in E tr G_i^-1 is 1/N_i at fresh design, and G_i = (N_i/T_1) W at fixed",
    )

    def values(numbers: Mapping[str, Any], iterations: np.ndarray) -> np.ndarray:
        each = range(1, int(iterations.max()) + 1)
        T, sigma = (_each(name, numbers[name], len(each)) for name in ("T", "sigma"))
        sizes = [_whole(workflow, pool, T[pool - 1]) for pool in each]
        return law.evaluate(T=sizes, d=numbers["d"], sigma=sigma)[iterations - 1]

    return Derived(law.expr, Derivation((*steps, last)), "new here", EXACT, values=values)


def _each(name: str, value: Any, iterations: int) -> list[Any]:
    if not isinstance(value, tuple):
        return [value] * iterations
    if len(value) < iterations:
        raise ValueError(f"{name} names {len(value)} iterations and {iterations} are asked for. Give one for each.")
    return list(value[:iterations])


def _whole(workflow: Workflow, pool: int, T: int) -> int:
    rows = workflow.size(Pool(pool)) * T
    if rows.denominator != 1:
        raise ValueError(f"{workflow}: pool {pool} has {rows} rows, no whole number. Choose another T.")
    return int(rows)


def _term(design: str, T_1: Number, T_i: Number, N_i: Number, d: Number) -> Number:
    """E tr(G_i^-1 W_i G_i^-1), for symbols and for numbers."""
    if design == "fixed":  # G_i = (N_i/T_1) W and W_i = (T_i/T_1) W
        return T_i * T_1 * d / (N_i**2 * (T_1 - d - 1))
    return T_i * d / (N_i * (N_i - d - 1))
