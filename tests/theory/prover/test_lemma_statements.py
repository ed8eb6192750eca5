"""What a printed proof says of its lemmas is true: every relation of a statement, read from its LaTeX, at numbers."""

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath
import pytest

from theory.prover import certificate
from theory.prover.lemma_statements import statement
from theory.prover.lemmas import HarmonicLog

#: So many terms of a series stand for all.
FAR = 4000
RELATION = re.compile(r"\\le\b|\\ge\b|<|>|=")
#: Names of more than one letter, and what is called.
KNOWN: dict[str, Any] = {
    "log": math.log,
    "exp": math.exp,
    "zeta": lambda s: float(mpmath.zeta(s)),
    "H": lambda x, p: math.fsum(k**-p for k in range(1, x + 1)),
    "B": lambda k: float(mpmath.bernoulli(k)),
    "I": lambda low, high: (high**-1 - low**-1) / -1,  # of x^-2
    "gamma": float(mpmath.euler),
    "infty": FAR,
}

#: (lemma, where the part of its statement begins, and ends, values of its letters)
TOLD: list[tuple[str, str, str, dict[str, Any]]] = [
    ("ZetaTail", "", "", {"p": 3, "n": 4}),
    ("TailBound", "", "With", {"v": lambda k: 1 / (k + 1), "t": lambda k: k**-2, "n": 3, "k": 5}),
    ("Termwise", "", "", {"t": lambda k: 1 / k, "s": lambda k: 1 / (k + 1), "n": 4, "i": 3}),
    ("Telescoping", "", "", {"t": lambda k: k**-2, "v": lambda k: -1 / (k + 1), "N": 2, "n": 5, "k": 4}),
    ("ProductBound", "", "With", {"f": lambda k: 1 + k**-2, "v": lambda k: 3 - 1 / k, "N": 2, "n": 5, "k": 4}),
    ("ProductSum", "", ", or", {"f": lambda k: 1 + 1 / k, "i": 2}),
    ("ProductSum", ", or", "", {"f": lambda k: 1 - 1 / (2 * k), "i": 2, "n": 3, "x": 0.5, "e": math.e}),
    ("HarmonicLog", "", "$H_x$", {"x": 3}),
    ("LogRatio", "", "Here", {"t": 2}),
    ("LogBound", "", "", {"x": 9, "c": 1.5, "k": 3}),
    ("RootBound", "", "", {"x": 9, "c": 2, "e": 0.5, "t": 2.25}),
    ("PowerBound", "", "", {"b": 2}),
    ("ExpTangent", "", "", {"b": 2, "e": 1, "c": 0.3, "t": 0.7 * math.log(2)}),
    ("ExponentBound", "", "; for", {"b": 2}),
    ("ExponentBound", "; for", "", {"b": 0.5, "e": 2}),
    ("Inside", "", "", {"b": 2, "e": 7, "p": 1, "q": 3, "x": 2}),
    ("InsideRoot", "", "", {"e": 0.5, "x": 7, "p": 1, "q": 3, "y": 2}),
    ("AsExponential", "", "", {"b": 2, "e": 3}),
    ("PowerRatio", "", "", {"b": 2, "c": 5, "e": 3}),
    ("Bernoulli", "", ", and", {"x": 3, "c": 2, "e": 2}),
    ("Geometric", "", "; where", {"b": 2, "s": 2, "q": 3, "e": lambda n: 2 * n + 1, "n": 5, "N": 2}),
    ("Square", "", "", {"w": 2, "r": 3}),
    ("HarmonicPower", "", "; for", {"p": 2, "N": 2, "n": 5}),
    ("HarmonicRises", "", "", {"p": 2, "x": 5, "y": 2}),
    ("ZetaBound", "", "", {"s": 2}),
]


def _end(text: str, start: int, stops: str) -> int:
    """Where the first of the stops is that stands in no bracket; or the end."""
    depth = 0
    for k in range(start, len(text)):
        if depth == 0 and re.match(stops, text[k:]):
            return k
        depth += (text[k] in "({") - (text[k] in ")}")
    return len(text)


def _split(text: str, stops: str) -> list[str]:
    """The pieces between the stops that stand in no bracket."""
    found, start = [], 0
    while (end := _end(text, start, stops)) < len(text):
        stop = re.match(stops, text[end:])
        assert stop is not None
        found, start = [*found, text[start:end], stop[0]], end + len(stop[0])
    return [*found, text[start:]]


