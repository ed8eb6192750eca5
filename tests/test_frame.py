"""The frame holds: layers, the shape-checking hook, and what an import costs."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]


def test_layers():
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "3 kept, 0 broken" in done.stdout


def test_shape_hook_bites():
    from sim.samplers.recursion import move

    with pytest.raises(jaxtyping.TypeCheckError):
        move(jnp.zeros((2, 3)), [jnp.zeros(4)], jnp.zeros(4, int))


def test_theory_imports_nothing_but_sympy_and_numpy():
    """What takes long to import comes when it is needed, SciPy with the first distribution; FLINT comes with SymPy."""
    code = (
        "import sys, numpy, sympy; before = set(sys.modules); import theory\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"theory", "sympy", "mpmath", "numpy", "flint"}


@pytest.mark.parametrize(
    "module",
    ["theory", *(pytest.param(name, marks=pytest.mark.slow) for name in ("sim", "neural", "paper_repro", "figures"))],
)
def test_help(module):
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "usage" in done.stdout
    assert done.stderr == ""


def test_no_hosts_in_the_lock_file():
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    assert "--hash=sha256:" in text


@pytest.mark.slow
def test_numbers_are_float64_without_the_global_flag():
    code = (
        "import jax.random as jr, sim, theory\n"
        "model = sim.LinearRegression(T=12, d=2, design='fresh')\n"
        "run = sim.run(model, theory.Replace(), iterations=2, replicates=3, key=jr.key(0))\n"
        "import jax; print(jax.config.jax_enable_x64, run.test_error.mean.tolist())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    flag, numbers = done.stdout.split(" ", 1)
    assert flag == "False"
    import jax.random as jr

    import sim
    import theory

    model = sim.LinearRegression(T=12, d=2, design="fresh")
    here = sim.run(model, theory.Replace(), iterations=2, replicates=3, key=jr.key(0))
    assert numbers.strip() == str(here.test_error.mean.tolist())
    assert here.test_error.mean.dtype == np.float64


PACKAGES = ("theory", "sim", "neural", "paper_repro", "figures")


def test_every_dataclass_is_frozen():
    """What is computed of a value, or kept by it, stays true; the modules of Equinox see to this themselves.

    What holds arrays is equal to itself alone: arrays have no one truth value.
    """
    made, mutable, apart = 0, [], set()
    for package in PACKAGES:
        fields = {}
        for path in sorted((ROOT / package).rglob("*.py")):
            classes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]
            for node in classes:
                for text in map(ast.unparse, node.decorator_list):
                    if "dataclass" in text:
                        made += 1
                        mutable += [f"{path}: {text}"] * ("frozen=True" not in text)
                        types = [ast.unparse(each.annotation) for each in node.body if isinstance(each, ast.AnnAssign)]
                        held = " ".join(each for each in types if "Callable" not in each)
                        fields[node.name] = "eq=False" in text, set(re.findall(r"\w+", held))
        arrays = {name for name, (_, types) in fields.items() if types & {"Array", "ndarray"}}
        if package != "theory":  # there what holds such a value is compared by it, and no array is asked
            arrays |= {name for name, (_, types) in fields.items() if arrays & types}
        assert {name for name in arrays if not fields[name][0]} == set(), package
        apart |= arrays
    assert made > 100
    assert mutable == []
    assert {"ImageSet", "ImageModel", "Estimate", "Run", "Groups"} < apart
