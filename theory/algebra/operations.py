"""What is done with expressions: sums, products, transposes, traces, and putting one thing in for another."""

from collections.abc import Callable, Iterable
from typing import Any

import sympy as sp

from .indices import Range, at_least, fresh, whole
from .normal_form import normal, split, transposed
from .sympy_types import factored, multiplied
from .terms import Expression, Letter, Monomial, Word


def matrix(*word: Letter, coefficient: Any = 1) -> Expression:
    """A multiple of a product of letters; without letters, of the identity."""
    return normal([Monomial(sp.sympify(coefficient), (), (), word)], True)


def zero() -> Expression:
    """The zero matrix."""
    return Expression((), True)


def over(first: Any, last: Any, term: Callable[[sp.Symbol], Expression]) -> Expression:
    """The sum of term(k) over k = first..last."""
    name = fresh()
    bound: Range = (name, sp.sympify(first), sp.sympify(last))
    inner = term(name)
    return normal([Monomial(m.coefficient, (bound, *m.sums), m.expectations, m.word) for m in inner], inner.is_matrix)


def plus(*expressions: Expression) -> Expression:
    """Their sum."""
    return normal([m for expression in expressions for m in expression], expressions[0].is_matrix)


def scaled(factor: Any, expression: Expression) -> Expression:
    """A multiple."""
    factor = sp.sympify(factor)
    return normal(
        [Monomial(factor * m.coefficient, m.sums, m.expectations, m.word) for m in expression], expression.is_matrix
    )


def minus(left: Expression, right: Expression) -> Expression:
    """The difference."""
    return plus(left, scaled(-1, right))


def times(*expressions: Expression) -> Expression:
    """The product."""
    found = [Monomial(sp.S.One)]
    for expression in expressions:
        found = [
            Monomial(a.coefficient * b.coefficient, a.sums + b.sums, a.expectations + b.expectations, a.word + b.word)
            for a in found
            for b in expression
        ]
    return normal(found, any(expression.is_matrix for expression in expressions))


def transpose(expression: Expression) -> Expression:
    """The transpose of a matrix."""
    return normal([Monomial(m.coefficient, m.sums, m.expectations, transposed(m.word)) for m in expression], True)


def expected_trace(expression: Expression) -> Expression:
    """E tr of a matrix."""
    return normal([Monomial(m.coefficient, m.sums, (*m.expectations, (m.word,)), ()) for m in expression], False)


def at(expression: Expression, values: dict[Any, Any]) -> Expression:
    """With values put in for free symbols."""
    return normal([m.at(values) for m in expression], expression.is_matrix)


def select(expression: Expression, wanted: Callable[[Monomial], bool]) -> tuple[Expression, Expression]:
    """The monomials that are wanted, and the others."""
    chosen = [m for m in expression.monomials if wanted(m)]
    others = [m for m in expression.monomials if not wanted(m)]
    return Expression(tuple(chosen), expression.is_matrix), Expression(tuple(others), expression.is_matrix)


def replaced(expression: Expression, replacement: Callable[[Letter], Expression | None]) -> Expression:
    """Letters of the words to the first power replaced by matrices; those for which it says `None` stay."""
    found: list[Monomial] = []
    for monomial in expression:
        factors = [Expression((Monomial(monomial.coefficient, monomial.sums, monomial.expectations),), True)]
        for letter in monomial.word:
            new = replacement(letter) if letter.power == 1 else None
            new = None if new is None else (transpose(new) if letter.transposed else new)
            factors.append(matrix(letter) if new is None else new)
        found += _product(factors)
    return normal(found, expression.is_matrix)


def _product(factors: Iterable[Expression]) -> list[Monomial]:
    """As `times`, with the first factor's bound indices kept, since the letters of the others may depend on them."""
    first, *rest = factors
    found = list(first.monomials)
    for factor in rest:
        found = [
            Monomial(a.coefficient * b.coefficient, a.sums + b.sums, a.expectations + b.expectations, a.word + b.word)
            for a in found
            for b in factor
        ]
    return found


def respelled(expression: Expression, spelling: Callable[[Letter], tuple[sp.Expr, Word] | None]) -> Expression:
    """Letters replaced by (coefficient, word), in traces and words; those for which it says `None` stay."""
    found = []
    for m in expression:
        new = {letter: spelling(letter) or (sp.S.One, (letter,)) for letter in m.letters()}

        def spelled(word: Word, new: dict[Letter, tuple[sp.Expr, Word]] = new) -> Word:
            return tuple(x for letter in word for x in new[letter][1])

        factor = multiplied(new[letter][0] for letter in m.letters())
        factor = factored(factor) if factor.is_rational_function() else factor
        expectations = tuple(tuple(spelled(w) for w in traces) for traces in m.expectations)
        found.append(Monomial(m.coefficient * factor, m.sums, expectations, spelled(m.word)))
    return normal(found, expression.is_matrix)


def unfolded(expression: Expression) -> Expression:
    """Letters to the first power replaced by their definitions."""

    def definition(letter: Letter) -> Expression | None:
        return None if letter.family.definition is None else letter.family.definition(letter.index)

    return replaced(expression, definition)


def aligned(expression: Expression, start: int) -> Expression:
    """Sums of one body whose last terms differ by a known number are cut to the same range, for every n >= start.

    The shorter must not be less than empty there: first <= last + 1.
    """
    for left in expression.monomials:
        for right in expression.monomials:
            place = _longer(left, right, start)
            if place is not None:
                others = [m for m in expression.monomials if m is not left]
                _, _, last = right.sums[place]
                return aligned(normal([*others, *split(left, place, last)], expression.is_matrix), start)
    return expression


def _longer(left: Monomial, right: Monomial, start: int) -> int | None:
    """The sum in which `left` is longer than `right`, all else but coefficients being equal."""
    if (left.expectations, left.word) != (right.expectations, right.word) or len(left.sums) != len(right.sums):
        return None
    differ = [place for place, pair in enumerate(zip(left.sums, right.sums, strict=True)) if pair[0] != pair[1]]
    if len(differ) != 1:
        return None
    (name, first, last), (other, other_first, other_last) = left.sums[differ[0]], right.sums[differ[0]]
    beyond = whole(last - other_last)
    same = name == other and first == other_first and beyond is not None and beyond > 0
    shown = same and at_least(other_last + 1, first, start, right.sums[: differ[0]])
    return differ[0] if shown else None


def equal(left: Expression, right: Expression, start: int) -> bool:
    """Whether they are equal for every n >= start. Sound, not complete: a step that needs more is a rule."""
    return not aligned(minus(left, right), start).monomials
