"""The pages for a user's own data: their commands work, and their dry runs print what they say."""

import re
from pathlib import Path

import equinox as eqx
import jax
import pytest

from neural import dry_run
from neural.loop import begin
from neural.rehearsal import Rehearsal
from tests import own_data
from tests.helpers import command, write_image

FOLDER = Path(__file__).parents[2] / "neural"
PAGES = {name: (FOLDER / f"own_{name}.md").read_text() for name in ("texts", "images", "molecules")}

#: What cuts a command of a page in size.
CUTS = {
    "texts": "--preset smoke --vocabulary 100 --context 250 --stories 10 "
    " --seeds 1 --iterations 1 --check-every 2 --most-steps 4",
    "images": "--preset smoke --iterations 1 --check-every 2 --most-steps 4",
    "molecules": "--preset smoke --iterations 1 --steps 2 --cache {cache}",
}


def blocks(page, kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGES[page], flags=re.DOTALL)


def commands(page):
    return [line for body in blocks(page, "sh") for line in body.splitlines()]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with few data of each kind."""
    own_data.write(tmp_path, texts=40, images=20, molecules=12)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def words(line):
    python, m, neural, rest = line.split(maxsplit=3)
    assert (python, m, neural) == ("python", "-m", "neural")
    return rest


@pytest.mark.parametrize("page", [*PAGES])
def test_a_page_begins_with_a_dry_run_and_goes_on_with_what_it_is_of(page):
    dry, run, other = commands(page)
    assert dry == f"{run} --dry-run"
    assert other == run.replace(" accumulate ", " replace ") + "-replace"


@pytest.mark.slow
@pytest.mark.parametrize("page", [*PAGES])
def test_its_commands_work(page, here, capsys):
    for line in commands(page):
        budget = CUTS[page].format(cache=here / "cache")
        ran = command(capsys, "neural", f"{words(line)} {budget}")
        assert ran.status == 0, ran.err
        assert ran.out
    kind, *_ = words(commands(page)[0]).split()
    assert {path.name for path in (here / "runs").iterdir()} == {page, f"{page}-replace"}, kind


def without_a_step(learner, workflow, plan, training):
    """What is known of a model before it is trained."""
    models = begin(plan.keys_for(1, "initialise"), learner, training).models
    weights = sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(models, eqx.is_inexact_array)))
    return Rehearsal(1, (1.0, 1.0), 1.0, 1.0, 1.0, 1.0, weights // plan.seeds, 1.0, 1, 1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("page", [*PAGES])
def test_its_dry_run_prints_what_it_says(page, here, monkeypatch, capsys):
    monkeypatch.setattr(dry_run, "rehearse", without_a_step)
    own_data.write(here)
    ran = command(capsys, "neural", words(commands(page)[0]))
    assert ran.status == 0, ran.err
    (said,) = blocks(page, "text")
    printed, told = (
        [line for line in text.splitlines() if not line.startswith(("time:", "disk:"))] for text in (ran.out, said)
    )
    assert printed == told


def test_photographs_of_several_sizes_are_made_alike(here, monkeypatch, capsys):
    monkeypatch.setattr(dry_run, "rehearse", without_a_step)
    for number, (size, mode) in enumerate([((80, 60), "RGB"), ((60, 90), "L"), ((70, 70), "RGBA")] * 4):
        shade = 20 * min(number, 8)
        write_image(here / "photos" / f"{number}.png", size, mode, shade if mode == "L" else (200, shade, 50))
    vae = f"vae replace --preset smoke --data folder --size 16 --run-dir {here / 'run'} --dry-run --folder"
    told = command(capsys, "neural", f"{vae} photos").err
    assert "8 of 12 images are not of 80 x 60 RGB pixels, as 4 are; make all images alike" in told
    for path in (here / "images").iterdir():
        path.unlink()
    (program,) = blocks("images", "python")
    exec(program, {})
    ran = command(capsys, "neural", f"{vae} images")
    assert ran.status == 0, ran.err
    assert "12 found, 10 to train on and 2 held out" in ran.out
    # a few are copies, once they are made alike
    assert "of the images" in ran.out


@pytest.mark.parametrize("page", [*PAGES])
def test_every_option_that_it_names_is_one(page, capsys):
    kind = words(commands(page)[0]).split()[0]
    shown = command(capsys, "neural", f"{kind} replace --help").out
    options = set(re.findall(r"--[a-z][a-z-]+", PAGES[page]))
    assert len(options) > 8
    assert options <= {*re.findall(r"--[a-z][a-z-]+", shown)}
