"""Language models in the loop: transformers on a corpus."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, PyTree, UInt16

from ..loop import Learner, RealRows
from . import metrics
from .corpus import Corpus
from .network import Architecture, Sampler, Transformer, counted, inputs, log_probabilities, sample


@dataclass(frozen=True, eq=False)
class LanguageModel(Learner):
    """A transformer trained on texts from a corpus.

    Attributes:
        corpus: the real texts.
        architecture: of the transformer.
        sampler: how texts are drawn.
        precision: what it computes in, "float32" or "bfloat16"; the weights are float32 in any case.
        test_batch: held-out rows read at once.
    """

    corpus: Corpus
    architecture: Architecture
    sampler: Sampler
    precision: str = "float32"
    test_batch: int = 64

    def __post_init__(self) -> None:
        """Check that the corpus fits into the model."""
        corpus, model = self.corpus, self.architecture
        if corpus.vocabulary > model.vocabulary or corpus.length > model.context:
            raise ValueError(
                f"the corpus has {corpus.vocabulary} tokens in rows of {corpus.length}, the model room for "
                f"{model.vocabulary} in {model.context}; use a larger --vocabulary or --context."
            )

    def real(self, iteration: int, rows: int, *, key: Key[Array, ""]) -> UInt16[np.ndarray, "rows length"]:
        """Real texts."""
        return self.corpus.real(iteration, rows, key=key)

    def real_rows(self) -> RealRows:
        """How many there are."""
        return RealRows(self.corpus.texts, len(self.corpus.test))

    def check_real(self, iteration: int, rows: int) -> None:
        """Refuse more of them than there are."""
        self.corpus.check_real(iteration, rows)

    def model(self, *, key: Key[Array, ""]) -> Transformer:
        """A new transformer."""
        return Transformer(self.architecture, key=key)

    def loss(
        self,
        model: Transformer,
        rows: UInt16[Array, "rows length"],
        weights: Float[Array, " rows"],
        *,
        key: Key[Array, ""],
    ) -> Float[Array, ""]:
        """Weighted mean cross-entropy, nats a token; needs no random numbers."""
        del key
        rows, model = rows.astype(jnp.int32), self._cast(model)
        found, tokens = log_probabilities(model, rows), counted(rows).sum(1).astype(jnp.float32)
        return -(weights * found.sum(1)).sum() / (weights * tokens).sum()

    def sample(self, models: PyTree, *, keys: Key[Array, "seeds rows"]) -> UInt16[np.ndarray, "seeds rows length"]:
        """Texts from several models."""
        return np.asarray(_sample(self._cast(models), self.sampler, self.corpus.length, keys)).astype(np.uint16)

    def test(self, models: PyTree) -> dict[str, Float[np.ndarray, " seeds"]]:
        """The loss, and its excess over the entropy of the truth where that is known."""
        corpus, cast = self.corpus, self._cast(models)
        totals, tokens = np.zeros((2, 1)), 0
        for start in range(0, len(corpus.test), self.test_batch):
            rows = corpus.test[start : start + self.test_batch].astype(np.int32)
            truth = None if corpus.next_token is None else corpus.next_token[start : start + self.test_batch]
            totals = totals + np.stack(_test(cast, rows, truth)).astype(np.float64)
            tokens += int(counted(jnp.asarray(rows)).sum())
        surprise, cross = totals
        result = {"test_loss": surprise / tokens}
        if corpus.next_token is not None:
            known = corpus.next_token[corpus.next_token > 0].astype(np.float64)
            result["kl"] = (cross + (known * np.log(known)).sum()) / tokens
        return result

    def evaluate(
        self, models: PyTree, samples: UInt16[np.ndarray, "seeds rows length"]
    ) -> dict[str, Float[np.ndarray, " seeds"]]:
        """The metrics of `neural.language.metrics`, those that the corpus allows."""
        del models
        result = {
            "entropy": np.array([metrics.entropy(rows) for rows in samples]),
            "distinct": np.array([metrics.distinct(rows) for rows in samples]),
            "tail_lost": np.array([metrics.tail_lost(self.corpus.test, rows) for rows in samples]),
        }
        impossible = [self.corpus.impossible(rows) for rows in samples]
        if None not in impossible:
            result["impossible"] = np.array(impossible)
        return result

    def show(self, samples: UInt16[np.ndarray, "seeds rows length"]) -> tuple[str, bytes]:
        """The texts, one a line."""
        return "txt", "\n".join(
            f"seed {seed}\n" + "".join(f"  {self.corpus.decode(row)}\n" for row in rows)
            for seed, rows in enumerate(samples)
        ).encode()

    def _cast(self, models: PyTree) -> PyTree:
        arrays, static = eqx.partition(models, eqx.is_inexact_array)
        return eqx.combine(jax.tree.map(lambda leaf: leaf.astype(self.precision), arrays), static)


@eqx.filter_jit
def _sample(
    models: PyTree, sampler: Sampler, length: int, keys: Key[Array, "seeds rows"]
) -> Int[Array, "seeds rows length"]:
    return sample(models, sampler, length, keys=keys)


@eqx.filter_jit
def _test(
    models: PyTree,
    rows: Int[Array | np.ndarray, "rows length"],
    truth: Float[Array | np.ndarray, "rows length vocabulary"] | None,
) -> tuple[Float[Array, " seeds"], Float[Array, " seeds"]]:
    """The sums over all tokens of these rows, for each of several models q: of -log q, and its mean under the truth."""

    @eqx.filter_vmap(in_axes=(eqx.if_array(0), None, None))
    def one_model(model: Transformer, rows: Array, truth: Array | None) -> tuple[Array, Array]:
        found = jax.nn.log_softmax(model(inputs(rows)))
        chosen = jnp.take_along_axis(found, rows[..., None], axis=2)[..., 0]
        cross = jnp.zeros(()) if truth is None else -(truth * found[..., : truth.shape[2]]).sum()
        return -jnp.where(counted(rows), chosen, 0.0).sum(), cross

    return one_model(models, rows, truth)
