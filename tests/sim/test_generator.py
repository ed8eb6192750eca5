"""Simulations of what a generator samples, against least squares on its labels and the laws; and what is refused."""

from fractions import Fraction
from typing import Any

import jax
import jax.random as jr
import numpy as np
import pytest

import sim
import theory
from sim.blocks import Blocks
from sim.comparison import Z
from sim.run import Run
from sim.statistics import Estimate
from tests.helpers import anisotropic, command, refused, thinned
from tests.sim.build import build
from tests.sim.samplers.test_distributions import distance
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Generator,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
)

HOT = Generator(temperature="3/2", bias="2/5")
VERIFIED = Generator(temperature="1/2", pull="1/4", distance="3/5")
SIZED = Generator(temperature="1/2", sizes=(1, 2, 1, 3), noises=(1, "1/2", 2, 1))
GENERATORS = (HOT, VERIFIED, SIZED)
WORKFLOWS = (Replace(), ReplaceGrowing(), Accumulate(), SlidingWindow(2), FixedReal("1/3"), FreshReal(1, "7/10"))
DESIGNS = ("fixed", "fresh")
ITERATIONS = 4

#: What a law must be off by, relatively, to be seen for certain.
EFFECT = 0.03


def task_of(design, T: Any = 20, d: Any = 3, sigma: Any = 0.7, **more):
    return sim.LinearRegression(T=T, d=d, sigma=sigma, design=design, **more)


def simulate(task, workflow, generator, **changes):
    settings: dict[str, Any] = {"iterations": ITERATIONS, "key": jr.key(7), "replicates": 1000, "generator": generator}
    return sim.run(task, workflow, **(settings | changes))


def seen(run, expected):
    """Whether the run agrees with these values, and has the power to see them `EFFECT` off."""
    mean, error = run.test_error.mean, run.test_error.standard_error
    assert (error < EFFECT / (2 * Z) * expected).all()
    for wrong in (expected * (1 + EFFECT), expected * (1 - EFFECT)):
        assert (np.abs(mean - wrong) > Z * error).all()
    return bool((np.abs(mean - expected) < Z * error).all())


def stacked(task, workflow, generator, key):
    """Test errors of least squares on all rows, in units of sigma, from the literal sampler's random numbers.

    Each training set is solved by lstsq, its rows weighted; a verifier's pull and a bias are put into each label.
    """
    T, d, sigma = task.T, task.d, task.sigma
    truth_key, design_key, pools_key = jr.split(key, 3)
    root = np.eye(d) if task.covariance is None else np.linalg.cholesky(task.covariance)
    truth, shared = np.asarray(jr.normal(truth_key, (d,))), np.asarray(jr.normal(design_key, (T, d))) @ root.T
    along = np.linalg.solve(root.T, np.eye(d)[0]) / sigma  # of length 1/sigma in the covariance's norm
    bias, wanted = float(generator.bias) * along, truth + float(generator.distance) * along
    sized = generator.sized(workflow)
    data, models, errors = {}, [truth], []
    for iteration in range(1, ITERATIONS + 1):
        shares = sized.shares(iteration)
        for pool in shares:
            if pool in data:
                continue
            pool_key = jr.split(jr.fold_in(pools_key, iteration - 1))[int(pool.fresh_real)]
            noise = float(generator.noises[iteration - 1]) if generator.noises else 1.0
            xs, ys = [], []
            for chunk in range(int(sized.size(pool))):
                noise_key, x_key = jr.split(jr.fold_in(pool_key, chunk))
                x = shared if task.design == "fixed" else np.asarray(jr.normal(x_key, (T, d))) @ root.T
                epsilon = noise * np.asarray(jr.normal(noise_key, (T,)))
                if pool.labelled_by:
                    pull = float(generator.pull)
                    y = (1 - pull) * x @ (models[pool.labelled_by] + bias) + pull * x @ wanted
                    y = y + float(generator.temperature) * np.sqrt(1 - pull) * epsilon
                else:
                    y = x @ truth + epsilon
                xs.append(x)
                ys.append(y)
            data[pool] = np.concatenate(xs), np.concatenate(ys)
        scales = [np.sqrt(float(share) / len(data[pool][1])) for pool, share in shares.items()]
        x = np.concatenate([s * data[pool][0] for s, pool in zip(scales, shares, strict=True)])
        y = np.concatenate([s * data[pool][1] for s, pool in zip(scales, shares, strict=True)])
        models.append(np.linalg.lstsq(x, y, rcond=None)[0])
        errors.append(((root.T @ (models[-1] - truth)) ** 2).sum())
    return errors


