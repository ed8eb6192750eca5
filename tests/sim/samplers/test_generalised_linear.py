"""Generalised linear models: fits against their own equations, quantities against quadrature, chains and lost fits."""

import sys
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

import sim
import theory
from sim.blocks import Blocks
from sim.comparison import Z
from sim.samplers.links import LINKS
from sim.samplers.newton import fitted
from sim.tasks import samplers_of
from tests.helpers import Made, command, refused
from tests.sim.build import build
from tests.sim.refits import agrees
from theory import Accumulate, FixedReal, FreshReal, GeneralisedLinear, Replace, SlidingWindow, by_count, real

pytestmark = pytest.mark.usefixtures("quickly_compiled")

SLOW = pytest.mark.slow


def rows_of(task, workflow, iterations):
    """The sampler of test errors, in float64."""
    sampler: Any = samplers_of(GeneralisedLinear)[0]
    return sampler(task, workflow, iterations, jnp.dtype("float64"))


def residuals(link, predictor, label):
    """The derivative of the log likelihood by the predictor, from the textbook."""
    if link == "poisson":
        return label - np.exp(predictor)
    if link == "logistic":
        return label - special.expit(predictor)
    one = special.ndtr(predictor)
    return (label - one) * stats.norm.pdf(predictor) / (one * (1 - one))


def mean_label(link, predictor):
    return {"logistic": special.expit, "probit": special.ndtr, "poisson": np.exp}[link](predictor)


def rows(seed, T=40, d=3, signal=1.0, link="logistic"):
    """Features, labels and uneven weights, some of which are 0."""
    generator = np.random.default_rng(seed)
    x, weights = generator.normal(size=(T, d)), generator.exponential(size=T) * (generator.uniform(size=T) < 0.8)
    labels = LINKS[link].sample(jr.key(seed), jnp.asarray(signal * x[:, 0]))
    return x, np.asarray(labels), weights / weights.sum()


_fitted = jax.jit(fitted, static_argnums=0)


def fit(link, x, labels, weights, start):
    return np.asarray(_fitted(LINKS[link], *(jnp.asarray(each, float) for each in (x, labels, weights, start))))


@pytest.mark.parametrize("start", [0.0, 1.0, -4.0])
@pytest.mark.parametrize("link", LINKS)
def test_a_fit_solves_its_own_equations_wherever_the_search_begins(link, start):
    """The likelihood is concave: where its slope is 0 is the maximum. From far off whole Newton steps would diverge."""
    for seed in range(3):
        x, labels, weights = rows(seed, link=link)
        model = fit(link, x, labels, weights, np.full(3, start))
        slope = (weights * residuals(link, x @ model, labels)) @ x
        scale = np.abs(weights[:, None] * x * residuals(link, x @ model, labels)[:, None]).sum(0)
        assert (np.abs(slope) < 1e-12 * scale).all()
        # the power: a model that is off by a millionth is seen
        assert np.abs((weights * residuals(link, x @ (model * (1 + 1e-6)), labels)) @ x).max() > 1e-8 * scale.max()


def test_rows_without_weight_are_no_part_of_a_fit():
    x, labels, weights = rows(1)
    other = np.where(weights > 0, labels, np.nan)
    assert np.isnan(other).any()
    np.testing.assert_array_equal(
        fit("logistic", x, other, weights, np.zeros(3)), fit("logistic", x, labels, weights, np.zeros(3))
    )
    unknown = labels.copy()
    unknown[np.argmax(weights)] = np.nan
    assert np.isnan(fit("logistic", x, unknown, weights, np.zeros(3))).all()


@pytest.mark.parametrize("link", ["logistic", "probit"])
def test_separated_labels_have_no_fit(link):
    generator = np.random.default_rng(0)
    x, weights = generator.normal(size=(12, 2)), np.full(12, 1 / 12)
    plane = np.array([0.3, -2.0])
    for margin in (1.0, 1e-3):
        apart = x + (margin - 1) * np.outer(x @ plane, plane) / (plane @ plane)
        for start in (np.zeros(2), plane, -plane):
            assert np.isnan(fit(link, apart, (x @ plane > 0).astype(float), weights, start)).all()
    mixed = (x @ plane > 0).astype(float)
    mixed[np.abs(x @ plane).argmax()] = 1 - mixed[np.abs(x @ plane).argmax()]
    assert np.isfinite(fit(link, x, mixed, weights, np.zeros(2))).all()


