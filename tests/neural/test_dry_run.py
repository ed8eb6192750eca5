"""A dry run says what the run that follows does: rows, weights, steps, disk; it is refused alike, and keeps nothing."""

import json
from dataclasses import replace

import numpy as np
import pytest

from neural import __main__ as command_line, dry_run as of_dry_runs
from neural.__main__ import KINDS
from neural.convergence import Converged
from neural.directory import models_measured
from neural.dry_run import Chains, _duration, _short, _size, described
from neural.language.configuration import PRESETS
from neural.rehearsal import Rehearsal, rehearse
from tests import own_data
from tests.helpers import command, refused
from theory import Accumulate, FreshReal, Generator, Replace

MIXTURE = "own accumulate --learner tests.examples.own_learner:Mixture --preset smoke --rows 60"


@pytest.fixture
def data(tmp_path):
    own_data.write(tmp_path / "data", texts=40, images=30, molecules=16)
    return tmp_path / "data"


def numbers_in(path):
    """How many numbers the arrays behind the header of a model's file hold."""
    found = 0
    with path.open("rb") as file:
        file.readline()
        while file.peek(1):
            found += np.load(file).size
    return found


#: A command line, and what it has to say of its rows and steps.
RUNS = {
    "own by passes": (f"{MIXTURE} --epochs 2 --seeds 3 --iterations 3", [60, 120, 180], [12, 24, 36]),
}
SLOW = {
    "own": (MIXTURE, [60, 120], [20, 20]),
    "other sizes": (f"{MIXTURE} --sizes 1,1/2,2", [60, 90], [20, 20]),
    "edited": (f"{MIXTURE} --edited 1/5".replace("accumulate", "replace"), [60, 60], [20, 20]),
    "until converged": (
        f"{MIXTURE} --until converged --check-every 5 --patience 2 --most-steps 60 --iterations 1",
        [60],
        [60],
    ),
    "texts": (
        "transformer replace --preset smoke --data text --file {data}/texts.txt --vocabulary 100 --context 250 "
        "--stories 8 --seeds 1",
        [8, 8],
        [1, 1],
    ),
    "images": ("vae accumulate --preset smoke --data folder --folder {data}/images", [24, 48], [20, 20]),
    "molecules": (
        "diffusion replace --preset smoke --data file --file {data}/molecules.smi --per-molecule 1 --cache {data}/c "
        "--test-molecules 5",
        [11, 11],
        [20, 20],
    ),
}


@pytest.mark.parametrize(
    ("line", "rows", "steps"),
    [*RUNS.values(), *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW.values())],
    ids=[*RUNS, *SLOW],
)
def test_what_it_says_is_what_the_run_does(line, rows, steps, data, tmp_path, capsys, monkeypatch):
    rehearsed = []
    monkeypatch.setattr(of_dry_runs, "rehearse", lambda *asked: rehearsed.append(rehearse(*asked)) or rehearsed[0])
    path = tmp_path / "run"
    line = f"{line.format(data=data)} --run-dir {path}"
    before = sorted(tmp_path.rglob("*"))
    dry = command(capsys, "neural", f"{line} --dry-run --json")
    assert dry.status == 0, dry.err
    assert [found for found in sorted(tmp_path.rglob("*")) if found not in before and "/c" not in str(found)] == []
    said = dry.json
    assert (said["training_rows"], said["steps"]) == (rows, steps)
    assert said["rows"]["T"] == rows[0]
    assert 0 < said["seconds"][0] <= said["seconds"][1]
    assert 0 < said["seconds_per_step"][0] <= said["seconds_per_step"][1]

    ran = command(capsys, "neural", f"{line} --json")
    assert ran.status == 0, ran.err
    kept = json.loads((path / "configuration.json").read_text())
    chunk = min(20, kept["chunk"])  # three of them are timed at most, and fewer where they take long
    assert "converged" in line or said["timed_steps"] in (chunk, 2 * chunk, 3 * chunk)
    assert said["iterations"] == kept["iterations"] == len(ran.json["test_loss"])
    assert said["seeds"] == kept["seeds"]
    assert said["models"] == kept["iterations"] * kept["seeds"]
    assert said["weights"] * said["seeds"] == numbers_in(path / "models" / "model-1.eqx")
    for model, count in enumerate(said["sampled_rows"], 1):
        assert np.load(path / "pools" / f"synthetic-{model}.npy").shape[:2] == (said["seeds"], count)
    assert np.load(path / "pools" / "real-1.npy").shape[:2] == (said["seeds"], rows[0])
    (tried,), pool = rehearsed, np.load(path / "pools" / "synthetic-1.npy")
    assert tried.row == pool[0, 0].nbytes
    assert tried.model == 4 * numbers_in(path / "models" / "model-1.eqx")
    # Adam remembers two numbers a weight, and each seed's how many steps there were
    assert "converged" in line or tried.fit == 3 * tried.model + 4 * said["seeds"]
    losses = [row.split(",") for row in (path / "training.csv").read_text().splitlines()[1:]]
    for iteration, (fewest, most) in enumerate(zip(said["fewest_steps"], steps, strict=True), 1):
        done = max(int(row[1]) for row in losses if int(row[0]) == iteration)
        assert fewest <= done <= most
        assert (fewest < most) == ("converged" in line)
    there = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    assert there < said["disk_bytes"] < 2 * there + 100_000