STACKED = [(w, GENERATORS[k % 3], design) for design in DESIGNS[::-1] for k, w in enumerate(WORKFLOWS)]


@pytest.mark.usefixtures("quickly_compiled")
@pytest.mark.parametrize(("workflow", "generator", "design"), thinned(STACKED, every=12), ids=str)
def test_the_literal_sampler_solves_least_squares_on_what_is_sampled(workflow, generator, design):
    task = task_of(design, T=9, covariance=anisotropic(3))
    chain, _ = build("literal", task, workflow, ITERATIONS, generator=generator)
    key = jr.key(5)
    # float64 normal equations at a condition number of a thousand
    np.testing.assert_allclose(
        jax.jit(jax.vmap(chain))(key[None])[0], stacked(task, workflow, generator, key), rtol=1e-8
    )


#: Means of 64 replicates at iteration 4 as they were before there were generators: T=30, d=5, sigma=0.7, key 3.
#: Each sampler, at both designs where its code tells them apart.
DIGITS = {
    ("fresh", "Accumulate()", "wishart"): 0.13570825346028173,
    ("fresh", "Accumulate()", "conditional"): 0.14186858415391015,
    ("fresh", "FreshReal(synthetic_ratio=1)", "radial"): 0.0724289149203077,
    ("fresh", "AccumulateSubsample()", "literal"): 0.2185407974203981,
    ("fresh", "AccumulateSubsample()", "gaussian"): 0.17559322386596105,
    ("fixed", "Accumulate()", "radial"): 0.15083533853275882,
    ("fixed", "Accumulate()", "wishart"): 0.15040411431956435,
    ("fixed", "SlidingWindow(k=2)", "literal"): 0.20853524324219835,
}


@pytest.mark.slow
@pytest.mark.usefixtures("quickly_compiled")
@pytest.mark.parametrize(("design", "workflow", "sampler"), list(DIGITS), ids=str)
def test_the_usual_generator_changes_no_digit(design, workflow, sampler):
    task = sim.LinearRegression(T=30, d=5, sigma=0.7, design=design)
    named = {str(each): each for each in (*WORKFLOWS, AccumulateSubsample(), FreshReal())}[workflow]
    settings = {"iterations": 4, "replicates": 64, "key": jr.key(3), "sampler": sampler, "precision": "float64"}
    usual, given = sim.run(task, named, **settings), sim.run(task, named, generator=Generator(), **settings)
    assert (given.test_error.mean == usual.test_error.mean).all()
    assert (given.test_error.standard_error == usual.test_error.standard_error).all()
    # digits of another machine's instructions
    np.testing.assert_allclose(usual.test_error.mean[3], DIGITS[design, workflow, sampler], rtol=1e-11)


#: The literal one is least squares on each of these, to rounding: seen above.
SAMPLERS = ("radial", "wishart")
EXACT = [(s, w, GENERATORS[(j + k) % 3]) for j, s in enumerate(SAMPLERS) for k, w in enumerate(WORKFLOWS)]


@pytest.mark.parametrize(("sampler", "workflow", "generator"), thinned(EXACT, every=60), ids=str)
def test_at_fixed_design_means_follow_the_exact_law(sampler, workflow, generator):
    task = task_of("fixed")
    law = theory.generated(workflow, generator, design="fixed")
    assert law.exact
    run = simulate(task, workflow, generator, sampler=sampler, replicates=None, relative_error=0.0028)
    assert seen(run, law.evaluate(T=20, d=3, sigma=0.7, n=range(1, ITERATIONS + 1)))
    assert sim.compare(run, law).verdict == "agree"


#: Numbers of `laws.md` B and H at fixed design, d = 3, T = 12, sigma = 1, iterations 1 to 5.
KNOWN = [
    (Replace(), Generator(temperature="1/2", sizes=(1, 1, 2, 1, 1)), (0.375, 0.46875, 0.515625, 0.609375, 0.703125)),
    (Accumulate(), Generator(bias=0.14**0.5), (0.375, 0.50375, 0.60764, 0.69816, 0.77943)),
    (Replace(), Generator(pull="1/4", distance="2/5"), (0.375, 0.50219, 0.58873, 0.64866, 0.69081)),
    (FreshReal(), Generator(temperature=0), tuple(0.375 * c for c in (1, 1 / 2, 3 / 8, 11 / 32, 43 / 128))),
]


