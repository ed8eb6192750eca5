"""Derivations: the numbered steps by which a law was found, each with the rule it used."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        rule: the name of the rule.
        statement: what holds after it, in LaTeX.
        because: why the rule applies here, in words.
    """

    rule: str
    statement: str
    because: str


@dataclass(frozen=True)
class Derivation:
    """The steps in order. Prints as a numbered list; renders as LaTeX in a notebook."""

    steps: tuple[Step, ...]

    def __iter__(self) -> Iterator[Step]:
        """The steps in order."""
        return iter(self.steps)

    def __len__(self) -> int:
        """How many steps."""
        return len(self.steps)

    def __str__(self) -> str:
        """Two lines a step: the rule with its reason, and the statement in LaTeX."""
        return "\n".join(
            f"{number}. {step.rule}: {step.because}\n     {step.statement}" for number, step in enumerate(self.steps, 1)
        )

    def latex(self) -> str:
        """The steps as an `align*` environment of amsmath."""
        lines = [
            rf"{step.statement.replace(' = ', ' &= ', 1)} && \text{{({number}. {step.rule})}}"
            for number, step in enumerate(self.steps, 1)
        ]
        return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"

    def _repr_latex_(self) -> str:
        return self.latex()