@pytest.fixture
def untried(monkeypatch):
    """No step is done."""
    monkeypatch.setattr(of_dry_runs, "rehearse", lambda *_: TRIED)


@pytest.mark.usefixtures("untried")
def test_rows_left_out_are_counted_by_reason_with_an_example(data, tmp_path, capsys):
    small = ["CCO ethanol", "NCC(=O)O glycine", "CC(C)O isopropanol", "CCCN propylamine"]
    (data / "molecules.smi").write_text("\n".join([*small, "C(C broken", "C(( worse", "C" * 40, small[0]]))
    line = (
        f"diffusion replace --preset smoke --data file --file {data / 'molecules.smi'} --per-molecule 2 --cache "
        f"{data / 'c'} --test-molecules 1 --run-dir {tmp_path / 'run'} --dry-run"
    )
    said = command(capsys, "neural", f"{line} --json").json
    assert [(each["count"], each["what"]) for each in said["left_out"]] == [
        (2, "more than the --per-molecule 2 of one molecule"),
        (2, "does not parse as SMILES"),
        (1, "has more atoms than --max-atoms 18"),
    ]
    assert said["left_out"][0]["example"] == "line 8, ethanol"
    assert "line 5, broken: does not parse" in said["left_out"][1]["example"]
    assert said["left_out"][2]["example"].startswith("line 7, CCC")
    assert said["rows"] == {"found": 8, "to_train_on": 6, "held_out": 2, "left_out": 5, "T": 6, "collected": 6}


@pytest.mark.usefixtures("untried")
def test_copies_are_counted_and_kept(tmp_path, capsys):
    texts = [f"the cat sat on mat {n}" for n in range(20)]
    path = tmp_path / "texts.txt"
    path.write_text("\n\n".join([texts[3], texts[3], *texts[:18], texts[3], texts[3], texts[17], texts[0]]))
    line = f"transformer replace --preset smoke --data text --file {path} --vocabulary 40 --run-dir {tmp_path / 'run'}"
    said = command(capsys, "neural", f"{line} --dry-run --json").json
    # 4 of 24 are held out: the last ones
    assert said["rows"] == {"found": 24, "to_train_on": 20, "held_out": 4, "left_out": 0, "T": 20, "collected": 20}
    assert [(each["count"], each["what"]) for each in said["remarks"]] == [
        (2, "of the texts to train on equal another one and are kept"),
        (4, "of the 4 texts held out are trained on too, so that the test loss is too low"),
    ]
    apart = tmp_path / "apart.txt"
    apart.write_text("\n\n".join([texts[19], texts[17]]))
    said = command(capsys, "neural", f"{line} --dry-run --test-file {apart} --test-stories 2 --json").json
    assert [(each["count"], each["what"][:24]) for each in said["remarks"]] == [
        (6, "of the texts to train on"),
        (1, "of the 2 texts held out "),
    ]
    ran = command(capsys, "neural", f"{line} --dry-run")
    sizes = "--stories 20 (not 32), --test-stories 4 (not 20)"
    assert f"transformer: as many as these data allow: {sizes}\n" in ran.err
    printed = ran.out
    assert f"note:     {path}: 4 of the 4 texts held out are trained on too" in printed


