"""What a class or a function says of itself: its docstring, or the first line of that, also where there is none."""

import ast
import inspect
import sys
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any


def summary(owner: type | Callable[..., Any]) -> str:
    """The first line of its docstring, also where Python runs with -OO and has dropped it; empty if there is none.

    >>> summary(summary)
    'The first line of its docstring, also where Python runs with -OO and has dropped it; empty if there is none.'
    """
    return docstring(owner).partition("\n")[0]


def docstring(owner: type | Callable[..., Any]) -> str:
    """All of it, also with -OO; empty if there is none."""
    return (owner.__doc__ if sys.flags.optimize < 2 else from_source(owner)) or ""


@cache
def from_source(owner: type | Callable[..., Any]) -> str | None:
    """Its docstring as the source has it."""
    module = inspect.getmodule(owner)
    node: ast.AST | None = None if module is None else _tree(module)
    for name in owner.__qualname__.replace("<locals>.", "").split("."):
        inner = [] if node is None else ast.walk(node)
        node = next((found for found in inner if getattr(found, "name", None) == name), None)
    kinds = (ast.ClassDef, ast.FunctionDef)
    return ast.get_docstring(node) if isinstance(node, kinds) else None


@cache
def _tree(module: ModuleType) -> ast.AST | None:
    try:
        return ast.parse(inspect.getsource(module))
    except (OSError, TypeError):  # typed in, or its source is not there
        return None
