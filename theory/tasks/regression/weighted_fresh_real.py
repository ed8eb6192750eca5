"""New real data at a weight w, beside the newest sampled data, at fresh design: exact at finite T, as numbers.

With R and S the Gram matrices of T_r real and T_s sampled rows, a = w/T_r, b = (1 - w)/T_s and N = T_r + T_s,

    (aR + bS) delta_n = bS delta_{n-1} + a X_r'noise + b X_s'noise,     E_n = rho E_{n-1} + sigma^2 c.

U = W^(-1/2) S W^(-1/2), W = R + S, is independent of W and equal in law to its rotations (Muirhead 1982, 3.3.3), and
aR + bS = W^(1/2) (a + (b - a)U) W^(1/2). With f(u) = b u/(a + (b - a)u), h(u) = (a^2 (1 - u) + b^2 u)/(a + (b - a)u)^2

    c = E tr h(U)/(N - d - 1),     rho = E tr(W^-1 f(U) W f(U))/d = (x + y) + y (N d - 2)/(N - d - 1),

where E[f_ij f_kl] = x [i = j][k = l] + y ([i = k][j = l] + [i = l][j = k]), so that E (tr f)^2 = x d^2 + 2 y d and
E tr f^2 = x d + y (d^2 + d). At w = T_r/N it is the law of `fresh_real`. New here.

It is bounded, for rho < 1: with the mean m and the variance v of the d eigenvalues of f(U), x and y give

    rho = E[m^2 + (N - 1)/(N - d - 1) v].

The eigenvalues of f(U) lie between 0 and 1, so that v <= m (1 - m), and as N >= 2 d + 1 the factor of v is at most 2.
Then rho <= E[m^2 + 2 m (1 - m)] = E[1 - (1 - m)^2] < 1, since almost surely m < 1.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from ...algebra.indices import is_nonnegative
from ...asymptotics import Growth
from ...derivation import EXACT, Derivation, Derived, Step
from ...recursion import single_lag
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import T, n
from ...sympy_types import as_expression, fraction
from .matrix_beta import Array, Jacobi, agreed
from .symbols import ONE_FIT, d, sigma

_STEPS = (
    Step(
        "normal equations",
        r"(a W^r_n + b W_n)\, \delta_n = b W_n \delta_{n - 1} + a {X^r_n}^{\top} \varepsilon^r_n"
        r" + b X_n^{\top} \varepsilon_n",
        "a = w/T for a real row and b = (1 - w)/T_n for a sampled one",
    ),
    Step(
        "matrix beta",
        r"U = G^{-1/2} W_n G^{-1/2},\quad G = W^r_n + W_n,\quad a W^r_n + b W_n = G^{1/2} (a + (b - a) U) G^{1/2}",
        "U is independent of G, and equal in law to its rotations (Muirhead 3.3.3)",
    ),
    Step(
        "rotation",
        r"E_n = \rho E_{n - 1} + \sigma^2 c,\quad \rho = \tfrac{1}{d} \mathbb{E} \operatorname{tr}(G^{-1} f(U) G f(U)),"
        r"\quad c = \tfrac{1}{N - d - 1} \mathbb{E} \operatorname{tr} h(U)",
        "the designs of iteration n can be rotated: an older error meets them as a vector of random direction",
    ),
    Step(
        "Pfaffian",
        r"\mathbb{E} \prod_i e^{t f(u_i)} \propto \operatorname{Pf} A(t)",
        "moments of tr f(U) are derivatives of a Pfaffian of double integrals (de Bruijn 1955), found by quadrature",
    ),
)


def objection(workflow: SymbolicWorkflow, design: str) -> str | None:
    """Why the law is not known here; `None` where it is."""
    name, lags = workflow.workflow, workflow.lags if design == "fresh" else None
    if lags is None or lags.thinning != 0 or lags.anchor != 0 or len(lags.runs) != 1 or len(lags.fresh) != 1:
        return f"{name} is not real(n) and synthetic(n - 1) at fresh design."
    (first, last, share, ratio), fresh = lags.runs[0], lags.fresh[0]
    if (first, last) != (1, 1) or fresh[:2] != (0, 0):
        return f"{name} is not real(n) and synthetic(n - 1) at fresh design."
    if not share.is_Rational or not ratio.is_Rational:
        return f"{name} has symbols for parameters; its law is known by numbers alone."
    if not ratio.is_integer or not is_nonnegative(ratio - 1):
        return f"{name}: the rows are not a whole multiple of T at every T."
    return None


def derive(workflow: SymbolicWorkflow, design: str) -> Derived:
    """The test error of model n, at finite T, where there is no objection."""
    del design
    lags = workflow.lags
    assert lags is not None  # else there is an objection
    _, _, share, ratio = lags.runs[0]
    weight = 1 - fraction(share)
    rho, added = _coefficient("rho", 0, int(ratio), weight)(T, d), _coefficient("c", 1, int(ratio), weight)(T, d)
    added = sigma**2 * added
    expr = rho ** (n - 1) * ONE_FIT + added * (1 - rho ** (n - 1)) / (1 - rho)
    gain = single_lag(workflow)

    def values(numbers: Mapping[str, Any], iterations: np.ndarray) -> np.ndarray:
        rows, features = numbers["T"], numbers["d"]
        rho, added = coefficients(rows, int(ratio) * rows, features, weight)
        power = rho ** (iterations - 1)
        found = power * features / (rows - features - 1) + added * (1 - power) / (1 - rho)
        return numbers["sigma"] ** 2 * found

    return Derived(
        as_expression(expr),
        Derivation(_STEPS),
        "weights and their optimum: He, Xu and Cheng 2502.18049; this law is new here",
        EXACT,
        gain=None if gain is None else gain.expr,
        growth=Growth("bounded", as_expression(added / (1 - rho))),
        values=values,
    )


def _coefficient(name: str, place: int, ratio: int, weight: Fraction) -> Any:
    """What has no formula in T and d: a function of SymPy's by that name, with numbers where these are numbers.

    Args:
        name: of the function.
        place: among the `coefficients`.
        ratio: sampled rows over real ones.
        weight: of the real rows together.
    """

    def evaluated(self: Any, precision: int) -> sp.Float | None:
        del precision  # that of float64
        rows, features = self.args
        if not (rows.is_Integer and features.is_Integer):
            return None
        return sp.Float(coefficients(int(rows), ratio * int(rows), int(features), weight)[place])

    return type(name, (sp.Function,), {"nargs": 2, "_eval_evalf": evaluated})


@lru_cache(maxsize=1000)
def coefficients(real: int, sampled: int, features: int, weight: Fraction) -> tuple[float, float]:
    """(rho, c) of E_n = rho E_{n-1} + sigma^2 c.

    Args:
        real, sampled: rows, each at least `features`.
        features: d.
        weight: of the real rows together, more than 0 and at most 1.

    Raises:
        ValueError: as `matrix_beta.agreed`.

    >>> [round(x, 9) for x in coefficients(10, 10, 2, Fraction(7, 10))]
    [0.135272442, 0.134807105]
    """
    if weight == 1:  # one fit to the new real rows; h has a pole at the end of the interval
        return 0.0, features / (real - features - 1)
    # in units of a + b, so that f and h are of order 1
    a, b = weight / real, (1 - weight) / sampled
    a, b = float(a / (a + b)), float(b / (a + b))
    N, dim = real + sampled, features

    def f(u: Array) -> Array:
        return b * u / (a + (b - a) * u)

    def h(u: Array) -> Array:
        return (a**2 * (1 - u) + b**2 * u) / (a + (b - a) * u) ** 2

    def both(eigenvalues: Jacobi) -> Array:
        added = eigenvalues.mean(h) / (N - dim - 1)
        mean, variance = eigenvalues.moments(f)
        centre = mean / dim
        spread = eigenvalues.mean(lambda u: (f(u) - centre) ** 2)  # E tr f^2 - (E tr f)^2/d
        if dim == 1:
            return np.array([spread + centre**2, added])
        y = (spread - variance / dim) / (dim**2 + dim - 2)
        x = (variance + mean**2 - 2 * y * dim) / dim**2
        return np.array([x + y + y * (N * dim - 2) / (N - dim - 1), added])

    rho, added = agreed(both, features, sampled, real)
    return float(rho), float(added)
