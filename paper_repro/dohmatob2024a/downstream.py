"""Ridge after a chain of generators: brute force, every generator and the last fit by least squares on drawn rows.

Iteration 1 is the ridge fit to real rows, iteration n + 1 that to rows of generator n. In a chain all of the ridge fits
have the same rows x and the same noise, which leaves each one's law as it is and makes differences exacter.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from theory import Spectrum

from ..chains import Chains

#: Standard deviation of all labels' noise, where features are alike; generators' rows and features.
SIGMA, GENERATOR_ROWS, FEATURES = 0.5, 250, 100
RIDGES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)

#: Of the power law: capacity, source, noise, rows and features of the generators, how many there are.
CAPACITY, SOURCE, NOISE, POWER_ROWS, POWER_FEATURES, GENERATORS = 1.5, 0.5, 0.3, 400, 200, 5
ROWS = (50, 100, 200, 400, 800, 1600, 3200)

#: The best exponent of the ridge on real rows, beta/(2 r beta + 1).
EXPONENT = CAPACITY / (2 * SOURCE * CAPACITY + 1)


def effective_rows(T: int, generators: int) -> float:
    """As many real rows have the noise of T rows of the last generator: 1/T + n/(T_0 - d - 1), inverted."""
    return 1 / (1 / T + generators / (POWER_ROWS - POWER_FEATURES - 1))


def ridges(T: int) -> dict[str, float]:
    """The ridge that is best on real rows, up to a constant, and the same of effective rows after all generators."""
    return {"clean": T**-EXPONENT, "adaptive": effective_rows(T, GENERATORS) ** -EXPONENT}


def spectrum(setting: Mapping[str, Any]) -> Spectrum:
    """Of the features and w*: a power law, or features that are all alike."""
    if "capacity" in setting:
        return Spectrum.power_law(setting["features"], setting["capacity"], setting["source"])
    return Spectrum.of([1.0] * setting["features"], [1 / setting["features"]] * setting["features"])


def loop(
    random: np.random.Generator, chains: int, iterations: tuple[int, ...], setting: Mapping[str, Any]
) -> dict[str, Float[np.ndarray, "chains iterations"]]:
    """The test error, noise left out, at each ridge; and what it has `added` to that of iteration 1.

    Args:
        random: where all numbers come from.
        chains: how many.
        iterations: those that are recorded.
        setting: `rows` of the ridge fit, `generator_rows`, `features`, `sigma` of all labels, `ridges` by name, and of
            a power law its `capacity` and `source`.
    """
    of = spectrum(setting)
    found = np.array([_chain(random, iterations[-1], of, setting) for _ in range(chains)])
    names = list(setting["ridges"])
    kept = {name: found[:, [n - 1 for n in iterations], place] for place, name in enumerate(names)}
    added = {f"added {name}": values - found[:, :1, names.index(name)] for name, values in kept.items()}
    return kept | added


def _chain(
    random: np.random.Generator, last: int, of: Spectrum, setting: Mapping[str, Any]
) -> Float[np.ndarray, "iterations ridges"]:
    values, w = np.array(of.values), np.sqrt(of.energies)
    labelled_by, sigma = w, setting["sigma"]
    x = random.standard_normal((setting["rows"], of.d)) * np.sqrt(values)
    noise = sigma * random.standard_normal(len(x))
    eigenvalues, basis = np.linalg.eigh(x.T @ x / len(x))
    found = []
    for n in range(1, last + 1):
        heard = basis.T @ (x.T @ (x @ labelled_by + noise)) / len(x)
        fits = (basis @ (heard / (eigenvalues + ridge)) for ridge in setting["ridges"].values())
        found.append([float(((fit - w) ** 2 * values).sum()) for fit in fits])
        if n < last:
            rows = random.standard_normal((setting["generator_rows"], of.d)) * np.sqrt(values)
            labels = rows @ labelled_by + sigma * random.standard_normal(len(rows))
            labelled_by = np.linalg.solve(rows.T @ rows, rows.T @ labels)
    return np.array(found)


ISOTROPIC = Chains(
    "dohmatob_ridge",
    loop,
    {
        f"T = {rows}": {
            "rows": rows,
            "generator_rows": GENERATOR_ROWS,
            "features": FEATURES,
            "sigma": SIGMA,
            "ridges": {f"{ridge:g}": ridge for ridge in RIDGES},
        }
        for rows in (60, 400)
    },
    (1, 2, 3, 6),
    chains=300,
    seed=41,
)
POWER_LAW = Chains(
    "dohmatob_power_law",
    loop,
    {
        f"T = {rows}": {
            "rows": rows,
            "generator_rows": POWER_ROWS,
            "features": POWER_FEATURES,
            "sigma": NOISE,
            "capacity": CAPACITY,
            "source": SOURCE,
            "ridges": ridges(rows),
        }
        for rows in ROWS
    },
    (1, GENERATORS + 1),
    chains=400,
    seed=44,
)
