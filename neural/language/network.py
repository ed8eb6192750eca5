"""Decoder-only transformers: GPT-2 (Radford et al. 2019) and Llama-2 (Touvron et al. 2023), their loss and sampler.

Token 0 is the end of a text. A text is a *row*: its tokens, 0, and zeros up to a common length. The model reads a row
behind a leading 0, so that 0 also begins a text, and is asked for each token of it up to the first 0, the end.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jax import lax
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

#: Keys and values of one layer: (rows, context, heads, features of a head) each.
Cache = tuple[Float[Array, "rows context heads features"], Float[Array, "rows context heads features"]]


@dataclass(frozen=True)
class Architecture:
    """The sizes of a transformer.

    Attributes:
        style: "gpt2" has learned positions, LayerNorm, GELU, biases, and output weights tied to the embedding;
            "llama2" has rotary positions, RMSNorm, SwiGLU, no biases, and output weights of its own.
        vocabulary: tokens, the end-of-text token 0 included.
        context: the longest row that the model reads.
        width: features of the residual stream.
        layers: blocks.
        heads: attention heads in each.
        hidden: features inside each feed-forward network.
    """

    style: str
    vocabulary: int
    context: int
    width: int
    layers: int
    heads: int
    hidden: int

    def __post_init__(self) -> None:
        """Check that the sizes go together."""
        if self.style not in ("gpt2", "llama2"):
            raise ValueError(f"style must be gpt2 or llama2; got {self.style!r}.")
        if self.width % self.heads or (self.style == "llama2" and self.width // self.heads % 2):
            raise ValueError(
                f"the width must be a multiple of the heads, for rotary positions an even one; got width {self.width} "
                f"and {self.heads} heads."
            )


#: The four models of arXiv 2404.01413. Its parameter counts determine all but the heads, which have 64 features here.
PAPER = {
    "gpt2-9m": Architecture("gpt2", vocabulary=8000, context=2048, width=256, layers=8, heads=4, hidden=1024),
    "llama2-12m": Architecture("llama2", vocabulary=8000, context=2048, width=256, layers=8, heads=4, hidden=1024),
    "llama2-42m": Architecture("llama2", vocabulary=8000, context=2048, width=512, layers=8, heads=8, hidden=2048),
    "llama2-126m": Architecture("llama2", vocabulary=8000, context=2048, width=768, layers=12, heads=12, hidden=3072),
}

#: Standard deviation of initial weights times the square root of the width: 0.02 at GPT-2's 768. Those that add to the
#: residual stream are smaller by sqrt(2 layers).
INITIAL_SCALE = 0.02 * math.sqrt(768)


class FeedForward(eqx.Module):
    """GELU(x W_up) W_down, or with a gate SwiGLU: (SiLU(x W_gate) * x W_up) W_down."""

    gate: eqx.nn.Linear | None
    up: eqx.nn.Linear
    down: eqx.nn.Linear

    def __call__(self, x: Float[Array, " width"]) -> Float[Array, " width"]:
        """Apply to one position."""
        hidden = jax.nn.gelu(self.up(x)) if self.gate is None else jax.nn.silu(self.gate(x)) * self.up(x)
        return self.down(hidden)


class Block(eqx.Module):
    """Causal self-attention and a feed-forward network, each on the normalised stream and added to it."""

    norm1: eqx.nn.LayerNorm | eqx.nn.RMSNorm
    attend: eqx.nn.Linear
    project: eqx.nn.Linear
    norm2: eqx.nn.LayerNorm | eqx.nn.RMSNorm
    feed_forward: FeedForward
    heads: int = eqx.field(static=True)
    rotary: bool = eqx.field(static=True)

    def __init__(self, a: Architecture, *, key: Key[Array, ""]) -> None:
        keys = jr.split(key, 5)
        gpt2 = a.style == "gpt2"
        scale = INITIAL_SCALE / math.sqrt(a.width)
        residual_scale = scale / math.sqrt(2 * a.layers)
        self.norm1, self.norm2 = _norm(a), _norm(a)
        self.attend = _linear(a.width, 3 * a.width, gpt2, scale, key=keys[0])
        self.project = _linear(a.width, a.width, gpt2, residual_scale, key=keys[1])
        self.feed_forward = FeedForward(
            gate=None if gpt2 else _linear(a.width, a.hidden, gpt2, scale, key=keys[2]),
            up=_linear(a.width, a.hidden, gpt2, scale, key=keys[3]),
            down=_linear(a.hidden, a.width, gpt2, residual_scale, key=keys[4]),
        )
        self.heads = a.heads
        self.rotary = not gpt2

    def __call__(
        self, x: Float[Array, "rows length width"], cache: Cache | None = None, start: Int[Array, ""] | int = 0
    ) -> tuple[Float[Array, "rows length width"], Cache | None]:
        """The stream after this block, at positions `start`, `start` + 1, …

        With a cache of what came before, its keys and values are written into it and it is returned.
        """
        rows, length, _ = x.shape
        query, key, value = (
            part.reshape(rows, length, self.heads, -1)
            for part in jnp.split(_each(self.attend, _each(self.norm1, x)), 3, axis=2)
        )
        if self.rotary:
            query, key = rotate(query, start), rotate(key, start)
        if cache is None:
            mixed = jax.nn.dot_product_attention(query, key, value, is_causal=True)
        else:
            keys, values = cache
            keys = lax.dynamic_update_slice_in_dim(keys, key, start, 1)
            values = lax.dynamic_update_slice_in_dim(values, value, start, 1)
            places = jnp.arange(keys.shape[1], dtype=jnp.int32)
            seen = places[None, :] <= start + places[:length, None]
            mixed = jax.nn.dot_product_attention(query, keys, values, mask=seen[None, None])
            cache = keys, values
        x = x + _each(self.project, mixed.reshape(rows, length, -1))
        return x + _each(self.feed_forward, _each(self.norm2, x)), cache


class Transformer(eqx.Module):
    """A causal language model; reads rows of one length."""

    embedding: Float[Array, "vocabulary width"]
    positions: Float[Array, "context width"] | None
    blocks: Block  # every array with a leading axis, the layer
    norm: eqx.nn.LayerNorm | eqx.nn.RMSNorm
    head: Float[Array, "vocabulary width"] | None
    architecture: Architecture = eqx.field(static=True)

    def __init__(self, a: Architecture, *, key: Key[Array, ""]) -> None:
        keys = jr.split(key, 4)
        gpt2, scale = a.style == "gpt2", INITIAL_SCALE / math.sqrt(a.width)
        self.embedding = _normal(a.vocabulary, a.width, scale, key=keys[0])
        self.positions = _normal(a.context, a.width, scale, key=keys[1]) if gpt2 else None
        self.blocks = eqx.filter_vmap(lambda key: Block(a, key=key))(jr.split(keys[2], a.layers))
        self.norm = _norm(a)
        self.head = None if gpt2 else _normal(a.vocabulary, a.width, scale, key=keys[3])
        self.architecture = a

    def __call__(self, tokens: Int[Array, "rows length"]) -> Float[Array, "rows length vocabulary"]:
        """The logits of the token that follows each of these."""
        x = self._embed(tokens, 0)
        for block in self._layers():
            x, _ = block(x)
        return self._logits(x)

    def extend(
        self, tokens: Int[Array, "rows length"], caches: tuple[Cache, ...], start: Int[Array, ""] | int
    ) -> tuple[Float[Array, "rows length vocabulary"], tuple[Cache, ...]]:
        """The logits behind tokens at positions `start`, … after those that the caches hold, and the longer caches."""
        x, extended = self._embed(tokens, start), []
        for block, cache in zip(self._layers(), caches, strict=True):
            x, cache = block(x, cache, start)
            extended.append(cache)
        return self._logits(x), tuple(extended)

    def empty_caches(self, rows: int, length: int) -> tuple[Cache, ...]:
        """Caches with room for `length` tokens a row."""
        a = self.architecture
        empty = jnp.zeros((rows, length, a.heads, a.width // a.heads), self.embedding.dtype)
        return ((empty, empty),) * a.layers

    def _layers(self) -> Iterator[Block]:
        """The blocks one by one: a scan over them would copy what the gradient keeps, and the caches of sampling."""
        for index in range(self.architecture.layers):
            yield jax.tree.map(lambda leaf, i=index: leaf[i] if eqx.is_array(leaf) else leaf, self.blocks)

    def _embed(self, tokens: Int[Array, "rows length"], start: Int[Array, ""] | int) -> Float[Array, "..."]:
        x = self.embedding[tokens]
        if self.positions is None:
            return x
        return x + lax.dynamic_slice_in_dim(self.positions, start, tokens.shape[1])[None]

    def _logits(self, x: Float[Array, "rows length width"]) -> Float[Array, "rows length vocabulary"]:
        head = self.embedding if self.head is None else self.head
        return jnp.matmul(_each(self.norm, x), head.T, preferred_element_type=jnp.float32)


def _each(
    layer: Callable[[Float[Array, " width"]], Float[Array, " features"]], x: Float[Array, "rows length width"]
) -> Float[Array, "rows length features"]:
    """Apply a layer to every position: along one axis, since XLA's sums over two, in gradients, are slow on a CPU."""
    return jax.vmap(layer)(x.reshape(-1, x.shape[2])).reshape(*x.shape[:2], -1)


