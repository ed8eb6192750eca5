"""What the checker could not try it objects to, and a limit it takes for none but itself."""

from dataclasses import replace

import pytest
import sympy as sp

from tests.theory.algebra.cases import cases, states
from theory.algebra import operations as op
from theory.algebra.checker import quadrature, replay
from theory.algebra.checker.coefficients import at_iteration
from theory.algebra.checker.instances import instance
from theory.algebra.checker.quadrature import Grid
from theory.algebra.checker.replay import objections
from theory.algebra.checker.values import Older
from theory.algebra.indices import CARRIED, ENERGY, FEATURES, RIDGE, ROWS, SIGMA, N
from theory.algebra.rules.laws import number
from theory.algebra.terms import Equation, Value
from theory.derivation import Step


def last_of(name, rule):
    """The setting, the step before a rule, and the rule's own."""
    steps = [Step(each, "", "", state) for each, state in states(name)]
    place = [step.rule for step in steps].index(rule)
    return cases()[name].setting, steps[place - 1], steps[place]


@pytest.mark.parametrize(
    ("name", "rule", "patched", "objection"),
    [
        ("accumulate, fixed", "summation", "world", "the law: it could not be tried"),
        ("accumulate fresh", "older error", "world", "older error: it could not be tried"),
        ("replace, fresh", "inverse wishart mean", "grid", "inverse wishart mean: n = 1 could not be tried at d = 2"),
    ],
)
def test_what_has_no_average_is_not_taken_for_right(monkeypatch, name, rule, patched, objection):
    if patched == "world":
        monkeypatch.setattr(replay, "world_over", lambda *_, **__: None)
    else:
        monkeypatch.setattr(Grid, "covers", lambda *_: False)
    setting, *steps = last_of(name, rule)
    assert objection in objections(setting, steps)


@pytest.mark.parametrize("lacking", [1, 2, "later"])
@pytest.mark.parametrize(
    ("name", "rule", "what"),
    [("accumulate, fixed", "summation", "the law"), ("accumulate fresh", "older error", "older error")],
)
def test_an_average_in_one_dimension_or_at_one_iteration_is_not_enough(monkeypatch, name, rule, what, lacking):
    """None of d = 1, of d = 2, or of more pools than at the first iteration."""
    fewest: dict[int, int] = {}

    def world_over(case, pools, **options):
        d = case.numbers.d
        refused = len(pools) > fewest.setdefault(d, len(pools)) if lacking == "later" else d == lacking
        return None if refused else quadrature.world_over(case, pools, **options)

    setting, *steps = last_of(name, rule)
    said = f"{what}: it could not be tried"
    assert said not in objections(setting, steps)
    monkeypatch.setattr(replay, "world_over", world_over)
    assert said in objections(setting, steps)


def test_what_holds_at_finite_rows_is_not_passed_off_as_a_limit():
    setting, before, after = last_of("accumulate, fixed", "white noise")
    said = f"{after.rule}: it starts at another iteration than the one before, or claims another limit"
    assert said not in objections(setting, [before, after])
    limit = replace(after, state=replace(after.state, limit=not after.state.limit))
    assert said in objections(setting, [before, limit])


@pytest.mark.parametrize(("part", "is_seen"), [("1", False), ("1.01", True), ("0.99", True)])
def test_the_ratio_to_one_fit_is_one(part, is_seen):
    setting, before, after = last_of("weights, large T", "one fit")
    assert isinstance(after.state, Value)
    scaled = replace(after.state, expression=op.scaled(sp.Rational(part), after.state.expression))
    said = objections(setting, [before, replace(after, state=scaled)])
    assert ("one fit: the ratio is not 1 in the limit at n = 1" in said) == is_seen


def test_what_is_claimed_of_model_1_apart_is_tried():
    """Twice the vector, or half as much again of the number, in the place of what each step says of n = 1."""
    setting, before, seen = cases()["fresh real 1"].setting, (), []
    for rule, state in states("fresh real 1"):
        step = Step(rule, "", "", state)
        if state.base is not None:
            if isinstance(state, Value):
                forged = replace(state, base=op.scaled(sp.Rational(3, 2), state.base))
            else:
                forged = replace(state, base=(state.base[0], op.scaled(2, state.base[1])))
            said = objections(setting, [*before, replace(step, state=forged)])
            assert [each for each in said if each.startswith(f"{rule}: ")], rule
            seen.append(rule)
        before = (step,)
        if rule == "white noise":  # later ones take averages over designs
            break
    assert {"normal equations", "isolate", "squared", "white noise"} <= set(seen)


