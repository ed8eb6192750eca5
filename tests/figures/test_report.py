"""The report: one page with everything in it, well formed, readable without a mouse, on a phone and by ear."""

import html
import json
import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from unittest.mock import patch
from urllib.parse import parse_qsl

import pytest

from figures import schematic, vae
from figures.catalogue import PICTURES
from figures.controls import EXPLORED
from figures.explorer import script
from figures.laws import label
from figures.report import illustration, page
from paper_repro import verdicts
from paper_repro.gerstgrasser2024.vae import VAE, run as trained
from tests.engines import browse
from tests.helpers import judged
from theory.table import FAMILIES

#: Elements of HTML without an end tag.
VOID = {"meta", "link", "input", "img", "br"}


@cache
def text():
    """The page with two of its pictures: one of exact laws, one with images in it."""
    by_name = {picture.name: picture for picture in PICTURES}
    _, images = trained(VAE)
    drawn = [(by_name["schematic"], schematic.plot), (by_name["vae_samples"], lambda: vae.plot_samples(images))]
    with patch.object(verdicts, "table", return_value=judged()):  # found once for all tests
        return page(drawn)


class Outline(HTMLParser):
    """Every element with its attributes, and what is open when another one ends."""

    def __init__(self):
        super().__init__()
        self.elements, self.open, self.mistakes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), tuple(name for name, _ in self.open)))
        if tag not in VOID:
            self.open.append((tag, self.getpos()))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop()[0] != tag:
            self.mistakes.append((tag, self.getpos()))


@cache
def outline():
    parser = Outline()
    parser.feed(text())
    return parser


def attributes(tag):
    return [found for name, found, _ in outline().elements if name == tag]


def test_well_formed():
    assert text().startswith("<!DOCTYPE html>")
    assert outline().mistakes == []
    assert outline().open == []
    ids = Counter(found["id"] for _, found, _ in outline().elements if "id" in found)
    assert max(ids.values()) == 1
    assert "$" not in re.sub(r"<script.*?</script>", "", text(), flags=re.DOTALL)  # no placeholder is left