@pytest.mark.slow
def test_what_is_there_is_said_and_left_alone(tmp_path, capsys, monkeypatch):
    path = tmp_path / "run"
    line = f"{MIXTURE} --iterations 1 --run-dir {path}"
    assert "where nothing is yet" in command(capsys, "neural", f"{line} --dry-run").out
    assert command(capsys, "neural", line).status == 0
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    assert models_measured(path) == 1
    assert f"{path} holds a run already; --resume goes on" in command(capsys, "neural", f"{line} --dry-run").out
    more = f"{line.replace('--iterations 1', '--iterations 3')} --resume --dry-run"
    said = command(capsys, "neural", f"{more} --json").json
    assert (said["models_measured"], said["iterations"]) == (1, 3)
    assert "where a run is, with 1 of 3 models measured" in said["folder"]
    monkeypatch.setattr(command_line, "models_measured", lambda _: 7)  # of a longer one
    other = command(capsys, "neural", f"{line} --resume --seed 5 --dry-run --json").json
    assert "holds a run of another configuration (seed: there 0, now 5)" in other["folder"]
    assert (other["models_measured"], other["iterations"]) == (1, 1)
    assert {file: file.read_bytes() for file in path.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"{MIXTURE} --epochs 1 --steps 1", "give --epochs or --steps, not both"),
        (f"{MIXTURE} --accept nowhere:near", "there is no module nowhere"),
        (f"{MIXTURE} --until converged --validation 0.001", "holds 0 of 60 rows out of the training set"),
        ("transformer replace --preset smoke --data text --file {data}/none", "No such file"),
        (
            "transformer replace --preset smoke --data text --file {data}/texts.txt --vocabulary 100 --stories 33",
            "33 in all, and there are 20 to train on",
        ),
        (
            "vae replace --preset smoke --data folder --folder {data}/images --images 30 --test-images 5",
            "use fewer --images",
        ),
    ],
)
def test_it_is_refused_where_the_run_would_be(line, message, data, tmp_path, capsys):
    line = f"{line.format(data=data)} --context 250" if "transformer" in line else line.format(data=data)
    for more in ("", " --dry-run"):
        ran = command(capsys, "neural", f"{line} --run-dir {tmp_path / 'run'}{more}")
        refused(ran, "python -m neural", message)
    assert not (tmp_path / "run").exists()


TRIED = Rehearsal(60, (0.5, 2.0), 10.0, 3.0, 7.0, 1.0, weights=9, row=8.0, model=1, fit=2, shown=5)


def test_the_time_is_that_of_what_is_left():
    plan = replace(PRESETS["smoke"].plan, T=30, sample_batch=40, iterations=3, seeds=2)  # 20 rows at once: two parts
    chains = Chains(Accumulate(), plan, replace(PRESETS["smoke"].training, chunk=4), [10, 20, 30])
    after = 3 * (2 * 10 + 3 + 1.5 * 7)
    assert chains.seconds(TRIED, done=0, watch=False) == (60 * 0.5 + after, 60 * 2.0 + after)
    assert chains.seconds(TRIED, done=2, watch=False) == (30 * 0.5 + after / 3, 30 * 2.0 + after / 3)
    looks = (3 + 5 + 8) * 3
    assert chains.seconds(TRIED, done=0, watch=True) == (30 + after + looks, 120 + after + looks)
    assert chains.seconds(TRIED, done=2, watch=True) == (15 + after / 3 + 8 * 3, 60 + after / 3 + 8 * 3)
    until = replace(chains.training, until=Converged(0.1, 2, 1, 30), epochs=None, batch_size=5)
    chains = Chains(Accumulate(), plan, until, [30, 30, 30])
    # of 30, 60 and 90 rows 3, 6 and 9 are held out and read four times, in 3, 5 and 8 batches, every second step
    assert chains.fewest == [6, 6, 6]
    assert chains.seconds(TRIED, done=0, watch=False) == (
        (18 + 0.25 * 3 * (3 + 5 + 8)) * 0.5 + after,
        (90 + 15 * (3 + 5 + 8)) * 2.0 + after,
    )


def test_the_disk_is_that_of_pools_models_and_lines():
    plan = replace(PRESETS["smoke"].plan, T=30, iterations=3, seeds=2)
    chains = Chains(Accumulate(), plan, replace(PRESETS["smoke"].training, chunk=4), [10, 20, 30])
    # real(1) and three pools of 30 rows of 8 bytes, and the next one half done; a fit half done; a model, a sample and
    # 20 headers an iteration; a line of 48 bytes for each chunk and 50 for metrics: of both seeds
    lines = (3 + 50) + (5 + 50) + (8 + 50)
    assert chains.disk(TRIED) == 2 * (30 + 90 + 30) * 8 + 2 + 3 * (1 + 5 + 20 * 200) + 2 * lines * 48
    # what is sampled lies beside what comes of it
    edited = replace(chains, workflow=Replace(), plan=replace(plan, generator=Generator(edited="1/5")))
    assert edited.disk(TRIED) - replace(chains, workflow=Replace()).disk(TRIED) == 2 * 90 * 8
    # real data of every iteration are kept
    assert replace(chains, workflow=FreshReal()).disk(TRIED) - chains.disk(TRIED) == 2 * 2 * 30 * 8


