"""2410.16713: published values and bounds written down a second time, the cells that claims read, kernel densities."""

import itertools
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp
from scipy import stats

from paper_repro.kazdan2024 import kernel_density as kernels, linear_claims, mixture, shapes, subsampled
from paper_repro.kazdan2024.paper import PAPER
from paper_repro.kazdan2024.published import PUBLISHED
from tests.paper_repro import transcribed
from theory import AccumulateSubsample
from theory.tasks.regression.symbols import ONE_FIT

INF = math.inf
SINE = math.sin(math.pi / 10**0.5) / (math.pi / 10**0.5)
H = sum(1 / i**2 for i in range(1, 101))
ABOVE = (0.0, INF)

#: The published value, bounds, chains.
WRITTEN = {
    "kazdan-gaussian-replace": (None, [(-INF, 0.25), None], 4000),
    "kazdan-gaussian-accumulate": (SINE, [(0.999 * SINE, 1.001 * SINE), (0.97, 1.03), (0.97, 1.03)], 4000),
    "kazdan-gaussian-subsample": (None, [ABOVE, ABOVE, (0.97, 1.03), (0.97, 1.03)], 4000),
    "kazdan-gaussian-drift": (None, [(-1e-9, 1e-9)] * 2, None),
    "kazdan-linear-replace": (99.7, [(95, 105)] * 2, 1000),
    "kazdan-linear-accumulate": (1.65, [(0.97 * H, 1.03 * H)] * 2, 1000),
    "kazdan-linear-subsample": (5.0, [(4.25, 5.75), (2.8, 3.8)], 200),
    "kazdan-linear-finite-rows": (
        5.0 / (math.pi**2 / 2 - 2),
        [(1.25, INF), (1.25, INF), (0.85, 1.15), (0.93, 1.07), (0.93, 1.07), None],
        200,
    ),
    "kazdan-linear-between": (None, [ABOVE] * 4, 200),
    "kazdan-language-between": (None, [ABOVE] * 2, 256),
    "kazdan-kernels-between": (None, [ABOVE] * 8, 10),
    "kazdan-kernels-first-step": (None, [(-INF, 0.0)] * 8, 20),
    "kazdan-kernels-rules": (None, [(100, INF), (-INF, 1.02)] * 2, None),
    "kazdan-kernels-unbounded": (None, [(0.99, 1.01), (100, INF), None], None),
    "kazdan-count-beats-share": (0.59 - 0.34, [ABOVE], None),
}


def test_bounds_and_published_values_are_those_decided_before_looking():
    transcribed.check(PAPER, WRITTEN)


REGRESSION = """
replace | 99.7 99.6 96.5 92.7
accumulate | 1.65 1.78 1.68 1.59
accumulate-subsample | 5.0 3.3 2.84 2.92
"""
FINE_TUNING = """
Gemma 2 2B | replace | 1.064 1.471 1.925 2.148 2.239 2.396 2.453 2.518 2.561 2.551
Gemma 2 2B | accumulate | 1.064 1.088 1.090 1.095 1.095 1.097 1.097 1.097 1.098 1.099
Gemma 2 9B | replace | .931 1.194 1.327 1.436 1.564 1.648
Gemma 2 9B | accumulate | .931 .942 .946 .950 .955
Gemma 2 27B | replace | .905 1.220 1.386 1.341
Gemma 2 27B | accumulate | .905 .921 .930 .940 .939
"""
TWENTY = "replace 20 2.60, accumulate 20 1.101, " + ", ".join(
    f"accumulate-subsample {n}" for n in ("1 1.063", "5 1.164", "10 1.198", "20 1.217")
)


