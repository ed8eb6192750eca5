"""The words of a bound: what each character and LaTeX command stands for, and where it stands in the text."""

import difflib
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

NUMBER: Final = "number"
NAME: Final = "name"
#: An exponent in raised characters, as in σ².
RAISED: Final = "raised"
#: A number in brackets that is raised, as in H_n^{(2)} and ψ⁽¹⁾.
ORDER: Final = "order"
LOWERED: Final = "lowered"
FRACTION: Final = "fraction"
SUM: Final = "sum"
END: Final = "end"

_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
        "omega".split(),
        strict=True,
    )
)

#: What is typed -> its kind and meaning. Signs are their own kind.
_SIGNS = {"·": "*", "⋅": "*", "×": "*", "−": "-", "÷": "/", **{sign: sign for sign in "+-*/^(){}[],=_"}}
_COMMANDS = {
    **{rf"\{name}": (NAME, name) for name in (*_GREEK.values(), "log", "ln", "exp", "sqrt")},
    **{command: ("*", "*") for command in (r"\cdot", r"\times", r"\ast")},
    r"\div": ("/", "/"),
    **{command: (FRACTION, "fraction") for command in (r"\frac", r"\dfrac", r"\tfrac")},
    r"\sum": (SUM, "sum"),
}
_CHARACTERS = {
    **{letter: (NAME, name) for letter, name in _GREEK.items()},
    "√": (NAME, "sqrt"),
    "∑": (SUM, "sum"),
    **{sign: (kind, kind) for sign, kind in _SIGNS.items()},
}

_ONE_SIDE = "a bound is one side of an inequality; leave the relation and the other side out"
_MISPLACED = {
    ")": "this bracket was not opened",
    "}": "this brace was not opened",
    "{": "braces stand after ^, _ or a LaTeX command; elsewhere use ( )",
    "[": "square brackets are not read; use ( )",
    "]": "square brackets are not read; use ( )",
    ",": "a comma stands between the arguments of a function; write decimals with a point",
    "_": "a subscript is read after H and \\sum alone, as in H_n",
    "!": "factorials are not read",
    "|": "absolute values are not read; every symbol is positive",
    **dict.fromkeys("=<>≤≥≠", _ONE_SIDE),
    **dict.fromkeys((r"\le", r"\leq", r"\ge", r"\geq", r"\lt", r"\gt"), _ONE_SIDE),
    **dict.fromkeys("–—‐‑", "write minus as -"),
}

_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉ₙ", "0123456789n")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ⁻", "0123456789n-")
_BLANK = re.compile(
    r"(?:[ \t\r\n\f\u00a0\u2002-\u200a\u202f]|\\[,;:!> ]"
    r"|\\(?:quad|qquad|displaystyle|textstyle|limits|nolimits)(?![A-Za-z])"
    r"|\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])(?=\s*[()]))*"
)
_MATHEMATICS = re.compile(r"\s*(?:(\$\$?)(?P<a>[^$]*)\1|\\\((?P<b>.*)\\\)|\\\[(?P<c>.*)\\\])\s*", re.DOTALL)
_WORDS = (
    (NUMBER, re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")),
    (NAME, re.compile(r"H(?=\s*_)|[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?")),
    (NAME, re.compile(r"\\(?:operatorname|mathrm)\s*\{\s*([A-Za-z]+)\s*\}")),
    (ORDER, re.compile(r"\^\s*\{\s*(?:\\left\s*)?\(\s*([0-9]+)\s*(?:\\right\s*)?\)\s*\}|⁽([⁰¹²³⁴⁵⁶⁷⁸⁹]+)⁾")),
    (RAISED, re.compile(r"⁻?(?:[⁰¹²³⁴⁵⁶⁷⁸⁹]+|ⁿ)")),
    (LOWERED, re.compile(r"[₀₁₂₃₄₅₆₇₈₉]+|ₙ")),
    ("^", re.compile(r"\*\*")),
)
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.?)", re.DOTALL)


