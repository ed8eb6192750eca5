"""A user's own code, named on the command line as `module:name`."""

import importlib
import inspect
import os
import sys
from types import ModuleType
from typing import Any

from .loop import Learner


def named(text: str, *, option: str) -> Any:
    """What `module:name` is; modules are looked for in the current folder too.

    Args:
        text: the name.
        option: of the command line, to say where it is wrong.

    Raises:
        ValueError: there is no such module, or nothing of that name in it.
    """
    module, _, name = text.partition(":")
    if not (module and name):
        raise ValueError(f"{option} takes module:name, as in my_models:Mixture; got {text!r}.")
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.append(os.getcwd())
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not (module == error.name or module.startswith(f"{error.name}.")):
            raise  # the module is there, and lacks something itself
        raise ValueError(
            f"{option} {text}: there is no module {module}; name one in the current folder, or one that is installed."
        ) from error
    if name not in vars(found):
        raise ValueError(f"{option} {text}: {module} has no {name}; it has {', '.join(_public(found)) or 'nothing'}.")
    return vars(found)[name]


def _public(module: ModuleType) -> list[str]:
    """The classes and functions that a module defines, but for its own affairs."""
    return [
        name
        for name, value in vars(module).items()
        if (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
        and not name.startswith("_")
    ]


def learner_named(text: str) -> Learner:
    """A learner of the user's own, made without arguments.

    Raises:
        ValueError: there is none of that name, or it is none.
    """
    found = named(text, option="--learner")
    if not (inspect.isclass(found) and issubclass(found, Learner)):
        raise ValueError(f"--learner {text} is no subclass of neural.Learner; give one.")
    missing = sorted(found.__abstractmethods__)
    if missing:
        raise ValueError(f"--learner {text} lacks {', '.join(missing)}; neural.Learner says what each does.")
    return found()
