"""What a lemma says, in PARI/GP: the estimate and the conditions that follow from its parameters.

These formulas are written a second time here, from the lemmas' statements; the script compares them with what the
certificate used.
"""

import sympy as sp

from ..symbols import i, n
from ..sympy_types import at, cancelled, coefficient, symbols
from .canonical import partial_sum, tail
from .gp_claims import Application, Claims, claims
from .lemmas import (
    HarmonicLog,
    Lemma,
    LogBound,
    LogRatio,
    PowerBound,
    RootBound,
    TailBound,
    Telescoping,
    Termwise,
    ZetaTail,
)
from .powers import ExponentBound, base_and_exponent
from .products import ProductBound, ProductSum
from .series import HarmonicPower, HarmonicRises, SeriesTail, ZetaBound, partial_fractions


def where(lemma: Lemma) -> str:
    """The run of n on which the lemma's conditions have to hold, where it is used on the run r."""
    if isinstance(lemma, (ProductBound, TailBound, Telescoping)):
        return '["from", least(r), 1]'
    if isinstance(lemma, ProductSum):
        return '["from", 1, 1]'
    return f'["from", {lemma.first}, 1]' if isinstance(lemma, Termwise) else "r"


@claims.register
def _(lemma: ZetaTail, used: Application) -> Claims:
    text = used.names.text
    rest, zeta = text(tail(i ** -sp.Integer(lemma.p))), text(sp.zeta(lemma.p))
    return [
        (f"{lemma.p} >= 2", "the order"),
        (f"term_of(P, SUMS) == i_^-{lemma.p} && term_of({rest}, TAILS) == i_^-{lemma.p}", "the terms"),
        (f"V == {zeta} - {rest} && alike({zeta}, zeta({lemma.p}))", "the estimate"),
    ]


@claims.register
def _(lemma: TailBound, used: Application) -> Claims:
    text = used.names.text
    value, sign = text(lemma.value), "" if lemma.below else "-"
    gap = f"subst({text(lemma.term)}, i_, n_ + 1) - {value} + subst({value}, n_, n_ + 1)"
    return [
        (f"term_of(P, TAILS) == {text(lemma.term)} && V == {value}", "the estimate"),
        *used.needs(f"{sign}({gap}) >= 0", f"{value} -> 0"),
    ]


@claims.register
def _(lemma: Termwise, used: Application) -> Claims:
    text = used.names.text
    gap = f"subst({text(lemma.term)} - {text(lemma.other)}, i_, n_)"
    other = partial_sum(lemma.other)
    known = f"subst({gap}, n_, 1)" if lemma.first == 2 else "0"
    total = text(other) if isinstance(other, sp.Sum) else "0"
    return [
        (f"{lemma.first} == 1 || {lemma.first} == 2", "the first term"),
        (f"term_of(P, SUMS) == {text(lemma.term)}", "the term"),
        (f"V == {total} + {known}", "the estimate"),
        *used.needs(f"{gap} >= 0"),
    ]


@claims.register
def _(lemma: Telescoping, used: Application) -> Claims:
    text = used.names.text
    value, term = text(lemma.value), text(lemma.term)
    gap = f"subst({term}, i_, n_ + 1) - next_n({value}, FUNCTIONS) + {value}"
    known = f"sum(j = 1, least(r), subst({term}, i_, j)) - at_n({value}, least(r))"
    return [
        (f"holds_sums_alone({value})", "the value"),
        (f"term_of(P, SUMS) == {term}", "the term"),
        (f"V == {known} + {value}", "the estimate"),
        *used.needs(f"{gap} >= 0"),
    ]


@claims.register
def _(lemma: HarmonicLog, used: Application) -> Claims:
    text = used.names.text
    x, log, gamma = text(lemma.x), text(sp.log(lemma.x)), text(sp.EulerGamma)
    correction = f"sum(j = 1, {lemma.terms}, bernfrac(2*j)/(2*j*{x}^(2*j)))"
    return [
        (f"reduced(V) == reduced({log}) + {gamma} + 1/(2*{x}) - {correction}", "the estimate"),
        (f"{int(bool(used.estimate.below))} == {lemma.terms} % 2 && {lemma.terms} >= 0", "the side"),
        *used.needs(f"{x} > 0"),
    ]


