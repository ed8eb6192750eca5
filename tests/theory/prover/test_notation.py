"""Bounds as theorists type them: text, Unicode and LaTeX, what is refused as ambiguous, and where errors point."""

import re
import unicodedata

import pytest
import sympy as sp
from hypothesis import given, settings, strategies as st

from theory.prover.parsing import parse_bound
from theory.symbols import T, i, n
from theory.sympy_types import sum_of
from theory.tasks.regression.symbols import d, sigma

LETTERS = (T, d, sigma, n)
U = sigma**2 * d / (T - d - 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # ^ is ** in precedence and associativity
        ("3*sigma^2*d/(T-d-1)", 3 * U),
        ("-n^2", -(n**2)),
        ("2^3^2", sp.Integer(512)),
        ("2^-n", 2 ** (-n)),
        ("2**n^2", 2 ** (n**2)),
        # products without *
        ("2 sigma^2 d/(T-d-1)", 2 * U),
        ("2d/(T-d-1)", 2 * d / (T - d - 1)),
        ("2(T-d-1)", 2 * (T - d - 1)),
        ("(n+1)(n+2)", (n + 1) * (n + 2)),
        ("n(n+1)/2", n * (n + 1) / 2),
        ("sigma^2d", sigma**2 * d),
        ("n^2(n+1)", n**2 * (n + 1)),
        ("2^n (n+1)", 2**n * (n + 1)),
        ("2sigma", 2 * sigma),
        ("2e3 n + 2e^n + 2e-n", 2000 * n + 2 * sp.exp(n) + 2 * sp.E - n),
        ("d log n - n log(2)", d * sp.log(n) - n * sp.log(2)),
        ("1/2*n + d/2*T", n / 2 + d * T / 2),
        ("d/n*sigma T", d * sigma * T / n),
        # Unicode
        ("3σ²d/(T−d−1)", 3 * U),
        ("π²÷6 × σ² · d", sp.pi**2 / 6 * sigma**2 * d),
        ("γ + ζ(2) + ψ(n+1) + ψ⁽¹⁾(n)", sp.EulerGamma + sp.pi**2 / 6 + sp.polygamma(0, n + 1) + sp.polygamma(1, n)),
        ("√(n+1) + √2 + √n", sp.sqrt(n + 1) + sp.sqrt(2) + sp.sqrt(n)),
        ("n⁻¹ + 2ⁿ + n¹⁰ + 2⁻ⁿ", 1 / n + 2**n + n**10 + 2 ** (-n)),
        ("Hₙ + H₃ + Hₙ⁽²⁾", sp.harmonic(n) + sp.Rational(11, 6) + sp.harmonic(n, 2)),
        ("∑_{i=1}^n 1/i²", sp.Sum(1 / i**2, (i, 1, n))),
        # LaTeX
        (r"\frac{\sigma^2 d}{T-d-1}", U),
        (r"$\frac{\pi^2}{6}\,\frac{\sigma^2d}{T-d-1}$", sp.pi**2 / 6 * U),
        (r"$$n$$", n),
        (r"\(n\)", n),
        (r"\[ n \]", n),
        (r"\frac12 + \frac n2 + \frac\sigma3 + \frac1{n} + \frac{1}n", n / 2 + sigma / 3 + 2 / n + sp.Rational(1, 2)),
        (r"\dfrac{n}{2}\tfrac{d}{3}", n * d / 6),
        (r"\log n + \log(n) + \ln n + \log{n} + \log\frac{T}{d}", 4 * sp.log(n) + sp.log(T / d)),
        (r"\log{\left(n \right)}^{2}", sp.log(n) ** 2),
        (r"\log\log n", sp.log(sp.log(n))),
        (r"\sqrt{n}\sqrt[3]{n} + \sqrt 2 + \sqrt(n)", sp.sqrt(n) * sp.cbrt(n) + sp.sqrt(2) + sp.sqrt(n)),
        (r"\sqrt n \sigma^2 + \sqrt n/T", sp.sqrt(n) * sigma**2 + sp.sqrt(n) / T),
        (r"\sigma^2 \cdot d \times T", sigma**2 * d * T),
        (r"\left( n+1 \right)\bigl(n+2\bigr) \, \Big( n \Big)", (n + 1) * (n + 2) * n),
        (r"e^{-n} + 2^{n} + \mathrm{e}^n + \exp(n)", sp.exp(-n) + 2**n + 2 * sp.exp(n)),
        (r"H_n + H_{n} + H_{n-1} + H_10", 2 * sp.harmonic(n) + sp.harmonic(n - 1) + sp.harmonic(10)),
        (r"H_n^{(2)} + H_{n,2} + H_n^{\left(3\right)}", 2 * sp.harmonic(n, 2) + sp.harmonic(n, 3)),
        (r"H_n^2 + H_n^{2}", 2 * sp.harmonic(n) ** 2),
        (r"\zeta(2) + \psi(n+1) - \psi^{(1)}(n)", sp.pi**2 / 6 + sp.polygamma(0, n + 1) - sp.polygamma(1, n)),
        (r"\zeta^{2}\left(3\right)", sp.zeta(3) ** 2),
        # a sum takes the product that follows
        (r"\sum_{i=1}^{n} \frac{1}{i^2}", sp.Sum(1 / i**2, (i, 1, n))),
        (r"\sum_{i=1}^n \frac1i + 1", sum_of(1 / i, i, 1, n) + 1),
        (r"2 \sum\limits_{k=1}^{n} \frac{1}{k} d - n", sp.Sum(2 * d / i, (i, 1, n)) - n),
        (
            r"\sum_{i=1}^n \frac{1}{i^2} \cdot \frac{\sigma^2 d}{T-d-1} \log(n)",
            U * sp.log(n) * sp.Sum(1 / i**2, (i, 1, n)),
        ),
        (r"\sum_{i=1}^n (1/i + 1/i^2)", sp.Sum(1 / i + 1 / i**2, (i, 1, n))),
        (r"\sum_{i=1}^{n} - \frac{1}{i}", sp.Sum(-1 / i, (i, 1, n))),
        (r"\frac{1}{\sum_{i=1}^n \frac1i}", 1 / sum_of(1 / i, i, 1, n)),
        # a power of a function
        ("log^2 n + log²(n) + \\log^{2}(n)", 3 * sp.log(n) ** 2),
        ("log(n)^2", sp.log(n) ** 2),
        (r"\sqrt^2{n} + \sqrt^4[4]{d} + \sqrt^2(T)", n + d + T),
        ("(n+1)^2(n+2)^3", (n + 1) ** 2 * (n + 2) ** 3),
        ("n(\n  T +\n d)", n * (T + d)),
    ],
)
def test_what_is_read(text: str, expected: sp.Expr) -> None:
    assert sp.simplify(parse_bound(text, LETTERS) - expected) == 0


