"""Moments of Wishart matrices: one named identity a function, each refusing where it does not hold."""

import sympy as sp

from ...derivation import RuleDoesNotApply
from .symbols import DOMAIN, d


def inverse_wishart_objection(rows: sp.Expr) -> str | None:
    """Why the mean of an inverse Wishart matrix of `rows` rows may not exist; `None` where it does."""
    if DOMAIN.shows_nonnegative(rows - d - 2):
        return None
    return f"the inverse-Wishart mean needs rows >= d + 2; {rows} >= d + 2 does not follow from T >= d + 2."


def inverse_wishart_trace(rows: sp.Expr) -> sp.Expr:
    """E tr A^-1 for A = X'X, X of `rows` rows N(0, I_d): d / (rows - d - 1).

    Holds for rows >= d + 2, which must follow from T >= d + 2, d >= 1 and n, i >= 1; for rows = d + 1 the
    mean is infinite and below that A is singular.

    Raises:
        RuleDoesNotApply: `rows` >= d + 2 does not follow.

    Source: Muirhead (1982), Aspects of Multivariate Statistical Theory, Thm 3.2.12 (E A^-1 = I/(rows - d - 1)).
    """
    reason = inverse_wishart_objection(rows)
    if reason is not None:
        raise RuleDoesNotApply(reason)
    return d / (rows - d - 1)


def beta_sandwich(numerator: sp.Expr, rows: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """E[B M B] = a M + b tr(M) I for symmetric M, as (a, b).

    B = G^-1/2 W G^-1/2 is matrix beta: W the Gram matrix of `numerator` of the `rows` Gaussian rows in G. B is
    orthogonally invariant, so E[B_ij B_kl] = (a - b) d_ij d_kl + b (d_ik d_jl + d_il d_jk), and its two zonal
    polynomials of degree two, (tr B)^2 + 2 tr B^2 and (tr B)^2 - tr B^2, fix a and b.

    Source: Muirhead (1982), Thm 7.2.10 (E C_kappa(B) = (numerator/2)_kappa / (rows/2)_kappa C_kappa(I)), section 7.2.
    """
    symmetric = d * (d + 2) * numerator * (numerator + 2) / (rows * (rows + 2))
    # (d - 1) is kept out of the ratio: at d = 1 the second polynomial is zero, whatever the rows
    alternating = d * (d - 1) * numerator * (numerator - 1) / (rows * (rows - 1))
    trace_squared, square_trace = (symmetric + 2 * alternating) / 3, (symmetric - alternating) / 3
    # trace_squared = (a - b) d^2 + 2 b d and square_trace = (a - b) d + b (d^2 + d), solved for b and a - b
    both = [d**2, 2 * d], [d, d**2 + d]
    difference, b = sp.Matrix(both).LUsolve(sp.Matrix([trace_squared, square_trace]))
    return sp.cancel(difference + b), sp.cancel(b)


def trace_times_inverse_trace(rows: sp.Expr) -> sp.Expr:
    """E[tr A · tr A^-1] = d (rows d - 2)/(rows - d - 1) for A = X'X as above.

    From tr A = sum of chi-squares with `rows` d degrees of freedom, independent of A / tr A: E[tr A^-1] =
    E[1/tr A] E[tr A tr A^-1], and E[1/tr A] = 1/(rows d - 2).
    """
    return (rows * d - 2) * inverse_wishart_trace(rows)