@pytest.mark.slow
@pytest.mark.parametrize(("workflow", "generator", "values"), KNOWN, ids=str)
def test_known_numbers_at_fixed_design(workflow, generator, values):
    run = simulate(
        task_of("fixed", T=12, sigma=1.0), workflow, generator, iterations=5, replicates=None, relative_error=0.0028
    )
    assert seen(run, np.array(values))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workflow", "generator", "limit"),
    [
        (Accumulate(), Generator(bias=1), (1, 1.5, 2.05556, 2.59722, 3.11056)),
        (FixedReal("3/10"), Generator(bias=1), (1, 1.79439, 2.97439, 4.25673, 5.53272)),
        (SlidingWindow(2), Generator(temperature="1/2"), None),
        (FreshReal(1, "7/10"), VERIFIED, None),
    ],
    ids=str,
)
def test_at_fresh_design_means_follow_the_proportional_limit(workflow, generator, limit):
    """At d/T = 1/2: the approximation is right to a percent, the limit to about 1/d."""
    task, law = task_of("fresh", T=60, d=30, sigma=1.0), theory.generated(workflow, generator, design="fresh")
    iterations = 4 if limit is None else 5
    run = simulate(task, workflow, generator, iterations=iterations, sampler="conditional", replicates=4000)
    there = law.estimates(iterations, T=60, d=30)
    if limit is not None:
        np.testing.assert_allclose(there["proportional"], limit, atol=6e-6)
    mean, error = run.test_error.mean, run.test_error.standard_error
    assert (error < EFFECT / (2 * Z) * mean).all()
    np.testing.assert_allclose(mean, there["approximation"], rtol=0.012)
    np.testing.assert_allclose(mean, there["proportional"], rtol=2 / 30)
    assert (np.abs(mean - (1 + EFFECT) * there["approximation"]) > Z * error).all()
    assert sim.compare(run, law).verdict == "not comparable"
    assert sim.compare(run, law, validity="approximation").law.tolist() == there["approximation"].tolist()


PAIRS = [
    ("wishart", Accumulate(), HOT, "fresh"),
    ("wishart", SlidingWindow(2), VERIFIED, "fresh"),
    ("wishart", FreshReal(1, "7/10"), SIZED, "fresh"),
    ("radial", Replace(), Generator(temperature="1/2", pull="1/4"), "fresh"),
    ("radial", FreshReal(), Generator(sizes=(1, 2, 1)), "fresh"),
    ("radial", FixedReal("1/3"), HOT, "fixed"),
]


