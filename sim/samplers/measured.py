"""Samplers of tasks with several quantities: one class each, which differ in what they read off a model."""

import types
from collections.abc import Callable, Mapping
from typing import Any

from .base import AbstractSampler

#: (sampler, model) to the quantity; the model as this family of samplers has it.
Measure = Callable[[Any, Any], Any]


def measured(
    sampler: type[AbstractSampler[Any]], measures: Mapping[str, Measure], **attributes: Mapping[str, Any]
) -> tuple[type[AbstractSampler[Any]], ...]:
    """The sampler of each quantity.

    Args:
        sampler: has no `measure` of its own.
        measures: by the quantity's name.
        attributes: further attributes of the class, by the quantity's name where they are not the usual ones.

    Returns:
        In the order of the measures.
    """
    classes = []
    for name, measure in measures.items():
        more = {attribute: values[name] for attribute, values in attributes.items() if name in values}
        namespace = {
            "of": name,
            "measure": measure,
            "__module__": sampler.__module__,
            "__doc__": sampler.__doc__,
            **more,
        }
        classes.append(
            types.new_class(
                f"{sampler.__name__}[{name}]",
                (sampler,),
                exec_body=lambda body, all_of_it=namespace: body.update(all_of_it),
            )
        )
    return tuple(classes)
