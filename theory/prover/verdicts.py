"""What a judgement of a bound can be: proved, refuted, undecided; or a least constant. All have the same attributes."""

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from typing import ClassVar

import sympy as sp

from .certificate import Certificate
from .export import gp_script_in_parts
from .parts import Part, Parts
from .proof_latex import proof_document, proof_in_parts
from .second_opinion import SecondOpinion

#: Lines of a proof, or of what was tried, that `print` shows.
_SHOWN = 3


class Printed(abc.ABC):
    """What `print` and a notebook show as a few lines of text."""

    @abc.abstractmethod
    def __str__(self) -> str:
        """A few lines."""

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def _relation(*, asymptotic: bool, lower: bool, holds: bool = True) -> str:
    """`law <= bound`, or what is so where it does not hold."""
    sign = (">=" if holds else "<") if lower else ("<=" if holds else ">")
    return f"law {sign} bound{', in the limit T -> oo' * asymptotic}"


def _first_of(lines: Sequence[str], where: str) -> list[str]:
    """The first lines, and how many there are besides."""
    more = [f"  (and {len(lines) - _SHOWN} more in {where})"] if len(lines) > _SHOWN else []
    return [f"  {line}" for line in lines[:_SHOWN]] + more


@dataclass(frozen=True)
class Proved(Printed):
    """law <= bound on the whole domain; `certificate.check` has verified the certificate.

    Attributes:
        certificate: the proof; in parts where no formula in n is known for the law.
        parts: the certificates with what is at most, and what is at least the other: one, or one for each part.
        second_opinion: the points at which ball arithmetic found nothing against it.
        asymptotic: whether limits were compared.
        lower: whether law >= bound was judged instead.
    """

    certificate: Certificate | Parts
    parts: tuple[Part, ...]
    second_opinion: SecondOpinion
    asymptotic: bool = False
    lower: bool = False
    verdict: ClassVar[str] = "proved"
    counterexample: ClassVar[None] = None
    tried: ClassVar[tuple[str, ...]] = ()

    def latex(self) -> str:
        """The proof as a LaTeX document, to be followed line by line."""
        if isinstance(self.certificate, Certificate):
            return proof_document(*self.parts[0].sides, self.certificate)
        return proof_in_parts((part.where, *part.sides, part.certificate) for part in self.parts)

    def gp_script(self) -> str:
        """The proof as a script that PARI/GP verifies by `gp -q -f FILE`.

        Raises:
            ValueError: it has a lemma or a function that cannot be exported.
        """
        return gp_script_in_parts((*part.sides, part.certificate) for part in self.parts)

    def __str__(self) -> str:
        """What holds, the first steps of the proof, and what was looked at besides."""
        first = f"proved: {_relation(asymptotic=self.asymptotic, lower=self.lower)}, on the whole domain"
        return "\n".join([first, *_first_of(self.certificate.steps(), "certificate"), f"  {self.second_opinion}"])


@dataclass(frozen=True)
class Refuted(Printed):
    """law > bound at the counterexample, verified exactly or in interval arithmetic.

    Attributes:
        counterexample: the integers of the domain, n, and real numbers where they matter; in a limit n alone.
        asymptotic: whether it is the limit that exceeds the limit of the bound.
        lower: whether law >= bound was judged instead, and law < bound there.
    """

    counterexample: dict[str, int | Fraction]
    asymptotic: bool = False
    lower: bool = False
    verdict: ClassVar[str] = "refuted"
    certificate: ClassVar[None] = None
    tried: ClassVar[tuple[str, ...]] = ()

    def __str__(self) -> str:
        """Where it does not hold."""
        at = ", ".join(f"{name} = {value}" for name, value in self.counterexample.items())
        return f"refuted: {_relation(asymptotic=self.asymptotic, lower=self.lower, holds=False)}, at {at}"


@dataclass(frozen=True)
class Undecided(Printed):
    """Neither was shown, or no least constant.

    Attributes:
        tried: what was.
        asymptotic: whether limits were compared.
        lower: whether law >= bound was judged.
    """

    tried: tuple[str, ...]
    asymptotic: bool = False
    lower: bool = False
    verdict: ClassVar[str] = "undecided"
    certificate: ClassVar[None] = None
    counterexample: ClassVar[None] = None
    constant: ClassVar[None] = None
    attained: ClassVar[None] = None

    def __str__(self) -> str:
        """What was tried."""
        first = f"undecided: {_relation(asymptotic=self.asymptotic, lower=self.lower)} was neither proved nor refuted"
        return "\n".join([first, *_first_of(self.tried, "tried")])


@dataclass(frozen=True)
class Tightest(Printed):
    """The least constant C with law <= C * family.

    Attributes:
        constant: exact; `oo` where no constant does.
        attained: whether equality holds somewhere; `None` where that was not decided.
        certificate: of law <= C * family, perhaps in parts; `None` where C is infinite.
        asymptotic: whether it is the least constant of the limit.
    """

    constant: sp.Expr
    attained: bool | None
    certificate: Certificate | Parts | None
    asymptotic: bool = False
    lower: ClassVar[bool] = False
    verdict: ClassVar[str] = "tightest"
    counterexample: ClassVar[None] = None
    tried: ClassVar[tuple[str, ...]] = ()

    def __str__(self) -> str:
        """The constant, and whether it is reached."""
        if self.certificate is None:
            return "tightest: no constant C has law <= C * bound"
        reached = {True: "reached", False: "not reached", None: "it is not decided whether it is reached"}
        first = f"tightest: law <= C * bound for C = {self.constant}{', in the limit T -> oo' * self.asymptotic}"
        return "\n".join([f"{first} ({reached[self.attained]})", *_first_of(self.certificate.steps(), "certificate")])
