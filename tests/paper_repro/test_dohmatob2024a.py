"""Model Collapse Demystified: brute force against the formulas, the claims' bounds, and tables that flip them."""

import math

import numpy as np
import pytest

from paper_repro.claim import IN_SHAPE, LEFT_OPEN, REFUTED, REPRODUCED
from paper_repro.dohmatob2024a import claims, downstream
from paper_repro.dohmatob2024a.paper import PAPER
from paper_repro.verdicts import recorded
from theory import Spectrum, downstream_error

from .transcribed import cell, check, check_cells, table

INF = math.inf
BY_ID = {claim.id: claim for claim in PAPER.claims}


def test_claims_are_those_decided_before_looking():
    q6 = 1 - 0.75**6
    check(
        PAPER,
        {
            "demystified-linear": (2.5, [(2.25, 2.75), (2.25, 2.75), None], 300),
            "demystified-formula": (1, [(0.93, 1.07)] * 14, 300),
            "demystified-u-shape": (None, [(1, INF)] * 8, 300),
            "demystified-adaptive": (None, [(1, INF), (1.1, INF)], 300),
            "demystified-noise-free": (q6, [(0.999 * q6, 1.001 * q6), (0.749, 0.751)], None),
            "demystified-saturation": (1, [(0.9, 1.1)], None),
            "demystified-clean-rate": (2 / 3, [(2 / 3 - 0.03, 2 / 3 + 0.03), *[(-INF, 2 / 3 - 0.03)] * 2], None),
            "demystified-rate": (None, [(8 / 15 - 0.03, 8 / 15 + 0.03), (-INF, 8 / 15 - 0.03)], None),
            "demystified-crossover": (None, [(1, INF), (-INF, 1), (-INF, 0.5)], 400),
            "demystified-adaptive-rate": (None, [(-INF, 0.9), (-INF, 1), (0.93, 1.07)], 400),
        },
    )
    assert (downstream.ISOTROPIC.seed, downstream.POWER_LAW.seed) == (41, 44)


def test_without_noise_and_ridge_every_fit_is_the_truth():
    setting = {"rows": 30, "generator_rows": 40, "features": 10, "sigma": 0.0, "ridges": {"none": 1e-12, "all": 1e9}}
    found = downstream.loop(np.random.default_rng(1), 3, (1, 2, 4), setting)
    np.testing.assert_allclose(found["none"], 0, atol=1e-18)
    np.testing.assert_allclose(found["all"], 1, rtol=1e-6)  # predicting 0, |w*| = 1
    np.testing.assert_allclose(found["added all"], 0, atol=1e-6)
    assert found["all"].shape == (3, 3)


@pytest.mark.parametrize("power", [{}, {"capacity": 1.2, "source": 0.7}])
def test_brute_force_is_near_the_formula(power):
    setting = {"rows": 60, "generator_rows": 90, "features": 30, "sigma": 0.7, "ridges": {"a": 0.05, "b": 0.5}, **power}
    found = downstream.loop(np.random.default_rng(2), 400, (1, 4), setting)
    of = downstream.spectrum(setting)
    assert of.signal == pytest.approx(1)
    for place, generators in ((0, 0), (1, 3)):
        for name, ridge in setting["ridges"].items():
            law = downstream_error(of, 60, ridge, generators=generators, T0=90, sigma=0.7, sigma0=0.7)
            values = found[name][:, place]
            error = values.std(ddof=1) / 20
            assert error < 0.05 * law  # it sees a quarter
            assert abs(values.mean() - law) < 5 * error + 0.02 * law  # the law is for many features
            added = found[f"added {name}"][:, place]
            np.testing.assert_allclose(added, values - found[name][:, 0], atol=1e-12)


def test_effective_rows_are_those_of_the_least_noisy_fit_to_real_ones():
    assert downstream.effective_rows(100, 0) == pytest.approx(100)
    assert downstream.effective_rows(10**9, 5) == pytest.approx(199 / 5, rel=1e-6)
    assert downstream.ridges(3200)["adaptive"] > 5 * downstream.ridges(3200)["clean"]
    # 0.6 = beta/(2 r beta + 1)
    assert downstream.ridges(1000)["clean"] == pytest.approx(1000**-0.6)


def test_fits_of_least_norm_forget_and_saturate():
    """|w*|^2 (1 - q^n), and sigma^2 T/(d - T - 1) (1 - q^n)/(1 - q): T = 45, d = 60."""
    q, one = 0.75, 45 / 14
    for n in (1, 2, 7):
        assert claims._wide(n, claims.NOISELESS) == pytest.approx(1 - q**n, rel=1e-12)
        assert claims._noise_alone(n) == pytest.approx(one * (1 - q**n) / (1 - q), rel=1e-9)


@pytest.mark.parametrize(("generator_rows", "used"), [(None, (0, None)), (0.8, (1, 2001))])
def test_an_exponent_is_that_of_errors_at_two_sizes(monkeypatch, generator_rows, used):
    asked = []

    def error(spectrum, T, ridge, *, generators, T0):
        asked.append((T, ridge, generators, T0))
        assert (len(spectrum.values), spectrum.values[1]) == (2000, pytest.approx(1 / 4))
        return T**-0.37

    monkeypatch.setattr(claims, "downstream_error", error)
    assert claims._slope(0.6, generator_rows) == pytest.approx(-0.37)
    for T, (rows, ridge, generators, T0) in zip((10**5, 10**7), asked, strict=True):
        assert (rows, ridge, generators) == (T, pytest.approx(T**-0.6), used[0])
        assert used[1] is None or T0 == used[1] + int(T**0.8)


