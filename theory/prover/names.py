"""The names that bounds may use, and what is said of a name that they may not."""

import difflib
import re
from collections.abc import Iterable

import sympy as sp

from .arithmetic import FUNCTIONS

CONSTANTS = {"pi": sp.pi, "E": sp.E, "e": sp.E, "EulerGamma": sp.EulerGamma, "gamma": sp.EulerGamma}
#: Functions that need no brackets, as in log n.
PLAIN = ("log", "ln", "sqrt")
#: Longer names than this are not searched for what was meant.
_LONGEST_NAME = 30
_ALLOWED = "numbers, + - * / ** ^, pi, E, EulerGamma, sqrt, log, exp, harmonic, zeta, digamma, polygamma, Sum"


def allowed(symbols: Iterable[str]) -> str:
    """What a bound in these symbols may hold."""
    return f"{', '.join(symbols)}, {_ALLOWED}"


def unknown(name: str, symbols: Iterable[str], *, called: bool) -> str:
    """Why a name is not read; `called` says whether a bracket follows it."""
    if name == "i":
        return "unknown symbol i outside a sum; put a term of several parts in brackets"
    meant = _meant(name, (*symbols, *CONSTANTS)) if len(name) <= _LONGEST_NAME else None
    hint = f" (did you mean {meant}?)" if meant else ""
    name = name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "..."
    return f"unknown {'function' if called else 'symbol'} {name}{hint}; use {allowed(symbols)}"


def _meant(name: str, known: tuple[str, ...]) -> str | None:
    """What the user may have meant: several names run together, or the name that is spelled most alike."""
    word = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    if re.fullmatch(rf"(?:{word})++", name):
        return "*".join(re.findall(word, name))
    if raised := re.fullmatch(rf"({word})([0-9]+)", name):
        return f"{raised[1]}^{raised[2]}"
    for function in PLAIN:
        if name.startswith(function) and name.removeprefix(function) in known:
            return f"{function}({name.removeprefix(function)})"
    capitals = [other for other in known if other.lower() == name.lower()]
    near = capitals or difflib.get_close_matches(name, [*known, *FUNCTIONS], n=1, cutoff=0.7)
    return near[0] if near else None
