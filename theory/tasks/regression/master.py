"""The proportional limit d/T -> gamma of least squares refitted on its own labels: one equation for every workflow.

The errors delta_n of all models, and whatever else labels are shifted by, obey for rows x_i in groups g

    sum_g (1/T_g) sum_{i in g} x_i [(C_g delta)_n·x_i - noise_{n,i}] + lambda_n delta_n = lambda_n force_n,

a group being rows that meet the same coefficients: at fresh design those of one pool. For Gaussian rows whose
covariance has the eigenvalues s_j, m_j times each, the deterministic equivalents are

    M = sum_g C_g A_g^-1,  A_g = I + (d/T_g) tau C_g,    Theta_j = (diag(lambda) + s_j M)^-1,
    tau = (1/d) sum_j m_j s_j Theta_j,                   Psi_g = I - (d/T_g) C_g A_g^-1 tau,
    K = sum_j s_j Theta_j F_j Theta_j' + sum_{j,g} (m_j s_j^2/T_g) Theta_j Q_g Theta_j',
    Q_g = C_g A_g^-1 K (C_g A_g^-1)' + Psi_g N_g Psi_g',

with F_j = lambda force force' lambda in the eigenspace j, and K_nm = E delta_n' covariance delta_m. Derived by leaving
one row out, and one coordinate; not proved. New here.

All matrices are lower triangular, so that row n needs the rows before it alone: one scalar equation for tau_nn, which
has one root, a linear one for the rest of the row, and the same again for K.

With `corrected` d + 1 stands for d in d/T_g, but for the noise's own: right to the next order in 1/T at any d (where
`next_order` is), and exact for Replace, ReplaceGrowing and Accumulate; elsewhere a good guess.
"""

from dataclasses import dataclass

import numpy as np

#: Arrays of float64.
Array = np.ndarray

#: The largest relative error with which the fixed point has to hold when all its rows are put together.
_RESIDUAL = 1e-8


@dataclass(frozen=True, eq=False)
class Groups:
    """The rows by group.

    Attributes:
        coefficients: C_g, of shape (groups, models, models).
        noise: N_g, the covariance of a row's noises between the models, of the same shape.
        rows: T_g.
    """

    coefficients: Array
    noise: Array
    rows: Array


@dataclass(frozen=True, eq=False)
class Space:
    """The features.

    Attributes:
        eigenvalues: s_j of their covariance.
        multiplicities: m_j, which add up to d.
        forces: F_j, of shape (eigenvalues, models, models).
        penalties: lambda_n.
    """

    eigenvalues: Array
    multiplicities: Array
    forces: Array
    penalties: Array

    @property
    def d(self) -> float:
        """How many there are."""
        return float(self.multiplicities.sum())


def second_moments(groups: Groups, space: Space, *, corrected: bool) -> Array:
    """K, of shape (models, models).

    Raises:
        ValueError: a training set has not more rows than features (d + 1 if `corrected`) and no penalty, or the
            equation was not solved.
    """
    ratio = (space.d + corrected) / groups.rows
    tau, theta, pulled = _fixed_point(groups, space, ratio)
    m, s = space.multiplicities, space.eigenvalues
    _check(tau, space, groups, ratio)
    psi = np.eye(len(tau)) - ratio[:, None, None] * (pulled @ tau)
    noise = ((psi @ groups.noise @ psi.transpose(0, 2, 1)) / groups.rows[:, None, None]).sum(0)
    transposed = theta.transpose(0, 2, 1)
    source = (s[:, None, None] * (theta @ space.forces @ transposed)).sum(0)
    source = source + ((m * s**2)[:, None, None] * (theta @ noise @ transposed)).sum(0)
    handed_on = (theta[:, None] @ pulled[None]).reshape(-1, *tau.shape)
    factors = np.outer(m * s**2 / space.d, ratio).ravel()
    return _covariance(source, handed_on, factors)


