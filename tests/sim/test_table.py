"""Tables of real rows: what is shipped, how it is parted, and logistic regressions refitted on it."""

import hashlib
import math
import re
from importlib.resources import files
from typing import Any

import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy import optimize, special

import sim
import theory
from sim.samplers.generalised_linear_rows import recorded_fit
from sim.samplers.links import LINKS
from sim.table import Table
from sim.tasks import samplers_of
from tests.helpers import command, refused
from tests.sim.refits import agrees
from theory import Accumulate, AccumulateSubsample, FreshReal, GeneralisedLinear, Generator, Replace
from theory.tasks.generalised_linear.tables import TABLES

pytestmark = pytest.mark.usefixtures("quickly_compiled")

SLOW = pytest.mark.slow
FOLDER = files("sim") / "tables"
#: Rows, and ones among their labels, as the sources say.
SIZES = {"breast-cancer": (569, 212), "haberman": (306, 81), "iris": (100, 50), "transfusion": (748, 178)}


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_what_their_sources_say(name):
    rows = sim.table(name)
    assert (len(rows.labels), rows.labels.sum()) == SIZES[name]
    assert set(rows.labels) == {0, 1}
    (line,) = re.findall(rf"^\| `{name}\.csv` .*$", (FOLDER / "README.md").read_text(), flags=re.MULTILINE)
    assert hashlib.sha256((FOLDER / f"{name}.csv").read_bytes()).hexdigest() in line
    assert f"| {len(rows.labels)} |" in line
    assert ", ".join(rows.seen) in line
    assert "https://doi.org/10.24432/" in line


def test_every_table_that_is_shipped_has_a_name_and_a_licence():
    assert {path.name for path in FOLDER.iterdir()} == {"README.md", *(f"{name}.csv" for name in TABLES)}
    assert "CC BY 4.0" in (FOLDER / "README.md").read_text()


@pytest.mark.parametrize("name", TABLES)
def test_laws_know_the_rows(name):
    """Against a fit by another method, to the recorded labels of the rows that are not held out."""
    rows, known = sim.table(name), TABLES[name]
    x, labels = rows.x[~rows.is_held_out], rows.labels[~rows.is_held_out]
    assert (len(labels), x.shape[1]) == (known.T, known.d)
    assert known.T == 7 * len(rows.labels) // 10
    np.testing.assert_allclose(x.mean(0), np.eye(known.d)[0], atol=1e-12)
    np.testing.assert_allclose(x[:, 1:].std(0), 1, rtol=1e-12)

    def loss(w):
        return np.logaddexp(0, -(2 * labels - 1) * (x @ w)).mean()

    def slope(w):
        return x.T @ (special.expit(x @ w) - labels) / len(labels)

    found = optimize.minimize(loss, np.zeros(known.d), jac=slope, method="BFGS", options={"gtol": 1e-9}).x
    np.testing.assert_allclose(recorded_fit(LINKS["logistic"], rows, jnp.dtype("float64")), found, rtol=1e-6)
    assert f"{np.linalg.norm(found):.4f}" == f"{known.signal:.4f}"


def test_what_is_held_out_stays_the_same():
    """By hashes alone, whatever the versions: these very rows."""
    assert np.flatnonzero(sim.table("iris").is_held_out)[:6].tolist() == HELD_OUT


HELD_OUT = [0, 2, 4, 8, 12, 15]


def test_all_columns_are_separated_by_a_plane():
    for name in ("breast-cancer", "iris"):
        some = sim.table(name)
        rows = Table(some.name, some.label, some.columns, some.values, some.labels, some.columns)
        assert rows.x.shape[1] == len(some.columns) + 1
        assert np.isnan(recorded_fit(LINKS["logistic"], rows, jnp.dtype("float64"))).all()


def chain(of="test_error", name="haberman") -> Any:
    task = GeneralisedLinear(table=name)
    (sampler,) = (each for each in samplers_of(GeneralisedLinear) if each.of == of and each.serves(task, Replace(), 1))
    return sampler(task, Replace(), 2, jnp.dtype("float64"))


def test_quantities_are_those_of_the_rows():
    """By their formulas, at a model beside the truth; at the truth all are 0."""
    rows, model = sim.table("haberman"), np.array([-0.7, 0.1, 0.4, 0.2])
    truth = np.asarray(chain().truth)
    x, (others, labels) = rows.x[~rows.is_held_out], (each[rows.is_held_out] for each in (rows.x, rows.labels))
    share, out = special.expit(x @ truth), special.expit(others @ truth)

    def loss(w, labels):
        p = special.expit(others @ w)
        return -(labels * np.log(p) + (1 - labels) * np.log(1 - p)).mean()

    expected = {
        "test_error": ((share * (1 - share)) * (x @ (model - truth)) ** 2).mean(),
        "excess_risk": loss(model, out) - loss(truth, out),
        "held_out_loss": loss(model, labels) - loss(truth, labels),
    }
    for of, value in expected.items():
        sampler = chain(of)
        assert sampler.measure(jnp.asarray(model)) == pytest.approx(value, rel=1e-12)
        assert sampler.measure(sampler.truth) == pytest.approx(0, abs=1e-15)
        assert np.isnan(sampler.measure(sampler.truth * jnp.nan))


def test_a_loss_on_rows_held_out_may_be_below_0():
    """A fit to sampled labels may do better on rows held out than that to the recorded ones: it is no mistake."""
    run = sim.run(
        GeneralisedLinear(table="iris"), Replace(), of="held_out_loss", iterations=2, replicates=20, key=jr.key(0)
    )
    deviation = run.estimate.standard_error * math.sqrt(20)
    assert (deviation > run.estimate.mean).all()  # so that some are
    assert (run.estimate.mean > 0).all()


