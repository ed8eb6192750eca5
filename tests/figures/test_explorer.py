"""The explorer of the report's page against the laws of theory, and its controls, for any task."""

import html
import json
import re
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
import sympy as sp
from sympy.core.function import AppliedUndef

import theory
from figures.controls import EXPLORED, ITERATIONS, WINDOWS, form, of_task
from figures.explorer import _JavaScript, script
from figures.laws import label
from figures.report import page
from tests.engines import ENGINES, browse, in_quickjs
from tests.figures.tasks import Levels, Mean
from theory import AccumulateSubsample, Generator, LinearRegression, Replace, generated, law as law_of
from theory.linear import DESIGNS
from theory.symbols import n
from theory.table import variants
from theory.tasks import TASKS

#: The task that the page has, and the tests' own.
EVERY = (LinearRegression, Mean, Levels)

#: T, d, sigma: the least T, near it, the paper's, no features to speak of, many rows, as many as the page allows.
REGRESSION = ((3, 1, 1.0), (36, 32, 0.5), (100, 32, 1.0), (1000, 1, 37.5), (10**5, 99_000, 0.01), (10**6, 10**4, 1.0))

#: Values of the tasks' parameters.
POINTS = {
    LinearRegression: tuple({"T": T, "d": d, "sigma": sigma} for T, d, sigma in REGRESSION),
    Mean: ({"T": 1, "tau": 0.5}, {"T": 100, "tau": 2.0}),
    Levels: ({"T": 5, "levels": 2}, {"T": 1000, "levels": 40}),
}

#: Values of the families' parameters.
VALUES = {
    "": ({},),
    "k": tuple({"k": k} for k in (2, WINDOWS)),
    "w": tuple({"w": w} for w in (0.01, 0.3, 0.5, 1)),
    "s": tuple({"s": s} for s in (1, 2, 20)),
    "sw": ({"s": 1, "w": 0.5}, {"s": 2, "w": 0.6}, {"s": 20, "w": 0.01}),
}


def cases():
    """(family, values of its parameters, the workflow that these give)."""
    for family in EXPLORED:
        symbols = {name: str(value) for name, value in family.parameters.items() if value is not None}
        for values in VALUES["".join(symbols.values())]:
            exact = {name: Fraction(str(values[symbol])) for name, symbol in symbols.items()}
            yield label(family), values, type(family)(**exact)


#: What the page has at first.
USUAL = {"T": 100, "d": 32, "sigma": 1, "ridge": 0, "signal": 1, "temperature": 1, "bias": 0}
USUAL |= {"n": 20, "k": 3, "w": 0.5, "s": 1}

#: Temperature and bias, at one point; the last iteration is beyond the longest window.
POINT = {"T": 36, "d": 32, "sigma": 0.5}
SAMPLED_ITERATIONS = 2 * WINDOWS
SAMPLED = tuple({"temperature": t, "bias": b} for t, b in ((0, 0), (0.5, 0), (1, 1.25), (2, 5)))


@cache
def page_script():
    return script(EVERY)


@cache
def questions():
    """What to ask of an engine, as arguments of the script's `curve`, and the answers of Python."""
    asked, wanted = [], []
    for task, points in POINTS.items():
        for variant in variants(task):
            key = ", ".join(getattr(variant, choice.name) for choice in task.choices)
            for family, values, workflow in cases():
                if variant.objection(workflow, task.quantities[0]) is None:
                    law = law_of(variant, workflow)
                    for point in points:
                        asked.append([task.name, family, key, {**point, "n": ITERATIONS, **values}])
                        wanted.append(formula(law, point))
    return asked, np.array(wanted)


