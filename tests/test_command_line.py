"""What the command lines say before anything runs: typing errors, help and its examples, versions, completion."""

import argparse
import importlib
import random
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from figures import console
from neural.__main__ import KINDS
from tests.helpers import Ran, write_image
from theory.parser import meant

PARSERS = {name: importlib.import_module(f"{name}.__main__").parser() for name in console.PACKAGES}


def walk(parser):
    """A parser and those of its commands."""
    yield parser
    for command in parser.commands.values():
        yield from walk(command)


EVERY = [each for parser in (*PARSERS.values(), console._parser()) for each in walk(parser)]
EXAMPLES = [(parser.prog, example) for parser in EVERY for example in parser.examples]
#: Those that are cheap; the table is made in other tests.
OF_LAWS = list(dict.fromkeys(each for prog, each in EXAMPLES if "-m theory" in prog and "table" not in each))
#: And those that take seconds each, of networks under one workflow; figures are drawn in tests of their own.
OTHERS = r"python -m (sim|paper_repro|neural \w+ accumulate) "
OF_OTHERS = list(dict.fromkeys(each for _, each in EXAMPLES if re.match(OTHERS, each)))


def run(capsys, main, words):
    try:
        status = main(words)
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    captured = capsys.readouterr()
    return Ran(status, captured.out, captured.err)


def of(package):
    return importlib.import_module(f"{package}.__main__").main


#: What is typed, which parser says what of it.
TYPOS = [
    ("theory acumulate --design fixed", "theory", "invalid choice: 'acumulate'", "accumulate"),
    ("theory acumulate", "theory", "invalid choice: 'acumulate'", "accumulate"),
    ("theory Accumulate", "theory", "invalid choice: 'Accumulate'", "accumulate"),
    ("theory sliding_window --k 3", "theory", "invalid choice: 'sliding_window'", "sliding-window"),
    ("theory SlidingWindow --k 3", "theory", "invalid choice: 'SlidingWindow'", "sliding-window"),
    ("theory subsample", "theory", "invalid choice: 'subsample'", "accumulate-subsample"),
    ("theory check-bond accumulate 1", "theory", "invalid choice: 'check-bond'", "check-bound"),
    ("theory check-bound fixed-reel 1", "theory check-bound", "invalid choice: 'fixed-reel'", "fixed-real"),
    ("theory tabel", "theory", "invalid choice: 'tabel'", "table"),
    ("theory table --markdwon", "theory table", "unrecognized arguments: --markdwon", "--markdown"),
    # before a missing option, here --design
    ("theory accumulate --desing fixed", "theory accumulate", "unrecognized arguments: --desing fixed", "--design"),
    ("theory accumulate --desing=fixed", "theory accumulate", "unrecognized arguments: --desing=fixed", "--design"),
    ("theory accumulate -design fixed", "theory accumulate", "unrecognized arguments: -design fixed", "--design"),
    ("theory accumulate —design fixed", "theory accumulate", "unrecognized arguments: —design fixed", "--design"),
    ("theory accumulate --iter 3", "theory accumulate", "unrecognized arguments: --iter 3", "--iterations"),
    ("theory accumulate --t 9 --D 2", "theory accumulate", "unrecognized arguments: --t 9 --D 2", "--T"),
    ("theory accumulate --task regresion", "theory", "--task: invalid choice: 'regresion'", "regression"),
    ("theory accumulate --design fixd", "theory accumulate", "--design: invalid choice: 'fixd'", "fixed"),
    ("theory accumulate --of test-eror", "theory accumulate", "--of: invalid choice: 'test_eror'", "test_error"),
    ("theory check-bound accumulate 1 --domian T>9", "theory check-bound accumulate", "--domian;", "--domain"),
    ("theory --verison", "theory", "unrecognized arguments: --verison", "--version"),
    ("theory --desing fixed accumulate", "theory", "unrecognized arguments: --desing", "--design"),
    ("sim replace --T 20 --replicate 9", "sim replace", "unrecognized arguments: --replicate 9", "--replicates"),
    ("sim replace --batch_size 9", "sim replace", "unrecognized arguments: --batch_size 9", "--batch-size"),
    ("sim replace --sampler wishar", "sim replace", "--sampler: invalid choice: 'wishar'", "wishart"),
    ("neural transfomer replace", "neural", "invalid choice: 'transfomer'", "transformer"),
    ("neural vae acumulate", "neural vae", "invalid choice: 'acumulate'", "accumulate"),
    ("neural vae replace --rundir x", "neural vae replace", "unrecognized arguments: --rundir x", "--run-dir"),
    ("neural vae replace --preset smok", "neural vae replace", "--preset: invalid choice: 'smok'", "smoke"),
    ("neural vae replace --data digit", "neural vae replace", "--data: invalid choice: 'digit'", "digits"),
    ("paper_repro lsit", "paper_repro", "invalid choice: 'lsit'", "list"),
    ("paper_repro run linear-a", "paper_repro run", "NAME: invalid choice: 'linear-a'", "linear_a"),
    ("paper_repro run --prest smoke", "paper_repro run", "unrecognized arguments: --prest", "--preset"),
    ("neural plt runs", "neural", "invalid choice: 'plt'", "plot"),
    ("neural compare runs/a runs/b --metrics kl", "neural compare", "unrecognized arguments: --metrics", "--metric"),
    ("sim replace --ouput a.csv", "sim replace", "unrecognized arguments: --ouput a.csv", "--output"),
    ("figures --frsh", "figures", "unrecognized arguments: --frsh", "--fresh"),
]


