"""Laws under a generator against least squares on labels made as the generator says, and known values."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

from tests.helpers import command, refused, thinned
from tests.theory.test_workflow import Made
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Generator,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    by_count,
    gain,
    generated,
    linear,
    pools,
    real,
    subsample,
    synthetic,
)
from theory.symbols import n
from theory.sympy_types import as_expression, substituted

WORKFLOWS = [Replace(), ReplaceGrowing(), Accumulate(), SlidingWindow(2), FixedReal("3/10"), FreshReal(1, "7/10")]
GENERATORS = [
    Generator(temperature="1/2"),
    Generator(bias="2/5"),
    Generator(temperature="3/2", bias=1),
    Generator(pull="1/4", distance="2/5"),
    Generator(temperature=2, pull="1/2", distance="1/3"),
]


def simulated(workflow, generator, iterations, T, d, replicates, seed):
    """Test errors of weighted least squares at fixed design, one X a replicate; verifiers reject labels."""
    random, errors = np.random.default_rng(seed), np.zeros((replicates, iterations))
    direction = np.arange(1, d + 1) / np.linalg.norm(np.arange(1, d + 1))  # any: only its length counts
    x, labels = random.normal(size=(replicates, T, d)), {}
    models: list[np.ndarray] = [np.zeros((replicates, d, 1))]
    gram = np.swapaxes(x, 1, 2) @ x
    wanted = x @ direction[:, None] * float(generator.distance)
    for iteration in range(1, iterations + 1):
        says = np.zeros((replicates, d, 1))
        for pool, share in workflow.shares(iteration).items():
            if pool not in labels:  # their mean over the copies of X in the pool
                copies = int(workflow.size(pool))
                means = x @ models[pool.labelled_by]
                if pool.labelled_by == 0:
                    made = [means + random.normal(size=means.shape) for _ in range(copies)]
                else:
                    shifted = means + x @ direction[:, None] * float(generator.bias)
                    made = [selected(shifted, wanted, generator, random) for _ in range(copies)]
                labels[pool] = np.mean(made, axis=0)
            says += float(share) * np.swapaxes(x, 1, 2) @ labels[pool]
        models.append(np.linalg.solve(gram, says))
        errors[:, iteration - 1] = (models[-1][:, :, 0] ** 2).sum(1)
    return errors.mean(0), errors.std(0) / np.sqrt(replicates)


def selected(means, wanted, generator, random):
    """Noisy labels, each sampled again until the verifier, if there is one, accepts it."""
    temperature, pull = float(generator.temperature), float(generator.pull)
    found = means + temperature * random.normal(size=means.shape)
    if not pull:
        return found
    square = temperature**2 * (1 - pull) / pull
    waiting = np.ones(means.shape, bool)
    while True:
        waiting &= random.random(means.shape) > np.exp(-((found - wanted) ** 2) / (2 * square))
        if not waiting.any():
            return found
        found[waiting] = means[waiting] + temperature * random.normal(size=waiting.sum())


@pytest.mark.parametrize(
    ("workflow", "generator"),
    [
        (Accumulate(), Generator(bias="2/5", pull="1/4")),
        pytest.param(Accumulate(), Generator(temperature="1/2", bias=1), marks=pytest.mark.slow),
        pytest.param(FixedReal("3/10"), Generator(pull="1/4", distance="4/5"), marks=pytest.mark.slow),
        pytest.param(FreshReal(1, "7/10"), Generator(bias=1), marks=pytest.mark.slow),
        pytest.param(SlidingWindow(2), Generator(temperature=2, pull="1/2", distance=1), marks=pytest.mark.slow),
        pytest.param(ReplaceGrowing(), Generator(temperature="1/2"), marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_against_least_squares(workflow, generator):
    """At T = 20 squared errors have four moments and more; 5 standard errors tell 5 %."""
    law = generated(workflow, generator, design="fixed")
    mean, error = simulated(workflow, generator, 4, T=20, d=3, replicates=24_000, seed=3)
    expected = law.evaluate(T=20, d=3, n=range(1, 5))
    assert law.exact
    assert (error < 0.05 * expected / 5).all()
    assert (np.abs(mean - expected) < 5 * error).all()
    without = linear.test_error(workflow, design="fixed").evaluate(T=20, d=3, n=range(1, 5))
    assert (np.abs(mean - without) > 5 * error)[3]


@pytest.mark.parametrize("generator", GENERATORS, ids=str)
@pytest.mark.parametrize("workflow", thinned(WORKFLOWS, 3), ids=str)
def test_formulas_give_the_numbers(workflow, generator):
    law = generated(workflow, generator, design="fixed")
    for numbers, formula in ((law.gain(6), law.gain_expr), (law.shift(6), law.shift_expr)):
        for m, value in enumerate(numbers, 1):
            if formula is not None:
                assert sp.gammasimp(formula.subs(n, m).doit()) == sp.Rational(value)


def test_what_has_a_formula():
    usual = generated(Accumulate(), Generator(bias=1), design="fixed")
    assert usual.gain_expr is not None
    assert usual.shift_expr == sp.harmonic(n) - 1
    verified = generated(Accumulate(), Generator(pull="1/4", distance=1), design="fixed")
    assert verified.gain_expr is None
    assert verified.shift_expr is not None
    predictions = Generator(temperature=0)
    assert generated(SlidingWindow(3), predictions, design="fixed").gain_expr == 1
    half_of_window = generated(SlidingWindow(2), Generator(temperature="1/2"), design="fixed")
    assert half_of_window.gain_expr is not None
    assert [half_of_window.gain_expr.subs(n, m) for m in range(1, 8)] == half_of_window.gain(7)


def test_real_noise_that_is_not_the_only_one():
    """Where draws of real rows or later real data add noise too, predictions are not as good as one fit."""
    predictions = Generator(temperature=0)
    drawn = generated(AccumulateSubsample(), predictions, design="fixed")
    assert drawn.gain_expr is None
    assert drawn.gain(2)[1] != 1
    later = Made(lambda i: by_count(pools(max(i - 1, 2), i), real(i)) if i > 1 else by_count(real(1)))
    renewed = generated(later, predictions, design="fixed")
    assert renewed.gain(3)[2] != 1
    assert renewed.gain_expr is None or [renewed.gain_expr.subs(n, m) for m in range(1, 6)] == renewed.gain(5)


@pytest.mark.parametrize("workflow", [*WORKFLOWS, AccumulateSubsample(), FreshReal(3)], ids=str)
def test_without_a_generator_it_is_the_gain(workflow):
    assert generated(workflow, Generator(), design="fixed").gain(7) == gain(workflow, 7)


@pytest.mark.parametrize("workflow", [*WORKFLOWS, AccumulateSubsample(), FreshReal(3)], ids=str)
def test_temperature_is_linear_in_its_square(workflow):
    real, cool, usual = (generated(workflow, Generator(temperature=t), design="fixed").gain(6) for t in (0, "1/3", 1))
    assert cool == [a + (c - a) / 9 for a, c in zip(real, usual, strict=True)]


def test_what_real_noise_contributes():
    """The share a_n of the gain: that of the models at temperature 0."""
    law = generated(FreshReal(), Generator(temperature=0), design="fixed")
    assert law.gain(5) == [Fraction(s) for s in ("1", "1/2", "3/8", "11/32", "43/128")]
    usual = generated(FreshReal(), Generator(), design="fixed")
    assert usual.gain(5) == [Fraction(s) for s in ("1", "3/4", "11/16", "43/64", "171/256")]


@pytest.mark.parametrize("t", [Fraction(1, 2), Fraction(2)])
@pytest.mark.parametrize("w", [Fraction(3, 10), Fraction(7, 10)])
def test_limits(t, w):
    for workflow, expected in (
        (FixedReal(w), 1 + t**2 * (1 - w) ** 2 / (w * (2 - w))),
        (FreshReal(3, w), (w**2 + t**2 * (1 - w) ** 2 / 3) / (w * (2 - w))),
    ):
        law = generated(workflow, Generator(temperature=t), design="fixed")
        assert law.growth().kind == "bounded"
        unit = linear.test_error(Replace(), design="fixed").expr.subs(n, 1)
        assert sp.simplify(as_expression(law.limit()) / unit) == sp.Rational(expected)
        assert abs(float(law.gain(60)[-1]) / float(expected) - 1) < 1e-12


def test_accumulation_does_not_stand_a_bias():
    """(H_n - 1)^2 times the square of the bias: unbounded, like (log n)^2."""
    law = generated(Accumulate(), Generator(bias=3), design="fixed")
    assert (law.growth().kind, law.growth().constant, law.limit()) == ("log-squared", 9, sp.oo)
    assert str(law.growth()) == "log-squared, ~ (9) (log n)^2"
    np.testing.assert_allclose(
        generated(Accumulate(), Generator(bias=0.14**0.5), design="fixed").evaluate(T=12, d=3, n=range(1, 6)),
        [0.375, 0.50375, 0.60764, 0.69816, 0.77943],
        atol=5.1e-6,
    )
    far = law.evaluate(T=1000, d=2, n=[60])[0]
    harmonic = sum(1 / i for i in range(1, 61))
    assert abs(far - 9 * (harmonic - 1) ** 2) < 1e-2  # the noise adds less than pi^2/6 times 2/997


@pytest.mark.parametrize(
    ("workflow", "kind", "constant"),
    [(Replace(), "quadratic", 4), (SlidingWindow(3), "quadratic", 1), (FixedReal("1/3"), "bounded", None)],
    ids=str,
)
def test_growth_under_a_bias(workflow, kind, constant):
    growth = generated(workflow, Generator(bias=2), design="fixed").growth()
    assert growth.kind == kind
    if constant is not None:
        assert growth.constant == constant
    else:  # |b|^2 ((1 - w)/w)^2 and the noise's limit
        assert growth.constant.subs({sp.Symbol("sigma", positive=True): 0}) == 16


@pytest.mark.parametrize("workflow", [FixedReal("3/10"), FreshReal(1, "7/10"), FreshReal(2), Replace()], ids=str)
def test_the_limit_under_a_verifier_is_what_the_law_does(workflow):
    """The square of the shift that stays is part of it: at many rows it is all but the whole."""
    for generator in (Generator(pull="1/4", distance=3), Generator(temperature="1/2", pull="2/3", distance=5)):
        law = generated(workflow, generator, design="fixed")
        for T, sigma in ((12, 1.0), (10**9, 1e-6)):
            there = {"T": T, "d": 3, "sigma": sigma}
            limit = as_expression(law.limit()).subs({sp.Symbol("sigma", positive=True): sigma})
            at = {symbol: there[symbol.name] for symbol in limit.free_symbols if isinstance(symbol, sp.Symbol)}
            assert law.evaluate(n=40, **there) == pytest.approx(float(substituted(limit, at)), rel=1e-4)


def test_where_no_model_is_sampled_from():
    """Real data of the first and of the newest iteration halve the noise, from iteration 2 on."""
    for training_set, gains in (
        (lambda i: by_count(real(1), real(i)), [1, Fraction(1, 2), Fraction(1, 2)]),
        (lambda i: by_count(real(i)), [1, 1, 1]),
        (lambda i: by_count(real(1)), [1, 1, 1]),
    ):
        law = generated(Made(training_set), Generator(temperature=2), design="fixed")
        assert law.gain(3) == gains
        assert law.gain_expr is None or [law.gain_expr.subs(n, m) for m in (1, 2, 3)] == gains


@pytest.mark.parametrize("workflow", [Accumulate(), FreshReal(), Replace()], ids=str)
def test_numbers_given_one_by_one_have_no_formula(workflow):
    """Those of the workflow would be of equal pools, and of equal noises."""
    equal = generated(workflow, Generator(bias=1), design="fixed")
    assert None not in (equal.gain_expr, equal.shift_expr, equal.growth())
    sized = generated(workflow, Generator(bias=1, sizes=(1, 2, 3, 4)), design="fixed")
    assert (sized.gain_expr, sized.shift_expr, sized.expr, sized.growth(), sized.limit()) == (None,) * 5
    noisy = generated(workflow, Generator(noises=(1, 2, 3, 4)), design="fixed")
    assert (noisy.gain_expr, noisy.expr, noisy.growth(), noisy.gain_growth()) == (None,) * 4
    shares = {1: 0, 2: Fraction(2, 3), 3: Fraction(3, 6)}
    if workflow == Accumulate():  # D_n = sum_k p_nk (1 + D_{k-1}), with pools of T, 2 T and 3 T rows
        second = shares[2]
        assert sized.shift(3) == [0, second, Fraction(2, 6) + shares[3] * (1 + second)]


def test_a_gain_is_claimed_of_noises_alone():
    """Labels that are shifted add what is no multiple of one fit's error."""
    cool, biased = Generator(temperature="1/2"), Generator(bias=1)
    assert generated(Replace(), cool, design="fixed").judged.gain_expr == 1 + (n - 1) / 4
    assert generated(Replace(), biased, design="fixed").judged.gain_expr is None