@claims.register
def _(lemma: LogRatio, used: Application) -> Claims:
    text = used.names.text
    x, y, log = text(lemma.x), text(lemma.y), text(sp.log(lemma.y))
    up = used.compared == lemma.x - lemma.y
    t = f"({x}/{y} - 1)" if up else f"({y}/{x} - 1)"
    change = f"2*{t}/(2 + {t})" if lemma.below == up else f"{t}*(6 + {t})/(6 + 4*{t})"
    return [
        (f"reduced(V) == reduced({log}) {'+' if up else '-'} {change}", "the estimate"),
        *used.needs(f"{x} > 0", f"{y} > 0", f"{f'{x} - {y}' if up else f'{y} - {x}'} >= 0"),
    ]


@claims.register
def _(lemma: LogBound, used: Application) -> Claims:
    text = used.names.text
    x, c, log = text(lemma.x), text(lemma.c), text(sp.log(lemma.c))
    sides = [(f"number_sign({c}) == 1 && {lemma.k} >= 1 && alike({log}, log(number({c})))", "the constant")]
    if lemma.below:
        return [*sides, (f"V == {log}", "the estimate"), *used.needs(f"{x} - {c} >= 0")]
    root = text(lemma.x ** sp.Rational(1, lemma.k))
    return [*sides, (f"V == {lemma.k}*({log} + {root}/{c} - 1)", "the estimate"), *used.needs(f"{x} > 0")]


@claims.register
def _(lemma: RootBound, used: Application) -> Claims:
    text = used.names.text
    x, e, c, start = text(lemma.x), text(lemma.e), text(lemma.c), text(lemma.c ** (1 / lemma.e))
    known = f"number_sign({c}) == 1 && alike({start}, number({c})^(1/{e}))"
    if symbols(lemma.c):  # that it is positive is shown apart
        known = f"({start})^{lemma.e.p} == ({c})^{lemma.e.q}"
    sides = [(f"0 < {e} && {e} < 1 && {known}", "the constants")]
    if lemma.flat:
        side = (f"{int(bool(used.estimate.below))}", "the side")
        return [*sides, side, (f"V == {c}", "the estimate"), *used.needs(f"{x} > 0", f"{x} - {start} >= 0")]
    t = f"({x}/{start})"
    sloped = f"{t}/(1 + (1 - {e})*({t} - 1))" if lemma.below else f"(1 + {e}*({t} - 1))"
    return [*sides, (f"V == {c}*{sloped}", "the estimate"), *used.needs(f"{x} > 0")]


@claims.register
def _(lemma: PowerBound, used: Application) -> Claims:
    text = used.names.text
    exponent = lemma.power.as_base_exp()[1]
    base, large = _side_of_one(lemma, used)
    slope, start, b = coefficient(exponent, n, 1), at(exponent, n, 0), text(base)
    first, grows = f"({text(slope)}*least(r) + {text(start)})", large == bool(slope >= 0)
    may_be_0 = len(used.stated) > 1
    result: Claims = [
        *used.needs(f"{f'{b} - 1' if large else f'1 - {b}'} >= 0", *([f"{b} >= 0"] if may_be_0 else [])),
        (f"{text(exponent)} == {text(slope)}*n_ + {text(start)}", "the exponent"),
        (f"{int(lemma.below)} || !{int(grows)}", "the side"),
    ]
    if may_be_0:
        result.append((f"{text(slope)} > 0 && {first} >= 0", "an exponent that rises"))
    if base != lemma.power.as_base_exp()[0]:
        result.append((f"{text(slope)} % 2 == 0 && {text(start)} % 2 == 0", "an even exponent"))
    value = f"({b})^{first}" if symbols(base) else f"number({b})^{first}"
    known = f"V == {value}" if symbols(base) else f"alike(V, {value})"
    return [*result, (known if grows or not lemma.below else "V == 0", "the estimate")]


def _side_of_one(lemma: PowerBound, used: Application) -> tuple[sp.Expr, bool]:
    """The base or its opposite, whichever is >= 0, and whether it is at least 1."""
    base = lemma.power.as_base_exp()[0]
    if used.stated[0] in (base - 1, 1 - base):
        return base, used.stated[0] == base - 1
    return -base, used.stated[0] == -base - 1


@claims.register
def _(lemma: SeriesTail, used: Application) -> Claims:
    text = used.names.text
    rest, found, term = text(tail(lemma.term)), partial_fractions(lemma.term), text(lemma.term)
    result: Claims = [(f"term_of(P, SUMS) == {term} && term_of({rest}, TAILS) == {term}", "the terms")]
    total, whole, simple = f"-{rest}", "0", "0"
    for c, a, p in found:
        series = sp.polygamma(0, 1 + a) if p == 1 else sp.zeta(p, 1 + a)
        value = f"psi(1 + {a})" if p == 1 else f"zetahurwitz({p}, 1 + {a})"
        result.append((f"{a} > -1 && {p} >= 1 && alike({text(series)}, {value})", "a series"))
        total += f" {'-' if p == 1 else '+'} {text(c)}*{text(series)}"
        whole += f" + {text(c)}/(i_ + {a})^{p}"
        simple += f" + {text(c)}" if p == 1 else ""
    return [
        *result,
        (f"{term} == {whole} && {simple} == 0", "the partial fractions"),
        (f"V == {total}", "the estimate"),
    ]


