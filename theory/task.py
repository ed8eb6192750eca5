"""Tasks: what is refitted. The distribution of the data, the estimator, and what is measured of a model.

Like a `Workflow` a task is a small frozen value that holds no numerics, so theory and sim read the same object; all
that they do is of task x workflow. It owns its quantities, each with the unit that one fit on T real rows has; its
parameters, numbers or symbols; their domain; and what its laws do not depend on.
"""

import abc
import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from typing import Any, ClassVar

import sympy as sp

from .derivation import Derived
from .exact import exact
from .generator import Generator
from .prover.domain import Domain
from .sympy_types import rational, substituted
from .workflow import Workflow


@dataclass(frozen=True)
class Quantity:
    """What is measured of a model.

    Attributes:
        name: as `of=` and `--of` take it, such as "test_error".
        meaning: in words, with its conventions: what is left out, which iteration is the first.
        unit: that of one fit on T real rows, to leading order where it has no simple formula, positive on the whole
            domain; gains are counted in it. Of what is no error but what is left, such as a variance, the truth's own.
        limit_unit: to leading order for T -> oo.
        symbol: in LaTeX.
        short: in a few words with its conventions, as on an axis; by default its name.
        outside: what is wrong outside the domain, in a clause that other words may stand before and after.
        infinite_variance: the relation between the parameters at which it has a mean but no variance, whatever the
            workflow; `None` where no such relation is known.
    """

    name: str
    meaning: str
    unit: sp.Expr
    limit_unit: sp.Expr
    symbol: str = "E_n"
    short: str = ""
    outside: str = "there is no law"
    infinite_variance: sp.Basic | None = None


@dataclass(frozen=True)
class Parameter:
    """A number of a task, or the symbol that stands for it.

    Attributes:
        symbol: of the laws; its name is the task's field and the option of the command lines.
        meaning: in words.
        default: taken where a number is needed and none is given; `None` where one must be given.
        each: whether a simulation also takes one number an iteration.
        short: the meaning in a few words, as beside a slider; by default the whole.
        typical: the number that a picture begins with; by default the default, if there is one.
        most: the largest number that a slider offers.
    """

    symbol: sp.Symbol
    meaning: str
    default: float | None = None
    each: bool = False
    short: str = ""
    typical: float | None = None
    most: float | None = None

    @property
    def name(self) -> str:
        """Of the field and the option."""
        return self.symbol.name


@dataclass(frozen=True)
class Choice:
    """What a task must be told in words, such as a design.

    Attributes:
        name: of the field and the option.
        options: all there are.
        meaning: of them.
        default: taken where none is named; `None` where one must be.
    """

    name: str
    options: tuple[str, ...]
    meaning: str
    default: str | None = None


@dataclass(frozen=True)
class Several:
    """Numbers of a task that belong together, such as probabilities. Its laws are written with them, not with symbols.

    Attributes:
        name: of the field and the option.
        meaning: in words.
        default: the field's.
    """

    name: str
    meaning: str
    default: tuple[float, ...]


@dataclass(frozen=True)
class Detail:
    """A field that may be left at its default, and for which no law has a symbol, such as a ridge.

    Attributes:
        name: of the field, and of the option that takes its number.
        meaning: in words.
        default: of the field.
        switch: of a field that is true or false, the option that sets it to the other value.
        typed: whether the command lines have an option for it.
        words: what the option takes in place of a number.
        tells: the parameters whose numbers it brings with it.
    """

    name: str
    meaning: str
    default: Any = None
    switch: str = ""
    typed: bool = True
    words: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()