def test_names_of_symbols_come_first() -> None:
    gamma, odd, order = sp.symbols("gamma σ H_n", positive=True)
    assert parse_bound(r"\gamma + γ + gamma(gamma+1)", [gamma]) == 2 * gamma + gamma * (gamma + 1)
    assert parse_bound("2σ H_n", [odd, order]) == 2 * odd * order
    assert parse_bound("λ + \\lambda", [sp.Symbol("lambda", positive=True)]).free_symbols == {
        sp.Symbol("lambda", positive=True)
    }
    k = sp.Symbol("k", positive=True, integer=True)
    assert parse_bound(r"\sum_{i=1}^n \frac{k}{i}", [k, n]) == k * sp.Sum(1 / i, (i, 1, n))
    with pytest.raises(ValueError, match="a sum is"):
        parse_bound(r"\sum_{k=1}^n \frac1k", [k, n])


#: What could be meant in two ways -> the character that the refusal points at, and what it says.
AMBIGUOUS = {
    "1/2 n": (5, "'n' after '1/2': a factor without \\* after / may belong above or below"),
    "d/2T": (4, "'T' after 'd/2': a factor without"),
    "1/(n)(n+1)": (6, "a factor without"),
    "n/T sqrt(2)": (5, "a factor without"),
    r"1/n \frac{1}{2}": (5, "a factor without"),
    "n ÷ 2 d": (7, "a factor without"),
    "2^2n": (4, "may belong to the exponent"),
    "e^2n": (4, "may belong to the exponent"),
    "2^n(n+1)": (4, "may belong to the exponent"),
    "n^d(T)": (4, "may belong to the exponent"),
    "n^d\\sigma": (4, "may belong to the exponent"),
    "n 2": (3, r"write \* or \^ between"),
    "n 2^n": (3, r"write \* or \^ between"),
    "2 3": (3, r"write \* or \^ between"),
    "(n+1)2": (6, r"write \* or \^ between"),
    "1.2.3": (4, r"write \* or \^ between"),
    "n\nd": (3, "on two lines"),
    r"2\frac12": (2, "a number before a fraction"),
    r"n*2 \frac{1}{2}": (5, "a number before a fraction"),
    "log n^2": (6, "may belong to the argument"),
    "log n d": (7, "may belong to the argument"),
    "log 2n": (6, "may belong to the argument"),
    "log n/n": (6, "may belong to the argument"),
    "log n*d": (6, "may belong to the argument"),
    "√2n": (3, "may belong to the argument"),
    "√n²": (3, "may belong to the argument"),
    r"\log{n} d": (9, "may belong to the argument"),
    r"\log n (n+1)": (8, "may belong to the argument"),
    r"\log(n)^2": (8, "the power may be of the argument"),
    r"\log(n)²": (8, "the power may be of the argument"),
    r"\sqrt 2n": (8, "may belong to the argument"),
    r"\sqrt n^2": (8, "may belong to the argument"),
    r"\sqrt n²": (8, "may belong to the argument"),
    r"\sqrt n^{(2)}": (8, "may belong to the argument"),
    r"\sqrt\log n d": (13, "may belong to the argument"),
    r"\sqrt12": (6, r"write \\sqrt\{12\}"),
    "(1+1/n)^2n": (10, "may belong to the exponent"),
    "H_n^(2)": (4, "an order, a power or a factor"),
    "H_n(2)": (4, "an order, a power or a factor"),
    r"\frac1.5": (7, "a fraction is"),
    r"\frac n\log n": (8, "a fraction is"),
    "H_2n": (4, "may belong to the subscript"),
    "n^{(2)}": (2, "an exponent in brackets is an order"),
    "H(n)^{(2)}": (5, "an exponent in brackets is an order"),
    "σ²^3": (3, "one exponent stands on another"),
    "n^{2}^{3}": (6, "one exponent stands on another"),
    "n^{2}²": (6, "one exponent stands on another"),
    "n^{2}^{(3)}": (6, "one exponent stands on another"),
    r"\frac{n}{2}^2": (12, "put the fraction that is raised in brackets"),
    r"\frac{n}{2}²": (12, "put the fraction that is raised in brackets"),
    r"\frac{n}{2}^{(2)}": (12, "put the fraction that is raised in brackets"),
    r"1/\sum_{i=1}^n i": (2, "a sum that divides needs brackets"),
    r"2^\sum_{i=1}^n i": (2, "a sum in an exponent needs brackets"),
    r"\sum_{i=1}^n i \sum_{i=1}^n i": (16, "a sum has no sum in its term"),
    r"\sum_{i=1}^n \frac1i + \frac1{i^2}": (31, "unknown symbol i outside a sum"),
    "gamma(n)": (1, "gamma is a constant, not a function"),
    "E(n)": (1, "E is a constant, not a function"),
    "log^{-1}(n)": (4, "the power of a function is a positive number"),
    "Td": (1, r"unknown symbol Td \(did you mean T\*d\?\)"),
    "sigma2": (1, r"did you mean sigma\^2\?"),
}


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_what_is_ambiguous_is_refused_where_it_stands(text: str) -> None:
    column, why = AMBIGUOUS[text]
    with pytest.raises(ValueError, match=rf"^the bound cannot be read at character {column}, [^\n]*{why}[^\n]*\.$"):
        parse_bound(text, LETTERS)