def draw(name, workflow, generator, design, seed):
    task = task_of(design, T=12, covariance=anisotropic(3) if name == "literal" else None)
    blocks = Blocks(build(name, task, workflow, 3, "float64", generator=generator)[0], jr.key(seed))
    return np.concatenate(list(blocks(0, -(-40_000 // blocks.size))))[:40_000]


@pytest.mark.slow
@pytest.mark.parametrize(("sampler", "workflow", "generator", "design"), PAIRS, ids=str)
def test_same_distribution_as_the_literal_sampler(sampler, workflow, generator, design):
    one, other = (draw(name, workflow, generator, design, seed) for seed, name in enumerate((sampler, "literal")))
    assert distance(one, other) < 1
    assert distance(one * 1.06, other) > 1


@pytest.mark.slow
def test_the_distribution_of_another_bias_is_seen():
    one, other = (
        draw("wishart", Accumulate(), Generator(temperature="3/2", bias=bias), "fresh", seed)
        for seed, bias in enumerate(("2/5", "1/2"))
    )
    assert distance(one, other) > 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workflow", "generator"),
    [(Accumulate(), HOT), (FreshReal(1, "7/10"), SIZED), (SlidingWindow(3), SIZED)],
    ids=str,
)
def test_the_conditional_expectation_has_the_same_mean(workflow, generator):
    task = task_of("fresh", T=30, d=4)
    plain = simulate(task, workflow, generator, sampler="wishart", replicates=150_000).test_error
    averaged = simulate(task, workflow, generator, sampler="conditional", replicates=10_000).test_error
    error = np.hypot(plain.standard_error, averaged.standard_error)
    assert (error < EFFECT / (2 * Z) * plain.mean).all()
    assert (np.abs(plain.mean - averaged.mean) < Z * error).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workflow", "generator"),
    [(AccumulateSubsample(), Generator(temperature=3)), (Accumulate(), HOT), (SlidingWindow(2), VERIFIED)],
    ids=str,
)
def test_the_limit_has_the_gains_and_shifts_of_theory(workflow, generator):
    task = task_of("fresh", T=400, d=2)
    law = theory.generated(workflow, generator, design="fresh")
    run = simulate(task, workflow, generator, sampler="gaussian", replicates=None, relative_error=0.0028)
    assert run.is_limit
    found = sim.compare(run, law)
    assert (found.verdict, seen(run, found.law)) == ("agree", True)
    literal = simulate(task, workflow, generator, sampler="literal", replicates=6000)
    assert sim.compare(literal, law, asymptotic=True).verdict == "agree"


@pytest.mark.parametrize(
    ("workflow", "design", "generator", "chosen"),
    [
        (Replace(), "fresh", Generator(temperature="1/2", pull="1/4"), "radial"),
        (Replace(), "fresh", HOT, "wishart"),
        (FreshReal(), "fresh", Generator(temperature="1/2"), "wishart"),
        (FreshReal(), "fresh", Generator(sizes=(1, 2, 3, 4)), "radial"),
        (Accumulate(), "fixed", VERIFIED, "radial"),
        (AccumulateSubsample(), "fresh", HOT, "literal"),
    ],
    ids=str,
)
def test_the_fastest_exact_one_is_chosen(workflow, design, generator, chosen):
    assert build("auto", task_of(design), workflow, ITERATIONS, generator=generator)[0].name == chosen


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sampler": "radial", "generator": HOT}, "the radial sampler follows lengths alone. Use the wishart sampler"),
        (
            {"sampler": "radial", "workflow": FreshReal(), "generator": Generator(temperature=2)},
            "real ones of iteration 2 have different noises, and the radial sampler is exact only for one",
        ),
        (
            {"sampler": "gaussian", "workflow": AccumulateSubsample(), "generator": HOT},
            "the limit T -> oo of shifted labels is not known then",
        ),
        ({"generator": Generator(sizes=(1, 2))}, "sizes are given for pools 1 to 2; pool 3 needs one too"),
        (
            {"generator": Generator(noises=(1, 2))},
            "noises end at iteration 2; real\\(3\\) needs one|synthetic\\(2\\) needs",
        ),
        ({"generator": Generator(sizes=(1, "1/7", 1, 1))}, "not a whole number of rows"),
        ({"generator": Generator(sizes=(1, "1/2", 1, 1)), "design": "fixed"}, "not a whole number of copies of the 20"),
        ({"generator": SIZED, "T": (20, 30, 40, 50)}, "T is given one an iteration, and the generator has sizes too"),
        ({"generator": SIZED, "sigma": (1.0, 2.0, 1.0, 1.0)}, "sigma is given one an iteration, and the generator has"),
        ({"workflow": theory.symmetric_population(2, "1/2"), "generator": HOT}, "leave the generator out"),
    ],
)
def test_mistakes(changes, message):
    of_task: dict[str, Any] = {name: changes[name] for name in ("T", "sigma", "design") if name in changes}
    rest = {name: value for name, value in changes.items() if name not in of_task}
    with pytest.raises(ValueError, match=message):
        simulate(task_of(**({"design": "fresh"} | of_task)), **({"workflow": Replace()} | rest))


def test_a_sampler_of_a_users_own_needs_no_generator():
    class Walk(sim.AbstractSampler[theory.LinearRegression]):
        name = "walk"

        def __init__(self, task, workflow, iterations, dtype):
            del task, workflow, iterations, dtype

        def __call__(self, key):
            return jr.normal(key, (1,)) ** 2

    found = Walk.generator_objection(HOT, task_of("fresh"), Replace(), 3)
    assert found == "the walk sampler samples data from models as they are, and takes no generator."


def made(generator, mean, design="fixed", **task):
    mean = np.asarray(mean)
    estimate = Estimate(mean, 0.001 * mean, {}, {})
    setting = task_of(design, **task)
    return Run(setting, Accumulate(), 3, "test_error", 1000, "radial", "float64", estimate, 2, "", False, generator)


