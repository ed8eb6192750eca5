"""What the lemmas on powers, exponentials, roots and squares say, in PARI/GP, from their statements."""

from collections.abc import Iterator

import sympy as sp

from ..symbols import n
from ..sympy_types import as_expression, at, cancelled, coefficient
from .gp_claims import Application, Claims, claims, power_of
from .lemmas import Lemma
from .powers import (
    AsExponential,
    Bernoulli,
    ExponentBound,
    ExpTangent,
    Geometric,
    Inside,
    InsideRoot,
    PowerRatio,
    Square,
    base_and_exponent,
)


def inside_of(lemma: Lemma) -> tuple[Lemma, ...]:
    """The lemmas that another one holds: their claims come before its own."""
    match lemma:
        case Inside():
            return (lemma.inner,)
        case InsideRoot():
            return (lemma.inner,) if lemma.least is None else (lemma.inner, lemma.least)
    return ()


@claims.register
def _(lemma: ExpTangent, used: Application) -> Claims:
    text = used.names.text
    base, exponent = base_and_exponent(lemma.power)
    log, c = text(as_expression(sp.log(base))), text(lemma.c)
    t, known = f"(({text(exponent)} - {c})*{log})", text(base**lemma.c)
    return [
        *power_of(known, base, lemma.c, used),
        (f"V == {f'{known}*(1 + {t})' if lemma.below else f'{known}/(1 - {t})'}", "the estimate"),
        *used.needs(f"{text(base)} > 0", *(() if lemma.below else (f"1 - {t} > 0",))),
    ]


@claims.register
def _(lemma: ExponentBound, used: Application) -> Claims:
    text = used.names.text
    base, exponent = base_and_exponent(lemma.power)
    b, e, c = text(base), text(exponent), text(lemma.c)
    stated = used.stated
    falls = stated[0] == 1 - base
    more = f"{e} - {c}" if lemma.below != falls else f"{c} - {e}"
    rest = (f"{b} >= 0", f"{e} >= 0", f"{c} >= 0") if len(stated) > 2 else ()
    known = text(base**lemma.c)
    return [
        *power_of(known, base, lemma.c, used),
        (f"V == {known}", "the estimate"),
        *used.needs(f"{f'1 - {b}' if falls else f'{b} - 1'} >= 0", f"{more} >= 0", *rest),
    ]


@claims.register
def _(lemma: Inside, used: Application) -> Claims:
    text, ((inner, *_),) = used.names.text, used.inner
    base, exponent = base_and_exponent(lemma.power)
    log = text(as_expression(sp.log(base)))
    factors = [base_and_exponent(factor) for factor in sp.Mul.make_args(used.estimate.value)]
    logs = " + ".join(text(as_expression(e * sp.log(b))) for b, e in factors)
    return [
        (f"V == {_named(used)} && subst({text(exponent)}, {inner}[1], {inner}[2])*{log} == {logs}", "the estimate"),
        _line(exponent, inner, used),
        *used.needs(f"{text(base)} - 1 >= 0", f"{_change(exponent, inner, used)} >= 0"),
    ]


@claims.register
def _(lemma: InsideRoot, used: Application) -> Claims:
    text, (inner, *_), (least, below, _) = used.names.text, used.inner[0], used.inner[-1]
    x, e = base_and_exponent(lemma.root)
    if not isinstance(e, sp.Rational):
        raise ValueError(f"the root {lemma.root} cannot be exported to PARI/GP.")
    raised = "*".join(f"({text(b)})^({k})" for b, k in _raised(used.estimate.value, e.q))
    return [
        (f"{text(e)} > 0", "the exponent"),
        (f"P == {text(lemma.root)}", "the root"),
        (f"V == {_named(used)} && ({raised}) == subst({text(x)}, {inner}[1], {inner}[2])^{e.p}", "the estimate"),
        (f"{int(below is True)} && {inner}[1] == {least}[1]", "an estimate from below"),
        _line(x, inner, used),
        *used.needs(f"{_change(x, inner, used)} >= 0", f"subst({text(x)}, {least}[1], {least}[2]) >= 0"),
    ]


