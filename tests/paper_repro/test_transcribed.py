"""What stands in the paper and what the claims ask of it, written down a second time from the notes on the paper."""

import math

import numpy as np

from paper_repro.claim import LEFT_OPEN, NOT_TESTED, REFUTED, REPRODUCED, Claim, Quantity
from paper_repro.gerstgrasser2024 import published
from paper_repro.gerstgrasser2024.paper import PAPER
from tests.paper_repro import transcribed
from theory.measurement import Measurement

#: Curves from iteration 1 on: figure, model, Replace, Accumulate.
CURVES = """
language_models | GPT-2 9M | 1.816 2.106 2.270 2.394 2.495 | 1.816 1.758 1.748 1.743 1.741
language_models | Llama-2 12M | 2.057 2.346 2.541 2.716 2.873 | 2.057 1.976 1.950 1.938 1.932
language_models | Llama-2 42M | 1.900 2.159 2.347 2.522 2.648 | 1.900 1.810 1.776 1.760 1.749
language_models | Llama-2 126M | 1.706 1.927 2.103 2.233 2.369 | 1.706 1.630 1.601 1.585 1.573
vae | VAE | .01953 .01995 .0212 .02271 .02465 .02625 .02766 .02876 .02986 .03045 \
| .01953 .01928 .01938 .01951 .01967 .01975 .01985 .01995 .02004 .02015
diffusion | GeoDiff | 54.7 384.8 411.2 381.2 365.2 398.8 | 54.7 84.8 80.4 90.4 89.6 84.0
language_models_sequel | GPT-2 9M | 1.815 2.072 2.205 2.303 2.394 2.477 2.551 2.632 2.716 2.790 \
| 1.815 1.781 1.777 1.779 1.782 1.785 1.788 1.790 1.792 1.796
language_models_sequel | Llama-2 12M | 2.057 2.349 2.488 2.577 2.652 2.720 2.761 2.801 2.849 2.892 \
| 2.057 1.998 1.986 1.983 1.984 1.986 1.985 1.989 1.989 1.990
language_models_sequel | Llama-2 42M | 1.863 2.138 2.250 2.334 2.407 2.466 2.516 2.568 2.613 2.647 \
| 1.863 1.808 1.796 1.791 1.791 1.791 1.792 1.792 1.792 1.794
language_models_sequel | Llama-2 126M | 1.709 1.953 2.065 2.141 2.219 2.276 2.329 2.379 2.415 2.451 \
| 1.709 1.661 1.649 1.645 1.643 1.643 1.642 1.643 1.643 1.643
"""

#: The sequel's third workflow, Accumulate-Subsample.
SUBSAMPLED = """
GPT-2 9M | 1.816 1.908 1.958 1.995 2.023 2.043 2.062 2.074 2.086 2.099
Llama-2 12M | 2.056 2.143 2.200 2.233 2.263 2.286 2.300 2.318 2.331 2.341
Llama-2 42M | 1.863 1.941 1.989 2.023 2.047 2.066 2.083 2.099 2.110 2.119
Llama-2 126M | 1.708 1.780 1.826 1.856 1.878 1.899 1.914 1.927 1.940 1.948
"""

#: Table 2: model, iteration 1, Accumulate and Replace at 4, Replace at 10, ReplaceGrowing at 4.
TABLE_2 = """
GPT-2 9M | 1.82 1.74 2.39 2.91 2.18
GPT-2 9M at temperature 0.3 | 1.82 1.75 5.82 9.85 -
Llama-2 12M | 2.06 1.94 2.72 - -
Llama-2 42M | 1.90 1.76 2.52 - -
Llama-2 126M | 1.71 1.59 2.23 - -
"""


def numbers(text):
    return [None if word == "-" else float(word) for word in text.split()]


def written():
    """(figure, model, workflow, iteration) -> value, of all that is written above."""
    found = {}
    for line in CURVES.strip().splitlines():
        figure, model, *curves = (part.strip() for part in line.split("|"))
        for workflow, curve in zip(("replace", "accumulate"), curves, strict=True):
            found |= {(figure, model, workflow, n): value for n, value in enumerate(numbers(curve), 1)}
    for line in SUBSAMPLED.strip().splitlines():
        model, curve = (part.strip() for part in line.split("|"))
        place = "language_models_sequel", model, "accumulate-subsample"
        found |= {(*place, n): value for n, value in enumerate(numbers(curve), 1)}
    columns = (("replace", 1), ("accumulate", 4), ("replace", 4), ("replace", 10), ("replace-growing", 4))
    for line in TABLE_2.strip().splitlines():
        model, row = (part.strip() for part in line.split("|"))
        found |= {("table_2", model, *c): v for c, v in zip(columns, numbers(row), strict=True) if v is not None}
    return found


