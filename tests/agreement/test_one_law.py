"""The gain c_n in a model trained on its own samples by the neural loop: live for a softmax table, and as recorded."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from figures import one_law as figure
from figures.style import style
from neural.directory import RunDirectory
from neural.language.markov import Markov
from neural.loop import Learner, run
from neural.plan import Plan
from neural.train import Training
from paper_repro import one_law
from sim.comparison import Z
from tests import helpers as tables
from theory import Accumulate, AccumulateSubsample, Replace, gain

#: What a ratio must be off by, relatively, to be seen for certain: 10 standard errors away. The second is what the 256
#: seeds of the recorded table can see, chosen after it was made.
EFFECT, RECORDED_EFFECT = 0.2, 0.35
PLAN = Plan(iterations=3, T=2048, seeds=512, seed=3, sample_batch=2**20)
TRAINING = Training(batch_size=128, learning_rate=0.1, epochs=10.0, chunk=32)


class Table(eqx.Module):
    """Logits of each token after each."""

    logits: jax.Array


@dataclasses.dataclass(frozen=True, eq=False)
class Softmax(Learner):
    """A softmax table on a Markov source, in texts of at most two words."""

    source: Markov

    def real(self, iteration, rows, *, key):
        return self.source.real(iteration, rows, key=key)

    def model(self, *, key):
        return Table(jnp.zeros(self.source.moves.shape, jnp.float32))

    def loss(self, model, rows, weights, *, key):
        found, rows = jax.nn.log_softmax(model.logits), rows.astype(jnp.int32)
        first, second = found[0, rows[:, 0]], found[rows[:, 0], rows[:, 1]]
        return -(weights * (first + jnp.where(rows[:, 0] > 0, second, 0))).mean()

    def sample(self, models, *, keys):
        return np.asarray(draw(models.logits, keys)).astype(np.uint16)

    def test(self, models):
        truth = self.source.moves
        found = np.asarray(jax.nn.log_softmax(models.logits), np.float64)
        of_rows = (truth * (np.log(truth) - found)).sum(-1)
        return {"excess": of_rows[:, 0] + of_rows[:, 1:] @ truth[0, 1:]}

    def evaluate(self, models, samples):
        return {}

    def show(self, samples):
        return "txt", "\n".join(self.source.decode(row) for rows in samples for row in rows).encode()


@jax.jit
def draw(logits, keys):
    """A text from each key and the table of its seed."""

    def text(logits, key):
        one, two = jr.split(key)
        first = jr.categorical(one, logits[0])
        return jnp.stack([first, jnp.where(first > 0, jr.categorical(two, logits[first]), 0)])

    return jax.vmap(jax.vmap(text, (None, 0)))(logits, keys)


@pytest.fixture(scope="module")
def learner():
    return Softmax(Markov(one_law.EXPERIMENT.source.moves, length=2, test_texts=1, key=PLAN.held_out_key))


@pytest.mark.slow
@pytest.mark.parametrize(
    "workflow",
    [Accumulate(), AccumulateSubsample()],  # how each workflow's shares are fitted is seen in tests/neural/test_loop.py
    ids=str,
)
def test_a_softmax_table_follows_the_gain(workflow, learner, tmp_path):
    excess = run(learner, workflow, PLAN, TRAINING, RunDirectory(tmp_path, {}, resume=False))["excess"]
    # the unit itself: p free parameters cost p/(2T), here 5 rows of 4
    first, error = excess[:, 0].mean(), excess[:, 0].std(ddof=1) / PLAN.seeds**0.5
    assert abs(first - 20 / (2 * PLAN.T)) < Z * error
    ratio, error = one_law.ratio_of_means(excess)
    exact = np.array([float(c) for c in gain(workflow, PLAN.iterations)])
    assert (error < EFFECT * exact / (2 * Z)).all()
    assert (np.abs(ratio - exact)[1:] < Z * error[1:]).all()


@pytest.mark.slow
@pytest.mark.usefixtures("quickly_compiled")
def test_reading_each_text_once_gives_the_loss_and_gradient_of_reading_all_rows():
    learner = one_law.EXPERIMENT.learner
    plain = learner.language_model
    rows = plain.corpus.real(1, 64, key=jr.key(2))
    assert len(np.unique(rows, axis=0)) > 10
    weights = jr.uniform(jr.key(3), (64,), jnp.float32, 0.5, 1.5)
    model, key = eqx.filter_jit(learner.model)(key=jr.key(1)), jr.key(0)
    (found, gradient), (expected, exact) = (
        eqx.filter_jit(eqx.filter_value_and_grad(l.loss))(model, jnp.asarray(rows), weights, key=key)
        for l in (learner, plain)
    )
    assert float(found) == pytest.approx(float(expected), rel=1e-5)
    largest = max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(exact))
    for a, b in zip(jax.tree.leaves(gradient), jax.tree.leaves(exact), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5 * largest)


@pytest.fixture(scope="module")
def recorded():
    return figure.excesses(tables.recorded(one_law.EXPERIMENT))


def test_recorded_transformer_and_simulation_follow_the_gain(recorded):
    near = [c for c in recorded if c.epochs in (None, one_law.EXPERIMENT.epochs)]
    assert {(c.world, c.workflow) for c in near} == {
        (world, workflow) for world in ("simulation", "neural") for workflow in one_law.EXPERIMENT.workflows
    }
    for curve in near:
        assert (curve.standard_error < RECORDED_EFFECT * curve.exact / (2 * Z)).all()
        assert curve.max_abs_z < Z


def test_recorded_transformer_after_few_passes_stays_below_the_gain(recorded):
    few = [c for c in recorded if c.epochs == one_law.EXPERIMENT.few_epochs]
    assert [c.workflow for c in few] == list(one_law.EXPERIMENT.few_workflows)
    for curve in few:
        assert (curve.ratio + Z * curve.standard_error < curve.exact)[1:].all()


SMALL = dataclasses.replace(
    one_law.EXPERIMENT, iterations=2, replicates=20, rows=1024, seeds=2, texts=64, epochs=2.0, few_epochs=1.0
)


@pytest.mark.slow
@pytest.mark.usefixtures("quickly_compiled")
def test_a_table_is_made_once_and_can_be_drawn(tmp_path, monkeypatch):
    experiment = dataclasses.replace(SMALL, workflows=(Replace(),), few_workflows=(Replace(),))
    rows = one_law.run(experiment, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one_law.csv", "one_law.json"]
    monkeypatch.setattr(one_law, "_trained", None)
    assert one_law.run(experiment, tmp_path) == rows
    monkeypatch.setattr(figure, "EXPERIMENT", experiment)
    with style():
        drawn = figure.plot(rows)
    left, right = drawn.axes
    for curve in figure.excesses(rows):
        axes = right if curve.epochs == experiment.few_epochs else left
        assert any(np.array_equal(line.get_ydata(), curve.ratio) for line in axes.lines)
        assert any(np.array_equal(line.get_ydata(), curve.exact) for line in axes.lines)
