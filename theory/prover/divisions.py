"""Divisions in the text of a bound that cancel in its expression: dividing by zero, it has no value there."""

from collections.abc import Iterator

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, parts, replaced, symbols
from .domain import Domain
from .parsing import divisors_of
from .region import From, Region


def check_divisions(text: str, domain: Domain) -> None:
    """Refuse a text that divides by what may be zero on the domain, where SymPy cancels that division.

    Raises:
        ValueError: it does; or the text is no bound.
    """
    expression, divisors = divisors_of(text, domain.letters)
    kept = {power.base for power in parts(expression, sp.Pow) if power.exp.could_extract_minus_sign()}
    for base in dict.fromkeys(base for divisor in divisors for base in _bases(divisor)):
        if base not in kept and not base.is_positive and not _is_never_zero(base, domain):
            raise ValueError(
                f"the bound divides by {base}, which cancels, and is not shown to be other than zero for {domain}; it"
                " has to have a value on the whole domain. Write it without that division, or narrow the domain."
            )


def _bases(divisor: sp.Expr) -> Iterator[sp.Expr]:
    for factor in sp.Mul.make_args(divisor):
        base = factor.base if isinstance(factor, sp.Pow) and not symbols(factor.exp) else factor
        if symbols(base):
            yield as_expression(base)


def _is_never_zero(base: sp.Expr, domain: Domain) -> bool:
    """In every cell it keeps a sign; an index of a sum takes every number from 1 on."""
    first = 1 if base.has(i) else domain.least_n
    regions = [Region(cell, From(first)) for cell in domain.cells()]
    at_n = replaced(base, {i: n})
    return (not base.has(i) or not base.has(n)) and all(
        region.is_positive(at_n) or region.is_positive(-at_n) for region in regions
    )