@pytest.mark.parametrize(("line", "prog", "message", "right"), TYPOS)
def test_a_typo_says_what_was_meant(capsys, line, prog, message, right):
    package, *words = line.split()
    ran = run(capsys, of(package), words)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert ran.err.startswith(f"python -m {prog}: ")
    assert message in ran.err
    assert f"; did you mean {right}? (--help shows the options)" in ran.err or "--D" in line
    assert "required" not in ran.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("theory accumulate --k 3 --design fixed", "--k 3; --k is an option of sliding-window (--help"),
        ("theory accumulate --weight 1/2", "--weight 1/2; --weight is an option of fixed-real and fresh-real (--help"),
        ("theory --design fixed accumulate", "--design; --design comes after the name of a command (--help"),
        ("neural --preset smoke vae replace", "--preset; --preset comes after the name of a command (--help"),
        ("theory check-bound accumulate -d*sigma --design fixed", "-d*sigma; write -- before what begins with a dash"),
        ("theory accumulate --nonsense", "unrecognized arguments: --nonsense (--help"),
        ("theory accumulate --version", "unrecognized arguments: --version"),
        ("theory --version --nonsense", "unrecognized arguments: --nonsense"),
        ("theory forget", "'check-bound', 'diagnose', 'plan', 'table') (--help"),
        ("theory accumulate --below replace", "unrecognized arguments: --below replace (--help"),
    ],
)
def test_an_option_in_the_wrong_place(capsys, line, message):
    package, *words = line.split()
    ran = run(capsys, of(package), words)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert message in ran.err


@pytest.mark.parametrize("bound", ["-T - d", "-1", "-3*sigma", "-.5*d", "-1/T"])
def test_a_bound_may_begin_with_a_dash(bound):
    line = ["check-bound", "replace", bound, "--design", "fixed"]
    assert PARSERS["theory"].read(line).bound == bound
    assert PARSERS["theory"].read([*line[:2], "--design", "fixed", "--", "-T*d"]).bound == "-T*d"


@pytest.mark.parametrize(
    ("package", "words", "what"),
    [
        ("neural", ["vae", "replace", "--run-dir", ""], "--run-dir"),
        ("neural", ["vae", "replace", "--run-dir", "x", "--folder="], "--folder"),
        ("neural", ["transformer", "replace", "--file", "", "--run-dir", "x"], "--file"),
        ("sim", ["replace", "--checkpoint", ""], "--checkpoint"),
        ("paper_repro", ["run", "linear_a", "--out", ""], "--out"),
        ("theory", ["check-bound", "replace", ""], "an argument"),
        ("theory", [""], "an argument"),
    ],
)
def test_an_empty_value_is_no_path_to_the_current_folder(capsys, package, words, what):
    ran = run(capsys, of(package), words)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert f": {what} is empty; give it a value (if it is that of a shell's variable, this is not set)" in ran.err


@pytest.mark.parametrize("words", [["accumulate", "--no\nsuch"], ["accu\nmulate"], ["replace", "--design", "fi\nxed"]])
def test_line_breaks_in_what_was_typed_make_no_second_line(capsys, words):
    ran = run(capsys, of("theory"), words)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert "\\n" in ran.err


def test_help_comes_before_mistakes(capsys):
    ran = run(capsys, of("theory"), ["accumulate", "--desing", "fixed", "--help"])
    assert (ran.status, ran.err) == (0, "")
    assert "--design" in ran.out


def test_other_names_are_not_taken_for_near():
    assert meant("--k", ["--d", "--T"]) == ""
    assert (
        meant("--re", ["--relative-error", "--replicates", "--json"])
        == "; did you mean --relative-error or --replicates?"
    )
    assert meant("-", ["--d"]) == ""


