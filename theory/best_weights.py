"""The weights of a workflow's pools that make the error of each model least, one iteration after another.

Given how the models before were fitted, the shares p of the pools of training set n minimise p' V p, V being the
covariance of what the pools say, delta_l(k) + noise_k: p = V^-1 1/(1' V^-1 1), the best linear unbiased estimate, and
c_n = 1/(1' V^-1 1). That is greedy: each model's error in its turn is made least, not the last one's. At fixed design
it is exact, else the limit T -> oo.

What is proved for every n goes by which pools a training set names:

* all real data so far, among others: given these the sampled data do not depend on w*, so that they tell nothing more
  of it: their weight is zero, whatever the estimator and the loss (data processing).
* real(n) and synthetic(n - 1), of s T rows: c_n = (c_{n-1} + 1/s)/(1 + c_{n-1} + 1/s); for s = 1 these are
  F_{2n-1}/F_{2n}, and their limit is 1 over the golden ratio (the steady state of a Kalman filter; 2502.18049).
* real(n) and the K newest sampled pools: Cov(delta_n, pool k) = c_n for every pool used, as for each best linear
  estimate, so that in the stationary state K c^2 + c = 1.
* the K newest pools alone: by the same lemma the response to a noise rises by s an iteration up to age K, which makes
  the weights p_j = s sin(j theta)/sin(theta), theta = pi/(2 K + 1), and the slope s = 2 - 2 cos(theta).

That the greedy weights tend to a stationary state is seen, not proved, but for K = 1.
"""

from dataclasses import dataclass
from fractions import Fraction

import flint
import sympy as sp

from .asymptotics import Growth
from .iterations import check_iterations
from .pools import Pool
from .symbolic_workflow import SymbolicWorkflow
from .symbols import k, n
from .sympy_types import as_expression
from .workflow import Workflow, check_workflow

#: Bits of a gain's denominator beyond which no further iteration is computed.
_LONGEST = 5000


@dataclass(frozen=True)
class BestWeights:
    """The best shares of a workflow's pools at each iteration, and what they lead to.

    Attributes:
        weights: the shares at iterations 1, 2, …, exact; none is negative in the workflows listed here, but one may be.
        gains: c_1, c_2, …, exact.
        growth: for n -> oo, in units of one fit's error; `None` where not known.
        stationary: the shares for n -> oo by age, the newest sampled pool first; real(n), where it is used, before it.
        because: why.
        proved: whether the growth is proved: else the gains were only seen to tend to that stationary state.
    """

    weights: list[dict[Pool, Fraction]]
    gains: list[Fraction]
    growth: Growth | None
    stationary: tuple[sp.Expr, ...]
    because: str
    proved: bool


def best_weights(workflow: Workflow, iterations: int) -> BestWeights:
    """The best shares of the pools that a workflow names, whatever weights it gives them.

    Args:
        workflow: its training sets say which pools are used; draws are refused.
        iterations: n.

    Raises:
        ValueError: rows are drawn, a training set is not valid, or less than one iteration.

    >>> from theory import FreshReal
    >>> [str(gain) for gain in best_weights(FreshReal(), 4).gains]
    ['1', '2/3', '5/8', '13/21']
    """
    check_workflow(workflow)
    check_iterations(iterations)
    weights: list[dict[Pool, Fraction]] = []
    gains: list[Fraction] = []
    said = _Said()
    error: dict[Pool, Fraction] = {}
    for iteration in range(1, iterations + 1):
        if workflow.drawn(iteration) is not None:
            raise ValueError(f"{workflow} draws rows; weights are those of pools used whole.")
        said.add(Pool(iteration), error, gains[-1] if gains else Fraction(0), workflow)
        pools = list(workflow.shares(iteration))
        for pool in pools:
            if pool not in said.covariance:
                said.add(pool, {}, Fraction(0), workflow)
        best, gain = _least([[said.covariance[a][b] for b in pools] for a in pools])
        weights.append(dict(zip(pools, best, strict=True)))
        gains.append(gain)
        if gain.denominator.bit_length() > _LONGEST and iteration < iterations:
            raise ValueError(
                f"the best weights under {workflow} are exact rationals that double in length at each iteration; "
                f"those of iteration {iteration + 1} are too long. Ask for {iteration} iterations."
            )
        error = said.combined(weights[-1])
    return BestWeights(weights, gains, *_stationary(SymbolicWorkflow(workflow)))


