"""The paper's claims on a share of labels from another model, judged by `theory.mixture_error` and by fits."""

from theory import mixture_error
from theory.measurement import Measurement

from ..chains import run
from ..claim import Claim, Quantity
from ..experiment import measured
from ..paper import Entry, Paper
from ..recorded import Tables
from .mixed import FEATURES, MIXED, SHIFT, SIGMA, SYNTHETIC


def law(rows: int, synthetic: float = SYNTHETIC) -> float:
    """The test error in the limit of many features, at so many rows to the features."""
    return mixture_error(rows, FEATURES, synthetic=synthetic, shift=SHIFT, sigma=SIGMA)


def quoted(rows: int) -> float:
    """sigma^2 phi + p_2^2 c^2, phi = d/T: what a note quotes as the corollary to first order in phi."""
    return SIGMA**2 * FEATURES / rows + SYNTHETIC**2 * SHIFT**2


def _fitted(tables: Tables, rows: int) -> Measurement:
    return measured(tables, MIXED.name, variant=f"T = {rows}")


PAPER = Paper(
    "2410.04840",
    "Dohmatob et al. 2024 (strong collapse)",
    "Strong Model Collapse",
    (
        Claim(
            "strong-floor",
            "The smallest share of synthetic data leaves an error that no larger training set removes",
            "abstract [A]",
            1.0,
            (
                Quantity(
                    "test error at 10¹² rows over that at 10¹¹, one row in 1,000 synthetic, d = 100",
                    lambda t: Measurement(law(10**12, 0.001) / law(10**11, 0.001)),
                    above=0.99,
                    below=1.01,
                ),
                *(
                    Quantity(
                        f"fits over the law, 30 % synthetic, T = {rows:,}, d = 100",
                        lambda t, rows=rows: _fitted(t, rows) / Measurement(law(rows)),
                        above=0.95,
                        below=1.05,
                    )
                    for rows in (500, 2000)
                ),
            ),
            MIXED.name,
            replicates=400,
        ),
        Claim(
            "strong-first-order",
            "Without a ridge the error is σ²φ + p₂²c² to first order in φ = d/T, p₂ the synthetic share",
            "Corollary 1 as a note quotes it [N]; from memory the paper has a further term, c²p₁p₂φ [M]",
            0.0,
            (
                Quantity(
                    "what is missing at φ = 0.0001 over φ, by the law, p₂ = 0.3, σ = c = 1",
                    lambda t: Measurement((law(10**6) - quoted(10**6)) / (FEATURES / 10**6)),
                    above=-0.01,
                    below=0.01,
                ),
                Quantity(
                    "fits over what is quoted, T = 2,000, d = 100",
                    lambda t: _fitted(t, 2000) / Measurement(quoted(2000)),
                    above=0.95,
                    below=1.05,
                ),
            ),
            MIXED.name,
            "the quotation may be at fault: with p₁p₂c² = 0.21 for what is missing the formula is right",
            400,
        ),
    ),
    simulated={
        MIXED.name: Entry("least squares with a share of labels from another model", MIXED.presets, run),
    },
)