@claims.register
def _(lemma: HarmonicPower, used: Application) -> Claims:
    text = used.names.text
    p, here, ahead = text(lemma.p), text(lemma.x ** (1 - lemma.p)), text((lemma.x + 1) ** (1 - lemma.p))
    grown = ahead if lemma.below != lemma.endless else here
    start = f"(least(r) + {int(lemma.below)})^(1 - {p})/(1 - {p})"
    known = f"zeta({p})" if lemma.endless else f"sum(j = 1, least(r), j^-{p}) - {start}"
    return [
        (f"{p} > {int(lemma.endless)} && {p} != 1", "the order"),
        (f"{int(lemma.endless)} || {text(lemma.x)} == n_", "the argument"),
        (f"P == {text(sp.harmonic(lemma.x, lemma.p))} && alike(V - {grown}/(1 - {p}), {known})", "the estimate"),
        *used.needs(f"{text(lemma.x)} > 0"),
    ]


@claims.register
def _(lemma: HarmonicRises, used: Application) -> Claims:
    text = used.names.text
    x, y, p = text(lemma.x), text(lemma.y), text(lemma.p)
    known = f"V == {text(used.estimate.value)}" if symbols(lemma.y) else f"alike(V, sum(j = 1, {y}, j^-{p}))"
    return [
        (f"{p} > 0", "the order"),
        (f"P == {text(used.estimate.part)} && {known}", "the estimate"),
        *used.needs(*((f"{y} >= 0", f"{x} - {y} >= 0") if lemma.below else (f"{x} >= 0", f"{y} - {x} >= 0"))),
    ]


@claims.register
def _(lemma: ProductBound, used: Application) -> Claims:
    text = used.names.text
    factor, value = text(lemma.factor), text(lemma.value)
    first, start = f"prod(j = 1, least(r), subst({factor}, i_, j))", f"subst({value}, n_, least(r))"
    gap = f"subst({factor}, i_, n_ + 1)*{value} - subst({value}, n_, n_ + 1)"
    return [
        (f"term_of(P, PRODUCTS) == {factor}", "the factor"),
        (f"V == {first}/{start}*{value}", "the estimate"),
        *used.needs(
            f"subst({factor}, i_, n_ + 1) >= 0",
            f"{first} >= 0",
            f"{start} > 0",
            f"{'' if lemma.below else '-'}({gap}) >= 0",
        ),
    ]


@claims.register
def _(lemma: ProductSum, used: Application) -> Claims:
    text = used.names.text
    factor, total = text(lemma.factor), text(partial_sum(cancelled(lemma.factor - 1)))
    each = f"subst({factor}, i_, n_)"
    known = f"V == 1 + {total}" if lemma.below else f'same(logarithm_of(V), {total}, "the exponent")'
    sides = [f"{each} >= 0", *([f"1 - {each} >= 0"] if lemma.below else [])]
    return [
        (f"term_of(P, PRODUCTS) == {factor} && term_of({total}, SUMS) == {factor} - 1", "the terms"),
        (known, "the estimate"),
        *used.needs(*([f"{each} - 1 >= 0"] if lemma.below and len(used.stated) == 1 else sides)),
    ]


@claims.register
def _(lemma: ZetaBound, used: Application) -> Claims:
    s = used.names.text(lemma.s)
    return [(f"V == 1/({s} - 1) + {'1/2' if lemma.below else '1'}", "the estimate"), *used.needs(f"{s} - 1 > 0")]


def found_positive(lemma: Lemma, used: Application) -> sp.Expr | None:
    """What a lemma has found to be > 0, so that it asks for less; it has to be shown again."""
    match lemma:
        case RootBound() if symbols(lemma.c):
            return lemma.c
        case ExponentBound() if used.stated[0] == 1 - base_and_exponent(lemma.power)[0] and len(used.stated) == 2:
            return base_and_exponent(lemma.power)[0]
        case PowerBound() if len(used.stated) == 1:
            return _side_of_one(lemma, used)[0]
    return None