def _fixed_point(groups: Groups, space: Space, ratio: Array) -> tuple[Array, Array, Array]:
    """Tau, each Theta_j, and each C_g A_g^-1, row by row."""
    c, m, s = groups.coefficients, space.multiplicities, space.eigenvalues
    number, models, _ = c.shape
    tau = np.zeros((models, models))
    theta, inverse, pulled = np.zeros((len(s), models, models)), np.zeros_like(c), np.zeros_like(c)
    for n in range(models):
        own, penalty = c[:, n, n], space.penalties[n]
        t = _diagonal(own, ratio, space, penalty)
        a = 1 + ratio * t * own
        whole = float((own / a).sum())
        b = penalty + s * whole
        # M's row is given - row·carried, and tau's row -(M's row)·answered, with this row's own diagonal put in
        given = ((c[:, None, n, :n] @ inverse[:, :n, :n])[:, 0] / a[:, None]).sum(0)
        carried = ((own * ratio / a)[:, None, None] * pulled[:, :n, :n]).sum(0)
        answered = ((m * s**2 / space.d / b)[:, None, None] * theta[:, :n, :n]).sum(0)
        row = np.linalg.solve((np.eye(n) - carried @ answered).T, -(given @ answered)) if n else np.zeros(0)
        tau[n, :n], tau[n, n] = row, t
        inner = ratio[:, None] * ((row @ c[:, :n, :n]).reshape(number, n) + t * c[:, n, :n])
        inverse[:, n, :n] = -(inner[:, None] @ inverse[:, :n, :n])[:, 0] / a[:, None]
        inverse[:, n, n] = 1 / a
        pulled[:, n] = (c[:, None, n, : n + 1] @ inverse[:, : n + 1])[:, 0]
        theta[:, n, :n] = -(s / b)[:, None] * (pulled[:, n, :n].sum(0) @ theta[:, :n, :n])
        theta[:, n, n] = 1 / b
    return tau, theta, pulled


def _diagonal(own: Array, ratio: Array, space: Space, penalty: float) -> float:
    """The root t of t = (1/d) sum_j m_j s_j/(lambda + s_j M(t)), M(t) = sum_g C_g/(1 + (d/T_g) t C_g).

    The right-hand side over t falls with t: there is one root, if the training set has more rows than features.
    """
    from scipy.optimize import root_scalar  # not at the top, for it doubles what `import theory` costs

    used = own > 0
    own, inverse_ratio = own[used], 1 / ratio[used]
    share, s = space.multiplicities / space.d, space.eigenvalues

    def excess(log_t: float) -> float:
        t = np.exp(log_t)
        whole = float((own * inverse_ratio / (inverse_ratio + t * own)).sum())
        return float((share * s / (penalty * t + s * t * whole)).sum()) - 1

    if penalty == 0 and inverse_ratio.sum() <= 1:
        raise ValueError(
            f"the limit d/T -> gamma needs more rows than features in every training set; one has "
            f"{inverse_ratio.sum():.4g} of what it must exceed. Use more samples or fewer features."
        )
    low = high = 0.0
    while excess(low) <= 0:
        low -= 1
    while excess(high) >= 0:
        high += 1
    return float(np.exp(root_scalar(excess, bracket=(low, high), method="brentq", xtol=1e-15, rtol=1e-15).root))


def _check(tau: Array, space: Space, groups: Groups, ratio: Array) -> None:
    """Put tau into the equation that it solves, as a whole.

    Raises:
        ValueError: it does not hold.
    """
    c = groups.coefficients
    pulled = c @ np.linalg.inv(np.eye(len(tau)) + ratio[:, None, None] * (tau @ c))
    found = np.zeros_like(tau)
    for s, m in zip(space.eigenvalues, space.multiplicities, strict=True):
        found += m * s / space.d * np.linalg.inv(np.diag(space.penalties) + s * pulled.sum(0))
    error = float(np.abs(found - tau).max() / np.abs(tau).max())
    if not error < _RESIDUAL:
        raise ValueError(
            f"the limit d/T -> gamma was not found: its equation holds to {error:.1g} and has to hold to "
            f"{_RESIDUAL:g}. The training sets are too close to as many rows as features; use more samples."
        )


def _covariance(source: Array, handed_on: Array, factors: Array) -> Array:
    """The K of K = source + sum_u factor_u U_u K U_u', U lower triangular: row by row, each a triangular system.

    Raises:
        ValueError: a second moment is not finite.
    """
    models = len(source)
    k = np.zeros((models, models))
    for n in range(models):
        before, row, diagonal = handed_on[:, :n, :n], handed_on[:, n, :n], handed_on[:, n, n]
        known = source[n, :n] + np.einsum("u,ua,ab,ucb->c", factors, row, k[:n, :n], before, optimize=True)
        k[n, :n] = np.linalg.solve(np.eye(n) - np.einsum("u,u,ucb->cb", factors, diagonal, before), known)
        k[:n, n] = k[n, :n]
        inner = np.einsum("u,ua,ab,ub->", factors, row, k[:n, :n], row, optimize=True)
        cross = 2 * np.einsum("u,u,b,ub->", factors, diagonal, k[n, :n], row, optimize=True)
        left = 1 - float((factors * diagonal**2).sum())
        if not left > 0:
            raise ValueError(
                f"the error of model {n + 1} has no finite mean in the limit d/T -> gamma. Use more samples."
            )
        k[n, n] = (source[n, n] + inner + cross) / left
    return k
