"""Exact laws of models refitted on the data that earlier models generated."""

from . import chain as chain, linear as linear, table as table
from .asymptotics import Growth as Growth
from .bounds import check_bound as check_bound, tightest as tightest
from .derivation import Derivation as Derivation, Step as Step
from .gain import gain as gain
from .law import Law as Law
from .moments import RuleDoesNotApply as RuleDoesNotApply
from .optimise import Optimum as Optimum, optimise as optimise
from .prover.bounds import Proved as Proved, Refuted as Refuted, Tightest as Tightest, Undecided as Undecided
from .unequal import UnequalLaw as UnequalLaw, unequal as unequal
from .workflow import (
    WORKFLOWS as WORKFLOWS,
    Accumulate as Accumulate,
    AccumulateSubsample as AccumulateSubsample,
    FixedReal as FixedReal,
    FreshReal as FreshReal,
    Pool as Pool,
    Pools as Pools,
    Replace as Replace,
    ReplaceGrowing as ReplaceGrowing,
    SlidingWindow as SlidingWindow,
    TrainingSet as TrainingSet,
    Workflow as Workflow,
    by_count as by_count,
    by_weight as by_weight,
    pools as pools,
    real as real,
    subsample as subsample,
    synthetic as synthetic,
)
