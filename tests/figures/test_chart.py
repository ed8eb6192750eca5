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

#: What is looked at, the last with settings that are all other than at first.
ADDRESSES = (
    "T=100&d=32&sigma=1&n=10&show=Replace;Accumulate&design=both&scale=linear",
    "T=100&d=32&sigma=1&n=10&k=2&show=Accumulate;SlidingWindow(k)&design=fresh&scale=log",
    "T=50&d=10&sigma=2&ridge=0.5&signal=2&temperature=1&bias=0&unscaled=true&n=4&k=4&w=0.25&s=3"
    "&design=fixed&scale=log&show=ReplaceGrowing",
)

PROBE = """
<script>
{
  const chart = document.getElementById("explorer-chart");
  const own = (element, ...names) => names.map((name) => element.getAttribute(name));
  const found = %s.map((address) => {
    history.replaceState(null, "", `#explorer?${address}`);
    window.dispatchEvent(new Event("hashchange"));
    return {
      hash: location.hash,
      message: document.getElementById("explorer-message").textContent,
      texts: [...chart.querySelectorAll("text")].map((t) => [t.textContent, ...own(t, "x", "y", "text-anchor")]),
      paths: [...chart.querySelectorAll("path")].map((p) => own(p, "d", "stroke", "stroke-width", "stroke-dasharray")),
    };
  });
  document.title = JSON.stringify(found);
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
    for shown, address in zip(found, ADDRESSES, strict=True):
        now = dict(parse_qsl(shown["hash"].removeprefix("#explorer?")))
        assert now.items() >= dict(parse_qsl(address)).items()
    assert found[-1]["message"].startswith("Thin lines are laws in the limit where d/T stays as T grows")
