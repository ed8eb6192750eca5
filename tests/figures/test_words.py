"""The words and numbers of every picture, written down a second time: titles, axes, scales, legends, captions.

Which curve is where is held in `test_drawn.py` and its neighbours by colour and mark; here what these are called.
"""

import re
from typing import Any

from matplotlib.colors import to_hex

from tests.figures.test_drawn import COLOURS, mixed
from tests.figures.test_pictures import drawn, every, legends

REPLACE, ACCUMULATE = COLOURS["replace"], COLOURS["accumulate"]

#: Of each panel its title, what is on its axes, and their scales; the place of a legend has none.
PANELS = {
    "schematic": [
        ("Replace", "", "", "linear linear"),
        ("Accumulate", "", "", "linear linear"),
        ("", "model-fitting iteration n", "test error\n(of one fit = 1)", "linear linear"),
        ("", "model-fitting iteration n", "", "linear linear"),
    ],
    "linear_a": [
        ("Replace", "model-fitting iteration", "test error (noise left out)", "linear linear"),
        ("Accumulate", "model-fitting iteration", "", "linear linear"),
    ],
    "linear_b": [
        ("T = 100", "", "Replace\ntest error", "linear log"),
        ("T = 316", "", "", "linear log"),
        ("T = 1000", "", "", "linear log"),
        ("", "", "Accumulate\ntest error", "linear log"),
        ("", "model-fitting iteration", "", "linear log"),
        ("", "", "", "linear log"),
    ],
    "designs": [
        ("T = 40", "model-fitting iteration", "test error (noise left out)", "linear linear"),
        ("T = 100", "model-fitting iteration", "", "linear linear"),
    ],
    "proportional": [
        ("d/T = 0.5", "model-fitting iteration n", "test error (of model 1 = 1)", "linear log"),
        ("model 10", "d/T", "", "linear log"),
    ],
    "temperature_bias": [
        ("temperature", "model-fitting iteration n", "test error (of model 1 = 1)", "linear log"),
        ("bias of length 0.2", "model-fitting iteration n", "", "log log"),
    ],
    "population": [
        ("all train on all", "model-fitting iteration n", "test error (of model 1 at n = 1: 1)", "linear linear"),
        ("a line, real data at its end", "model-fitting iteration n", "", "linear linear"),
    ],
    "ridge": [
        ("Replace", "ridge λ", "test error", "log log"),
        ("Accumulate", "ridge λ", "", "log log"),
    ],
    "forgetting": [
        ("", "model-fitting iteration n", "test error", "log linear"),
    ],
    "interpolation": [
        ("", "features to rows of one pool, d/T", "test error", "linear log"),
    ],
    "tasks": [
        ("Gaussian, variance\nT = 10", "", "", "linear log"),
        ("Bernoulli, mean error\nT = 10", "", "", "linear log"),
        ("Categories, diversity\nT = 10", "", "", "linear log"),
        ("Poisson, mean error\nT = 10", "", "", "linear log"),
        ("Exponential, variance\nT = 10", "", "", "linear log"),
        ("Negative binomial, mean error\nT = 10", "", "", "linear log"),
        ("Kernel density, variance\nT = 10", "model-fitting iteration n", "", "linear log"),
        ("Logistic regression, test error\nT = 500", "model-fitting iteration n", "", "linear log"),
        ("Median, variance ratio\nT = 101", "model-fitting iteration n", "", "linear log"),
    ],
    "one_law": [
        (
            "near the best fit: 20 passes",
            "model-fitting iteration n",
            "excess loss of model n (of model 1 = 1)",
            "linear linear",
        ),
        ("far from it: 2 passes", "model-fitting iteration n", "", "linear linear"),
    ],
    "language": [
        ("Replace", "model-fitting iteration", "cross-entropy (test), nats a token", "linear linear"),
        ("Accumulate", "model-fitting iteration", "", "linear linear"),
    ],
    "language_longer": [
        ("", "model-fitting iteration n", "KL divergence, nats a token", "linear linear"),
        ("", "model-fitting iteration n", "share of texts that cannot be real", "linear linear"),
    ],
    "language_learning": [
        ("GPT-2 9M,\nhere 19k weights", "", "Replace\ncross-entropy (test)", "linear linear"),
        ("Llama-2 12M,\nhere 18k weights", "", "", "linear linear"),
        ("Llama-2 42M,\nhere 29k weights", "", "", "linear linear"),
        ("Llama-2 126M,\nhere 84k weights", "", "", "linear linear"),
        ("", "epoch", "Accumulate\ncross-entropy (test)", "linear linear"),
        ("", "epoch", "", "linear linear"),
        ("", "epoch", "", "linear linear"),
        ("", "epoch", "", "linear linear"),
    ],
    "language_temperature": [
        ("Replace", "model-fitting iteration", "cross-entropy (test), nats a token", "linear linear"),
        ("Accumulate", "model-fitting iteration", "", "linear linear"),
    ],
    "vae": [
        ("Replace", "", "loss per pixel", "linear linear"),
        ("Accumulate", "", "", "linear linear"),
        ("", "model-fitting iteration n", "of real images = 1", "linear linear"),
        ("", "model-fitting iteration n", "", "linear linear"),
    ],
    "vae_samples": [
        ("Replace", "", "", "linear linear"),
        ("Accumulate", "model-fitting iteration n", "", "linear linear"),
    ],
    "vae_ablation": [
        ("", "rise of the test loss from model 1 to model 4, %", "", "linear linear"),
    ],
    "diffusion": [
        ("Replace", "", "loss of model 1 = 1", "linear log"),
        ("Accumulate", "", "", "linear log"),
        ("", "model-fitting iteration n", "share", "linear linear"),
        ("", "model-fitting iteration n", "", "linear linear"),
    ],
    "diffusion_samples": [
        ("Replace", "", "", "linear linear"),
        ("Accumulate", "model-fitting iteration n", "", "linear linear"),
    ],
    "diffusion_ablation": [
        ("", "rise of the test loss from model 1 to model 3, %", "", "linear linear"),
    ],
    "real_data": [
        ("stories of a grammar", "", "rise of the test loss, %", "linear linear"),
        ("plays of Shakespeare", "", "", "linear linear"),
        ("pictures of clothes", "iteration n", "", "linear linear"),
        ("small drugs", "iteration n", "rise of the test loss, %", "linear linear"),
        ("ligands of proteins", "iteration n", "", "linear linear"),
        ("", "", "", "linear linear"),
    ],
    "fashion_samples": [
        ("Replace", "", "", "linear linear"),
        ("Accumulate", "model-fitting iteration n", "", "linear linear"),
    ],
    "ligand_samples": [
        ("Replace", "", "", "linear linear"),
        ("Accumulate", "model-fitting iteration n", "", "linear linear"),
    ],
    "creep": [
        ("autoencoders,\n500 steps", "", "rise of the test loss, %", "linear linear"),
        ("autoencoders,\n1,000 steps", "", "", "linear linear"),
        ("autoencoders,\n2,000 steps", "", "", "linear linear"),
        ("autoencoders,\n4,000 steps", "iteration n", "", "linear linear"),
        ("language models", "iteration n", "rise of the test loss, %", "linear linear"),
        ("language models,\nlonger", "iteration n", "", "linear linear"),
        ("diffusion models", "iteration n", "", "linear linear"),
        ("", "", "", "linear linear"),
    ],
    "three_workflows": [
        ("least squares, d = 10", "model-fitting iteration n", "test error over that of one fit", "log log"),
        ("Gaussian, 10 rows", "model-fitting iteration n", "variance over the truth's", "linear linear"),
    ],
    "pathway": [
        ("five estimators under Accumulate", "generation G", "risk over that of generation 1", "log linear"),
        ("the laws of three workflows", "generation G", "", "log linear"),
    ],
    "weights": [
        ("", "weight w on the real rows", "variance for n → ∞, of one real batch = 1", "linear linear"),
    ],
    "demystified": [
        ("all features alike", "ridge λ", "test error", "log log"),
        ("a power law", "rows T", "", "log log"),
    ],
    "recursion": [
        ("Gaussian", "model-fitting iteration n", "in units of σ²", "linear linear"),
        ("discrete", "model-fitting iteration n", "share of chains without it", "log linear"),
    ],
}

