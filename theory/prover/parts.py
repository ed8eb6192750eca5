"""A proof in parts: one for each of the first iterations, and one for all later ones."""

from dataclasses import dataclass

import sympy as sp

from .certificate import Certificate


@dataclass(frozen=True)
class Part:
    """A certificate of one part.

    Attributes:
        where: for which n, and what stands for a law that has no formula there.
        sides: what is at most, and what is at least the other.
        certificate: of the sides.
    """

    where: str
    sides: tuple[sp.Expr, sp.Expr]
    certificate: Certificate


@dataclass(frozen=True)
class Parts:
    """What stands in the place of one certificate where no formula for all n is known."""

    parts: tuple[Part, ...]

    def steps(self) -> list[str]:
        """One line a case of each part, for reading and for JSON."""
        return [f"{part.where}: {step}" for part in self.parts for step in part.certificate.steps()]

    def __str__(self) -> str:
        """The steps, one a line."""
        return "\n".join(self.steps())
