"""The proportional limit against published numbers of the master equation, exact laws, and least squares itself."""

from fractions import Fraction

import numpy as np
import pytest

from tests.helpers import Made, thinned
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    by_count,
    by_weight,
    gain,
    linear,
    pools,
    real,
    subsample,
    synthetic,
)
from theory.generator import Generator
from theory.tasks.regression import proportional
from theory.tasks.regression.master import Groups, Space, _covariance, second_moments
from theory.tasks.regression.next_order import kappa

#: d = 100, T = 200, sigma = 1, iterations 1 to 6: the limit, and with d + 1.
HALF = {
    SlidingWindow(2): (
        [1, 1.16666667, 1.50534500, 1.76466863, 2.05691706, 2.33484621],
        [1.01010101, 1.17732509, 1.51671483, 1.77687346, 2.06985142, 2.34858504],
    ),
    SlidingWindow(3): (
        [1, 1.16666667, 1.23333333, 1.44108944, 1.57048170, 1.70485084],
        [1.01010101, 1.17732509, 1.24412536, 1.45200013, 1.58165283, 1.71625087],
    ),
    FixedReal("1/2"): (
        [1, 1.16666667, 1.24295432, 1.28424563, 1.30878072, 1.32422437],
        [1.01010101, 1.17732509, 1.25424990, 1.29610017, 1.32109242, 1.33690101],
    ),
    FixedReal("1/5"): (
        [1, 1.39903221, 1.66451989, 1.85377765, 1.99543877, 2.10524392],
        [1.01010101, 1.41000839, 1.67630888, 1.86639755, 2.00889463, 2.11952006],
    ),
    FreshReal(1, "7/10"): (
        [1, 0.56687753, 0.48478271, 0.46922231, 0.46627297, 0.46571394],
        [1.01010101, 0.57133581, 0.48756362, 0.47156924, 0.46851548, 0.46793243],
    ),
}

#: d = 100, eigenvalues 1.5 and 0.5 fifty times each with 0.4 and 0.8 of |w*|^2, sigma = 1/2: at T = 160 with the
#: penalty 0.3, and at T = 50 with 0.1, iterations 1 to 5.
RIDGE = {
    ("fresh", Replace()): (
        [0.26819376, 0.50556129, 0.68328132, 0.81224045, 0.90620173],
        [0.71995387, 1.03271067, 1.18598631, 1.26868289, 1.31606914],
    ),
    ("fresh", Accumulate()): (
        [0.26819376, 0.33178365, 0.36612458, 0.38936528, 0.40684439],
        [0.71995387, 0.82879994, 0.86338479, 0.87651601, 0.88200576],
    ),
    ("fresh", SlidingWindow(2)): (
        [0.26819376, 0.33178365, 0.46461073, 0.55013768, 0.63762620],
        [0.71995387, 0.82879994, 0.99896760, 1.11306760, 1.20919542],
    ),
    ("fresh", FixedReal("3/10")): (
        [0.26819376, 0.37391424, 0.42407204, 0.44828955, 0.46048578],
        [0.71995387, 0.84615645, 0.90433186, 0.93157112, 0.94443696],
    ),
    ("fresh", FreshReal(1, "3/5")): (
        [0.26819376, 0.25515829, 0.26015767, 0.26274844, 0.26366876],
        [0.71995387, 0.76711842, 0.77642659, 0.77735749, 0.77679822],
    ),
    ("fixed", Accumulate()): (
        [0.26819376, 0.33943135, 0.37790087, 0.40361381, 0.42267839],
        [0.71995387, 0.74674025, 0.75301286, 0.75410987, 0.75350200],
    ),
    ("fixed", SlidingWindow(2)): (
        [0.26819376, 0.33943135, 0.47323261, 0.54542489, 0.61813924],
        [0.71995387, 0.74674025, 0.82588832, 0.87101255, 0.92423993],
    ),
    ("fixed", FixedReal("3/10")): (
        [0.26819376, 0.38673627, 0.43383806, 0.45439927, 0.46408093],
        [0.71995387, 0.78719338, 0.81006563, 0.81763530, 0.81988231],
    ),
}


@pytest.mark.parametrize("workflow", HALF, ids=str)
def test_known_values_at_half(workflow):
    limit, corrected = HALF[workflow]
    np.testing.assert_allclose(proportional.errors(workflow, 6, T=200, d=100), limit, atol=6e-9)
    np.testing.assert_allclose(proportional.errors(workflow, 6, T=200, d=100, corrected=True), corrected, atol=6e-9)


@pytest.mark.parametrize(("d", "slope"), [(10, 0.41747), (50, 0.28219), (90, 0.07257)])
def test_a_window_grows_slower_than_at_fixed_design(d, slope):
    """In units of one fit's error, gamma/(1 - gamma); at fixed design it is 4/9."""
    found = proportional.errors(SlidingWindow(2), 60, T=100, d=d)
    assert abs((found[-1] - found[-2]) / (d / (100 - d)) - slope) < 5.1e-6


