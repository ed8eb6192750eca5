"""`--output FILE` and `--plot FILE`: a result as a table or as a picture, in a file that is new and whole."""

import argparse
from pathlib import Path

from .frame import Frame, check_format

#: How pictures may end.
PICTURES = (".pdf", ".png", ".svg")


def add_output(command: argparse.ArgumentParser, what: str) -> None:
    """Add `--output`.

    Args:
        command: the parser.
        what: is written there.
    """
    told = f"write {what} as a table to this new file, which ends in .csv, .json or .parquet"
    command.add_argument("--output", type=new_table, metavar="FILE", help=told)


def add_plot(command: argparse.ArgumentParser, what: str) -> None:
    """Add `--plot`.

    Args:
        command: the parser.
        what: is drawn there.
    """
    told = f"draw {what} into this new file, which ends in {', '.join(PICTURES[:-1])} or {PICTURES[-1]}"
    command.add_argument("--plot", type=new_picture, metavar="FILE", help=told)


def new_table(text: str) -> Path:
    """A file that a table can be written to, which is seen to before there is anything to write."""
    path = _new(text)
    try:
        check_format(path)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return path


def new_picture(text: str) -> Path:
    """A file that a picture can be written to."""
    path = _new(text)
    if path.suffix not in PICTURES:
        needs = "a picture is written to a file that ends in .pdf, .png or .svg"
        raise argparse.ArgumentTypeError(f"{needs}; got {text!r}.")
    return path


def _new(text: str) -> Path:
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"needs a file, and {text!r} is a folder; name a file in it.")
    if path.exists():
        raise argparse.ArgumentTypeError(f"{text!r} is there already; name another file, or remove that one.")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {str(path.parent)!r}; make it, or name another file.")
    return path


def write(frame: Frame, *, output: Path | None, plot: Path | None) -> None:
    """Write a table by iteration to the files that were asked for.

    Args:
        frame: the table.
        output: for the table.
        plot: for its picture.
    """
    if output is not None:
        frame.write(output)
    if plot is not None:
        from .plotting import drawn  # Matplotlib comes with these
        from .style import save_picture

        save_picture(plot, drawn(frame))
