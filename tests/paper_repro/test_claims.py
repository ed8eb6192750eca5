"""The claims: each has a test, its verdict is recomputed, a wrong table flips it, and the command notices."""

import csv
import json
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paper_repro import verdicts
from paper_repro.claim import IN_SHAPE, LEFT_OPEN, NOT_TESTED, REFUTED, REPRODUCED, Claim, Fact, Quantity
from paper_repro.gerstgrasser2024 import language_claims, neural_claims, published, rises
from paper_repro.recorded import RECORDED, Missing
from paper_repro.registry import EXPERIMENTS, PAPERS
from sim.results import Results
from tests.helpers import command, judged
from theory.measurement import Measurement

KEYS = ["id", "statement", "where", "theirs", "ours", "standard_error", "verdict", "preset", "differs", "paper"]
BY_ID = {claim.id: claim for claim in verdicts.CLAIMS}


@pytest.fixture(scope="module")
def rows():
    return judged()


def test_every_claim_has_a_test_decided_before_looking():
    assert len(BY_ID) == len(verdicts.CLAIMS)
    # each paper's own tests have its bounds and published values written down a second time
    folders = {path.parent.name for path in Path(verdicts.__file__).parent.glob("*/paper.py")} - {"gerstgrasser2024"}
    assert len(folders) == len(PAPERS) - 1
    assert all(Path(__file__).with_name(f"test_{folder}.py").exists() for folder in folders)
    for claim in verdicts.CLAIMS:
        assert claim.statement
        assert re.search(r"\[[ANMD]\]", claim.where), claim.id
        assert claim.replicates >= 3
        assert isinstance(claim.quantities[0], Quantity)
        for quantity in claim.quantities:
            assert isinstance(quantity, Fact) or math.isfinite(quantity.above) or math.isfinite(quantity.below)
            assert quantity.test in claim.test
    # the bounds and seeds that went with the commit before the language models' tables
    assert (rises.RISES, rises.STAYS, language_claims.SEEDS) == (0.05, 0.02, 4)


def test_claims_on_networks_say_what_their_intervals_leave_out():
    for claim in neural_claims.NEURAL:
        assert claim.test.endswith(f"chains, which share {claim.shared}")
    assert BY_ID["vae-replace"].shared == "the 1,437 training and 360 test images"
    assert replace(BY_ID["vae-replace"], shared="").test.endswith("; 95% intervals over at least 3 chains")
    many = replace(BY_ID["vae-replace"], replicates=1500)
    assert many.test.endswith("over at least 1,500 chains, which share the 1,437 training and 360 test images")


#: Weights of our models, and of those that they stand for: by the start of a claim's name.
WEIGHTS = {
    "language-gpt2-9m": ("19,040", "8,890,880"),
    "language-llama2-12m": ("17,640", "12,488,960"),
    "language-llama2-42m": ("29,152", "41,755,136"),
    "language-llama2-126m": ("83,760", "125,553,408"),
    "language-largest": ("379,680", "12,488,960"),
    "shakespeare": ("524,448", "12,488,960"),
}


def test_stand_ins_are_told_beside_what_they_stand_for():
    for claim in verdicts.CLAIMS:
        told = re.findall(r"([\d,]+) weights for ([\d,]+);", claim.differs)
        named = [WEIGHTS[name] for name in WEIGHTS if claim.id.startswith(name)]
        # claims that name no model are on the smallest
        assert told in ([], named or [WEIGHTS["language-gpt2-9m"]]), claim.id
        assert told or not named, claim.id


def test_the_table_is_what_a_report_expects(rows):
    for row in rows:
        assert list(row) == KEYS
        assert row["verdict"] in (REPRODUCED, IN_SHAPE, REFUTED, LEFT_OPEN, NOT_TESTED)
        assert (row["ours"] is None) == (row["verdict"] == NOT_TESTED) == (row["standard_error"] is None)
        if row["verdict"] != REPRODUCED:
            assert row["differs"], row["id"]  # what differs, or the reason
    json.dumps(rows, allow_nan=False)


def test_kept_verdicts_follow_from_what_is_recorded(rows):
    assert verdicts.departures(rows) == []
    kept = json.loads(verdicts.VERDICTS.read_text())
    assert {row["id"] for row in rows if row["verdict"] != NOT_TESTED} == set(kept)