def test_what_exact_laws_say():
    verdicts = {claim.id: claim.judge(recorded()) for claim in PAPER.claims if claim.experiment is None}
    assert {name: row["verdict"] for name, row in verdicts.items()} == {
        "demystified-noise-free": IN_SHAPE,
        "demystified-saturation": REFUTED,
        "demystified-clean-rate": IN_SHAPE,
        "demystified-rate": IN_SHAPE,
    }
    # q^20 (1 + q + … + q^9)/(10 q) of what a linear growth would add
    added = sum(0.75**n for n in range(20, 30)) / (10 * 0.75)
    assert verdicts["demystified-saturation"]["ours"] == pytest.approx(added, rel=1e-6)


def planted(name, change):
    real = recorded()
    return lambda asked: [{**row, **change(row)} for row in real(asked)] if asked == name else real(asked)


def flat(row):
    return {"mean": "0.5"}


@pytest.mark.parametrize(
    ("claim", "table", "change"),
    [
        ("demystified-linear", "dohmatob_ridge", flat),
        ("demystified-formula", "dohmatob_ridge", lambda row: {"mean": str(1.1 * float(row["mean"]))}),
        ("demystified-u-shape", "dohmatob_ridge", flat),
        ("demystified-adaptive", "dohmatob_ridge", flat),
        ("demystified-crossover", "dohmatob_power_law", flat),
        ("demystified-adaptive-rate", "dohmatob_power_law", flat),
    ],
)
def test_a_planted_table_flips_the_verdict(claim, table, change):
    assert BY_ID[claim].judge(recorded())["verdict"] in (REPRODUCED, IN_SHAPE)
    assert BY_ID[claim].judge(planted(table, change))["verdict"] in (REFUTED, LEFT_OPEN)


#: Those that were run, with features that are all alike.
RIDGES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


def alike(rows, ridge, generators):
    """The law at d = 100, generators of 250 rows, all noise 1/2."""
    return downstream_error(Spectrum.isotropic(100), rows, ridge, generators=generators, T0=250, sigma=0.5, sigma0=0.5)


def test_each_quantity_is_read_from_the_cells_that_it_names(monkeypatch):
    name, power = "dohmatob_ridge", "dohmatob_power_law"
    columns = ("variant", "iteration", "metric")
    metrics = [f"{added}{ridge:g}" for ridge in RIDGES for added in ("", "added ")]
    tables = {
        name: table(name, columns, [(f"T = {T}", n, m) for T in (60, 400) for n in (1, 2, 3, 6) for m in metrics]),
        power: table(
            power,
            columns,
            [
                (f"T = {T}", n, m)
                for T in (50, 100, 200, 400, 800, 1600, 3200)
                for n in (1, 6)
                for m in ("clean", "adaptive", "added clean", "added adaptive")
            ],
        ),
    }
    # exponents are told apart by what they are asked for
    monkeypatch.setattr(claims, "_slope", lambda ridge, rows: -100 * ridge - (rows or 0))

    def at(T, ridge, generators, added=""):
        return cell(name, f"T = {T}", generators + 1, f"{added}{ridge:g}")

    def falls(T, metric, generators=5):
        return cell(power, f"T = {T}", generators + 1, metric)

    best = {
        (T, n): min(RIDGES, key=lambda ridge, T=T, n=n: alike(T, ridge, n))
        for T, n in ((60, 1), (60, 5), (400, 1), (400, 5), (400, 0))
    }
    adapted = (1 / 3200 + 5 / 199) ** 0.6
    law = downstream_error(
        Spectrum.power_law(200, 1.5, 0.5), 3200, adapted, generators=5, T0=400, sigma=0.3, sigma0=0.3
    )
    check_cells(
        PAPER,
        tables,
        {
            "demystified-linear": [
                at(T, ridge, 5, "added ") / at(T, ridge, 2, "added ") for T, ridge in ((400, 0.1), (60, 0.3))
            ],
            "demystified-formula": [at(T, ridge, 5) / alike(T, ridge, 5) for T in (60, 400) for ridge in RIDGES],
            "demystified-u-shape": [
                at(T, end, n) / at(T, best[T, n], n) for T in (60, 400) for n in (1, 5) for end in (0.01, 10.0)
            ],
            "demystified-adaptive": [
                best[400, 5] / best[400, 0],
                at(400, best[400, 0], 5) / at(400, best[400, 5], 5),
            ],
            "demystified-noise-free": [1 - 0.75**6, 0.75],
            "demystified-saturation": [sum(0.75**n for n in range(20, 30)) / 7.5],
            # the best exponents 2/3 and 0.8 · 2/3, and 0.7 and 1.3 times the first
            "demystified-clean-rate": [100 * part * 2 / 3 for part in (1, 0.7, 1.3)],
            "demystified-rate": [0.8 + 100 * part * 2 / 3 for part in (0.8, 1)],
            "demystified-crossover": [
                falls(3200, "clean") / falls(400, "clean"),
                falls(200, "clean") / falls(50, "clean"),
                falls(3200, "clean", 0) / falls(400, "clean", 0),
            ],
            "demystified-adaptive-rate": [
                falls(3200, "adaptive") / falls(3200, "clean"),
                falls(3200, "adaptive") / falls(400, "adaptive"),
                falls(3200, "adaptive") / law,
            ],
        },
    )
