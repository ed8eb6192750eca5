"""The grammar of bounds: what is added, multiplied, raised and summed, by the rules that `parse_bound` states."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from ..symbols import i
from .arithmetic import FUNCTIONS, Refused, added, applied, as_written, divided, multiplied, power, subtracted, total
from .names import CONSTANTS, PLAIN, unknown
from .tokens import END, FRACTION, LOWERED, NAME, NUMBER, ORDER, RAISED, SUM, Token, Tokens

#: No bound of interest is deeper or has more terms; the limits keep hostile text from costing time.
_DEEPEST = 100
_LONGEST_ROW = 150
_LONGEST_EXPONENT = 3

#: How tightly operations bind; a product without a sign binds as one with *.
_TERMS, _FACTORS, _SIGNED, _POWERS, _SINGLE = range(5)
_OPERATIONS = {"+": added, "-": subtracted, "*": multiplied, "/": divided}
#: What may begin a factor.
_OPENINGS = (NAME, NUMBER, "(", FRACTION, SUM)


class Reader:
    """Builds the expression of one text, word by word."""

    def __init__(self, text: str, symbols: Mapping[str, sp.Symbol]) -> None:
        self.text, self.symbols = text, symbols
        self.words = Tokens(text, tuple(symbols))
        self.depth = 0
        #: The index of the sum that is being read.
        self.index: str | None = None
        #: Where the last sum without brackets ended, and the last number that is no exponent.
        self.open_sum = self.number_end = -1
        #: Divisions, roots and functions that are not defined everywhere, as they are written.
        self.partial: list[sp.Expr] = []

    def whole(self) -> sp.Expr:
        """The expression of the whole text.

        Raises:
            ValueError: it is none; the message points at the character.
        """
        value = self.expression()
        if self.words.token.kind != END:
            raise self.words.misplaced("an operation is missing before it")
        return value

    def expression(self, least: int = _TERMS) -> sp.Expr:
        """The expression from here on, as far as its operations bind at least so tightly."""
        words, start, divides = self.words, self.words.token, False
        self.depth += 1
        if self.depth > _DEEPEST:
            raise words.misplaced(f"it is nested deeper than {_DEEPEST} levels")
        if start.kind in ("+", "-"):
            words.advance()
            value = self.expression(_SIGNED)
            value = -value if start.kind == "-" else value
        else:
            value = self.operand()
        for _ in range(_LONGEST_ROW):
            sign = words.token
            if sign.kind in ("+", "-") and least <= _TERMS:
                words.advance()
                value = self.worked(start, _OPERATIONS[sign.kind], value, self.expression(_FACTORS))
            elif sign.kind in ("*", "/") and least <= _FACTORS:
                words.advance()
                value = self.worked(start, _OPERATIONS[sign.kind], value, self.expression(_SIGNED))
                divides = sign.kind == "/"
                if divides and self.open_sum == words.last:
                    raise self.wrong(sign, r"a sum that divides needs brackets, as in 1/(\sum_{i=1}^{n} \frac{1}{i})")
            elif sign.kind in ("^", RAISED, ORDER) and least <= _POWERS:
                value = self.raised(start, value)
            elif sign.kind in _OPENINGS and least <= _FACTORS:
                if divides:
                    raise words.misplaced("a factor without * after / may belong above or below; write * or brackets")
                value = self.worked(start, multiplied, value, self.neighbour())
            else:
                self.depth -= 1
                return value
        raise words.misplaced(f"a bound has at most {_LONGEST_ROW} operations in a row")

    def neighbour(self) -> sp.Expr:
        """The next factor of a product without *."""
        words, token = self.words, self.words.token
        if token.kind == NUMBER:
            raise words.misplaced("write * or ^ between a factor and a number")
        if "\n" in self.text[words.last : token.start]:
            raise words.misplaced("write * between factors on two lines")
        after_number = self.number_end == words.last
        value = self.expression(_POWERS)
        if after_number and token.kind == FRACTION and value.is_Rational:
            raise self.wrong(token, "a number before a fraction may be added or multiplied; write + or *")
        return value

    def raised(self, start: Token, base: sp.Expr) -> sp.Expr:
        """The base to the power that follows."""
        words, sign = self.words, self.words.token
        if sign.kind == ORDER:
            raise words.misplaced("an exponent in brackets is an order, as in H_n^{(2)}; write powers without them")
        if sign.kind == RAISED:
            exponent, closed = self.small(words.advance()), True
        else:
            words.advance()
            closed = words.token.kind == "{"
            exponent = self.group() if closed else self.expression(_SIGNED)
            if not closed and self.open_sum == words.last:
                raise self.wrong(sign, "a sum in an exponent needs brackets")
        if closed and words.token.kind in ("^", RAISED, ORDER):
            raise words.misplaced("one exponent stands on another; use brackets")
        following = words.token.kind
        simple = base.is_Atom if following in (NAME, NUMBER) else True
        plain = exponent.is_Integer and simple and not (base.is_Rational or base == sp.E)
        clear = closed or plain or self.text[words.last - 1] in ")}"
        if not clear and words.glued and following in _OPENINGS:
            raise words.misplaced("it may belong to the exponent; use brackets, or * before it")
        self.number_end = -1
        return self.worked(start, power, base, exponent)

    def operand(self) -> sp.Expr:
        """A number, symbol, bracket, function, fraction or sum."""
        words, token = self.words, self.words.token
        if token.kind == "(":
            words.advance()
            value = self.expression()
            self.close(token, ")")
            return value
        if token.kind == NUMBER:
            value = self.number(words.advance())
            self.number_end = words.last
            return value
        readers = {NAME: self.named, FRACTION: self.fraction, SUM: self.sum}
        if token.kind in readers:
            return readers[token.kind](words.advance())
        raise words.misplaced("a number, symbol or bracket is missing here")

    def number(self, token: Token) -> sp.Rational:
        """A number in decimal digits, exactly."""
        digits, _, exponent = token.meaning.lower().partition("e")
        if len(exponent.lstrip("+-")) > _LONGEST_EXPONENT:
            raise self.wrong(token, f"the exponent of a number has at most {_LONGEST_EXPONENT} digits")
        return sp.Rational(digits) * sp.Integer(10) ** int(exponent or 0)

    def small(self, token: Token) -> sp.Expr:
        """What a raised or lowered word stands for."""
        digits = token.meaning.removeprefix("-")
        value = self.name(token, digits) if digits == "n" else sp.Integer(digits)
        return -value if token.meaning.startswith("-") else value

    def group(self) -> sp.Expr:
        """An expression in braces."""
        opening = self.words.advance()
        value = self.expression()
        self.close(opening, "}")
        return value

    def close(self, opening: Token, sign: str) -> None:
        """Read the bracket that closes the opening one."""
        if self.words.token.kind == sign:
            self.words.advance()
            return
        bracket = "bracket" if sign == ")" else "brace"
        why = f"the {bracket} that opens at character {opening.start + 1} is not closed"
        raise self.wrong(self.words.token, why) if self.words.token.kind in ")}" else self.words.misplaced(why)

    def argument(self) -> sp.Expr:
        """An argument of a fraction: braces, or one character or command."""
        words = self.words
        words.single()
        if words.token.kind == "{":
            return self.group()
        if words.token.kind == NUMBER and words.token.meaning.isdigit():
            return self.number(words.advance())
        if words.token.kind == NAME and words.token.meaning not in FUNCTIONS:
            return self.name(words.token, words.advance().meaning)
        raise words.misplaced(r"a fraction is \frac{...}{...}")

    def fraction(self, command: Token) -> sp.Expr:
        r"""\frac{above}{below}."""
        above, below = self.argument(), self.argument()
        if self.words.token.kind in ("^", RAISED, ORDER):
            raise self.words.misplaced("put the fraction that is raised in brackets")
        return self.worked(command, divided, above, below)

    def named(self, token: Token) -> sp.Expr:
        """A symbol, a constant or the value of a function."""
        name, following = token.meaning, self.words.token.kind
        if name == "Sum" and following == "(":
            return self.called_sum(token)
        if name in FUNCTIONS and (following in ("(", "{", "_", LOWERED) or name not in self.symbols):
            return self.function(token)
        if following == "(" and name not in self.symbols and self.text[token.start : token.end] in ("gamma", "E"):
            raise self.wrong(token, f"{name} is a constant, not a function; write {name}*(...)")
        return self.name(token, name)

    def name(self, token: Token, name: str) -> sp.Expr:
        """The symbol or constant of that name."""
        if name == self.index:
            return i
        value = self.symbols.get(name, CONSTANTS.get(name))
        if value is None:
            called = self.words.token.kind == "("
            raise self.wrong(token, unknown(name, self.symbols, called=called))
        return value

    def function(self, token: Token) -> sp.Expr:
        """The value of a function, with the forms that mathematics gives it: log^2 n, H_n^{(2)}, √n."""
        words, name, exponent = self.words, token.meaning, self.function_power(token)
        bare = words.token.kind == "("
        if name == "H" and words.token.kind in ("_", LOWERED):
            arguments = self.subscript()
        elif name == "psi" and words.token.kind == ORDER:
            name, arguments = "polygamma", [sp.Integer(words.advance().meaning)]
            if words.token.kind != "(":
                raise words.misplaced("psi needs its argument in brackets")
            arguments += self.arguments()
        elif name == "sqrt" and words.token.kind in ("[", "{"):
            name, arguments = "root", self.root()
        elif bare:
            arguments = self.arguments()
        elif words.token.kind == "{":
            arguments = self.braced()
        elif name in PLAIN and words.token.kind in (NAME, NUMBER, FRACTION):
            arguments = [self.plain(token)]
        elif words.token.kind in ("_", LOWERED):
            raise words.misplaced("a subscript is read after H alone, as in H_n")
        else:
            raise self.wrong(token, f"{name} needs its argument in brackets, as in {name}(n)")
        commanded = name in ("log", "ln", "exp") and self.text[token.start] == "\\"
        if bare and commanded and words.token.kind in ("^", RAISED):
            raise words.misplaced(rf"the power may be of the argument; write \{name}^2(n) or \{name}((n)^2)")
        operation, named = (power, ()) if name == "root" else (applied, (name,))
        value = self.worked(token, operation, *named, *arguments)
        return value if exponent is None else self.worked(token, power, value, exponent)

    def function_power(self, token: Token) -> sp.Expr | None:
        """The exponent between a function and its argument."""
        words, sign = self.words, self.words.token
        if sign.kind not in ("^", RAISED):
            return None
        words.advance()
        if sign.kind == RAISED:
            exponent = self.small(sign)
        else:
            exponent = self.group() if words.token.kind == "{" else self.operand_number()
        if not (exponent.is_Rational and exponent.is_positive):  # log^{-1} may be an inverse function
            raise self.wrong(sign, f"the power of a function is a positive number; write ({token.meaning}(...))^(...)")
        return exponent

    def operand_number(self) -> sp.Expr:
        """A number without sign or brackets."""
        if self.words.token.kind != NUMBER:
            raise self.words.misplaced("the power of a function is a number, as in log^2(n)")
        return self.number(self.words.advance())

    def subscript(self) -> list[sp.Expr]:
        """The arguments of H_n, H_{n,2} and H_n^{(2)}."""
        words = self.words
        if words.token.kind == LOWERED:
            found = [self.small(words.advance())]
        else:
            words.advance()
            if words.token.kind == "{":
                opening = words.advance()
                found = self.row()
                self.close(opening, "}")
            elif words.token.kind in (NUMBER, NAME):
                found = [self.operand_number() if words.token.kind == NUMBER else self.named(words.advance())]
                if words.glued and words.token.kind in (NUMBER, NAME):
                    raise words.misplaced("it may belong to the subscript; use braces, or * before it")
            else:
                raise words.misplaced("a subscript is a symbol, a number or stands in braces")
        if words.token.kind == ORDER:
            found.append(sp.Integer(words.advance().meaning))
        elif re.match(r"\^?\s*\(\s*[0-9]+\s*\)", self.text[words.token.start :]):
            raise words.misplaced("this may be an order, a power or a factor; write H(n, 2), H_n^2 or H_n*2")
        return found

    def row(self) -> list[sp.Expr]:
        """Expressions with commas between them."""
        found = [self.expression()]
        while self.words.token.kind == "," and len(found) < _LONGEST_ROW:
            self.words.advance()
            if self.words.token.kind == ")":
                break
            found.append(self.expression())
        return found

    def arguments(self) -> list[sp.Expr]:
        """The arguments of a function in brackets."""
        opening = self.words.advance()
        found = self.row()
        self.close(opening, ")")
        return found

    def braced(self) -> list[sp.Expr]:
        r"""The arguments in \log{\left(n\right)} and \log{n}."""
        opening = self.words.advance()
        bracketed = self.words.token.kind == "("
        found = self.arguments() if bracketed else [self.expression()]
        self.close(opening, "}")
        if not bracketed:
            self.ended()
        return found

    def plain(self, function: Token) -> sp.Expr:
        """The argument in log n."""
        token = self.words.token
        text = self.text[token.start : token.end]
        root = self.text[function.start : function.end] == r"\sqrt"  # which shows where its argument ends
        if root and token.kind == NUMBER and len(text) > 1:
            raise self.words.misplaced(rf"write \sqrt{{{text}}}")
        value = self.expression(_SINGLE)
        after = self.words.token.kind
        touches = after in ("^", RAISED, ORDER) or (self.words.glued and after in _OPENINGS)
        if not root or token.meaning in FUNCTIONS or touches:
            self.ended()
        return value

    def ended(self) -> None:
        """Refuse what may belong to an argument without brackets."""
        if self.words.token.kind not in (END, "+", "-", ")", "}", ","):
            raise self.words.misplaced("it may belong to the argument before it; put the argument in brackets")

    def root(self) -> list[sp.Expr]:
        r"""Base and exponent of \sqrt{x} and \sqrt[3]{x}."""
        words, index = self.words, sp.Integer(2)
        if words.token.kind == "[":
            words.advance()
            place = words.token
            index = self.operand_number() if place.kind == NUMBER else sp.S.Zero
            if not index.is_Integer or index < 2:
                raise self.wrong(place, r"a root is \sqrt[3]{...}, with a whole number from 2 on")
            if words.token.kind != "]":
                raise words.misplaced(r"a root is \sqrt[3]{...}")
            words.advance()
            if words.token.kind != "{":
                raise words.misplaced(r"a root is \sqrt[3]{...}")
        return [self.group(), 1 / index]

    def called_sum(self, token: Token) -> sp.Expr:
        """Sum(term, (i, 1, n))."""
        words = self.words
        opening = words.advance()
        term = self.term(token, "i", _TERMS)
        for kinds, meaning in (
            (",", None),
            ("(", None),
            (NAME, "i"),
            (",", None),
            (NUMBER, "1"),
            (",", None),
            (NAME, "n"),
        ):
            if words.token.kind != kinds or (meaning and words.token.meaning != meaning):
                raise words.misplaced("a sum is Sum(term, (i, 1, n))")
            words.advance()
        self.close(opening, ")")
        self.close(opening, ")")
        return self.worked(token, total, term)

    def sum(self, token: Token) -> sp.Expr:
        r"""\sum_{i=1}^{n} and the product that follows."""
        words, meanings = self.words, list[str]()
        while words.token.kind in ("_", "{", NAME, "=", NUMBER, "}", "^") and len(meanings) < 9:
            meanings.append(words.advance().meaning)
            if meanings[-2:] == ["^", "n"]:
                break
        if words.token.kind == "}":
            meanings.append(words.advance().meaning)
        found = re.fullmatch(r"_ { (\w+) = 1 } \^ (?:n|{ n })", " ".join(meanings))
        if found is None or found[1] in self.symbols or found[1] in CONSTANTS:
            raise self.wrong(token, r"a sum is \sum_{i=1}^{n} with a term in i")
        term = self.term(token, found[1], _FACTORS)
        self.open_sum = words.last
        # What has no i may stand before the sum as well, where proofs find it.
        outside, inside = term.as_independent(i, as_Add=False)
        return multiplied(outside, self.worked(token, total, inside))

    def term(self, token: Token, index: str, least: int) -> sp.Expr:
        """The term of a sum."""
        if self.index is not None:
            raise self.wrong(token, "a sum has no sum in its term; put sums that are multiplied in brackets")
        self.index = index
        value = self.expression(least)
        self.index = None
        return value

    def worked(self, start: Token, operation: Callable[..., sp.Expr], *operands: Any) -> sp.Expr:
        """What the operation gives, or an error that points at its text."""
        try:
            value = operation(*operands)
        except Refused as error:
            raise self.words.unreadable(start.start, self.words.last, str(error)) from error
        self.partial += as_written(operation, *operands)
        return value

    def wrong(self, token: Token, why: str) -> ValueError:
        """The error that points at a word."""
        return self.words.unreadable(token.start, token.end, why)