#: A mistake -> what is said after "the bound cannot be read at ".
MISTAKES = {
    "3*sigma**2*d/(T-d-": "its end, character 19, after '3*sigma**2*d/(T-d-': a number, symbol or bracket is",
    "(n+1": "its end, character 5, after '(n+1': the bracket that opens at character 1 is not closed",
    "n*(d+sqrt(n)": "its end, character 13, after 'n*(d+sqrt(n)': the bracket that opens at character 3 is not closed",
    "n+1)": "character 4, ')' after 'n+1': this bracket was not opened",
    "(n+1}": "character 5, '}' after '(n+1': the bracket that opens at character 1 is not closed",
    r"\frac{1}{n)": r"character 11, ')' after '\frac{1}{n': the brace that opens at character 9 is not closed",
    r"2\frac{1": r"its end, character 9, after '2\frac{1': the brace that opens at character 7 is not closed",
    "n}": "character 2, '}' after 'n': this brace was not opened",
    "()": "character 2, ')' after '(': ",
    "n +": "its end, character 4, after 'n +': a number, symbol or bracket is missing here",
    " n * * d": "character 6, '*' after 'n *': a number, symbol or bracket is missing here",
    "$n +$": "its end, character 5, after '$n +': a number, symbol or bracket is missing here",
    "2 sigm d": "character 3, 'sigm' after '2': unknown symbol sigm (did you mean sigma?); use T, d, sigma, n",
    "N": "character 1, 'N': unknown symbol N (did you mean n?); use T, d, sigma, n, numbers, ",
    "1+t": "character 3, 't' after '1+': unknown symbol t (did you mean T?); use T, d, sigma, n, numbers, ",
    "x": "character 1, 'x': unknown symbol x; use T, d, sigma, n, numbers, ",
    "nlogn": "character 1, 'nlogn': unknown symbol nlogn",
    "2+logn": "character 3, 'logn' after '2+': unknown symbol logn (did you mean log(n)?); use ",
    "f(n)": "character 1, 'f': unknown function f; use ",
    "sqr(n)": "character 1, 'sqr': unknown function sqr (did you mean sqrt?); use ",
    r"n+\frc{1}{n}": r"character 3, '\frc' after 'n+': unknown LaTeX command (did you mean \frac?); use ",
    r"\omega": r"character 1, '\omega': unknown symbol omega",
    r"n \le 3": r"character 3, '\le' after 'n': a bound is one side of an inequality",
    "n ≤ 3": "character 3, '≤' after 'n': a bound is one side of an inequality",
    "n = 3": "character 3, '=' after 'n': a bound is one side of an inequality",
    "n!": "character 2, '!' after 'n': factorials are not read",
    "|n|": "character 1, '|': absolute values are not read",
    "1,5": "character 2, ',' after '1': a comma stands between the arguments of a function",
    "[n]": "character 1, '[': square brackets are not read; use ( )",
    "{n}": "character 1, '{': braces stand after ",
    r"\log_2 n": r"character 5, '_' after '\log': a subscript is read after H",
    r"\sigma_1": r"character 7, '_' after '\sigma': a subscript is read after H",
    r"\sum_{i=2}^n i": r"character 1, '\sum': a sum is \sum_{i=1}^{n} with a term in i",
    r"1+\sum_{i=1}^n (n+i)": r"character 3, '\sum_{i=1}^n (n+i)' after '1+': the term of a sum has no n",
    "n+ｎ": "character 3, 'ｎ' after 'n+': "
    "the character U+FF4E (FULLWIDTH LATIN SMALL LETTER N) has no meaning here; did you mean n?",
    "1+（n)": "character 3, '（' after '1+': "
    "the character U+FF08 (FULLWIDTH LEFT PARENTHESIS) has no meaning here; did you mean (?",
    "２n": "character 1, '２': the character U+FF12 (FULLWIDTH DIGIT TWO) has no meaning here; did you mean 2?",
    "ο": "character 1, 'ο': the character U+03BF (GREEK SMALL LETTER OMICRON) has no meaning here",
    "Т-d": "character 1, 'Т': the character U+0422 (CYRILLIC CAPITAL LETTER TE) has no meaning here",
    "n\u202ed": r"character 2, '\u202e' after 'n': the character U+202E (RIGHT-TO-LEFT OVERRIDE) has no meaning here",
    "n\x00": r"character 2, '\x00' after 'n': the character U+0000 has no meaning here",
    "n–1": "character 2, '–' after 'n': write minus as -",
    "1+n/0": "character 3, 'n/0' after '1+': it divides by zero",
    r"1+\frac{n}{d-d}": r"character 3, '\frac{n}{d-d}' after '1+': it divides by zero",
    "1+n^65": "character 3, 'n^65' after '1+': exponents go up to 64",
    "1+n^5000": "character 3, 'n^5000' after '1+': exponents go up to 64",
    "n+9^9^9": "character 3, '9^9^9' after 'n+': its numbers go beyond 4096 bits",
    "1+harmonic(n,2,1)": "character 3, 'harmonic(n,2,1)' after '1+': harmonic takes 1 or 2 argument(s)",
    "1+sqrt(n,2)": "character 3, 'sqrt(n,2)' after '1+': sqrt takes 1 argument(s)",
    "n+zeta(1)": "character 3, 'zeta(1)' after 'n+': its order is a whole number from 2 to 20",
    "1+sqrt": "character 3, 'sqrt' after '1+': sqrt needs its argument in brackets, as in sqrt(n)",
    r"2+\sqrt[1]{n}": r"character 9, '1' after '2+\sqrt[': a root is \sqrt[3]{...}, with a whole number from 2 on",
    r"\sqrt[5/2]{n}": r"character 8, '/' after '\sqrt[5': a root is \sqrt[3]{...}",
    r"\sqrt[2.5]{n}": r"character 7, '2.5' after '\sqrt[': a root is \sqrt[3]{...}, with a whole number from 2 on",
    r"\sqrt[n]{2}": r"character 7, 'n' after '\sqrt[': a root is \sqrt[3]{...}, with a whole number from 2 on",
    r"\sqrt[2](n)": r"character 9, '(' after '\sqrt[2]': a root is \sqrt[3]{...}",
    r"\sum_{e=1}^n e": r"character 1, '\sum': a sum is \sum_{i=1}^{n} with a term in i",
    r"\sum_{T=1}^n T": r"character 1, '\sum': a sum is \sum_{i=1}^{n} with a term in i",
    "1+" + "q" * 30: f"character 3, '{'q' * 30}' after '1+': unknown symbol {'q' * 30}; use T, d, ",
    "1+" + "q" * 31: f"character 3, '{'q' * 31}' after '1+': unknown symbol {'q' * 30}...; use T, d, ",
    "1e4000": "character 1, '1e4000': the exponent of a number has at most 3 digits",
    "n+" * 40 + "x": "character 81, 'x' after '..." + "n+" * 20 + "': unknown symbol x",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_an_error_points_at_the_character(text: str) -> None:
    said = re.escape(f"the bound cannot be read at {MISTAKES[text]}")
    with pytest.raises(ValueError, match=rf"^{said}[^\n]*\.$"):
        parse_bound(text, LETTERS)


def test_an_empty_bound_says_what_is_allowed() -> None:
    with pytest.raises(ValueError, match=r"^the bound is empty; use T, d, sigma, n, numbers, "):
        parse_bound(" ", LETTERS)


HOSTILE = [
    "9^9^9^9",
    "9^999999999",
    "n^999999999",
    "2⁹⁹⁹⁹⁹⁹⁹⁹⁹",
    "n" + "⁹" * 1900,
    "2^" * 900 + "2",
    "n^" * 900 + "n",
    r"\frac{1}{" * 200 + "n" + "}" * 200,
    r"\frac1" * 300 + "n",
    r"\sqrt{" * 250 + "n" + "}" * 250,
    r"\sqrt[999999999]{n}",
    "sqrt(" * 300 + "n" + ")" * 300,
    "log " * 400 + "n",
    "√" * 1900 + "n",
    "-" * 1900 + "n",
    "(" * 1900,
    "{" * 1900,
    "[" * 1900,
    "$" * 1900,
    "\\" * 1900,
    r"\left" * 300,
    "_" * 1900,
    "n" * 1999 + "x",
    "n " * 999,
    "H_{" * 500 + "n",
    "H_n^{(999999999)}",
    "H_{999999999}",
    r"\psi^{(999999999)}(n)",
    "Sum(" * 300 + "i",
    r"\sum_{i=1}^n " * 100 + "i",
    "log^" * 400 + "2",
    "log^999999999(n)",
    "n\x00d",
    "n\u202e+d",
    "\ufeffn",
    "n\u200bd",
    "σ̂",
    "\ud800",
    "𝒏^" * 500,
    "1,".join(["n"] * 900),
    "H(" + "n," * 900 + ")",
    "1" * 2000 + "1",
    "(9^999)(9^999)(9^999)",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:16]))