def test_published_numbers_are_those_that_were_read():
    table = {
        (row["figure"], row["model"], row["workflow"], int(row["iteration"])): float(row["value"])
        for row in published.rows()
    }
    assert table == written()


#: Claim -> what the paper has, and for each quantity the bounds (above, below); `None` for a fact.
INF = math.inf
PI = math.pi**2 / 6
H = sum(1 / i**2 for i in range(1, 51))
RISES, STAYS = [(0.05, INF), (0.0, INF)], [(-INF, 0.02)]
CLAIMS = {
    "linear-replace": (50, [(49, 51), (49, 51), None]),
    "linear-accumulate-sum": (H, [(0.99 * H, 1.01 * H), None]),
    "linear-accumulate-bound": (PI, [(-INF, PI), None, None]),
    "linear-bound-tight-fixed": (PI, [(0.999 * PI, INF), None]),
    "linear-bound-tight-fresh": (None, [(0.999 * PI, INF), None]),
    "linear-bound-approached-fixed": (PI, [(0.999 * PI, INF)]),
    "linear-bound-approached-fresh": (None, [(0.999 * PI, INF)]),
    "linear-isotropy": (None, [(0.97, 1.03), (0.97, 1.03)]),
    "linear-replace-growing": (None, [(0.9, 1.1), None, None]),
    "language-gpt2-9m-replace": (2.495 / 1.816 - 1, RISES),
    "language-gpt2-9m-accumulate": (1.741 / 1.816 - 1, STAYS),
    "language-llama2-12m-replace": (2.873 / 2.057 - 1, RISES),
    "language-llama2-12m-accumulate": (1.932 / 2.057 - 1, STAYS),
    "language-llama2-42m-replace": (2.648 / 1.9 - 1, RISES),
    "language-llama2-42m-accumulate": (1.749 / 1.9 - 1, STAYS),
    "language-llama2-126m-replace": (2.369 / 1.706 - 1, RISES),
    "language-llama2-126m-accumulate": (1.573 / 1.706 - 1, STAYS),
    "language-longer-replace": (2.369 / 1.706 - 1, RISES),
    "language-longer-accumulate": (1.573 / 1.706 - 1, STAYS),
    "language-training-length": (None, [(-INF, 2 / 3)]),
    "language-impossible": (None, [(0.2, INF), (-INF, 0.05)]),
    "language-full-size-replace": (2.495 / 1.816 - 1, RISES),
    "language-full-size-accumulate": (1.741 / 1.816 - 1, STAYS),
    "language-temperature-replace": ((5.82 - 2.39) / 1.82, [(0.05, INF)]),
    "language-temperature-accumulate": (1.75 / 1.82 - 1, STAYS),
    "language-replace-growing": (2.18 / 1.82 - 1, [(0.02, INF), (0.0, INF)]),
    "language-first-quality": (None, [(2 / 3, 3 / 2), (2 / 3, 3 / 2)]),
    "language-data-size": (None, RISES + STAYS),
    "language-epochs": (None, RISES + STAYS),
    "confound-steps": (None, STAYS),
    "confound-steps-half": (None, [(-INF, 0.5)]),
    "vae-replace": (0.03045 / 0.01953 - 1, RISES),
    "vae-accumulate": (0.02015 / 0.01953 - 1, [(0.0, INF), (-INF, 1 / 3)]),
    "vae-diversity": (None, [(-INF, 0.75), (0.75, INF), (-INF, 0.0)]),
    "vae-single-mode": (None, [(-INF, 0.2)]),
    "vae-attributes": (None, [(-INF, 0.0)]),
    "vae-training-length": (None, [(-INF, 2 / 3), (-INF, 2 / 3)]),
    "forgetting-vae": (None, [(2 / 3, 3 / 2)] * 4),
    "forgetting-vae-unbiased": (None, [(1.0, INF)] * 4),
    "forgetting-language": (None, [(2 / 3, 3 / 2), (1.0, INF)]),
    "forgetting-language-longer": (None, [(2 / 3, 3 / 2), (1.0, INF)]),
    "forgetting-diffusion": (None, [(2 / 3, 3 / 2), (1.0, INF)]),
    "diffusion-replace-jump": (384.8 / 54.7 - 1, [(0.5, INF)]),
    "diffusion-accumulate": (84.0 / 54.7 - 1, [(0.0, INF), (-INF, 0.5)]),
    "diffusion-replace-plateau": ((398.8 - 54.7) / (384.8 - 54.7), [(0.5, 1.5)]),
    "diffusion-accumulate-plateau": ((84.0 - 54.7) / (84.8 - 54.7), [(0.5, 1.5)]),
    "diffusion-training-length": (None, [(-INF, 2 / 3), (-INF, 2 / 3)]),
    "language-largest-replace": (2.873 / 2.057 - 1, RISES),
    "language-largest-accumulate": (1.932 / 2.057 - 1, STAYS),
    "shakespeare-replace": (2.873 / 2.057 - 1, RISES),
    "shakespeare-accumulate": (1.932 / 2.057 - 1, STAYS),
    "fashion-replace": (0.02625 / 0.01953 - 1, RISES),
    "fashion-accumulate": ((0.01975 - 0.01953) / (0.02625 - 0.01953), [(-INF, 1 / 3)]),
    "ligands-replace": (398.8 / 54.7 - 1, RISES),
    "ligands-accumulate": ((84.0 - 54.7) / (398.8 - 54.7), [(-INF, 0.5)]),
    "diffusion-longer-replace": (398.8 / 54.7 - 1, RISES),
    "diffusion-longer-accumulate": ((84.0 - 54.7) / (398.8 - 54.7), [(-INF, 0.5)]),
}

