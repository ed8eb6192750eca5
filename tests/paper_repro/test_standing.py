"""What a claim stands on, written down a second time: where it is known from, at which preset, on which shared data."""

import re

from paper_repro.registry import EXPERIMENTS
from paper_repro.verdicts import CLAIMS

#: By the letters of what is said of a claim in turn: A the authors' files, N a reading note, M memory, D derived here.
CONFIDENCE = {
    "A": """
        language-gpt2-9m-replace language-gpt2-9m-accumulate language-llama2-12m-replace
        language-llama2-12m-accumulate language-llama2-42m-replace language-llama2-42m-accumulate
        language-llama2-126m-replace language-llama2-126m-accumulate language-longer-replace
        language-longer-accumulate language-full-size-replace language-full-size-accumulate vae-replace
        vae-accumulate diffusion-replace-jump diffusion-accumulate diffusion-replace-plateau
        diffusion-accumulate-plateau language-largest-replace language-largest-accumulate shakespeare-replace
        shakespeare-accumulate fashion-replace fashion-accumulate ligands-replace ligands-accumulate
        diffusion-longer-replace diffusion-longer-accumulate kazdan-linear-replace kazdan-linear-accumulate
        kazdan-linear-subsample kazdan-kernels-first-step dey-subsample dey-logistic-discard dey-logistic-augment
        dey-logistic-subsample dey-tables-discard dey-tables-augment demystified-linear demystified-adaptive
        demystified-crossover strong-floor
    """,
    "AD": """
        kazdan-gaussian-drift kazdan-linear-finite-rows kazdan-kernels-rules graph-condition
    """,
    "AM": """
        demystified-noise-free demystified-saturation
    """,
    "AN": """
        dey-discard dey-augment dey-efficiency dey-augment-median dey-augment-logistic dey-augment-poisson
        dey-augment-mean dey-augment-least curse-mixture curse-autoencoder mad-augmentation-doomed mad-fresh
        edit-fading edit-constant verifier-near-term verifier-long-run
    """,
    "AND": """
        demystified-adaptive-rate
    """,
    "D": """
        linear-bound-tight-fixed linear-bound-approached-fixed language-training-length language-impossible
        confound-steps confound-steps-half vae-training-length diffusion-training-length forgetting-vae
        forgetting-vae-unbiased forgetting-language forgetting-language-longer forgetting-diffusion
        kazdan-kernels-unbounded dey-subsample-limit he-least-variance he-golden-finite
    """,
    "M": """
        language-first-quality language-data-size language-epochs kazdan-gaussian-accumulate mad-synthetic
    """,
    "N": """
        linear-replace linear-accumulate-sum linear-accumulate-bound language-temperature-replace
        language-temperature-accumulate language-replace-growing vae-diversity vae-single-mode vae-attributes
        kazdan-language-between kazdan-count-beats-share he-golden he-weight he-naive demystified-u-shape
        curse-variance curse-wasserstein curse-collapse curse-absorption curse-tails mad-bias-diversity
        mad-bias-quality mad-augmentation-delays
    """,
    "NA": """
        kazdan-gaussian-replace kazdan-gaussian-subsample kazdan-linear-between kazdan-kernels-between
        he-limit-least he-limit-logistic he-limit-poisson he-limit-mean
    """,
    "ND": """
        linear-bound-tight-fresh linear-bound-approached-fresh linear-isotropy linear-replace-growing
        he-below-one-batch
    """,
    "NM": """
        demystified-clean-rate strong-first-order
    """,
    "NMD": """
        demystified-formula demystified-rate
    """,
}


def test_each_claim_says_how_its_paper_is_known():
    found: dict[str, list[str]] = {}
    for claim in CLAIMS:
        found.setdefault("".join(re.findall(r"\[([ANMD])\]", claim.where)), []).append(claim.id)
    assert found == {letters: names.split() for letters, names in CONFIDENCE.items()}


def test_each_claim_names_the_preset_whose_table_it_is_judged_by():
    for claim in CLAIMS:
        kept = EXPERIMENTS[claim.experiment].kept if claim.experiment else "cpu"
        assert claim.preset == kept, claim.id


def test_what_chains_share_is_as_much_as_their_data_have():
    told = set()
    for claim in CLAIMS:
        for count, of in re.findall(r"([\d,]+) (training|test \w+)", claim.shared):
            base = EXPERIMENTS[claim.experiment or ""].presets[claim.preset].base
            name = "images" if of == "training" else of.replace(" ", "_")
            assert int(count.replace(",", "")) == getattr(base, name), claim.id
            told.add((claim.experiment, name))
    assert len(told) >= 6
