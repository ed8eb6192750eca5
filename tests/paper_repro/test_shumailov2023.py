"""The Curse of Recursion: the loops against moments by hand, the claims' bounds, and tables that flip them."""

import math

import numpy as np
import pytest
from scipy.stats import binom, norm

from paper_repro.claim import IN_SHAPE, LEFT_OPEN, REFUTED, REPRODUCED
from paper_repro.shumailov2023 import discrete, gaussian, mixture
from paper_repro.shumailov2023.paper import PAPER
from paper_repro.verdicts import recorded

from .transcribed import cell, check, check_cells, table

INF = math.inf
BY_ID = {claim.id: claim for claim in PAPER.claims}


def test_claims_are_those_decided_before_looking():
    more = (0.0, INF)
    check(
        PAPER,
        {
            "curse-variance": (1.5, [(1.45, 1.55), None, None], 20_000),
            "curse-wasserstein": (0.075, [(0.07125, 0.07875)], 20_000),
            "curse-collapse": (None, [(-INF, -100), (0.99, INF), None, None], 4000),
            "curse-absorption": (1, [(0.99, INF), (0.98, 1.02), None], 4000),
            "curse-tails": (None, [(0.5, INF), (0.34, 0.39), *[more] * 7], 4000),
            "curse-mixture": (None, [(-INF, 0.5), (0.5, INF), (0.5, INF)], 200),
            "curse-autoencoder": (None, [(-INF, 1), (1, INF)], 3),
        },
    )
    assert [chains.seed for chains in (gaussian.GAUSSIAN, gaussian.LONG, discrete.DISCRETE, mixture.MIXTURE)] == [
        31,
        32,
        33,
        34,
    ]


def near(values, expected, power=0.1):
    """Within five standard errors, which are small enough to see a tenth."""
    mean, error = values.mean(), values.std(ddof=1) / len(values) ** 0.5
    assert error < power * abs(expected) / 10
    assert abs(mean - expected) < 5 * error


def test_gaussians_obey_their_laws():
    """Variance has a mean of 1 for ever, the mean's error grows by 1/M; log-variances by their chi-squares'."""
    found = gaussian.loop(np.random.default_rng(5), 20_000, (1, 4), {"rows": 20})
    for place, n in ((0, 1), (1, 4)):
        near(found["squared_error_of_mean"][:, place], n / 20, power=0.3)
        near(found["variance_of_a_sample"][:, place], 1 + n / 20)
        # the mean of a normal sample's deviation, by Gamma functions
        c4 = math.sqrt(2 / 19) * math.gamma(10) / math.gamma(9.5)
        near(found["wasserstein"][:, place], n / 20 + 2 - 2 * c4**n, power=0.3)
    near(found["log_variance"][:, 1], 4 * (-1 / 19 - 1 / (3 * 19**2)), power=1)  # digamma(9.5) - log 9.5, two terms


def test_a_chain_far_below_its_mean_goes_on():
    """Fits are of deviations, so that a variance of 1e-60 beside a mean of about 1 is no rounding error."""
    found = gaussian.loop(np.random.default_rng(6), 50, (1, 2000), {"rows": 10})
    assert np.isfinite(found["log_variance"]).all()
    near(-found["log_variance"][:, 1], 2000 * 0.11519, power=0.2)  # digamma(4.5) + log(2/9)
    assert found["frozen"][:, 0].max() == 0
    assert found["frozen"][:, 1].min() == 1


def test_categories_are_lost_as_often_as_binomials_are_zero():
    found = discrete.loop(np.random.default_rng(7), 4000, (1, 700), {"rows": 100})
    near(found["lost 0.01"][:, 0], 0.99**100, power=0.3)
    near(found["states_lost"][:, 0], sum((1 - p) ** 100 for p in discrete.PROBABILITIES), power=0.2)
    assert found["one_state"].mean(0)[0] == 0
    assert found["one_state"].mean(0)[1] > 0.99
    # the last state is each with its own probability
    near(1 - found["lost 0.5"][:, 1], 0.5, power=0.2)
    assert sum(discrete.PROBABILITIES) == pytest.approx(1, abs=1e-15)
    assert list(discrete.PROBABILITIES) == sorted(discrete.PROBABILITIES, reverse=True)