#: Of legends: what is called so, its colour, and where it tells something its mark and line.
LEGENDS: dict[str, list[tuple[Any, ...]]] = {
    "linear_a": [
        (r"$\sigma^2=10$", REPLACE),
        (r"$\sigma^2=1$", mixed(REPLACE, 0.7)),
        (r"$\sigma^2=0.1$", mixed(REPLACE, 0.45)),
        ("simulation, mean", "0.4", "None", "-"),
        ("95 % of replicates", "0.4"),
        ("exact law", "black", "None", "--"),
    ],
    "designs": [
        ("exact law, fixed design", ACCUMULATE, "None", "-"),
        ("exact law, fresh design", mixed(ACCUMULATE, 0.6), "None", "-"),
        (r"bound $\frac{\pi^2}{6}\,\frac{\sigma^2d}{T-d-1}$", "0.35", "None", ":"),
        ("simulation, fixed design", ACCUMULATE),
        ("simulation, fresh design", mixed(ACCUMULATE, 0.6)),
    ],
    "interpolation": [(f"model {n}", mixed(ACCUMULATE, 0.3 + 0.7 * n / 3)) for n in (1, 2, 3)],
    "tasks": [
        ("Replace", REPLACE),
        ("Accumulate", ACCUMULATE),
        ("AccumulateSubsample", COLOURS["accumulate-subsample"]),
        ("FixedReal(3/10)", COLOURS["fixed-real"]),
    ],
    "one_law": [
        ("theory, $c_n$", "0.35", "None", "-"),
        ("sim", "0.35", "s", "-"),
        ("transformer", "0.35", "o", "-"),
    ],
    "language": [
        (f"{name}, here {k}k", "0.35", mark, "-")
        for name, k, mark in zip(
            ("GPT-2 9M", "Llama-2 12M", "Llama-2 42M", "Llama-2 126M"), (19, 18, 29, 84), "os^D", strict=True
        )
    ],
    "language_longer": [
        ("Replace", REPLACE, "o", "-"),
        ("Accumulate", ACCUMULATE, "o", "-"),
        ("Accumulate, steps as model 1", ACCUMULATE, "s", "--"),
    ],
    "language_learning": [
        (f"n = {n}", mixed(colour, 0.3 + 0.175 * (n - 1))) for colour in (REPLACE, ACCUMULATE) for n in range(1, 6)
    ],
    "language_temperature": [("temperature 1", "0.35", "o"), ("temperature 0.3", "0.35", "s")],
    "vae": [
        *(
            of
            for colour in (REPLACE, ACCUMULATE)
            for of in (
                ("test loss, digits", colour, "o", "-"),
                ("its squared error, without β KL", colour, "None", ":"),
                ("the paper's test loss, CelebA", "0.45", "x", "None"),
            )
        ),
        ("variance of samples", "0.0"),
        ("distance to nearest sample", "0.35"),
        ("classes drawn", "0.65"),
    ],
    "vae_ablation": [("Replace", REPLACE), ("Accumulate", ACCUMULATE)],
    "diffusion": [
        ("test loss, embedded drugs", REPLACE, "o", "-"),
        ("the paper's, GEOM-Drugs", "0.45", "x", "None"),
        ("test loss, embedded drugs", ACCUMULATE, "o", "-"),
        ("the paper's, GEOM-Drugs", "0.45", "x", "None"),
        ("sane samples", "0.0"),
        ("real conformations covered", "0.45"),
    ],
    "diffusion_samples": [("C", "#4D4D4D"), ("N", "#0072B2"), ("O", "#D55E00"), ("S", "#F0E442")],
    "diffusion_ablation": [("Replace", REPLACE)],
    "real_data": [("Replace", REPLACE), ("Accumulate", ACCUMULATE)],
    "ligand_samples": [("C", "#4D4D4D"), ("N", "#0072B2"), ("O", "#D55E00"), ("other", "#CC79A7")],
    "creep": [
        ("by forgetting", "0.25", "None", "-"),
        ("unbiased", "0.25", "None", "--"),
        ("measured", ACCUMULATE),
    ],
    "pathway": [
        ("median of N(θ, 1)", "C0"),
        ("logistic regression", "C1"),
        ("Poisson regression", "C2"),
        ("mean of a Gaussian", "C3"),
        ("least squares", "C4"),
        ("Replace", REPLACE),
        ("AccumulateSubsample", COLOURS["accumulate-subsample"]),
        ("Accumulate", ACCUMULATE),
    ],
    "weights": [
        ("least squares", "C0"),
        ("logistic regression", "C1"),
        ("Poisson regression", "C2"),
        ("mean of a Gaussian", "C3"),
    ],
    "recursion": [
        (f"{q:g}", mixed(REPLACE, 1 - 0.85 * k / 8))
        for k, q in enumerate((0.5, 0.25, 0.13, 0.06, 0.03, 0.015, 0.01, 0.005))
    ],
}

