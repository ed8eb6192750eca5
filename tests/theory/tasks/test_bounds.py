"""Bounds on laws beside regression: what is true is proved, what is false refuted, little left open."""

from fractions import Fraction

import mpmath
import pytest

import theory
from tests.helpers import thinned
from theory import (
    Accumulate,
    AccumulateSubsample,
    Bernoulli,
    Categorical,
    FixedReal,
    FreshReal,
    Gamma,
    Gaussian,
    KernelDensity,
    NegativeBinomial,
    Poisson,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
)
from theory.one_by_one import at_iteration
from theory.prover.enclosure import OutOfReach

TENTH, HALF = Fraction(1, 10), Fraction(1, 2)
ACCUMULATE, REPLACE, GROWING = Accumulate(), Replace(), ReplaceGrowing()


def least(T):
    """The limit of the Gaussian's variance under Accumulate, its least value at T rows."""
    return mpmath.sin(mpmath.pi / mpmath.sqrt(T)) / (mpmath.pi / mpmath.sqrt(T))


def decimal(value):
    return f"{mpmath.nstr(value, 12, strip_zeros=False)}"


#: (task, workflow, quantity, bound, whether it is from below, domain, verdict, or several that would not be wrong)
BOUNDS = [
    (Gaussian(), ACCUMULATE, "variance", "1/2", True, "T >= 3", "proved"),
    (Gaussian(), ACCUMULATE, "variance", "1/2", True, (), "refuted"),
    (Gaussian(), ACCUMULATE, "variance", "9/10", True, "T >= 3", "refuted"),
    (Gaussian(), ACCUMULATE, "variance", "1 - 2/T", True, (), "proved"),
    (Gaussian(), ACCUMULATE, "variance", "1 - 1/T", False, (), "proved"),
    (Gaussian(), ACCUMULATE, "variance", "1 - 3/(2*T)", False, (), "refuted"),
    (Gaussian(), ACCUMULATE, "mean_error", "2*d/T", False, (), "proved"),
    (Gaussian(), ACCUMULATE, "mean_error", "3*d/(2*T)", False, (), "refuted"),
    (Gaussian(), ACCUMULATE, "mean_error", "d", False, (), "proved"),
    (Gaussian(), REPLACE, "variance", "1/n", False, (), "refuted"),
    (Gaussian(), REPLACE, "variance", "exp(-n/T)", False, (), "proved"),
    (Gaussian(), REPLACE, "variance", "exp(-n/(T-1))", True, (), "proved"),
    (Gaussian(), REPLACE, "variance", "exp(-n/T)", True, (), "refuted"),
    (Gaussian(), ACCUMULATE, "variance", "1 - pi^2/(6*T)", True, (), "proved"),
    (Gaussian(), ACCUMULATE, "variance", "1 - 1.6/T", True, (), "refuted"),
    (Gaussian(), ACCUMULATE, "variance", "exp(-harmonic(n,2)/T)", False, (), "proved"),
    (Gaussian(), ACCUMULATE, "mean_error", "d*pi^2/(6*T)", False, (), "proved"),
    (Gaussian(), REPLACE, "variance", "1 - n/T", True, (), "proved"),
    (Gaussian(), REPLACE, "variance", "1/100", True, (), "refuted"),
    (Gaussian(), REPLACE, "mean_error", "d*n/T", False, (), "proved"),
    (Gaussian(), REPLACE, "mean_error", "d", False, (), "proved"),
    (Gaussian(), REPLACE, "mean_error", "d/2", False, (), "refuted"),
    (Gaussian(), GROWING, "variance", "1", False, (), "proved"),
    (Gaussian(), GROWING, "variance", "1/2", True, (), "refuted"),
    (Gaussian(), GROWING, "mean_error", "d", False, (), "proved"),
    (Gaussian(), FixedReal(TENTH), "variance", "1 - 6/T", True, (), "proved"),
    (Gaussian(), FixedReal(TENTH), "variance", "1 - 5/T", True, (), "refuted"),
    (Gaussian(), FixedReal(TENTH), "mean_error", "6*d/T", False, (), "proved"),
    (Gaussian(), FixedReal(TENTH), "mean_error", "5*d/T", False, (), "refuted"),
    (Gaussian(), FreshReal(), "mean_error", "d/T", False, (), "proved"),
    (Gaussian(), FreshReal(), "mean_error", "d/(2*T)", False, (), "refuted"),
    (Gaussian(estimator="unbiased"), REPLACE, "variance", "1", False, (), "proved"),
    (Gaussian(estimator="unbiased"), REPLACE, "mean_error", "d*n/T", False, (), "proved"),
    (Gaussian(estimator="unbiased"), REPLACE, "mean_error", "d*(n-1)/T", False, (), "refuted"),
    (Gaussian(estimator="unbiased"), ACCUMULATE, "variance", "1", False, (), "proved"),
    (Gaussian(estimator="unbiased"), ACCUMULATE, "variance", "99/100", False, (), "refuted"),
    (Gaussian(), AccumulateSubsample(), "variance", "3/4", True, (), "refuted"),
    (Gaussian(), SlidingWindow(2), "variance", "1/2", True, (), "refuted"),
    (Bernoulli(), ACCUMULATE, "diversity", "2*p*(1-p)*(1-1/T)", False, (), "proved"),
    (Bernoulli(), ACCUMULATE, "diversity", "p*(1-p)", True, "T >= 3", "proved"),
    (Bernoulli(), ACCUMULATE, "diversity", "p*(1-p)", True, "T >= 2", "refuted"),
    (Bernoulli(), REPLACE, "mean_error", "p*(1-p)", False, (), "proved"),
    (Bernoulli(), REPLACE, "mean_error", "p*(1-p)*n/T", False, (), "proved"),
    (Bernoulli(), REPLACE, "mean_error", "1/4", False, (), "proved"),
    (Bernoulli(), REPLACE, "mean_error", "1/5", False, (), "refuted"),
    (Categorical(), ACCUMULATE, "diversity", "31/50", False, (), "proved"),
    (Categorical(), ACCUMULATE, "diversity", "1/3", True, "T >= 3", "refuted"),
    (Categorical(), ACCUMULATE, "mean_error", "2/T", False, (), "proved"),
    (Categorical(), ACCUMULATE, "mean_error", "31/(50*T)", False, (), "refuted"),
    (Poisson(), ACCUMULATE, "mean_error", "pi**2*mean/(6*T)", False, (), "proved"),
    (Poisson(), ACCUMULATE, "mean_error", "16*mean/(10*T)", False, (), "refuted"),
    (Poisson(), REPLACE, "mean_error", "mean*n/T", False, (), "proved"),
    (Poisson(), GROWING, "mean_error", "mean*(1+log(n))/T", False, (), "proved"),
    (Poisson(), SlidingWindow(2), "mean_error", "mean*(n+1)/(2*T)", False, (), "proved"),
    (Poisson(), FixedReal(TENTH), "mean_error", "6*mean/T", False, (), "proved"),
    (Gamma(), ACCUMULATE, "variance", "4*mean**2/shape", False, "shape >= 1", "proved"),
    (Gamma(), ACCUMULATE, "variance", "3*mean**2/shape", False, "shape >= 1", "refuted"),
    (Gamma(), ACCUMULATE, "variance", "mean**2/shape", True, (), "proved"),
    (Gamma(), REPLACE, "variance", "(1+n/(T*shape))*mean**2/shape", True, (), "proved"),
    (Gamma(), REPLACE, "variance", "exp(n/(T*shape))*mean**2/shape", False, (), "proved, undecided"),
    (Gamma(), REPLACE, "variance", "n*mean**2/shape", False, (), "refuted"),
    (Gamma(), GROWING, "variance", "(n+1)*mean**2/shape", False, "shape >= 1", "proved"),
    (Gamma(), GROWING, "variance", "3*mean**2/shape", False, "shape >= 1", "refuted"),
    (NegativeBinomial(), ACCUMULATE, "mean_error", "(mean+mean**2/r)/T", True, (), "proved"),
    (NegativeBinomial(), ACCUMULATE, "mean_error", "(mean+mean**2/r)/T", False, (), "refuted"),
    (NegativeBinomial(), REPLACE, "mean_error", "n*(mean+mean**2/r)/T", True, (), "proved"),
    (KernelDensity(), ACCUMULATE, "second_moment", "1+(1+log(n))*bandwidth**2", False, (), "proved"),
    (KernelDensity(), ACCUMULATE, "second_moment", "1+2*bandwidth**2", False, (), "refuted"),
    (KernelDensity(), FixedReal(HALF), "second_moment", "1+2*bandwidth**2", False, (), "proved"),
    (KernelDensity(), REPLACE, "variance", "1+T*bandwidth**2", False, (), "proved, undecided"),
    (KernelDensity(), REPLACE, "variance", "1+bandwidth**2", False, (), "refuted"),
    (KernelDensity(), REPLACE, "mean_error", "1+n*bandwidth**2", False, (), "proved, undecided"),
    pytest.param(
        KernelDensity(rule="relative"),
        ACCUMULATE,
        "variance",
        "(n+1)*(1+bandwidth**2)",
        False,
        "bandwidth <= 1",
        "proved",
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize(("task", "workflow", "of", "bound", "lower", "domain", "verdict"), thinned(BOUNDS, 6), ids=str)
def test_bounds(task, workflow, of, bound, lower, domain, verdict):
    law = theory.law(task, workflow, of)
    assert theory.check_bound(law, bound, lower=lower, domain=domain).verdict in verdict.split(", ")


@pytest.mark.parametrize(
    ("bound", "lower", "verdict"),
    [("p/3", False, "proved"), ("(1-p)/3", False, "refuted"), ("p/10", True, "refuted"), ("(1-p)/8", True, "proved")],
)
def test_a_probability_above_one_half_is_judged_where_it_is(bound, lower, verdict):
    """The mean's error under Replace goes from 0.21/5 up to p (1 - p), 0.21 at p = 0.7 as at 0.3; a bound may not."""
    law = theory.law(Bernoulli(T=5, p=0.7), REPLACE, "mean_error")
    assert theory.check_bound(law, bound, lower=lower).verdict == verdict
    assert law.limit() == Fraction(21, 100)


@pytest.mark.parametrize("workflow", [ACCUMULATE, REPLACE], ids=str)
def test_a_bound_at_any_probability_says_as_much_of_the_other_outcome(workflow):
    """(1-p)/2 is above p (1-p) up to p = 1/2 alone."""
    law = theory.law(Bernoulli(), workflow, "mean_error")
    for bound in ("(1-p)/2", "p", "p**2*(1-p)"):
        for judge in (theory.check_bound, theory.tightest):
            with pytest.raises(ValueError, match=r"for all p must be the same at 1 - p, as p\*\(1 - p\) is; got "):
                judge(law, bound)
    assert theory.check_bound(law, "2*p - 2*p**2").verdict == "proved"
    assert theory.check_bound(law, "p", domain="p <= 2/5").verdict == "proved"


PI2, SINH = mpmath.pi**2 / 6, mpmath.sinh(mpmath.pi) / mpmath.pi
FIXED = mpmath.mpf(100) / 19  # (1 + r) with r = (1 - w)^2/(w (2 - w)) at w = 1/10

#: (task, workflow, quantity, bound with its constant C, the tight constant, whether it is from below, domain)
TIGHT = [
    (Gaussian(), ACCUMULATE, "variance", "C", least(2), True, ()),
    (Gaussian(), ACCUMULATE, "variance", "C", least(3), True, "T >= 3"),
    (Gaussian(), ACCUMULATE, "variance", "C", least(20), True, "T >= 20"),
    (Gaussian(), ACCUMULATE, "mean_error", "C*d/T", PI2, False, ()),
    (Gaussian(), REPLACE, "variance", "C*exp(-n/T)", mpmath.mpf(1), False, ()),
    (Gaussian(), REPLACE, "mean_error", "C*d", mpmath.mpf(1), False, ()),
    (Gaussian(), FixedReal(TENTH), "mean_error", "C*d/T", FIXED, False, ()),
    (Gaussian(), FreshReal(), "mean_error", "C*d/T", mpmath.mpf(1), False, ()),
    (Bernoulli(), ACCUMULATE, "diversity", "2*C*p*(1-p)", mpmath.mpf(1), False, ()),
    (Bernoulli(), REPLACE, "mean_error", "C", mpmath.mpf(1) / 4, False, ()),
    (Categorical(), ACCUMULATE, "diversity", "C", mpmath.mpf("0.62"), False, ()),
    (Poisson(), ACCUMULATE, "mean_error", "C*mean/T", PI2, False, ()),
    (Poisson(), FixedReal(TENTH), "mean_error", "C*mean/T", FIXED, False, ()),
    (Poisson(), SlidingWindow(2), "mean_error", "C*mean*n/T", mpmath.mpf(1), False, ()),
    (Gamma(), ACCUMULATE, "variance", "C*mean**2/shape", SINH, False, "shape >= 1"),
    (Gamma(), ACCUMULATE, "variance", "C*mean**2/shape", mpmath.mpf(1), True, ()),
    (NegativeBinomial(), ACCUMULATE, "mean_error", "C*(mean+mean**2/r)/T", mpmath.mpf(1), True, ()),
    (KernelDensity(), FixedReal(HALF), "second_moment", "1+C*bandwidth**2", mpmath.mpf(2), False, ()),
    (KernelDensity(), ACCUMULATE, "second_moment", "1+C*(1+log(n))*bandwidth**2", mpmath.mpf(1), False, ()),
]
SHARES = ("1e-2", "1e-4")

#: Places in this list of bounds that may be left open, by the share that they are away from the tight constant.
OPEN: dict[str, set[int]] = {"1e-2": {4}, "1e-4": {4, 14}}


@pytest.mark.slow
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("place", range(len(TIGHT)), ids=lambda place: "-".join(map(str, TIGHT[place][:3])))
def test_either_side_of_tight_constants(place, share):
    """On the one side the bound is proved, on the other it is refuted, however near."""
    task, workflow, of, bound, constant, lower, domain = TIGHT[place]
    law = theory.law(task, workflow, of)
    for sign in (-1, 1):
        moved = bound.replace("C", decimal(constant * (1 + sign * mpmath.mpf(share))))
        found = theory.check_bound(law, moved, lower=lower, domain=domain).verdict
        expected = "proved" if (sign == 1) != lower else "refuted"
        assert found == expected or (found == "undecided" and place in OPEN[share])


@pytest.mark.parametrize("task", [Gaussian(), Gamma(), KernelDensity()], ids=str)
def test_quotients_that_grow_with_n_are_followed_for_the_first_n_alone(task):
    """Without an end the search for a counterexample that is not there would take hours."""
    law = theory.law(task, SlidingWindow(2), "variance")
    at = at_iteration(law, law.unit, None, asymptotic=False)
    twos = {parameter.symbol: Fraction(2) for parameter in task.parameters}
    value = law.evaluate(n=10, **{name: 2 for name in map(str, twos)})  # pyright: ignore[reportArgumentType]: no n among them
    assert float(at(10, twos).subs({symbol: 2 for symbol in twos})) == pytest.approx(float(value), rel=1e-12)
    with pytest.raises(OutOfReach, match="known up to n = 24"):
        at(25, twos)


def test_few_are_left_open():
    verdicts = [getattr(case, "values", case)[-1] for case in BOUNDS]  # the slow ones are marked
    assert sum("undecided" in verdict for verdict in verdicts) <= len(BOUNDS) / 10
    assert sum(map(len, OPEN.values())) <= len(TIGHT) * len(SHARES) / 10
