"""Editing a share of the newest data: its law against the covariances of the labels themselves, and what is refused."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

from tests.helpers import command, refused
from theory import Accumulate, FixedReal, Generator, Replace, ReplaceGrowing, check_bound, generated, optimise
from theory.symbols import n
from theory.tasks.regression import next_order, proportional

SCHEDULES = {
    "constant": Generator(edited="1/5"),
    "geometric": Generator(edited="1/5", fading="1/2"),
    "fading from all": Generator(edited=1, fading="1/3"),
    "colder": Generator(edited="1/2", temperature="1/2"),
    "predictions": Generator(edited="1/2", temperature=0),
    "listed": Generator(edited=("1/2", 0, 1, "1/4", "1/8", "1/8", "1/8")),
    "colder and fading": Generator(edited="3/5", fading="2/3", temperature="3/2"),
}


def law_of(generator: Generator, design: str = "fixed"):
    return generated(Replace(), generator, design=design)


def propagated(X: np.ndarray, shares: list[float], temperature: float) -> np.ndarray:
    """E|delta_n|^2 given X, in units of sigma^2, from the second moments of all labels.

    Labels less the truth are a vector u. After a fit they are H u + (I - H) u; a row that is edited has (H u)_i and new
    noise. Rows are edited independently, so that the second moments of what is kept are known entry by entry.
    """
    T = len(X)
    solver = np.linalg.solve(X.T @ X, X.T)
    moments, found = np.eye(T), []
    for m in [*shares, 0.0]:
        of_fit = solver @ moments @ solver.T
        found.append(np.trace(of_fit))
        explained, across = X @ of_fit @ X.T, X @ (solver @ moments)
        mixed = m**2 * explained + m * (1 - m) * (across + across.T) + (1 - m) ** 2 * moments
        alone = m * np.diag(explained) + m * temperature**2 + (1 - m) * np.diag(moments)
        moments = mixed - np.diag(np.diag(mixed)) + np.diag(alone)
    return np.array(found)


@pytest.mark.parametrize("generator", SCHEDULES.values(), ids=list(SCHEDULES))
def test_the_gain_is_the_limit_of_what_labels_say_given_the_designs(generator):
    shares = [float(generator.edited_by(model)) for model in range(1, 6)]
    gains = np.array([float(c) for c in law_of(generator).gain(6)])
    random, off = np.random.default_rng(1), {}
    for T in (100, 800):
        X = random.normal(size=(T, 3))
        one_fit = np.trace(np.linalg.inv(X.T @ X))
        off[T] = np.abs(propagated(X, shares, float(generator.temperature)) / one_fit / gains - 1).max()
    assert off[800] < 0.01  # it falls like d/T
    assert off[800] < 0.3 * off[100] or off[100] < 1e-12


def test_known_numbers():
    """A gain of 1 + sum m (2 - m); the limit of the schedule 0.2, 0.1, 0.05, … is 1.74667."""
    assert law_of(Generator(edited=("1/2", "1/4"))).gain(3) == [1, Fraction(7, 4), Fraction(7, 4) + Fraction(7, 16)]
    assert law_of(SCHEDULES["geometric"]).gain_growth().constant == sp.Rational(131, 75)
    growth = law_of(SCHEDULES["constant"]).gain_growth()
    assert (growth.kind, growth.constant) == ("linear", sp.Rational(9, 25))
    assert law_of(SCHEDULES["predictions"]).gain_growth().constant == sp.Rational(3, 2)
    assert law_of(Generator(edited=0)).gain_growth().constant == 1


@pytest.mark.parametrize("name", ["constant", "geometric", "fading from all", "colder", "predictions"])
@pytest.mark.parametrize("more", [{}, {"edited": "3/7"}, {"edited": 0}])
def test_formulas_have_the_gains_as_values_and_their_limit(name, more):
    usual = SCHEDULES[name]
    given = {"edited": usual.edited, "fading": usual.fading, "temperature": usual.temperature} | more
    law = law_of(Generator(**given))
    found = [law.gain_expr.subs(n, m) for m in range(1, 8)]
    assert found == list(map(sp.Rational, law.gain(7)))
    growth = law.gain_growth()
    late = sp.Rational(law.gain(120)[-1]) / (120 if growth.kind == "linear" else 1)
    assert abs(late - growth.constant) < sp.Rational(1, 50)


def test_what_has_no_formula_has_numbers():
    for name in ("listed", "colder and fading"):
        law = law_of(SCHEDULES[name])
        assert (law.expr, law.growth(), law.limit()) == (None, None, None)
        assert len(law.evaluate(T=50, d=3, n=range(1, 6))) == 5


def test_all_labels_anew_is_no_editing():
    assert not Generator(edited=1).edits
    assert Generator(edited=1) == Generator()
    assert law_of(Generator(edited=1, temperature="1/2")).exact
    assert str(Generator(edited="0.2")) == "Generator(edited=1/5)"


@pytest.mark.parametrize("design", ["fixed", "fresh"])
def test_it_is_of_large_samples_alone(design):
    law = law_of(SCHEDULES["geometric"], design)
    assert law.validity == "large-T"
    assert law.estimates(5, T=50, d=3) == {}
    np.testing.assert_allclose(law.evaluate(T=50, d=3, n=3), (1 + 0.36 + 0.19) * 3 / 46, rtol=1e-12)
    with pytest.raises(ValueError, match="asymptotic"):
        check_bound(law.judged, "2*sigma**2*d/(T-d-1)")
    verdict = check_bound(law.judged, "7/4*sigma**2*d/(T-d-1)", asymptotic=True)
    assert verdict.verdict == "proved"
    assert check_bound(law.judged, "17/10*sigma**2*d/(T-d-1)", asymptotic=True).verdict == "refuted"


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"edited": "6/5"}, "edited shares must be from 0 to 1; got 6/5"),
    ({"edited": -1}, "edited shares must be from 0 to 1; got -1"),
    ({"edited": ()}, "edited shares must be from 0 to 1; got none"),
    ({"edited": ("1/2", 2)}, "edited shares must be from 0 to 1; got 1/2, 2"),
    ({"fading": 0}, "fading must be more than 0 and at most 1; got 0"),
    ({"fading": 2}, "fading must be more than 0 and at most 1; got 2"),
    ({"edited": ("1/2", "1/4"), "fading": "1/2"}, "one by one, or one and a fading"),
]


@pytest.mark.parametrize(("given", "message"), MISTAKES, ids=str)
def test_numbers_that_make_no_sense(given, message):
    with pytest.raises(ValueError, match=message):
        Generator(**given)


@pytest.mark.parametrize(
    "more", [{"bias": 1}, {"pull": "1/2"}, {"pull": "1/2", "distance": 1}, {"sizes": (1, 2)}, {"noises": (1, 2)}]
)
def test_only_a_temperature_goes_with_it(more):
    with pytest.raises(ValueError, match="its temperature alone may be unusual"):
        law_of(Generator(edited="1/5", **more))


@pytest.mark.parametrize("workflow", [Accumulate(), ReplaceGrowing()], ids=str)
def test_it_edits_the_newest_data(workflow):
    with pytest.raises(ValueError, match="which is Replace"):
        generated(workflow, SCHEDULES["constant"], design="fixed")


def test_nothing_else_takes_edited_pools_for_whole_ones():
    edits = SCHEDULES["constant"]
    with pytest.raises(ValueError, match="labels of several models"):
        proportional.errors(Replace(), 3, T=20, d=3, generator=edits)
    with pytest.raises(ValueError, match="not known where labels are edited"):
        next_order.kappa(Replace(), 3, edits)
    with pytest.raises(ValueError, match="which is Replace"):
        optimise(FixedReal(sp.Symbol("w", positive=True)), generator=edits)
    with pytest.raises(ValueError, match="end at model 2; model 3 needs one"):
        law_of(Generator(edited=("1/2", "1/4"))).gain(4)


def test_the_command(capsys):
    line = "replace --edited 1/5 --fading 1/2 --design fixed --T 100 --d 4 --iterations 3 --json"
    found = command(capsys, "theory", line).json
    assert (found["edited"], found["fading"], found["validity"], found["exact"]) == ("1/5", "1/2", "large-T", False)
    assert found["gain"] == ["1", "34/25", "31/20"]
    assert found["growth"] == "bounded"
    np.testing.assert_allclose(found["estimates"]["large-T"], np.array([1, 1.36, 1.55]) * 4 / 95)
    shown = command(capsys, "theory", "replace --edited 1/5 --design fresh --iterations 2")
    assert "linear, ~ (9*d*sigma**2/(25*(T - d - 1))) n" in shown.out
    refused(command(capsys, "theory", "accumulate --edited 1/5 --design fixed"), "theory", "which is Replace()")
    bound = "check-bound replace 7/4*sigma**2*d/(T-d-1) --edited 1/5 --fading 1/2 --design fixed --asymptotic --json"
    judged = command(capsys, "theory", bound).json
    assert (judged["verdict"], judged["edited"], judged["asymptotic"]) == ("proved", "1/5", True)