#: In captions, in their order.
NUMBERS = {
    "schematic": "1 6",
    "linear_a": "114 88 35.2 10 60 1,000 1.0 1",
    "linear_b": "32 95 1500 1,000 1.0 1",
    "designs": "32 1 95 80 20,000 1.0",
    "proportional": "200 400 95 1.1 0.282 0.5 4 9",
    "temperature_bias": "100 32 1 5,000 95 0 0.2 2.5",
    "population": "100 32 2,000 95 1 1 3 4 2.7",
    "ridge": "80 40 1 1 250 95 0.5 0 0.5 0.33 0.22 0 3.7",
    "forgetting": "64 32 0.5 1 400 95 0 1.7",
    "interpolation": "20 0.5 1 1000 95 2.5",
    "tasks": "2,000 20,000 95 280 3.1",
    "one_law": "5,000 256 95 2.2 3.1 2 1",
    "language": "384 8 4 95 2 0.003 0.01 1",
    "language_longer": "83,760 4,096 2,048 3 95",
    "language_learning": "4",
    "language_temperature": "19,040 2 9 384 4 95 2 10 0.3 9.85 8000 8.99",
    "vae": "8 8 1,437 8 0.02 3 63 3 8 0 56 3 95",
    "vae_samples": "0 1",
    "vae_ablation": "8 0.02 1,437 500 3 95",
    "diffusion": "896 18 3 50 1.36 0.01 1.13 0.00 7.3 1.5 95 0.75",
    "diffusion_samples": "0 6",
    "diffusion_ablation": "3 95",
    "real_data": "4,096 6,144 10,000 28 28 896 4,096 3 95",
    "fashion_samples": "0 1 2 6",
    "ligand_samples": "0 2",
    "creep": "1 95",
    "three_workflows": "10 32 100 4,000 3,991 95 1 32 100 4.9 3.2 5.0 3.3 2.93 10 8,000 95 1.8",
    "pathway": "1,600 95 1 1 31 60 60 100 100 2.90 100 2.905",
    "weights": "1 0.618 1 12 1 1 200 4,000 95",
    "demystified": "95 100 400 250 0.5 300 0 1.5 0.5 200 400 0.3 400 0.6 5 1 1 2.0",
    "recursion": "100 20,000 95 1 3 2 4,000 0.7",
}


