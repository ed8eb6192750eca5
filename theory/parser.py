"""The parser of all command lines: a mistake is one line, and says what was probably meant."""

import argparse
import re
from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from .program import one_line

#: What stands before the name of an option, also where a word processor made it of `--`.
_DASHES = "-–—"

_COLUMNS = 78

#: What begins as a negative number does; no option has such a name. Older versions of argparse know whole words only.
_NEGATIVE = re.compile(r"-\.?\d")


class _Formatter(argparse.HelpFormatter):
    """Examples keep their lines, and the usage has what is needed: the options are listed below it."""

    def add_usage(self, usage: Any, actions: Iterable[argparse.Action], groups: Any, prefix: Any = None) -> None:
        actions = list(actions)
        needed = [action for action in actions if action.required or not action.option_strings]
        if any(action.option_strings and action.dest not in ("help", "version") for action in actions):
            needed.append(argparse.Action([], "[options]"))
        super().add_usage(usage, needed, (), prefix)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith("example") else super()._fill_text(text, width, indent)


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line on standard error, with exit status 2.

    Options that there are not are named before anything is said of missing ones.

    Attributes:
        examples: command lines that work; they end the help text.
    """

    def __init__(self, *, examples: Sequence[str] = (), **options: Any) -> None:
        # argparse makes the parsers of subcommands by this
        super().__init__(allow_abbrev=False, formatter_class=_Formatter, **options)
        self._negative_number_matcher = _NEGATIVE
        self.examples = [f"{self.prog} {example}".strip() for example in examples]
        lines = [_broken(example) for example in self.examples]
        self.epilog = "\n".join(["example:" if len(lines) == 1 else "examples:", *lines]) if lines else None

    @property
    def commands(self) -> dict[str, "Parser"]:
        """The parsers of the subcommands by their names; none of a parser without any."""
        actions = (action for action in self._actions if isinstance(action, argparse._SubParsersAction))
        return {name: parser for action in actions for name, parser in action.choices.items()}

    @property
    def names(self) -> set[str]:
        """The options, as `--json`."""
        return set(self._option_string_actions)

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """The options that the words of a command line give."""
        if not {"-h", "--help"} & set(words):
            self._refuse_unknown(words, {})
            self._refuse_empty(words)
        return self.parse_args(words)

    def error(self, message: str) -> NoReturn:
        """Say what was given and what is needed."""
        self.exit(2, one_line(f"{self.prog}: {message} (--help shows the options)") + "\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        # argparse's own says it in other words from one Python to the next
        if action.choices is not None and value not in action.choices:
            names = [str(choice) for choice in action.choices]
            message = f"invalid choice: {value!r} (choose from {', '.join(map(repr, names))}){meant(str(value), names)}"
            raise argparse.ArgumentError(action, message)

    def _refuse_unknown(self, words: Sequence[str], siblings: dict[str, "Parser"]) -> None:
        """End with the options that there are not, if there are any: of a group of commands, those before a command."""
        commands = self.commands
        if commands:
            place = next((place for place, word in enumerate(words) if not _is_option(word, self.names)), len(words))
            before, rest = words[:place], words[place:]
            known = self.names.union(*(command._all_names() for command in commands.values()))
            unknown = [word for word in before if _name(word) not in self.names]
            if unknown:
                later = [word for word in unknown if _name(word) in known]
                hint = f"; {later[0]} comes after the name of a command" if later else meant(unknown[0], known)
                self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
            if rest and rest[0] in commands:
                commands[rest[0]]._refuse_unknown(rest[1:], commands)
            return
        given = words[: words.index("--")] if "--" in words else words
        unknown = [place for place, word in enumerate(given) if _is_option(word, self.names) and not self._has(word)]
        if unknown:
            hints = dict.fromkeys(self._hint(given[place], siblings) for place in unknown)
            self.error(f"unrecognized arguments: {' '.join(self._with_values(given, unknown))}{''.join(hints)}")

    def _refuse_empty(self, words: Sequence[str]) -> None:
        """End where a value is empty: an empty path would be the current folder."""
        for before, word in zip(("", *words), words, strict=False):
            if not word or (word.startswith("--") and word.endswith("=")):
                what = word[:-1] or (before if _is_option(before, set()) else "an argument")
                self.error(f"{what} is empty; give it a value (if it is that of a shell's variable, this is not set)")

    def _all_names(self) -> set[str]:
        return self.names.union(*(command._all_names() for command in self.commands.values()))

    def _has(self, word: str) -> bool:
        return _name(word) in self.names

    def _hint(self, word: str, siblings: dict[str, "Parser"]) -> str:
        owners = [name for name, parser in siblings.items() if parser._has(word)]
        if owners:
            return f"; {_name(word)} is an option of {' and '.join(owners)}"
        if not re.fullmatch(rf"[{_DASHES}]+[\w-]+", _name(word)):  # a bound, as -d*sigma
            return "; write -- before what begins with a dash and is no option"
        return meant(_name(word), self.names)

    def _with_values(self, words: Sequence[str], places: Iterable[int]) -> list[str]:
        """The words at these places, each with those up to the next option, as argparse would list them."""
        listed = []
        alone = all(action.option_strings for action in self._actions)
        for place in places:
            listed.append(words[place])
            for word in words[place + 1 :] if alone and "=" not in words[place] else ():
                if _is_option(word, self.names):
                    break
                listed.append(word)
        return listed


def meant(word: str, known: Collection[str]) -> str:
    """What a mistyped name probably stands for, as the end of a sentence; empty where nothing is near.

    >>> meant("acumulate", ["replace", "accumulate"])
    '; did you mean accumulate?'
    >>> meant("--iter", ["--iterations", "--json"])
    '; did you mean --iterations?'
    >>> meant("forget", ["replace", "accumulate"])
    ''
    """
    names = {_plain(name): name for name in sorted(known)}
    plain = _plain(word)
    begun = [name for name in names if name.startswith(plain)] if len(plain) > 1 else []
    found = [plain] if plain in names else begun or get_close_matches(plain, names, n=1)
    return f"; did you mean {' or '.join(names[name] for name in found)}?" if found else ""


def _plain(name: str) -> str:
    """A name without dashes before it and in one spelling: SlidingWindow, sliding_window and sliding-window."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower().replace("_", "-").strip(_DASHES)


def _name(word: str) -> str:
    """Of the option in `--name=value`."""
    return word.partition("=")[0]


def _is_option(word: str, known: Collection[str]) -> bool:
    """Whether argparse takes it for an option; or whether it is one with another dash."""
    if len(word) < 2 or word[0] not in _DASHES or " " in word or _NEGATIVE.match(word):
        return False
    return word[0] == "-" or "--" + _name(word).lstrip(_DASHES) in known


def _broken(line: str) -> str:
    """A command line in lines that fit a terminal, each from an option on."""
    first, *parts = re.split(r" (?=--)", line)
    lines = [f"  {first}"]
    for part in parts:
        if len(lines[-1]) + len(part) + 3 <= _COLUMNS:
            lines[-1] += f" {part}"
        else:
            lines.append(f"    {part}")
    return " \\\n".join(lines)