def rotate(x: Float[Array, "rows length heads features"], start: Int[Array, ""] | int) -> Float[Array, "..."]:
    """Rotary positions (Su et al. 2021): features j and j + half turn by position / 10000^(j / half)."""
    _, length, _, features = x.shape
    half = features // 2
    frequency = 10_000.0 ** (-jnp.arange(half, dtype=jnp.float32) / half)
    position = (start + jnp.arange(length, dtype=jnp.int32)).astype(jnp.float32)
    angle = position[None, :, None, None] * frequency[None, None, None, :]
    cos, sin = jnp.cos(angle).astype(x.dtype), jnp.sin(angle).astype(x.dtype)
    first, second = x[..., :half], x[..., half:]
    return jnp.concatenate([first * cos - second * sin, first * sin + second * cos], axis=-1)


def inputs(rows: Int[Array, "*rows length"]) -> Int[Array, "*rows length"]:
    """What the model reads to predict each token of a row: the row, one later, behind a leading 0."""
    return jnp.concatenate([jnp.zeros_like(rows[..., :1]), rows[..., :-1]], axis=-1)


def counted(rows: Int[Array, "*rows length"]) -> Bool[Array, "*rows length"]:
    """Which tokens of a row belong to the text: all up to its first 0, that one included."""
    return jnp.cumsum(inputs(rows).at[..., 0].set(1) == 0, axis=-1) == 0


