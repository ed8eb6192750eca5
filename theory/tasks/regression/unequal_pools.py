"""Accumulate and Replace with T_i rows and noise sigma_i at pool i: exact laws in the sequences themselves.

The derivation is that of `whole_runs`: only the newest pool adds an error, of variance sigma_i^2 tr(G_i^-2 W_i). With
N_i rows in training set i a row's part in E tr G_i^-1 is 1/N_i at fresh design, whatever pool it came in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from ...algebra import reading
from ...algebra.indices import public
from ...algebra.rules.laws import law
from ...algebra.strategy import derivation, follow
from ...derivation import EXACT, Derivation, Derived, RuleDoesNotApply
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import i, k, n
from ...workflow import Pool, Workflow
from . import whole_runs
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
        term = self._term
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
            total += noise**2 * float(term(*map(Fraction, (T[0], size, rows, d))))
            result.append(total)
        return np.array(result)

    @property
    def _term(self) -> Callable[..., Fraction]:
        """What pool i adds for noise 1, of exact T_1, T_i, N_i (rows of training set i) and d."""
        (total,) = (x for x in self.expr.atoms(sp.Sum) if x.has(SIGMA))
        rows, size, first = sp.symbols("N_i T_i T_1", cls=sp.Dummy)
        term = self.expr.xreplace({total: total.function / SIGMA[i] ** 2}).xreplace({sp.Sum(T_[k], (k, 1, i)): rows})
        term = sp.cancel(term.xreplace({T_[i]: size, T_[1]: first}))
        return sp.lambdify([first, size, rows, d], term, modules=[])

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle E_n = {sp.latex(self.expr)}$"


def unequal(workflow: Workflow, *, design: str) -> UnequalLaw:
    """The law of a workflow whose training sets are the newest pool, or all pools, with every row counting alike.

    Raises:
        RuleDoesNotApply: the workflow is not of this kind.
        ValueError: unknown design.
    """
    check_design(design)
    law, _ = _derived(workflow, design)
    return law


def objection(workflow: Workflow) -> str | None:
    """Why there is no law at unequal pools; `None` where there is one."""
    reason = _run_objection(SymbolicWorkflow(workflow))
    return None if reason is None else f"no law of {workflow} at unequal pools: {reason}"


def _run_objection(workflow: SymbolicWorkflow) -> str | None:
    reason, read = reading.whole_run_objection(workflow), workflow.training_set
    if reason is not None or read is None or read.parts[0][0] in (1, n):
        return reason
    return f"{workflow.workflow} drops pools, and keeps more than one."


def _derived(workflow: Workflow, design: str) -> tuple[UnequalLaw, Derivation]:
    symbolic = SymbolicWorkflow(workflow)
    reason = _run_objection(symbolic)
    if reason is not None:
        raise RuleDoesNotApply(reason)
    setting = reading.unequal(symbolic, design)
    value, steps = follow(setting, whole_runs.rules(setting))
    newest_alone = whole_runs.keeps_the_newest_alone(setting)
    return UnequalLaw(workflow, design, public(law(value)), i if newest_alone else sp.S.One), derivation(steps, setting)


def derive(workflow: Workflow, design: str) -> Derived:
    """The law in sequences of T and sigma, where there is no objection; pool i has the workflow's multiple of T_i."""
    law, derivation = _derived(workflow, design)

    def values(numbers: Mapping[str, Any], iterations: np.ndarray) -> np.ndarray:
        each = range(1, int(iterations.max()) + 1)
        T, sigma = (_each(name, numbers[name], len(each)) for name in ("T", "sigma"))
        sizes = [whole_rows(workflow, pool, T[pool - 1]) for pool in each]
        return law.evaluate(T=sizes, d=numbers["d"], sigma=sigma)[iterations - 1]

    return Derived(law.expr, derivation, "new here", EXACT, values=values)


def _each(name: str, value: Any, iterations: int) -> list[Any]:
    if not isinstance(value, tuple):
        return [value] * iterations
    if len(value) < iterations:
        raise ValueError(f"{name} names {len(value)} iterations and {iterations} are asked for. Give one for each.")
    return list(value[:iterations])


def whole_rows(workflow: Workflow, pool: int, T: int) -> int:
    """How many rows a pool of the chain has, for T an iteration.

    Raises:
        ValueError: no whole number.
    """
    rows = workflow.size(Pool(pool)) * T
    if rows.denominator != 1:
        raise ValueError(f"{workflow}: pool {pool} has {rows} rows, no whole number. Choose another T.")
    return int(rows)
