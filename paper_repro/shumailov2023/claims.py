"""The claims on chains of Gaussians, categories, mixtures and autoencoders that are fitted to their own samples.

Exact laws judge where they say what is claimed, recorded chains else. The bounds were set before the chains were made;
the autoencoders' table is that of another paper's claims, and was there.
"""

import sympy as sp

import theory
from theory import Categorical, Gaussian, Replace, ReplaceGrowing, Workflow
from theory.measurement import Measurement
from theory.symbols import T, n
from theory.tasks.gaussian.symbols import d

from ..chains import Chains
from ..claim import Claim, Fact, Quantity
from ..experiment import measured
from ..gerstgrasser2024.rises import read
from ..gerstgrasser2024.vae import VAE
from ..recorded import Tables
from .discrete import DISCRETE, PROBABILITIES
from .gaussian import GAUSSIAN, LONG
from .mixture import APART, MIXTURE

_UNBIASED = Gaussian(estimator="unbiased")


def _spreads_by(workflow: Workflow, expression: sp.Expr) -> bool:
    """Whether a sample's variance over the truth's is this, in one dimension: the model's and its mean's error."""
    parts = [theory.law(_UNBIASED, workflow, of=of).closed_form() for of in ("variance", "mean_error")]
    known = sum((part for part in parts if part is not None), sp.S.Zero)  # if one were missing, this would not be it
    return sp.simplify(known.subs(d, 1) - expression) == 0


def _growth(of: str) -> str | None:
    found = theory.law(_UNBIASED, Replace(), of=of).growth()
    return None if found is None else found.kind


def _chains(tables: Tables, chains: Chains, iteration: int, metric: str) -> Measurement:
    """The mean over the chains of the table's one setting."""
    (variant,) = chains.settings
    return measured(tables, chains.name, variant=variant, iteration=iteration, metric=metric)


def _lost(tables: Tables, p: float, iteration: int) -> Measurement:
    """The share of chains that have lost this state."""
    return _chains(tables, DISCRETE, iteration, f"lost {p:g}")


def _states_lost(iteration: int) -> float:
    """By the exact chain of counts."""
    task = Categorical(T=100, p=PROBABILITIES)
    return float(theory.law(task, Replace(), of="support_lost").evaluate(n=iteration))


def _left() -> sp.Expr | None:
    """States that are left in the end, by the law."""
    limit = theory.law(Categorical(p=PROBABILITIES), Replace(), of="support_lost").limit()
    return None if limit is None else len(PROBABILITIES) - limit


def _autoencoders(tables: Tables, metric: str) -> Measurement:
    """A metric of model 10 over that of model 1, under Replace."""
    last, first = (read(tables, VAE.name, "cpu", Replace(), n, metric) for n in (10, 1))
    return last / first


_GAUSSIAN = {"experiment": GAUSSIAN.name, "replicates": 20_000}