@pytest.mark.parametrize("name", ["fresh real 1", "fresh real 2", "accumulate, fresh", "accumulate fresh"])
def test_a_step_that_says_nothing_of_model_1_is_seen(name):
    """Where an equation, or a value, is claimed for later n alone, whatever the rule."""
    setting, before = cases()[name].setting, None
    seen: set[type] = set()
    for rule, state in states(name):
        if state.base is not None:
            steps = [Step(*each[:1], "", "", each[1]) for each in (before, (rule, replace(state, base=None))) if each]
            said = [each for each in objections(setting, steps) if each.startswith(f"{rule}: ")]
            if isinstance(state, Equation):
                assert said == [f"{rule}: nothing is said of n = 1"]
            elif before is not None and isinstance(before[1], Value):
                assert said == [f"{rule}: the value at n = 1 came or went"]
            seen.add(type(state))
        before = (rule, state)
    assert Equation in seen
    assert (Value in seen) == name.startswith(("fresh real", "accumulate fresh"))


@pytest.mark.parametrize(
    ("first", "later", "said"),
    [
        (3, N, []),
        (4, N, ["summation: the value changes at n = 1"]),
        (3, N + 1, ["summation: the value changes at n = 2"]),
    ],
    ids=["alike", "another first", "others later"],
)
def test_numbers_without_a_matrix_have_the_value_at_n_1_compared_too(first, later, said):
    setting = cases()["accumulate, fixed"].setting
    before, after = (Value(number(x), 2, base=number(sp.Integer(one))) for x, one in ((N, 3), (later, first)))
    steps = [Step("made by hand", "", "", before), Step("summation", "", "", after)]
    assert [each for each in objections(setting, steps) if each.startswith("summation")] == said


@pytest.mark.parametrize("real", [False, True], ids=["sampled", "real"])
def test_a_mean_over_a_pool_is_over_that_pool_alone(real):
    """E tr W^-1 of m rows is d/(m - d - 1), of T sampled rows and of 2 T real ones, and no number beside that."""
    setting = cases()["accumulate fresh, sized"].setting
    gram = setting.real.gram(N, -1) if real else setting.chain.gram(N, -1)
    size = gram.family.size
    assert size is not None  # of a pool
    rows = size(N)
    before = Step("made by hand", "", "", Value(op.expected_trace(op.matrix(gram)), 2))
    for part in (1, sp.Rational(99, 100)):
        right = Value(number(part * FEATURES / (rows - FEATURES - 1)), 2)
        said = objections(setting, [before, Step("inverse wishart mean", "", "", right)])
        assert any(each.startswith("inverse wishart mean") for each in said) == (part != 1), said


@pytest.mark.parametrize("index", [N, N - 2, sp.Integer(1)], ids=str)
def test_a_recursion_goes_back_by_one_model(index):
    """Its older error is that of model n - 1, and stands beside no other matrix."""
    setting = cases()["fresh real 1"].setting
    error, gram = setting.error, setting.training
    assert Older(7).of(((error(N - 1), error(N - 1).T),), at_iteration(3)) == 7
    for word in ((error(index), error(index).T), (gram(N), error(N - 1), error(N - 1).T)):
        with pytest.raises(ValueError, match="the error of the model before, and no other matrix"):
            Older(7).of((word,), at_iteration(3))


def test_coefficients_are_what_sympy_says_of_them():
    """Each kind of expression that a coefficient may be made of, by SymPy's own arithmetic."""
    numbers = instance(cases()["temperature and bias"].setting, 2, 4).numbers
    i, j = sp.symbols("i j", cls=sp.Dummy, integer=True, positive=True)
    at = {N: 5, ROWS: numbers.T, FEATURES: 2, SIGMA: sp.Rational(3, 2), CARRIED: 1, RIDGE: 0, ENERGY: 1 + 2**2}
    for expression in (
        (ROWS - FEATURES - 1) / N**2 + SIGMA**2 * ENERGY - RIDGE * CARRIED,
        *(sp.harmonic(N, order) for order in (1, 2, 3)),
        sp.Sum(i / (i + FEATURES), (i, 2, N - 1)),
        sp.Sum(i**2 * sp.Sum(1 / j, (j, i, N)), (i, 1, N)),
        sp.Sum(sp.Product(1 - 1 / j**2, (j, i + 1, N)), (i, 1, N)),
        sp.Product(1 + 1 / i, (i, N, N - 1)),  # empty
        sp.Min(N, ROWS, 3) + sp.Max(N, ROWS, 3),
        sp.KroneckerDelta(N, 5) + 2 * sp.KroneckerDelta(N, 4),
    ):
        assert sp.Rational(numbers.of(expression, at_iteration(5))) == expression.subs(list(at.items())).doit(), (
            expression
        )
    assert numbers.of(sp.gamma(N / 2), at_iteration(5)) == pytest.approx(float(sp.gamma(sp.Rational(5, 2))))
