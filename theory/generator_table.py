"""Rows of the table where data are sampled from a model otherwise than as it is, in plain words and with numbers."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .generator import Generator
from .summation import without_sums
from .table import Entry, fitted, variants
from .task import Task
from .tasks import TASKS
from .workflow import Workflow
from .workflows import Accumulate, FixedReal, Replace, SlidingWindow

#: Generators by what they do, at usual numbers: a law has numbers for them, not symbols.
SAMPLED: dict[str, Generator] = {
    "sampled without noise, as the model predicts": Generator(temperature=0),
    "sampled with half the noise": Generator(temperature="1/2"),
    "sampled from the model shifted by a vector of length 1": Generator(bias=1),
    "picked by a verifier that knows the truth, pull 1/2": Generator(pull="1/2"),
    "a fifth sampled anew, the rest kept": Generator(edited="1/5"),
    "a fifth sampled anew, then half as many each time": Generator(edited="1/5", fading="1/2"),
}

#: What is shown under each of them.
WORKFLOWS: tuple[Workflow, ...] = (Replace(), Accumulate(), SlidingWindow(2), FixedReal("1/2"))


@dataclass(frozen=True)
class GeneratorRow(Entry):
    """One law of the table.

    Attributes:
        task: with symbols for its parameters.
        workflow: what each model is fitted to.
        data: how they are sampled, in words.
    """

    task: Task
    workflow: Workflow
    data: str

    @cached_property
    def law(self) -> Any:
        """The law under the generator."""
        return self.task.generated(self.workflow, SAMPLED[self.data])

    def cells(self) -> dict[str, object]:
        """The entries by column, as SymPy expressions or text; `None` where nothing was proved."""
        law, generator, growth = self.law, SAMPLED[self.data], self.law.growth()
        return {
            "workflow": str(self.workflow),
            "data": self.data,
            **fitted(self.task),
            **{choice.name: getattr(self.task, choice.name) for choice in self.task.choices},
            "gain": None if generator.shift else law.gain_expr,
            "closed_form": None if law.expr is None else without_sums(law.expr),
            "limit": law.limit(),
            "growth": None if growth is None else str(growth),
            "next_order": None,
            "validity": law.validity,
            "needs": str(self.task.domain.relations()[0]),
            "source": _source(generator),
        }


def _source(generator: Generator) -> str:
    """Where such data were looked at before."""
    if generator.edits:
        return "new here; the data are those of ToEdit, Zhu et al. 2412.14689"
    return "new here; as 2510.16657 in kind" if generator.pull else "new here"


def generator_rows(task: type[Task] = TASKS[0]) -> list[GeneratorRow]:
    """Each workflow under each generator, in every variant of the task, where something is proved for all n."""
    rows = (
        GeneratorRow(variant, workflow, data)
        for data, generator in SAMPLED.items()
        for workflow in WORKFLOWS
        for variant in variants(task)
        if variant.generated_objection(workflow, generator) is None
    )
    return [row for row in rows if row.law.growth() is not None]