def test_published_numbers_are_those_that_were_read():
    found = {
        (row["figure"], row["setting"], row["workflow"], int(row["iteration"])): float(row["value"])
        for row in PUBLISHED.rows
    }
    assert len(found) == len(PUBLISHED.rows)
    expected = {}
    for line in REGRESSION.strip().splitlines():
        workflow, values = line.split(" | ")
        for T, value in zip((32, 100, 316, 1000), values.split(), strict=True):
            expected["linear_regression", f"T={T}", workflow, 100] = float(value)
    for line in FINE_TUNING.strip().splitlines():
        model, workflow, values = line.split(" | ")
        for n, value in enumerate(values.split(), 1):
            expected["fine_tuning", model, workflow, n] = float(value)
    for line in TWENTY.split(", "):
        workflow, n, value = line.split()
        expected["fine_tuning_20", "Gemma 2 2B", workflow, int(n)] = float(value)
    expected["count_or_share", "real count", "", 1] = 0.59
    expected["count_or_share", "real share", "", 1] = 0.34
    assert found == expected
    assert {row["confidence"] for row in PUBLISHED.rows} == {"A", "N"}
    assert all(float(row["value"]) > float(row["read_error"]) > 0 and row["source"] for row in PUBLISHED.rows)
    with pytest.raises(KeyError, match="nothing is published"):
        PUBLISHED.values(figure="fine_tuning", setting="Gemma 3")
    with pytest.raises(KeyError, match="10 values are published"):
        PUBLISHED.value(figure="fine_tuning", setting="Gemma 2 2B", workflow="replace")
    curve = PUBLISHED.curve(figure="fine_tuning", setting="Gemma 2 27B", workflow="replace")
    assert curve.tolist() == [0.905, 1.22, 1.386, 1.341]


def cell(*place):
    """A number of its own for each cell of each table."""
    return 1 + 0.1 * math.sin(sum((k + 3) * ord(c) for k, c in enumerate(" ".join(map(str, place)))))


def made_up(name):
    """A table with such a number in each cell that a claim could look at."""
    workflows = ("replace", "accumulate", "accumulate-subsample")
    places = []
    for n in range(1, 101):
        for workflow in workflows:
            if name == "kazdan_gaussian":
                printed = workflow.title().replace("-", "") + "()"
                places += [
                    {"task": f"Gaussian(T={T}, d={d}, estimator=mle)", "workflow": printed} for T, d in GAUSSIANS
                ]
            elif name in ("kazdan_linear", "kazdan_subsampled"):
                design = [("fixed", 32), ("fixed", 100), ("fresh", 32)]
                places += [{"workflow": workflow, "design": kind, "T": str(T)} for kind, T in design]
            elif name == "one_law":
                passes = ("2.0", "20.0")
                places += [{"world": "neural", "workflow": workflow, "epochs": epochs} for epochs in passes]
            else:
                bandwidths = ("0.1", "0.5", "1.0")
                places += [
                    {"workflow": workflow, "shape": shape, "bandwidth": h}
                    for shape in shapes.SHAPES
                    for h in bandwidths
                ]
        places = [place | {"iteration": str(n)} if "iteration" not in place else place for place in places]
    return [
        place | {"mean": str(cell(name, *place.values())), "standard_error": "0.01", "replicates": "9"}
        for place in places
    ]


GAUSSIANS = ((10, 1), (32, 3))
R, A, S = "Replace()", "Accumulate()", "AccumulateSubsample()"


def gaussian(workflow, T=10, d=1):
    return cell("kazdan_gaussian", f"Gaussian(T={T}, d={d}, estimator=mle)", workflow, "20")


def linear(workflow, T, n=100, design="fixed"):
    name = "kazdan_subsampled" if workflow == "accumulate-subsample" else "kazdan_linear"
    return cell(name, workflow, design, T, n) / (10 / (T - 11))


def plateau(T):
    return np.mean([linear("accumulate-subsample", T, n) for n in range(81, 101)])


def kernel(shape, workflow, n=20, h=0.5, name="kazdan_kernels"):
    return cell(name, workflow, shape, h, n)


def product(rows, n=20):
    return np.prod([1 - 1 / (rows * i**2) for i in range(1, n + 1)])


def spread(scale, accumulates):
    """Variance of model 200 over model 100 at T = 100: of N rows a model has scale N^-0.4 more than they have."""
    squares, rows, variances = 99.0, 100, []  # the sum of squares about the mean of all rows
    for _ in range(200):
        variances.append(squares / rows * (1 + scale * rows**-0.4))
        kept, rows = (squares, rows + 100) if accumulates else (0.0, rows)
        squares = kept + 100 * variances[-1] * (1 - 1 / rows)
    return variances[199] / variances[99]


