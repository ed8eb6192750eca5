"""What a paper brings: experiments, as the command line knows them, and claims."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neural.sources import FOLDER, SOURCES
from sim.results import Results

from .claim import Claim
from .recorded import MADE, RECORDED

#: For results that are not kept in the repository, below the current folder.
RUNS = Path("runs")


@dataclass(frozen=True)
class Entry:
    """An experiment as the command line knows it.

    Attributes:
        summary: what it is, in one line.
        presets: its configurations by preset; those that make sense.
        run: (configuration, folder) makes or reads its tables there.
        live: whether it is simulated for a figure and not recorded.
        source: of `neural.sources`, whose data all presets but `smoke` read in `data`; empty if it needs none.
    """

    summary: str
    presets: Mapping[str, Any]
    run: Callable[..., object]
    live: bool = False
    source: str = ""

    def lacks(self, preset: str) -> str:
        """What data it needs that are not there, or are others than those that are known, in words; else nothing."""
        if not self.source or preset == "smoke":
            return ""
        source = next(source for source in SOURCES if source.name == self.source)
        state = source.state(FOLDER)
        if state.startswith("there"):
            return ""
        where = "is missing" if state == "missing" else state
        return f"{source.name} {where}; `python -m neural.sources {FOLDER}` says how to get it into {FOLDER}"

    def at(self, name: str, preset: str) -> Any:
        """The configuration of a preset."""
        if preset not in self.presets:
            raise ValueError(f"{name} has no preset {preset}, only {', '.join(self.presets)}.")
        return self.presets[preset]

    @property
    def kept(self) -> str:
        """The preset whose results are kept in the repository: the smallest that shows something."""
        return "cpu" if "cpu" in self.presets else "gpu"

    def recorded(self) -> tuple[Path, dict[str, object]]:
        """Where that result lies, and today's configuration of it."""
        return RECORDED if self.kept == "cpu" else RECORDED / self.kept, self.presets[self.kept].configuration

    def folder(self, preset: str) -> Path:
        """Where the results of a preset are made, unless a user says otherwise."""
        if self.live or preset == "smoke":
            return RUNS / preset
        return MADE if preset == "cpu" else MADE / preset

    def state(self, name: str) -> str:
        """Whether a result of today's configuration is recorded."""
        if self.live:
            return "live"
        folder, configuration = self.recorded()
        results = Results(folder, name)
        if not results.provenance.exists():
            return "missing"
        return "stale" if results.load(configuration) is None else "recorded"


@dataclass(frozen=True)
class Paper:
    """A paper.

    Attributes:
        arxiv: its number there, by which it is asked for.
        cited: authors and year.
        title: its own, or the short form of it.
        claims: that are judged by the tables of its experiments, or by laws; no two papers share an `id`.
        simulated: its experiments without networks, by name; names are those of tables, and no two papers share one.
        trained: its experiments on networks.
    """

    arxiv: str
    cited: str
    title: str
    claims: tuple[Claim, ...]
    simulated: Mapping[str, Entry] = field(default_factory=dict)
    trained: Mapping[str, Entry] = field(default_factory=dict)

    @property
    def experiments(self) -> dict[str, Entry]:
        """All of them by name."""
        return {**self.simulated, **self.trained}
