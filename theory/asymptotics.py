"""How an expression in n grows, read off its closed form exactly; no numerical guess."""

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from .symbols import n, tidy
from .sympy_types import as_expression, operands, substituted

_log_n = sp.Dummy("log n", positive=True)


@dataclass(frozen=True)
class Growth:
    """How a law grows with the iteration, and the constant of that growth.

    Attributes:
        kind: "bounded", "logarithmic" or "linear"; where labels are biased also "log-squared" or "quadratic"; "power"
            and "exponential"; "vanishing", where it goes to 0; "falling", where it goes to -oo at a rate.
        constant: the limit; the coefficient of log n; the slope in n, negative where it falls; likewise of (log n)^2
            and n^2; else the coefficient of `scale`.
        scale: the function of n that a law grows as, or vanishes as, where the kind alone does not tell; a power of n
            or of a number.
    """

    kind: str
    constant: sp.Expr
    scale: sp.Expr | None = None

    def times(self, factor: sp.Expr) -> "Growth":
        """That of a positive multiple."""
        return Growth(self.kind, tidy(as_expression(self.constant * factor)), self.scale)

    def at(self, numbers: Mapping[sp.Symbol, sp.Rational]) -> "Growth":
        """With numbers in the place of symbols."""
        if not numbers:
            return self
        scale = None if self.scale is None else substituted(self.scale, numbers)
        return Growth(self.kind, substituted(self.constant, numbers), scale)

    def __str__(self) -> str:
        """The kind, with its leading term."""
        if self.scale is not None:
            return f"{self.kind}, ~ ({self.constant}) {self.scale}"
        leading = {
            "bounded": "-> {}",
            "logarithmic": "~ ({}) log n",
            "log-squared": "~ ({}) (log n)^2",
            "linear": "~ ({}) n",
            "quadratic": "~ ({}) n^2",
            "falling": "~ ({}) n",
        }[self.kind]
        return f"{self.kind}, {leading.format(self.constant)}"

    @property
    def limit(self) -> sp.Expr:
        """The value for n -> oo."""
        ends = {"bounded": self.constant, "vanishing": sp.S.Zero, "falling": sp.S.NegativeInfinity}
        return ends.get(self.kind, sp.oo)


def growth(closed_form: sp.Expr) -> Growth | None:
    """The growth of a positive closed form in n; `None` where this module cannot tell.

    Covers rational functions of n, harmonic numbers of order one or more and polygamma and Hurwitz zeta functions at
    n + constant with constant factors (DLMF 5.11.2, 5.15.8: psi(n) = log n + O(1/n), psi^(m)(n) = O(n^-m) for m >= 1),
    and powers r^n with rational |r| < 1.
    """
    leading, rational = sp.S.Zero, sp.S.Zero
    for addend in sp.Add.make_args(sp.expand(closed_form)):
        if addend.is_rational_function(n):
            rational += addend
            continue
        value = _leading(addend)
        if value is None:
            return None
        leading += value
    quotient, _ = sp.div(*sp.fraction(sp.together(rational)), n)  # the rest vanishes for n -> oo
    coefficients = sp.Poly(sp.expand(leading + quotient), n, _log_n)
    if coefficients.degree(n) > 1 or coefficients.total_degree() > 1:
        return None
    for kind, monomial in (("linear", n), ("logarithmic", _log_n), ("bounded", sp.S.One)):
        constant = tidy(as_expression(sp.factor(sp.simplify(coefficients.coeff_monomial(monomial)))))
        if constant != 0:
            return Growth(kind, constant)
    return None


def _leading(addend: sp.Expr) -> sp.Expr | None:
    """The addend up to what vanishes for n -> oo, as a polynomial in n and log n."""
    constant, varying = addend.as_independent(n, as_Add=False)
    first, *others = operands(varying) or (varying,)
    if isinstance(varying, sp.harmonic) and not (first - n).has(n):
        order = others[0] if others else sp.S.One
        if order == 1 or (order - 1).is_positive:
            return constant * (_log_n + sp.EulerGamma if order == 1 else sp.zeta(order))
    if isinstance(varying, sp.zeta):  # the sum of (n + a + j)^-s over j >= 0
        vanishes = (first - 1).is_positive and not any((other - n).has(n) for other in others)
        return sp.S.Zero if vanishes else None
    if isinstance(varying, sp.polygamma) and not any((other - n).has(n) for other in others):
        return constant * (_log_n if first == 0 else sp.S.Zero)
    powers = [factor for factor in sp.Mul.make_args(varying) if not factor.is_rational_function(n)]
    if len(powers) == 1 and powers[0].is_Pow:
        ratio = sp.simplify(powers[0].subs(n, n + 1) / powers[0])
        if ratio.is_Rational and abs(ratio) < 1:  # beats any power of n
            return sp.S.Zero
    return None
