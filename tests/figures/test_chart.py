"""The explorer's chart, read as a reader does, by the labels of its axes; and what an address sets."""

import html
import json
import re
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest

import figures
from figures.controls import form
from figures.explorer import script
from tests.engines import browse
from theory import LinearRegression

#: What is looked at, the third with settings that are all other than at first.
ADDRESSES = (
    "T=100&d=32&sigma=1&n=10&show=Replace;Accumulate&design=both&scale=linear",
    "T=100&d=32&sigma=1&n=10&k=2&show=Accumulate;SlidingWindow(k)&design=fresh&scale=log",
    "T=50&d=10&sigma=2&ridge=0.5&signal=2&temperature=1&bias=0&unscaled=true&n=4&k=4&w=0.25&s=3"
    "&design=fixed&scale=log&show=ReplaceGrowing",
    "T=100&d=32&sigma=1&n=1&show=Replace&design=fixed&scale=linear&unscaled=false",
    "T=100&d=32&sigma=1&n=5&s=2&w=0.5&show=FreshReal(s);FreshReal(s, w)&design=both&scale=linear",
    "T=35&d=32&sigma=1&n=5&w=0.5&show=Replace;FixedReal(w)&design=both&scale=linear",
    "T=16&d=32&sigma=1&n=2&show=Accumulate&design=fresh&scale=linear&unscaled=false",
)

PROBE = """
<script>
{
  const form = document.getElementById("explorer-controls");
  const chart = document.getElementById("explorer-chart");
  const message = () => document.getElementById("explorer-message").textContent;
  const input = (element) => element.dispatchEvent(new Event("input", { bubbles: true }));
  // a slider that is where its number is changes nothing when it is touched
  const touched = (number) => {
    const [slider, before] = [document.getElementById(`${number.id}-slider`), number.value];
    input(slider);
    return [number.name, before, number.value, slider.getAttribute("aria-valuetext")];
  };
  const own = (element, ...names) => names.map((name) => element.getAttribute(name));
  const found = %s.map((address) => {
    history.replaceState(null, "", `#explorer?${address}`);
    window.dispatchEvent(new Event("hashchange"));
    return {
      hash: location.hash,
      message: message(),
      texts: [...chart.querySelectorAll("text")].map((t) => [t.textContent, ...own(t, "x", "y", "text-anchor")]),
      paths: [...chart.querySelectorAll("path")].map((p) => own(p, "d", "stroke", "stroke-width", "stroke-dasharray")),
      dots: [...chart.querySelectorAll("circle")].map((c) => own(c, "cx", "cy", "fill")),
      rows: [...document.querySelectorAll("#explorer-values tbody tr")].map((row) => ({
        cells: [...row.children].map((cell) => cell.textContent.trim()),
        key: own(row.querySelector("path"), "stroke", "stroke-width", "stroke-dasharray"),
        dots: [...row.querySelectorAll("circle")].map((c) => c.getAttribute("fill")),
      })),
      sliders: [...form.querySelectorAll("input[type=number]")].map(touched),
    };
  });
  const typed = document.getElementById("explorer-regression-T");
  typed.value = "2000";
  input(typed);
  const before = location.hash;
  const slider = touched(typed);
  for (const box of form.querySelectorAll("[name=family]")) box.checked = false;
  input(form);
  const none = [message(), location.hash === before];
  document.title = JSON.stringify([...found, { slider, none }]);
}
</script>"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What the explorer shows, without the rest of the page."""
    code = (Path(figures.__file__).parent / "page" / "explorer.js").read_text()
    page = f"""<!DOCTYPE html><section id="explorer"><form id="explorer-controls">{form((LinearRegression,))}</form>
        <div style="width: 800px"><svg id="explorer-chart"></svg></div><p id="explorer-message"></p>
        <table id="explorer-values"><thead></thead><tbody></tbody></table></section>
        <script>{script()}\n{code}</script>{PROBE % json.dumps(ADDRESSES)}"""
    dom, messages = browse(page, tmp_path_factory.mktemp("chart"))
    assert messages == []
    return json.loads(html.unescape(re.findall("<title>(.*?)</title>", dom)[0]))


def curves(shown, *, logarithmic):
    """Of each curve its points by the labels of the axes, colour, width and dashes."""
    x, y = [], []
    for text, at, up, anchor in shown["texts"]:
        if anchor == "end":
            y.append((float(text), float(up) - 4))  # letters are centred on their line
        elif anchor == "middle" and text.isdigit():
            x.append((float(text), float(at)))
    scale = np.log if logarithmic else np.array
    across = np.polyfit([at for _, at in x], [n for n, _ in x], 1)
    up = np.polyfit([at for _, at in y], scale([value for value, _ in y]), 1)
    assert max(abs(np.polyval(across, [at for _, at in x]) - [n for n, _ in x])) < 1e-6
    for path, colour, width, dash in shown["paths"]:
        points = np.array([point.split() for point in path.removeprefix("M ").split(" L ")], float)
        values = np.polyval(up, points[:, 1])
        yield np.polyval(across, points[:, 0]), np.exp(values) if logarithmic else values, colour, width, dash