@cache
def questions_under_generators():
    """The same with temperatures and biases, of fewer iterations: noise by noise, Python takes its time."""
    asked, wanted = [], []
    for design in DESIGNS:
        task = LinearRegression(design=design)
        for family, values, workflow in cases():
            for sampled in SAMPLED:
                temperature, bias = (Fraction(str(value)) for value in sampled.values())
                generator = Generator(temperature=temperature, bias=bias)
                if task.generated_objection(workflow, generator) is None and type(workflow) is not AccumulateSubsample:
                    law = generated(workflow, generator, design=design)
                    asked.append(
                        ["regression", family, design, {**POINT, "n": SAMPLED_ITERATIONS, **values, **sampled}]
                    )
                    wanted.append(law.evaluate(n=range(1, SAMPLED_ITERATIONS + 1), **POINT))
    return asked, np.array(wanted)


def by_numbers_alone(law):
    """Whether it is exact without a formula: the page has formulas alone, and shows that for large T."""
    return law.derived.values is not None and law.derived.each is None


def formula(law, point):
    """What the page's formula gives at iterations 1, 2, …."""
    if not by_numbers_alone(law):
        return law.evaluate(n=range(1, ITERATIONS + 1), **point)
    T, d, sigma = (point[name] for name in ("T", "d", "sigma"))
    return np.array([float(c) for c in law.gain(ITERATIONS)]) * sigma**2 * d / (T - d - 1)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_every_law_is_that_of_python(engine, tmp_path):
    """The very script of the page, at every task, family, variant, point and iteration, to 1e-9."""
    asked, wanted = questions()
    found = engine(page_script(), f"{json.dumps(asked)}.map(([...setting]) => curve(...setting))", tmp_path)
    several = len(list(cases()))
    windows = len(VALUES["k"])
    assert len(found) == 2 * len(REGRESSION) * several + 2 * (several - windows) + 6 * 2 * several
    np.testing.assert_allclose(np.array(found), wanted, rtol=1e-9)


@pytest.mark.slow
def test_every_law_under_a_generator_is_that_of_python(tmp_path):
    asked, wanted = questions_under_generators()
    found = in_quickjs(page_script(), f"{json.dumps(asked)}.map(([...setting]) => curve(...setting))", tmp_path)
    several = len([1 for *_, workflow in cases() if type(workflow) is not AccumulateSubsample])
    assert len(found) == 2 * len(SAMPLED) * several
    np.testing.assert_allclose(np.array(found), wanted, rtol=1e-9)


@pytest.mark.slow
def test_which_laws_there_are_under_a_generator(tmp_path):
    script = page_script()

    def law(family, design, settings, task="regression"):
        asked = f"law({json.dumps(task)}, {json.dumps(family)}, {json.dumps(design)}, {json.dumps(settings)})"
        return in_quickjs(script, asked, tmp_path)

    assert law("Replace", "fresh", {"temperature": 1, "bias": 0})["exact"]
    assert law("Replace", "fresh", {})["exact"]
    for sampled in SAMPLED:
        assert law("Replace", "fresh", sampled)["exact"] is False  # the limit T -> oo
        assert law("Replace", "fixed", sampled)["exact"]
        assert law("FreshReal(s, w)", "fixed", sampled)["exact"]
        assert law("AccumulateSubsample", "fixed", sampled) is None
    assert law("AccumulateSubsample", "fixed", {"temperature": 1, "bias": 0})["exact"] is False
    # at fresh design its exact numbers have no formula
    assert law("FreshReal(s, w)", "fresh", {"temperature": 1, "bias": 0})["exact"] is False
    assert law("Replace", "", {"temperature": 0}, task="mean") is None


def test_sums_products_and_harmonic_numbers_are_loops():
    i, printed = sp.Symbol("i", integer=True), _JavaScript().doprint
    assert printed(sp.Sum(1 / (i + n), (i, 2, n))) == "sum(2, n, (i) => 1/(i + n))"
    assert printed(sp.Product(i + 1, (i, 1, n - 1))) == "product(1, n - 1, (i) => i + 1)"
    assert printed(sp.harmonic(n - 1)) == "sum(1, n - 1, (i) => 1/i)"
    assert printed(sp.harmonic(n, 2)) == "sum(1, n, (i) => Math.pow(i, -2))"


def test_there_are_points_of_every_task():
    assert set(POINTS) == set(EVERY)


