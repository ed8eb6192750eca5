"""The laws of Accumulate's creep: shapes against closed forms, and claims on tables that obey one law or another."""

from fractions import Fraction

import numpy as np
import pytest

from paper_repro.claim import IN_SHAPE, LEFT_OPEN, NOT_TESTED, REFUTED
from paper_repro.gerstgrasser2024 import forgetting_claims
from paper_repro.gerstgrasser2024.forgetting import (
    by_erring,
    by_forgetting,
    erred,
    forgotten,
    over_forgetting,
    rises_by_seed,
)
from paper_repro.recorded import Missing
from theory import Accumulate, Replace

N = np.arange(1, 11)
HARMONIC = np.cumsum(1 / N)
CLAIMS = {claim.id: claim for claim in forgetting_claims.forgetting_claims()}


@pytest.mark.parametrize("kept", [Fraction(1, 2), Fraction(9, 10)])
def test_what_is_forgotten_is_what_a_shrinking_mean_forgets(kept):
    """Each model keeps z of the mean over its training set: by hand, without the depth."""
    z, signals = float(kept), [1.0]
    for _ in N:
        signals.append(z * float(np.mean(signals)))
    np.testing.assert_allclose(forgotten(Accumulate(), kept, 10), (z - np.array(signals[1:])) / (1 - z), rtol=1e-10)
    np.testing.assert_allclose(forgotten(Replace(), kept, 10), (z - z**N) / (1 - z), rtol=1e-10, atol=1e-12)


def test_where_nothing_is_kept_back_the_rise_is_the_depths():
    np.testing.assert_allclose(forgotten(Replace(), Fraction(1), 10), N - 1)
    np.testing.assert_allclose(forgotten(Accumulate(), Fraction(1), 10), HARMONIC - 1, rtol=1e-12)
    np.testing.assert_allclose(erred(Accumulate(), 10), np.cumsum(1 / N**2) - 1, rtol=1e-12)


@pytest.mark.parametrize("kept", [Fraction(3, 5), Fraction(19, 20), Fraction(1)])
def test_a_law_that_holds_is_found_again(kept):
    rise = 0.3 * np.array(forgotten(Replace(), kept, 10))
    np.testing.assert_allclose(by_forgetting(rise), 0.3 * np.array(forgotten(Accumulate(), kept, 10)), rtol=1e-10)
    np.testing.assert_allclose(by_erring(0.2 * (N - 1)), 0.2 * (np.cumsum(1 / N**2) - 1), rtol=1e-10)


def test_forgetting_creeps_on_where_erring_levels_off():
    """From model 5 to 10 in units of what came before: 0.19 and about 0.5."""
    for rise, least, most in ((by_erring(N - 1.0), 0.18, 0.19), (by_forgetting(N - 1.0), 0.49, 0.51)):
        assert least < (rise[9] - rise[4]) / rise[4] < most


def tables_of(accumulate, *, spread=0.02, seeds=4, by_seed=True):
    """Recorded tables whose Replace keeps 9/10 a fit, for every experiment; Accumulate's rise is the one given."""
    scales = 1 + spread * np.linspace(-1, 1, seeds)
    variants = {}
    for curve in (c for pair in CURVES for c in pair):
        variants.setdefault(curve[0], set()).add(curve[1])

    def load(name):
        rows = []
        for variant in variants[name]:
            for workflow, rise in (("replace", REPLACE), ("accumulate", accumulate)):
                for n, value in enumerate(rise, 1):
                    values = value * scales
                    rows.append(
                        {
                            "variant": variant,
                            "workflow": workflow,
                            "iteration": str(n),
                            "metric": "rise",
                            "mean": str(values.mean()),
                            "standard_error": str(values.std(ddof=1) / 2),
                            "replicates": str(seeds),
                            "by_seed": " ".join(map(str, values)) if by_seed else "",
                        }
                    )
        return rows

    return load