#: Options of which nothing holds where they are left out: their help says what they bring.
WITHOUT = (
    "probability",
    "export",
    "checkpoint",
    "below",
    "completion",
    "file",
    "test_file",
    "folder",
    "epochs",
    "steps",
    "until",
    "accept",
    "data",
    "bound",
    "output",
    "plot",
    "paper",
)


@pytest.mark.parametrize("parser", EVERY, ids=[parser.prog for parser in EVERY])
def test_every_option_is_described_with_its_default(parser):
    text = "".join(parser.format_help().split())
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            continue
        assert len(action.help or "") > 4, action.dest
        told = parser._get_formatter()._expand_help(action)
        assert "".join(told.split()) in text
        if action.nargs != 0 and action.default not in (None, [], argparse.SUPPRESS):  # switches have none
            default = f"{action.default:g}" if isinstance(action.default, float) else str(action.default)
            assert f"(default: {default}" in told, action.dest
        elif action.default is not False and not action.required and action.dest not in ("help", "version"):
            assert "(default: " in told or action.dest in WITHOUT, action.dest


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described_with_the_values_of_the_presets(kind):
    (leaf,) = [each for each in EVERY if each.prog == f"python -m neural {kind} replace"]
    actions = {action.dest: action for action in leaf._actions}
    presets = KINDS[kind].presets
    words = {"True": "yes", "False": "no", "None": "none"}
    for name in vars(presets["cpu"]):
        told = actions[name].help.replace("%%", "%")
        given = {preset: getattr(values, name) for preset, values in presets.items()}
        if set(given.values()) == {None}:
            continue
        _, _, defaults = told.rpartition(" (default: ")
        if len(set(given.values())) == 1:
            pairs = {preset: defaults.removesuffix(")") for preset in given}
        else:
            of = [part.rpartition(" at ") for part in defaults.removesuffix(")").split("; ")]
            pairs = {preset: value for value, _, names in of for preset in names.split(", ")}
        assert pairs.keys() == given.keys(), told
        for preset, value in given.items():
            told = f"{value:g}" if isinstance(value, float) else words.get(str(value), str(value))
            assert pairs[preset] == told, (name, preset)


@pytest.mark.parametrize("parser", EVERY, ids=[parser.prog for parser in EVERY])
def test_help_fits_a_terminal_and_ends_with_an_example(parser, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    text = parser.format_help()
    assert max(map(len, text.splitlines())) <= 80
    # the console names the packages' own, which have theirs
    assert parser.examples or parser.prog.startswith("model-collapse ")
    for example in parser.examples:
        assert example in text.replace(" \\\n    ", " ")


@pytest.mark.parametrize("package", PARSERS)
def test_examples_are_read(package):
    examples = [shlex.split(example) for _, example in EXAMPLES if example.startswith(f"python -m {package} ")]
    assert examples
    for _, _, _, *words in examples:
        assert PARSERS[package].read(words)


@pytest.mark.slow
@pytest.mark.parametrize("example", OF_LAWS)
def test_examples_of_laws_run(capsys, example, tmp_path, monkeypatch):
    (tmp_path / "losses.csv").write_text("iteration,loss,standard_error\n1,1.9,.1\n2,2.1,.1\n3,3.2,.1\n4,4,.1\n")
    monkeypatch.chdir(tmp_path)
    _, _, package, *words = shlex.split(example)
    ran = run(capsys, of(package), words)
    assert ran.status == 0, ran.err
    assert "undecided" not in ran.out
    assert "refuted" not in ran.out


def files(folder):
    """What the examples name."""
    source = random.Random("stories")  # of many words, or a vocabulary is too large for them
    words = ["".join(source.choices("abcdefghijklmnoprstuvw", k=source.randint(2, 9))) for _ in range(400)]
    stories = [f"Once a {' '.join(source.choices(words, k=8))}." for _ in range(120)]
    (folder / "stories.txt").write_text("\n\n".join(stories), encoding="utf-8")
    for number in range(110):
        write_image(folder / "photos" / f"{number}.png", colour=(number, 90, 200 - number))
    molecules = [f"{'C' * n}{end} {n}{end}" for n in range(2, 12) for end in ("O", "N", "F")]
    (folder / "drugs.smi").write_text("\n".join(molecules) + "\n")


@pytest.mark.slow
@pytest.mark.parametrize("example", OF_OTHERS)
def test_examples_run(capsys, example, tmp_path, monkeypatch):
    files(tmp_path)
    monkeypatch.chdir(tmp_path)
    _, _, package, *words = shlex.split(example)
    ran = run(capsys, of(package), words)
    assert ran.status == 0, ran.err
    assert ran.out


@pytest.mark.parametrize(
    ("package", "others"),
    [
        ("theory", ("sympy",)),
        ("sim", ("jax",)),
        ("neural", ("jax", "equinox")),
        ("paper_repro", ("jax",)),
        ("figures", ("matplotlib",)),
    ],
)
def test_versions(capsys, package, others):
    ran = run(capsys, of(package), ["--version"])
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"python -m {package}: model-collapse ")
    for other in others:
        installed = importlib.import_module(other).__version__
        assert f"{other} {installed}" in " ".join(ran.out.split())