def test_counts_that_are_all_nought_have_no_fit():
    x = np.abs(np.random.default_rng(0).normal(size=(8, 2)))
    weights = np.full(8, 1 / 8)
    assert np.isnan(fit("poisson", x, np.zeros(8), weights, np.zeros(2))).all()
    assert np.isfinite(fit("poisson", x, np.eye(8)[0] + np.eye(8)[1], weights, np.zeros(2))).all()


@pytest.mark.parametrize(("link", "reach"), [("logistic", 10), ("probit", 10), ("poisson", 3)])
def test_a_fit_that_is_longer_than_the_truth_by_so_much_is_none(link, reach, monkeypatch):
    task = GeneralisedLinear(T=40, d=2, link=link, signal=2.0)
    sampler = rows_of(task, Replace(), 1)
    assert f"longer than the truth's by {reach} or more" in sampler.may_fail
    for length, is_fit in ((2 + reach - 1e-6, True), (2 + reach + 1e-6, False)):
        model = length * jnp.array([0.6, -0.8])
        monkeypatch.setattr(sys.modules["sim.samplers.generalised_linear_rows"], "fitted", lambda *_, of=model: of)
        found = sampler.fit(jnp.zeros((40, 3)), jnp.full(40, 1 / 40))
        np.testing.assert_array_equal(found, model if is_fit else np.full(2, np.nan))


@pytest.mark.parametrize("link", LINKS)
def test_labels_have_their_means(link):
    """E y given the predictor, at three of them."""
    draws, predictors = 60_000, np.array([-1.0, 0.4, 1.5])
    labels = np.asarray(LINKS[link].sample(jr.key(1), jnp.repeat(jnp.asarray(predictors), draws))).reshape(3, draws)
    mean, error = labels.mean(1), labels.std(1) / np.sqrt(draws)
    expected = mean_label(link, predictors)
    assert (error < 0.1 / (2 * Z) * expected).all()
    assert (np.abs(mean - expected) < Z * error).all()


@pytest.mark.parametrize("link", LINKS)
def test_labels_know_of_their_features_by_the_model_alone(link):
    """By a model of nought they are independent: of one feature, that is, whose random numbers could be theirs too."""
    chain = rows_of(GeneralisedLinear(4000, 1, 1.0, link), Replace(), 1)
    x, label = np.asarray(chain.sample(jr.key(3), jnp.zeros(1), jnp.array(True))).T
    for power in (1, 2):
        assert abs(np.corrcoef(x**power, label)[0, 1]) < Z / 4000**0.5