#: Of the seeds or replicates that a claim needs; 3 for all others.
REPLICATES = {"linear": 10_000, "language": 4, "confound": 4, "forgetting-language": 4}


def test_bounds_and_published_values_are_those_decided_before_looking():
    # of what is recorded on a GPU, and of long training, there are three chains
    of_three = (
        f"{name}-{workflow}" for name in ("full-size", "longer", "largest") for workflow in ("replace", "accumulate")
    )
    more = {"linear-isotropy": 1000}
    more |= {f"language-{name}": 3 for name in (*of_three, "training-length", "impossible")}
    replicates = REPLICATES | more
    transcribed.check(
        PAPER,
        {name: (*asked, replicates.get(name, replicates.get(name.split("-")[0], 3))) for name, asked in CLAIMS.items()},
    )


def cell(name, variant, workflow, n, metric):
    """A number of its own for each cell of each table."""
    return 1 + 0.1 * np.sin(sum((k + 3) * ord(c) for k, c in enumerate(f"{name}{variant}{workflow}{n}{metric}")))


MODELS = ("gpt2-9m", "llama2-12m", "llama2-42m", "llama2-126m")
OTHERS = (
    "cpu",
    "500 steps",
    "0.3",
    "growing",
    "half",
    "double",
    "half the data",
    "twice the epochs",
    "fixed",
    "600 steps",
    "14,000 steps",
)
METRICS = ("rise", "test_loss", "variance", "nearest_sample", "classes", "dimension", "impossible")


def made_up(name):
    """A table with such a number in each cell that a claim could look at."""
    rows = []
    for n in (*range(1, 11), 25, 50):
        for workflow in ("replace", "accumulate", "replace-growing"):
            place = {"workflow": workflow, "iteration": str(n)}
            if name.startswith("linear"):
                for design in ("fixed", "fresh"):
                    place |= {"design": design, "T": "100", "d": "32", "sigma2": "1/4"}
                    mean = cell(name, design, workflow, n, "test_error")
                    rows.append(place | {"mean": str(mean), "standard_error": "0.01", "replicates": "20000"})
                continue
            for variant in MODELS if name in ("language", "language_longer", "language_9m") else OTHERS:
                for metric in METRICS:
                    row = place | {"variant": variant, "metric": metric, "standard_error": "0.01", "replicates": "5"}
                    rows.append(row | {"mean": str(cell(name, variant, workflow, n, metric))})
    return rows


def of(name, variant, workflow, n, metric="rise"):
    return cell(name, variant, workflow, n, metric)


