"""Parts in the text of a bound that cancel in its expression: where such a part has no value, the bound has none."""

from collections.abc import Iterator

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, operands, parts, replaced, symbols
from .certificate import is_defined
from .domain import Domain
from .parsing import parts_of
from .region import From, Region


def check_cancelled(text: str, domain: Domain) -> None:
    """Refuse a text with a division, root, logarithm, … that cancels, and may have no value somewhere on the domain.

    What does not cancel is looked at where the bound is judged.

    Raises:
        ValueError: there is such a part; or the text is no bound.
    """
    expression, found = parts_of(text, domain.letters)
    for part in dict.fromkeys(part for written in found for part in _taken_apart(written)):
        if not _is_kept(part, expression) and not _has_values(part, domain):
            raise ValueError(
                f"the bound {_in_words(part)}; it has to have a value on the whole domain, {domain}. Write it without"
                " that part, or narrow the domain."
            )


def _taken_apart(part: sp.Expr) -> Iterator[sp.Expr]:
    """Powers of a product factor by factor, as SymPy writes them; under a root, all that may be negative at once."""
    if not isinstance(part, sp.Pow):
        yield part
        return
    base, exponent = operands(part)
    factors = [factor for factor in sp.Mul.make_args(base) if not factor.is_positive]
    if not exponent.is_Integer:
        factors = [sp.Mul(*factors)]
    for factor in factors:
        inner, power = operands(factor) if isinstance(factor, sp.Pow) else (factor, sp.S.One)
        if exponent.is_Integer and not symbols(power):
            yield as_expression(sp.Pow(inner, -1, evaluate=False))
        elif not factor.is_nonnegative or not exponent.is_positive:
            yield as_expression(sp.Pow(factor, exponent, evaluate=False))


def _is_kept(part: sp.Expr, expression: sp.Expr) -> bool:
    """Whether the expression has a part that has no value wherever this one has none."""
    if not isinstance(part, sp.Pow):
        return any(other == part for other in parts(expression, part.func))
    base, exponent = operands(part)
    others = [operands(power)[1] for power in parts(expression, sp.Pow) if operands(power)[0] == base]
    if exponent.is_Integer:
        return any(other.could_extract_minus_sign() for other in others)
    return any(other.is_Rational and not other.is_Integer for other in others if exponent.is_positive or other < 0)


def _has_values(part: sp.Expr, domain: Domain) -> bool:
    """Whether it is shown to have a value at every point; an index of a sum takes every number from 1 on."""
    if not symbols(part):
        return bool(as_expression(part.doit()).is_extended_real)
    if part.has(i) and part.has(n):
        return False
    first = 1 if part.has(i) else domain.least_n
    at_n = as_expression(replaced(part, {i: n})) if part.has(i) else part
    return all(is_defined(at_n, Region(cell, From(first))) for cell in domain.cells())


def _in_words(part: sp.Expr) -> str:
    if isinstance(part, sp.Pow) and part.exp.is_Integer:
        return f"divides by {part.base}, which cancels, and is not shown to be other than zero"
    return f"holds {part}, which cancels, and is not shown to have a value"