def look(handle: Any):
    """Colour, mark and line of what a legend shows; of bars and areas the colour alone."""
    if hasattr(handle, "get_marker"):
        return to_hex(handle.get_color()), handle.get_marker(), handle.get_linestyle()
    colour = handle.get_colors()[0] if hasattr(handle, "get_colors") else handle.get_facecolor()
    return (to_hex(colour),)


@every
def test_words_are_those_of_what_is_shown(name):
    figure = drawn(name)
    found = [
        (axes.get_title(), axes.get_xlabel(), axes.get_ylabel(), f"{axes.get_xscale()} {axes.get_yscale()}")
        for axes in figure.axes
    ]
    assert found == PANELS[name]
    shown = [
        (text.get_text(), *look(handle))
        for legend in legends(figure)
        for text, handle in zip(legend.get_texts(), legend.legend_handles, strict=True)
    ]
    expected = LEGENDS.get(name, [])
    for (text, colour, *rest), (wanted, of, *more) in zip(shown, expected, strict=True):
        assert (text, colour) == (wanted, to_hex(of))
        assert rest[: len(more)] == more, text


@every
def test_numbers_of_the_caption_are_those_of_what_is_shown(name):
    """Sizes and settings in their order; what a table says of itself is also in `test_captions.py`."""
    text = " ".join(drawn(name).get_supxlabel().split())
    assert " ".join(re.findall(r"\d[\d,.]*\d|\d", text)) == NUMBERS[name]