def linear(workflow, design, n, name="linear_claims"):
    """Over the error of one fit, sigma^2 d/(T - d - 1)."""
    return cell(name, design, workflow, n, "test_error") / (0.25 * 32 / 67)


def rises(name, variant, last):
    """To the last model, and in the second half."""
    half = (last + 1) // 2
    to_last = of(name, variant, "replace", last)
    return [to_last, to_last - of(name, variant, "replace", half)]


def growth(name, variant):
    return of(name, variant, "replace", 5, "test_loss") - of(name, variant, "replace", 2, "test_loss")


R, A, G = "replace", "accumulate", "replace-growing"
MEASURED = {
    "linear-replace": [linear(R, "fixed", 50), linear(R, "fresh", 50)],
    "linear-accumulate-sum": [linear(A, "fixed", 50)],
    "linear-accumulate-bound": [linear(A, "fixed", 50)],
    "linear-bound-tight-fixed": [PI],
    "linear-bound-tight-fresh": [PI],
    "linear-bound-approached-fixed": [PI],
    # (T/(d + 1)) times minus psi(1 - (d + 1)/T) minus Euler's constant, in units of one fit: 0.7087 / 0.4776
    "linear-bound-approached-fresh": [0.70873 / (32 / 67)],
    "linear-isotropy": [
        linear(A, "fixed", 10, "linear_isotropy") / sum(1 / i**2 for i in range(1, 11)),
        linear(R, "fixed", 10, "linear_isotropy") / 10,
    ],
    "linear-replace-growing": [(linear(G, "fixed", 50) - linear(G, "fixed", 25)) / math.log(2)],
    **{f"language-{model}-replace": rises("language", model, 5) for model in MODELS},
    **{f"language-{model}-accumulate": [of("language", model, A, 5)] for model in MODELS},
    "language-longer-replace": rises("language_longer", "llama2-126m", 5),
    "language-longer-accumulate": [of("language_longer", "llama2-126m", A, 5)],
    "language-training-length": [of("language_longer", "llama2-126m", R, 5) / of("language", "llama2-126m", R, 5)],
    "language-impossible": [
        of("language_longer", "llama2-126m", w, 6, "impossible")
        - of("language_longer", "llama2-126m", w, 1, "impossible")
        for w in (R, A)
    ],
    "language-full-size-replace": rises("language_9m", "gpt2-9m", 5),
    "language-full-size-accumulate": [of("language_9m", "gpt2-9m", A, 5)],
    "language-temperature-replace": [of("language_temperature", "0.3", R, 4) - of("language", "gpt2-9m", R, 4)],
    "language-temperature-accumulate": [of("language_temperature", "0.3", A, 4)],
    "language-replace-growing": [
        of("language_growing", "growing", G, 4),
        of("language", "gpt2-9m", R, 4) - of("language_growing", "growing", G, 4),
    ],
    "language-first-quality": [
        growth("language_first", variant) / growth("language", "gpt2-9m") for variant in ("half", "double")
    ],
    "language-data-size": [*rises("language_data", "half the data", 5), of("language_data", "half the data", A, 5)],
    "language-epochs": [*rises("language_data", "twice the epochs", 5), of("language_data", "twice the epochs", A, 5)],
    "confound-steps": [of("language_steps", "fixed", A, 5)],
    "confound-steps-half": [of("language_steps", "fixed", A, 5) / of("language", "gpt2-9m", R, 5)],
    "vae-replace": rises("vae", "cpu", 10),
    "vae-accumulate": [of("vae", "cpu", A, 10), of("vae", "cpu", A, 10) / of("vae", "cpu", R, 10)],
    "vae-diversity": [
        of("vae", "cpu", R, 10, "variance") / of("vae", "cpu", R, 1, "variance"),
        of("vae", "cpu", A, 10, "variance") / of("vae", "cpu", A, 1, "variance"),
        of("vae", "cpu", R, 10, "nearest_sample") - of("vae", "cpu", A, 10, "nearest_sample"),
    ],
    "vae-single-mode": [of("vae", "cpu", R, 10, "classes")],
    "vae-attributes": [of("vae", "cpu", A, 10, "dimension") - of("vae", "cpu", A, 1, "dimension")],
    "vae-training-length": [of("vae", "cpu", w, 10) / of("vae_length", "500 steps", w, 10) for w in (R, A)],
    "diffusion-replace-jump": [of("diffusion", "cpu", R, 2)],
    "diffusion-accumulate": [of("diffusion", "cpu", A, 6), of("diffusion", "cpu", A, 6) / of("diffusion", "cpu", R, 6)],
    "diffusion-replace-plateau": [of("diffusion", "cpu", R, 6) / of("diffusion", "cpu", R, 2)],
    "diffusion-accumulate-plateau": [of("diffusion", "cpu", A, 6) / of("diffusion", "cpu", A, 2)],
    "diffusion-training-length": [
        of("diffusion", "cpu", w, 6) / of("diffusion_short", "600 steps", w, 6) for w in (R, A)
    ],
    "language-largest-replace": rises("language_largest", "cpu", 5),
    "language-largest-accumulate": [of("language_largest", "cpu", A, 5)],
    "shakespeare-replace": rises("shakespeare", "cpu", 5),
    "shakespeare-accumulate": [of("shakespeare", "cpu", A, 5)],
    "fashion-replace": rises("fashion", "cpu", 6),
    "fashion-accumulate": [of("fashion", "cpu", A, 6) / of("fashion", "cpu", R, 6)],
    "ligands-replace": rises("ligands", "cpu", 6),
    "ligands-accumulate": [of("ligands", "cpu", A, 6) / of("ligands", "cpu", R, 6)],
    "diffusion-longer-replace": rises("diffusion_longer", "14,000 steps", 6),
    "diffusion-longer-accumulate": [
        of("diffusion_longer", "14,000 steps", A, 6) / of("diffusion_longer", "14,000 steps", R, 6)
    ],
}


