"""Beyond the mean: which moments of the test error exist, its variance, and its exact distribution where known.

One fit has |delta|^2 = sigma^2 chi^2_d / chi^2_{T-d+1}, the two independent. At fixed design model n is Gaussian given
X, delta_n | X ~ N(0, c_n sigma^2 W^-1), so its squared error is c_n times that of one fit, for every exact law. At
fresh design the Replace chain is a random walk of independent steps, each isotropic with such a radius.
"""

from typing import TYPE_CHECKING, Any

import sympy as sp

from .setting import check_domain
from .symbols import ONE_FIT, T, d, n, sigma
from .workflow import Replace

if TYPE_CHECKING:
    from .law import Law

#: Variance of sigma^2 chi^2_d / chi^2_{T-d+1}, T >= d + 4: from E[1/chi^2_m] = 1/(m-2), E[chi^-4_m] = 1/((m-2)(m-4)).
ONE_FIT_VARIANCE = sigma**4 * 2 * d * (T - 1) / ((T - d - 1) ** 2 * (T - d - 3))


def moments_exist(law: "Law", T: int, d: int) -> int:
    """How many moments the test error has at every n: moment q of a fit to T rows is finite where 2q < T - d + 1.

    None for subsamples at fixed design, which repeat rows of X: for n large enough a draw has too few different ones.
    """
    if law.design == "fixed" and not law.exact and any(law.workflow.drawn(m) is not None for m in (2, 3)):
        return 0
    return max(0, (T - d) // 2)


def variance(law: "Law") -> sp.Expr | None:
    """The variance of the test error of model n over replicates, for T >= d + 4; `None` where it is not known.

    At fixed design c_n^2 times that of one fit. For Replace at fresh design, with independent isotropic steps of
    squared length X, Var = n Var X + 2 n (n - 1) (E X)^2 / d: the inner product of two steps has mean square (E X)^2/d.
    """
    if law.design == "fixed" and law.exact:
        return (law.expr / ONE_FIT) ** 2 * ONE_FIT_VARIANCE
    if isinstance(law.workflow, Replace):
        return n * ONE_FIT_VARIANCE + 2 * n * (n - 1) * ONE_FIT**2 / d
    return None


def distribution(law: "Law", *, T: int, d: int, sigma: float = 1.0, n: int) -> Any:
    """The exact distribution of the test error of model n, as a frozen distribution of `scipy.stats`.

    A multiple of an F variable with d and T - d + 1 degrees of freedom: at fixed design for every exact law, at fresh
    design for n = 1.

    Raises:
        ValueError: it is not known, or T, d, sigma, n are outside the law's domain.
    """
    from scipy import stats  # not at the top, for it doubles what `import theory` costs

    T, d, sigma = check_domain(T, d, sigma)
    if not (n == 1 or (law.design == "fixed" and law.exact)):
        raise ValueError(
            f"the exact distribution of {law.workflow} at {law.design} design is not known for n = {n}; "
            "it is known at fixed design for pools used whole, and everywhere for n = 1."
        )
    mean: Any = law.evaluate(T=T, d=d, sigma=sigma, n=n)
    # E F(d, m) = m/(m - 2) with m = T - d + 1
    return stats.f(d, T - d + 1, scale=float(mean) * (T - d - 1) / (T - d + 1))