def expected_loss(link, signal, model):
    """Of a model on a new row, by a rule on a square: x along the truth, and across it."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(150)
    along, across = np.meshgrid(nodes, nodes)
    weights = np.outer(weights, weights) / (2 * np.pi)
    truth, predictor = mean_label(link, signal * along), along * model[0] + across * model[1]
    if link == "poisson":
        return (weights * (np.exp(predictor) - truth * predictor)).sum()
    log_one = special.log_ndtr if link == "probit" else special.log_expit
    return -(weights * (truth * log_one(predictor) + (1 - truth) * log_one(-predictor))).sum()


@pytest.mark.parametrize("signal", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("link", LINKS)
def test_excess_risks_are_those_of_quadrature(link, signal):
    for model in ([signal, 0.0], [0.6, 0.8], [-0.5, 1.2], [1.3 * signal, 0.1]):
        risk = LINKS[link].risk(jnp.asarray(model[0]), jnp.asarray(np.linalg.norm(model)), signal)
        expected = expected_loss(link, signal, model) - expected_loss(link, signal, [signal, 0.0])
        np.testing.assert_allclose(risk, expected, rtol=1e-7, atol=1e-9)
    far = np.array([3.0, 9.0]) if link != "poisson" else np.array([1.0, 2.0])
    risk = LINKS[link].risk(jnp.asarray(far[0]), jnp.asarray(np.linalg.norm(far)), signal)
    # the rule on a square is worse there
    expected = expected_loss(link, signal, far) - expected_loss(link, signal, [signal, 0.0])
    np.testing.assert_allclose(risk, expected, rtol=1e-3)


@pytest.mark.parametrize("signal", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("link", LINKS)
def test_the_information_is_that_of_quadrature(link, signal):
    """The variance of a label's residual, times x x', along the truth and across it."""

    def at(z):
        mean = mean_label(link, signal * z)
        if link == "poisson":
            return mean
        score = residuals(link, signal * z, np.array([1.0, 0.0]))
        return mean * score[0] ** 2 + (1 - mean) * score[1] ** 2

    reach = min(15, 8 / signal) if link == "probit" else 15  # beyond, the textbook's formula is 0/0
    for power, found in zip((2, 0), LINKS[link].information(signal), strict=True):
        exact = integrate.quad(lambda z, power=power: z**power * at(z) * stats.norm.pdf(z), -reach, reach, limit=200)[0]
        np.testing.assert_allclose(found, exact, rtol=1e-6)


@pytest.mark.parametrize("link", LINKS)
def test_a_risk_near_the_truth_is_half_the_squared_error(link):
    chain = rows_of(GeneralisedLinear(30, 2, 0.8, link), Replace(), 1)
    for model in ([0.8 + 1e-3, 0.0], [0.8, 1e-3], [0.8 - 7e-4, -7e-4]):
        model = jnp.asarray(model)
        risk = LINKS[link].risk(model[0], jnp.linalg.norm(model), 0.8)
        np.testing.assert_allclose(2 * risk, chain.measure(model), rtol=5e-3)


@pytest.mark.parametrize(
    ("workflow", "link"),
    [
        (SlidingWindow(2), "logistic"),
        pytest.param(FixedReal("1/3"), "probit", marks=SLOW),
        pytest.param(FreshReal(2, "1/4"), "poisson", marks=SLOW),
    ],
    ids=str,
)
def test_a_chain_fits_what_it_samples(workflow, link):
    """From the chain's own rows, each training set put together and solved here."""
    chain = rows_of(GeneralisedLinear(30, 2, 1.0, link), workflow, 3)
    key, truth = jr.key(4), np.array([1.0, 0.0])
    data, models, errors = {}, [truth], []
    for iteration in range(1, 4):
        keys = jr.split(jr.fold_in(key, iteration - 1), 3)
        shares = workflow.shares(iteration)
        for pool in shares:
            if pool not in data:
                own = truth if pool.fresh_real else models[-1]
                drawn = chain.sample(keys[int(pool.fresh_real)], jnp.asarray(own), jnp.array(False))
                data[pool] = np.asarray(drawn)[: int(30 * workflow.size(pool))]
        x, y = (np.concatenate([data[pool][:, part] for pool in shares]) for part in (slice(-1), -1))
        weights = np.concatenate([np.full(len(data[p]), float(share) / len(data[p])) for p, share in shares.items()])
        slope = partial(lambda w, x, y, weights: (weights * residuals(link, x @ w, y)) @ x, x=x, y=y, weights=weights)
        models.append(optimize.root(slope, truth, tol=1e-13).x)
        along, across = LINKS[link].information(1.0)
        errors.append(along * (models[-1][0] - 1) ** 2 + across * models[-1][1] ** 2)
    np.testing.assert_allclose(chain(key), errors, rtol=1e-7)


#: Of 20 rows and 2 features a hundredth is separated, or nearly so.
FEW = GeneralisedLinear(20, 2, 1.0)


def simulate(workflow=Replace(), task=FEW, **changes):  # noqa: B008 - frozen
    return sim.run(task, workflow, **({"iterations": 2, "replicates": 3000, "key": jr.key(1)} | changes))


