"""`make docs`: every public name has a page, no link is dead, and nothing comes from the network."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.helpers import as_a_user

ROOT = Path(__file__).parents[1]


class Page(HTMLParser):
    """The places of a page, its links with their words, and what a browser loads for it."""

    def __init__(self, path):
        super().__init__()
        self.places, self.links, self.loaded = set(), [], []
        self.inside = False
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        of = dict(attrs)
        self.places.add(of.get("id"))
        if tag == "a":
            self.inside = True
            self.links.append((of.get("href"), ""))
        else:
            self.loaded += [of[name] for name in ("href", "src") if name in of]

    def handle_data(self, data):
        if self.inside:
            link, words = self.links.pop()
            self.links.append((link, words + data))

    def handle_endtag(self, tag):
        if tag == "a":
            self.inside = False


def target(path, link):
    """The file that a link on a page leads to, and the place there."""
    file, _, place = unquote(link).partition("#")
    return (path.parent / file).resolve() if file else path, place


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    pytest.importorskip("pdoc", reason="make docs installs pdoc")
    out = tmp_path_factory.mktemp("docs").resolve()
    command = [sys.executable, "-m", "tests.docs", "--out", out]
    done = subprocess.run(command, cwd=ROOT, env=as_a_user(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{out}/index.html\n", "")
    return {path: Page(path) for path in out.rglob("*.html")}


@pytest.mark.slow
def test_no_link_is_dead_and_nothing_is_loaded_from_elsewhere(pages):
    for path, page in pages.items():
        for link, _ in page.links:
            if link is not None and not link.startswith("https://"):
                file, place = target(path, link)
                assert file.is_file(), (path, link)
                assert not place or place in pages[file].places, (path, link)
        assert not [link for link in page.loaded if link.startswith(("http", "//"))], path


@pytest.mark.slow
@pytest.mark.parametrize("package", ["theory", "sim", "neural"])
def test_every_public_name_has_a_page(pages, package):
    names = set(re.findall(r"\b(\w+) as \1\b", (ROOT / package / "__init__.py").read_text()))
    assert len(names) >= 8
    (path,) = (path for path in pages if path.name == f"{package}.html" and path.parent.name.startswith("docs"))
    led = {words: target(path, link) for link, words in pages[path].links if link and words in names}
    assert set(led) == names
    for name, (file, place) in led.items():
        assert file in pages, name
        assert place.endswith(name) or file.stem == name
