"""The normal form: one function, applied after every operation, so that equal terms look alike.

It merges neighbouring powers, folds X'X, turns traces to their least rotation, writes sums of a known number of terms
out, moves sums that no letter depends on into the coefficient, and adds what is alike up to the names of bound indices.
"""

from collections.abc import Iterable, Iterator
from itertools import permutations
from typing import Any

import sympy as sp

from ..sympy_types import added, factored
from .indices import BOUND, FEATURES, Range, put, text, total, used, whole
from .terms import Expectation, Expression, Letter, Monomial, Word

#: Longer sums of a known number of terms are left as sums.
_LONGEST_WRITTEN_OUT = 8


def normal(monomials: Iterable[Monomial], is_matrix: bool) -> Expression:
    """Their sum in normal form.

    Raises:
        ValueError: a word whose shapes do not fit, or a range that may be less than empty.
        NameError: a bound name of the normal form is free.
    """
    alike: dict[tuple[Any, ...], list[sp.Expr]] = {}
    for monomial in monomials:
        for part in _reduced(monomial):
            named = _named(part)
            alike.setdefault((named.sums, named.expectations, named.word), []).append(named.coefficient)
    found = []
    for (sums, expectations, word), coefficients in alike.items():
        # a single coefficient is left as it was written
        coefficient = coefficients[0] if len(coefficients) == 1 else factored(added(coefficients))
        if coefficient != 0:
            found.append(Monomial(coefficient, sums, expectations, word))
    return Expression(tuple(sorted(found, key=_key)), is_matrix)


def simplified_word(word: Iterable[Letter]) -> Word | None:
    """The product with neighbours merged; `None` where it is zero.

    Raises:
        ValueError: the shapes do not fit.
    """
    stack: list[Letter] = []
    for letter in word:
        if letter.family.zero_at is not None and sp.expand(letter.index - letter.family.zero_at) == 0:
            return None
        if stack and sp.expand(stack[-1].shape[1] - letter.shape[0]) != 0:
            raise ValueError(f"the shapes of {stack[-1].family.name} and {letter.family.name} do not fit.")
        merged = _merged(stack[-1], letter) if stack else None
        if merged is None:
            stack.append(letter)
            continue
        stack.pop()
        if merged.power != 0 or merged.family.singular:
            simpler = simplified_word((*stack, merged))
            stack = list(simpler or ())
    return tuple(stack)


def _merged(left: Letter, right: Letter) -> Letter | None:
    """The product of two neighbours where it is one letter."""
    if left.family is not right.family or left.index != right.index:
        return None
    if left.family.symmetric and left.family.invertible:
        return left.to(left.power + right.power)
    if left.family.gram is not None and left.transposed and not right.transposed:
        return left.family.gram(left.index)
    return None


def simplified_trace(word: Iterable[Letter]) -> Word | None:
    """The word under a trace, merged across its ends and turned to the least of its rotations and their transposes."""
    found = simplified_word(word)
    if not found:
        return found
    if sp.expand(found[0].shape[0] - found[-1].shape[1]) != 0:
        raise ValueError(f"the trace of a word that is not square: {found}.")
    while len(found) > 1 and _merged(found[-1], found[0]) is not None:
        found = simplified_word((found[-1], *found[:-1]))
        if not found:
            return found
    backward = transposed(found)
    turned = [w[place:] + w[:place] for w in (found, backward) for place in range(len(found))]
    return min(turned, key=lambda w: [letter.key for letter in w])


def transposed(word: Word) -> Word:
    """The transpose of the product."""
    return tuple(letter.T for letter in reversed(word))


def _reduced(monomial: Monomial) -> Iterator[Monomial]:
    """The monomial with its words simplified, and its sums written out or moved where they can be."""
    if monomial.coefficient == 0:
        return
    word = simplified_word(monomial.word)
    coefficient = monomial.coefficient
    expectations: list[Expectation] = []
    for traces in monomial.expectations:
        kept = []
        for trace in traces:
            simpler = simplified_trace(trace)
            if simpler is None:
                return
            if simpler:
                kept.append(simpler)
            else:
                coefficient *= FEATURES
        if kept:
            expectations.append(tuple(sorted(kept, key=_word_key)))
    if word is None:
        return
    expectations.sort(key=lambda traces: [_word_key(w) for w in traces])
    yield from _ranged(Monomial(coefficient, monomial.sums, tuple(expectations), word))


