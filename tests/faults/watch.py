"""A plugin of pytest for mutants: cheap tests come first, each has so much CPU time, and each tells what it took.

What was compiled for one mutant is there for the next: most of it is the same. Times are a processor's, so that a busy
machine lets no mutant seem endless: SIGXCPU ends what takes too long.
"""

import json
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import jax
import pytest

#: A test may take so many times what it took before, and so many seconds more: a mutant that never ends is killed. The
#: seconds are for what tests share, a report or a table of claims: the first that needs it makes it, whichever it is.
TIMES, SECONDS = 4, 60
#: And one of which nothing is known yet so many seconds: a quick one, a slow one.
QUICK, SLOW = 240, 600


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the times of before are read, where those of now are told, and where what was compiled lies."""
    parser.addoption("--compiled", type=Path, required=True, help="a folder of one process at a time")
    parser.addoption("--known", type=Path, required=True, help="JSON: seconds by test")
    parser.addoption(
        "--told", type=Path, required=True, help="lines of JSON: test, seconds; none where it did not pass"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Watch every test."""
    # after conftest.py, which names another folder
    jax.config.update("jax_compilation_cache_dir", str(config.option.compiled))
    config.pluginmanager.register(_Watch(json.loads(config.option.known.read_text()), config.option.told))


class _Watch:
    """Orders tests and times them."""

    def __init__(self, known: dict[str, float], told: Path) -> None:
        self.known, self.told = known, told

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """The slow ones last; else by the seconds they took, one where nobody knows."""
        items.sort(key=lambda item: (_slow(item), self.known.get(item.nodeid, 1.0)))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Tell of a test that begins, and what it took if it passed."""
        known = self.known.get(item.nodeid)
        allowed = (SLOW if _slow(item) else QUICK) if known is None else SECONDS + TIMES * known
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        own = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(resource.RLIMIT_CPU, (int(own.ru_utime + own.ru_stime + allowed) + 1, hard))
        self._tell(item, None)
        failed, before = item.session.testsfailed, _seconds()
        result = yield
        if item.session.testsfailed == failed:
            self._tell(item, _seconds() - before)
        return result

    def _tell(self, item: pytest.Item, seconds: float | None) -> None:
        with self.told.open("a") as file:
            file.write(json.dumps([item.nodeid, seconds]) + "\n")


def _slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None


def _seconds() -> float:
    """Of this process and of those it started that have ended."""
    return sum(os.times()[:4])