@pytest.mark.parametrize(
    ("told", "value", "text"),
    [
        (_size, 1234, "1.2 kB"),
        (_size, 999_999, "1,000.0 kB"),
        (_size, 1_000_000, "1.0 MB"),
        (_size, 1_000_000_000, "1.0 GB"),
        (_size, 1_234_500_000_000, "1,234.5 GB"),
        (_short, 0.0123, "12 ms"),
        (_short, 0.1234, "120 ms"),
        (_short, 0.9, "900 ms"),
        (_short, 1.0, "1 s"),
        (_short, 1.26, "1.3 s"),
        (_short, 1234.0, "1,200 s"),
        (_duration, 0.2, "1 seconds"),
        (_duration, 89.4, "89 seconds"),
        (_duration, 90.0, "1.5 minutes"),
        (_duration, 594.0, "9.9 minutes"),
        (_duration, 600.0, "10 minutes"),
        (_duration, 5399.0, "90 minutes"),
        (_duration, 5400.0, "1.5 hours"),
        (_duration, 36_000.0, "10 hours"),
        (_duration, 3_600_000.0, "1,000 hours"),
    ],
)
def test_sizes_and_times_are_told_in_units_that_suit_them(told, value, text):
    assert told(value) == text


@pytest.mark.usefixtures("untried")
def test_many_passes_are_advised_against(tmp_path, capsys):
    def said(more):
        return command(capsys, "neural", f"{MIXTURE} --run-dir {tmp_path / 'run'} --dry-run --json {more}").json

    # batches of 10 out of 60 rows
    few, many = said("--steps 600"), said("--steps 606")
    assert (few["passes"], few["advice"]) == (100, None)
    assert many["passes"] == 101
    assert "--until converged" in many["advice"]
    until = said("--until converged --most-steps 1200")
    assert (until["passes"], until["advice"]) == (200, None)
    assert (until["steps_of_chain"], until["steps"]) == (2400, [1200, 1200])  # at most


@pytest.mark.usefixtures("untried")
def test_what_the_iterations_differ_in_is_of_each(tmp_path, capsys):
    def said(line):
        return command(capsys, "neural", f"{line} --run-dir {tmp_path / 'run'} --dry-run --json").json

    fresh = said(MIXTURE.replace("accumulate", "fresh-real"))
    assert (fresh["rows"]["T"], fresh["rows"]["collected"]) == (60, 120)  # at both
    edited = said(f"{MIXTURE.replace('accumulate', 'replace')} --edited 1/2 --fading 1/3 --iterations 3")
    assert edited["edited"] == ["1/2", "1/6", "1/18"]
    # a first fit of its own is the run's, and not of what it is held against
    own = said("transformer replace --preset smoke --first-steps 3 --distance --most-steps 500")
    assert (own["steps"], own["distance_steps"]) == ([3, 4], 500)
    told = [own[name] for name in ("model", "workflow", "data", "preset", "run_dir")]
    assert told == ["transformer", "replace", "grammar", "smoke", str(tmp_path / "run")]


