"""`check-bound` hands every option on, and says what the verdict says."""

import json
from fractions import Fraction

import pytest

import theory
from theory import Accumulate, Generator, Refuted, Replace, ReplaceGrowing, Undecided, bound_command, generator_command
from theory.__main__ import main, parser

#: (options, what `check_bound` gets); each once, with a value that is not its default.
GIVEN = [
    ("--lower", {"lower": True}),
    ("--asymptotic", {"asymptotic": True}),
    ("--time-limit 0.25", {"time_limit": 0.25}),
    ("--domain n>=2 --domain T>=9", {"domain": ["n>=2", "T>=9"]}),
]
USUAL = {"lower": False, "domain": [], "time_limit": None, "asymptotic": False}


@pytest.mark.parametrize(("options", "given"), [("", {}), *GIVEN], ids=str)
def test_every_option_reaches_the_judge(monkeypatch, options, given):
    got = {}

    def judge(law, bound, **options):
        got.update(options, law=law, bound=bound)
        raise ValueError("enough")

    monkeypatch.setattr(bound_command, "check_bound", judge)
    assert main(["check-bound", "accumulate", "3*T", "--design", "fixed", *options.split()]) == 2
    assert (got.pop("law").workflow, got.pop("bound")) == (Accumulate(), "3*T")
    assert got == USUAL | given


def test_no_option_is_left_out_here():
    names = parser().commands["check-bound"].commands["accumulate"].names
    written = {"--json", "--latex", "--export"}
    of_laws = {"--design", "--task", "--of", "--T", "--d", "--sigma", "--ridge", "--unscaled", "--signal", "--below"}
    of_generators = {f"--{name}" for name in GENERATED}
    judged = {word for options, _ in GIVEN for word in options.split() if word.startswith("--")}
    assert names == {"-h", "--help", "--probability", "--n", *written, *of_laws, *of_generators, *judged}


#: For each part of a generator options, and two workflows that have a law under it.
GENERATED = {
    "temperature": ({"temperature": "1/2"}, Accumulate(), ReplaceGrowing()),
    "bias": ({"bias": "2"}, ReplaceGrowing(), Replace()),
    "edited": ({"edited": "1/3"}, Replace(), Replace()),
    "fading": ({"edited": "1/3", "fading": "1/2"}, Replace(), Replace()),
}


@pytest.mark.parametrize("part", generator_command.written(Generator()))
def test_both_laws_are_those_of_the_generator(monkeypatch, part):
    got = []
    monkeypatch.setattr(bound_command, "check_bound", lambda *laws, **_: got.extend(laws) or Undecided(()))
    options, *workflows = GENERATED[part]
    of, below = (workflow.command() for workflow in workflows)
    given = [word for name, value in options.items() for word in (f"--{name}", value)]
    assert main(["check-bound", of, "--below", below, "--design", "fixed", *given]) == 0
    for law, workflow in zip(got, workflows, strict=True):
        assert law.expr == theory.generated(workflow, Generator(**options), design="fixed").expr
        assert law.expr != theory.linear.test_error(workflow, design="fixed").expr


LINE = ["check-bound", "fixed-real", "--weight", "w", "3*T", "--design", "fixed"]


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("asymptotic", [False, True])
def test_what_a_verdict_is_of_is_printed(monkeypatch, capsys, asymptotic, lower):
    refuted = Refuted({"T": 3, "w": Fraction(1, 2)}, asymptotic, lower)
    monkeypatch.setattr(bound_command, "check_bound", lambda *_, **__: refuted)
    assert main(LINE) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith(f"{'>=' if lower else '<='} 3*T: refuted{' in the limit T -> oo' * asymptotic}")
    of, how = "gain" if asymptotic else "law", "is below" if lower else "exceeds"
    assert second == f"  the {of} {how} the bound at T = 3, w = 0.5"
    assert main([*LINE, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["asymptotic"], found["lower"], found["verdict"]) == (asymptotic, lower, "refuted")
    assert (found["counterexample"], found["tried"]) == ({"T": 3, "w": 0.5}, None)


def test_what_was_tried_and_where_is_printed(monkeypatch, capsys):
    tried = ("small points: none found", "a proof: no time left")
    monkeypatch.setattr(bound_command, "check_bound", lambda *_, **__: Undecided(tried))
    assert main(LINE) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [f"  {line}" for line in tried]
    assert main([*LINE, "--domain", "n>=2", "--domain", "w <= 1/2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["tried"], found["domain"]) == ("undecided", list(tried), ["n>=2", "w <= 1/2"])
    assert (found["counterexample"], found["certificate"], found["second_opinion"]) == (None, None, None)


def test_numbers_go_into_the_domain_under_a_generator(capsys):
    line = ["check-bound", "accumulate", "9", "--design", "fixed", "--T", "9", "--d", "2", "--temperature", "1/2"]
    assert main(line) == 2
    assert "put --T, --d into --domain" in capsys.readouterr().err
