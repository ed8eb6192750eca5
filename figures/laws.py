"""The laws as the page lists them: for each task every family's formulas, and what their letters mean."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import sympy as sp

from theory import Law, Parameter, Task, Workflow, law as law_of
from theory.summary import summary
from theory.symbols import n
from theory.sympy_types import as_expression, parts, replaced
from theory.table import FAMILIES, variants

from .mathml import mathml

#: Stands for rho^(n - 1).
_POWER = sp.Dummy()


def label(workflow: Workflow) -> str:
    """`FreshReal(s, w)`: the family with its parameters, `Replace` where it has none."""
    parameters = ", ".join(map(str, given(workflow)))
    return f"{type(workflow).__name__}({parameters})" if parameters else type(workflow).__name__


def given(workflow: Workflow) -> list[Any]:
    """The values of its parameters, in their order; none that is left out."""
    return [value for value in workflow.parameters.values() if value is not None]


def laws(task: type[Task], workflow: Workflow) -> dict[Task, Law]:
    """The law of the task's first quantity in each of its variants that has one."""
    quantity = task.quantities[0]
    known = (variant for variant in variants(task) if variant.objection(workflow, quantity) is None)
    return {variant: law_of(variant, workflow) for variant in known}


def letter(symbol: sp.Symbol) -> str:
    """`σ` for sigma."""
    return sp.pretty(symbol, use_unicode=True)


def lettered(text: str, named: Iterable[sp.Symbol]) -> str:
    """The text with letters for the names of symbols, and with the signs that keyboards lack."""
    for symbol in named:
        text = re.sub(rf"\b{symbol.name}\b", letter(symbol), text)
    return text.replace(">=", "≥").replace("^2", "²")


def section(task: type[Task]) -> str:
    """The letters of a task and every family's laws, as HTML."""
    meaning = _prose(task.quantities[0].meaning, task)
    last, limit = (mathml(sp.Symbol(_named(task, index))) for index in "n∞")
    needs = "; ".join(f"{_range(task, p)}, {p.short or p.meaning}" for p in task.parameters)
    families = ((workflow, laws(task, workflow)) for workflow in FAMILIES)
    shown = "\n".join(_family(workflow, known) for workflow, known in families if known)
    return (
        f'<section aria-label="Laws of {escape(task.name)}">\n'
        f"<p><strong>{escape(task.name.capitalize())}.</strong> {last} is the {meaning}; {limit} is its "
        f"limit for n → ∞. The laws hold for {_prose(needs, task)}.</p>\n{shown}\n</section>"
    )


def _prose(text: str, task: type[Task]) -> str:
    return escape(lettered(text, task.domain.symbols))


def _range(task: type[Task], parameter: Parameter) -> str:
    """`T >= d + 2`."""
    return ", ".join(str(r) for r in task.domain.relations() if r.args[0] == parameter.symbol)


def _named(task: type[Task], index: str) -> str:
    """`E_n`: the quantity of a model, as SymPy names symbols."""
    return f"{task.quantities[0].symbol.removesuffix('_n')}_{index}"


def _family(workflow: Workflow, known: Mapping[Task, Law]) -> str:
    """The gain, then the law of each variant; once if it is the same in all of them."""
    lines = [f"<h3>{escape(label(workflow))}</h3>", f'<p class="soft">{escape(summary(type(workflow)))}</p>']
    for gain in dict.fromkeys(law.gain_expr for law in known.values()):
        if gain is not None:
            lines.append(f'<div class="scroll">{mathml(gain, named="c_n")}</div>')
    titled = {_title(variant): law for variant, law in known.items()}
    variant, law = next(iter(known.items()))
    if all(each.expr == law.expr and each.exact == law.exact for each in known.values()):
        titled = {_any(variant): law} if len(known) == len(variants(type(variant))) else titled
    for title, law in titled.items():
        kind = "exact at finite T" if law.exact else "for large T"
        shown = "\n".join(equations(law))
        lines.append(
            f'<div class="law"><p>{escape(title)}<strong>{kind}</strong></p>\n'
            f'<div class="scroll equations">\n{shown}\n</div></div>'
        )
    return "\n".join(lines)


def _title(variant: Task) -> str:
    """`fixed design, `: nothing where there is nothing to choose."""
    return "".join(f"{getattr(variant, choice.name)} {choice.name}, " for choice in variant.choices)


def _any(variant: Task) -> str:
    """`either design, `."""
    return "".join(f"{'either' if len(c.options) == 2 else 'any'} {c.name}, " for c in variant.choices)


def equations(law: Law) -> list[str]:
    """The law, and where it has them its form without sums and its limit, each a `math` element."""
    name, first, last = (_named(type(law.task), index) for index in "n1∞")
    limit, closed, rate = law.limit(), law.closed_form(), _rate(law)
    if rate is not None and limit is not None:
        # A rate that fills lines gets a name.
        start, end, rho = sp.symbols(f"{first} {last} rho")
        shown = [mathml(end + (start - end) * rho ** (n - 1), named=name), mathml(law.unit, named=first, unit=law.unit)]
        shown.append(mathml(rate, named="rho", unit=law.unit))
    else:
        shown = [mathml(law.expr, named=name, unit=law.unit)]
        if closed is not None and closed != law.expr:
            shown.append(mathml(closed, named=name, unit=law.unit))
    return shown if limit is None else [*shown, mathml(limit, named=last, unit=law.unit)]


def _rate(law: Law) -> sp.Expr | None:
    """rho, where the law is a + b rho^(n - 1) and rho holds a parameter of the task; else `None`."""
    parameters = set(law.task.domain.symbols)
    powers = [power for power in parts(law.expr, sp.Pow) if power.exp == n - 1 and power.base.free_symbols & parameters]
    if len(powers) != 1:
        return None
    rest = replaced(law.expr, {powers[0]: _POWER})
    return as_expression(powers[0].base) if not rest.has(n) and sp.diff(rest, _POWER, 2) == 0 else None
