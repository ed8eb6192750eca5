"""A workflow's symbolic reading as a setting of the algebra, or why it does not fit."""

import sympy as sp

from ..symbolic_workflow import SymbolicTrainingSet, SymbolicWorkflow
from ..symbols import k, n
from ..sympy_types import replaced
from .families import PoolRun, Setting
from .indices import NOISE, REAL_SIZE, ROWS, SIGMA, SIZE, N, put


def whole_run_objection(workflow: SymbolicWorkflow) -> str | None:
    """Why a training set is not one run of pools up to the newest, used whole, with all rows counting alike."""
    name, reading = workflow.workflow, workflow.training_set
    if reading is None:
        return f"{name} cannot be read at symbolic n: it branches on the iteration."
    if reading.shares is not None or reading.drawn is not None or len(reading.parts) != 1:
        return f"{name} is not one run of pools used whole, all rows counting alike."
    (first, last, fresh), size = reading.parts[0], reading.size
    if fresh or last != n or first.subs(n, 1) != 1 or size.subs(k, 1) != 1:
        return f"{name} does not go on from real(1) to the newest pool at every iteration."
    return None


def counted(workflow: SymbolicWorkflow, design: str) -> Setting:
    """Training sets whose rows count alike: T times the workflow's multiple in each pool, one sigma for all.

    Raises:
        ValueError: the workflow cannot be read at symbolic n.
    """
    reading = _read(workflow)
    return Setting(
        workflow.workflow,
        design,
        _runs(reading),
        from_start=_goes_on_from_the_first(reading),
        rows=lambda index: sp.expand(ROWS * _size(reading, index)),
        noise=lambda index: SIGMA,
        real_rows=lambda index: sp.expand(ROWS * replaced(reading.real_size, {k: index})),
    )


def unequal(workflow: SymbolicWorkflow, design: str) -> Setting:
    """The same with T_k rows and noise sigma_k at pool k, whatever the workflow says of sizes.

    Raises:
        ValueError: the workflow cannot be read at symbolic n.
    """
    reading = _read(workflow)
    return Setting(
        workflow.workflow,
        design,
        _runs(reading),
        from_start=_goes_on_from_the_first(reading),
        rows=lambda index: SIZE[index],
        noise=lambda index: NOISE[index],
        each=True,
    )


def weighted(design: str, *, draws: bool, later_real: bool, sized_real: bool = False) -> Setting:
    """Any workflow: pool k, of T_k rows, has the share p(n, k) of the loss of iteration n, later real data q(n, k).

    Args:
        design: "fixed" or "fresh".
        draws: whether training sets are subsamples.
        later_real: whether real data of later iterations may be used.
        sized_real: whether these may be other than T rows.
    """
    return Setting(
        None,
        design,
        None,
        from_start=True,
        rows=_weighted_rows,
        noise=lambda index: SIGMA,
        draws=draws,
        later_real=later_real,
        real_rows=(lambda index: REAL_SIZE[index]) if sized_real else (lambda index: ROWS),
    )


def _weighted_rows(index: sp.Expr) -> sp.Expr:
    return ROWS if index == 1 else SIZE[index]


def _read(workflow: SymbolicWorkflow) -> SymbolicTrainingSet:
    reading = workflow.training_set
    if reading is None:
        raise ValueError(whole_run_objection(workflow))
    return reading


def _runs(reading: SymbolicTrainingSet) -> tuple[PoolRun, ...]:
    """The parts; real(1) apart, where its T rows are not what the size says of pool 1."""
    runs = (PoolRun(replaced(first, {n: N}), replaced(last, {n: N}), fresh) for first, last, fresh in reading.parts)
    one = PoolRun(sp.S.One, sp.S.One)
    return tuple(
        part
        for run in runs
        for part in (
            (one, PoolRun(sp.Integer(2), run.last))
            if not run.fresh_real and run.first == 1 and run.last != 1 and reading.size.subs(k, 1) != 1
            else (run,)
        )
    )


def _goes_on_from_the_first(reading: SymbolicTrainingSet) -> bool:
    """Whether the runs, read at n = 1, are real(1) alone, of T rows; that of later real data is empty there."""
    ends = [(*(put(end, {n: sp.S.One}) for end in part[:2]), part[2]) for part in reading.parts]
    return ends in ([(1, 1, False)], [(1, 1, False), (2, 1, True)])


def _size(reading: SymbolicTrainingSet, index: sp.Expr) -> sp.Expr:
    """Of the chain's pool `index` in multiples of T; real(1) has T rows."""
    return sp.S.One if index == 1 else replaced(reading.size, {k: index})


def has_sized_real(workflow: SymbolicWorkflow) -> bool:
    """Whether real data of a later iteration may be other than T rows: not, if that is shown for every iteration."""
    reading = workflow.settled_training_set
    return reading is None or reading.real_size != 1


def collects_later(workflow: SymbolicWorkflow) -> bool:
    """Whether real data of a later iteration may be used: not, if that is shown for every iteration."""
    start, reading = workflow.settled, workflow.settled_training_set
    if start is None or reading is None or any(fresh for *_, fresh in reading.parts):
        return True
    if not start.is_Integer:
        return workflow.training_set is None
    named = (part for m in range(2, int(start) + 1) for part in workflow.workflow.said(m).parts)
    return any(part.fresh_real and part.last > 1 for part in named)