LIMIT = math.pi**2 / 2 - 2
MEASURED = {
    "kazdan-gaussian-replace": [gaussian(R)],
    "kazdan-gaussian-accumulate": [SINE, gaussian(A) / product(10), gaussian(A, 32, 3) / product(32)],
    "kazdan-gaussian-subsample": [gaussian(A) - gaussian(S), gaussian(S) - gaussian(R)],
    "kazdan-gaussian-drift": [0, 0],
    "kazdan-linear-replace": [linear("replace", 32), linear("replace", 100)],
    "kazdan-linear-accumulate": [linear("accumulate", 32), linear("accumulate", 100)],
    "kazdan-linear-subsample": [plateau(32), plateau(100)],
    "kazdan-linear-finite-rows": [plateau(32) / LIMIT, plateau(32) / plateau(100)],
    "kazdan-linear-between": [
        linear(high, T) - linear(low, T)
        for T in (32, 100)
        for high, low in (("accumulate-subsample", "accumulate"), ("replace", "accumulate-subsample"))
    ],
    "kazdan-language-between": [
        cell("one_law", "neural", high, "20.0", 5) - cell("one_law", "neural", low, "20.0", 5)
        for high, low in (("replace", "accumulate-subsample"), ("accumulate-subsample", "accumulate"))
    ],
    "kazdan-kernels-between": [
        kernel(shape, high) - kernel(shape, low)
        for high, low in (("replace", "accumulate-subsample"), ("accumulate-subsample", "accumulate"))
        for shape in shapes.SHAPES
    ],
    "kazdan-kernels-first-step": [
        kernel(shape, w, 2, 0.1, "kazdan_narrow_kernels") - kernel(shape, w, 1, 0.1, "kazdan_narrow_kernels")
        for w in ("accumulate", "replace")
        for shape in shapes.SHAPES
    ],
    "kazdan-kernels-rules": [
        spread(scale, accumulates) for scale in (1, (4 / 3) ** 0.4) for accumulates in (False, True)
    ],
    "kazdan-kernels-unbounded": [
        sum(1 / i for i in range(101, 1001)) / math.log(10),
        900 / math.log(10),
    ],
}


def test_each_quantity_is_read_from_the_cells_that_it_names():
    assert MEASURED.keys() == WRITTEN.keys() - {"kazdan-count-beats-share"}
    by_id = {claim.id: claim for claim in PAPER.claims}
    tables = {name: made_up(name) for name in (*PAPER.experiments, "one_law")}
    for name, expected in MEASURED.items():
        # of laws at finite T the values are theory's: their own tests have them
        quantities = by_id[name].quantities[: len(expected)]
        found = [quantity.measure(tables.__getitem__).mean for quantity in quantities]
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=name)


def test_approximations_are_of_the_iterations_that_they_are_held_against(monkeypatch):
    """In units of one fit each; the law is planted, for theory's own tests have it."""

    class Planted:
        def __init__(self, workflow, design):
            self.told = workflow, design

        def evaluate(self, *, n, **numbers):
            assert numbers.pop("T") in (32, 100)
            assert numbers == {"d": 10, "sigma": 1, "validity": "approximation"}
            assert self.told == (AccumulateSubsample(), "fresh" if np.ndim(n) == 0 else "fixed")
            return 0.3 * np.asarray(n, float) ** 2

    monkeypatch.setattr(linear_claims, "test_error", Planted)
    for rows in (32, 100):
        expected = np.mean([0.3 * n**2 for n in range(81, 101)]) / (10 / (rows - 11))
        assert linear_claims._plateau_of_law(rows) == pytest.approx(expected)
    tables = {"kazdan_subsampled": made_up("kazdan_subsampled")}
    found = linear_claims._over_proportional(tables.__getitem__, 8)
    expected = linear("accumulate-subsample", 32, 8, "fresh") / (0.3 * 8**2 / (10 / 21))
    assert found.mean == pytest.approx(expected)


@pytest.mark.parametrize(
    ("limit", "holds"), [(None, False), (sp.pi**2 / 6, False), (sp.pi**2 / 3 - 2, False), (sp.pi**2 / 2 - 2, True)]
)
def test_the_law_tends_to_that_number_alone(monkeypatch, limit, holds):
    law = SimpleNamespace(limit=lambda: None if limit is None else limit * ONE_FIT)
    monkeypatch.setattr(linear_claims, "test_error", lambda workflow, design: law)
    assert linear_claims._tends_to_its_limit() is holds


