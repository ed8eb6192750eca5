"""All data kept, new real ones among them, at fresh design with every row counting alike: exact at finite T.

With G_n of N_n rows, S = G_{n-1} and H = S + W_n, where W_n is of s rows sampled from model n - 1 and r more are real,
G_n delta_n = H delta_{n-1} + noises. Given the designs, delta_{n-1} has a covariance whose mean is a multiple of S^-1,
so that E_n = rho_n E_{n-1} + sigma^2 d (r + s)/(N_n (N_n - d - 1)), where

    rho_n = (N_{n-1} + s)(N_{n-1} + s - d - 1)/(N_n (N_n - d - 1)).

With r = 0 and s = T it is Accumulate. New here.
"""

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp

from ...algebra import reading
from ...algebra.families import Setting
from ...algebra.indices import is_nonnegative, is_whole_number, public
from ...algebra.rules.designs import exchangeability, inverse_wishart_mean
from ...algebra.rules.equations import errors, isolate, labels, normal_equations
from ...algebra.rules.expectations import squared, white_noise
from ...algebra.rules.laws import law, recursion, varying_recursion
from ...algebra.rules.nested import older_error, older_training_set, wishart_ratio
from ...algebra.strategy import Rule, derivation, follow
from ...algebra.terms import Value
from ...asymptotics import Growth
from ...derivation import EXACT, Derived
from ...lags import SymbolicTrainingSet
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import T, k, n
from ...sympy_types import at, cancelled
from .symbols import d, sigma

#: From the normal equations to the recursion.
TO_RECURSION: tuple[Rule, ...] = (
    normal_equations,
    labels,
    errors,
    older_training_set,
    isolate,
    squared,
    white_noise,
    older_error,
    wishart_ratio,
    exchangeability,
    inverse_wishart_mean,
)

#: To the law.
RULES: tuple[Rule, ...] = (*TO_RECURSION, varying_recursion)


def objection(workflow: SymbolicWorkflow, design: str) -> str | None:
    """Why the law is not known here; `None` where it is."""
    name, read = workflow.workflow, workflow.training_set
    kinds = ([(1, n, False)], [(1, n, False), (2, n, True)], [(2, n, True), (1, n, False)])
    alike = read is not None and read.shares is None and read.drawn is None
    if design != "fresh" or read is None or not alike or list(read.parts) not in kinds:
        return f"{name} does not keep real and sampled data of every iteration with all rows alike, at fresh design."
    if not all(is_whole_number(size, k) and is_nonnegative(size - 1) for size in _sizes(read)):
        return f"{name}: the rows are not a whole multiple of T at every T."
    return None


def _sizes(read: SymbolicTrainingSet) -> list[sp.Expr]:
    return [read.size, read.real_size]


def derive(workflow: SymbolicWorkflow, design: str) -> Derived:
    """The test error of model n, at finite T, where there is no objection."""
    setting = reading.counted(workflow, design)
    value, before = follow(setting, TO_RECURSION)
    assert isinstance(value, Value)  # as these rules end
    solved, last = follow(setting, (varying_recursion,), value)
    parts = _Recursion(setting, value)
    return Derived(
        public(law(solved)),
        derivation((*before, *last), setting),
        "new here",
        EXACT,
        growth=_growth(workflow),
        values=parts.values,
        each=parts.each,
        recursion=parts.step,
    )


def _growth(workflow: SymbolicWorkflow) -> Growth | None:
    """It goes to 0 where new real rows are added at one rate r, and sampled ones at one rate s.

    Then rho_n = 1 - 2r/((r + s) n) + O(1/n^2), whose product tends to 0, and what is added is of order 1/n^2, so that
    its sum is finite.
    """
    read = workflow.training_set
    added = read is not None and len(read.parts) == 2 and not any(size.has(k) for size in _sizes(read))
    return Growth("bounded", sp.S.Zero) if added else None


class _Recursion:
    """E_n = rho_n E_{n-1} + c_n."""

    def __init__(self, setting: Setting, value: Value) -> None:
        self._rho, self._added, self._first = map(public, recursion(setting, value, varying=True))
        self._known = [self._first]

    @property
    def step(self) -> tuple[sp.Expr, sp.Expr]:
        """rho_n and c_n."""
        return self._rho, self._added

    def each(self, iteration: int) -> sp.Expr:
        """E at one iteration, a quotient of polynomials."""
        for m in range(len(self._known) + 1, iteration + 1):
            self._known.append(cancelled(at(self._rho, n, m) * self._known[-1] + at(self._added, n, m)))
        return self._known[iteration - 1]

    def values(self, numbers: Mapping[str, Any], iterations: np.ndarray) -> np.ndarray:
        """In float64: rho_n and c_n are positive, and exact before they are rounded."""
        exactly = [Fraction(numbers["T"]), Fraction(numbers["d"])]
        rho, added, first = (
            sp.lambdify([n, T, d], part.subs(sigma, 1), modules=[]) for part in (self._rho, self._added, self._first)
        )
        found = np.empty(int(iterations.max()))
        found[0] = first(Fraction(1), *exactly)
        for before, m in pairwise(range(len(found))):
            now = Fraction(m + 1)
            found[m] = float(rho(now, *exactly)) * found[before] + float(added(now, *exactly))
        return numbers["sigma"] ** 2 * found[iterations - 1]