def test_a_step_of_the_mixture_is_that_of_textbooks():
    """Row by row, with densities that are written out; and the likelihood does not fall."""
    random = np.random.default_rng(8)
    x = random.normal(size=30) + 2 * random.choice([-1, 1], 30)
    weights, means, deviations = (0.3, 0.7), (-1.0, 2.0), (0.8, 1.5)

    def densities(w, m, s):
        return np.array([w[k] * norm.pdf(x, m[k], s[k]) for k in (0, 1)])

    shares = densities(weights, means, deviations)
    shares = shares / shares.sum(0)
    expected = [
        (part.mean(), part @ x / part.sum(), math.sqrt(part @ (x - part @ x / part.sum()) ** 2 / part.sum()))
        for part in shares
    ]
    found = mixture.fitted(x[np.newaxis], *(np.array([value]) for value in (weights, means, deviations)))
    np.testing.assert_allclose(np.array(found)[:, 0].T, expected, rtol=1e-12)
    new = [value[0] for value in found]
    assert np.log(densities(*new).sum(0)).sum() > np.log(densities(weights, means, deviations).sum(0)).sum()


def test_a_part_without_rows_stays_without_and_one_on_one_row_is_not_a_point():
    x = np.array([[0.0, 0.1, 0.2, 9.0]])
    lost = mixture.fitted(x, np.array([[1.0, 0.0]]), np.array([[0.0, 4.0]]), np.ones((1, 2)))
    assert lost[0].tolist() == [[1.0, 0.0]]
    assert np.isfinite(lost).all()
    alone = mixture.fitted(x, np.full((1, 2), 0.5), np.array([[0.0, 9.0]]), np.full((1, 2), 0.01))
    assert alone[2][0, 1] == pytest.approx(1e-3 * x.std())


def test_the_tail_of_the_truth_is_a_hundredth():
    assert norm.sf(mixture._TAIL - 2) + norm.sf(mixture._TAIL + 2) == pytest.approx(0.01, rel=1e-3)
    found = mixture.loop(np.random.default_rng(9), 30, (1, 2), {"rows": 1000, "steps": 15})
    near(found["variance"][:, 0], 5, power=0.3)
    assert found["tail_halved"].mean() < 0.2
    assert found["part_lost"].max() == 0


def test_what_a_mixture_has_lost_is_read_off_its_parts(monkeypatch):
    """A part below one row of a hundred, and tails below half of a hundredth, whatever the mixture was before."""
    weights = np.array([[0.5, 0.5], [0.985, 0.015], [0.995, 0.005], [0.2, 0.8]])
    means = np.array([[-2.0, 2.0], [0.0, 1.0], [0.0, 1.0], [-2.0, 2.0]])
    deviations = np.array([[0.95, 0.95], [1.0, 1.0], [1.0, 1.0], [0.5, 0.95]])
    monkeypatch.setattr(mixture, "fitted", lambda *_: (weights, means, deviations))
    found = mixture.loop(np.random.default_rng(0), 4, (1,), {"rows": 100, "steps": 1})
    parts = [[norm(*of) for of in zip(*each, strict=True)] for each in zip(means, deviations, strict=True)]
    beyond = [
        sum(w * (part.sf(4.3263) + part.cdf(-4.3263)) for w, part in zip(each, of, strict=True))
        for each, of in zip(weights, parts, strict=True)
    ]
    assert [0.005 < share < 0.01 for share in beyond] == [True, False, False, True]
    assert max(beyond[1:3]) < 0.001
    assert found["tail_halved"].tolist() == [[0], [1], [1], [0]]
    assert found["part_lost"].tolist() == [[0], [0], [1], [0]]
    drawn = [
        (w[:, None] * np.array([part.moment(k) for part in of for k in (1, 2)]).reshape(-1, 2)).sum(0)
        for w, of in zip(weights, parts, strict=True)
    ]
    np.testing.assert_allclose(found["variance"][:, 0], [second - first**2 for first, second in drawn])


