"""What the command lines have in common whose run several processes do together: its options, and joining it."""

import argparse
import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

import jax

from theory.cli import Parser, natural_number, whole_number
from theory.program import program, say

from .hosts import join, leave

#: The options that say where a run is shared, which are each process's own.
PLACE = ("coordinator", "processes", "process")


def add_sharing(command: Parser) -> None:
    """Add the options of a run that several processes share."""
    add = command.add_argument
    add("--distributed", action="store_true", help="share the run with other processes of a cluster")
    add("--coordinator", metavar="HOST:PORT", help="where process 0 listens (default: as the cluster says)")
    add("--processes", type=whole_number, metavar="NUMBER", help="of them (default: as the cluster says)")
    add("--process", type=natural_number, metavar="NUMBER", help="of this one, from 0 (default: as the cluster says)")


def join_others(package: str, options: argparse.Namespace, settings: Mapping[str, Any], *, again: str) -> None:
    """Become one of the processes that share a run, if the options say so; before a device is started.

    Args:
        package: whose command line this is.
        options: of the command line.
        settings: that must be the same in all of them, as JSON.
        again: the option with which all of them go on from what is saved, once one has died.

    Raises:
        ValueError: a run that is not shared is told where; or as `join`, where no process waits for this one yet.
    """
    place = [getattr(options, name) for name in PLACE]
    if not options.distributed:
        if any(value is not None for value in place):
            raise ValueError("--coordinator, --processes and --process say where a run is shared: add --distributed.")
        return
    try:
        join(*place, settings=dict(settings), package=package, again=again)
    except ValueError as error:
        if not jax.distributed.is_initialized():
            raise
        say(f"{program(package)}: {error}")
        leave(2)  # a regular end would wait for those who did not come


@contextlib.contextmanager
def results_only(options: argparse.Namespace) -> Iterator[None]:
    """Standard output is for results: what a shared run's transport writes there goes to standard error."""
    if not options.distributed:
        yield
        return
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
