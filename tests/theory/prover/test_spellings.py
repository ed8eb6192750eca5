"""Random expressions, spelled as in Python, with ^, as in a paper, and by SymPy's LaTeX: all have its value."""

from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp
from hypothesis import given, settings, strategies as st

from theory.prover.parsing import parse_bound
from theory.symbols import T, n
from theory.tasks.regression.symbols import d, sigma

LETTERS = (T, d, sigma, n)


@dataclass(frozen=True)
class Tree:
    """An expression whose value and spellings are worked out here, without the parser and without SymPy's printers."""

    kind: str
    parts: tuple["Tree", ...] = ()
    leaf: str = ""

    def value(self, at: dict[str, Any]) -> Any:
        if self.kind == "leaf":
            return at[self.leaf] if self.leaf in at else mpmath.mpf(self.leaf)
        values = [part.value(at) for part in self.parts]
        match self.kind:
            case "+":
                return values[0] + values[1]
            case "-":
                return values[0] - values[1]
            case "*":
                return values[0] * values[1]
            case "/":
                return values[0] / values[1]
            case "power":
                return values[0] ** int(self.leaf)
            case "negative":
                return -values[0]
            case "log":
                return mpmath.log(values[0])
            case "sqrt":
                return mpmath.sqrt(values[0])
        assert self.kind == "H"
        return mpmath.harmonic(values[0])

    def expression(self) -> Any:
        symbols = {symbol.name: symbol for symbol in LETTERS}
        if self.kind == "leaf":
            return {**symbols, "pi": sp.pi}.get(self.leaf) or sp.Integer(self.leaf)
        values = [part.expression() for part in self.parts]
        operations: dict[str, Any] = {
            "+": lambda: values[0] + values[1],
            "-": lambda: values[0] - values[1],
            "*": lambda: values[0] * values[1],
            "/": lambda: values[0] / values[1],
            "power": lambda: values[0] ** int(self.leaf),
            "negative": lambda: -values[0],
            "log": lambda: sp.log(values[0]),
            "sqrt": lambda: sp.sqrt(values[0]),
            "H": lambda: sp.harmonic(values[0]),
        }
        return operations[self.kind]()

    @property
    def rank(self) -> int:
        return {"+": 0, "-": 0, "*": 1, "/": 1, "negative": 2, "power": 3}.get(self.kind, 4)

    def text(self, power: str) -> str:
        """As in Python, with as few brackets as it needs."""

        def part(k: int, least: int) -> str:
            inside = self.parts[k].text(power)
            return inside if self.parts[k].rank >= least else f"({inside})"

        match self.kind:
            case "leaf":
                return self.leaf
            case "+" | "-" | "*" | "/":
                return part(0, self.rank) + self.kind + part(1, self.rank + 1)
            case "power":
                return part(0, 4) + power + self.leaf
            case "negative":
                return "-" + part(0, 2)
        return f"{self.kind}({part(0, 0)})"

    def typed(self) -> str:
        r"""As in a paper: products by juxtaposition, \frac, √, raised digits, Greek."""

        def part(k: int, least: int) -> str:
            inside = self.parts[k].typed()
            return inside if self.parts[k].rank >= least else rf"\left({inside}\right)"

        match self.kind:
            case "leaf":
                return {"sigma": "σ", "pi": r"\pi "}.get(self.leaf, self.leaf)
            case "+" | "-":
                return f"{part(0, 0)} {self.kind} {part(1, 1)}"
            case "*":
                right = part(1, 3)
                juxtaposed = not right[0].isdigit() and not right.startswith(r"\frac") and "/" not in right
                return part(0, 3) + (" " if juxtaposed else r" \cdot ") + right
            case "/":
                return rf"\frac{{{part(0, 0)}}}{{{part(1, 0)}}}"
            case "power":
                base = (
                    self.parts[0].typed() if self.parts[0].kind == "leaf" else rf"\left({self.parts[0].typed()}\right)"
                )
                return base + "⁰¹²³"[int(self.leaf)]
            case "negative":
                return "-" + part(0, 2)
            case "log":
                return rf"\log{{\left({part(0, 0)}\right)}}"
            case "sqrt":
                return rf"\sqrt{{{part(0, 0)}}}"
        return rf"H_{{{part(0, 0)}}}"


def _trees() -> st.SearchStrategy[Tree]:
    """Real and finite at every point: logarithms, roots and divisors are positive."""
    leaf = st.sampled_from(["n", "T", "d", "sigma", "pi", "2", "3", "7", "12"]).map(
        lambda name: Tree("leaf", leaf=name)
    )

    def positive(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        pair = st.tuples(inner, inner)
        return st.one_of(
            st.builds(Tree, st.sampled_from(["+", "*", "*", "/"]), pair),
            st.builds(Tree, st.just("power"), st.tuples(inner), st.sampled_from("23")),
            st.builds(Tree, st.just("sqrt"), st.tuples(inner)),
            st.just(Tree("H", (Tree("leaf", leaf="n"),))),
        )

    positives = st.recursive(leaf, positive, max_leaves=5)

    def real(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        return st.one_of(
            st.builds(Tree, st.sampled_from(["+", "-", "*"]), st.tuples(inner, inner)),
            st.builds(Tree, st.just("/"), st.tuples(inner, positives)),
            st.builds(Tree, st.just("negative"), st.tuples(inner)),
            st.builds(Tree, st.just("power"), st.tuples(inner), st.sampled_from("23")),
            st.builds(Tree, st.just("log"), st.tuples(positives)),
        )

    return st.recursive(positives, real, max_leaves=4)


@settings(max_examples=100)
@given(_trees(), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.fractions(1, 9, max_denominator=7))
def test_every_spelling_of_a_tree_has_its_value(tree: Tree, n_: int, d_: int, more: int, noise: Any) -> None:
    spellings = [tree.text("**"), tree.text("^"), tree.text(" ** "), tree.typed(), sp.latex(tree.expression())]
    point = {n: n_, d: d_, T: d_ + more, sigma: sp.Rational(noise.numerator, noise.denominator)}
    with mpmath.workdps(60):
        at = {
            "n": n_,
            "d": d_,
            "T": d_ + more,
            "sigma": mpmath.mpf(noise.numerator) / noise.denominator,
            "pi": mpmath.pi,
        }
        value = tree.value({name: mpmath.mpf(number) for name, number in at.items()})
        for spelling in spellings:
            read = parse_bound(spelling, LETTERS).subs(point).evalf(50)
            assert abs(mpmath.mpf(str(read)) - value) <= mpmath.mpf(10) ** -30 * (1 + abs(value)), spelling