#: Of claims against which more than one of their quantities speaks, how many do.
OBJECTIONS = {
    "language-longer-replace": 2,
    "language-full-size-replace": 2,
    "forgetting-vae": 4,
    "kazdan-kernels-between": 2,
    "kazdan-kernels-first-step": 7,
    "mad-augmentation-doomed": 2,
    "strong-first-order": 2,
    "edit-constant": 2,
}


def test_as_many_quantities_speak_against_a_claim_as_did(rows):
    """A verdict alone would stay the same if another one did; and laws and proofs say what facts say, but for one."""
    said = {row["id"]: re.findall(f"({REFUTED}|{LEFT_OPEN}): ", row["differs"]) for row in rows}
    expected = {row["id"]: int(row["verdict"] in (REFUTED, LEFT_OPEN)) for row in rows} | OBJECTIONS
    assert {name: len(found) for name, found in said.items()} == expected
    assert [row["id"] for row in rows if "it does not hold that" in row["differs"]] == ["edit-constant"]


def test_no_verdict_of_an_interval_that_includes_its_refutation(rows):
    for row in rows:
        first = BY_ID[row["id"]].quantities[0]
        if row["verdict"] in (REPRODUCED, IN_SHAPE):
            assert isinstance(first, Quantity)
            # no fewer than two standard errors inside, whatever the degrees of freedom
            assert first.above < row["ours"] - 1.96 * row["standard_error"]
            assert row["ours"] + 1.96 * row["standard_error"] < first.below


def altered(name, change):
    """The recorded tables with rows of one changed; they lose their values by seed, which would say otherwise."""
    real = verdicts.recorded()

    def planted(row):
        new = change(row)
        return {**row, **({"by_seed": ""} if new else {}), **new}

    return lambda asked: [planted(row) for row in real(asked)] if asked == name else real(asked)


#: Claim, its table, what is planted there.
PLANTED = [
    ("linear-replace", "linear_claims", lambda row: {"mean": float(row["mean"]) ** 0.9}),
    ("linear-isotropy", "linear_isotropy", lambda row: {"mean": 1.1 * float(row["mean"])}),
    ("vae-replace", "vae", lambda row: {"mean": 0.01} if row["metric"] == "rise" else {}),
    ("language-gpt2-9m-replace", "language", lambda row: {"mean": 0.0} if row["metric"] == "rise" else {}),
    ("confound-steps-half", "language_steps", lambda row: {"mean": 9.0} if row["metric"] == "rise" else {}),
    # the same mean, too uncertain to say
    ("language-gpt2-9m-replace", "language", lambda row: {"standard_error": 1.0}),
]


@pytest.mark.parametrize(("name", "experiment", "change"), PLANTED)
def test_a_planted_table_flips_the_verdict(name, experiment, change, rows):
    before = next(row["verdict"] for row in rows if row["id"] == name)
    assert before in (REPRODUCED, IN_SHAPE)
    assert BY_ID[name].judge(altered(experiment, change))["verdict"] in (REFUTED, LEFT_OPEN)


def test_a_fact_that_does_not_hold_refutes():
    assert Fact("one is one", lambda: True).objection(Measurement(1.0)) == ""
    wrong = Fact("one is two", lambda: 1 == 2)
    assert wrong.objection(wrong.measure(verdicts.recorded())) == "refuted here: it does not hold that one is two"


def test_too_few_seeds_or_no_table_is_not_tested():
    few = BY_ID["language-gpt2-9m-replace"].judge(altered("language", lambda row: {"replicates": 3}))
    assert (few["verdict"], few["differs"]) == (NOT_TESTED, "language has 3 chains, the test needs 4")

    def nothing(name):
        raise Missing(f"no recorded result {name}")

    for claim in verdicts.CLAIMS:
        if claim.experiment is not None:
            assert claim.judge(nothing)["verdict"] == NOT_TESTED


def test_claims_are_judged_by_tables_of_todays_configurations_alone(tmp_path):
    """Of each folder that there are recorded tables in the table of one experiment."""
    for name in {entry.kept: name for name, entry in EXPERIMENTS.items()}.values():
        place, today = EXPERIMENTS[name].recorded()
        results = Results(tmp_path / place.relative_to(RECORDED), name)
        results.table.parent.mkdir(exist_ok=True)
        results.save(today, [{"mean": 1.0}], 0.0)
        assert verdicts.recorded(tmp_path)(name) == [{"mean": "1.0"}], name
        results.save({**today, "name": "as it was before"}, [{"mean": 1.0}], 0.0)
        with pytest.raises(Missing, match=f"no recorded result {name}"):
            verdicts.recorded(tmp_path)(name)