N = np.arange(1, 11)
ONE_FIT = 32 / 67
#: Of Accumulate, at fixed and at fresh design.
FIXED, FRESH = np.cumsum(ONE_FIT / N**2), np.cumsum(32 / (N * (100 * N - 33)))


def test_linear_curves_go_through_their_laws(found):
    expected = [
        (ONE_FIT * N, "#D55E00", "2.4", ""),
        (ONE_FIT * N, "#D55E00", "2.4", "7 4"),
        (FIXED, "#0072B2", "2.4", ""),
        (FRESH, "#0072B2", "2.4", "7 4"),
    ]
    for (n, values, *looks), (law, *wanted) in zip(curves(found[0], logarithmic=False), expected, strict=True):
        np.testing.assert_allclose(n, N, atol=0.01)
        np.testing.assert_allclose(values, law, atol=0.01)  # a tenth of a pixel of some 350, of 5
        assert looks == wanted


def test_logarithmic_curves_go_through_theirs_and_laws_for_large_T_are_thin(found):
    (n, values, *looks), (_, window, *thin) = curves(found[1], logarithmic=True)
    np.testing.assert_allclose(n, N, atol=0.01)
    np.testing.assert_allclose(values, FRESH, rtol=2e-3)
    assert looks == ["#0072B2", "2.4", "7 4"]
    assert window[0] == pytest.approx(ONE_FIT, rel=2e-3)
    assert window[1] == pytest.approx(1.25 * ONE_FIT, rel=2e-3)
    assert thin == ["#CC79A7", "1.2", "7 4"]
    assert found[1]["message"].startswith("Thin lines are laws for large T")


def test_what_an_address_sets_is_set(found):
    for shown, address in zip(found, ADDRESSES, strict=False):
        now = dict(parse_qsl(shown["hash"].removeprefix("#explorer?")))
        assert now.items() >= dict(parse_qsl(address)).items()
    assert found[2]["message"].startswith("Thin lines are laws in the limit where d/T stays as T grows")


def test_every_slider_stands_where_its_number_is(found):
    for name, before, after, said in (slider for shown in found[:-1] for slider in shown["sliders"]):
        assert before == after == said, name
    assert {name: before for name, before, *_ in found[2]["sliders"]} == {
        **{"T": "50", "d": "10", "sigma": "2", "ridge": "0.5", "signal": "2", "temperature": "1", "bias": "0"},
        **{"n": "4", "k": "4", "w": "0.25", "s": "3"},
    }
    assert found[-1]["slider"] == ["T", "2000", "2000", "2000"]


def test_the_key_of_a_row_is_its_curve(found):
    for shown in found[:-1]:
        assert [row["key"] for row in shown["rows"]] == [looks for _, *looks in shown["paths"]]


def test_one_model_is_a_dot_and_the_second_family_of_a_colour_has_dots(found):
    """Which then stand on its curves, and in its rows of the table."""
    (alone,), none = found[3]["dots"], [row["dots"] for row in found[3]["rows"]]
    assert (alone[2], none) == ("#D55E00", [[]])
    plain, dotted = (curve.removeprefix("M ").split(" L ") for curve in [found[4]["paths"][at][0] for at in (0, -1)])
    on = [f"{x} {y}" for x, y, _ in found[4]["dots"]]
    assert set(dotted) <= set(on)
    assert len(plain) == len(dotted) == 5
    assert not set(plain[1:]) & set(on)  # model 1 is the same
    assert [bool(row["dots"]) for row in found[4]["rows"]] == [
        row["cells"][0] == "FreshReal(s, w)" for row in found[4]["rows"]
    ]
    assert not any(shown["dots"] for shown in (*found[:3], *found[5:7]))


def test_what_has_no_variance_or_no_mean_is_said(found):
    scattered, infinite, none = found[5], found[6], found[-1]["none"]
    assert scattered["message"].startswith("With |T - d| < 4 the test error has a mean but no variance")
    # of the least norm: 1 - T/d and T/(d - T - 1); model 2 has as many rows as features
    assert [row["cells"][2:] for row in infinite["rows"]] == [["1.567", "∞", "∞", "exact"]]
    assert none == ["Choose at least one workflow.", True]