def test_compare_goes_by_validity():
    law = theory.generated(Accumulate(), HOT, design="fixed")
    exact = law.evaluate(T=20, d=3, sigma=0.7, n=[1, 2, 3])
    assert sim.compare(made(HOT, exact), law).verdict == "agree"
    assert sim.compare(made(HOT, 1.006 * exact), law).verdict == "disagree"
    assert sim.compare(made(HOT, exact), law, validity="exact").verdict == "agree"
    with pytest.raises(ValueError, match="has no proportional values; it has exact"):
        sim.compare(made(HOT, exact), law, validity="proportional")
    fresh = theory.generated(Accumulate(), HOT, design="fresh")
    there = fresh.estimates(3, T=20, d=3, sigma=0.7)["approximation"]
    assert sim.compare(made(HOT, there, "fresh"), fresh).verdict == "not comparable"
    found = sim.compare(made(HOT, there, "fresh"), fresh, validity="approximation")
    assert (found.verdict, "the law's approximation values, which are not exact" in found.reason) == ("agree", True)
    wrong = sim.compare(made(HOT, 1.01 * there, "fresh"), fresh, validity="approximation")
    assert wrong.verdict == "disagree"
    # and of laws without a generator
    window = theory.linear.test_error(Accumulate(), design="fixed")
    with pytest.raises(ValueError, match="no approximation values"):
        sim.compare(made(Generator(), exact), window, validity="approximation")


@pytest.mark.parametrize(
    ("run", "law"),
    [
        (made(HOT, [1.0] * 3), theory.generated(Accumulate(), VERIFIED, design="fixed")),
        (made(HOT, [1.0] * 3), theory.generated(Accumulate(), HOT, design="fresh")),
        (made(HOT, [1.0] * 3), theory.generated(Replace(), HOT, design="fixed")),
        (made(HOT, [1.0] * 3, T=(20, 30, 40)), theory.generated(Accumulate(), HOT, design="fixed")),
        (made(HOT, [1.0] * 3), theory.linear.test_error(Accumulate(), design="fixed")),
        (made(Generator(), [1.0] * 3), theory.generated(Accumulate(), HOT, design="fixed")),
    ],
)
def test_a_law_of_another_generator_is_refused(run, law):
    with pytest.raises(ValueError, match="Compare a run with the law of its own"):
        sim.compare(run, law)


@pytest.mark.slow
def test_a_checkpoint_knows_its_generator(tmp_path):
    settings = {"checkpoint": tmp_path / "state", "sampler": "radial", "replicates": 4096}  # a block at least
    first = simulate(task_of("fixed"), Replace(), HOT, **settings)
    again = simulate(task_of("fixed"), Replace(), HOT, **settings)
    assert (again.test_error.mean == first.test_error.mean).all()
    with pytest.raises(
        ValueError, match=r"generator is Generator\(temperature=3/2, bias=2/5\) there and Generator\(\)"
    ):
        simulate(task_of("fixed"), Replace(), Generator(), **settings)


def test_command(capsys):
    line = (
        "replace --design fixed --T 20 --d 3 --sigma 0.7 --iterations 4 --replicates 1000 --temperature 3/2 --bias 0.4"
    )
    ran = command(capsys, "sim", f"{line} --seed 7 --sampler radial --json")
    found, law = ran.json, theory.generated(Replace(), HOT, design="fixed")
    assert (ran.status, found["temperature"], found["bias"], found["verdict"]) == (0, "3/2", "2/5", "agree")
    assert found["theory"] == law.evaluate(T=20, d=3, sigma=0.7, n=range(1, 5)).tolist()
    assert found["mean"][3] > 8 * found["theory"][0]  # without a bias it would be 7.75 times
    refused(command(capsys, "sim", f"{line} --temperature=-1"), "sim", "temperature must be at least 0; got -1")


@pytest.mark.slow
def test_without_a_law_the_command_says_so(capsys):
    for line in ("accumulate-subsample --T 20", "accumulate --T 20,30"):
        ran = command(capsys, "sim", f"{line} --design fresh --d 3 --iterations 2 --replicates 100 --bias 1 --json")
        assert (ran.status, ran.json["verdict"], ran.json["theory"]) == (0, "not comparable", None)
    assert Fraction(ran.json["bias"]) == 1