@pytest.mark.timeout(120)  # far beyond any need; what is refused here would else take hours or memory
def test_hostile_text_ends_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(the|a) bound [^\n]{,400}\.$"):
        parse_bound(text, LETTERS)


@settings(max_examples=400)
@given(
    st.lists(
        st.sampled_from(
            [
                *"nTd2i+-*/^(){}[],_=.σπ²⁻ⁿ√∑·",
                " ",
                "log",
                "H",
                "H_n",
                "Sum(",
                "(i,1,n)",
                r"\frac",
                r"\sum_{i=1}^n ",
                "^{(2)}",
            ]
        ),
        max_size=14,
    ).map("".join)
)
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    assert re.fullmatch(r"read|(the|a) bound [^\n]*\.", _outcome(text))


def _outcome(text: str) -> str:
    try:
        parse_bound(text, LETTERS)
    except ValueError as error:
        return str(error)
    return "read"


GREEK = {
    letter: unicodedata.name(letter).removeprefix("GREEK SMALL LETTER ").lower().replace("lamda", "lambda")
    for letter in "αβγδεζηθικλμνξπρστυφχψω"  # without omicron, which LaTeX has none of
}


@pytest.mark.parametrize(("letter", "name"), GREEK.items())
def test_greek_letters_are_read_by_their_names(letter: str, name: str) -> None:
    """As Unicode has them; also those that are constants or functions, where a letter of the bound is called so."""
    symbol = sp.Symbol(name, positive=True)
    for text in (letter, name, rf"\{name}"):
        assert parse_bound(f"n*({text})^2", (symbol, n)) == n * symbol**2


@pytest.mark.parametrize("digit", range(10))
def test_raised_and_lowered_digits_are_read_by_their_values(digit: int) -> None:
    every = [chr(code) for code in (*range(0xB0, 0xBA), *range(0x2070, 0x2090))]
    raised, lowered = (
        next(x for x in every if unicodedata.digit(x, None) == digit and unicodedata.name(x).startswith(kind))
        for kind in ("SUPERSCRIPT", "SUBSCRIPT")
    )
    assert parse_bound(f"(n+1){raised} + 2⁻{raised}", (n,)) == (n + 1) ** digit + sp.Rational(1, 2**digit)
    assert parse_bound(f"ψ⁽{raised}⁾(n)", (n,)) == sp.polygamma(digit, n)
    assert parse_bound(f"H₁{lowered}", (n,)) == sp.harmonic(10 + digit)