def test_the_subsampled_gaussians_are_held_against_their_law():
    """V_n = U_n (T - 1)/T · N/(N - 1), with the pool's U_{n+1} = U_n (1 - c_n/(n + 1)²): the paper's own recursion."""
    (claim,) = [claim for claim in PAPER.claims if claim.id == "kazdan-gaussian-subsample"]
    table = made_up("kazdan_gaussian")
    for quantity, (T, d) in zip(claim.quantities[2:], GAUSSIANS, strict=True):
        pool = 1 - 1 / T
        for t in range(1, 20):
            N = T * t
            c = (N - T) / (T * (N - 1)) + (T - 1) * N / (T**2 * (N - 1))
            pool *= 1 - c / (t + 1) ** 2
        # the pool's variance counts its N rows by N; that of T of them, by T
        fitted = pool * (T - 1) * 20 * T / (T * (20 * T - 1))
        found = quantity.measure(lambda name: table).mean
        np.testing.assert_allclose(found, gaussian(S, T, d) / fitted, rtol=1e-3)


def test_each_row_of_kernels_has_the_losses_of_its_own_model(tmp_path):
    few = replace(kernels.KERNELS, rows=20, test_points=10, iterations=3, seeds=2, bandwidths=(0.5, 1.0))
    rows = kernels.run(few, tmp_path)
    places = itertools.product(shapes.SHAPES, (0.5, 1.0), kernels.WORKFLOWS)
    of_each = [rows[start : start + 3] for start in range(0, len(rows), 3)]
    for (shape, bandwidth, workflow), found in zip(places, of_each, strict=True):
        chains = [kernels.chain(few, shapes.SHAPES[shape], bandwidth, workflow, seed) for seed in (0, 1)]
        for n, (row, losses) in enumerate(zip(found, np.transpose(chains), strict=True), 1):
            place = {"shape": shape, "bandwidth": str(bandwidth), "workflow": workflow, "iteration": str(n)}
            assert place.items() <= row.items()
            assert float(row["mean"]) == pytest.approx(losses.mean(), rel=1e-12)
            assert float(row["standard_error"]) == pytest.approx(losses.std(ddof=1) / math.sqrt(2), rel=1e-9)
            assert [float(value) for value in row["by_seed"].split()] == losses.tolist()


@pytest.mark.parametrize("workflow", kernels.WORKFLOWS)
def test_the_loss_of_a_chain_is_that_of_its_rows(workflow):
    """Kernel by kernel: of one row with SciPy's normal density, of chains by the first model, which is the same."""
    points, training = np.array([[0.0, 1.0], [2.0, 2.0]]), np.array([[0.5, 0.5], [1.0, -1.0], [2.0, 0.0]])
    density = np.mean([stats.norm.pdf(points - row, scale=0.7).prod(1) for row in training], 0)
    np.testing.assert_allclose(kernels.log_density(training, points, 0.7), np.log(density), rtol=1e-12)
    small = replace(kernels.KERNELS, rows=30, test_points=40, iterations=4)
    losses = kernels.chain(small, shapes.blobs, 0.5, workflow, seed=3)
    random = np.random.default_rng([small.seed, 3])
    held_out, rows = shapes.blobs(40, random), shapes.blobs(30, random)
    np.testing.assert_allclose(losses[0], -kernels.log_density(rows, held_out, 0.5).mean(), rtol=1e-12)
    assert losses.tolist() == kernels.chain(small, shapes.blobs, 0.5, workflow, seed=3).tolist()
    assert losses[1] != losses[0]


def test_under_accumulate_the_density_is_that_of_all_rows(monkeypatch):
    """The mean of the pools' own densities, against one density of all rows; and Replace has the newest alone."""
    small = replace(kernels.KERNELS, rows=20, test_points=30, iterations=3)
    fitted = []
    whole = kernels.log_density
    monkeypatch.setattr(
        kernels, "log_density", lambda rows, points, h: (fitted.append(rows), whole(rows, points, h))[1]
    )
    losses = kernels.chain(small, shapes.moons, 0.3, "accumulate", seed=1)
    points = shapes.moons(30, np.random.default_rng([small.seed, 1]))
    for n in range(1, 4):
        every = np.concatenate(fitted[:n])
        np.testing.assert_allclose(losses[n - 1], -whole(every, points, 0.3).mean(), rtol=1e-12)
    fitted.clear()
    losses = kernels.chain(small, shapes.moons, 0.3, "accumulate-subsample", seed=1)
    # rows of the second model: 20 of the 40 so far, none twice
    first, second, third = fitted
    assert len(np.unique(second, axis=0)) == 20
    assert 0 < len({tuple(row) for row in first} & {tuple(row) for row in second}) < 20
    assert len({tuple(row) for row in first} & {tuple(row) for row in third}) < 20


