"""One law, three worlds: the excess loss of model n over that of model 1, in theory, simulation and a neural network.

For a regular model fitted by maximum likelihood to T texts of known distribution, the mean excess loss of model n is
c_n p/(2T) to leading order, p its free parameters and c_n the workflow's gain (`theory.gain`; Dey and Donoho 2024,
2410.22812, for any asymptotically linear estimator). A transformer that can represent every distribution of its texts
has the observed frequencies as best fit, so its excess follows the same c_n, as far as it is trained to that best fit.
After too few passes the excess of model 1 is in part what training left undone, which refitting does not multiply.
"""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Key, PyTree, UInt16
from tqdm import tqdm

import sim
from neural.directory import RunDirectory
from neural.language.learner import LanguageModel
from neural.language.markov import Markov
from neural.language.network import Architecture, Sampler, Transformer
from neural.loop import Learner, run as run_neural
from neural.plan import Plan
from neural.train import Training
from sim.keys import key_of
from sim.results import configuration_hash
from theory import Accumulate, AccumulateSubsample, FreshReal, Replace, SlidingWindow, Workflow

from .recorded import Row, read_or_make


@dataclass(frozen=True, eq=False)
class EveryText(Learner):
    """A language model that reads each possible text of two tokens once: they are fewer than the rows of a batch.

    Attributes:
        language_model: which it is in everything else, and up to rounding in the loss.
    """

    language_model: LanguageModel

    def real(self, iteration: int, rows: int, *, key: Key[Array, ""]) -> UInt16[np.ndarray, "rows 2"]:
        """Real texts."""
        return self.language_model.real(iteration, rows, key=key)

    def model(self, *, key: Key[Array, ""]) -> Transformer:
        """A new transformer."""
        return self.language_model.model(key=key)

    def loss(
        self, model: PyTree, rows: UInt16[Array, "rows 2"], weights: Float[Array, " rows"], *, key: Key[Array, ""]
    ) -> Float[Array, ""]:
        """Weighted mean cross-entropy, nats a token."""
        words = self.language_model.corpus.vocabulary
        texts = jnp.indices((words, words), rows.dtype).reshape(2, -1).T
        alike = (rows[:, None] == texts[None]).all(-1)
        return self.language_model.loss(model, texts, jnp.where(alike, weights[:, None], 0).sum(0), key=key)

    def sample(self, models: PyTree, *, keys: Key[Array, "seeds rows"]) -> UInt16[np.ndarray, "seeds rows 2"]:
        """Texts from several models."""
        return self.language_model.sample(models, keys=keys)

    def test(self, models: PyTree) -> dict[str, Float[np.ndarray, " seeds"]]:
        """The loss, and its excess over the entropy of the truth."""
        return self.language_model.test(models)

    def evaluate(
        self, models: PyTree, samples: UInt16[np.ndarray, "seeds rows 2"]
    ) -> dict[str, Float[np.ndarray, " seeds"]]:
        """The metrics of `neural.language.metrics`."""
        return self.language_model.evaluate(models, samples)

    def show(self, samples: UInt16[np.ndarray, "seeds rows 2"]) -> tuple[str, bytes]:
        """The texts, one a line."""
        return self.language_model.show(samples)


@dataclass(frozen=True)
class OneLaw:
    """What is run in the two worlds that have random numbers.

    Attributes:
        name: of the table.
        workflows: all that are run.
        iterations: model-fitting iterations of each.
        seed: of all random numbers.
        replicates: of the simulation, least squares at fixed design with T = `rows` and d = `features`.
        rows: T of the simulation.
        features: d of the simulation.
        seeds: of the neural chains, transformers on texts of at most two out of `words` words.
        texts: T of the neural chains.
        words: the end mark included.
        epochs: passes of each fit over its training set, enough to come near the best fit.
        few_epochs: passes that are not enough.
        few_workflows: those that are run with `few_epochs` too.
    """

    name: str
    workflows: tuple[Workflow, ...]
    iterations: int
    seed: int
    replicates: int
    rows: int
    features: int
    seeds: int
    texts: int
    words: int
    epochs: float
    few_epochs: float
    few_workflows: tuple[Workflow, ...]

    @property
    def configuration(self) -> dict[str, object]:
        """Everything that the numbers depend on, as JSON."""
        return {
            **{name: value for name, value in vars(self).items() if not name.endswith("workflows")},
            "workflows": [str(workflow) for workflow in self.workflows],
            "few_workflows": [str(workflow) for workflow in self.few_workflows],
            "model": str(self.learner.language_model.architecture),
            "training": str(self.training(self.epochs)),
        }

    @property
    def plan(self) -> Plan:
        """What the outer loop of the neural chains runs."""
        return Plan(self.iterations, self.texts, self.seeds, self.seed, sample_batch=self.seeds * self.texts)

    @property
    def source(self) -> Markov:
        """A Markov source whose rarest move is as probable as 1/(words + 2), about."""
        weights = np.arange(1, self.words + 1) ** -0.5
        moves = np.stack([np.roll(weights, shift) for shift in range(self.words)]) / weights.sum()
        return Markov(moves, length=2, test_texts=4096, key=self.plan.held_out_key)

    @property
    def learner(self) -> EveryText:
        """A small GPT-2 on texts of this source."""
        corpus = self.source
        model = Architecture("gpt2", vocabulary=self.words, context=2, width=8, layers=1, heads=1, hidden=16)
        return EveryText(LanguageModel(corpus, model, Sampler(), test_batch=len(corpus.test)))

    def training(self, epochs: float) -> Training:
        """How each model of the neural chains is fitted."""
        return Training(batch_size=64, learning_rate=1e-2, epochs=epochs, chunk=32)


