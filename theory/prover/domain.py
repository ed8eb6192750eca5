"""Where a bound is to hold: the symbols of an expression, which are integers and which real, and their least values."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import sympy as sp

from ..symbols import n
from ..sympy_types import as_expression, fraction, polynomial, rational, substituted, symbols
from .floors import Line, begins_at_a_number, cells, least, line
from .parsing import parse_bound
from .variable import Variable as Variable, bounded, check_ceilings, merged, with_ceiling

#: The variable >= 0 of the proofs in which n is written.
m = sp.Symbol("m", nonnegative=True)
#: Names of the other variables >= 0: the first for the last integer, and so on; more are numbered.
_SLACKS = "uvw"


@dataclass(frozen=True)
class Domain:
    """All values that the variables can have, at every iteration n >= `least_n`, and n <= `most_n` if there is an end.

    Attributes:
        variables: each after those that its floors are written in.
        least_n: at least 1.
        most_n: the last iteration; `None` where there is none.

    Raises:
        ValueError: a symbol or its least value is not positive, or an integer has no floor; or nothing is left below a
            ceiling.
    """

    variables: tuple[Variable, ...]
    least_n: int = 1
    most_n: int | None = None

    def __post_init__(self) -> None:
        for symbol, floors in ((variable.symbol, variable.floors) for variable in self.variables):
            if not symbol.is_positive:
                raise ValueError(f"{symbol} is not known to be positive; use Symbol({symbol.name!r}, positive=True).")
            if symbol.is_integer and not floors:
                raise ValueError(f"the integer {symbol} needs a floor, as in Variable({symbol}, (sp.Integer(1),)).")
            if floors and all(floor.is_extended_nonpositive for floor in floors):
                raise ValueError(f"{symbol} is positive, and so is its floor; got {', '.join(map(str, floors))}.")
        check_ceilings(self.variables)
        if self.most_n is not None and self.most_n < self.least_n:
            raise ValueError(f"no n is left with n >= {self.least_n} and n <= {self.most_n}; give a larger end.")

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """All but n."""
        return tuple(variable.symbol for variable in self.variables)

    @property
    def integers(self) -> tuple[Variable, ...]:
        """The last first, as they are shown to people."""
        return tuple(variable for variable in reversed(self.variables) if variable.symbol.is_integer)

    @property
    def reals(self) -> tuple[Variable, ...]:
        """The variables that are no integers."""
        return tuple(variable for variable in self.variables if not variable.symbol.is_integer)

    @property
    def letters(self) -> tuple[sp.Symbol, ...]:
        """The symbols that a bound may hold, as they are listed: integers, the last first; real numbers; n."""
        return (*(variable.symbol for variable in (*self.integers, *self.reals)), n)

    def relations(self) -> tuple[sp.Basic, ...]:
        """As SymPy relations: integers, the last first; n; real numbers. Unevaluated, or SymPy would print True."""
        return (
            *(sp.Ge(v.symbol, floor, evaluate=False) for v in self.integers for floor in v.floors),
            *(sp.Le(v.symbol, rational(v.ceiling), evaluate=False) for v in self.integers if v.ceiling is not None),
            sp.Ge(n, self.least_n, evaluate=False),
            *(() if self.most_n is None else (sp.Le(n, self.most_n, evaluate=False),)),
            *(sp.Ge(v.symbol, floor, evaluate=False) for v in self.reals for floor in v.floors),
            *(sp.Gt(v.symbol, 0, evaluate=False) for v in self.reals if not v.floors),
            *(sp.Le(v.symbol, rational(v.ceiling), evaluate=False) for v in self.reals if v.ceiling is not None),
        )

    def __str__(self) -> str:
        """Floors and ceilings, as in `T >= 2, n >= 1`; that real numbers without floors are positive is not said."""
        return ", ".join(str(relation) for relation in self.relations() if isinstance(relation, (sp.Ge, sp.Le)))

    @cached_property
    def ceilings(self) -> dict[sp.Symbol, Fraction]:
        """The largest values of the variables that have one; that of n is `most_n`."""
        return {v.symbol: v.ceiling for v in self.variables if v.ceiling is not None}

    @cached_property
    def _lines(self) -> dict[sp.Symbol, tuple[Line, ...]]:
        """The floors of every variable."""
        lines: dict[sp.Symbol, tuple[Line, ...]] = {}
        for variable in self.variables:
            lines[variable.symbol] = tuple(line(variable.symbol, floor, set(lines)) for floor in variable.floors)
        return lines

    def least(self, symbol: sp.Symbol, at: Mapping[sp.Symbol, Fraction]) -> Fraction:
        """The least value of one variable where those that its floors are written in have the given values.

        A real variable without floors has none; for it the answer is 0, above which it lies.
        """
        return least(symbol, self._lines[symbol], at)

    def beyond(self, symbol: sp.Symbol, step: Fraction, at: Mapping[sp.Symbol, Fraction]) -> Fraction:
        """A value of a real variable, `step` >= 0 above its least one; below a ceiling c it is (c + least t)/(1 + t).

        Steps > 0 alone are inside where there is neither.
        """
        ceiling, least = self.ceilings.get(symbol), self.least(symbol, at)
        return least + step if ceiling is None else (ceiling + least * step) / (1 + step)

    def ahead(self, symbol: sp.Symbol, steps: int, at: Mapping[sp.Symbol, Fraction]) -> Fraction:
        """The value of an integer so many `steps` >= 0 above its least one, or the largest."""
        value = self.least(symbol, at) + steps
        return min(value, self.ceilings.get(symbol, value))

    def iteration(self, steps: int) -> int:
        """The n so many `steps` above the least one, or the last; the least one for steps below 0."""
        value = self.least_n + max(0, steps)
        return value if self.most_n is None else min(value, self.most_n)

    def begins_at_a_number(self, symbol: sp.Symbol) -> bool:
        """Whether the variable has a least value, and that depends on no other variable."""
        return begins_at_a_number(self._lines[symbol])

    def sample(self) -> dict[sp.Symbol, Fraction]:
        """A point inside, far from the floors, n included: where two things are compared, for a search to go by."""
        point = {n: Fraction(self.iteration(50 - self.least_n))}
        far = Fraction(10)
        for symbol in self.symbols:
            least = self.least(symbol, point)
            point[symbol] = max(far if symbol.is_integer else Fraction(1), least)
            if symbol in self.ceilings:
                middle = (least + self.ceilings[symbol]) / 2
                point[symbol] = Fraction(math.floor(middle)) if symbol.is_integer else middle
            far *= 100 if symbol.is_integer else 1
        return point

    @cached_property
    def slacks(self) -> dict[sp.Symbol, sp.Symbol]:
        """For every variable with a floor or ceiling the variable >= 0 of the proofs in which it is written."""
        floored = [v.symbol for v in (*self.integers, *self.reals) if v.floors or v.ceiling is not None]
        names = [*_SLACKS, *(f"u{k}" for k in range(len(_SLACKS), len(floored)))]
        return {symbol: sp.Symbol(name, nonnegative=True) for symbol, name in zip(floored, names, strict=False)}

    def cells(self) -> tuple[dict[sp.Symbol, sp.Expr], ...]:
        """The variables with ends as functions of slacks >= 0; all cells together reach every point of the domain.

        In each cell one floor of a variable is the highest, and the variable is this floor + its own slack. Where the
        highest of several changes, at a crossing, the earlier variable e that they are written in is split: e = p + v
        on [p, oo) and e = (p + q v)/(1 + v) on [p, q). A variable with a ceiling c is (c + f v)/(1 + v) above its floor
        f, or 0; and where it has a floor, f in another cell. Split, it is (q + p v)/(1 + v) on (p, q].

        Raises:
            ValueError: several floors of one variable are written in two others, or in one that begins at no number.
        """
        return self._cells

    @cached_property
    def _cells(self) -> tuple[dict[sp.Symbol, sp.Expr], ...]:
        return cells(self._lines, self.ceilings, self.slacks)

    def narrowed(self, relations: Iterable[str | sp.Basic] | str | sp.Basic) -> "Domain":
        """The part of the domain that satisfies every one of the relations.

        Args:
            relations: one or several, as text, also 2 <= n <= 10, or SymPy. Each bounds one variable: from below an
                integer by a number or an affine function of an earlier integer, a real variable or n by a number; from
                above each by a number.

        Raises:
            ValueError: a relation of another form.
        """
        result = self
        for relation in [relations] if isinstance(relations, (str, sp.Basic)) else relations:
            for each in _apart(relation) if isinstance(relation, str) else [relation]:
                result = result._narrowed(each)
        result.cells()  # floors that cannot be proved over are refused here, and not in the middle of a search
        return result

    def _narrowed(self, relation: str | sp.Basic) -> "Domain":
        if relation == sp.true:  # SymPy's answer to relations that hold for all positive integers
            return self
        refusal = ValueError(f"a domain is narrowed by relations of the forms {self._forms()}; got {str(relation)!r}.")
        difference, strict = _difference(relation, self.letters, refusal)
        form = polynomial(difference, *self.letters)
        if form is None or form.total_degree() != 1 or not all(c.is_Rational for c in form.coeffs()):
            raise refusal
        slopes = {x: fraction(c) for x in self.letters if (c := form.coeff_monomial(x)) != 0}
        constant = fraction(form.coeff_monomial(1))
        if strict and all(x.is_integer for x in slopes):
            # Over integers it holds from the next multiple of 1/(common denominator) on.
            constant -= Fraction(1, math.lcm(*(c.denominator for c in (*slopes.values(), constant))))
            strict = False
        last = max(slopes, key=lambda x: -1 if x == n else self.symbols.index(x))
        slope, others = slopes[last], [x for x in slopes if x != last]
        least = -constant / slope
        if slope < 0 and not others and (last.is_integer or not strict):
            return self._capped(last, least)
        if slope < 0 or n in others or len(others) > 1 or not all(x.is_integer for x in (last, *others)) and others:
            raise refusal
        if last == n:
            return replace(self, least_n=max(self.least_n, math.ceil(least)))
        if not last.is_integer and least <= 0:  # it is positive anyway
            return self
        if strict:
            raise refusal
        floor = as_expression(rational(least) - sum((rational(slopes[x] / slope) * x for x in others), sp.S.Zero))
        variables = (
            replace(v, floors=merged(last, (*v.floors, floor))) if v.symbol == last else v for v in self.variables
        )
        return replace(self, variables=bounded(variables))

    def _capped(self, symbol: sp.Symbol, ceiling: Fraction) -> "Domain":
        if symbol == n:
            last = math.floor(ceiling)
            return replace(self, most_n=last if self.most_n is None else min(last, self.most_n))
        variables = (with_ceiling(v, ceiling) if v.symbol == symbol else v for v in self.variables)
        return replace(self, variables=bounded(variables))

    def joined(self, variables: Iterable[Variable]) -> "Domain":
        """The domain with further variables, which come last."""
        return replace(self, variables=(*self.variables, *variables))

    def _forms(self) -> str:
        """As in `T >= a*d + b, d >= c, T <= c, d <= c, h >= c, h <= c, n >= m or n <= m`."""
        integers = [variable.symbol for variable in self.integers]
        forms = [f"{x} >= a*{earlier} + b" for x, earlier in zip(integers, integers[1:], strict=False)]
        forms += [f"{x} >= c" for x in integers[len(forms) :]]
        forms += [f"{x} <= c" for x in integers]
        forms += [part for v in self.reals for part in (f"{v.symbol} >= c", f"{v.symbol} <= c")]
        return f"{', '.join([*forms, f'{n} >= m'])} or {n} <= m"

    def at(self, numbers: Mapping[sp.Symbol, sp.Rational]) -> "Domain":
        """The domain of the other variables when some are fixed numbers; these are put into the others' floors.

        Raises:
            ValueError: a number is outside the domain, or its variable's floor depends on one that stays free.
        """
        for symbol in numbers.keys() - set(self.symbols):
            raise ValueError(
                f"{symbol} is no variable of this domain; its variables are {', '.join(map(str, self.symbols))}."
            )
        values = {symbol: fraction(number) for symbol, number in numbers.items()}
        variables = []
        for variable in self.variables:
            symbol, floors = variable.symbol, variable.floors
            if symbol not in values:
                put_in = merged(symbol, tuple(substituted(f, numbers) for f in floors))
                variables.append(replace(variable, floors=put_in))
                continue
            free = sorted({line.of.name for line in self._lines[symbol] if line.of is not None} - set(map(str, values)))
            if free:
                raise ValueError(f"{symbol} = {numbers[symbol]} bounds {free[0]} from above; give {free[0]} as well.")
            value, least = values[symbol], self.least(symbol, values)
            if symbol.is_integer and value.denominator != 1:
                raise ValueError(f"{symbol} = {value} is not a whole number; give one from {least} on.")
            if value < least or value <= 0:
                above = f"{symbol} {'>=' if floors else '>'} {least}"
                raise ValueError(f"{symbol} = {value} is outside the domain; give {above}.")
            if value > self.ceilings.get(symbol, value):
                raise ValueError(f"{symbol} = {value} is outside the domain; give {symbol} <= {variable.ceiling}.")
        return replace(self, variables=tuple(variables))

    def shows_nonnegative(self, expression: sp.Expr) -> bool:
        """Whether `expression` >= 0 on the domain, at n and at every other positive integer from 1 on.

        A sufficient, exact test: the polynomial is written in slacks >= 0; where every coefficient is non-negative, so
        is the polynomial. False means not shown.
        """
        others = symbols(expression) - set(self.symbols)
        if not all(symbol.is_integer and symbol.is_positive for symbol in others):
            return False
        ahead = {symbol: 1 + sp.Dummy(symbol.name, nonnegative=True) for symbol in others}
        return all(_has_nonnegative_coefficients(substituted(expression, cell | ahead)) for cell in self.cells())


def _apart(relation: str) -> list[str]:
    """2 <= n <= 10 as two relations; what has one sign as it is."""
    sides = re.split("(>=|<=|≥|≤|>|<)", relation)
    return [" ".join(sides[k : k + 3]) for k in range(0, len(sides) - 2, 2)] or [relation]


def _difference(relation: str | sp.Basic, letters: tuple[sp.Symbol, ...], refusal: ValueError) -> tuple[sp.Expr, bool]:
    """What must be >= 0 (or > 0: True)."""
    if isinstance(relation, str):
        relation = relation.replace("≥", ">=").replace("≤", "<=")
        for sign in (">=", "<=", ">", "<"):
            sides = relation.split(sign)
            if len(sides) == 2:
                left, right = (parse_bound(side, letters) for side in sides)
                return (left - right if ">" in sign else right - left), "=" not in sign
        raise refusal
    if isinstance(relation, (sp.Ge, sp.Gt, sp.Le, sp.Lt)):
        larger, smaller = (parse_bound(as_expression(side), letters) for side in (relation.gts, relation.lts))
        return larger - smaller, isinstance(relation, (sp.Gt, sp.Lt))
    raise refusal


def _has_nonnegative_coefficients(expression: sp.Expr) -> bool:
    variables = sorted(symbols(expression), key=str)
    if not variables:
        return bool(expression.is_nonnegative)
    form = polynomial(expression, *variables) if expression.is_polynomial(*variables) else None
    return form is not None and all(c.is_nonnegative for c in form.coeffs())