def test_a_claim_that_laws_judge_needs_no_table():
    def nothing(name):
        raise Missing(f"no recorded result {name}")

    def of(value):
        quantity = Quantity("a number", lambda tables: Measurement(value), above=1.0, below=2.0)
        return Claim("some", "something", "nowhere [D]", None, (quantity,), None)

    assert of(1.5).test == "a number above 1 and below 2; by laws alone"
    found = of(1.5).judge(nothing)
    assert (found["verdict"], found["ours"], found["standard_error"], found["preset"]) == (REPRODUCED, 1.5, 0.0, "")
    assert of(2.5).judge(nothing)["verdict"] == REFUTED
    assert of(2.5).judge(nothing)["differs"] == "refuted here: a number is 2.5, to be above 1 and below 2"
    (wide,) = of(1.5).quantities
    bounds = ((99.94, math.inf, "above 99.94"), (-math.inf, 2 / 3, "below 0.6667"))
    assert all(Quantity("", wide.measure, low, high).needs == told for low, high, told in bounds)
    told = "left open: a number in [1.7, 2.1], to be above 1 and below 2"
    assert wide.objection(Measurement(1.9, 0.1, math.inf)) == told
    assert replace(of(1.5), where="from memory [M]").judge(nothing)["verdict"] == IN_SHAPE


def test_verdicts_are_counted_the_commonest_first():
    rows: Any = [{"verdict": verdict} for verdict in (IN_SHAPE, REFUTED, REPRODUCED, REFUTED, REPRODUCED, REFUTED)]
    assert verdicts.counted(rows) == f"3 {REFUTED}, 2 {REPRODUCED}, 1 {IN_SHAPE}"


def test_diffusion_is_judged_once_its_table_is_there():
    """With the paper's own curves as a table of three seeds: all of its claims hold, and differ in the setting."""
    curves = {workflow: published.curve("diffusion", "GeoDiff", workflow) for workflow in ("replace", "accumulate")}
    table = [
        {
            "variant": "cpu",
            "workflow": workflow,
            "iteration": str(n),
            "metric": "rise",
            "mean": str(value / curve[0] - 1),
            "standard_error": "0.01",
            "replicates": "3",
        }
        for workflow, curve in curves.items()
        for n, value in enumerate(curve, 1)
    ]
    of_the_paper = [claim for claim in verdicts.CLAIMS if claim.experiment == "diffusion" and claim.theirs]
    found = [claim.judge(lambda name: table) for claim in of_the_paper]
    assert len(found) == 4
    for row in found:
        assert row["verdict"] == IN_SHAPE
        assert row["ours"] is not None
        assert row["theirs"] is not None
        np.testing.assert_allclose(row["ours"], row["theirs"])


@pytest.mark.slow
def test_the_command_notices_a_planted_table(tmp_path, monkeypatch, capsys):
    assert command(capsys, "paper_repro", "claims --json").status == 0
    folder = tmp_path / "results"
    shutil.copytree(RECORDED, folder, ignore=shutil.ignore_patterns(".*"))
    results = Results(folder, "vae")
    configuration = EXPERIMENTS["vae"].presets["cpu"].configuration
    planted = [
        row | ({"mean": "0.01", "by_seed": ""} if row["metric"] == "rise" else {})
        for row in results.load(configuration) or []
    ]
    results.save(configuration, planted, 0.0)
    real = verdicts.recorded
    monkeypatch.setattr(verdicts, "recorded", lambda: real(folder))
    ran = command(capsys, "paper_repro", "claims --json")
    assert ran.status == 1
    assert [list(row) for row in ran.json] == [KEYS] * len(verdicts.CLAIMS)
    assert "vae-replace: kept 'reproduced in shape', now 'left open'" in ran.err
    # a table that was changed by hand and does not fit its provenance counts as none
    results.table.write_text(results.table.read_text().replace("0.01", "0.02"))
    assert (
        "vae-replace: kept 'reproduced in shape', now 'not tested here'" in command(capsys, "paper_repro", "claims").err
    )