@dataclass(frozen=True)
class Token:
    """A word of a bound: its kind, what it stands for, and its characters text[start:end]."""

    kind: str
    meaning: str
    start: int
    end: int


class Tokens:
    """The words of one text, one after the other: `token` is the one to be read, `last` ends the one before."""

    def __init__(self, text: str, names: tuple[str, ...]) -> None:
        """`names` are read as they stand, whatever their characters mean elsewhere."""
        whole = _MATHEMATICS.fullmatch(text)
        self.text = text
        self._stop = whole.end(whole.lastgroup or 0) if whole else len(text)
        exact = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        self._words = ((NAME, re.compile(rf"(?:{exact})(?!\w)")), *_WORDS) if names else _WORDS
        self.last = whole.start(whole.lastgroup or 0) if whole else 0
        self.token = self._scan(self.last)

    def advance(self) -> Token:
        """The present word; the next one takes its place."""
        token, self.last = self.token, self.token.end
        self.token = self._scan(self.last)
        return token

    def single(self) -> None:
        """Shorten the present number or name to one character, the argument of a LaTeX command without braces."""
        token = self.token
        if token.kind in (NUMBER, NAME) and self.text[token.start] != "\\":
            self.token = Token(token.kind, token.meaning[0], token.start, token.start + 1)

    @property
    def glued(self) -> bool:
        """Whether no blank stands before the present word."""
        return self.token.start == self.last

    def unreadable(self, start: int, end: int, why: str) -> ValueError:
        """The error that points at the characters from `start` to `end`, counted from 1."""
        before = self.text[:start].strip()
        after = f" after {shown(before, last=True)}" if before else ""
        if start >= self._stop:
            return ValueError(f"the bound cannot be read at its end, character {start + 1},{after}: {why}.")
        return ValueError(
            f"the bound cannot be read at character {start + 1}, {shown(self.text[start:end])}{after}: {why}."
        )

    def misplaced(self, why: str) -> ValueError:
        """The error that points at the present word."""
        token = self.token
        reason = _MISPLACED.get(self.text[token.start : token.end], why)
        return self.unreadable(token.start, token.end, reason)

    def _scan(self, at: int) -> Token:
        blank = _BLANK.match(self.text, at, self._stop)
        start = blank.end() if blank else at
        if start >= self._stop:
            return Token(END, "end", self._stop, self._stop)
        for kind, pattern in self._words:
            if match := pattern.match(self.text, start, self._stop):
                meaning = next((group for group in match.groups() if group), match[0])
                return Token(kind, meaning.translate(_RAISED).translate(_LOWERED), start, match.end())
        if command := _COMMAND.match(self.text, start, self._stop):
            if command[0] not in _COMMANDS:
                raise self.unreadable(start, command.end(), _unknown_command(command[0]))
            return Token(*_COMMANDS[command[0]], start, command.end())
        character = self.text[start]
        if character not in _CHARACTERS:
            raise self.unreadable(start, start + 1, _MISPLACED.get(character) or _unknown_character(character))
        return Token(*_CHARACTERS[character], start, start + 1)


def shown(text: str, *, last: bool = False) -> str:
    """The text in quotes, or the beginning (the end, if `last`) of a long one, without unprintable characters."""
    if len(text) > 60:
        text = "..." + text[-40:] if last else text[:57] + "..."
    return "'" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text) + "'"


def _unknown_command(command: str) -> str:
    if command in _MISPLACED:
        return _MISPLACED[command]
    near = difflib.get_close_matches(command, _COMMANDS, n=1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    return f"unknown LaTeX command{meant}; use \\frac, \\sqrt, \\sum, \\cdot, \\times, \\log, \\exp and Greek letters"


def _unknown_character(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character)
    plain = _GREEK.get(plain, plain)
    meant = f"; did you mean {plain}?" if plain != character and plain.isascii() and plain.isprintable() else ""
    named = "" if character.isascii() and character.isprintable() else f" U+{ord(character):04X}"
    named += f" ({unicodedata.name(character)})" if named and unicodedata.name(character, "") else ""
    return f"the character{named} has no meaning here{meant}"