@pytest.mark.slow
def test_which_laws_there_are_and_which_are_exact(tmp_path):
    found = in_quickjs(page_script(), "tasks", tmp_path)
    assert list(found) == [task.name for task in EVERY]
    families = {label(family) for family in EXPLORED}
    assert set(found["regression"]["laws"]) == set(found["levels"]["laws"]) == families
    assert set(found["mean"]["laws"]) == families - {"SlidingWindow(k)"}
    for family, _, workflow in cases():
        for design in DESIGNS:
            law = law_of(LinearRegression(design=design), workflow)
            assert found["regression"]["laws"][family]["variants"][design]["exact"] == (
                law.exact and not by_numbers_alone(law)
            )
    exact = {key: each["exact"] for key, each in found["levels"]["laws"]["Replace"]["variants"].items()}
    assert exact == {
        f"{table}, {noise}": noise == "even" for table in ("long", "wide", "square") for noise in ("even", "odd")
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, ""),
        (
            {"T": 33},
            "With T = 33 and d = 32 the test error has no finite mean: T must be at most d - 2 = 30, at least d + 2",
        ),
        ({"T": 33, "ridge": 0.5}, ""),
        ({"T": 30}, ""),
        ({"ridge": -1}, "λ, ridge: λ|w|² is added to the loss, must be a number from 0"),
        ({"T": 2, "d": 1}, "T must be at least d + 2 = 3, or λ more than 0."),
        # no rows are too few to fit two features
        ({"T": 2, "d": 2}, "T must be at least d + 2 = 4, or λ more than 0."),
        ({"T": 3, "d": 3}, "T must be at most d - 2 = 1, at least d + 2 = 5, or λ more than 0."),
        ({"T": 33.5}, "T, samples an iteration, must be a whole number from 1"),
        ({"T": 10**10}, "to 1,000,000,000"),
        ({"d": 0}, "d, features, must be a whole number from 1"),
        ({"sigma": None}, "σ, noise standard deviation, must be more than 0"),
        ({"temperature": 0}, ""),
        ({"bias": 7.5}, ""),
        ({"temperature": -0.5}, "temperature, noise of sampled labels over that of real ones, must be a number from 0"),
        ({"bias": -1}, "bias, length of what sampled labels are shifted by, must be a number from 0 to 1,000,000,000"),
        ({"bias": None}, "bias, length of what sampled labels are shifted by, must be a number from 0"),
        ({"n": ITERATIONS + 1}, f"from 1 to {ITERATIONS}"),
        ({"k": WINDOWS + 1}, f"from 2 to {WINDOWS}"),
        ({"w": 0}, "more than 0 and at most 1"),
        ({"s": 1.5}, "s, sampled rows over T, must be a whole number"),
    ],
)
def test_settings_without_a_law_are_explained(change, message, tmp_path):
    settings = USUAL | change
    given = json.dumps(settings).replace("null", "NaN")  # as the page reads an empty field
    found = in_quickjs(page_script(), f"problem('regression', {given})", tmp_path)
    assert message in found
    assert bool(message) == bool(found)
    assert "\n" not in found


