"""Notebooks without Jupyter: `python -m tests.notebooks FILE…` runs their cells and keeps what these print."""

import ast
import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent / "examples"


def executed(source: str, names: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """The outputs of the cell of this number: what it prints, and its last expression, as Jupyter shows them."""
    *before, last = ast.parse(source).body
    shown = None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        if isinstance(last, ast.Expr):
            exec(compile(ast.Module(before, []), "cell", "exec"), names)
            shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
        else:
            exec(compile(source, "cell", "exec"), names)
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        outputs.append(
            {"name": "stdout", "output_type": "stream", "text": printed.getvalue().splitlines(keepends=True)}
        )
    if shown is not None:
        data = {"text/plain": [repr(shown)]}
        if hasattr(shown, "_repr_latex_"):
            data["text/latex"] = [shown._repr_latex_()]
        outputs.append({"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"})
    return outputs


def run(notebook: dict[str, Any]) -> None:
    """Run the cells in one namespace, and put their outputs in the place of what was there."""
    names: dict[str, Any] = {"__name__": "__main__"}
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for count, cell in enumerate(code, start=1):
        cell["execution_count"] = count
        cell["outputs"] = executed("".join(cell["source"]), names, count)


def main(files: list[str]) -> int:
    """Write each notebook anew; returns the exit status."""
    for path in [Path(file) for file in files] or sorted(EXAMPLES.glob("*.ipynb")):
        notebook = json.loads(path.read_text())
        run(notebook)
        path.write_text(f"{json.dumps(notebook, indent=1, ensure_ascii=False)}\n")
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