def test_growth_of_windows_at_a_temperature():
    unit = linear.test_error(Replace(), design="fixed").expr.subs(n, 1)
    growth = generated(SlidingWindow(3), Generator(temperature="1/2"), design="fixed").growth()
    assert growth.kind == "linear"
    assert sp.simplify(as_expression(growth.constant) / unit) == sp.Rational(1, 16)  # 4 tau^2/(k + 1)^2
    predicted = generated(SlidingWindow(3), Generator(temperature=0), design="fixed").growth()
    assert predicted.kind == "bounded"  # at one fit's error, that of the real data
    assert sp.simplify(as_expression(predicted.constant) / unit) == 1


def test_a_verifier_pulls_to_its_own_model():
    law = generated(Replace(), Generator(pull="1/4", distance="2/5"), design="fixed")
    np.testing.assert_allclose(
        law.evaluate(T=12, d=3, n=range(1, 6)), [0.375, 0.50219, 0.58873, 0.64866, 0.69081], atol=5.1e-6
    )
    beta = sp.Rational(1, 4)
    unit = linear.test_error(Replace(), design="fixed").expr.subs(n, 1)
    assert sp.simplify(law.limit() - (1 - beta) / (beta * (2 - beta)) * unit - sp.Rational(4, 25)) == 0
    accumulated = generated(Accumulate(), Generator(pull="1/4", distance="2/5"), design="fixed")
    assert accumulated.shift(400)[-1] > Fraction(3)  # it tends to 1/pull, slowly
    assert accumulated.shift(400)[-1] < 4


