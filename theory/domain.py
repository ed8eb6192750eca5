"""The integer points (T, d, n) for which a bound is to hold, and cells of real points that cover them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from .parsing import parse_bound
from .symbols import T, d, n

#: Variables of the proofs, each running over the reals >= 0: T, d and n are written in them.
u, v, m = sp.symbols("u v m", nonnegative=True)
_FORMS = "T >= a*d + b, d >= c or n >= m"


@dataclass(frozen=True)
class Domain:
    """Integers d >= least_d, n >= least_n, and T >= slope*d + intercept for every floor; T >= d + 2 always.

    Attributes:
        floors: pairs (slope, intercept).
        least_d, least_n: at least 1.
    """

    floors: tuple[tuple[Fraction, Fraction], ...] = ((Fraction(1), Fraction(2)),)
    least_d: int = 1
    least_n: int = 1

    def least_T(self, d: int) -> int:
        """The least number of samples at `d` features."""
        return max(math.ceil(slope * d + intercept) for slope, intercept in self.floors)

    def cells(self) -> tuple[dict[sp.Symbol, sp.Expr], ...]:
        """T and d as functions of u, v >= 0, one pair a cell; together they reach every point of the domain.

        In each cell one floor is the highest: T = floor + u, with d = p + v on [p, oo) and d = (p + q v)/(1 + v)
        on [p, q].
        """
        lines = sorted(set(self.floors))
        crossings = {
            (b2 - b1) / (a1 - a2) for a1, b1 in lines for a2, b2 in lines if a1 != a2
        }  # where two floors are equally high
        ends = [Fraction(self.least_d), *sorted(c for c in crossings if c > self.least_d)]
        cells = []
        for p, q in zip(ends, [*ends[1:], None], strict=True):
            inside = p + 1 if q is None else (p + q) / 2
            slope, intercept = (
                sp.Rational(*c.as_integer_ratio()) for c in max(lines, key=lambda l: l[0] * inside + l[1])
            )
            start = sp.Rational(*p.as_integer_ratio())
            features = start + v if q is None else (start + sp.Rational(*q.as_integer_ratio()) * v) / (1 + v)
            cells.append({d: features, T: sp.expand(slope * features) + intercept + u})
        return tuple(cells)

    def __str__(self) -> str:
        """`T >= d + 2, d >= 1, n >= 1`."""
        floors = [
            f"T >= {sp.Rational(*a.as_integer_ratio()) * d + sp.Rational(*b.as_integer_ratio())}"
            for a, b in self.floors
        ]
        return ", ".join([*floors, f"d >= {self.least_d}", f"n >= {self.least_n}"])


def domain_of(relations: Iterable[str | sp.Basic] | str | sp.Basic) -> Domain:
    """The points with T >= d + 2, d >= 1, n >= 1 that satisfy every one of the relations.

    Args:
        relations: relations of the forms T >= a*d + b, d >= c, n >= m (also <=, >, < the other way round), as text
            or SymPy; one or several.

    Raises:
        ValueError: a relation of another form.
    """
    result = Domain()
    for relation in [relations] if isinstance(relations, (str, sp.Basic)) else relations:
        result = _narrowed(result, relation)
    return result


def _narrowed(domain: Domain, relation: str | sp.Basic) -> Domain:
    if relation == sp.true:  # SymPy's answer to relations that hold for all positive integers
        return domain
    refusal = ValueError(f"a domain is narrowed by relations of the forms {_FORMS}; got {str(relation)!r}.")
    difference, strict = _difference(relation, refusal)
    polynomial = difference.as_poly(T, d, n)
    if polynomial is None or polynomial.total_degree() != 1:
        raise refusal
    a_T, a_d, a_n, constant = (
        Fraction(int(c.p), int(c.q)) for c in (polynomial.coeff_monomial(x) for x in (T, d, n, 1)) if c.is_Rational
    )
    # Over integers a strict relation holds from the next multiple of 1/(common denominator) on.
    if strict:
        constant -= Fraction(1, math.lcm(*(c.denominator for c in (a_T, a_d, a_n, constant))))
    if a_T > 0 and a_n == 0:
        floors = (*domain.floors, (-a_d / a_T, -constant / a_T))
        return Domain(floors, domain.least_d, domain.least_n)
    if a_d > 0 and a_T == a_n == 0:
        return Domain(domain.floors, max(domain.least_d, math.ceil(-constant / a_d)), domain.least_n)
    if a_n > 0 and a_T == a_d == 0:
        return Domain(domain.floors, domain.least_d, max(domain.least_n, math.ceil(-constant / a_n)))
    raise refusal


def _difference(relation: str | sp.Basic, refusal: ValueError) -> tuple[sp.Expr, bool]:
    """What must be >= 0 (or > 0: True)."""
    if isinstance(relation, str):
        for sign in (">=", "<=", ">", "<"):
            sides = relation.split(sign)
            if len(sides) == 2:
                left, right = map(parse_bound, sides)
                return (left - right if ">" in sign else right - left), "=" not in sign
        raise refusal
    if isinstance(relation, (sp.Ge, sp.Gt, sp.Le, sp.Lt)):
        return parse_bound(relation.gts) - parse_bound(relation.lts), isinstance(relation, (sp.Gt, sp.Lt))
    raise refusal