def test_needs_no_network():
    for tag, found, _ in outline().elements:
        assert "srcset" not in found
        for name in ("src", "href", "action", "data", "poster"):
            target = found.get(name, "data:")
            links = tag == "a" and (target.startswith("#") or target.startswith("https://arxiv.org/"))
            assert links or target.startswith("data:"), (tag, target)
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|import\(", text())


def test_every_reference_within_the_page_has_its_target():
    ids = {found["id"] for _, found, _ in outline().elements if "id" in found}
    for _, found, _ in outline().elements:
        named = [found.get("href", "")[1:]] if found.get("href", "").startswith("#") else []
        named += found.get("for", "").split() + found.get("aria-labelledby", "").split()
        assert set(named) <= ids
    for name in re.findall(r'getElementById\("([\w-]+)"\)', text()):
        assert name in ids


def test_accessible():
    assert attributes("html") == [{"lang": "en"}]
    for image in attributes("img"):
        assert len(image["alt"]) > 20
    levels = [int(tag[1]) for tag, _, _ in outline().elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in zip(levels, levels[1:], strict=False))
    labelled = {found["for"] for found in attributes("label") if "for" in found}
    for tag, found, above in outline().elements:
        if tag == "input":
            assert found.get("id") in labelled or "aria-label" in found or "label" in above
        if tag == "table":
            assert any("scroll" in (a.get("class") or "") for t, a, _ in outline().elements if t == "div")
    assert all("scope" in found for found in attributes("th"))


def test_colours_have_contrast():
    """4.5 to 1 for text, as WCAG 2.2 (1.4.3) asks, in both schemes."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    schemes = re.findall(r":root \{(.*?)\}", text(), flags=re.DOTALL)
    assert len(schemes) == 2
    for scheme in schemes:
        colour = dict(re.findall(r"--(\w+): (#\w{6})", scheme))
        for ground in ("page", "card"):
            for ink in ("text", "soft", "link", "wrong"):
                low, high = sorted((luminance(colour[ground]), luminance(colour[ink])))
                assert (high + 0.05) / (low + 0.05) >= 4.5, (ground, ink)


def test_has_all_claims_laws_families_and_runs():
    for claim in verdicts.CLAIMS:
        assert html.escape(claim.statement) in text()
    for paper in verdicts.PAPERS:
        _, _, after = text().partition(f'<h3 id="paper-{paper.arxiv}">{html.escape(paper.cited)}')
        assert f'<a href="https://arxiv.org/abs/{paper.arxiv}">arXiv {paper.arxiv}</a>' in after.split("</h3>")[0]
        assert re.findall(r'<tr id="claim-([^"]*)"', after.split("<h3")[0]) == [claim.id for claim in paper.claims]
    for family in FAMILIES:
        assert f"<h3>{label(family)}</h3>" in text()
    values = [found["value"] for found in attributes("input") if found.get("name") == "family"]
    assert values == [label(family) for family in EXPLORED]
    assert script() in text()  # what test_laws runs is what the page runs
    for tables in ("one_law", "vae, vae_images", "linear_claims"):
        assert f'<th scope="row">{tables}</th>' in text()


def test_captions_are_text_and_pictures_the_same_bytes_twice():
    first, second = illustration(schematic.plot), illustration(schematic.plot)
    assert first == second
    picture, caption = first
    assert picture.startswith(b"<?xml")
    assert caption.startswith("Each model is fitted to the pools")
    assert caption in html.unescape(text())


#: Uses the page as a reader does; what it finds becomes the title.
PROBE = """
<script>
{
  const field = (name) => document.getElementById(`explorer-${name}`);
  const change = (element, value) => {
    element.value = value;
    element.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const cells = () => [...document.querySelectorAll("#explorer-values tbody tr")].map((row) =>
    [...row.children].map((cell) => cell.textContent.trim()));
  const found = { recalled: cells(), curves: document.querySelectorAll("#explorer-chart path").length };
  found.chooses = document.querySelector("[name=task]").offsetParent !== null;
  found.shown = [...document.querySelectorAll(".control")].filter((c) => !c.hidden).length;
  change(field("regression-T"), 33);
  found.message = field("message").textContent;
  found.visible = getComputedStyle(field("chart")).visibility;
  change(field("regression-T-slider"), field("regression-T-slider").max);
  found.T = field("regression-T").value;
  found.hash = location.hash;
  location.hash = "#explorer?T=50&d=10&n=3&show=Replace&design=fresh";
  window.addEventListener("hashchange", () => {
    found.again = cells();
    change(field("regression-temperature-slider"), 0);
    found.temperature = field("regression-temperature").value;
    found.predicted = cells();
    found.said = field("message").textContent;
    for (const box of document.querySelectorAll("[name=family]")) box.checked ||= box.value === "AccumulateSubsample";
    change(field("regression-bias"), 1);
    found.biased = [cells(), field("message").textContent];
    for (const box of document.querySelectorAll("[name=family]")) box.checked &&= box.value === "AccumulateSubsample";
    change(field("regression-bias"), 2);
    found.silent = [getComputedStyle(field("chart")).visibility, field("message").textContent];
    document.title = JSON.stringify(found);
  });
}
</script>"""


def test_the_explorer_in_a_browser(tmp_path):
    probed = text().replace("</body>", PROBE + "</body>")
    settings = "#explorer?T=100&d=32&sigma=1&n=10&k=2&show=Accumulate;SlidingWindow(k)&design=both&scale=log"
    dom, messages = browse(probed, tmp_path, settings)
    assert messages == []
    found = json.loads(html.unescape(re.findall("<title>(.*?)</title>", dom)[0]))
    assert found["recalled"] == [
        ["Accumulate", "fixed", "0.4776", "0.7402", "1.55", "exact"],
        ["Accumulate", "fresh", "0.4776", "0.6778", "1.419", "exact"],
        ["SlidingWindow(k)", "fixed", "0.4776", "2.335", "4.889", "exact"],
        ["SlidingWindow(k)", "fresh", "0.4776", "2.335", "4.889", "large T"],
    ]
    assert found["curves"] == 4
    assert not found["chooses"]  # there is one task
    assert found["shown"] == 9  # T, d, sigma, λ, |w*|, temperature, bias, n and k, which the window needs
    assert "T must be at most d - 2 = 30, at least d + 2 = 34, or λ more than 0" in found["message"]
    assert found["visible"] == "hidden"
    assert found["T"] == "1000000"
    assert "T=1000000&d=32" in found["hash"]
    assert [row[:4] for row in found["again"]] == [["Replace", "fresh", "0.2564", "0.7692"]]
    assert found["temperature"] == "0"
    assert found["predicted"] == [["Replace", "fresh", "0.2564", "0.2564", "1", "large T"]]
    assert found["said"].startswith("Thin lines are laws for large T")
    cells, message = found["biased"]
    assert cells == [["Replace", "fresh", "0.2564", "4.256", "16.6", "large T"]]
    none = "At this temperature and bias there is no formula for AccumulateSubsample."
    assert message.startswith(f"{none} Thin lines are")
    assert found["silent"] == ["hidden", none]


#: Elements that reach beyond the page, but for what scrolls by itself; and tables that have to be scrolled.
MEASURE = """
<script>
{
  const beyond = (e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5;
  const wide = [...document.body.querySelectorAll("*")].filter((e) => beyond(e) && !e.closest(".scroll, svg"));
  const frames = [...document.querySelectorAll(".scroll")].filter(beyond);
  const tables = [...document.querySelectorAll(".scroll:has(table)")].filter((e) => e.scrollWidth > e.clientWidth);
  const name = (e) => `${e.tagName} ${e.id} ${e.getAttribute("aria-label")}`;
  parent.document.title = JSON.stringify({
    wide: [document.documentElement.scrollWidth, innerWidth],
    elements: [...wide, ...frames].map(name),
    scrolled: tables.map(name),
    heads: document.querySelector("#claims thead").offsetParent !== null,
    cells: document.querySelectorAll("#claims td[data-label]").length,
  });
}
</script>"""


@pytest.mark.parametrize("width", [390, 1280])
def test_no_element_is_wider_than_the_screen(width, tmp_path):
    """In a frame of that width, for a browser's own window may have a least one. On a phone no table is scrolled."""
    probed = text().replace("</body>", MEASURE + "</body>")
    frame = f'<!DOCTYPE html><iframe width="{width}" height="800" srcdoc="{html.escape(probed)}"></iframe>'
    dom, messages = browse(frame, tmp_path)
    assert messages == []
    found = json.loads(html.unescape(re.findall("<title>(.*?)</title>", dom)[0]))
    wide, inner = found["wide"]
    assert wide <= inner <= width
    assert found["elements"] == []
    assert found["scrolled"] == []
    assert found["heads"] == (width > 1000)  # else the rows are cards, whose cells say what they are
    assert found["cells"] > 6 * len(judged())


def test_sections_begin_with_the_explorer_and_claims_with_a_summary():
    assert re.findall(r'<section id="(\w+)"', text()) == ["explorer", "claims", "laws", "figures", "runs"]
    assert re.findall(r'<li><a href="#(\w+)"', text()) == ["explorer", "claims", "laws", "figures", "runs"]
    claims = text()[text().index('<section id="claims">') :]
    assert claims.index(html.escape(verdicts.counted(judged()))) < claims.index("Verdicts by paper")
    summary = claims[claims.index("Verdicts by paper") : claims.index("<h3")]
    kinds = re.findall(r"<th scope=\"col\">(.*?)</th>", summary)[2:]
    rows = re.findall(r'<tr><th scope="row"><a href="#paper-(.*?)">.*?</th>(.*?)</tr>', summary)
    assert [arxiv for arxiv, _ in rows] == [paper.arxiv for paper, _ in verdicts.by_paper(judged())]
    for (_, cells), (_, claimed) in zip(rows, verdicts.by_paper(judged()), strict=True):
        total, *counts = re.findall(r"<td data-label=.*?>(\d*)</td>", cells)
        counted = Counter(row["verdict"] for row in claimed)
        assert int(total) == len(claimed)
        assert dict(zip(kinds, counts, strict=True)) == {kind: str(counted[kind] or "") for kind in kinds}


#: Comes by addresses that were edited by hand, or are of an older page; then resets.
WRONG = """
<script>
{
  const state = () => ({
    hash: location.hash,
    message: document.getElementById("explorer-message").textContent,
    rows: document.querySelectorAll("#explorer-values tbody tr").length,
    wrong: document.getElementById("explorer-message").classList.contains("wrong"),
  });
  const addresses = [
    "T=abc&d=&sigma=-1&n=1e9&k=0&show=Nothing&design=neither&scale=cubic",
    "T=5&d=32&sigma=1&n=3.4&show=Replace",
    "T=1e999&d=1000000000&n=NaN&task=nobody&%E0%A4%A=1",
    "T=50&d=10&n=3&show=Replace;SlidingWindow(k)&k=99&temperature=2&design=fresh&scale=log",
  ];
  const found = addresses.map((address) => {
    history.replaceState(null, "", `#explorer?${address}`);
    window.dispatchEvent(new Event("hashchange"));
    return state();
  });
  document.getElementById("explorer-reset").click();
  document.title = JSON.stringify([...found, state()]);
}
</script>"""


def test_no_address_breaks_the_explorer(tmp_path):
    dom, messages = browse(text().replace("</body>", WRONG + "</body>"), tmp_path)
    assert messages == []
    found = json.loads(html.unescape(re.findall("<title>(.*?)</title>", dom)[0]))
    assert len(found) == 5
    assert not any(state["wrong"] for state in found)
    assert all(state["rows"] > 0 for state in found)
    words, few, large, old, reset = ([*parse_qsl(state["hash"].partition("?")[2])] for state in found)
    usual = {"T": "100", "d": "32", "sigma": "1", "n": "20", "k": "3"}
    assert usual.items() - {("n", "20"), ("k", "3")} <= dict(words).items()
    assert dict(words)["n"] == "100"
    assert dict(words)["k"] == "2"
    assert dict(words)["show"] == "Replace;Accumulate"
    assert dict(words)["design"] == "both"
    assert (dict(few)["T"], dict(few)["n"]) == ("5", "3")  # rows fewer than features
    assert dict(large).items() >= (usual | {"d": "1000000000"}).items()  # the largest that is taken; T is as at first
    assert dict(old).items() >= {"T": "50", "k": "10", "temperature": "2", "bias": "0", "scale": "log"}.items()
    assert reset == []
    assert found[-1]["hash"] == "#explorer"
    assert found[-1]["rows"] == 4