CLAIMS = (
    Claim(
        "curse-variance",
        "A sample of model n, each Gaussian fitted to M samples of the one before, has the variance σ²(1 + n/M)",
        "Nature 631, theory; general sizes as 1 + Σ 1/M_i [N]",
        1.5,
        (
            Quantity(
                "variance of a sample of model 50 over the truth's, M = 100",
                lambda t: _chains(t, GAUSSIAN, 50, "variance_of_a_sample"),
                above=1.45,
                below=1.55,
            ),
            Fact("it is 1 + n/M exactly, by the law", lambda: _spreads_by(Replace(), 1 + n / T)),
            Fact(
                "it is 1 + Σ 1/(iM) where model i has iM rows, by the law",
                lambda: _spreads_by(ReplaceGrowing(), 1 + sp.harmonic(n) / T),
            ),
        ),
        **_GAUSSIAN,
    ),
    Claim(
        "curse-wasserstein",
        "The mean squared Wasserstein distance of model n from the truth is (3/2)σ² n/M to first order",
        "Nature 631, theory [N]",
        1.5 * 5 / 100,
        (
            Quantity(
                "E W₂² of model 5, M = 100",
                lambda t: _chains(t, GAUSSIAN, 5, "wasserstein"),
                above=0.95 * 0.075,
                below=1.05 * 0.075,
            ),
        ),
        **_GAUSSIAN,
    ),
    Claim(
        "curse-collapse",
        "Almost every chain of Gaussians freezes, its variance going to 0, though the mean distance goes to infinity",
        "Nature 631, Theorem 3.1 [N]",
        None,
        (
            Quantity(
                "mean log variance of model 1,000 over the truth's, M = 10",
                lambda t: _chains(t, LONG, 1000, "log_variance"),
                below=-100.0,
            ),
            Quantity(
                "share of chains with a variance below 10⁻⁶ at model 1,000",
                lambda t: _chains(t, LONG, 1000, "frozen"),
                above=0.99,
            ),
            Fact("the mean log variance falls for ever, by the law", lambda: _growth("log_determinant") == "falling"),
            Fact("the law of the mean's squared error grows without end", lambda: _growth("mean_error") == "linear"),
        ),
        experiment=LONG.name,
        replicates=4000,
    ),
    Claim(
        "curse-absorption",
        "Categories refitted to their own samples end with one state alone, with probability 1",
        "Nature 631, theory, discrete distributions [N]",
        1.0,
        (
            Quantity(
                "share of chains with one state left at model 1,000, M = 100",
                lambda t: _chains(t, DISCRETE, 1000, "one_state"),
                above=0.99,
            ),
            Quantity(
                "states lost by model 20, over the law",
                lambda t: _chains(t, DISCRETE, 20, "states_lost") / Measurement(_states_lost(20)),
                above=0.98,
                below=1.02,
            ),
            Fact("the law's limit is all states but one", lambda: _left() == 1),
        ),
        experiment=DISCRETE.name,
        replicates=4000,
    ),
    Claim(
        "curse-tails",
        "Tails go first: the rarer a state, the sooner it is lost, and one of probability 1/M often at once",
        "Nature 631, early collapse, and states of q ≤ 1/M [N]",
        None,
        (
            Quantity(
                "share of chains without the rarest state at model 20 less that without the commonest, M = 100",
                lambda t: _lost(t, PROBABILITIES[-1], 20) - _lost(t, PROBABILITIES[0], 20),
                above=0.5,
            ),
            Quantity(
                "share of chains that have lost a state of q = 1/M at model 1, of which (1 - 1/M)^M = 0.366 are due",
                lambda t: _lost(t, 0.01, 1),
                above=0.34,
                below=0.39,
            ),
            *(
                Quantity(
                    f"share that has lost q = {rare:g} by model 20 less that which has lost q = {common:g}",
                    lambda t, rare=rare, common=common: _lost(t, rare, 20) - _lost(t, common, 20),
                    above=0.0,
                )
                for common, rare in zip(PROBABILITIES, PROBABILITIES[1:], strict=False)
            ),
        ),
        experiment=DISCRETE.name,
        replicates=4000,
    ),
    Claim(
        "curse-mixture",
        "A mixture of Gaussians loses its tails, then a part, and in the end nearly all of its variance",
        "abstract [A]; supplement 4, a demonstration whose numbers were not seen [N]",
        None,
        (
            Quantity(
                "variance of model 300 over the truth's, M = 100",
                lambda t: _chains(t, MIXTURE, 300, "variance") / Measurement(1 + APART**2),
                below=0.5,
            ),
            Quantity(
                "share of chains with less than half of the truth's tails at model 100",
                lambda t: _chains(t, MIXTURE, 100, "tail_halved"),
                above=0.5,
            ),
            Quantity(
                "share of chains that have lost a part at model 300",
                lambda t: _chains(t, MIXTURE, 300, "part_lost"),
                above=0.5,
            ),
        ),
        MIXTURE.name,
        "two parts in one dimension, 40 steps of expectation and maximisation from the model before",
        200,
    ),
    Claim(
        "curse-autoencoder",
        "Images of an autoencoder refitted to its own samples vary less, and resemble the real ones less",
        "abstract [A]; supplement 4, a demonstration whose numbers were not seen [N]",
        None,
        (
            Quantity(
                "variance of the samples of model 10 over that of model 1",
                lambda t: _autoencoders(t, "variance"),
                below=1.0,
            ),
            Quantity(
                "Fréchet distance from real images at model 10 over that at model 1",
                lambda t: _autoencoders(t, "frechet"),
                above=1.0,
            ),
        ),
        VAE.name,
        "digits of 8 x 8 pixels, a small autoencoder; its table was seen before the bounds were set",
        shared="the 1,437 training and 360 test images",
    ),
)
