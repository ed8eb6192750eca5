"""Exact laws of models refitted on the data that earlier models generated."""

from . import linear as linear
from .asymptotics import Growth as Growth
from .bounds import (
    Proved as Proved,
    Refuted as Refuted,
    Tightest as Tightest,
    Undecided as Undecided,
    check_bound as check_bound,
    tightest as tightest,
)
from .derivation import Derivation as Derivation, Step as Step
from .gain import gain as gain
from .law import Law as Law
from .moments import RuleDoesNotApply as RuleDoesNotApply
from .workflow import (
    WORKFLOWS as WORKFLOWS,
    Accumulate as Accumulate,
    Pool as Pool,
    Pools as Pools,
    Replace as Replace,
    ReplaceGrowing as ReplaceGrowing,
    TrainingSet as TrainingSet,
    Workflow as Workflow,
    by_count as by_count,
    by_weight as by_weight,
    pools as pools,
    real as real,
    subsample as subsample,
    synthetic as synthetic,
)
