"""The claims on linear regression under Replace, with generators and a ridge fit downstream.

Theorems are known from memory alone [M], and derived anew in `theory`; what is tested are their formulas against brute
force, and what the abstract says. The bounds were set before the brute force was run; what the laws say was known.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
import sympy as sp

import theory
from theory import LinearRegression, Replace, Spectrum, best_rate, downstream_error
from theory.measurement import Measurement
from theory.symbols import n
from theory.tasks.regression.symbols import ONE_FIT

from ..claim import Claim, Fact, Quantity
from ..experiment import measured
from ..recorded import Tables
from .downstream import (
    CAPACITY,
    FEATURES,
    GENERATOR_ROWS,
    GENERATORS,
    ISOTROPIC,
    NOISE,
    POWER_FEATURES,
    POWER_LAW,
    POWER_ROWS,
    RIDGES,
    SIGMA,
    SOURCE,
    ridges,
)

_ABSTRACT = "abstract [A]"

#: Fewer rows than features, no ridge, no noise: q = T/d.
FEW_ROWS, MANY_FEATURES = 45, 60

#: The law's domain is sigma > 0; the square of this is less than a rounding error of 1.
NOISELESS = 1e-9


def isotropic_law(rows: int, ridge: float, generators: int) -> float:
    """The test error where all features are alike, in the limit d/T -> gamma."""
    alike = Spectrum.isotropic(FEATURES)
    return downstream_error(alike, rows, ridge, generators=generators, T0=GENERATOR_ROWS, sigma=SIGMA, sigma0=SIGMA)


def power_law(rows: int, ridge: float, generators: int) -> float:
    """The same of features under a power law."""
    spectrum = Spectrum.power_law(POWER_FEATURES, CAPACITY, SOURCE)
    return downstream_error(spectrum, rows, ridge, generators=generators, T0=POWER_ROWS, sigma=NOISE, sigma0=NOISE)


@cache
def best_of(rows: int, generators: int) -> float:
    """Which of the ridges that were run is best, by the law."""
    return min(RIDGES, key=lambda ridge: isotropic_law(rows, ridge, generators))


def _isotropic(tables: Tables, rows: int, ridge: float, generators: int, added: str = "") -> Measurement:
    place = {"variant": f"T = {rows}", "iteration": generators + 1, "metric": f"{added}{ridge:g}"}
    return measured(tables, ISOTROPIC.name, **place)


def _power_law(tables: Tables, rows: int, metric: str, generators: int) -> Measurement:
    return measured(tables, POWER_LAW.name, variant=f"T = {rows}", iteration=generators + 1, metric=metric)


def _wide(iteration: int, sigma: float) -> float:
    """The test error of model n fitted by the least norm to fewer rows than features."""
    task = LinearRegression(FEW_ROWS, MANY_FEATURES, sigma, design="fresh", ridge=0.0)
    return float(theory.law(task, Replace()).evaluate(n=iteration))


def _noise_alone(iteration: int) -> float:
    """What noise of variance 1 adds."""
    return _wide(iteration, 1.0) - _wide(iteration, NOISELESS)


def _slope(ridge: float, generator_rows: float | None) -> float:
    """Of log E in log T between 10^5 and 10^7, capacity 2, source 1/2, the features cut off far beyond what matters.

    Args:
        ridge: l, where lambda = T^-l.
        generator_rows: b, where one generator has d + 1 + T^b rows; `None` for real data.
    """
    rows, features, errors = (10**5, 10**7), 2000, []
    spectrum = Spectrum.power_law(features, 2.0, 0.5)
    for count in rows:
        generators, T0 = (0, 2 * features) if generator_rows is None else (1, features + 1 + int(count**generator_rows))
        errors.append(downstream_error(spectrum, count, count**-ridge, generators=generators, T0=T0))
    return float(np.diff(np.log(errors))[0] / np.diff(np.log(rows))[0])


def _is_linear() -> bool:
    law = theory.law(LinearRegression(design="fresh"), Replace())
    return sp.simplify(law.closed_form() - n * ONE_FIT) == 0


def claims() -> Iterator[Claim]:
    """All of them."""
    chains = {"experiment": ISOTROPIC.name, "replicates": 300}
    yield Claim(
        "demystified-linear",
        "The test error grows linearly with the number of generators, with a ridge or without",
        _ABSTRACT,
        2.5,
        (
            Quantity(
                "what 5 generators add over what 2 add, T = 400, d = 100, λ = 0.1",
                lambda t: _isotropic(t, 400, 0.1, 5, "added ") / _isotropic(t, 400, 0.1, 2, "added "),
                above=2.25,
                below=2.75,
            ),
            Quantity(
                "the same, T = 60, λ = 0.3",
                lambda t: _isotropic(t, 60, 0.3, 5, "added ") / _isotropic(t, 60, 0.3, 2, "added "),
                above=2.25,
                below=2.75,
            ),
            Fact("without a ridge it is n times that of one fit, by the law", _is_linear),
        ),
        **chains,
    )
    yield Claim(
        "demystified-formula",
        "A ridge fit after n generators has the test error B + σ²V + n σ₀²ρ, all from the equivalents of that fit",
        "Theorem 4.1 [N], its formula [M]; derived here [D]",
        1.0,
        tuple(
            Quantity(
                f"brute force over the formula, 5 generators, T = {rows}, d = 100, λ = {ridge:g}",
                lambda t, rows=rows, ridge=ridge: (
                    _isotropic(t, rows, ridge, 5) / Measurement(isotropic_law(rows, ridge, 5))
                ),
                above=0.93,
                below=1.07,
            )
            for rows in (60, 400)
            for ridge in RIDGES
        ),
        differs="the formula as this project derives it; the paper's own statement was not seen",
        **chains,
    )
    yield Claim(
        "demystified-u-shape",
        "The test error as a function of the ridge has the shape of a U, for several T and n",
        "Fig. 1(a) [N]",
        None,
        tuple(
            Quantity(
                f"test error at λ = {end:g} over that at the best of the seven by the law, T = {rows}, "
                f"{generators} generators",
                lambda t, rows=rows, generators=generators, end=end: (
                    _isotropic(t, rows, end, generators) / _isotropic(t, rows, best_of(rows, generators), generators)
                ),
                above=1.0,
            )
            for rows in (60, 400)
            for generators in (1, 5)
            for end in (RIDGES[0], RIDGES[-1])
        ),
        differs="T, d and noise of our own, the figure's were not seen",
        **chains,
    )
    yield Claim(
        "demystified-adaptive",
        "A ridge adapted to the generators mitigates collapse: more of it than is best on real data",
        _ABSTRACT,
        None,
        (
            Quantity(
                "best ridge after 5 generators over that on real data, of seven, by the law, T = 400, d = 100",
                lambda t: Measurement(best_of(400, 5) / best_of(400, 0)),
                above=1.0,
            ),
            Quantity(
                "test error at the latter over that at the former, after 5 generators",
                lambda t: _isotropic(t, 400, best_of(400, 0), 5) / _isotropic(t, 400, best_of(400, 5), 5),
                above=1.1,
            ),
        ),
        **chains,
    )
    yield Claim(
        "demystified-noise-free",
        "With fewer rows than features models collapse even without noise, exponentially fast",
        "abstract [A]; the formula 1 - qⁿ, q = T/d [M]",
        1 - (FEW_ROWS / MANY_FEATURES) ** 6,
        (
            Quantity(
                "test error of model 6 over that of predicting 0, T = 45, d = 60, no noise",
                lambda t: Measurement(_wide(6, NOISELESS)),
                above=0.999 * (1 - (FEW_ROWS / MANY_FEATURES) ** 6),
                below=1.001 * (1 - (FEW_ROWS / MANY_FEATURES) ** 6),
            ),
            Quantity(
                "what is left of the signal at model 7 over that at model 6, to be q",
                lambda t: Measurement((1 - _wide(7, NOISELESS)) / (1 - _wide(6, NOISELESS))),
                above=0.749,
                below=0.751,
            ),
        ),
        experiment=None,
        differs="the formula was known from memory, and derived here",
    )
    yield Claim(
        "demystified-saturation",
        "With fewer rows than features what noise adds grows linearly with the number of models, as with more rows",
        "abstract, over- and under-parametrised alike [A]; the formula known from memory says (1 - qⁿ)/(1 - q) [M]",
        1.0,
        (
            Quantity(
                "what models 21 to 30 add over ten times what model 2 adds, T = 45, d = 60",
                lambda t: Measurement(
                    (_noise_alone(30) - _noise_alone(20)) / (10 * (_noise_alone(2) - _noise_alone(1)))
                ),
                above=0.9,
                below=1.1,
            ),
        ),
        experiment=None,
        differs="so the abstract's sentence is of enough rows; by the formula noise adds at most 1/(1 - q) fits",
    )
    yield from rates()


def rates() -> Iterator[Claim]:
    """Those on power laws."""
    clean, generated = best_rate(2.0, 0.5), best_rate(2.0, 0.5, generator_rows=0.8)
    yield Claim(
        "demystified-clean-rate",
        "Under a power law the best ridge on real data is T^-ℓ, ℓ = β/(2rβ + 1), and the error falls as T^-2rℓ",
        "section 5, Theorem 5.1 [N], its exponents [M]",
        clean.error,
        (
            Quantity(
                "exponent between T = 10⁵ and 10⁷, β = 2, r = 1/2",
                lambda t: Measurement(-_slope(clean.ridge, None)),
                above=clean.error - 0.03,
                below=clean.error + 0.03,
            ),
            *(
                Quantity(
                    f"exponent at {share:g} ℓ",
                    lambda t, share=share: Measurement(-_slope(share * clean.ridge, None)),
                    below=clean.error - 0.03,
                )
                for share in (0.7, 1.3)
            ),
        ),
        experiment=None,
        differs="the law for many features, not runs",
    )
    yield Claim(
        "demystified-rate",
        "With generators of T^b rows, b < 1, less rate is left, and the best ridge falls more slowly than on real data",
        "section 5, Theorem 5.1 [N], whose exponents in the paper's own letters were not seen [M]; derived here [D]",
        None,
        (
            Quantity(
                "exponent at b times the best ℓ on real data, b = 0.8, β = 2, r = 1/2",
                lambda t: Measurement(-_slope(generated.ridge, 0.8)),
                above=generated.error - 0.03,
                below=generated.error + 0.03,
            ),
            Quantity(
                "exponent at the best ℓ on real data",
                lambda t: Measurement(-_slope(clean.ridge, 0.8)),
                below=generated.error - 0.03,
            ),
        ),
        experiment=None,
        differs="the law for many features, not runs",
    )
    last = 3200
    power = {"experiment": POWER_LAW.name, "replicates": 400}
    yield Claim(
        "demystified-crossover",
        "Under a power law the error on generated data falls with T as on real data at first, then crosses over",
        _ABSTRACT,
        None,
        (
            Quantity(
                "test error at T = 3,200 over that at 400, ridge best on real data, after 5 generators of 400 rows",
                lambda t: _power_law(t, last, "clean", GENERATORS) / _power_law(t, 400, "clean", GENERATORS),
                above=1.0,
            ),
            Quantity(
                "the same at T = 200 over that at 50",
                lambda t: _power_law(t, 200, "clean", GENERATORS) / _power_law(t, 50, "clean", GENERATORS),
                below=1.0,
            ),
            Quantity(
                "test error at T = 3,200 over that at 400 on real data",
                lambda t: _power_law(t, last, "clean", 0) / _power_law(t, 400, "clean", 0),
                below=0.5,
            ),
        ),
        **power,
    )
    yield Claim(
        "demystified-adaptive-rate",
        "A ridge T^-ℓ of effective rows keeps the error on generated data from rising again",
        "abstract, adaptive regularisation [A]; Fig. 1(b) [N]; this rule, of effective rows, is ours [D]",
        None,
        (
            Quantity(
                "test error at T = 3,200, adaptive over ridge best on real data, after 5 generators",
                lambda t: _power_law(t, last, "adaptive", GENERATORS) / _power_law(t, last, "clean", GENERATORS),
                below=0.9,
            ),
            Quantity(
                "test error at T = 3,200 over that at 400, adaptive",
                lambda t: _power_law(t, last, "adaptive", GENERATORS) / _power_law(t, 400, "adaptive", GENERATORS),
                below=1.0,
            ),
            Quantity(
                "brute force over the law there",
                lambda t: (
                    _power_law(t, last, "adaptive", GENERATORS)
                    / Measurement(power_law(last, ridges(last)["adaptive"], GENERATORS))
                ),
                above=0.93,
                below=1.07,
            ),
        ),
        differs="our rule for the ridge; the paper's exponent was not seen",
        **power,
    )


CLAIMS = tuple(claims())