def test_sizes_and_noises():
    law = generated(Replace(), Generator(temperature="1/2", sizes=(1, 1, 2, 1, 1)), design="fixed")
    np.testing.assert_allclose(
        law.evaluate(T=12, d=3, n=range(1, 6)), [0.375, 0.46875, 0.515625, 0.609375, 0.703125], rtol=1e-12
    )
    assert law.exact
    assert not generated(Replace(), Generator(sizes=(1, "1/2")), design="fixed").exact
    noisy = generated(Replace(), Generator(noises=(1, 2, 3)), design="fixed")
    assert noisy.gain(3) == [1, 5, 14]
    assert noisy.growth() is None
    with pytest.raises(ValueError, match="noises end at iteration 3"):
        noisy.gain(4)


def test_validity():
    assert generated(Accumulate(), Generator(bias=1), design="fresh").validity == "large-T"
    assert generated(AccumulateSubsample(), Generator(temperature=2), design="fixed").validity == "large-T"
    assert generated(FreshReal("1/2"), Generator(temperature=2), design="fixed").validity == "large-T"
    values = generated(Accumulate(), Generator(bias=1), design="fresh").estimates(5, T=200, d=100)
    assert list(values) == ["proportional", "approximation"]
    np.testing.assert_allclose(values["proportional"], [1, 1.5, 2.05556, 2.59722, 3.11056], atol=5.1e-6)
    assert generated(Accumulate(), Generator(bias=1), design="fixed").estimates(5, T=200, d=100) == {}
    cool = generated(SlidingWindow(2), Generator(temperature="1/2"), design="fresh").estimates(3, T=10**4, d=10)
    assert list(cool) == ["next-order", "proportional", "approximation"]
    np.testing.assert_allclose(cool["next-order"], cool["approximation"], rtol=1e-5)


