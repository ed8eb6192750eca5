"""The test error at fixed design where rows are drawn, and features are as many as a given share of the samples.

Pools share one X, so a draw from K of them has a row of X up to K times: m times with the chance of Bin(K, r/K), where
r T rows are drawn. Rows that are missing leave fewer to fit to than at fresh design, and the error is larger.

Given all that was sampled before, a draw is fair to each pool. So model n is a mean and a fluctuation, delta_n = m_n +
f_n, where m_n is what all of the rows would give: the mean over its K pools of (error of the model that labelled the
pool, plus X's least squares of the pool's noise). The fluctuation has mean 0 given the past, and the limit d/T -> gamma
has its size in closed form, row by row: with A = sum_i m_i x_i x_i' and k = tr A^-1, leaving row i out gives

    x_i' A^-1 x_i = k/(1 + m_i k),  E[m k/(1 + m k)] = gamma,  T tr A^-2 E[m/(1 + m k)^2] = k.

Within a row of X the K labels scatter by noise and by the models that gave them. That scatter is in sample, where a
model errs less than elsewhere, and is followed as well. Where T rows are drawn from ever more pools, m tends to a
Poisson variable of mean 1, and the scatter s follows s <- 1 + s E[k/(1 + m k)] = 1 + s (1 - gamma) k: it settles if and
only if gamma < 0.4503, and above that AccumulateSubsample's error grows for ever, which it does not for T -> oo.
Derived, not proved; right up to O(1/d). At finite T an unlucky draw has so few different rows that the mean is
infinite: the limit leaves these out, as nearly every simulation does.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import comb

import numpy as np

from ...iterations import check_iterations
from ...workflow import Workflow, check_workflow
from .checks import check
from .master import Array

#: Models: each is held against all before it.
MOST = 300


def objection(workflow: Workflow, iterations: int, *, T: int, d: int, corrected: bool) -> str | None:
    """Why there are no values; `None` where there are. Arguments are those of `errors`."""
    if workflow.is_symbolic:
        return f"{workflow} has symbolic parameters; the limit d/T -> gamma needs numbers for them."
    if iterations > MOST:
        return f"the limit d/T -> gamma at fixed design is computed for at most {MOST} iterations; got {iterations}."
    for iteration in range(1, iterations + 1):
        pools, rows = list(workflow.shares(iteration)), _rows(workflow, iteration)
        if set(workflow.shares(iteration).values()) != {Fraction(1, len(pools))} or any(
            workflow.size(pool) != 1 for pool in pools
        ):
            return (
                "the limit d/T -> gamma of draws at fixed design is known where pools have T rows that count alike; "
                f"iteration {iteration} of {workflow} has others."
            )
        there = T * (1 - (1 - rows / len(pools)) ** len(pools))  # exactly: with d of them there is no limit
        if there <= d + corrected:
            return (
                f"without ridge the limit d/T -> gamma needs more than {d + corrected} different rows in every "
                f"training set; iteration {iteration} of {workflow} has {float(there):.4g}. Use more samples or fewer "
                "features."
            )
    return None


def errors(
    workflow: Workflow, iterations: int, *, T: int, d: int, sigma: float = 1.0, corrected: bool = False
) -> Array:
    """The test errors of models 1 to `iterations` in the limit d/T -> gamma at fixed design, in float64.

    Args:
        workflow: what each model is fitted to: pools of T rows that count alike, used whole or drawn from.
        iterations: at most `MOST`.
        T: samples an iteration; T and d alone matter as gamma = d/T, unless `corrected`.
        d: features.
        sigma: noise standard deviation.
        corrected: with d + 1 for d inside, a better guess at finite T.

    Raises:
        ValueError: numbers outside the domain, too many iterations, other pools, or a training set that has not more
            different rows than features.

    >>> from theory import AccumulateSubsample
    >>> errors(AccumulateSubsample(), 3, T=200, d=100).round(6).tolist()
    [1.0, 2.221681, 3.004613]
    """
    check_workflow(workflow)
    T, d, sigma = check(T, d, sigma)
    check_iterations(iterations)
    reason = objection(workflow, iterations, T=T, d=d, corrected=corrected)
    if reason is not None:
        raise ValueError(reason)
    found = _Chain((d + corrected) / T, workflow, iterations)
    for iteration in range(1, iterations + 1):
        found.fit(iteration)
    return sigma**2 * d / (d + corrected) * found.errors[1:]


def _rows(workflow: Workflow, iteration: int) -> Fraction:
    """Of the training set, over T."""
    composition = workflow.composition(iteration)
    return composition.rows if composition.drawn is None else composition.drawn


@dataclass(frozen=True, eq=False)
class _Draw:
    """How often a draw has a row of X.

    Attributes:
        pools: K.
        times: m = 0, 1, …, K.
        chances: of each.
        k: tr A^-1 in the limit.
    """

    pools: int
    times: Array
    chances: Array
    k: float

    @classmethod
    def of(cls, pools: int, rows: Fraction, gamma: float) -> "_Draw":
        from scipy.optimize import root_scalar  # not at the top, for it doubles what `import theory` costs

        times, chance = np.arange(pools + 1.0), float(rows) / pools
        ways = np.array([float(comb(pools, m)) for m in range(pools + 1)])
        chances = ways * chance**times * (1 - chance) ** (pools - times)
        # m >= 1 where a row is there: k/(1 + k) is at most gamma over the share of rows that are; twice, for rounding
        share = gamma / (1 - chances[0])
        high = 2 * share / (1 - share)
        found = root_scalar(
            lambda k: (chances * times * k / (1 + times * k)).sum() - gamma, bracket=(0, high), xtol=1e-15 * high
        )
        return cls(pools, times, chances, float(found.root))

    def mean(self, values: Array) -> float:
        """Over m, each leave-one-out factor 1/(1 + m k) squared."""
        return float((self.chances * values / (1 + self.times * self.k) ** 2).sum())


class _Chain:
    """Models 0, 1, …, of which 0 is the truth: what each has of the pools' noise and of the fluctuations before it.

    Attributes:
        errors: E|delta_n|^2.
    """

    def __init__(self, gamma: float, workflow: Workflow, iterations: int) -> None:
        self.gamma = gamma
        self.workflow = workflow
        pools = {pool for iteration in range(1, iterations + 1) for pool in workflow.shares(iteration)}
        self.index = {pool: at for at, pool in enumerate(pools)}
        models = iterations + 1
        self.noise = np.zeros((models, len(pools)))
        self.fluctuations = np.eye(models)
        self.sizes = np.zeros(models)  # E|f_n|^2
        self.in_sample = np.zeros(models)  # E(x_i'f_n)^2, x_i a row of X
        self.products = np.zeros((models, models))  # E(x_i'delta_a)(x_i'delta_b)
        self.errors = np.zeros(models)

    def fit(self, n: int) -> None:
        """Model n."""
        pools = list(self.workflow.shares(n))
        at, labels = [self.index[pool] for pool in pools], [pool.labelled_by for pool in pools]
        self.noise[n] = self.noise[labels].mean(0)
        self.noise[n, at] += 1 / len(pools)
        self.fluctuations[n] += self.fluctuations[labels].mean(0)
        draw = _Draw.of(len(pools), _rows(self.workflow, n), self.gamma)
        self.sizes[n], self.in_sample[n] = self._fluctuation(draw, at, labels)
        one_fit = self.gamma / (1 - self.gamma)
        self.errors[n] = one_fit * (self.noise[n] ** 2).sum() + (self.fluctuations[n] ** 2 * self.sizes).sum()
        products = self.gamma * self.noise @ self.noise[n]
        products += (self.fluctuations * self.in_sample) @ self.fluctuations[n]
        self.products[n], self.products[:, n] = products, products

    def _fluctuation(self, draw: _Draw, at: list[int], labels: list[int]) -> tuple[float, float]:
        """E|f_n|^2 and, in sample, E(x_i'f_n)^2.

        Args:
            draw: how often a row is there.
            at: places of the pools.
            labels: the models that labelled them.
        """
        m, k, pools, gamma = draw.times, draw.k, draw.pools, self.gamma
        among = m * (1 - m / pools)  # what is drawn without replacement varies by this times the scatter
        scatter = self._scatter(at, labels)
        trace = k / draw.mean(m)  # T tr A^-2
        # the mean label of a row, less X's least squares of it, has variance (1 - gamma)/K
        missed = (trace * draw.mean(m**2) - gamma / (1 - gamma)) / pools
        size = scatter * trace * draw.mean(among) + missed
        rest = (1 - gamma) / pools * (m * k - gamma / (1 - gamma)) ** 2
        return size, draw.mean(size + k**2 * among * scatter + rest)

    def _scatter(self, at: list[int], labels: list[int]) -> float:
        """The variance of the labels of one row of X over the pools."""
        pools = len(at)
        if pools == 1:
            return 0.0
        products = self.products[np.ix_(labels, labels)]
        apart = np.trace(products) - products.mean(0).sum()
        shared = self.gamma * self.noise[np.ix_(labels, at)].mean(0).sum()  # of a row's noise with the models it led to
        return float(1 + (apart - 2 * shared) / (pools - 1))