LANGUAGE, DIFFUSION = forgetting_claims.LANGUAGE, forgetting_claims.DIFFUSION
CURVES = [*forgetting_claims.AUTOENCODERS.values(), LANGUAGE, forgetting_claims.LONGER_LANGUAGE, DIFFUSION]
REPLACE = 0.2 * np.array(forgotten(Replace(), Fraction(9, 10), 10))
BY_LAW = 0.2 * np.array(forgotten(Accumulate(), Fraction(9, 10), 10))


def verdicts(tables):
    return {name: claim.judge(tables)["verdict"] for name, claim in CLAIMS.items()}


def test_tables_that_obey_the_law_confirm_it():
    assert set(verdicts(tables_of(BY_LAW)).values()) == {IN_SHAPE}
    ratio = over_forgetting(tables_of(BY_LAW), *LANGUAGE)
    assert ratio.mean == pytest.approx(1)
    assert ratio.standard_error == pytest.approx(0, abs=1e-9)  # paired: a seed's scale is in both curves


def test_unbiased_fits_refute_it():
    unbiased = verdicts(tables_of(by_erring(REPLACE) * 0.9))
    assert set(unbiased.values()) == {REFUTED}


@pytest.mark.parametrize("factor", [0.6, 1.6])
def test_a_rise_beyond_the_bounds_refutes_the_law(factor):
    found = verdicts(tables_of(factor * BY_LAW))
    of_the_law = ("forgetting-vae", "forgetting-language", "forgetting-language-longer", "forgetting-diffusion")
    assert {found[name] for name in of_the_law} == {REFUTED}


def test_a_rise_at_the_bound_is_left_open():
    wide = tables_of(1.5 * BY_LAW, spread=0.0)

    def uneven(name):
        return [
            {
                **row,
                "by_seed": " ".join(
                    str(float(v) * s) for v, s in zip(row["by_seed"].split(), (0.9, 1, 1, 1.1), strict=True)
                ),
            }
            if row["workflow"] == "accumulate"
            else row
            for row in wide(name)
        ]

    assert verdicts(uneven)["forgetting-diffusion"] == LEFT_OPEN


def test_each_quantity_is_read_from_the_curves_that_it_names():
    """With a factor of its own for each curve: the ratios are those of Accumulate's factor and Replace's."""

    def factor(experiment, variant, workflow):
        return 1 + 0.1 * np.sin(sum((k + 3) * ord(c) for k, c in enumerate(f"{experiment}{variant}{workflow}")))

    def scaled(name):
        rows = []
        for row in tables_of(BY_LAW)(name):
            by = factor(name, row["variant"], row["workflow"])
            rows.append({**row, "by_seed": " ".join(str(float(value) * by) for value in row["by_seed"].split())})
        return rows

    def ratio(experiment, variant, accumulate=None):
        other = accumulate or (experiment, variant)
        return factor(other[0], other[1], "accumulate") / factor(experiment, variant, "replace")

    lengths = ["500 steps", "1,000 steps", "2,000 steps"]
    vae = [*(ratio("vae_length", length) for length in lengths), ratio("vae", "cpu")]
    less = by_erring(REPLACE)[-1] / BY_LAW[-1]  # what unbiased fits have of the law's rise
    language = ratio("language", "gpt2-9m", ("language_steps", "fixed"))
    longer = ratio("language_longer", "llama2-126m", ("language_longer_steps", "llama2-126m"))
    expected = {
        "forgetting-vae": vae,
        "forgetting-vae-unbiased": [value / less for value in vae],
        "forgetting-language": [language, language / less],
        "forgetting-language-longer": [longer, longer / less],
        "forgetting-diffusion": [ratio("diffusion", "cpu"), ratio("diffusion", "cpu") / less],
    }
    assert expected.keys() == CLAIMS.keys()
    for name, claim in CLAIMS.items():
        np.testing.assert_allclose([q.measure(scaled).mean for q in claim.quantities], expected[name], rtol=1e-9)


def test_tables_without_values_by_seed_are_not_judged():
    old = tables_of(BY_LAW, by_seed=False)
    with pytest.raises(Missing, match="no values by seed"):
        rises_by_seed(old, LANGUAGE[0], Replace())
    assert set(verdicts(old).values()) == {NOT_TESTED}