def test_pools_keep_the_features_and_take_the_labels_of_the_model():
    sampler = chain()
    rows = sim.table("haberman")
    labels = []
    for key in jr.split(jr.key(0), 400):
        found = np.asarray(sampler.sample(key, sampler.truth, jnp.array(True)))
        np.testing.assert_array_equal(found[:, :-1], rows.x[~rows.is_held_out])
        labels.append(found[:, -1])
    share = special.expit(np.asarray(sampler.x @ sampler.truth))
    z = (np.mean(labels, 0) - share) / np.sqrt(share * (1 - share) / 400)
    assert np.abs(z).max() < 5
    assert (z**2).mean() == pytest.approx(1, abs=0.5)
    assert np.abs((np.mean(labels, 0) - share.mean()) / np.sqrt(share * (1 - share) / 400)).max() > 5  # the power
    lost = np.asarray(sampler.sample(jr.key(0), sampler.truth * jnp.nan, jnp.array(False)))
    assert np.isnan(lost[:, -1]).all()


@pytest.mark.parametrize(
    ("name", "workflow", "of"),
    [
        ("transfusion", Replace(), "test_error"),
        pytest.param("transfusion", Accumulate(), "excess_risk", marks=SLOW),
        pytest.param("transfusion", AccumulateSubsample(), "test_error", marks=SLOW),
    ],
    ids=str,
)
def test_refits_follow_the_gain(name, workflow, of):
    """To leading order in 1/T: means may be off by some tens of rows among hundreds, and 40 % would be seen."""
    task = GeneralisedLinear(table=name)
    gain = np.array([float(c) for c in theory.law(task, workflow, of).gain(3)])
    unit = 1.0
    if of != "test_error":
        sampler = chain(of, name=name)
        inside, outside = (
            information(np.asarray(each), np.asarray(sampler.truth)) for each in (sampler.x, sampler.held_out)
        )
        unit = np.trace(np.linalg.solve(inside, outside)) / task.d
    law = theory.law(task, workflow, of).evaluate(n=range(1, 4))
    np.testing.assert_allclose(law, gain * task.d / task.T / (1 if of == "test_error" else 2), rtol=1e-12)
    agrees(task, workflow, of, unit * law, replicates=600, effect=0.4)


def information(x, truth):
    share = special.expit(x @ truth)
    return (x * (share * (1 - share))[:, None]).T @ x / len(x)


def test_the_command_line(capsys):
    options = "accumulate --task generalised-linear --table haberman --iterations 2 --json"
    found = command(capsys, "sim", f"{options} --replicates 50")
    assert found.status == 0, found.err
    theirs = command(capsys, "theory", options).json
    for ran in (found.json, theirs):
        assert (ran["table"], ran["T"], ran["d"], ran["link"]) == ("haberman", 214, 4, "logistic")
    assert found.json["theory"] == theirs["values"] == pytest.approx([4 / 214, 5 / 214])
    assert found.json["unconverged"] == [0, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--table titanic", "invalid choice: 'titanic'"),
        ("--table haberman --T 100", "the table haberman has T=214; got 100. Leave it out"),
        ("--table haberman --link probit", "a table's labels are fitted by the logistic link; got 'probit'"),
        ("--T 50 --d 2 --of held-out-loss", "name one of breast-cancer, haberman"),
        ("--d 2", "generalised-linear needs numbers for T"),
    ],
)
def test_mistakes(capsys, options, message):
    line = f"replace --task generalised-linear {options} --iterations 2 --replicates 10"
    refused(command(capsys, "sim", line), "sim", message)


def test_what_no_table_is():
    with pytest.raises(ValueError, match="there are tables of breast-cancer, haberman, iris, transfusion; got 'x'"):
        sim.table("x")
    with pytest.raises(ValueError, match="table must be one of breast-cancer"):
        GeneralisedLinear(table="x")
    with pytest.raises(ValueError, match="a held_out_loss is of a table's rows"):
        theory.law(GeneralisedLinear(), Replace(), "held_out_loss")
    two = Generator(sizes=(1, 2))
    with pytest.raises(ValueError, match="other sizes than T, and every pool is of the rows of iris"):
        sim.run(GeneralisedLinear(table="iris"), Replace(), iterations=2, replicates=2, key=jr.key(0), generator=two)
    with pytest.raises(ValueError, match="other sizes than T"):
        sim.run(GeneralisedLinear(table="iris"), FreshReal(2), iterations=2, replicates=2, key=jr.key(0))
    hot = Generator(temperature=2)
    with pytest.raises(ValueError, match="got temperature"):
        sim.run(GeneralisedLinear(table="iris"), Replace(), iterations=2, replicates=2, key=jr.key(0), generator=hot)


@SLOW
def test_fits_that_are_lost_are_counted():
    """Of 70 irises by their sepals: under Replace labels part, and more and more models are lost."""
    task, settings = GeneralisedLinear(table="iris"), {"key": jr.key(0), "replicates": 2000}
    run = sim.run(task, Replace(), iterations=5, **settings)
    assert run.unconverged[0] == 0
    assert 0 < run.unconverged[-1] < 100
    assert (np.diff(run.unconverged) >= 0).all()
    assert np.isfinite(run.estimate.mean).all()
    assert f"{run.unconverged[-1]} of {run.replicates:,}" in run.note
    assert sum(sim.run(task, Accumulate(), iterations=5, **settings).unconverged) == 0
    with pytest.raises(ValueError, match="have no model 8 at T=70, d=3: their labels are separated by a plane"):
        sim.run(task, Replace(), iterations=8, **settings)
