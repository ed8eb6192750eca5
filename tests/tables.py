"""The tables of what users read that a function prints: `python -m tests.tables` writes them anew.

So after `python -m paper_repro claims --record`, `make data` and `make bench`, and where a figure or a task is new.
"""

import csv
import json
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from figures import real_data
from figures.catalogue import PICTURES
from figures.chains import curve
from figures.vae import described
from paper_repro import verdicts
from paper_repro.claim import IN_SHAPE, LEFT_OPEN, NOT_TESTED, REFUTED, REPRODUCED
from paper_repro.gerstgrasser2024 import diffusion, language, vae
from paper_repro.registry import PAPERS
from paper_repro.regression import APPROXIMATION
from tests.benchmarks import simulation
from tests.documents import ROOT
from tests.helpers import recorded
from tests.paper_repro.test_approximation import off_by
from theory import task_table

MUTANTS = ROOT / "tests" / "faults" / "mutants.csv"


@dataclass(frozen=True)
class Table:
    """A table in a document, which is found by its first line.

    Attributes:
        document: where it stands.
        make: prints all of it.
    """

    document: str
    make: Callable[[], str]

    def written_into(self, text: str) -> str:
        """The document's text with this table made anew.

        Raises:
            ValueError: the document has no such table, or more than one.
        """
        new = self.make()
        head = re.escape(new.partition("\n")[0])
        found, count = re.subn(rf"^{head}\n(\|.*\n)*", lambda _: f"{new}\n", text, flags=re.MULTILINE)
        if count != 1:
            raise ValueError(f"{self.document} has {count} tables that begin with {head}, not one.")
        return found