def test_samples_have_the_spread_of_the_law():
    """Replace: E of the second moment about the truth's mean grows by h² a model and a direction."""
    small = replace(kernels.KERNELS, rows=50, test_points=1, iterations=5)
    moments = []

    def normal(rows, random):
        return random.normal(size=(rows, 2))

    def spread(rows, points, h):
        moments.append((rows**2).sum(1).mean() / 2)
        return np.zeros(len(points))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "log_density", spread)
        for seed in range(400):
            kernels.chain(small, normal, 0.5, "replace", seed)
    found = np.array(moments).reshape(400, 5)
    expected = 1 + 0.25 * np.arange(5)
    error = found.std(0, ddof=1) / 20
    assert (abs(found.mean(0) - expected) < 5 * error).all()
    assert (error[1:] < 0.25 / 10).all()  # a model without its kernel would be seen


def test_shapes_are_where_they_should_be():
    random = np.random.default_rng(0)
    radius = np.linalg.norm(shapes.circles(4000, random), axis=1)
    assert abs((radius > 0.9).mean() - 0.5) < 0.05
    np.testing.assert_allclose([radius[radius > 0.9].mean(), radius[radius <= 0.9].mean()], [1.0, 0.8], atol=0.02)
    roll = np.linalg.norm(shapes.swiss_roll(4000, random), axis=1)
    np.testing.assert_allclose([roll.min(), roll.max()], [1.5 * math.pi, 4.5 * math.pi], rtol=0.01)
    upper = shapes.moons(4000, random)
    assert ((np.linalg.norm(upper, axis=1) - 1 < 0.3) | (np.linalg.norm(upper - [1, 0.5], axis=1) - 1 < 0.3)).all()
    np.testing.assert_allclose(np.cov(shapes.blobs(40_000, random).T).diagonal(), [13.6 + 1, 6.9 + 1], rtol=0.03)


def test_the_gain_of_a_mixture():
    """(s/(r + s))² of the generator's own, and one over the rows of the new noises."""
    r, s = 3, 5
    gain = mixture.gain(mixture.Mixed(r, s), 2)[1]
    assert float(gain) == pytest.approx((s / (r + s)) ** 2 + 1 / (r + s), rel=1e-12)
    count, share = mixture.shares_of_variance()
    grid = [(64 * 4**a, 64 * 4**b) for a in range(5) for b in range(5)]
    errors = [math.log((b / (a + b)) ** 2 + 1024 / (a + b)) for a, b in grid]
    for found, tells in ((count, [math.log(a) for a, _ in grid]), (share, [math.log(a / (a + b)) for a, b in grid])):
        left = errors - np.polyval(np.polyfit(tells, errors, 1), tells)
        assert found == pytest.approx(1 - np.var(left) / np.var(errors), rel=1e-9)


def test_luckless_chains_are_left_out_and_counted(tmp_path):
    """At T = 9, d = 3 many a draw has fewer than seven different rows; different rows are counted one by one."""
    small = replace(
        subsampled.SUBSAMPLED, settings=(("fixed", 9), ("fresh", 9)), d=3, iterations=3, chains=60, batch=40
    )
    found = {design: [] for design in ("fixed", "fresh")}
    for at, design in enumerate(found):
        for start, count in ((0, 40), (40, 20)):
            random = np.random.default_rng([small.seed, at, start])
            errors, different = subsampled.chains(random, 9, 3, 3, count, is_fresh=design == "fresh")
            assert (different[:, 0] == 9).all()
            found[design] += [one for one, rows in zip(errors, different, strict=True) if min(rows) >= 7]
    assert len(found["fresh"]) == 60
    assert 0 < len(found["fixed"]) < 50
    rows = subsampled.run(small, tmp_path)
    for design, kept in found.items():
        table = [row for row in rows if row["design"] == design]
        assert {int(row["replicates"]) for row in table} == {len(kept)}
        np.testing.assert_allclose([float(row["mean"]) for row in table], np.mean(kept, 0))
        spread = np.std(kept, 0, ddof=1) / len(kept) ** 0.5
        np.testing.assert_allclose([float(row["standard_error"]) for row in table], spread)


def test_different_rows_are_counted():
    rows = np.array([[3, 1, 3, 1], [0, 1, 2, 3], [5, 5, 5, 5]])
    assert subsampled._distinct(rows).tolist() == [2, 4, 1]