@pytest.mark.parametrize(("design", "workflow"), RIDGE, ids=str)
def test_a_penalty_and_a_covariance_fit_in(design, workflow):
    """With a penalty nothing depends on more rows than features."""
    for (T, penalty), expected in zip([(160, 0.3), (50, 0.1)], RIDGE[design, workflow], strict=True):
        force = np.full((5, 5), penalty**2)
        space = Space(
            np.array([1.5, 0.5]), np.array([50.0, 50.0]), np.array([0.4 * force, 0.8 * force]), np.full(5, penalty)
        )
        # here a force is per eigenspace, and 0.4 and 0.8 are its whole energy there
        groups = fresh_groups(workflow, 5, T, 0.5)
        if design == "fixed":
            by_size = groups.noise.sum(0)
            groups = Groups(groups.coefficients.sum(0)[None], by_size[None], np.array([float(T)]))
        found = np.diag(second_moments(groups, space, corrected=False))
        np.testing.assert_allclose(found, expected, atol=6e-9)


def fresh_groups(workflow, iterations, T, sigma):
    """One group a pool, written out from the shares; all pools have T rows."""
    each = sorted({pool for m in range(1, iterations + 1) for pool in workflow.shares(m)})
    coefficients, noise = [], []
    for pool in each:
        share = np.array([float(workflow.shares(m).get(pool, 0)) for m in range(1, iterations + 1)])
        c = np.diag(share)
        if pool.labelled_by:
            c[:, pool.labelled_by - 1] -= share
        coefficients.append(c)
        noise.append(sigma**2 * np.outer(share, share))
    return Groups(np.array(coefficients), np.array(noise), np.full(len(each), float(T)))


@pytest.mark.parametrize(("gamma", "w"), [(0.5, 0.7), (0.2, 0.3), (0.8, 0.5)])
def test_weighted_fresh_real_obeys_its_own_recursion(gamma, w):
    """E_n = rho E_{n-1} + c with t from its scalar equation: written for two pools alone."""
    t, low, high = 0.0, 0.0, 1e9
    for _ in range(200):
        t = (low + high) / 2
        low, high = (t, high) if t * (w / (1 + gamma * w * t) + (1 - w) / (1 + gamma * (1 - w) * t)) < 1 else (low, t)
    a, b = w / (1 + gamma * w * t), (1 - w) / (1 + gamma * (1 - w) * t)
    m, rest = b * t, 1 - t**2 * gamma * (a**2 + b**2)
    rho, c = (m**2 + t**2 * gamma * b**2 * (1 - 2 * m)) / rest, t**2 * gamma * (a**2 + b**2) / rest
    found = proportional.errors(FreshReal(1, str(w)), 30, T=1000, d=int(1000 * gamma))
    expected = [gamma / (1 - gamma)]
    for _ in range(29):
        expected.append(rho * expected[-1] + c)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    if (gamma, w) == (0.5, 0.7):
        assert abs(rho - 0.1895418102) < 1e-10
        assert abs(c - 0.3773357212) < 1e-10


@pytest.mark.parametrize("workflow", [Replace(), ReplaceGrowing(), Accumulate()], ids=str)
@pytest.mark.parametrize(("T", "d"), [(8, 3), (20, 17)])
def test_with_d_plus_one_it_is_exact_for_nested_training_sets(workflow, T, d):
    found = proportional.errors(workflow, 8, T=T, d=d, sigma=0.5, corrected=True)
    exact = linear.test_error(workflow, design="fresh").evaluate(T=T, d=d, sigma=0.5, n=range(1, 9))
    np.testing.assert_allclose(found, exact, rtol=1e-12)


@pytest.mark.parametrize("workflow", HALF, ids=str)
def test_it_begins_with_the_gain_and_the_next_order(workflow):
    """E = gamma (c_n + gamma kappa_n + O(gamma^2)); kappa is found by another way, in exact rationals."""

    def slope(d):
        gamma = d / 10**6
        found = proportional.errors(workflow, 6, T=10**6, d=d)
        return (found / gamma - [float(c) for c in gain(workflow, 6)]) / gamma

    extrapolated = 2 * slope(50) - slope(100)
    np.testing.assert_allclose(extrapolated, [float(value) for value in kappa(workflow, 6)], rtol=1e-6)