@pytest.mark.slow
def test_versions_start_no_device():
    code = (
        "import sim.__main__ as it, jax._src.xla_bridge as bridge\n"
        "try: it.main(['--version'])\n"
        "except SystemExit: print(bridge.backends_are_initialized())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")


@pytest.mark.parametrize("package", console.PACKAGES)
def test_the_console_is_the_packages_commands(capsys, package, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/model-collapse", package, "--version"])
    ran = run(capsys, console.main, None)
    assert ran.status == 0
    assert ran.out.startswith(f"model-collapse {package}: model-collapse ")
    ran = run(capsys, console.main, [package, "--nonsense"])
    assert ran.status == 2
    assert ran.err.startswith(f"model-collapse {package}: unrecognized arguments: --nonsense")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "name a command: theory, sim, neural, paper_repro, figures; --help"),
        ("thory accumulate", "invalid choice: 'thory'"),
        ("--completion bahs", "did you mean bash?"),
        ("--completoin bash", "unrecognized arguments: --completoin"),
    ],
)
def test_mistakes_on_the_console(capsys, line, message):
    ran = run(capsys, console.main, line.split())
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert ran.err.startswith("model-collapse: ")
    assert message in ran.err


def test_completion_without_shtab_is_one_line(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "shtab", None)
    ran = run(capsys, console.main, ["--completion", "bash"])
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "model-collapse: --completion needs shtab: pip install 'model-collapse[completion]'\n"


#: The last word is what is completed.
COMPLETED = {
    "th": {"theory"},
    "theory sli": {"sliding-window"},
    "theory check-bound fixed": {"fixed-real"},
    "theory accumulate --des": {"--design"},
    "theory accumulate --design f": {"fixed", "fresh"},
    "sim replace --sampler w": {"wishart"},
    "neural v": {"vae"},
    "neural vae replace --preset s": {"smoke"},
    "paper_repro run linear_c": {"linear_claims"},
    "figures --re": {"--report"},
    # beside a file and a folder of results
    "sim replace --checkpoint res": {"results.csv", "results.d"},
    "figures --out res": {"results.d"},
    "paper_repro run linear_a --out res": {"results.d"},
}


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
def test_bash_completes_words(tmp_path):
    pytest.importorskip("shtab", reason="the extra `completion`")
    script = tmp_path / "completion.bash"
    script.write_text(console.completion("bash"))
    (tmp_path / "results.csv").touch()
    (tmp_path / "results.d").mkdir()
    lines = [f"source {script}", "f=$(complete -p model-collapse | sed 's/.*-F \\([^ ]*\\).*/\\1/')"]
    for line in COMPLETED:
        words = ["model-collapse", *line.split()]
        lines += [f"COMP_WORDS=({' '.join(words)}) COMP_CWORD={len(words) - 1} COMPREPLY=()"]
        lines += [f"$f model-collapse {words[-1]} {words[-2]}", 'echo "${COMPREPLY[*]}"']
    bash = ["bash", "-c", "\n".join(lines)]
    done = subprocess.run(bash, capture_output=True, text=True, check=True, env={}, cwd=tmp_path)
    for line, found in zip(COMPLETED, done.stdout.splitlines(), strict=True):
        assert set(found.split()) == COMPLETED[line], line


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_scripts_of_other_shells(shell):
    pytest.importorskip("shtab", reason="the extra `completion`")
    script = console.completion(shell)
    for word in ("accumulate-subsample", "--relative-error" if shell == "zsh" else "relative-error", "linear_claims"):
        assert word in script


def test_the_console_is_installed():
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text()
    assert '[project.scripts]\nmodel-collapse = "figures.console:main"\n' in text


@pytest.mark.slow
def test_help_is_the_same_without_docstrings(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code = (
        "import importlib, sys\n"
        "def walk(parser):\n"
        "    yield parser\n"
        "    for command in parser.commands.values(): yield from walk(command)\n"
        "for name in sys.argv[1:]:\n"
        "    for each in walk(importlib.import_module(f'{name}.__main__').parser()): print(each.format_help())"
    )
    done = subprocess.run([sys.executable, "-OO", "-c", code, *PARSERS], capture_output=True, text=True, check=True)
    assert done.stdout == "".join(f"{each.format_help()}\n" for parser in PARSERS.values() for each in walk(parser))