@pytest.mark.parametrize(
    ("task", "change", "message"),
    [
        ("mean", {}, ""),
        ("mean", {"T": 1, "tau": 0.5}, ""),
        ("mean", {"T": 0}, "T, numbers an iteration, must be a whole number from 1 to"),
        ("mean", {"tau": 0.25}, "τ, standard deviation, must be a number from 0.5 to"),
        ("levels", {"levels": 1}, "levels, of the table, must be a whole number from 2 to"),
        (
            "levels",
            {"T": 80, "levels": 40},
            "With T = 80 and levels = 40 there is no law: T must be at least 2*levels + 1 = 81",
        ),
        ("levels", {"n": 0}, f"from 1 to {ITERATIONS}"),
    ],
)
def test_settings_of_any_task_are_explained(task, change, message, tmp_path):
    settings = {"T": 100, "tau": 2, "levels": 4, "n": 20, "k": 3, "w": 0.5, "s": 1} | change
    found = in_quickjs(page_script(), f"problem({json.dumps(task)}, {json.dumps(settings)})", tmp_path)
    assert message in found
    assert bool(message) == bool(found)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, {}),
        ({"T": 33}, {"T": 34}),
        ({"T": 5}, {"T": 5}),
        ({"ridge": None, "signal": -2}, {"ridge": 0, "signal": 0}),
        ({"T": None, "n": None}, {"T": 100, "n": 20}),
        ({"sigma": -1, "w": 7, "s": 0.2}, {"sigma": 1, "w": 1, "s": 1}),
        ({"n": 1e9, "k": -3, "T": 99.6}, {"n": ITERATIONS, "k": 2, "T": 100}),
        ({"d": 1e12}, {"d": 10**9}),
        ({"T": 1e12, "d": 1e12}, {}),  # the next T that is taken is above the largest
    ],
)
def test_settings_without_a_law_become_the_nearest_ones(change, found, tmp_path):
    given = json.dumps(USUAL | change).replace("null", "NaN")
    assert in_quickjs(page_script(), f"mended('regression', {given})", tmp_path) == USUAL | found
    assert in_quickjs(page_script(), f"problem('regression', mended('regression', {given}))", tmp_path) == ""


@pytest.mark.slow
def test_the_laws_of_every_task_that_have_a_formula(tmp_path):
    """What begins with the task's own numbers is what Python computes; what has numbers alone is left out."""
    others = TASKS[1:]
    written = script(others)
    described = in_quickjs(written, "tasks", tmp_path)
    assert set(described) == {task.name for task in others}
    left_out, asked, wanted = 0, [], []
    for task in others:
        point = {str(symbol): control.first for symbol, control in of_task(task).items()}
        for variant in variants(task):
            key = ", ".join(getattr(variant, choice.name) for choice in task.choices)
            for family in ("Replace", "Accumulate", "ReplaceGrowing"):
                law = law_of(variant, getattr(theory, family)())
                if law.expr.atoms(AppliedUndef):
                    assert key not in described[task.name]["laws"].get(family, {"variants": {}})["variants"]
                    left_out += 1
                    continue
                asked.append([task.name, family, key, {**point, "n": 5}])
                wanted.append([float(law.expr.subs({**law_values(law, point), n: k}).doit()) for k in range(1, 6)])
    found = in_quickjs(written, f"{json.dumps(asked)}.map(([...setting]) => curve(...setting))", tmp_path)
    np.testing.assert_allclose(np.array(found), np.array(wanted), rtol=1e-9)
    assert left_out > 2
    assert len(asked) > 20


def law_values(law, point):
    return {symbol: point[str(symbol)] for symbol in law.task.domain.symbols}


@pytest.mark.parametrize("T", [34, 35, 36, 37])
def test_where_single_runs_scatter_without_bound(T, tmp_path):
    asked = f"scatters('regression', {json.dumps({'T': T, 'd': 32})})"
    moments = law_of(LinearRegression(design="fresh"), Replace()).moments_exist(T=T, d=32)
    assert in_quickjs(page_script(), asked, tmp_path) == (moments < 2)
    assert not in_quickjs(page_script(), f"scatters('regression', {{T: {T}, d: 32, ridge: 1}})", tmp_path)
    assert in_quickjs(page_script(), "tasks.mean.scatter", tmp_path) is None


def control(task, name):
    """The number field of a parameter: least, most and first value."""
    field = re.search(f'<input type="number" id="explorer-{task}-{name}".*?>', form(EVERY))
    return [float(value) for value in re.findall(r'(?:min|max|value)="(.*?)"', field[0])]


def test_controls_of_parameters():
    assert control("regression", "T") == [1, 10**6, 100]
    assert control("regression", "d") == [1, 10**4, 32]
    assert control("regression", "sigma") == [0.01, 100, 1]
    assert control("regression", "temperature") == [0, 2, 1]
    assert control("regression", "bias") == [0, 5, 0]
    assert "temperature" not in {name for _, name in re.findall(r'id="explorer-(mean|levels)-(.*?)"', form(EVERY))}
    assert control("mean", "T") == [1, 10**6, 100]
    assert control("mean", "tau") == [0.5, 200, 2]
    assert control("levels", "levels") == [2, 50, 4]
    assert control("levels", "T") == [5, 10**6, 100]