def chains(workflow, iterations, count, task=FEW):
    blocks = Blocks(build("literal", task, workflow, iterations)[0], jr.key(1))
    return np.concatenate(list(blocks(0, -(-count // blocks.size))))[:count]


def test_lost_fits_are_counted_and_not_averaged():
    run, numbers = simulate(), chains(Replace(), 2, 3000)
    lost = np.isnan(numbers)
    assert run.unconverged == tuple(lost.sum(0))
    assert 0 < run.unconverged[0] < run.unconverged[1] < 150
    assert (lost[:, 1] >= lost[:, 0]).all()  # what a lost model should have labelled is lost
    np.testing.assert_allclose(run.estimate.mean, np.nanmean(numbers, 0), rtol=1e-12)
    error = np.nanstd(numbers, 0, ddof=1) / np.sqrt((~lost).sum(0))
    np.testing.assert_allclose(run.estimate.standard_error, error, rtol=1e-9)
    median = [np.quantile(column[~np.isnan(column)], 0.5, method="inverted_cdf") for column in numbers.T]
    np.testing.assert_allclose(run.estimate.quantiles[0.5], median, rtol=2.1e-3)
    worst = f"{run.unconverged[1]} of 3,000 replicates have no model 2 ({run.unconverged[1] / 3000:.2%}): "
    assert run.note == (
        f"{worst}{LINKS['logistic'].failure}. They are left out, and each mean is over the replicates that have that "
        "model."
    )
    # a mean says the same whatever comes later
    short = simulate(iterations=1)
    assert short.unconverged[0] == run.unconverged[0]
    np.testing.assert_allclose(short.estimate.mean[0], run.estimate.mean[0], rtol=1e-11)


def test_a_model_that_needs_no_lost_one_is_there():
    numbers = chains(Made(lambda i: by_count(real(i))), 2, 3000)
    lost = np.isnan(numbers)
    assert lost[:, 0].any()
    assert not (lost[:, 0] & lost[:, 1]).all(where=lost[:, 0])


def test_a_run_of_which_too_many_are_lost_is_refused(capsys):
    line = "replace --task generalised-linear --T 10 --d 2 --iterations 4 --replicates 500"
    ran = command(capsys, "sim", line)
    refused(
        ran,
        "python -m sim",
        f" of 500 replicates have no model 4 at T=10, d=2: {LINKS['logistic'].failure}. A mean over the others is "
        "given where at most 5% have none. Use more rows, fewer features or a smaller signal.",
    )


@pytest.mark.slow
def test_the_command_says_who_is_lost(capsys):
    line = "replace --task generalised-linear --T 20 --d 2 --iterations 2 --replicates 2000 --seed 1"
    found = command(capsys, "sim", f"{line} --json").json
    assert found["unconverged"] == list(simulate(replicates=2000).unconverged)
    assert found["unconverged"][1] > 0
    assert "have no model 2" in found["note"]
    table = command(capsys, "sim", line).out
    assert "unconverged" in table.splitlines()[2]
    assert table.splitlines()[4].split()[-1] == str(found["unconverged"][1])
    assert "note: " in table
    others = command(capsys, "sim", "replace --design fixed --T 20 --d 2 --iterations 2 --replicates 20 --json").json
    assert others["unconverged"] == []


@pytest.mark.slow
def test_a_run_with_lost_fits_goes_on_to_the_same_digits(tmp_path):
    state, size = tmp_path / "state", Blocks(build("literal", FEW, Replace(), 2)[0], jr.key(1)).size
    begun = simulate(checkpoint=state, replicates=size)
    assert begun.unconverged[1] > 0
    resumed, straight = simulate(checkpoint=state, replicates=2 * size), simulate(replicates=2 * size)
    assert resumed.unconverged == straight.unconverged
    assert (resumed.estimate.mean == straight.estimate.mean).all()


@pytest.mark.parametrize("link", LINKS)
def test_float32_finds_the_same_fits(link):
    x, labels, weights = rows(2, link=link)
    single = (jnp.asarray(each, jnp.float32) for each in (x, labels, weights, np.zeros(3)))
    found = _fitted(LINKS[link], *single)
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, fit(link, x, labels, weights, np.zeros(3)), rtol=1e-3, atol=1e-4)


def test_float32_says_that_it_may_lose_more():
    double, single = (build("literal", FEW, Replace(), 1, precision)[0] for precision in ("float64", "float32"))
    assert single.may_fail == f"{double.may_fail}, or float32 is too coarse for them"


def test_a_link_has_its_reach():
    """Nearly separated data have a fit, but one that no mean of squares could bear."""
    task = GeneralisedLinear(20, 1, 1.0)
    chain = rows_of(task, Replace(), 1)
    x = jnp.asarray(np.r_[np.full(10, 1.0), np.full(9, 1.2), -1e-7])
    kept, weights = jnp.stack([x, jnp.ones(20)], 1), jnp.full(20, 1 / 20)
    assert fitted(LINKS["logistic"], kept[:, :-1], kept[:, -1], weights, chain.truth) > 11
    assert jnp.isnan(chain.fit(kept, weights)).all()
    # within 10 of the truth, which is 1
    assert 10.2 < chain.fit(kept.at[-1, 0].set(-6.2e-4), weights)[0] < 10.8
    assert 2 < chain.fit(kept.at[-1, 0].set(-1e-2), weights)[0] < 10


#: With by how much more, relatively, than the law of T -> oo says errors are at 200 rows: at least, and at most.
LARGE_T = [
    ("logistic", Accumulate(), "test_error", (0.08, 0.11)),
    ("probit", FixedReal("1/2"), "excess_risk", (0.07, 0.1)),
    ("poisson", Replace(), "test_error", (0.01, 0.04)),
]


@SLOW
@pytest.mark.parametrize(("link", "workflow", "of", "own"), LARGE_T, ids=str)
def test_means_follow_the_law_at_large_T(link, workflow, of, own):
    task = GeneralisedLinear(200, 4, 0.5, link)
    law = theory.law(task, workflow, of)
    agrees(task, workflow, of, law.evaluate(n=range(1, 3)), effect=0.04, own=own)
    with pytest.raises(ValueError, match="own"):
        sim.compare(simulate(task=GeneralisedLinear(200, 2), replicates=50), law)