def _fractions(text: str) -> str:
    while (at := text.find(r"\frac")) >= 0:
        parts, end = [], at + len(r"\frac")
        for _ in range(2):
            braced = text[end] == "{"
            stop = _end(text, end + 1, r"\}") if braced else end + 1
            parts.append(text[end + braced : stop])
            end = stop + braced
        text = f"{text[:at]}(({parts[0]})/({parts[1]})){text[end:]}"
    return text


@cache
def _python(text: str, called: frozenset[str]) -> Any:
    """LaTeX without sums as Python; products have no sign between their factors."""
    text = re.sub(r"B_\{(\w+)\}", r"B(\1)", text)
    text = re.sub(r"\\int_\{([^{}]*)\}\^\{([^{}]*)\} x\^\{-p\} dx", r"I(\1, \2)", text)
    text = re.sub(r"\\int_\{([^{}]*)\}\^\{([^{}]*)\}", r"I(\1, \2)", text)
    text = re.sub(r"H_(\w)\^\{\(p\)\}", r"H(\1, p)", text)
    text = re.sub(r"\\(log|exp) ?(\w(?:\^\{[^{}]*\})?)", r"\\\1(\2)", _fractions(text))
    text = text.replace("^", "**").translate(str.maketrans("{}", "()", "\\"))
    words = re.findall(r"log|exp|zeta|gamma|infty|[A-Za-z]|\d+(?:\.\d+)?|\*\*|[-+*/(),]", text)
    for k in range(len(words) - 1, 0, -1):
        before, after = words[k - 1], words[k]
        if re.match(r"[\w)]", before) and re.match(r"[\w(]", after) and not (before in called and after == "("):
            words.insert(k, "*")
    return compile("".join(words), text, "eval")


def _value(text: str, names: dict[str, Any]) -> Any:
    sums = re.search(r"\\(sum|prod)_\{(\w) ?= ?([^{}]*)\}\^\{([^{}]*)\} ", text)
    if sums is None:
        called = frozenset(name for name, value in (KNOWN | names).items() if callable(value))
        return eval(_python(text, called), {}, KNOWN | names)
    end = _end(text, sums.end(), r" [-+] ")
    first, last = (int(_value(limit, names)) for limit in sums.groups()[2:])
    terms = [_value(text[sums.end() : end], names | {sums[2]: k}) for k in range(first, last + 1)]
    total = math.fsum(terms) if sums[1] == "sum" else math.prod(terms)
    return _value(f"{text[: sums.start()]}Z{text[end:]}", names | {"Z": total})


HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: math.isclose(a, b, rel_tol=1e-5),
    **dict.fromkeys((r"\le", "<"), lambda a, b: a < b * (1 - 1e-5 * math.copysign(1, b)) or a < b == 0),
    **dict.fromkeys((r"\ge", ">"), lambda a, b: b < a * (1 - 1e-5 * math.copysign(1, a)) or b < a == 0),
}


def _relations(text: str) -> list[tuple[str, str, str]]:
    found = []
    for segment in re.findall(r"\$(.*?)\$", text):
        sides = _split(segment, RELATION.pattern)
        for left, sign, right in zip(sides[::2], sides[1::2], sides[2::2], strict=False):
            found += [
                (each, sign, right) for each in left.split(",") if each.strip()
            ]  # "what is $\\ge 0$" has one side
    return found


def _part(kind: str, start: str, end: str) -> str:
    (lemma,) = (lemma for lemma in certificate._LEMMAS if lemma.__name__ == kind)
    text = statement(lemma)
    return text[text.index(start) : text.index(end) if end else None]


@pytest.mark.parametrize(("kind", "start", "end", "names"), TOLD, ids=lambda x: x if isinstance(x, str) else "")
def test_statements_are_true_at_numbers(kind: str, start: str, end: str, names: dict[str, Any]) -> None:
    found = _relations(_part(kind, start, end))
    assert found
    for left, sign, right in found:
        assert HOLDS[sign](_value(left, names), _value(right, names)), f"{left} {sign} {right}"


def test_odd_numbers_of_terms_are_below() -> None:
    told = re.search(r"is more than \$(.*?)\$ for odd \$k\$, and less for even \$k\$", statement(HarmonicLog))
    assert told is not None
    for count in range(4):
        value = _value(told[1], {"x": 3, "k": count})
        assert (value < 1 + 1 / 2 + 1 / 3) == bool(count % 2)


def test_only_one_lemma_is_told_otherwise() -> None:
    assert {lemma.__name__ for lemma in certificate._LEMMAS} - {kind for kind, *_ in TOLD} == {"SeriesTail"}