EXPERIMENT = OneLaw(
    name="one_law",
    workflows=(Replace(), AccumulateSubsample(), SlidingWindow(2), Accumulate(), FreshReal()),
    iterations=5,
    seed=5,
    replicates=5_000,
    rows=1024,
    features=8,
    seeds=256,
    texts=2048,
    words=5,
    epochs=20.0,
    few_epochs=2.0,
    few_workflows=(Replace(), Accumulate()),
)

#: By preset; the paper has no such experiment.
PRESETS = {
    "smoke": replace(EXPERIMENT, iterations=2, replicates=40, seeds=2, texts=64, epochs=2.0, few_epochs=1.0),
    "cpu": EXPERIMENT,
    "gpu": replace(EXPERIMENT, replicates=1_000_000, seeds=1024),
}


def run(experiment: OneLaw, folder: Path) -> list[Row]:
    """The experiment's table: read from `folder` if it was made from this very configuration, else run.

    One row a (world, workflow, epochs, iteration): `mean` and `standard_error` of the excess loss over that of model 1
    (metric `excess_ratio`). A run that was killed goes on where it was, from run directories beside the table.
    """
    runs = folder / f".{experiment.name}-{configuration_hash(experiment.configuration)}.partial"

    def make() -> list[dict[str, object]]:
        return _simulated(experiment) + _trained(experiment, runs)

    def clear() -> None:
        shutil.rmtree(runs, ignore_errors=True)

    return read_or_make(folder, experiment.name, experiment.configuration, make, clear)


def _simulated(experiment: OneLaw) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    model = sim.LinearRegression(T=experiment.rows, d=experiment.features, sigma=1.0, design="fixed")
    for index, workflow in enumerate(tqdm(experiment.workflows, desc="simulation", unit="workflow", leave=False)):
        key = jr.fold_in(key_of(experiment.seed), index)
        estimate = sim.run(
            model, workflow, iterations=experiment.iterations, replicates=experiment.replicates, key=key
        ).test_error
        ratio = estimate.mean / estimate.mean[0]
        relative = estimate.standard_error / estimate.mean
        # As if the errors of model n and of model 1 were independent; they go together, so this is too large.
        error = ratio * np.sqrt(relative**2 + relative[0] ** 2)
        error[0] = 0
        rows += _rows("simulation", workflow, None, ratio, error, experiment.replicates)
    return rows


def _trained(experiment: OneLaw, runs: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    budgets = [(workflow, experiment.epochs) for workflow in experiment.workflows]
    budgets += [(workflow, experiment.few_epochs) for workflow in experiment.few_workflows]
    learner = experiment.learner
    for workflow, epochs in tqdm(budgets, desc="neural", unit="workflow"):
        directory = RunDirectory(runs / f"{workflow.command()}-{epochs:g}", {"epochs": epochs}, resume=True)
        training = experiment.training(epochs)
        excess = run_neural(learner, workflow, experiment.plan, training, directory, progress=True)["kl"]
        rows += _rows("neural", workflow, epochs, *ratio_of_means(excess), experiment.seeds)
    return rows


def ratio_of_means(
    excess: Float[np.ndarray, "seeds iterations"],
) -> tuple[Float[np.ndarray, " iterations"], Float[np.ndarray, " iterations"]]:
    """The mean excess of model n over the mean of model 1, and its standard error to first order, seeds paired."""
    mean = excess.mean(0)
    ratio = mean / mean[0]
    return ratio, (excess - ratio * excess[:, :1]).std(0, ddof=1) / (len(excess) ** 0.5 * mean[0])


def _rows(
    world: str, workflow: Workflow, epochs: float | None, ratio: np.ndarray, error: np.ndarray, replicates: int
) -> list[dict[str, object]]:
    return [
        {
            "world": world,
            "workflow": workflow.command(),
            "epochs": "" if epochs is None else epochs,
            "iteration": n,
            "metric": "excess_ratio",
            "mean": float(mean),
            "standard_error": float(standard_error),
            "replicates": replicates,
        }
        for n, (mean, standard_error) in enumerate(zip(ratio, error, strict=True), 1)
    ]
