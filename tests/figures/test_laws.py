"""The laws as the report's page computes and shows them, against those of theory."""

import html
import json
import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
import sympy as sp

from figures.laws import EXPLORED, ITERATIONS, WINDOWS, equations, label, mathml, script
from tests.engines import ENGINES, in_quickjs
from theory import Accumulate, FreshReal, SlidingWindow
from theory.linear import DESIGNS, test_error as law_of
from theory.symbols import T, n
from theory.table import rows
from theory.tasks.regression.symbols import ONE_FIT, d

#: T, d, sigma: the least T, near it, the paper's, no features to speak of, many rows, as many as the page allows.
POINTS = ((3, 1, 1.0), (36, 32, 0.5), (100, 32, 1.0), (1000, 1, 37.5), (10**5, 99_000, 0.01), (10**6, 10**4, 1.0))

#: Values of the families' parameters.
VALUES = {
    "": ({},),
    "k": tuple({"k": k} for k in (2, WINDOWS)),
    "w": tuple({"w": w} for w in (0.01, 0.3, 0.5, 1)),
    "s": tuple({"s": s} for s in (1, 2, 20)),
    "sw": ({"s": 1, "w": 0.5}, {"s": 2, "w": 0.6}, {"s": 20, "w": 0.01}),
}


def cases():
    """(family, design, values of its parameters, the workflow that these give)."""
    for family in EXPLORED:
        symbols = {name: str(value) for name, value in family.parameters.items() if value is not None}
        for values in VALUES["".join(symbols.values())]:
            exact = {name: Fraction(str(values[symbol])) for name, symbol in symbols.items()}
            for design in DESIGNS:
                yield label(family), design, values, type(family)(**exact)


@cache
def page_script():
    return script()


@cache
def questions():
    """What to ask of an engine, as arguments of the script's `curve`, and the answers of Python."""
    asked, wanted = [], []
    for family, design, values, workflow in cases():
        law = law_of(workflow, design=design)
        for T_, d_, sigma in POINTS:
            asked.append([family, design, {"T": T_, "d": d_, "sigma": sigma, "n": ITERATIONS, **values}])
            wanted.append(law.evaluate(T=T_, d=d_, sigma=sigma, n=range(1, ITERATIONS + 1)))
    return asked, np.array(wanted)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_law_is_that_of_python(engine, tmp_path):
    """The very script of the page, at every family, design, point and iteration, to 1e-9."""
    asked, wanted = questions()
    found = engine(page_script(), f"{json.dumps(asked)}.map(([...setting]) => curve(...setting))", tmp_path)
    assert len(found) == len(POINTS) * len(list(cases()))
    np.testing.assert_allclose(np.array(found), wanted, rtol=1e-9)


def test_which_laws_are_exact(tmp_path):
    found = in_quickjs(page_script(), "laws", tmp_path)
    assert set(found) == {label(family) for family in EXPLORED}
    for family, design, _, workflow in cases():
        assert found[family][design]["exact"] == law_of(workflow, design=design).exact


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, ""),
        ({"T": 34}, ""),
        ({"T": 33}, "T must be at least d + 2 = 34"),
        ({"T": 2, "d": 1}, "T must be at least d + 2 = 3"),
        ({"T": 33.5}, "T counts the samples"),
        ({"d": 0}, "d counts features"),
        ({"sigma": 0}, "σ is a noise standard deviation"),
        ({"sigma": None}, "σ is a noise standard deviation"),
        ({"n": ITERATIONS}, ""),
        ({"n": ITERATIONS + 1}, f"from 1 to {ITERATIONS}"),
        ({"k": 1}, f"from 2 to {WINDOWS}"),
        ({"k": WINDOWS + 1}, f"from 2 to {WINDOWS}"),
        ({"w": 0}, "more than 0 and at most 1"),
        ({"w": 1}, ""),
        ({"s": 1.5}, "s is the sampled rows over T"),
    ],
)
def test_settings_without_a_law_are_explained(change, message, tmp_path):
    settings = {"T": 100, "d": 32, "sigma": 1, "n": 20, "k": 3, "w": 0.5, "s": 1} | change
    found = in_quickjs(page_script(), f"problem({json.dumps(settings)})", tmp_path)
    assert message in found
    assert bool(message) == bool(found)
    assert "\n" not in found


def parsed(math):
    """The element, its operators as a parser of HTML reads them."""
    return ElementTree.fromstring(html.unescape(math.replace("&InvisibleTimes;", "").replace("&lt;", "&amp;lt;")))


def test_mathml_reads_as_one_writes_by_hand():
    def text(expr, **options):
        return "".join(parsed(mathml(expr, **options)).itertext())

    law = law_of(Accumulate(), design="fixed")
    assert text(law.expr, named="E_n") == "En=dσ2T−d−1∑i=1n1i2"
    assert text(law.closed_form()) == "Hn(2)dσ2T−d−1"
    assert text(law.limit()) == "π26dσ2T−d−1"
    assert text(law_of(Accumulate(), design="fresh").expr) == "dσ2∑i=1n1i(Ti−d−1)"
    window = SlidingWindow(sp.Symbol("k", integer=True, positive=True))
    assert text(law_of(window, design="fixed").expr) == "cndσ2T−d−1"


def test_every_law_of_the_table_is_printed_as_mathematics():
    for row in rows():
        for equation in equations(row.law):
            words = set(parsed(equation).itertext())
            assert not {"harmonic", "polygamma", "gain", "psi"} & words


def test_the_rate_that_gets_a_name_is_that_of_the_law():
    """E_n = E_oo + rho^(n - 1) (E_1 - E_oo), as the page writes FreshReal at fresh design."""
    law = law_of(FreshReal(2), design="fresh")
    (power,) = [power for power in law.expr.atoms(sp.Pow) if power.exp == n - 1]
    written = law.limit() + (ONE_FIT - law.limit()) * power
    assert sp.simplify((written - law.expr).subs({T: 50, d: 7})) == 0
    assert len(equations(law)) == 4
