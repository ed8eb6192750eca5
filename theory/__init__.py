"""Exact laws of models refitted on the data that earlier models generated."""

from . import linear as linear, table as table
from .asymptotics import Growth as Growth
from .best_weights import BestWeights as BestWeights, best_weights as best_weights
from .bounds import check_bound as check_bound, tightest as tightest
from .depth import Depth as Depth, depth as depth
from .derivation import (
    EXACT as EXACT,
    LARGE_T as LARGE_T,
    Derivation as Derivation,
    Derived as Derived,
    RuleDoesNotApply as RuleDoesNotApply,
    Step as Step,
)
from .diagnose import Diagnosis as Diagnosis, diagnose as diagnose
from .diagnose_jointly import JointDiagnosis as JointDiagnosis, diagnose_jointly as diagnose_jointly
from .frame import Frame as Frame
from .gain import gain as gain
from .gain_law import gain_law as gain_law
from .generator import Generator as Generator
from .law import Law as Law, law as law
from .linear import generated as generated
from .optimise import Optimum as Optimum, optimise as optimise
from .plan import Plan as Plan, plan as plan
from .plotting import plot as plot
from .population import (
    Population as Population,
    symmetric_limit as symmetric_limit,
    symmetric_population as symmetric_population,
)
from .probability import TailVerdict as TailVerdict, check_probability as check_probability
from .prover.domain import Domain as Domain, Variable as Variable
from .prover.verdicts import Proved as Proved, Refuted as Refuted, Tightest as Tightest, Undecided as Undecided
from .ranges import Range as Range
from .symbolic_workflow import SymbolicWorkflow as SymbolicWorkflow
from .task import (
    Choice as Choice,
    Detail as Detail,
    Parameter as Parameter,
    Quantity as Quantity,
    Several as Several,
    Task as Task,
)
from .tasks import (
    TASKS as TASKS,
    Bernoulli as Bernoulli,
    Categorical as Categorical,
    Estimator as Estimator,
    ExponentialFamily as ExponentialFamily,
    Gamma as Gamma,
    Gaussian as Gaussian,
    GeneralisedLinear as GeneralisedLinear,
    KernelDensity as KernelDensity,
    LinearRegression as LinearRegression,
    NegativeBinomial as NegativeBinomial,
    Poisson as Poisson,
)
from .tasks.kernel_density import (
    expected_characteristic as expected_characteristic,
    expected_density as expected_density,
)
from .tasks.regression import (
    BestRidge as BestRidge,
    GeneratedLaw as GeneratedLaw,
    Rate as Rate,
    Spectrum as Spectrum,
    UnequalLaw as UnequalLaw,
    best_rate as best_rate,
    best_ridge as best_ridge,
    downstream_error as downstream_error,
    mixture_error as mixture_error,
    unequal as unequal,
)
from .workflow import (
    Pool as Pool,
    Pools as Pools,
    TrainingSet as TrainingSet,
    Workflow as Workflow,
    by_count as by_count,
    by_weight as by_weight,
    pools as pools,
    real as real,
    subsample as subsample,
    synthetic as synthetic,
)
from .workflows import (
    WORKFLOWS as WORKFLOWS,
    Accumulate as Accumulate,
    AccumulateFresh as AccumulateFresh,
    AccumulateSubsample as AccumulateSubsample,
    FixedReal as FixedReal,
    FreshReal as FreshReal,
    Replace as Replace,
    ReplaceGrowing as ReplaceGrowing,
    SlidingWindow as SlidingWindow,
)
