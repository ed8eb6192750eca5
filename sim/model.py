"""What is refitted: linear regression by least squares, as in Gerstgrasser et al. (2404.01413), section 3."""

from dataclasses import dataclass, field

import numpy as np

from theory.setting import check_design, check_domain


@dataclass(frozen=True, eq=False)
class LinearRegression:
    """Rows x ~ N(0, covariance), labels y = x·w* + noise, noise ~ N(0, sigma^2); each model by least squares.

    The test error is the excess risk (w_n - w*)' covariance (w_n - w*): the noise of a test label is left out.

    Attributes:
        T: rows a pool, at least d + 2.
        d: features.
        sigma: noise standard deviation.
        design: "fixed" (one X serves every pool, only the labels are new) or "fresh" (each pool has its own X).
        covariance: d × d positive definite; the identity where it is `None`. The law does not depend on it.

    Raises:
        ValueError: outside this domain.
    """

    T: int
    d: int
    sigma: float = 1.0
    design: str = field(kw_only=True)
    covariance: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Check the values, and store them as plain numbers."""
        T, d, sigma = check_domain(self.T, self.d, self.sigma)
        check_design(self.design)
        covariance = self.covariance
        if covariance is not None:
            covariance = np.array(covariance, np.float64)
            valid = covariance.shape == (d, d) and np.allclose(covariance, covariance.T)
            if not valid or not np.linalg.eigvalsh(covariance).min() > 0:
                raise ValueError(
                    f"covariance must be a symmetric positive definite matrix of shape ({d}, {d}); "
                    f"got shape {covariance.shape}. Leave it out for the identity."
                )
            covariance.setflags(write=False)
        for name, value in (("T", T), ("d", d), ("sigma", sigma), ("covariance", covariance)):
            object.__setattr__(self, name, value)

    @property
    def has_variance(self) -> bool:
        """Whether the test error has a finite variance: the inverse Wishart's second moment needs T >= d + 4."""
        return self.T >= self.d + 4
