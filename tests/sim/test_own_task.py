"""A task of a user's own: the mean of N(mu, 1), estimated by the average of T rows."""

import inspect
from dataclasses import dataclass
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
import sympy as sp
from jaxtyping import Array, Float, PRNGKeyArray

import sim
import theory
from sim.tasks import SAMPLERS
from theory import Accumulate, Derivation, Derived, Parameter, Quantity, Replace, Step, Task, Workflow
from theory.prover.domain import Domain, Variable
from theory.symbols import T, n

SQUARED_ERROR = Quantity("squared_error", "squared error of model n", unit=1 / T, limit_unit=1 / T)
ABSOLUTE_ERROR = Quantity("absolute_error", "absolute error of model n", unit=1 / sp.sqrt(T), limit_unit=1 / sp.sqrt(T))
ROWS = Parameter(T, "rows", default=50)
DOMAIN = Domain((Variable(T, (sp.Integer(1),)),))


@dataclass(frozen=True)
class NormalMean(Task):
    T: int | None = None

    name: ClassVar[str] = "normal-mean"
    quantities: ClassVar[tuple[Quantity, ...]] = (SQUARED_ERROR, ABSOLUTE_ERROR)
    parameters: ClassVar[tuple[Parameter, ...]] = (ROWS,)
    domain: ClassVar[Domain] = DOMAIN

    def derive(self, workflow: Workflow, quantity: Quantity) -> Derived:
        """Under Replace, a random walk."""
        step = Step("independence", r"E_n = n/T", "each model adds the error of an average")
        return Derived(n / T, Derivation((step,)), "textbooks", "exact", gain=n)


class Walk(sim.AbstractSampler[NormalMean]):
    name: ClassVar[str] = "walk"

    T: int = eqx.field(static=True)
    zeros: Float[Array, " iterations"]

    def __init__(self, task: NormalMean, workflow: Workflow, iterations: int, dtype: np.dtype) -> None:
        self.T = task.numbers["T"]
        self.zeros = jnp.zeros(iterations, dtype)

    @classmethod
    def objection(cls, task: NormalMean, workflow: Workflow, iterations: int) -> str | None:
        return None if workflow == Replace() else f"a walk is what Replace does, not {workflow}."

    @property
    def bytes_per_replicate(self) -> int:
        return 64 * len(self.zeros)

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        steps = jr.normal(key, self.zeros.shape, self.zeros.dtype)
        return jnp.cumsum(steps) ** 2 / self.T


class Limit(Walk):
    """Said to be of the limit, for the comparison."""

    name: ClassVar[str] = "limit"
    automatic: ClassVar[bool] = False
    is_limit: ClassVar[bool] = True


class Negative(Walk):
    name: ClassVar[str] = "negative"
    automatic: ClassVar[bool] = False

    @property
    def scale(self) -> float:
        return 1.0

    def __call__(self, key: PRNGKeyArray) -> Float[Array, " iterations"]:
        return self.zeros - 1


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(sim.tasks, "SAMPLERS", dict(SAMPLERS))
    sim.register(NormalMean, Walk, Limit, Negative)


def simulate(task: Task = NormalMean(40), workflow=Replace(), **changes):  # noqa: B008 - both are frozen
    return sim.run(task, workflow, **({"iterations": 3, "replicates": 20_000, "key": jr.key(1)} | changes))


def test_an_unknown_task_is_refused():
    with pytest.raises(ValueError, match=r"no sampler of NormalMean is known; there are some of LinearRegression"):
        simulate()


@pytest.mark.usefixtures("registered")
def test_it_runs_and_agrees_with_its_law():
    run = simulate()
    assert (run.task, run.of, run.sampler, run.precision) == (NormalMean(40), "squared_error", "walk", "float64")
    assert sim.compare(run, theory.law(NormalMean(), Replace())).verdict == "agree"
    assert sim.compare(run, theory.law(run.task, Replace())).verdict == "agree"
    with pytest.raises(ValueError, match="Compare a run with the law of its own"):
        sim.compare(run, theory.law(NormalMean(41), Replace()))
    with pytest.raises(AttributeError, match="this run is of the squared_error of NormalMean.*in `estimate`"):
        _ = run.test_error


@pytest.mark.usefixtures("registered")
def test_defaults_fill_in_numbers():
    assert simulate(NormalMean()).task == NormalMean(50)


@pytest.mark.usefixtures("registered")
def test_a_limit_is_held_against_the_gain():
    run = simulate(sampler="limit")
    found = sim.compare(run, theory.law(NormalMean(), Replace()))
    assert found.law.tolist() == [1 / 40, 2 / 40, 3 / 40]
    assert found.verdict == "agree"


@pytest.mark.usefixtures("registered")
def test_it_resumes_to_the_same_digits(tmp_path):
    state = tmp_path / "state"
    simulate(checkpoint=state, replicates=10_000)
    resumed, straight = simulate(checkpoint=state), simulate()
    assert (resumed.estimate.mean == straight.estimate.mean).all()
    with pytest.raises(ValueError, match="T is 40 there and 41 here"):
        simulate(NormalMean(41), checkpoint=state)
    with pytest.raises(ValueError, match="task is normal-mean there and regression here"):
        simulate(sim.LinearRegression(40, 3, design="fresh"), checkpoint=state)


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"workflow": Accumulate()}, r"a walk is what Replace does, not Accumulate\(\)"),
        ({"sampler": "wishart"}, "sampler must be one of auto, walk, limit, negative; got 'wishart'"),
        ({"of": "absolute_error"}, "no sampler auto simulates the absolute_error of NormalMean"),
        ({"of": "bias"}, "normal-mean has no quantity 'bias'; it has squared_error, absolute_error"),
    ],
)
def test_mistakes(changes, message):
    with pytest.raises(ValueError, match=message):
        simulate(**changes)


@pytest.mark.usefixtures("registered")
def test_a_sampler_of_negative_numbers_is_refused():
    with pytest.raises(FloatingPointError, match="a negative chain gave -1.0, and a sampler's numbers are at least 0"):
        simulate(sampler="negative")


def test_register_needs_a_sampler():
    with pytest.raises(ValueError, match="register needs at least one class of samplers after NormalMean"):
        sim.register(NormalMean)
    register: Any = inspect.unwrap(sim.register)  # a user's process does not check types
    with pytest.raises(ValueError, match="needs at least one class of samplers after NormalMean; got .*NormalMean"):
        register(NormalMean, Walk, NormalMean)
    for task in (NormalMean(T=9), int):
        with pytest.raises(ValueError, match=r"needs the class of a task, as LinearRegression; got .*(NormalMean|int)"):
            register(task, Walk)
    assert NormalMean not in SAMPLERS