def markdown(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table of cells."""
    head = list(head)
    lines = [f"| {' | '.join(map(str, cells))} |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]])


#: The columns of the tables of claims.
VERDICTS = (REPRODUCED, IN_SHAPE, REFUTED, LEFT_OPEN, NOT_TESTED)


def claims_by_paper() -> dict[str, dict[str, list[str]]]:
    """The claims' names by verdict, as `results/claims.json` keeps them, by paper; what is not kept is not tested."""
    kept = json.loads(verdicts.VERDICTS.read_text())
    found = {}
    for paper in PAPERS:
        link = f"[{paper.arxiv}](https://arxiv.org/abs/{paper.arxiv}), {paper.cited}"
        found[link] = {verdict: [] for verdict in VERDICTS}
        for claim in paper.claims:
            found[link][kept.get(claim.id, NOT_TESTED)].append(claim.id)
    return found


def claims_in_short() -> str:
    """How many claims of each paper have which verdict, and of all."""
    counts = {paper: [len(names) for names in by.values()] for paper, by in claims_by_paper().items()}
    counts["all"] = [sum(column) for column in zip(*counts.values(), strict=True)]
    return markdown(["paper", *VERDICTS], [[paper, *(f"{k or '–'}" for k in of)] for paper, of in counts.items()])


def claims_by_name() -> str:
    """Which claims of each paper have which verdict."""
    rows = [[paper, *(", ".join(names) or "–" for names in by.values())] for paper, by in claims_by_paper().items()]
    return markdown(["paper", *VERDICTS], rows)


def vae_table(rows):
    """Mean and standard error of the test loss by iteration, and the rise to the last."""
    iterations = (1, 2, 4, 6, 8, 10)
    lines = ["| test loss | n = 1 | " + " | ".join(map(str, iterations[1:])) + " | rise |"]
    lines.append("|---" * (len(iterations) + 2) + "|")
    for workflow in ("replace", "accumulate"):
        mean, error, _ = curve(rows, "cpu", workflow, "test_loss")
        rise, rise_error, _ = curve(rows, "cpu", workflow, "rise")
        cells = [f"{mean[n - 1]:.4f} ± {error[n - 1]:.4f}" for n in iterations]
        cells.append(f"{100 * rise[-1]:.0f} ± {100 * rise_error[-1]:.0f} %")
        lines.append(f"| `{workflow}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def ablation_table(rows):
    """Rise of the test loss under the workflows that were run, one thing changed at a time."""
    lines = ["| changed | `replace` | `accumulate` |", "|---|---|---|"]
    for experiment in (vae.ABLATION, vae.LONGER):
        for variant in experiment.variants:
            cells = ["–", "–"]
            for place, workflow in enumerate(experiment.workflows):
                mean, error, _ = curve(rows, variant, workflow.command(), "rise")
                cells[place] = f"{100 * mean[-1]:+.0f} ± {100 * error[-1]:.0f} %"
            lines.append(f"| {described(variant)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def loss_table(rows, head, *workflows):
    """Mean and standard error of the test loss by iteration, of the preset `cpu`."""
    iterations = len(curve(rows, "cpu", workflows[0], "test_loss")[0])
    lines = [f"| {head} | n = 1 | " + " | ".join(map(str, range(2, iterations + 1))) + " |"]
    lines.append("|---" * (iterations + 1) + "|")
    for workflow in workflows:
        mean, error, _ = curve(rows, "cpu", workflow, "test_loss")
        cells = [f"{m:.3f} ± {e:.3f}" for m, e in zip(mean, error, strict=True)]
        lines.append(f"| `{workflow}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def language_table(rows):
    """The three workflows of the preset."""
    return loss_table(rows, "test loss, nats a token, `--preset cpu`", "replace", "accumulate-subsample", "accumulate")


def diffusion_curves(metric):
    """Of the preset's training and of the short one, under the paper's two workflows: how it is called, its curve."""
    for experiment, suffix in ((diffusion.DIFFUSION, ""), (diffusion.SHORT, ", 600 steps")):
        rows, (variant,) = recorded(experiment), experiment.variants
        for workflow in ("replace", "accumulate"):
            yield f"`{workflow}`{suffix}", curve(rows, variant, workflow, metric)


def diffusion_table():
    """Mean and standard error of the test loss by iteration, and the rise to the last."""
    rows = []
    for (name, (mean, error, _)), (_, (rise, rise_error, _)) in zip(
        diffusion_curves("test_loss"), diffusion_curves("rise"), strict=True
    ):
        cells = [f"{m:.3f} ± {e:.3f}" for m, e in zip(mean, error, strict=True)]
        rows.append([name, *cells, f"{100 * rise[-1]:.0f} ± {100 * rise_error[-1]:.0f} %"])
    return markdown(["test loss of molecules", "n = 1", *map(str, range(2, 7)), "rise"], rows)


def diffusion_sane_table():
    """Mean share of samples that are sane, by iteration."""
    rows = [[name, *(f"{100 * m:.0f} %" for m in mean)] for name, (mean, _, _) in diffusion_curves("sane")]
    return markdown(["sane samples", "n = 1", *map(str, range(2, 7))], rows)


def diffusion_ablation_table():
    """Rise of the test loss under Replace: the short training, one thing changed at a time, and the preset's."""
    made = [(diffusion.SHORT, "600 steps", "600 steps, 18,624 weights")]
    made += [(diffusion.ABLATION, variant, f"600 steps, {variant}") for variant in diffusion.ABLATION.variants]
    made += [(diffusion.DIFFUSION, "cpu", "2,400 steps, 89,920 weights")]
    rows = []
    for experiment, variant, name in made:
        mean, error, _ = curve(recorded(experiment), variant, "replace", "rise")
        rows.append([name, f"{100 * mean[2]:+.0f} ± {100 * error[2]:.0f} %"])
    return markdown(["diffusion models", "rise of model 3 under `replace`"], rows)


def real_data_table():
    """Networks near their best fit: how much data and training, and the rises to the last model."""
    rows = []
    for what, experiment in real_data.PANELS.items():
        (variant,), base = experiment.variants, experiment.base
        rises = [curve(recorded(experiment), variant, workflow, "rise") for workflow in ("replace", "accumulate")]
        cells = [f"{100 * mean[-1]:+.1f} ± {100 * error[-1]:.1f} %".replace("-", "−") for mean, error, _ in rises]
        rows.append([f"`{experiment.name}`", what, f"{base.rows:,}", f"{base.training.budget(base.rows):,}", *cells])
    return markdown(["experiment", "data", "T", "steps of model 1", "rise of model 6, `replace`", "`accumulate`"], rows)


def approximation_table(rows):
    """How far values of the last model are off, of the approximation and of the law for T -> oo, in per cent."""
    sweep = APPROXIMATION
    features = sorted({one.d for one in sweep.simulations})
    lines = ["| d/T | " + " | ".join(f"{dim / sweep.simulations[0].T:g}" for dim in features) + " |"]
    lines.append("|---" * (len(features) + 1) + "|")
    for name, workflow in {one.name: one.workflow for one in sweep.simulations}.items():
        cells = []
        for dim in features:
            off, error = off_by(rows, name, workflow, dim, "approximation")
            large, _ = off_by(rows, name, workflow, dim, "large-T")
            cells.append(f"{100 * off[-1]:+.1f} ± {100 * error[-1]:.1f} ({100 * large[-1]:+.0f})".replace("-", "−"))
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def pictures() -> str:
    """The figures, in the order of the catalogue."""
    rows = ((f"`{picture.name}`", picture.title) for picture in PICTURES)
    return markdown(["file in `figures/out`", "shows"], rows)


def speeds() -> str:
    """Steps a second of all samplers."""
    measured = json.loads((ROOT / "tests/benchmarks/simulation.json").read_text())
    return simulation.markdown(measured["steps a second"])


def mutants_table() -> str:
    """What became of random changes, as `tests/faults/mutants.csv` keeps it."""
    head, *rows = csv.reader(MUTANTS.read_text().splitlines())
    return markdown([name.replace("_", " ") for name in head], rows)


TABLES = {
    "mutants": Table("CONTRIBUTING.md", mutants_table),
    "claims": Table("README.md", claims_in_short),
    "claims by name": Table("paper_repro/README.md", claims_by_name),
    "tasks": Table("theory/README.md", lambda: task_table.markdown(task_table.lines())),
    "approximation": Table("theory/README.md", lambda: approximation_table(recorded(APPROXIMATION))),
    "speeds": Table("sim/README.md", speeds),
    "language": Table("neural/README.md", lambda: language_table(recorded(language.AS_COMMAND["cpu"]))),
    "vae": Table("neural/README.md", lambda: vae_table(recorded(vae.VAE))),
    "vae, ablation": Table(
        "neural/README.md", lambda: ablation_table([*recorded(vae.ABLATION), *recorded(vae.LONGER)])
    ),
    "diffusion": Table("neural/README.md", diffusion_table),
    "diffusion, sane": Table("neural/README.md", diffusion_sane_table),
    "diffusion, ablation": Table("neural/README.md", diffusion_ablation_table),
    "real data": Table("neural/README.md", real_data_table),
    "figures": Table("figures/README.md", pictures),
}


def main(names: list[str]) -> int:
    """Write the tables of these names anew, or all of them; returns the exit status."""
    for name in names or TABLES:
        table = TABLES[name]
        path = ROOT / table.document
        before = path.read_text()
        after = table.written_into(before)
        path.write_text(after)
        print(f"{table.document}, {name}: {'as it was' if after == before else 'new'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
