"""For both: a task of your own, with its law, a bound, a simulation and their comparison. `# ->`: what is printed."""

import tempfile
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import jax.random as jr
from sympy import S

import sim
import theory
from theory import EXACT, LARGE_T, Accumulate, Domain, Parameter, Pool, Quantity, Step, SymbolicWorkflow, Variable
from theory.symbols import T


@dataclass(frozen=True)
class NormalMean(theory.Task):
    """The mean of N(mu, 1), estimated by the mean of T numbers; new ones come from N(estimate, 1)."""

    name = "normal-mean"
    quantities = (Quantity("test_error", "squared error of estimate n, n = 1 that of real numbers", 1 / T, 1 / T),)
    parameters = (Parameter(T, "numbers an iteration"),)
    domain = Domain((Variable(T, (S.One,)),))
    T: int | None = None

    def derive(self, workflow, quantity):
        symbolic, equation = SymbolicWorkflow(workflow), r"\delta_n = \sum_k p_{nk}\,(\delta_{k-1} + \bar\varepsilon_k)"
        step = Step("means of means", equation, "pool k has mean delta_(k-1) plus that of T_k noises of variance 1")
        return theory.gain_law(symbolic, 1 / T, validity=LARGE_T if symbolic.draws else EXACT, steps=(step,))


class Numbers(sim.AbstractSampler):  # draws every number, with mu = 0; for pools of T numbers that are used whole
    name = "literal"
    T: int
    shares: jax.Array

    def __init__(self, task, workflow, iterations, dtype):
        self.T, each = task.T, range(1, iterations + 1)
        self.shares = jnp.array([[float(workflow.shares(n).get(Pool(k), 0)) for k in each] for n in each], dtype)

    def __call__(self, key):
        def fit(carry, now):
            (means, estimate), (iteration, shares) = carry, now
            means = means.at[iteration].set(estimate + jr.normal(jr.fold_in(key, iteration), (self.T,)).mean())
            return (means, shares @ means), (shares @ means) ** 2

        start = 0 * self.shares[0], 0 * self.shares[0, 0]
        return jax.lax.scan(fit, start, (jnp.arange(len(self.shares)), self.shares))[1]


sim.register(NormalMean, Numbers)
law = theory.law(NormalMean(), Accumulate())
print(law.expr, theory.check_bound(law, "pi**2/(6*T)").verdict, theory.tightest(law).constant)
# -> Sum(i**(-2), (i, 1, n))/T proved pi**2/6
with tempfile.TemporaryDirectory() as at:  # killed after 1,000 chains, a run goes on from its checkpoint
    for most in (1_000, 4_000):
        run = sim.run(NormalMean(20), Accumulate(), iterations=5, replicates=most, key=jr.key(0), checkpoint=f"{at}/a")
print(run.replicates, sim.compare(run, law).verdict)
# -> 4000 agree