def test_a_person_reads_it():
    rows = {"found": 1500, "to_train_on": 1200, "held_out": 300, "left_out": 2, "T": 400, "collected": 1200}
    report = {
        "model": "vae",
        "data": "folder",
        "workflow": "fresh-real",
        "rows": rows,
        "left_out": [{"source": "photos", "count": 2, "what": "broken", "example": "a.png is empty"}],
        "remarks": [{"source": "photos", "count": 1, "what": "of the images equal another one", "example": ""}],
        "iterations": 3,
        "seeds": 2,
        "models": 6,
        "weights": 12345,
        "training_rows": [400, 800, 800],
        "sampled_rows": [400, 200, 400],
        "edited": None,
        "steps": [500, 500, 500],
        "fewest_steps": [100, 100, 100],
        "passes": 1234.4,
        "advice": "stop early",
        "distance_steps": 700,
        "verifier": "mine:good",
        "disk_bytes": 12_340_000,
        "timed_steps": 60,
        "seconds_per_step": [0.0123, 1.5],
        "seconds": [42.4, 4000.0],
        "folder": "runs/a, where nothing is yet",
    }
    assert described(report).splitlines() == [
        "dry run of vae on folder, fresh-real: nothing is kept",
        "rows:     1,500 found, 1,200 to train on and 300 held out; T = 400 real ones are trained on, 1,200 in all "
        "iterations",
        "left out: photos: 2 broken, for example a.png is empty",
        "note:     photos: 1 of the images equal another one",
        "models:   3 iterations × 2 seeds = 6, of 12,345 weights each",
        "training: 400 to 800 rows a model, 100 to 500 steps a fit, 300 to 1,500 a chain; the first model reads "
        "each row at most 1,234 times",
        "sampling: 200 to 400 rows a model, all of the next pool",
        "advice:   stop early",
        "distance: one more fit of model 1, until converged, of at most 700 steps",
        "disk:     12.3 MB at most",
        "time:     42 seconds to 67 minutes, by 60 steps timed after compilation, 12 ms to 1.5 s each",
        "          and what mine:good refuses is sampled anew, which takes more",
        "results:  runs/a, where nothing is yet",
    ]
    kept = described({**report, "edited": ["1/5", "1/10", "1/20"]})
    assert "rows a model; each is in the next pool by chance, 1/5, 1/10, 1/20, or the row before it" in kept
    longer = described({**report, "seconds": [8000.0, 800_000.0]})
    assert "time:     2.2 hours to 222 hours, by" in longer
    endless = {**report, "rows": dict.fromkeys(rows) | {"T": 60, "collected": 60}}
    sure = described({**report, "fewest_steps": report["steps"], "advice": None})
    assert "500 steps a fit, 1,500 a chain; the first model reads each row 1,234 times\nsampling:" in sure
    assert "all of the next pool\ndistance:" in sure
    assert "rows:     as many as are needed; T = 60 real ones are trained on\n" in described(endless)


@pytest.mark.usefixtures("untried")
def test_a_verifier_and_a_distance_are_part_of_it(tmp_path, capsys):
    line = (
        f"{MIXTURE} --steps 8 --accept tests.neural.test_hooks:near --distance --most-steps 400 --run-dir {tmp_path}/r"
    )
    said = command(capsys, "neural", f"{line} --dry-run --json").json
    assert (said["verifier"], said["distance_steps"]) == ("tests.neural.test_hooks:near", 400)
    assert said["fewest_steps"] == said["steps"] == [8] * said["iterations"]  # of the run itself
    alone = f"{line.replace('--distance --most-steps 400', '')} --dry-run --json"
    shorter, watched = (command(capsys, "neural", f"{alone}{more}").json for more in ("", " --watch"))
    assert shorter["distance_steps"] is None
    # compilation, two fits of eight steps, and of each model a part sampled and both measured
    assert shorter["seconds"] == [1 + 2 * (8 * 0.5 + 10 + 3 + 7), 1 + 2 * (8 * 2.0 + 10 + 3 + 7)]
    # a look at the held-out rows after the one chunk of each of two fits
    assert [after - before for before, after in zip(shorter["seconds"], watched["seconds"], strict=True)] == [6, 6]
    # of one model and both seeds: real and sampled rows, a fit, files of a model, and lines of 40 chunks and metrics
    rows = 2 * (60 + 60 + 60) * 8
    assert said["disk_bytes"] - shorter["disk_bytes"] == rows + 2 + (1 + 5 + 20 * 200) + 2 * (40 + 50) * 48
    # one fit of 400 steps, four looks at 6 held-out rows, each four times in batches of 10, and one model measured
    least, most = (after - before for before, after in zip(shorter["seconds"], said["seconds"], strict=True))
    assert least == 400 * 0.5 + 0.25 * 4 * 3 * 0.5 + 10 + 3 + 7
    assert most == 400 * 2.0 + 4 * 3 * 2.0 + 10 + 3 + 7
    # which is still to be done where the run's own models are, and which nobody watches
    own = replace(KINDS["own"].presets["smoke"], data="tests.examples.own_learner:Mixture", most_steps=400)
    done = of_dry_runs.dry_run(own, Accumulate(), done=own.iterations, watch=True, distance=True)
    assert done["seconds"] == [1 + 400 * 0.5 + 0.25 * 4 * 2 * 0.5 + 20, 1 + 400 * 2.0 + 4 * 2 * 2.0 + 20]