def test_draws_see_the_noises_of_all_rows():
    """Under AccumulateSubsample a draw at iteration 2 is half real: variances 1 and tau^2."""
    law = generated(AccumulateSubsample(), Generator(temperature=3), design="fresh")
    # delta_2 = delta_1 + noise_2/2 + thinning of variance (1 - 1/2)(1 + 9)/2
    assert law.gain(2) == [1, 1 + Fraction(9, 4) + Fraction(5, 2)]
    # of a pool 2 of 3 T rows it is a quarter real: a noise of variance 9/3, and a draw of T of 4 T rows
    sized = generated(AccumulateSubsample(), Generator(temperature=3, sizes=(1, 3)), design="fresh")
    mixed = (1 + 3 * Fraction(9)) / 4
    assert sized.gain(2) == [1, 1 + Fraction(9, 16) * 3 + Fraction(3, 4) * mixed]


@pytest.mark.parametrize("temperature", ["1/2", 1, 3])
def test_formulas_of_draws_give_the_numbers(temperature):
    """A draw of real(n) and of s T sampled rows at the share p: each adds the mean variance of what is drawn from."""
    for ratio, drawn in ((1, 1), (2, 1), (2, 2), (3, "1/2")):
        workflow = Made(lambda i, drawn=drawn: subsample(real(i), synthetic(i - 1), rows=drawn), lambda j, s=ratio: s)
        law = generated(workflow, Generator(temperature=temperature), design="fresh")
        square, p, kept = Fraction(temperature) ** 2, Fraction(ratio, ratio + 1), Fraction(drawn)
        expected = [Fraction(1)]
        for _ in range(3):
            added = p**2 * square / ratio + (1 - p) ** 2 + (1 / kept - Fraction(1, ratio + 1)) * (p * square + 1 - p)
            expected.append(p**2 * expected[-1] + added)
        assert law.gain(4) == expected
        assert law.gain_expr is not None
        assert [law.gain_expr.subs(n, m) for m in range(1, 5)] == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"temperature": -1}, "temperature must be at least 0; got -1"),
        ({"bias": "-1/2"}, "bias must be at least 0"),
        ({"pull": 1}, "pull must be below 1"),
        ({"pull": "1/2", "temperature": 0}, "at temperature 0 there is one label"),
        ({"distance": 1}, "give its pull too"),
        ({"bias": 1, "pull": "1/2", "distance": 1}, "needs the angle between them"),
        ({"sizes": (2, 1)}, "pool 1 has T rows"),
        ({"sizes": (1, 0)}, "sizes must be more than 0"),
        ({"noises": (1, -1)}, "noises must be more than 0"),
        ({"temperature": "hot"}, "a number is needed"),
    ],
)
def test_mistakes_in_a_generator(given, message):
    with pytest.raises(ValueError, match=message):
        Generator(**given)


