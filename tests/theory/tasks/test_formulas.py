"""Formulas in n against the recursion that they solve, their limits, and how they grow."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import theory
from tests.helpers import Made
from theory import (
    Accumulate,
    AccumulateFresh,
    AccumulateSubsample,
    Bernoulli,
    FixedReal,
    FreshReal,
    Gamma,
    Gaussian,
    Generator,
    KernelDensity,
    NegativeBinomial,
    Poisson,
    Pools,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    Workflow,
    by_count,
    pools,
    real,
    subsample,
    synthetic,
)
from theory.symbols import T, n
from theory.sympy_types import as_expression
from theory.tasks import formulas
from theory.tasks.exponential_family.counts import mean, r, shape
from theory.tasks.kernel_density.symbols import bandwidth


@dataclass(frozen=True)
class DrawnFromMore(Workflow):
    """Pools of i T rows, and as many rows as the newest has out of all of them."""

    def training_set(self, iteration):
        return subsample(pools(1, iteration), rows=iteration)

    def pool_size(self, pool):
        return pool


W, S = sp.Symbol("w", positive=True), sp.Symbol("s", integer=True, positive=True)
TENTH, THREE_TENTHS = Fraction(1, 10), Fraction(3, 10)
WHOLE = (
    Replace(),
    ReplaceGrowing(),
    Accumulate(),
    FixedReal(THREE_TENTHS),
    FixedReal(1),
    FreshReal(2),
    FreshReal(2, THREE_TENTHS),
    SlidingWindow(2),
    AccumulateFresh(),
    AccumulateSubsample(),
    DrawnFromMore(),
    Made(lambda i: subsample(synthetic(i - 1), rows="3/5")),
    Made(lambda i: subsample(pools(1, i), rows="3/5")),
    Made(lambda i: subsample(synthetic(i - 1)), lambda j: j),
    # one pool more than the formulas have, or an older one
    Made(lambda i: by_count(pools(i - 1, i))),
    Made(lambda i: by_count(Pools(i - 1, i - 1, fresh_real=True), synthetic(i - 1))),
    Made(lambda i: by_count(Pools(i - 1, i, fresh_real=True), synthetic(i - 1))),
    Made(lambda i: by_count(real(1), real(i), synthetic(i - 1))),
)
TASKS = (
    (Gaussian(), {"T": 5, "d": 2}),
    (Gaussian(estimator="unbiased"), {"T": 5, "d": 2}),
    (Bernoulli(), {"T": 5, "p": 0.3}),
    (Poisson(), {"T": 5, "mean": 2.5}),
    (Gamma(), {"T": 5, "shape": 0.7, "mean": 2.5}),
    (NegativeBinomial(), {"T": 5, "r": 2.0, "mean": 2.5}),
    (KernelDensity(), {"T": 5, "bandwidth": 0.6}),
    (KernelDensity(rule="relative"), {"T": 5, "bandwidth": 0.6}),
)


def known(task, workflow, quantity):
    return quantity.name in ("variance", "mean_error", "diversity") and task.objection(workflow, quantity) is None


def _are_what_the_recursion_gives(law, task, numbers):
    """At 5 iterations, by exact arithmetic from the expression, and to the last digits from the recursion."""
    at = {p.symbol: sp.Rational(str(numbers[p.name])) for p in task.parameters}
    values = law.evaluate(n=range(1, 6), **numbers)
    each = law.derived.each or (lambda m: law.expr.subs(n, m).doit())
    np.testing.assert_allclose(values, [float(each(m).subs(at)) for m in range(1, 6)], rtol=1e-14)
    closed = law.closed_form()
    if closed is not None:
        found = [complex(sp.N(closed.subs(at).subs(n, m), 30)) for m in (1, 4)]
        np.testing.assert_allclose(found, values[[0, 3]], rtol=1e-13)


@pytest.mark.parametrize(("task", "numbers"), TASKS, ids=str)
@pytest.mark.parametrize("workflow", WHOLE, ids=str)
def test_expressions_are_what_the_recursion_gives(task, numbers, workflow):
    for quantity in filter(lambda q: known(task, workflow, q), task.quantities):
        _are_what_the_recursion_gives(theory.law(task, workflow, quantity.name), task, numbers)


@dataclass(frozen=True)
class Sized(Workflow):
    """The training sets of a workflow, with sampled pools of other sizes."""

    workflow: Workflow
    sampled: str

    def training_set(self, iteration):
        return self.workflow.training_set(iteration)

    def pool_size(self, pool):
        return self.sampled


@pytest.mark.parametrize(("task", "numbers"), [TASKS[0], TASKS[4]], ids=str)
@pytest.mark.parametrize(
    ("workflow", "size"),
    [(FixedReal(THREE_TENTHS), "2"), (FixedReal(THREE_TENTHS), "1/2"), (FreshReal(1, THREE_TENTHS), "2")],
    ids=str,
)
def test_expressions_for_pools_of_other_sizes(task, numbers, workflow, size):
    sized = Sized(workflow, size)
    for quantity in filter(lambda q: known(task, sized, q), task.quantities):
        law = theory.law(task, sized, quantity.name)
        _are_what_the_recursion_gives(law, task, {**numbers, "T": 6})


@pytest.mark.parametrize(("task", "numbers"), TASKS[:2], ids=str)
@pytest.mark.parametrize("workflow", [Replace(), ReplaceGrowing(), Accumulate(), SlidingWindow(2)], ids=str)
def test_expressions_of_hotter_samples_are_too(task, numbers, workflow):
    """Of both estimators, though one alone has formulas of its own for most workflows."""
    for quantity in ("variance", "mean_error"):
        law = task.generated(workflow, Generator(temperature="3/2"), quantity)
        _are_what_the_recursion_gives(law, task, numbers)


@pytest.mark.parametrize("task", [Gaussian(), Bernoulli(), Gamma(T=5, shape=1), Gamma(T=1, shape=0.25)], ids=str)
@pytest.mark.parametrize("family", [FixedReal(W), FreshReal(S), FreshReal(S, W)], ids=str)
def test_families_are_their_members(task, family):
    numbers = {W: THREE_TENTHS, S: 2}
    one = family.at(numbers)
    law, member = theory.law(task, family), theory.law(task, one)
    at = {W: sp.Rational(3, 10), S: 2, T: 5, **{p.symbol: 1 for p in task.parameters if p.symbol not in (T,)}}
    at |= {symbol: value for symbol, value in task.at.items()}
    for m in (1, 2, 5):
        ours, theirs = (as_expression(each.expr.subs(at).subs(n, m).doit()) for each in (law, member))
        assert sp.simplify(ours - theirs) == 0


def limit(task, workflow, of=None, **numbers):
    found = theory.law(task, workflow, of)
    return float(found.limit(**numbers).subs({mean: 1, sp.Symbol("d", integer=True, positive=True): 1}))


@pytest.mark.parametrize(
    ("task", "workflow", "of", "value"),
    [
        (Gaussian(T=5), Accumulate(), "variance", 0.7019979643),
        (Gamma(T=5, shape=1), Accumulate(), "variance", 1.3630251219),
        (Gaussian(T=5), FixedReal(THREE_TENTHS), "mean_error", 0.3289473684),
        (Gamma(T=5, shape=1), FixedReal(THREE_TENTHS), "mean_error", 0.4854368932),
        (Gamma(T=5, shape=1), FixedReal(TENTH), "mean_error", 7.1428571429),
        (Gamma(T=5, shape=1), FreshReal(1, TENTH), "mean_error", 5.8571428571),
    ],
    ids=str,
)
def test_limits(task, workflow, of, value):
    """Found elsewhere, and where the law goes."""
    assert limit(task, workflow, of) == pytest.approx(value, rel=1e-9)
    far = theory.law(task, workflow, of).evaluate(n=4000)
    assert far == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize(
    ("T", "kind", "ratio"), [(3, "exponential", 27 / 25), (4, "exponential", 81 / 80), (5, "bounded", 243 / 250)]
)
def test_a_fixed_share_of_real_data_may_not_prevent_divergence(T, kind, ratio):
    """Of exponential numbers with a tenth of real data: finite where T > 81/19."""
    symbols = theory.law(Gamma(), FixedReal(TENTH))
    assert symbols.growth() is None
    for found in (symbols.growth(T=T, shape=1), theory.law(Gamma(T=T, shape=1), FixedReal(TENTH)).growth()):
        assert found is not None
        assert found.kind == kind
    steps = np.diff(symbols.evaluate(n=[20, 21, 22], T=T, shape=1))
    assert steps[1] / steps[0] == pytest.approx(ratio, rel=1e-9)


def test_at_the_border_it_is_a_random_walk():
    law = theory.law(Gamma(T=3, shape=1 / 9), FixedReal(Fraction(1, 2)))
    assert law.growth().kind == "linear"
    assert law.expr == 3 * mean**2 * n
    symbols = theory.law(Gamma(), FixedReal(Fraction(1, 2)))
    assert symbols.expr.subs({T: 3, shape: sp.Rational(1, 9)}).subs(n, 7).doit() == 21 * mean**2
    np.testing.assert_allclose(symbols.evaluate(n=[1, 7], T=3, shape=1 / 9), [3, 21], rtol=1e-12)


@pytest.mark.parametrize(
    ("task", "workflow", "of", "kind"),
    [
        (Gaussian(), Replace(), "variance", "vanishing"),
        (Gaussian(), ReplaceGrowing(), "variance", "vanishing"),
        (Gaussian(), Accumulate(), "variance", "bounded"),
        (Gaussian(), Replace(), "mean_error", "bounded"),
        (Gaussian(estimator="unbiased"), Replace(), "mean_error", "linear"),
        (Gaussian(estimator="unbiased"), ReplaceGrowing(), "mean_error", "logarithmic"),
        (Gaussian(estimator="unbiased"), Accumulate(), "variance", "bounded"),
        (Gamma(), Replace(), "variance", "exponential"),
        (Gamma(), ReplaceGrowing(), "variance", "power"),
        (NegativeBinomial(), Replace(), "mean_error", "exponential"),
        (Poisson(), ReplaceGrowing(), "mean_error", "logarithmic"),
        (KernelDensity(), Replace(), "variance", "bounded"),
        (KernelDensity(), Replace(), "mean_error", "linear"),
        (KernelDensity(), Accumulate(), "variance", "logarithmic"),
        (KernelDensity(), Accumulate(), "second_moment", "logarithmic"),
        (KernelDensity(), FixedReal(THREE_TENTHS), "second_moment", "bounded"),
        (Gaussian(T=7, d=2), Replace(), "kl", "exponential"),
        (Gaussian(T=7, d=2, estimator="unbiased"), Replace(), "log_determinant", "falling"),
        (KernelDensity(rule="relative"), Accumulate(), "variance", "power"),
        (KernelDensity(T=5, bandwidth=0.4), Replace(), "variance", "bounded"),
        (KernelDensity(T=5, bandwidth=0.4, rule="relative"), Replace(), "variance", "vanishing"),
        (KernelDensity(T=5, bandwidth=0.6, rule="relative"), Replace(), "variance", "exponential"),
        (KernelDensity(T=5, bandwidth=0.5, rule="relative"), Replace(), "variance", "bounded"),
    ],
    ids=str,
)
def test_growth_is_what_the_law_does(task, workflow, of, kind):
    """The leading term against the law far out; b = 1/(T - 1) divides collapse and blow-up of kernel densities."""
    law = theory.law(task, workflow, of)
    default = {"T": 3, "d": 2, "shape": 2, "r": 3, "mean": 1, "bandwidth": 0.7}
    numbers = {p.name: default[p.name] for p in task.parameters if p.name not in task.numbers}
    found = law.growth(**numbers)  # no letter but n is left in it
    assert law.growth().kind == found.kind == kind
    near, far = 60, 250
    first, value = law.evaluate(n=[near, far], **numbers)
    scale = {"bounded": sp.S.One, "linear": n, "falling": n, "logarithmic": sp.log(n)}.get(kind, found.scale)
    leading = [float(sp.N((found.constant * scale).subs(n, m))) for m in (near, far)]
    if kind == "logarithmic":  # beside a constant, which does not fade
        value, leading = value - first, [0, leading[1] - leading[0]]
    assert value == pytest.approx(leading[1], rel=3e-2)


def test_growth_that_numbers_make_linear():
    """Gamma numbers with 1/3 of real data: (2/3)^2 (1 + 1/(T shape)) is 1 where T is 1 and the shape 4/5."""
    for of in ("mean_error", "variance"):
        law, numbers = theory.law(Gamma(), FixedReal("1/3"), of), {"T": 1, "shape": 0.8, "mean": 3}
        found = law.growth(**numbers)
        assert found is not None
        assert found.kind == "linear"
        near, far = law.evaluate(n=[100, 200], **numbers)
        assert (far - near) / 100 == pytest.approx(float(as_expression(found.constant)), rel=1e-12)
        assert theory.law(Gamma(**numbers), FixedReal("1/3"), of).growth().constant == found.constant


@pytest.mark.parametrize(
    ("roots", "kind"),
    [
        ({"1/3": 1, "-1/3": 1, "0": -2}, "bounded"),
        ({"1/3": 2, "-1/3": 1, "0": -3}, "vanishing"),
        ({"-1/3": 2, "1/3": 1, "0": -3}, "power"),
        ({"0": -3, "-1/3": 1, "1/3": 2}, "vanishing"),
        ({"1/3": -1, "-1/3": 2, "0": -1}, "power"),
        ({"-1/4": 1, "1/4": -1}, "power"),
        ({"1/4": 2, "-1/4": 2, "1/2": -2, "-1/2": -2}, "bounded"),
        ({"I": 1, "-I": 1, "1/2": -1, "-1/2": -1}, "bounded"),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(f"{root}^{many}" for root, many in value.items()),
)
def test_a_product_grows_as_its_factors_multiplied_out(roots, kind):
    """Roots and their opposites as often as each other, and not."""
    i, far = sp.Symbol("i"), 20_000
    factor = as_expression(sp.Mul(*((i - sp.sympify(root)) ** many for root, many in roots.items())))
    found = formulas.growth_of_product(as_expression(factor.subs(i, formulas.i)))
    assert found is not None
    assert found.kind == kind
    steps = np.prod([(np.arange(1, far + 1) - complex(sp.sympify(root))) ** many for root, many in roots.items()], 0)
    leading = as_expression(found.constant) * (1 if found.scale is None else found.scale.subs(n, far))
    assert complex(sp.N(leading)).real == pytest.approx(np.prod(steps).real, rel=1e-3)


@pytest.mark.parametrize(("rows", "kind"), [(1, "exponential"), (2, "exponential"), (9, "bounded")])
def test_growth_by_numbers_is_what_the_law_does(rows, kind):
    """Of Gamma numbers with a tenth of real data, whose growth no letters tell."""
    law, numbers = theory.law(Gamma(), FixedReal("1/10"), "variance"), {"T": rows, "shape": 2, "mean": 3}
    assert law.growth() is None
    found = law.growth(**numbers)
    assert found.kind == kind
    leading = as_expression(found.constant) * (1 if found.scale is None else found.scale.subs(n, 400))
    # the slower the growth, the more is left beside it
    assert law.evaluate(n=400, **numbers) == pytest.approx(
        float(sp.N(leading)), rel={1: 1e-12, 2: 2e-2, 9: 1e-12}[rows]
    )


@pytest.mark.parametrize("rows", [2, 9])
@pytest.mark.parametrize("kept", ["", "T", "shape", "mean", "T shape", "T mean", "shape mean"])
def test_growth_is_the_same_whether_the_task_has_a_number_or_it_is_given(rows, kept):
    numbers = {"T": rows, "shape": 2, "mean": 3}
    own = {name: numbers[name] for name in kept.split()}
    rest = {name: value for name, value in numbers.items() if name not in own}
    found = theory.law(Gamma(**own), FixedReal("1/10"), "variance").growth(**rest)
    whole = theory.law(Gamma(), FixedReal("1/10"), "variance").growth(**numbers)
    assert (found.kind, found.scale, found.constant) == (whole.kind, whole.scale, whole.constant)
    assert not found.constant.free_symbols


def test_what_has_no_formula_has_one_value_after_another():
    law = theory.law(Gaussian(), SlidingWindow(3))
    assert str(law.expr) == "variance(n)"
    assert law.closed_form() is None
    assert law.exact
    each = law.derived.each
    assert each is not None
    assert law.evaluate(n=3, T=5) == pytest.approx(float(sp.N(each(3).subs(T, 5))), rel=1e-14)


def test_families_without_a_formula_are_refused():
    with pytest.raises(ValueError, match=r"no formula is known for variance under SlidingWindow\(k=k\); give numbers"):
        theory.law(Gaussian(), SlidingWindow(sp.Symbol("k", integer=True, positive=True)))
    with pytest.raises(ValueError, match="an unbiased covariance is defined where every row counts alike"):
        theory.law(Gaussian(estimator="unbiased"), FixedReal(THREE_TENTHS))


def test_digits_of_what_vanishes():
    """1 - K_n would have none left."""
    assert theory.law(Gaussian(), Replace()).evaluate(n=300, T=2) == pytest.approx(2.0**-300, rel=1e-14)
    assert theory.law(Gaussian(), Accumulate(), "mean_error").evaluate(n=2, T=10**9) == pytest.approx(1.25e-9, rel=1e-8)
    assert theory.law(Bernoulli(), Replace(), "diversity").evaluate(n=[1, 2], T=1).tolist() == [0, 0]


def test_far_out_through_the_closed_form():
    law, far = theory.law(Gamma(), Accumulate(), "variance"), 10**7
    near = law.limit().subs({T: 5, shape: 1, mean: 1})
    assert law.evaluate(n=far, T=5, shape=1) == pytest.approx(float(near), rel=1e-7)
    assert r in theory.law(NegativeBinomial(), Accumulate()).expr.free_symbols
    assert bandwidth in theory.law(KernelDensity(), Replace()).expr.free_symbols


def test_a_draw_keeps_less_than_all_data_but_more_than_nothing():
    """At T = 7: by fractions for the first models, and by the product of two gamma functions in the end."""
    law = theory.law(Gaussian(T=7), AccumulateSubsample())
    values = [sp.Rational(law.derived.expr.subs(n, m).doit().subs(T, 7)) for m in (1, 2, 3, 5)]
    assert values == [sp.Rational(6, 7), sp.Rational(486, 637), sp.Rational(3240, 4459), sp.Rational(198720, 285719)]
    growth = law.growth()
    assert growth is not None
    assert growth.kind == "bounded"
    limit = float(sp.N(growth.constant.subs(T, 7)))
    far = law.evaluate(n=3000)
    assert 0 < far - limit < 2e-4
    assert limit < float(sp.N(theory.law(Gaussian(T=7), Accumulate()).growth().constant.subs(T, 7)))


@pytest.mark.parametrize("task", [Gaussian(), Bernoulli(), Poisson(), Gamma(), NegativeBinomial()], ids=str)
def test_a_law_that_does_not_depend_on_n_is_its_own_limit(task):
    names = {quantity.name for quantity in task.own_quantities} & {"variance", "mean_error"}
    assert names
    for quantity in names:
        law = theory.law(task, FixedReal(1), quantity)
        growth = law.growth()
        assert not law.expr.has(n)
        assert growth is not None
        assert growth.kind == "bounded"
        assert sp.simplify(growth.constant - law.expr) == 0