def _ranged(monomial: Monomial) -> Iterator[Monomial]:
    """The first sum that can be written out, or moved into the coefficient, is; then the next."""
    for place, (name, first, last) in reversed(list(enumerate(monomial.sums))):
        length = whole(last - first + 1)
        others = monomial.sums[:place] + monomial.sums[place + 1 :]
        rest = Monomial(monomial.coefficient, others, monomial.expectations, monomial.word)
        if length is not None and length < 0:
            raise ValueError(f"a sum from {first} to {last} is less than empty.")
        if length is not None and length <= _LONGEST_WRITTEN_OUT:
            for step in range(length):
                yield from _reduced(rest.at({name: first + step}))
            return
        inside = used(end for _, *ends in others for end in ends) | used(x.index for x in monomial.letters())
        if name not in inside:
            yield from _reduced(
                Monomial(total(rest.coefficient, name, first, last), others, rest.expectations, rest.word)
            )
            return
    yield monomial


def _named(monomial: Monomial) -> Monomial:
    """The same with its bound indices called b0, b1, … in the order that gives the least key."""
    free = used([monomial.coefficient]) | used(x.index for x in monomial.letters())
    free |= used(end for _, *ends in monomial.sums for end in ends)
    if (free - {name for name, _, _ in monomial.sums}) & set(BOUND):
        raise NameError(f"a bound name is free in {monomial}.")
    if not monomial.sums:
        return monomial
    opened = monomial.opened()  # so that no new name meets an old one
    candidates = []
    for order in permutations(opened.sums):
        seen: set[Any] = set()
        names = {name for name, _, _ in order}
        if all((used(ends) & names) <= seen and not seen.add(name) for name, *ends in order):
            renamed = {name: bound for (name, _, _), bound in zip(order, BOUND, strict=False)}
            candidates.append(_renamed(Monomial(opened.coefficient, order, opened.expectations, opened.word), renamed))
    return min(candidates, key=lambda m: (_key(m), text(m.coefficient)))


def _renamed(monomial: Monomial, names: dict[Any, Any]) -> Monomial:
    """With other names; traces are turned again, for their least rotation depends on names."""
    found = monomial.at(names)
    expectations = []
    for traces in found.expectations:
        turned = [simplified_trace(w) for w in traces]
        expectations.append(tuple(sorted((w for w in turned if w), key=_word_key)))
    expectations.sort(key=lambda traces: [_word_key(w) for w in traces])
    return Monomial(found.coefficient, found.sums, tuple(expectations), found.word)


def _word_key(word: Word) -> list[Any]:
    return [letter.key for letter in word]


def _key(monomial: Monomial) -> tuple[Any, ...]:
    return (
        -len(monomial.expectations),
        len(monomial.word),
        [_word_key(w) for traces in monomial.expectations for w in traces],
        _word_key(monomial.word),
        [[text(x) for x in ends] for _, *ends in monomial.sums],
    )


def split(monomial: Monomial, place: int, last: sp.Expr) -> Iterator[Monomial]:
    """The sum number `place` up to `last`, and the terms beyond it one by one, whose number must be known."""
    name, first, end = monomial.sums[place]
    beyond = whole(end - last)
    if beyond is None or beyond < 0:
        raise ValueError(f"from {last} to {end} is no known number of terms.")
    before, after = monomial.sums[:place], monomial.sums[place + 1 :]
    shorter: Range = (name, first, last)
    yield Monomial(monomial.coefficient, (*before, shorter, *after), monomial.expectations, monomial.word)
    rest = Monomial(monomial.coefficient, before + after, monomial.expectations, monomial.word)
    for step in range(1, beyond + 1):
        yield rest.at({name: put(last + step, {})})