class Task(abc.ABC):
    """What is refitted. A frozen dataclass with a field for each parameter, `None` for its symbol, choice and detail.

    Class attributes, which stand before the fields, since a field T hides the symbol T:
        name: on the command line.
        quantities: what can be measured; the first where none is named.
        parameters: in the order of the options.
        choices: in the order of the options.
        several: likewise.
        details: likewise.
        fits: in words, the details that a table of laws shows beside those left at their defaults.
        domain: of the parameters' symbols, where all details are left at their defaults.
        mirror: of a symbol what changes no quantity in its place; the domain has one of the two alone.
        invariant: fields that no law depends on.
    """

    name: ClassVar[str]
    quantities: ClassVar[tuple[Quantity, ...]]
    parameters: ClassVar[tuple[Parameter, ...]]
    choices: ClassVar[tuple[Choice, ...]] = ()
    details: ClassVar[tuple[Detail, ...]] = ()
    several: ClassVar[tuple[Several, ...]] = ()
    fits: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    domain: ClassVar[Domain]
    mirror: ClassVar[Mapping[sp.Symbol, sp.Expr]] = {}
    invariant: ClassVar[tuple[str, ...]] = ()

    @abc.abstractmethod
    def derive(self, workflow: Workflow, quantity: Quantity) -> Derived:
        """The law of a quantity under a workflow in the symbols of the parameters, whatever numbers there are.

        Raises:
            ValueError: there is no law, or a training set of the workflow is not valid.
        """

    def objection(self, workflow: Workflow, quantity: Quantity) -> str | None:
        """Why there is no law of the quantity under the workflow; `None` where there is one."""
        del workflow, quantity
        return None

    def generated(self, workflow: Workflow, generator: Generator, of: str | None = None) -> Any:
        """The law of a quantity, by default the first, where data are sampled from models by a generator.

        Raises:
            ValueError: there is none.
        """
        raise ValueError(self.generated_objection(workflow, generator, of))

    def generated_objection(self, workflow: Workflow, generator: Generator, of: str | None = None) -> str | None:
        """Why there is no law of that quantity under a generator; `None` where there is one."""
        del of
        return f"{self.name} has no law for {workflow} under {generator}."

    def check(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The numbers of all parameters as plain ones, where they lie in the domain.

        Raises:
            ValueError: they do not.
        """
        for name, value in values.items():
            if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
                raise ValueError(f"{name} must be a number; got {name}={value!r}.")
        at = {p.symbol: exact(values[p.name]) for p in self.parameters}
        for variable in self.own_domain.variables:
            name, value = variable.symbol.name, values[variable.symbol.name]
            if variable.symbol.is_integer and at[variable.symbol].denominator != 1:
                raise ValueError(f"{name} must be a whole number; got {name}={value!r}.")
            number = rational(at[variable.symbol])
            floors = [substituted(floor, at) for floor in variable.floors]
            if any(number < floor for floor in floors) or not (floors or number > 0):
                needs = " and ".join(f">= {floor}" for floor in variable.floors) or "> 0"
                raise ValueError(f"{self.name} needs {name} {needs}; got {self._listed(values)}.")
        return {p.name: int(at[p.symbol]) if p.symbol.is_integer else float(at[p.symbol]) for p in self.parameters}

    def _listed(self, values: Mapping[str, Any]) -> str:
        return ", ".join(f"{name}={value}" for name, value in values.items())

    @property
    def own_domain(self) -> Domain:
        """Where the laws of this very task hold: another domain than its class's where a detail says so."""
        return self.domain

    @property
    def own_quantities(self) -> tuple[Quantity, ...]:
        """What can be measured of this very task's models, under the names of its class's."""
        return self.quantities

    @property
    def by_numbers(self) -> bool:
        """Whether which law holds depends on the parameters' numbers, which the command line then puts in at once."""
        return False

    def relations(self) -> tuple[sp.Basic, ...]:
        """What its laws need of parameters and n."""
        return self.own_domain.relations()

    @property
    def essential(self) -> dict[str, Any]:
        """The fields that laws depend on."""
        return {name: value for name, value in self.fields.items() if name not in self.invariant}

    @property
    def typed_details(self) -> dict[str, Any]:
        """The details that laws depend on and that the command lines have options for."""
        essential = self.essential
        return {x.name: essential[x.name] for x in self.details if x.typed and x.name in essential}

    @property
    def numbers(self) -> dict[str, Any]:
        """The parameters that are numbers, by name; the others are symbols."""
        return {p.name: value for p in self.parameters if (value := getattr(self, p.name)) is not None}

    @property
    def fields(self) -> dict[str, Any]:
        """All fields by name, `None` for a symbol."""
        if not is_dataclass(self):
            raise ValueError(f"{type(self).__name__} must be a dataclass: put @dataclass(frozen=True) above it.")
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @property
    def at(self) -> dict[sp.Symbol, sp.Rational]:
        """What is put in for the symbols that have numbers, exactly; numbers given one an iteration have no symbol."""
        found = {p.symbol: exact(self.numbers[p.name]) for p in self.parameters if p.name in self.numbers}
        return {symbol: rational(value) for symbol, value in found.items() if isinstance(value, Fraction)}

    def completed(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A number for every parameter, wherever it lies: those given, this task's own, or the defaults.

        Raises:
            ValueError: one is missing, unknown, or not the number that the task has.
        """
        values = self._filled(given)
        missing = [name for name, value in values.items() if value is None]
        if missing:
            raise ValueError(
                f"{self.name} needs numbers for {', '.join(missing)}; give them by name, as {missing[0]}=…."
            )
        return values

    def _filled(self, given: Mapping[str, Any]) -> dict[str, Any]:
        names = [p.name for p in self.parameters]
        unknown = [name for name in given if name not in names]
        if unknown:
            raise ValueError(f"{self.name} has no parameter {', '.join(unknown)}; it has {', '.join(names)}.")
        own = self.numbers
        for name, value in given.items():
            if name in own and own[name] != value:
                raise ValueError(f"{name} is {own[name]} in {self}; got {name}={value}. Leave it out.")
        return {p.name: {**own, **given}.get(p.name, p.default) for p in self.parameters}

    def put_in(self, given: Mapping[str, Any]) -> dict[sp.Symbol, sp.Rational]:
        """What is put in for the symbols of some parameters, exactly; the others may stay letters.

        Raises:
            ValueError: one is unknown, not the number that the task has, or outside the domain whatever the others are.
        """
        filled = self._filled(given)
        if None not in filled.values():
            self.check(filled)
        at = {p.symbol: rational(exact(given[p.name])) for p in self.parameters if p.name in given}
        for symbol, number in at.items():
            if symbol.is_integer and not number.is_Integer:
                raise ValueError(f"{symbol} must be a whole number; got {symbol}={number}.")
        for relation in self.relations():
            if relation.subs([*self.at.items(), *at.items()]) == sp.false:
                raise ValueError(f"{self.name} needs {relation}; got {self._listed(given)}.")
        return at

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The same as `completed`, as plain numbers in the domain.

        Raises:
            ValueError: as `completed`, or one is outside the domain.
        """
        return self.check(self.completed(given))

    def quantity(self, name: str | None) -> Quantity:
        """The quantity of that name; the first where none is named."""
        if name is None:
            return self.own_quantities[0]
        for quantity in self.own_quantities:
            if quantity.name == name:
                return quantity
        names = ", ".join(q.name for q in self.own_quantities)
        raise ValueError(f"{self.name} has no quantity {name!r}; it has {names}.")

    def covers(self, other: "Task") -> bool:
        """Whether a law of this task holds for the other one: the same, but that here a parameter may be a symbol."""
        if type(self) is not type(other):
            return False
        mine, theirs = self.essential, other.essential
        symbols = {p.name for p in self.parameters if mine[p.name] is None}
        return mine.keys() == theirs.keys() and all(mine[x] == theirs[x] for x in mine.keys() - symbols)

    def __str__(self) -> str:
        """`LinearRegression(T=100, design=fresh)`: what is given."""
        usual = {detail.name: detail.default for detail in self.details}
        told = {name: value for name, value in self.fields.items() if value is not None}
        given = ", ".join(f"{name}={told[name]}" for name in told if name not in usual or told[name] != usual[name])
        return f"{type(self).__name__}({given})"


def check_task(task: object) -> None:
    """Refuse anything but a task, the class of one included.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(task, Task):
        raise ValueError(f'a task is needed, an object such as LinearRegression(design="fresh"); got {task!r}.')
