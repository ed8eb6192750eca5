import pytest
import sympy as sp
from scipy.optimize import minimize_scalar

from tests.helpers import thinned
from theory import Accumulate, FixedReal, FreshReal, Generator, gain, optimise


def test_golden_ratio():
    best = optimise(FreshReal(), over="weight")
    assert sp.simplify(best.value - 1 / sp.GoldenRatio) == 0
    assert best.interior


@pytest.mark.parametrize("ratio", thinned([sp.Rational(1, 2), 1, 2, 7], every=2))
def test_against_a_numerical_search(ratio):
    s = sp.Symbol("s", positive=True)
    family, member = optimise(FreshReal(s)), optimise(FreshReal(ratio if ratio != sp.Rational(1, 2) else "1/2"))
    assert sp.simplify(family.value.subs(s, ratio) - member.value) == 0
    assert sp.simplify(family.gain.subs(s, ratio) - member.gain) == 0

    def long_run(weight):
        c = 1.0
        for _ in range(2000):  # c_n = (1 - w)^2 c_{n-1} + w^2 + (1 - w)^2/s
            c = (1 - weight) ** 2 * c + weight**2 + (1 - weight) ** 2 / float(ratio)
        return c

    found = minimize_scalar(long_run, bounds=(0.05, 1), method="bounded", options={"xatol": 1e-10})
    assert abs(found.x - float(member.value)) < 1e-6
    assert abs(found.fun - float(member.gain)) < 1e-9


def test_fixed_real_is_best_without_sampled_data():
    best = optimise(FixedReal("1/2"))
    assert (best.value, best.gain, best.interior) == (1, 1, False)
    assert gain(FixedReal("9/10"), 50)[-1] > 1


@pytest.mark.parametrize(("workflow", "over"), [(Accumulate(), "weight"), (FreshReal(), "synthetic_ratio")])
def test_refusals(workflow, over):
    with pytest.raises(ValueError, match="has no weight to optimise"):
        optimise(workflow, over=over)


@pytest.mark.parametrize("temperature", [sp.Rational(1, 2), 2])
@pytest.mark.parametrize("ratio", [1, 3])
def test_the_best_weight_at_a_temperature(temperature, ratio):
    """The positive root of w^2 = (tau^2/s)(1 - w), and the gain there is the weight."""
    best = optimise(FreshReal(ratio), generator=Generator(temperature=temperature))
    kappa = temperature**2 / sp.Integer(ratio)
    expected = (sp.sqrt(kappa**2 + 4 * kappa) - kappa) / 2
    assert sp.simplify(best.value - expected) == 0
    assert sp.simplify(best.gain - expected) == 0
    assert best.interior
