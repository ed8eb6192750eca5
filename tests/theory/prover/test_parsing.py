"""Bounds as text: what is read, exactly, and what is refused in one line, without ever being evaluated."""

import re

import pytest
import sympy as sp

from theory.prover.parsing import parse_bound, parts_of
from theory.symbols import T, i, n
from theory.sympy_types import as_expression
from theory.tasks.regression.symbols import d, sigma

LETTERS = (T, d, sigma, n)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sigma**2*d/(T-d-1)*pi**2/6", sigma**2 * d / (T - d - 1) * sp.pi**2 / 6),
        ("1.1", sp.Rational(11, 10)),
        ("2.5e-3*n", n / 400),
        (" -n + +3 ", 3 - n),
        ("0.1+0.2", sp.Rational(3, 10)),
        ("sqrt(4*n)+exp(1)", 2 * sp.sqrt(n) + sp.E),
        ("ln(n)+log(E)", sp.log(n) + 1),
        ("H(n)+harmonic(n,2)", sp.harmonic(n) + sp.harmonic(n, 2)),
        ("zeta(2)+gamma-EulerGamma", sp.pi**2 / 6),
        ("digamma(n)-polygamma(0,n)+polygamma(1,n)", sp.polygamma(1, n)),
        ("(-1/2)**n+2**(n-1)", (-sp.Rational(1, 2)) ** n + 2 ** (n - 1)),
        ("Sum(1/(i*(i*T-d-1)),(i,1,n))", sp.Sum(1 / (i * (i * T - d - 1)), (i, 1, n))),
        ("n**(1/3)", sp.cbrt(n)),
        ("sigma²", sigma**2),
        ("n(2)", 2 * n),
        ("n (3/2)", sp.Rational(3, 2) * n),
        ("2(3/4)n", sp.Rational(3, 2) * n),
        (r"n \frac{1}{2}", n / 2),
        (r"\frac{1}{2}\frac{1}{3}", sp.Rational(1, 6)),
        ("harmonic(n,)+harmonic(n,2,)", sp.harmonic(n) + sp.harmonic(n, 2)),
    ],
)
def test_what_is_read(text: str, expected: sp.Expr) -> None:
    assert sp.simplify(parse_bound(text, LETTERS) - expected) == 0


def test_expressions_are_taken_by_the_names_of_their_symbols() -> None:
    assert parse_bound(sp.Symbol("T") + sp.Symbol("n"), LETTERS) == T + n
    assert parse_bound(3, LETTERS) == 3
    with pytest.raises(ValueError, match="unknown symbol x"):
        parse_bound(sp.Symbol("x") + 1, LETTERS)
    with pytest.raises(ValueError, match="not one of"):
        parse_bound(sp.sin(n), LETTERS)
    for term, told in (
        (n * i, "Sum(i*n, (i, 1, n))"),
        (sp.Sum(i, (i, 1, n)) / i, "Sum(Sum(i, (i, 1, n))/i, (i, 1, n))"),
    ):
        says = f"a term without n and without sums; got '{told}'"
        with pytest.raises(ValueError, match=re.escape(f"a sum in a bound has {says}.")):
            parse_bound(as_expression(sp.Sum(term, (i, 1, n))), LETTERS)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "__import__('os').system('true')",
        "T.__class__",
        "(1).real",
        "lambda: 1",
        "[n for n in (1,)]",
        "f'{T}'",
        "'T'",
        "1j",
        "None",
        "True",
        "T if n else d",
        "T < d",
        "T and d",
        "not T",
        "~n",
        "n % 2",
        "n // 2",
        "n @ d",
        "(n := 2)",
        "n, d",
        "n[0]",
        "{n}",
        "open(n)",
        "sqrt",
        "sqrt(n, 2)",
        "sqrt(x=n)",
        "sqrt(*n)",
        "log(n, 2)",
        "sin(n)",
        "factorial(n)",
        "x + 1",
        "i + 1",
        "t",
        "Sum(n, (i, 1, n))",
        "Sum(i, (i, 2, n))",
        "Sum(Sum(i, (i, 1, n)), (i, 1, n))",
        "",
        "   ",
        "n +",
        "n; d",
        "n\nd",
        "1_000",
        "0x10",
        "1e4000",
        "9**9**9",
        "9**(9**9)",
        "(2**4000)**2",
        "n**65",
        "n**(1/1001)",
        "n**-65",
        "(n-3)**n",
        "(-1/2)**(n/3)",
        "(-2)**log(n)",
        "harmonic(10**9)",
        "harmonic(n, 10**9)",
        "harmonic(n, n)",
        "harmonic(1/2)",
        "zeta(1)",
        "zeta(n)",
        "zeta(10**9)",
        "polygamma(n, 1)",
        "digamma(0)",
        "digamma(10**9)",
        "1/0",
        "0**-1",
        "log(0)",
        "sqrt(-1)",
        "log(-2)",
        "sqrt(-n)",
        "(-8)**(1/3)",
        "(" * 300 + "n" + ")" * 300,
        "-" * 1000 + "n",
        "+".join(["n"] * 900),
        "n" * 2001,
        "1" * 1_000_000,
        "\x00",
        "\ud800",
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(the|a) bound [^\n]*\.$"):
        parse_bound(text, LETTERS)


@pytest.mark.parametrize(
    "text", ["(-T)^(1/3)", "T + (-1)^(1/3)", "n*(-2)^(2/3)", "sqrt(-T)", "log(-n)", "log(0)*n", "T^(-1/3) - (-d)^(3/4)"]
)
def test_what_is_no_real_number_is_refused_whatever_its_letters(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a finite real number; check divisions and roots\.$") as refusal:
        parse_bound(text, LETTERS)
    assert repr(text) in str(refusal.value)


@pytest.mark.parametrize("text", ["2**(2**n)", "(T+d+n)**64", "(1+1/n)**64*(T-1/d)**64", "exp(exp(n))"])
def test_large_expressions_are_read_and_not_worked_out(text: str) -> None:
    parts = sum(1 for _ in sp.preorder_traversal(parse_bound(text, LETTERS)))
    assert parts <= 2 * len(text)


def test_a_text_of_the_greatest_length_is_read():
    assert parse_bound("n".rjust(2000), LETTERS) == n
    with pytest.raises(ValueError, match=r"^a bound has at most 2000 characters; got 2001\.$"):
        parse_bound("n".rjust(2001), LETTERS)


def test_parts_that_may_have_no_value_are_as_they_are_written():
    """Divisions, roots, powers below 0, logarithms; a whole power has a value wherever its base has one."""
    assert parts_of("n^3 + T^2/n - sqrt(d)*T^(-2) + log(n)/log(n)", LETTERS)[1] == [
        1 / n, sp.sqrt(d), T**-2, sp.log(n), sp.log(n), 1 / sp.log(n),
    ]  # fmt: skip
