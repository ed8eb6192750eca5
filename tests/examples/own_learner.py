"""For neural: a mixture of Gaussians by maximum likelihood, as a model of your own. `# ->`: what is printed."""

import tempfile
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

import neural
from theory import Replace


class Gaussians(eqx.Module):
    values: jax.Array  # logits of the parts, their means and log-scales

    def log_density(self, x):
        logits, means, scales = self.values
        parts = jax.nn.log_softmax(logits) - scales - ((x - means) * jnp.exp(-scales)) ** 2 / 2
        return jax.nn.logsumexp(parts) - np.float32(np.log(2 * np.pi) / 2)


class Mixture(neural.Learner):
    def real(self, iteration, rows, *, key):  # numbers around -3, 0 and 3, new ones at each iteration
        random = np.random.default_rng([iteration, *map(int, jr.key_data(key))])
        return (3 * random.integers(-1, 2, rows) + random.normal(size=rows)).astype(np.float32)

    def model(self, *, key):
        return Gaussians(jnp.zeros((3, 3), jnp.float32).at[1].set(3 * jr.normal(key, (3,), jnp.float32)))

    def loss(self, model, rows, weights, *, key):
        return -(weights * jax.vmap(model.log_density)(rows)).mean()

    def sample(self, models, *, keys):  # models of all seeds, stacked; what a row is depends on its key alone
        def draw(values, key):
            part, noise = jr.categorical(key, values[0]), jr.normal(jr.fold_in(key, 1), (), jnp.float32)
            return values[1, part] + jnp.exp(values[2, part]) * noise

        return np.asarray(jax.vmap(jax.vmap(draw, (None, 0)))(models.values, keys))

    def test(self, models):
        rows, each = self.real(0, 2000, key=jr.key(1)), jax.vmap(lambda m, x: jax.vmap(m.log_density)(x), (0, None))
        return {"test_loss": -np.asarray(each(models, jnp.asarray(rows))).mean(1)}

    def evaluate(self, models, samples):
        return {"variance": samples.var(1)}

    def show(self, samples):
        return "txt", "\n".join(" ".join(f"{x:.2f}" for x in row) for row in samples).encode()


if __name__ == "__main__":  # with a bad verifier between samples and the next pool: it takes what is beyond 2 for wrong
    plan, fit = neural.Plan(4, T=300, seeds=2, seed=0, sample_batch=600), neural.Training(50, 0.03, steps=300)
    with tempfile.TemporaryDirectory() as at:
        run = neural.RunDirectory(Path(at, "run"), {}, resume=False)
        found = neural.run(Mixture(), Replace(), plan, fit, run, hooks=neural.Hooks(lambda rows: rows < 2))
    print(*(f"{name} {values.mean(0).round(1).tolist()}" for name, values in found.items()))
# -> test_loss [2.3, 3.0, 3.2, 3.9] variance [3.7, 3.4, 3.2, 3.0] accepted [0.7, 1.0, 1.0, 1.0]