class _Said:
    """What the pools say, by their covariances: pool k says delta_l(k) + noise_k."""

    def __init__(self) -> None:
        self.covariance: dict[Pool, dict[Pool, Fraction]] = {}

    def add(self, pool: Pool, error: dict[Pool, Fraction], variance: Fraction, workflow: Workflow) -> None:
        """A pool whose labelling model has these covariances with the pools so far, and this variance."""
        for other, row in self.covariance.items():
            row[pool] = error.get(other, Fraction(0))
        own = {other: error.get(other, Fraction(0)) for other in self.covariance}
        self.covariance[pool] = {**own, pool: variance + 1 / workflow.size(pool)}

    def combined(self, shares: dict[Pool, Fraction]) -> dict[Pool, Fraction]:
        """The covariances of a mean over pools with every pool."""
        return {
            other: sum((share * row[pool] for pool, share in shares.items()), Fraction(0))
            for other, row in self.covariance.items()
        }


def _least(covariance: list[list[Fraction]]) -> tuple[list[Fraction], Fraction]:
    """The shares, and the variance, of the best linear unbiased estimate."""
    count = len(covariance)
    entries = [flint.fmpq(*entry.as_integer_ratio()) for row in covariance for entry in row]
    solved = flint.fmpq_mat(count, count, entries).solve(flint.fmpq_mat(count, 1, [1] * count))
    raw = [Fraction(int(value.p), int(value.q)) for (value,) in solved.table()]
    total = sum(raw, Fraction(0))
    return [value / total for value in raw], 1 / total


def _stationary(workflow: SymbolicWorkflow) -> tuple[Growth | None, tuple[sp.Expr, ...], str, bool]:
    """What is known of the growth, the shares for n -> oo, why, and whether it is proved."""
    unknown = None, (), "no stationary state is known for these pools", False
    reading = workflow.training_set
    if reading is not None and reading.drawn is None and any(first == 1 for first, *_ in reading.parts):
        collected = [(first, last) for first, last, fresh in reading.parts if fresh]
        if all(first in (1, 2) and last == n for first, last in collected):
            because = "given all real data the sampled ones do not depend on the truth: they never help"
            if collected and reading.real_size.has(k):  # all of them may be no more than so many rows
                return None, (), because, False
            return Growth("bounded", sp.S.Zero if collected else sp.S.One), (), because, True
    lags, settled = workflow.settled_lags, workflow.settled_training_set
    if lags is None or settled is None or lags.thinning != 0 or len(lags.runs) != 1 or len(lags.fresh) > 1:
        return unknown
    # real(1) is no lag, and what the workflow gives no weight is none either
    if len(settled.parts) != len(lags.runs) + len(lags.fresh):
        return unknown
    young, count, _, size = lags.runs[0]
    if young != 1 or not count.is_Integer or any((a, b) != (0, 0) for a, b, _ in lags.fresh):
        return unknown
    K = int(count)
    if not lags.fresh:
        if size != 1:
            return unknown
        theta = sp.pi / (2 * K + 1)
        slope = as_expression(2 - 2 * sp.cos(theta))
        shares = tuple(as_expression(slope * sp.sin(j * theta) / sp.sin(theta)) for j in range(1, K + 1))
        because = "each pool's covariance with the best estimate is its variance, so that old noises weigh in linearly"
        return Growth("linear", slope), shares, because, K == 1
    if K == 1:
        c = sp.simplify((sp.sqrt(1 + 4 * size) - 1) / (2 * size))
        return (
            Growth("bounded", c),
            (c, as_expression(1 - c)),
            "a Kalman filter's steady state: c = (c + 1/s)/(1 + c + 1/s)",
            True,
        )
    if size != 1:
        return unknown
    c = as_expression((sp.sqrt(1 + 4 * K) - 1) / (2 * sp.Integer(K)))
    because = "each pool's covariance with the best estimate is its variance, so that K c^2 + c = 1"
    return Growth("bounded", c), (c, *[as_expression(c**2)] * K), because, False