def test_verdicts_can_be_kept_anew(tmp_path, monkeypatch, capsys, rows):
    file = tmp_path / "claims.json"
    with pytest.raises(ValueError, match="keep them: python -m paper_repro claims --record"):
        verdicts.departures(rows, file)
    verdicts.keep(rows, file)
    assert verdicts.departures(rows, file) == []
    kept = json.loads(file.read_text())
    assert NOT_TESTED not in kept.values()
    file.write_text(json.dumps({**kept, "gone": REPRODUCED}))
    assert verdicts.departures(rows, file) == ["gone: kept 'reproduced', now None"]
    file.write_text("{}")
    tested = [row["id"] for row in rows if row["verdict"] != NOT_TESTED]
    assert [line.split(":")[0] for line in verdicts.departures(rows, file)] == tested != []
    file.write_text("[1")
    with pytest.raises(ValueError, match=r"claims\.json is damaged"):
        verdicts.departures(rows, file)


def test_forms_of_the_table(capsys, monkeypatch, rows):
    def kept(papers):
        return [row for row in rows if row["paper"] in {paper.arxiv for paper in papers}]

    monkeypatch.setattr(verdicts, "table", kept)
    lines = command(capsys, "paper_repro", "claims --markdown").out.splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 * len(PAPERS) + len(verdicts.CLAIMS)
    assert {line.count("|") for line in table} == {7}
    cells = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in table if not line.startswith(("| claim", "|--"))
    ]
    for (statement, where, theirs, ours, verdict, differs), row in zip(cells, rows, strict=True):
        assert (statement, where) == (row["statement"], row["where"])
        assert (verdict, differs) == (row["verdict"], row["differs"])
        for shown, value in ((theirs, row["theirs"]), (ours.partition(" ± ")[0], row["ours"])):
            assert shown == "–" if value is None else float(shown) == pytest.approx(value, rel=6e-3), row["id"]
    assert [line.split()[1] for line in lines if line.startswith("## ")] == [paper.arxiv for paper in PAPERS]
    blocks = re.findall(r"^(\S+): .*; theirs .*\n((?:  .*\n?)+)", command(capsys, "paper_repro", "claims").out, re.M)
    for (name, told), claim, row in zip(blocks, verdicts.CLAIMS, rows, strict=True):
        parts = {"claim": claim.statement, "where": claim.where, "test": claim.test, "differs": row["differs"]}
        assert (name, told.splitlines()) == (claim.id, [f"  {part:<8} {of}" for part, of in parts.items() if of])
    # a paper alone, in all forms
    for paper in PAPERS:
        names = [claim.id for claim in paper.claims]
        judged = command(capsys, "paper_repro", f"claims --paper {paper.arxiv} --json")
        assert judged.status == 0
        assert [row["id"] for row in judged.json] == names
        text = command(capsys, "paper_repro", f"claims --paper {paper.arxiv}").out
        assert text.startswith(f"{paper.arxiv} {paper.cited}, {paper.title}: ")
        assert [line.split(":")[0] for line in text.splitlines()[2:] if not line.startswith("  ")] == names


def test_the_command_says_both_numbers_keeps_verdicts_when_asked_and_notices(tmp_path, monkeypatch, capsys, rows):
    monkeypatch.chdir(tmp_path)
    own = [dict(row) for row in rows if row["paper"] == PAPERS[0].arxiv]
    monkeypatch.setattr(verdicts, "table", lambda papers: own)
    lines = command(capsys, "paper_repro", f"claims --paper {PAPERS[0].arxiv}").out.splitlines()
    assert not (tmp_path / "paper_repro").exists()
    for row in own:
        theirs, ours, error = (
            "–" if row[name] is None else f"{row[name]:.3g}" for name in ("theirs", "ours", "standard_error")
        )
        both = f"theirs {theirs}, ours {ours}" + f" ± {error}" * bool(row["standard_error"])
        assert f"{row['id']}: {row['verdict']}; {both}" in lines
    own[0]["verdict"] = LEFT_OPEN
    ran = command(capsys, "paper_repro", f"claims --paper {PAPERS[0].arxiv} --json --record")
    assert (ran.status, len(ran.err.splitlines())) == (1, 1)
    assert f"a kept verdict no longer follows: {own[0]['id']}: kept" in ran.err
    kept = json.loads((tmp_path / "paper_repro/results/claims.json").read_text())
    assert kept == {row["id"]: row["verdict"] for row in own if row["verdict"] != NOT_TESTED}