def _named(used: Application) -> str:
    """The estimate, as the product of its factors."""
    return "*".join(used.names.text(as_expression(factor)) for factor in sp.Mul.make_args(used.estimate.value))


def _raised(value: sp.Expr, q: int) -> Iterator[tuple[sp.Expr, sp.Expr]]:
    """The bases of a product that is >= 0 by its roots and factors, and their exponents in its q-th power."""
    for factor in sp.Mul.make_args(value):
        base, exponent = base_and_exponent(as_expression(factor))
        whole = as_expression(exponent * q)
        if not whole.is_Integer or exponent.is_Integer and not base.is_nonnegative:
            raise ValueError(f"the root {value} cannot be exported to PARI/GP.")
        yield base, whole


def _change(expression: sp.Expr, inner: str, used: Application) -> str:
    """How fast an expression rises with the part that is estimated inside of it."""
    return f"deriv({used.names.text(expression)}, {inner}[1])"


def _line(expression: sp.Expr, inner: str, used: Application) -> tuple[str, str]:
    """That an expression is linear in the part that is estimated inside of it."""
    return f"deriv({_change(expression, inner, used)}, {inner}[1]) == 0", "a line"


@claims.register
def _(lemma: AsExponential, used: Application) -> Claims:
    text = used.names.text
    base, exponent = map(text, base_and_exponent(lemma.power))
    rate = f"(1 - 1/{base})" if lemma.below else f"({base} - 1)"
    return [
        (f"P == {text(lemma.power)} && logarithm_of(V) == {exponent}*{rate}", "the estimate"),
        *used.needs(f"{base} > 0", f"{exponent} >= 0"),
    ]


@claims.register
def _(lemma: PowerRatio, used: Application) -> Claims:
    text = used.names.text
    base, exponent = base_and_exponent(lemma.power)
    ratio = as_expression(sp.expand(cancelled(base / lemma.c)))
    b, c = text(base), text(lemma.c)
    return [
        (f"P == {text(lemma.power)} && {b} == {c}*{text(ratio)}", "the ratio"),
        (f"V == {text(lemma.c**exponent)}*{text(ratio**exponent)}", "the estimate"),
        *used.needs(f"{b} > 0", f"{c} > 0"),
    ]


@claims.register
def _(lemma: Bernoulli, used: Application) -> Claims:
    text = used.names.text
    x, e, c, known = text(lemma.x), text(lemma.e), text(lemma.c), text(lemma.c**lemma.e)
    sides = (f"{e} - 1 >= 0",) if lemma.below else (f"{e} >= 0", f"1 - {e} >= 0")
    return [
        *power_of(known, lemma.c, lemma.e, used),
        (f"V == {known}*(1 + {e}*({x}/{c} - 1))", "the estimate"),
        *used.needs(f"{x} >= 0", f"{c} > 0", *sides),
    ]


@claims.register
def _(lemma: Geometric, used: Application) -> Claims:
    text = used.names.text
    base, exponent = base_and_exponent(lemma.power)
    slope, start = coefficient(exponent, n, 1), at(exponent, n, lemma.first)
    b, q, each, known = text(base), text(lemma.rate), text(base**slope), text(base**start)
    return [
        *power_of(known, base, start, used),
        *power_of(each, base, slope, used),
        (f"{text(exponent)} == {text(slope)}*(n_ - {lemma.first}) + {text(start)}", "the exponent"),
        (f"denominator({text(slope)}) == 1", "a whole slope"),
        (f"reduced(V) == {known}*reduced({text(lemma.rate ** (n - lemma.first))})", "the estimate"),
        *used.needs(
            f"{b} > 0",
            f"{q} > 0",
            f"{f'{each} - {q}' if lemma.below else f'{q} - {each}'} >= 0",
            f"n_ - {lemma.first} >= 0",
        ),
    ]


@claims.register
def _(lemma: Square, used: Application) -> Claims:
    text = used.names.text
    weight = text(lemma.weight)
    return [(f"P == 0 && V == -{weight}*({text(lemma.root)})^2", "the square"), *used.needs(f"{weight} >= 0")]
