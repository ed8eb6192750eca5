"""`model-collapse theory|sim|neural|paper_repro|figures …`: the commands of `python -m`, as one program.

It imports only the package that is asked for. It stands in the topmost layer, which may know all the others.
"""

import argparse
import importlib
import sys
from typing import Any

#: The packages that have a command line, and what their commands do.
PACKAGES = {
    "theory": "a workflow's law with its derivation, bounds on it, and the table of all laws",
    "sim": "simulate under a workflow, and hold the means against the law",
    "neural": "train models on their own samples, and measure each on real data",
    "paper_repro": "papers' experiments, and papers' claims judged by them",
    "figures": "draw every figure",
}

#: The shells that words can be completed in.
SHELLS = ("bash", "zsh", "fish")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    import theory.interruption  # noqa: F401 - takes a second, and starts cleanly

    words = sys.argv[1:] if arguments is None else arguments
    if words and words[0] in PACKAGES:
        return importlib.import_module(f"{words[0]}.__main__").main(words[1:])
    from theory.cli import run

    return run(_parser(), _main, words)


def _parser(**of_package: Any) -> Any:
    """That of the program, with a command for each package, made of the parsers that are given."""
    from theory.parser import Parser
    from theory.program import CONSOLE, versions

    parser = Parser(
        prog=CONSOLE,
        description="Laws, simulations and experiments of models refitted on the data that earlier models generated.",
        examples=["theory accumulate --design fresh --T 100 --d 32", "sim --help", "--completion bash"],
    )
    parser.add_argument("--version", action="version", version=versions(), help="print the version and exit")
    parser.add_argument("--completion", choices=SHELLS, help="print a script that completes words in this shell")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, summary in PACKAGES.items():
        parents = [of_package[name]] if of_package else []  # which bring their own --help
        commands.add_parser(name, help=summary, parents=parents, add_help=not parents)
    return parser


def _main(options: argparse.Namespace) -> int:
    if options.completion is None:
        raise ValueError(f"name a command: {', '.join(PACKAGES)}; --help says what each does.")
    print(completion(options.completion))
    return 0


def completion(shell: str) -> str:
    """A script by which a shell completes workflows, options and their choices without starting Python.

    Raises:
        ValueError: shtab is not installed, which writes it.
    """
    try:
        import shtab
    except ImportError as error:
        raise ValueError("--completion needs shtab: pip install 'model-collapse[completion]'") from error
    modules = {name: importlib.import_module(f"{name}.__main__") for name in PACKAGES}
    parser = _parser(**{name: module.parser() for name, module in modules.items()})
    _mark_files(parser, {"FILE": shtab.FILE, "FOLDER": shtab.DIRECTORY})
    return shtab.complete(parser, shell)


def _mark_files(parser: Any, kinds: dict[str, Any]) -> None:
    """Have options complete to files and folders where they take these."""
    for action in parser._actions:
        if action.metavar in kinds:
            action.complete = kinds[action.metavar]
    for command in parser.commands.values():
        _mark_files(command, kinds)
