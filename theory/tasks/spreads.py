"""How the spread of what a model samples follows from its fit: one small class a way, for numbers and for formulas.

Where training set i is the one before and its newest pool, or the newest pool alone, the recursion of `second_moments`
turns into a product: with N_i rows in multiples of T, a share p_i of them in the newest pool, and s_0 = 1,

    s_i = s_{i-1} (1 + p_i change(N_i T)).

`alone` says that the newest pool is all there is.
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from ..sympy_types import cancelled
from .second_moments import Fit, Value


@dataclass(frozen=True)
class Spread(abc.ABC):
    """A way. Its fields are expressions in the task's symbols."""

    @abc.abstractmethod
    def of(self, fit: Fit, number: Callable[[sp.Expr], Value]) -> Value:
        """The spread of a model, in the arithmetic of its fit.

        Args:
            fit: the model's.
            number: from an expression in the task's symbols to that arithmetic.
        """

    @abc.abstractmethod
    def change(self, rows: sp.Expr, *, alone: bool) -> sp.Expr | None:
        """`change` above at so many rows; `None` where the spread is no such product."""

    @property
    def begins_at_one(self) -> bool:
        """Whether s_1 = 1, so that the product begins with the second factor."""
        return False

    @property
    def is_rational(self) -> bool:
        """Whether it is a quotient of polynomials in the task's symbols."""
        return True

    @property
    def takes_weights(self) -> bool:
        """Whether it is defined where some rows count more than others."""
        return True


@dataclass(frozen=True)
class Curved(Spread):
    """A family with the variance V(m) = a + b m + c m^2 has E V(mean of model n) = V(m) + c Var: s_n = 1 + c K_n.

    A Gaussian's maximum likelihood has s_n + K_n = 1, so that it is the case c = -1.

    Attributes:
        c: the curvature.
    """

    c: sp.Expr

    def of(self, fit: Fit, number: Callable[[sp.Expr], Value]) -> Value:
        """1 + c K_n."""
        return 1 + number(self.c) * fit.error

    def change(self, rows: sp.Expr, *, alone: bool) -> sp.Expr:
        """K_n - K_{n-1} is p_n s_{n-1}/(N_n T)."""
        return self.c / rows


@dataclass(frozen=True)
class Scaled(Spread):
    """A multiple of the variance within the training set, divided by its number of rows.

    Attributes:
        factor: that multiple.
    """

    factor: sp.Expr

    def of(self, fit: Fit, number: Callable[[sp.Expr], Value]) -> Value:
        """The multiple of `within`."""
        return number(self.factor) * fit.within

    def change(self, rows: sp.Expr, *, alone: bool) -> sp.Expr:
        """From N_n (s_n/factor + K_n) = N_{n-1} (s_{n-1}/factor + K_{n-1}) + (newest rows) (s_{n-1} + K_{n-1})."""
        return cancelled(self.factor * (1 - 1 / rows) - 1)


@dataclass(frozen=True)
class Unbiased(Spread):
    """The sum of squares within the training set, divided by one less than its number of rows."""

    def of(self, fit: Fit, number: Callable[[sp.Expr], Value]) -> Value:
        """`within` N/(N - 1)."""
        return fit.within * fit.rows / (fit.rows - 1)

    def change(self, rows: sp.Expr, *, alone: bool) -> sp.Expr:
        """As of `Scaled`, with a factor N/(N - 1); where the newest pool is all there is, no change."""
        return sp.S.Zero if alone else -1 / (rows - 1)

    @property
    def begins_at_one(self) -> bool:
        """One fit is unbiased."""
        return True

    @property
    def takes_weights(self) -> bool:
        """There is no number of rows to subtract one from."""
        return False


@dataclass(frozen=True)
class Smoothed(Spread):
    """The variance within the training set, plus that of a kernel, the same for all models.

    Attributes:
        kernel: its variance over the truth's.
    """

    kernel: sp.Expr

    def of(self, fit: Fit, number: Callable[[sp.Expr], Value]) -> Value:
        """`within` and the kernel's."""
        return fit.within + number(self.kernel)

    def change(self, rows: sp.Expr, *, alone: bool) -> None:
        """A kernel adds: there is no product."""


@dataclass(frozen=True)
class RuleOfThumb(Spread):
    """The variance within the training set of N rows, times 1 + scale N^(-2/5): Scott's rule and Silverman's.

    Attributes:
        scale: the square of what multiplies N^(-1/5).
    """

    scale: sp.Expr

    def of(self, fit: Fit, number: Callable[[sp.Expr], Value]) -> Value:
        """In an arithmetic that has roots."""
        return fit.within * (1 + number(self.scale) * fit.rows ** number(sp.Rational(-2, 5)))

    def change(self, rows: sp.Expr, *, alone: bool) -> sp.Expr | None:
        """As of `Scaled`."""
        return None

    @property
    def is_rational(self) -> bool:
        """It has a root of the rows."""
        return False
