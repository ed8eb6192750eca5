"""Neural networks trained on their own samples, on any workflow: one outer loop, one inner loop, data, metrics.

Each name is imported when it is first asked for: JAX takes seconds, and conformations need RDKit, an extra.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .configuration import Configuration as Configuration, Kind as Kind
    from .conformers.learner import ConformerModel as ConformerModel
    from .convergence import Converged as Converged
    from .directory import RunDirectory as RunDirectory
    from .hooks import Hooks as Hooks, Logger as Logger
    from .images.learner import ImageModel as ImageModel
    from .language.learner import LanguageModel as LanguageModel
    from .loop import Learner as Learner, run as run
    from .outcome import Outcome as Outcome, read_run as read_run
    from .picture import plot as plot
    from .plan import Plan as Plan
    from .tensorboard import TensorBoard as TensorBoard
    from .train import Training as Training

#: Where each public name is defined, as above for type checkers.
_HOME = {
    "Configuration": "configuration",
    "Converged": "convergence",
    "ConformerModel": "conformers.learner",
    "Hooks": "hooks",
    "ImageModel": "images.learner",
    "Kind": "configuration",
    "LanguageModel": "language.learner",
    "Learner": "loop",
    "Logger": "hooks",
    "Outcome": "outcome",
    "Plan": "plan",
    "RunDirectory": "directory",
    "TensorBoard": "tensorboard",
    "Training": "train",
    "plot": "picture",
    "read_run": "outcome",
    "run": "loop",
}


def __dir__() -> list[str]:
    """The public names, whether they were asked for before or not."""
    return sorted(_HOME)


def __getattr__(name: str) -> Any:
    """A public name, from the module that defines it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
