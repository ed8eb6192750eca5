"""All papers, and all experiments by name, at four presets: `smoke` in seconds, `cpu` as recorded, `gpu`, and `paper`.

The last has the size that the experiment has in its paper. Recorded results lie in `results`, those of larger presets
in `results/PRESET`; what is only simulated live for a figure is kept nowhere, and `smoke` proves that everything runs.
"""

from . import one_law, regression, tasks
from .alemohammad2023.paper import PAPER as ALEMOHAMMAD_2023
from .dey2024.paper import PAPER as DEY_2024
from .dohmatob2024a.paper import PAPER as DOHMATOB_2024A
from .dohmatob2024b.paper import PAPER as DOHMATOB_2024B
from .gerstgrasser2024.paper import PAPER as GERSTGRASSER_2024
from .he2025.paper import PAPER as HE_2025
from .kazdan2024.paper import PAPER as KAZDAN_2024
from .paper import Entry
from .shumailov2023.paper import PAPER as SHUMAILOV_2023
from .wu2026.paper import PAPER as WU_2026
from .yi2025.paper import PAPER as YI_2025
from .zhu2024.paper import PAPER as ZHU_2024

PRESETS = ("smoke", "cpu", "gpu", "paper")

#: In the order of the table of claims.
PAPERS = (
    GERSTGRASSER_2024,
    KAZDAN_2024,
    DEY_2024,
    HE_2025,
    DOHMATOB_2024A,
    SHUMAILOV_2023,
    ALEMOHAMMAD_2023,
    DOHMATOB_2024B,
    ZHU_2024,
    WU_2026,
    YI_2025,
)

BY_ARXIV = {paper.arxiv: paper for paper in PAPERS}

#: The quick ones first; what is in no paper in between.
EXPERIMENTS: dict[str, Entry] = {
    **{name: entry for paper in PAPERS for name, entry in paper.simulated.items()},
    **regression.EXPERIMENTS,
    **tasks.EXPERIMENTS,
    "one_law": Entry("one gain in theory, simulation and a transformer", one_law.PRESETS, one_law.run),
    **{name: entry for paper in PAPERS for name, entry in paper.trained.items()},
}