def test_mistakes():
    with pytest.raises(ValueError, match="draws rows: where labels are shifted"):
        generated(AccumulateSubsample(), Generator(bias=1), design="fresh")
    with pytest.raises(ValueError, match="design must be"):
        generated(Accumulate(), Generator(bias=1), design="both")
    with pytest.raises(ValueError, match="test error needs T >= d \\+ 2"):
        generated(Accumulate(), Generator(bias=1), design="fixed").evaluate(T=10, d=9, n=2)
    for name in ("T", "d", "sigma"):
        with pytest.raises(ValueError, match=f"the symbol {name} has another meaning"):
            generated(FixedReal(sp.Symbol(name, positive=True)), Generator(), design="fixed")
    with pytest.raises(ValueError, match="Ask for at least one"):
        generated(Accumulate(), Generator(bias=1), design="fixed").gain(0)
    wrongs: list[Any] = [[], 0, 1.5, [1, 0]]
    for wrong in wrongs:
        with pytest.raises(ValueError, match="n counts model-fitting iterations from 1"):
            generated(Accumulate(), Generator(bias=1), design="fixed").evaluate(T=10, d=2, n=wrong)


def test_text():
    assert str(Generator()) == "Generator()"
    assert str(Generator(temperature=0.5, sizes=(1, 2))) == "Generator(temperature=1/2, sizes=1, 2)"