def planted(name, change):
    real = recorded()
    return lambda asked: [{**row, **change(row)} for row in real(asked)] if asked == name else real(asked)


@pytest.mark.parametrize(
    ("claim", "table", "metric", "value"),
    [
        ("curse-variance", "shumailov_gaussian", "variance_of_a_sample", 1.6),
        ("curse-wasserstein", "shumailov_gaussian", "wasserstein", 0.05),
        ("curse-collapse", "shumailov_long", "frozen", 0.9),
        ("curse-collapse", "shumailov_long", "log_variance", -1),
        ("curse-absorption", "shumailov_discrete", "one_state", 0.98),
        ("curse-absorption", "shumailov_discrete", "states_lost", 1),
        ("curse-tails", "shumailov_discrete", "lost 0.25", 0.99),
        ("curse-mixture", "shumailov_mixture", "tail_halved", 0.4),
    ],
)
def test_a_planted_table_flips_the_verdict(claim, table, metric, value):
    assert BY_ID[claim].judge(recorded())["verdict"] in (REPRODUCED, IN_SHAPE)
    tables = planted(table, lambda row: {"mean": str(value)} if row["metric"] == metric else {})
    assert BY_ID[claim].judge(tables)["verdict"] in (REFUTED, LEFT_OPEN)


def test_each_quantity_is_read_from_the_cells_that_it_names():
    shares = (0.5, 0.25, 0.13, 0.06, 0.03, 0.015, 0.01, 0.005)
    metrics = {
        "shumailov_gaussian": ["variance_of_a_sample", "wasserstein", "log_variance", "frozen"],
        "shumailov_long": ["variance_of_a_sample", "wasserstein", "log_variance", "frozen"],
        "shumailov_discrete": [*(f"lost {p:g}" for p in shares), "states_lost", "one_state"],
        "shumailov_mixture": ["variance", "part_lost", "tail_halved"],
    }
    variants = {name: "M = 10" if name == "shumailov_long" else "M = 100" for name in metrics}
    recorded_at = (1, 2, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000)
    tables = {
        name: table(
            name,
            ("variant", "iteration", "metric"),
            [(variants[name], n, metric) for n in recorded_at for metric in of],
        )
        for name, of in metrics.items()
    }
    columns = ("variant", "workflow", "iteration", "metric")
    places = [("cpu", w, n, m) for w in ("replace", "accumulate") for n in (1, 10) for m in ("variance", "frechet")]
    tables["vae"] = table("vae", columns, places)

    def at(name, n, metric):
        return cell(f"shumailov_{name}", variants[f"shumailov_{name}"], n, metric)

    def lost(p, n):
        return at("discrete", n, f"lost {p:g}")

    # the law of what is lost by model 20: each state's count is a chain of binomials
    count = np.arange(101)
    states = binom.pmf(count, 100, np.array(shares)[:, None])
    for _ in range(19):
        states = states @ binom.pmf(count, 100, count[:, None] / 100)
    check_cells(
        PAPER,
        tables,
        {
            "curse-variance": [at("gaussian", 50, "variance_of_a_sample")],
            "curse-wasserstein": [at("gaussian", 5, "wasserstein")],
            "curse-collapse": [at("long", 1000, "log_variance"), at("long", 1000, "frozen")],
            "curse-absorption": [
                at("discrete", 1000, "one_state"),
                at("discrete", 20, "states_lost") / states[:, 0].sum(),
            ],
            "curse-tails": [
                lost(0.005, 20) - lost(0.5, 20),
                lost(0.01, 1),
                *(lost(rare, 20) - lost(common, 20) for common, rare in zip(shares[:-1], shares[1:], strict=True)),
            ],
            "curse-mixture": [
                at("mixture", 300, "variance") / 5,
                at("mixture", 100, "tail_halved"),
                at("mixture", 300, "part_lost"),
            ],
            "curse-autoencoder": [
                cell("vae", "cpu", "replace", 10, metric) / cell("vae", "cpu", "replace", 1, metric)
                for metric in ("variance", "frechet")
            ],
        },
    )