def test_choices_are_radio_buttons_that_begin_with_all():
    groups = re.findall(r'data-task="([^"]*)" data-choice="(.*?)">(.*?)</fieldset>', form(EVERY), flags=re.DOTALL)
    found = {(task, choice): re.findall(r'value="(\w+)"', group) for task, choice, group in groups}
    assert found == {
        ("regression", "design"): ["fixed", "fresh", "both"],
        ("levels", "table"): ["long", "wide", "square", "all"],
        ("levels", "noise"): ["even", "odd", "both"],
    }
    assert [re.findall(r'value="(\w+)" data-every checked', group) for *_, group in groups] == [
        ["both"],
        ["all"],
        ["both"],
    ]
    assert "fresh (dashed)" in form(EVERY)


#: Turns to another task as a reader does.
PROBE = """
<script>
{
  const visible = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.offsetParent !== null);
  const cells = () => [...document.querySelectorAll("#explorer-values tr")].map((row) =>
    [...row.children].map((cell) => cell.textContent.trim()));
  const found = {};
  const look = (name) => (found[name] = {
    cells: cells(),
    fields: visible("#explorer-controls input[type=number]").map((field) => field.name),
    groups: visible("[data-choice]").map((group) => group.dataset.choice),
    families: visible("input[name=family]").length,
    about: visible("p[data-task]").map((about) => about.dataset.task),
    curves: [...document.querySelectorAll("#explorer-chart path")].map((path) => path.getAttribute("stroke-dasharray")),
  });
  const select = document.querySelector("[name=task]");
  for (const task of ["regression", "mean", "levels"]) {
    select.value = task;
    select.dispatchEvent(new Event("input", { bubbles: true }));
    look(task);
  }
  found.chooses = select.offsetParent !== null;
  found.hash = location.hash;
  location.hash = "#explorer?task=mean&T=50&tau=1&n=2&show=Replace;SlidingWindow(k)";
  window.addEventListener("hashchange", () => {
    look("recalled");
    document.title = JSON.stringify(found);
  });
}
</script>"""


@pytest.mark.slow
def test_the_reader_turns_to_another_task(tmp_path):
    probed = page([], EVERY).replace("</body>", PROBE + "</body>")
    dom, messages = browse(probed, tmp_path)
    assert messages == []
    found = json.loads(html.unescape(re.findall("<title>(.*?)</title>", dom)[0]))
    assert found["chooses"]
    assert found["regression"]["fields"] == ["T", "d", "sigma", "ridge", "signal", "temperature", "bias", "n"]
    assert found["regression"]["groups"] == ["design"]
    assert found["mean"]["fields"] == ["T", "tau", "n"]
    assert found["mean"]["groups"] == []
    assert found["mean"]["families"] == found["regression"]["families"] - 1
    assert found["mean"]["cells"] == [
        ["workflow", "model 1", "model 20", "ratio", "law"],
        ["Replace", "0.04", "0.8", "20", "exact"],
        ["Accumulate", "0.04", "0.06385", "1.596", "exact"],
    ]
    assert found["levels"]["fields"] == ["levels", "T", "n"]
    assert found["levels"]["groups"] == ["table", "noise"]
    assert found["levels"]["cells"][0][:3] == ["workflow", "table", "noise"]
    assert len(found["levels"]["cells"]) == 1 + 2 * 6
    assert len(set(found["levels"]["curves"])) == 4  # the six variants begin again with the first line
    assert "task=levels&levels=4&T=100&n=20" in found["hash"]
    assert "table=all&noise=both" in found["hash"]
    assert found["recalled"]["cells"][1:] == [["Replace", "0.02", "0.04", "2", "exact"]]
    assert [found[task]["about"] for task in ("regression", "mean", "levels")] == [["regression"], ["mean"], ["levels"]]
