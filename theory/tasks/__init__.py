"""The tasks that there are laws for: a row in `TASKS` and a folder each."""

from ..task import Task
from .regression import LinearRegression as LinearRegression

#: By their names on the command lines; the first where none is named.
TASKS: tuple[type[Task], ...] = (LinearRegression,)
