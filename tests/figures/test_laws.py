"""The laws as the report's page lists them, printed as mathematics."""

import html
import re
import xml.etree.ElementTree as ElementTree

import pytest
import sympy as sp

from figures.laws import _any, _family, _rate, equations, laws, section
from figures.mathml import mathml
from tests.figures.tasks import Levels, Mean
from theory import (
    Accumulate,
    Bernoulli,
    FreshReal,
    Gaussian,
    GeneralisedLinear,
    KernelDensity,
    LinearRegression,
    SlidingWindow,
    law,
)
from theory.linear import test_error as law_of
from theory.symbols import T, n
from theory.table import FAMILIES, rows
from theory.tasks.regression.symbols import ONE_FIT, d


def parsed(math):
    """The element, its operators as a parser of HTML reads them."""
    return ElementTree.fromstring(html.unescape(math.replace("&InvisibleTimes;", "").replace("&lt;", "&amp;lt;")))


def test_mathml_reads_as_one_writes_by_hand():
    def text(expr, **options):
        return "".join(parsed(mathml(expr, unit=ONE_FIT, **options)).itertext())

    law = law_of(Accumulate(), design="fixed")
    assert text(law.expr, named="E_n") == "En=dσ2T−d−1∑i=1n1i2"
    assert text(law.closed_form()) == "Hn(2)dσ2T−d−1"
    assert text(law.limit()) == "π26dσ2T−d−1"
    assert text(law_of(Accumulate(), design="fresh").expr) == "dσ2∑i=1n1i(Ti−d−1)"
    window = SlidingWindow(sp.Symbol("k", integer=True, positive=True))
    assert text(law_of(window, design="fixed").expr) == "cndσ2T−d−1"


def test_products_have_their_sign_and_numbers_do_not_run_together():
    def text(expr):
        return "".join(parsed(mathml(expr)).itertext())

    i, x = sp.Symbol("i", integer=True, positive=True), sp.Symbol("x", positive=True)
    assert text(sp.Product(1 - 1 / i**2, (i, 1, n))) == "∏i=1n1−1i2"
    # 2 times 2^(2n) would read 22^(2n); where there is no number before a power there is no dot
    assert text(2 * x * 4**n) == "2·22nx"
    assert [text(expr) for expr in (2 * x, x * 4**n, 3 * x**n)] == ["2x", "4nx", "3xn"]
    # a weight is at most 1
    assert [text(expr) for expr in ((1 - x) ** 2, (x - 1) ** 2, (1 - x) ** 3)] == ["(1−x)2", "(1−x)2", "(1−x)3"]
    # what is no weight stays as it is, and so does a root
    shown = [x * (1 - 1 / T) ** n, (T - 1) ** 2, sp.sqrt(x - 1)]
    assert [text(expr) for expr in shown] == ["x(1−1T)n", "(T−1)2", "x−1"]


def test_every_law_of_the_table_is_printed_as_mathematics():
    for row in rows():
        shown = equations(row.law)
        assert len({*shown}) == len(shown), row.law  # none is there twice, in one form and in the same
        for equation in shown:
            words = set(parsed(equation).itertext())
            assert not {"harmonic", "polygamma", "gain", "psi"} & words


def test_the_rate_that_gets_a_name_is_that_of_the_law():
    """E_n = E_oo + rho^(n - 1) (E_1 - E_oo), as the page writes FreshReal at fresh design."""
    law = law_of(FreshReal(2), design="fresh")
    (power,) = [power for power in law.expr.atoms(sp.Pow) if power.exp == n - 1]
    written = law.limit() + (ONE_FIT - law.limit()) * power
    assert sp.simplify((written - law.expr).subs({T: 50, d: 7})) == 0
    assert len(equations(law)) == 4
    assert _rate(law) == power.base
    # one that no parameter of the task is in is short, and stays where it is
    assert all(_rate(law_of(FreshReal(s), design="fixed")) is None for s in (2, sp.Symbol("s", positive=True)))


def test_the_list_of_a_task_speaks_of_its_own_letters():
    """What the letters mean and where the laws hold; laws once where they do not depend on what is chosen."""
    text = html.unescape(re.sub("<.*?>", "", section(Levels)))
    assert "Levels. En is the noise of model n; E∞ is its limit for n → ∞." in text
    assert "The laws hold for levels ≥ 2, of the table; T ≥ 2*levels + 1, rows." in text
    assert text.count("long table, even noise, exact at finite T") == len(FAMILIES)
    assert text.count("square table, odd noise, for large T") == len(FAMILIES)


def test_a_task_of_several_quantities_is_told_by_its_first():
    text = html.unescape(re.sub("<.*?>", "", section(Bernoulli)))
    assert (
        "Bernoulli. Mn is the squared error of the mean of model n; n = 1 is the fit to real data; M∞ is its limit"
        in text
    )


def test_the_list_of_a_task_with_nothing_to_choose():
    shown = section(Mean)
    text = html.unescape(re.sub("<.*?>", "", shown))
    assert "Mn is the squared error of the mean of model n" in text
    assert "T ≥ 1, numbers an iteration; τ ≥ 1/2, standard deviation" in text
    assert "SlidingWindow" not in text  # it has no law
    assert shown.count("<p><strong>exact at finite T</strong></p>") == len(FAMILIES) - 2
    (variant,) = laws(Mean, Accumulate())
    first, closed, limit = equations(law(variant, Accumulate()))
    assert "".join(parsed(first).itertext()) == "Mn=τ2T∑i=1n1i2"
    assert "".join(parsed(limit).itertext()) == "M∞=π26τ2T"


class Partly(Levels):
    """Laws of even noise alone, in two of the three tables; they are the same in both."""

    def objection(self, workflow, quantity):
        return "there is no law." if (self.table, self.noise) not in (("long", "even"), ("square", "even")) else None


def test_a_law_that_some_variants_have_is_not_said_of_all():
    text = html.unescape(re.sub("<.*?>", "", _family(Accumulate(), laws(Partly, Accumulate()))))
    for table in ("long", "square"):
        assert text.count(f"{table} table, even noise, exact at finite T") == 1
    assert not {"any table", "either noise", "wide table", "odd noise"} & set(re.findall(r"\w+ (?:table|noise)", text))


@pytest.mark.parametrize(
    ("task", "title"),
    [
        (LinearRegression(design="fresh"), "either design, "),
        (Gaussian(), "either estimator, "),
        (KernelDensity(), "any rule, "),
        (GeneralisedLinear(), "any link, "),
        (Bernoulli(), ""),
        (Levels("long", "even"), "any table, either noise, "),
    ],
    ids=str,
)
def test_of_two_it_is_either_and_of_more_any(task, title):
    assert _any(task) == title