def test_command(capsys):
    line = "accumulate --design fixed --T 12 --d 3 --bias 1 --iterations 3"
    found = command(capsys, "theory", f"{line} --json").json
    assert found["shift"] == ["0", "1/2", "5/6"]
    assert found["gain"] == ["1", "5/4", "49/36"]
    assert (found["growth"], found["growth_constant"], found["limit"]) == ("log-squared", "1", "oo")
    assert (found["temperature"], found["bias"], found["exact"], found["validity"]) == ("1", "1", True, "exact")
    np.testing.assert_allclose(found["test_error"], [0.375, 0.71875, 1.20486], atol=5.1e-6)
    shown = command(capsys, "theory", line).out
    assert "log-squared, ~ (1) (log n)^2" in shown
    alone = command(capsys, "theory", "accumulate --design fixed --temperature 1/2 --iterations 2 --json").json
    assert alone["gain"] == ["1", "17/16"]
    assert alone["test_error"] is None
    fresh = command(capsys, "theory", "accumulate --design fresh --bias 1 --T 200 --d 100 --iterations 2 --json").json
    np.testing.assert_allclose(fresh["estimates"]["proportional"], [1, 1.5])
    usual = command(capsys, "theory", "accumulate --design fixed --temperature 1 --iterations 2 --json").json
    assert "shift" not in usual
    assert usual.keys() - {"source"} <= found.keys()  # of a law without a generator; none is another's
    assert found["closed_form"] == "d*sigma**2*harmonic(n, 2)/(T - d - 1) + (harmonic(n) - 1)**2"
    assert found["assumptions"] == usual["assumptions"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--temperature=-1/2", "temperature must be at least 0"),
        ("--bias=-1", "bias must be at least 0"),
        (
            "--bias 1 --latex --design fresh",
            "there is no derivation under Generator(bias=1): it is of laws that are exact",
        ),
    ],
)
def test_mistakes_in_the_command(capsys, options, message):
    refused(command(capsys, "theory", f"accumulate --design fixed {options}"), "theory", message)


DERIVED = [
    (Accumulate(), Generator(temperature="1/2", bias=2)),
    (Replace(), Generator(temperature=0)),
    (SlidingWindow(2), Generator(bias=1, temperature="1/3")),
    (FixedReal(sp.Symbol("w", positive=True)), Generator(temperature="1/2", bias=1)),
    (Accumulate(), Generator(pull="1/4", distance=2)),
    (FreshReal(2, "1/4"), Generator(bias=1, pull="1/4")),
    (ReplaceGrowing(), Generator(temperature=2, bias=1)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("workflow", "generator"), DERIVED, ids=str)
def test_the_derivation_is_replayed(workflow, generator):
    derivation = generated(workflow, generator, design="fixed").derivation
    assert derivation.replay() == []
    changed = replace(generator, temperature=generator.temperature + 1, bias=generator.bias and generator.bias + 1)
    other = replace(derivation, setting=replace(derivation.setting, generator=changed))
    found = generated(workflow, generator, design="fixed").expr
    assert bool(other.replay()) == (found is not None)  # else its letters stand for any numbers


def test_the_derivation_ends_in_the_law():
    law = generated(Accumulate(), Generator(temperature="1/2", bias=2), design="fixed")
    *before, last = law.derivation
    assert last.statement == f"E_n = {sp.latex(law.expr)}"
    assert (before[-1].rule, before[-2].rule) == ("shift length", "sampled noise")
    assert r"D_{n}^{2}\, \mathbb{E} \operatorname{tr}\left(b b^{\top}\right)" in before[-2].statement
    window = generated(SlidingWindow(3), Generator(bias=1), design="fixed").derivation
    assert window.steps[-1].rule == "shift length"  # no formula in n: the weights stay
    usual = [step.rule for step in generated(Replace(), Generator(temperature=2), design="fixed").derivation]
    assert not {"one shift", "depth", "shift length"} & set(usual)


def test_the_first_iterations_are_named_where_no_more_was_shown():
    read_as_text = Made(lambda i: by_count(pools(i - 1 if str(i).endswith("7") else i, i)))
    law = generated(read_as_text, Generator(bias=1), design="fixed")
    assert law.judged.derived.looked_at is not None
    steps = {step.rule: step.statement for step in law.derivation}
    assert steps["first iterations"] == rf"n \le {law.judged.derived.looked_at}"
    usual = generated(Replace(), Generator(bias=1), design="fixed").derivation
    assert "first iterations" not in {step.rule for step in usual}


@pytest.mark.parametrize(
    ("generator", "design", "message"),
    [
        (Generator(bias=1), "fresh", "it is of laws that are exact at finite T"),
        (Generator(edited="1/2"), "fixed", "it is of laws that are exact at finite T"),
        (Generator(noises=(1, 2)), "fixed", "leave the generator's out"),
        (Generator(sizes=(1, 2)), "fixed", "leave the generator's out"),
    ],
)
def test_what_is_not_derived(generator, design, message):
    with pytest.raises(ValueError, match=message):
        print(generated(Replace(), generator, design=design).derivation)


def test_the_derivation_is_printed(capsys):
    shown = command(capsys, "theory", "accumulate --design fixed --temperature 1/2 --bias 1 --latex").out
    assert shown.startswith(r"\begin{align*}")
    assert r"\text{(9. depth)}" in shown
