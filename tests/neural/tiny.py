"""A learner of twelve points and a small network, for processes that tests start: its fits take moments."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from neural.loop import Learner


@eqx.filter_jit
def drawn(models, keys):
    def one(model, key):
        return model(jr.normal(key, (4,), jnp.float32))

    return eqx.filter_vmap(lambda model, keys: jax.vmap(lambda key: one(model, key))(keys))(models, keys)


class Points(Learner):
    """Three numbers a row, and a generator of them out of noise."""

    def real(self, iteration, rows, *, key):
        return np.asarray(jr.normal(jr.fold_in(key, iteration), (rows, 3), jnp.float32))

    def model(self, *, key):
        return eqx.nn.MLP(4, 3, 16, 2, key=key, dtype=jnp.float32)

    def loss(self, model, rows, weights, *, key):
        noise = jr.normal(key, (len(rows), 4), jnp.float32)
        return (weights * ((jax.vmap(model)(noise) - rows) ** 2).sum(1)).mean()

    def sample(self, models, *, keys):
        return np.asarray(drawn(models, keys))

    def test(self, models):
        return {"test_loss": np.asarray((models.layers[0].weight ** 2).sum((1, 2)))}

    def evaluate(self, models, samples):
        return {"mean": samples.mean((1, 2))}

    def show(self, samples):
        return "txt", b""