def test_each_quantity_is_read_from_the_cells_that_it_names():
    # whole curves, and by seed: tests/paper_repro/test_forgetting.py
    of_curves = {name for name in CLAIMS if name.startswith("forgetting")}
    assert MEASURED.keys() == CLAIMS.keys() - of_curves
    for claim in [claim for claim in PAPER.claims if claim.id not in of_curves]:
        asked = [q.measure(made_up) for q in claim.quantities if isinstance(q, Quantity)]
        np.testing.assert_allclose([m.mean for m in asked], MEASURED[claim.id], rtol=1e-4, err_msg=claim.id)
        if not claim.experiment.startswith("linear"):
            # five seeds; a difference of independent ones has more degrees of freedom
            assert all(4 <= m.degrees < 9 for m in asked), claim.id


def claim_of(*means, replicates=("9", "9"), error=0.0):
    """A claim that all of these are between 0 and 1, and the table that it is judged by."""
    quantities = tuple(
        Quantity(f"number {k}", lambda tables, m=m: Measurement(m, error, 3.0), above=0.0, below=1.0)
        for k, m in enumerate(means)
    )
    claim = Claim("some", "something", "nowhere [D]", None, quantities, "table", replicates=5)
    return claim.judge(lambda name: [{"replicates": count} for count in replicates])


def test_all_quantities_must_be_confirmed_and_the_first_is_reported():
    good = claim_of(0.5, 0.25)
    assert (good["verdict"], good["ours"]) == (REPRODUCED, 0.5)
    for means in ((0.5, 1.5), (1.5, 0.5), (0.0, 1.5)):
        found = claim_of(*means)
        assert (found["verdict"], found["ours"]) == (REFUTED, means[0])
    # a bound itself is not between the bounds, exact or not
    assert [claim_of(mean)["verdict"] for mean in (0.0, 1.0)] == [LEFT_OPEN, LEFT_OPEN]
    # and one quantity that is open leaves the claim open, whichever it is
    assert [claim_of(*means)["verdict"] for means in ((0.5, 1.0), (1.0, 0.5))] == [LEFT_OPEN, LEFT_OPEN]
    # four seeds: 3.18 standard errors to either side
    assert claim_of(0.5, error=0.157)["verdict"] == REPRODUCED
    assert claim_of(0.5, error=0.158)["verdict"] == LEFT_OPEN


def test_the_row_of_the_fewest_replicates_counts():
    assert claim_of(0.5, replicates=("9", "5"))["verdict"] == REPRODUCED
    few = claim_of(0.5, replicates=("9", "4", "9"))
    assert (few["verdict"], few["differs"]) == (NOT_TESTED, "table has 4 chains, the test needs 5")