def brute_force(workflow, iterations, T, d, replicates, seed):
    """Test errors over random designs, with the mean over the noises taken exactly; means and standard errors."""
    generator, found = np.random.default_rng(seed), []
    for _ in range(replicates):
        grams, models = {}, {}  # models[n][pool]: of noise_pool, premultiplied by X'
        for n in range(1, iterations + 1):
            hessian, says = np.zeros((d, d)), {}
            for pool, share in workflow.shares(n).items():
                rows = int(T * workflow.size(pool))
                if pool not in grams:
                    x = generator.normal(size=(rows, d))
                    grams[pool] = x.T @ x
                weight = float(share) / rows
                hessian += weight * grams[pool]
                says[pool] = says.get(pool, 0) + weight * np.eye(d)
                for older, matrix in models.get(pool.labelled_by, {}).items():
                    says[older] = says.get(older, 0) + weight * grams[pool] @ matrix
            inverse = np.linalg.inv(hessian)
            models[n] = {pool: inverse @ matrix for pool, matrix in says.items()}
        found.append([sum(np.trace(b @ grams[p] @ b.T) for p, b in models[n].items()) for n in models])
    return np.mean(found, 0), np.std(found, 0) / np.sqrt(replicates)


UNEQUAL = Made(
    lambda i: by_weight({real(i): "1/5", synthetic(i - 1): "2/5", real(1): "2/5"}), lambda k: 2 if k == 3 else 1
)


@pytest.mark.parametrize("workflow", thinned([SlidingWindow(2), FixedReal("3/10"), UNEQUAL], 3), ids=str)
def test_against_least_squares(workflow):
    T, d, power = 60, 20, 0.03
    mean, error = brute_force(workflow, 4, T, d, 800, seed=1)
    found = proportional.errors(workflow, 4, T=T, d=d, corrected=True)
    assert (error < power * mean / 10).all()
    assert (np.abs(mean - found) < 5 * error).all()
    # at fixed design, and for T -> oo, the window's error is another one: the comparison would see it
    if workflow == SlidingWindow(2):
        large_T = np.array([float(c) for c in gain(workflow, 4)]) * d / (T - d - 1)
        assert (np.abs(mean - large_T) > 5 * error)[2:].all()


def test_draws():
    limit = [1, 1.7222, 2.1000, 2.3693, 2.5797, 2.7528]
    corrected = [1.0204, 1.7558, 2.1442, 2.4236, 2.6435, 2.8255]
    np.testing.assert_allclose(proportional.errors(AccumulateSubsample(), 6, T=100, d=50), limit, atol=5.1e-5)
    found = proportional.errors(AccumulateSubsample(), 6, T=100, d=50, corrected=True)
    np.testing.assert_allclose(found, corrected, atol=5.1e-5)


def test_draws_against_least_squares():
    """Rows drawn, models fitted, plainly."""
    T, d, replicates, generator = 40, 12, 4000, np.random.default_rng(2)
    errors = np.zeros((replicates, 3))
    for replicate in range(replicates):
        x = generator.normal(size=(3, T, d))
        y = np.zeros((3, T))
        fit = np.zeros(d)
        for n in range(3):
            y[n] = x[n] @ fit + generator.normal(size=T)
            rows = generator.choice((n + 1) * T, T, replace=False)
            flat, labels = x[: n + 1].reshape(-1, d), y[: n + 1].ravel()
            fit = np.linalg.lstsq(flat[rows], labels[rows], rcond=None)[0]
            errors[replicate, n] = fit @ fit
    mean, error = errors.mean(0), errors.std(0) / np.sqrt(replicates)
    found = proportional.errors(AccumulateSubsample(), 3, T=T, d=d, corrected=True)
    assert (error < 0.1 * mean / 10).all()
    assert (np.abs(mean - found) < 5 * error).all()


@pytest.mark.parametrize(
    ("workflow", "expected"),
    [
        (Accumulate(), [1, 1.5, 2.05556, 2.59722, 3.11056]),
        (FixedReal("3/10"), [1, 1.79439, 2.97439, 4.25673, 5.53272]),
        (Replace(), [n + (n - 1) ** 2 for n in range(1, 6)]),
    ],
    ids=str,
)
def test_biased_labels(workflow, expected):
    found = proportional.errors(workflow, 5, T=200, d=100, generator=Generator(bias=1))
    np.testing.assert_allclose(found, expected, atol=5.1e-6)


def test_a_bias_adds_its_square():
    """The errors are those without a bias and the square of the bias times what a bias of 1 adds."""
    none, one, three = (
        proportional.errors(Accumulate(), 4, T=200, d=100, generator=Generator(bias=b)) for b in (0, 1, 3)
    )
    assert (one[1:] > none[1:] + 0.1).all()
    np.testing.assert_allclose(three - none, 9 * (one - none), rtol=1e-10, atol=1e-12)


