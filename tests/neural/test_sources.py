"""`python -m neural.sources`: how to get real data, and whether what is there is what it should be."""

import hashlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from neural import sources
from neural.__main__ import parser
from neural.sources import SOURCES, Source, dictionary, main

ROOT = Path(__file__).parents[2]

IDX = "train-images-idx3-ubyte.gz"

#: One of two files, a byte each.
PAIR = Source("Pair", "two files", "MIT", ("get {folder}",), "vae WORKFLOW", sources._matching("*/*.txt"), {})


def test_each_has_what_one_needs_to_know(capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "biotite", None)
    assert main([str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    blocks = re.split(r"^(?=\w)", printed, flags=re.MULTILINE)[1:]
    assert [block.partition(":")[0] for block in blocks] == [source.name for source in SOURCES]
    for block in blocks:
        assert re.search(r"^  licence: \S", block, flags=re.MULTILINE)
        assert re.search(r"^  get:     \S", block, flags=re.MULTILINE)
        assert re.search(r"^  SHA-256: [0-9a-f]{64} \(\S+ \S+\)$", block, flags=re.MULTILINE)
        assert block.rstrip().endswith("  missing")
        assert "{" not in block


@pytest.mark.parametrize("source", SOURCES, ids=[source.name for source in SOURCES])
def test_its_options_are_those_of_the_command_line(source):
    words = shlex.split(source.use.format(folder="data").replace("WORKFLOW", "accumulate"))
    options = parser().parse_args([*words, "--run-dir", "runs/real"])
    assert options.kind == words[0]
    assert options.data in ("idx", "ccd", "text")


def test_what_is_looked_for_is_what_is_read(tmp_path):
    """Where a source's files are found is where its own command line reads them."""
    for source in SOURCES:
        words = shlex.split(source.use.format(folder=tmp_path).replace("WORKFLOW", "replace"))
        options = parser().parse_args([*words, "--run-dir", "runs/real"])
        if options.data == "ccd":
            continue  # it is read where biotite is
        path = Path(options.file.replace("*", "a")) if options.data == "text" else Path(options.folder, IDX)
        path.parent.mkdir(parents=True)
        path.touch()
        assert source.find(tmp_path) == [path]
        assert all("{folder}" in line for line in source.get)


def test_files_are_told_by_their_content(tmp_path):
    first = hashlib.sha256(b"ab").hexdigest()
    source = Source(**{**vars(PAIR), "checksums": {"package 1": "0" * 64, "package 2": first}})
    assert source.state(tmp_path) == "missing"
    for folder, name, content in (("x", "1.txt", "a"), ("y", "0.txt", "b"), ("y", "other", "c")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text(content)
    assert source.state(tmp_path) == "there, package 2"
    (tmp_path / "y" / "0.txt").write_text("B")
    assert source.state(tmp_path) == f"differs: its SHA-256 is {hashlib.sha256(b'aB').hexdigest()}"


def test_a_source_that_differs_is_an_error(capsys, tmp_path, monkeypatch):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "1.txt").write_text("a")
    changes = {"checksums": {"package 1": hashlib.sha256(b"a").hexdigest()}}
    missing = Source(**{**vars(PAIR), "find": sources._matching("nothing")})
    monkeypatch.setattr(sources, "SOURCES", (missing, Source(**{**vars(PAIR), **changes}), missing))
    assert main([str(tmp_path)]) == 0
    assert "  there, package 1" in capsys.readouterr().out
    (tmp_path / "x" / "1.txt").write_text("b")
    assert main([str(tmp_path)]) == 1
    assert "  differs: " in capsys.readouterr().out


def test_a_mistake_is_one_line(capsys):
    assert main(["--folder", "data"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "python -m neural.sources: needs a folder, or nothing; got --folder data.\n"


def test_neither_jax_nor_any_extra_is_loaded():
    """It is asked for before anything is installed for it."""
    code = "import sys; from neural import sources; sources.main(['nowhere']); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.splitlines()[-1].split())
    assert not loaded & {"jax", "rdkit", "biotite", "numpy"}


def test_biotites_own_dictionary_is_one_of_those_that_are_known():
    pytest.importorskip("biotite", reason="biotite is an extra, which make installs")
    path = dictionary()
    assert path is not None
    (source,) = (source for source in SOURCES if source.use.endswith("--data ccd"))
    assert source.state(Path("nowhere")).startswith("there, biotite")


def test_a_biotite_without_its_dictionary_has_none(tmp_path, monkeypatch):
    (source,) = (source for source in SOURCES if source.use.endswith("--data ccd"))
    for path in (None, tmp_path / "components.bcif"):
        monkeypatch.setattr(sources, "dictionary", lambda path=path: path)
        assert source.state(tmp_path) == "missing"


def test_make_and_the_readme_say_where_to_look():
    recipe = (ROOT / "Makefile").read_text().partition("\ndata:")[2].partition("\n\n")[0]
    assert "-m neural.sources" in recipe
    readme = " ".join((ROOT / "neural/README.md").read_text().split())
    assert "python -m neural.sources" in readme
    for source in SOURCES:
        assert source.name in readme