def test_verdicts_that_are_not_kept_or_damaged_are_said_to_be(tmp_path):
    file = tmp_path / "claims.json"
    with pytest.raises(ValueError, match="no verdicts are kept in") as caught:
        verdicts.departures([], file)
    assert str(caught.value).endswith(f"{file}; keep them: python -m paper_repro claims --record")
    for content in ("", "{", "5", "[5]", '["some"]'):
        file.write_text(content)
        with pytest.raises(ValueError, match="is damaged; restore it, or keep today's verdicts: --record") as caught:
            verdicts.departures([], file)
        assert str(caught.value).startswith(str(file))


def test_of_one_paper_alone_the_others_verdicts_are_left_as_they_are(tmp_path, rows):
    file = tmp_path / "claims.json"
    first, others = PAPERS[0], {claim.id for paper in PAPERS[1:] for claim in paper.claims}
    verdicts.keep(rows, file)
    own = [row for row in rows if row["paper"] == first.arxiv]
    planted = dict.fromkeys(others, "reproduced") | {own[0]["id"]: LEFT_OPEN}
    file.write_text(json.dumps({**json.loads(file.read_text()), **planted}))
    # a verdict of this paper that no longer follows is noticed, another paper's is not looked at
    assert verdicts.departures(own, file) == [f"{own[0]['id']}: kept {LEFT_OPEN!r}, now {own[0]['verdict']!r}"]
    verdicts.keep(own, file)
    assert verdicts.departures(own, file) == []
    # what is judged and was never kept is noticed too
    less = {name: verdict for name, verdict in json.loads(file.read_text()).items() if name != own[0]["id"]}
    (tmp_path / "less.json").write_text(json.dumps(less))
    assert verdicts.departures(own, tmp_path / "less.json") == [f"{own[0]['id']}: kept None, now {own[0]['verdict']!r}"]
    kept = json.loads(file.read_text())
    assert {name: kept[name] for name in others} == dict.fromkeys(others, "reproduced")
    # what cannot be tested now is kept no more, and noticed
    lost: list[Any] = [own[0] | {"verdict": NOT_TESTED}, *own[1:]]
    (noticed,) = verdicts.departures(lost, file)
    assert noticed.startswith(f"{own[0]['id']}: kept {own[0]['verdict']!r}, now 'not tested here'; its results are")
    verdicts.keep(lost, tmp_path / "lost.json")
    assert own[0]["id"] not in json.loads((tmp_path / "lost.json").read_text())
    # in the order of the claims, whatever was kept first
    assert list(kept) == [claim.id for claim in verdicts.CLAIMS if claim.id in kept]


def test_published_numbers_are_sane():
    rows = published.rows()
    places = [tuple(row[c] for c in ("figure", "model", "workflow", "iteration")) for row in rows]
    assert len(set(places)) == len(places)
    for row in rows:
        assert float(row["value"]) > float(row["read_error"]) > 0
        assert row["confidence"] in ("A", "N")
        assert row["source"]
    for theirs, _ in language_claims.PUBLISHED.values():
        figure = {w: published.curve("language_models", theirs, w) for w in ("replace", "accumulate")}
        assert figure["replace"][0] == figure["accumulate"][0]
        assert (np.diff(figure["replace"]) > 0).all()
        # Table 2 has the figure's values where it has any, to its two decimals and the reading
        for workflow, curve in figure.items():
            for iteration, value in published.values("table_2", theirs, workflow).items():
                if iteration <= 5:
                    assert abs(value - curve[iteration - 1]) <= 0.005 + 0.01
    with pytest.raises(KeyError, match="nothing is published"):
        published.values("language_models", "GPT-5", "replace")


@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.csv")), ids=lambda path: path.stem)
def test_rows_of_a_recorded_table_are_unique(path):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    measured = {"mean", "standard_error", "low", "high", "pixels", "words", "atoms", "bonds", "positions"}
    places = [tuple(value for column, value in row.items() if column not in measured) for row in rows]
    assert len(set(places)) == len(places)