def log_probabilities(model: Transformer, rows: Int[Array, "rows length"]) -> Float[Array, "rows length"]:
    """The natural logarithm of the probability that the model gives to each token of a row; 0 behind its end."""
    logits = model(inputs(rows))
    chosen = jnp.take_along_axis(logits, rows[..., None], axis=2)[..., 0]
    return jnp.where(counted(rows), chosen - jax.nn.logsumexp(logits, axis=2), 0.0)


@dataclass(frozen=True)
class Sampler:
    """How a token is drawn from logits: from softmax(logits / temperature)."""

    temperature: float = 1.0

    def __post_init__(self) -> None:
        """Check the temperature."""
        if not 0 < self.temperature < math.inf:
            raise ValueError(f"the temperature must be positive and finite; got {self.temperature}.")

    def __call__(self, logits: Float[Array, " vocabulary"], *, key: Key[Array, ""]) -> Int[Array, ""]:
        """Draw one token."""
        return jr.categorical(key, logits / self.temperature).astype(jnp.int32)


def sample(
    models: Transformer, sampler: Sampler, length: int, *, keys: Key[Array, "models rows"]
) -> Int[Array, "models rows length"]:
    """Rows of at most `length` tokens from each of several models, stacked along their arrays' leading axis.

    A row depends on its key alone, not on those beside it. A row that has not ended by then is cut.

    Args:
        models: transformers of one architecture.
        sampler: of tokens.
        length: of the rows.
        keys: one a row.
    """
    rows = keys.shape[1]
    draw = jax.vmap(
        jax.vmap(lambda key, step, logits: sampler(logits, key=jr.fold_in(key, step)), (0, None, 0)), (0, None, 0)
    )

    # Models and rows are mapped within a step, not outside the loop, so that it can stop when all rows have ended.
    @eqx.filter_vmap(in_axes=(eqx.if_array(0), 0, 0, None))
    def step_of_model(model, token, caches, step):
        return model.extend(token[:, None], caches, step)

    def running(state: tuple) -> Bool[Array, ""]:
        step, _, _, ended, _ = state
        return (step < length) & ~ended.all()

    def extend(state: tuple) -> tuple:
        step, token, caches, ended, written = state
        logits, caches = step_of_model(models, token, caches, step)
        token = jnp.where(ended, 0, draw(keys, step, logits[:, :, 0]))
        return step + 1, token, caches, ended | (token == 0), lax.dynamic_update_index_in_dim(written, token, step, 2)

    empty = eqx.filter_vmap(lambda model: model.empty_caches(rows, length))(models)
    start = jnp.zeros(keys.shape, jnp.int32)
    state = (jnp.int32(0), start, empty, start == 1, jnp.zeros((*keys.shape, length), jnp.int32))
    return lax.while_loop(running, extend, state)[-1]


def parameters(model: PyTree) -> int:
    """The number of weights of a model, or of its shapes."""
    arrays = [leaf for leaf in jax.tree.leaves(model) if hasattr(leaf, "dtype")]
    return sum(leaf.size for leaf in arrays if jnp.issubdtype(leaf.dtype, jnp.inexact))


def _normal(rows: int, columns: int, scale: float, *, key: Key[Array, ""]) -> Float[Array, "rows columns"]:
    return scale * jr.normal(key, (rows, columns), jnp.float32)


def _linear(inputs: int, outputs: int, bias: bool, scale: float, *, key: Key[Array, ""]) -> eqx.nn.Linear:
    linear = eqx.nn.Linear(inputs, outputs, use_bias=bias, dtype=jnp.float32, key=key)
    linear = eqx.tree_at(lambda l: l.weight, linear, _normal(outputs, inputs, scale, key=key))
    return eqx.tree_at(lambda l: l.bias, linear, jnp.zeros(outputs, jnp.float32)) if bias else linear


def _norm(a: Architecture) -> eqx.nn.LayerNorm | eqx.nn.RMSNorm:
    if a.style == "gpt2":
        return eqx.nn.LayerNorm(a.width, dtype=jnp.float32)
    return eqx.nn.RMSNorm(a.width, use_bias=False, dtype=jnp.float32)