def test_temperature_multiplies_the_noise_of_sampled_labels():
    """Replace: 1 + tau^2 (n - 1), at any d/T; and linear in tau^2 for all."""
    found = proportional.errors(Replace(), 4, T=200, d=100, generator=Generator(temperature="1/2"))
    np.testing.assert_allclose(found, [1, 1.25, 1.5, 1.75], rtol=1e-12)
    cold, cool, usual = (
        proportional.errors(SlidingWindow(2), 5, T=200, d=100, generator=Generator(temperature=t))
        for t in (0, "1/2", 1)
    )
    np.testing.assert_allclose(cool, cold + (usual - cold) / 4, rtol=1e-12)
    assert (cold < 1 + 1e-12).all()  # the first noise alone, which weights make no larger


def test_sigma_and_sizes():
    found = proportional.errors(SlidingWindow(2), 4, T=200, d=100, sigma=3)
    np.testing.assert_allclose(found, 9 * np.array(HALF[SlidingWindow(2)][0][:4]), rtol=1e-8)
    sized = Made(SlidingWindow(2).training_set, lambda k: 2 if k == 3 else 1)
    given = proportional.errors(SlidingWindow(2), 4, T=200, d=100, generator=Generator(sizes=(1, 1, 2, 1)))
    np.testing.assert_array_equal(given, proportional.errors(sized, 4, T=200, d=100))


@pytest.mark.parametrize(
    ("workflow", "iterations", "T", "d", "message"),
    [
        (SlidingWindow(2), 3, 100, 100, "test error needs T >= d \\+ 2"),
        (SlidingWindow(2), 3, 101, 100, "test error needs T >= d \\+ 2"),
        (Made(SlidingWindow(1).training_set, lambda k: "1/2"), 3, 100, 50, "more than 50 rows in every training set"),
        (SlidingWindow(2), 0, 200, 100, "Ask for at least one"),
        (SlidingWindow(2), 101, 200, 100, "at most 100 iterations"),
        (AccumulateSubsample(), 11, 200, 100, "at most 10 iterations"),
    ],
)
def test_mistakes(workflow, iterations, T, d, message):
    with pytest.raises(ValueError, match=message):
        proportional.errors(workflow, iterations, T=T, d=d)


@pytest.mark.parametrize("last", [2, 3])
@pytest.mark.parametrize("corrected", [False, True])
def test_what_is_refused_is_so_from_the_iteration_on_that_has_it(last, corrected):
    """A training set of d rows or fewer, d + 1 with the correction; and one draw more than there may be."""
    d, least = 10, 10 + corrected
    for rows in (least, least + 1):
        small = Made(lambda i, rows=rows: subsample(pools(1, i), rows=Fraction(rows if i == last else 40, 40)))
        said = [proportional.objection(small, iterations, T=40, d=d, corrected=corrected) for iterations in range(1, 5)]
        assert [text is None for text in said] == [rows > least or iterations < last for iterations in range(1, 5)]
        for text in filter(None, said):
            assert f"more than {least} rows in every training set; iteration {last} of Made has {rows}." in text
    drawn = Made(lambda i: subsample(pools(1, i)) if i > last else by_count(pools(1, i)))
    assert proportional.objection(drawn, last + 9, T=40, d=d, corrected=corrected) is None
    assert "draws rows" in (proportional.objection(drawn, last + 10, T=40, d=d, corrected=corrected) or "")


def test_an_equation_without_a_solution_is_refused():
    one = np.ones((1, 1, 1))
    space = Space(np.ones(1), np.array([10.0]), 0 * one, np.zeros(1))
    with pytest.raises(ValueError, match="needs more rows than features"):
        second_moments(Groups(one, one, np.array([10.0])), space, corrected=False)


def test_a_wrong_fixed_point_is_seen(monkeypatch):
    from theory.tasks.regression import master

    solve = master._diagonal
    monkeypatch.setattr(master, "_diagonal", lambda *given: solve(*given) * (1 + 1e-7))
    with pytest.raises(ValueError, match="was not found"):
        proportional.errors(SlidingWindow(2), 3, T=200, d=100)


def test_covariances_solve_their_equation():
    """K = source + sum_u factor_u U_u K U_u', put in; U is lower triangular, and a model's own part is less than 1."""
    generator, models = np.random.default_rng(1), 5
    handed_on = np.tril(0.2 * generator.normal(size=(3, models, models)))
    half, factors = generator.normal(size=(models, models)), np.array([0.3, 1.0, 2.0])
    found = _covariance(half @ half.T, handed_on, factors)
    put_in = half @ half.T + np.einsum("u,uab,bc,udc->ad", factors, handed_on, found, handed_on)
    np.testing.assert_allclose(found, put_in, rtol=1e-12)
    handed_on[0, 2, 2] = 2.0
    with pytest.raises(ValueError, match=r"the error of model 3 has no finite mean .* Use more samples\."):
        _covariance(half @ half.T, handed_on, factors)
