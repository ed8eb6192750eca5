"""What a claim is: a statement, the quantities that tell, and bounds decided before looking.

Each quantity's two-sided 95 % confidence interval (Student's t over seeds or replicates; an exact quantity is its own)
must lie between its bounds; an interval that includes a bound confirms nothing. Where a law states what is claimed, a
claim needs no table: its quantities are numbers of that law.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

from theory.measurement import LEVEL, Measurement

from .recorded import Missing, Tables

#: The claim holds by its test, in the paper's own setting.
REPRODUCED = "reproduced"
#: It holds by its test in another setting, a smaller model or other data; or it is known from memory alone.
IN_SHAPE = "reproduced in shape"
#: The test is not passed: an interval lies beyond a bound, or only reaches over one.
REFUTED = "refuted here"
LEFT_OPEN = "left open"
#: There is nothing to judge it by.
NOT_TESTED = "not tested here"


class Judgement(TypedDict):
    """A claim's row of the table of claims.

    `theirs` and `ours` are values of the quantity that the statement ends with, `None` where there is none, as is
    `standard_error`, which is 0 for what is exact.
    """

    id: str
    statement: str
    where: str
    theirs: float | None
    ours: float | None
    standard_error: float | None
    verdict: str
    preset: str
    differs: str


@dataclass(frozen=True)
class Quantity:
    """What is measured, and between which bounds the claim says it lies.

    Attributes:
        name: in words.
        measure: it, from recorded tables.
        above: the lower bound of the whole confidence interval.
        below: the upper bound.
    """

    name: str
    measure: Callable[[Tables], Measurement]
    above: float = -math.inf
    below: float = math.inf

    def __post_init__(self) -> None:
        """A quantity without a bound would confirm anything."""
        if self.above == -math.inf and self.below == math.inf:
            raise ValueError(f"{self.name} needs a bound, above or below, decided before looking.")

    @property
    def needs(self) -> str:
        """The bounds in words."""
        bounds = (("above", self.above), ("below", self.below))
        return " and ".join(f"{word} {bound:.4g}" for word, bound in bounds if math.isfinite(bound))

    @property
    def test(self) -> str:
        """What would confirm the claim, in words."""
        return f"{self.name} {self.needs}"

    def objection(self, measured: Measurement) -> str:
        """Why the measurement does not confirm the claim; empty if it does."""
        low, high = measured.interval()
        if self.above < low and high < self.below:
            return ""
        outcome = REFUTED if high < self.above or low > self.below else LEFT_OPEN
        at = f"is {low:.3g}" if low == high else f"in [{low:.3g}, {high:.3g}]"
        return f"{outcome}: {self.name} {at}, to be {self.needs}"


@dataclass(frozen=True)
class Fact:
    """What exact laws and proofs say; it holds or does not, whatever the tables.

    Attributes:
        name: in words.
        holds: whether it does.
    """

    name: str
    holds: Callable[[], bool]

    @property
    def test(self) -> str:
        """What would confirm the claim, in words."""
        return self.name

    def measure(self, tables: Tables) -> Measurement:
        """1 if it holds, else 0."""
        del tables
        return Measurement(float(self.holds()))

    def objection(self, measured: Measurement) -> str:
        """That it does not hold; empty if it does."""
        return "" if measured.mean else f"{REFUTED}: it does not hold that {self.name}"


@dataclass(frozen=True)
class Claim:
    """One statement and its test.

    Attributes:
        id: of the claim.
        statement: in our words.
        where: it stands, with the confidence in that.
        theirs: the published value of the quantity, if there is one.
        quantities: all must be confirmed; the first is the one that is reported.
        experiment: whose recorded table must be there; `None` where laws alone judge.
        differs: what differs from the paper's setting; empty if nothing does.
        replicates: chains, seeds or simulated ones, that each row of that table must be over at least.
        preset: at which that table is recorded; of no meaning without a table.
        shared: what all chains have in common, so that the intervals say nothing of another; empty if nothing.
    """

    id: str
    statement: str
    where: str
    theirs: float | None
    quantities: tuple[Quantity | Fact, ...]
    experiment: str | None
    differs: str = ""
    replicates: int = 3
    preset: str = "cpu"
    shared: str = ""

    @property
    def test(self) -> str:
        """What would confirm the claim, in words."""
        tests = "; ".join(quantity.test for quantity in self.quantities)
        if self.experiment is None:
            return f"{tests}; by laws alone"
        shared = f", which share {self.shared}" if self.shared else ""
        return f"{tests}; {LEVEL:.0%} intervals over at least {self.replicates:,} chains{shared}"

    def judge(self, tables: Tables) -> Judgement:
        """The claim with its verdict."""
        row: Judgement = {
            "id": self.id,
            "statement": f"{self.statement}; measured: {self.quantities[0].name}",
            "where": self.where,
            "theirs": self.theirs,
            "ours": None,
            "standard_error": None,
            "verdict": NOT_TESTED,
            "preset": "" if self.experiment is None else self.preset,
            "differs": self.differs,
        }
        try:
            self._check_table(tables)
            measured = [quantity.measure(tables) for quantity in self.quantities]
        except Missing as reason:
            return {**row, "differs": str(reason)}
        judged = [quantity.objection(m) for quantity, m in zip(self.quantities, measured, strict=True)]
        objections = [objection for objection in judged if objection]
        confirmed = IN_SHAPE if self.differs or "[M]" in self.where else REPRODUCED
        refuted = any(objection.startswith(REFUTED) for objection in objections)
        verdict = REFUTED if refuted else LEFT_OPEN if objections else confirmed
        return {
            **row,
            "ours": measured[0].mean,
            "standard_error": measured[0].standard_error,
            "verdict": verdict,
            "differs": "; ".join(filter(None, [self.differs, *objections])),
        }

    def _check_table(self, tables: Tables) -> None:
        """Raise `Missing` where there is no table of enough chains."""
        if self.experiment is None:
            return
        fewest = min(int(entry["replicates"]) for entry in tables(self.experiment))
        if fewest < self.replicates:
            raise Missing(f"{self.experiment} has {fewest} chains, the test needs {self.replicates}")
