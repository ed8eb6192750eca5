"""Neural networks trained on their own samples, on any workflow: one outer loop, one inner loop, data, metrics.

Each name is imported when it is first asked for: JAX takes seconds, and conformations need RDKit, an extra.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .configuration import Configuration as Configuration, Kind as Kind
    from .conformers.learner import ConformerModel as ConformerModel
    from .directory import RunDirectory as RunDirectory
    from .images.learner import ImageModel as ImageModel
    from .language.learner import LanguageModel as LanguageModel
    from .loop import Learner as Learner, Plan as Plan, run as run
    from .train import Training as Training

#: Where each public name is defined, as above for type checkers.
_HOME = {
    "Configuration": "configuration",
    "ConformerModel": "conformers.learner",
    "ImageModel": "images.learner",
    "Kind": "configuration",
    "LanguageModel": "language.learner",
    "Learner": "loop",
    "Plan": "loop",
    "RunDirectory": "directory",
    "Training": "train",
    "run": "loop",
}


def __getattr__(name: str) -> Any:
    """A public name, from the module that defines it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
