"""Certificates as scripts: PARI/GP verifies each, and refuses corrupted ones."""

import re
import shutil
import subprocess
from dataclasses import replace
from fractions import Fraction
from functools import cache

import mpmath
import pytest
import sympy as sp

import theory
from tests.helpers import thinned
from theory import Accumulate, FixedReal, FreshReal, Proved, Replace, ReplaceGrowing, SlidingWindow, check_bound
from theory.__main__ import main
from theory.prover import search
from theory.prover.canonical import partial_product
from theory.prover.certificate import Case, Certificate, check
from theory.prover.domain import Domain, Variable
from theory.prover.export import gp_script
from theory.prover.gp_text import number, rule_of
from theory.prover.lemmas import HarmonicLog, Lemma, LogBound, PowerBound, RootBound, TailBound, ZetaTail
from theory.prover.parsing import parse_bound
from theory.prover.powers import AsExponential, ExponentBound, Inside, InsideRoot
from theory.prover.products import ProductBound, ProductSum
from theory.prover.region import From, Only
from theory.prover.series import HarmonicRises
from theory.prover.splits import Split
from theory.symbols import T, i, n
from theory.tasks.regression.symbols import DOMAIN, ONE_FIT, d

GP = shutil.which("gp")
needs_gp = pytest.mark.skipif(GP is None, reason="PARI/GP is not installed (Debian: pari-gp)")

LAWS = {
    "replace": theory.linear.test_error(Replace(), design="fixed").expr,
    "accumulate": theory.linear.test_error(Accumulate(), design="fixed").expr,
    "accumulate fresh": theory.linear.test_error(Accumulate(), design="fresh").expr,
    "growing": theory.linear.test_error(ReplaceGrowing(), design="fixed").expr,
    "growing fresh": theory.linear.test_error(ReplaceGrowing(), design="fresh").expr,
    "window": theory.linear.test_error(SlidingWindow(2), design="fixed").expr,
    "anchored": theory.linear.test_error(FixedReal("1/2"), design="fixed").expr,
    "fresh real": theory.linear.test_error(FreshReal(), design="fixed").expr,
}
U = "sigma**2*d/(T-d-1)"

#: Each with the reason why it is here.
PROVED = [
    ("replace", f"n*{U}"),  # 0 >= 0
    ("replace", f"2**(n-1)*{U}"),  # a power against its series, and a single n
    ("replace", f"(n*log(n)+1)*{U}"),  # a logarithm from below
    ("replace", f"n**(1+1/100)*{U}"),  # a run of hundredth roots
    ("replace", f"exp(n-1)*{U}"),
    ("replace", f"n*sqrt(d)*{U}"),  # a root of another variable
    ("replace", "n*(sigma+1)**2*d/(T-d-1)"),
    ("accumulate", f"pi**2/6*{U}"),
    ("accumulate", f"1.644935*{U}"),  # a constant with a small sign
    ("accumulate", f"(zeta(2)-polygamma(1,n+1))*{U}"),  # equal, by an identity
    ("accumulate", f"harmonic(n)*{U}"),
    ("accumulate", f"harmonic(n+3,2)*{U}"),  # equal terms and some more
    ("accumulate", f"sqrt(n)*{U}"),  # a run of squares
    ("accumulate fresh", f"harmonic(n,2)*{U}"),  # term by term
    ("growing", f"(1+log(n))*{U}"),
    ("growing", f"2*sqrt(n)*{U}"),
    ("growing", f"sqrt(2*n-1)*{U}"),  # a logarithm taken to where the root is rational
    ("growing", f"(log(n+1)+gamma)*{U}"),
    ("window", f"(4*n/9+1)*{U}"),  # even and odd n
    ("anchored", f"(4/3-(1/4)**n)*{U}"),
    ("anchored", f"(1/2+sqrt(n)/2+1/8)*{U}"),  # a power that decays
    ("anchored", f"(1/3+log(T))*{U}"),
    ("fresh real", f"(2/3+1/(3*n))*{U}"),
    ("anchored", f"(4/3-1/3*4.1**(1-n))*{U}"),  # two bases
    ("fresh real", f"(2/3+exp(-n))*{U}"),
    ("replace", f"exp(harmonic(n))*{U}"),  # an estimate in an exponent, and a tangent
    ("replace", f"n**n*{U}"),
    ("replace", f"(1.01**n+364)*{U}"),
    ("replace", f"(n**2/10**9+10**9/4)*{U}"),  # a square
    ("replace", f"n*(1+(d-3)*(d-4))*{U}"),  # whole d one by one
    ("growing", f"(digamma(n+3/2)+gamma)*{U}"),  # a series of half-integers
    ("growing", f"harmonic(n**2)*{U}"),
    ("accumulate", "pi**2/6*(sigma**4+1)/2*d/(T-d-1)"),  # sigma below and above 1
    ("accumulate", "pi**2/6*sqrt(sigma**4+1)*d/(T-d-1)"),
    ("growing fresh", f"{U}+sigma**2*d/T*(1+log(n))"),  # a sum in an estimate
]
#: By lemmas about roots, harmonic numbers of two arguments and ratios of powers.
ABOUT_PARTS = [
    ("replace", f"n*sqrt(log(n)+1)*{U}"),
    ("growing", f"sqrt(n*harmonic(n))*{U}"),
    ("accumulate", f"harmonic(2*n,2)*{U}"),
    ("replace", f"(n+1)^n/n^n*n/2*{U}"),
]
SLOW = [
    ("replace", f"n**2*{U}"),
    ("replace", f"(n**2+1)/2*{U}"),
    ("replace", "n*sigma**2*(d+1)/(T-d-1)"),
    ("accumulate", f"(pi**2/6-1/(n+1))*{U}"),
    ("accumulate", f"(pi**2/6-1/n+1/(2*n**2))*{U}"),
    ("accumulate", f"(2-1/n)*{U}"),
    ("accumulate", f"(1+log(n))*{U}"),
    ("accumulate fresh", f"pi**2/6*{U}"),  # six lemmas
    ("accumulate fresh", "-sigma**2*d/(d+1)*(digamma(1-(d+1)/T)+EulerGamma)"),  # a tail with parameters
    ("accumulate fresh", "pi**2/6*sigma**2*d/(T-d-0.99)"),
    ("accumulate fresh", "sigma**2*d/(T-d-1)+sigma**2*d/(2*T-d-1)*2*(pi**2/6-1)"),
    ("growing", f"20*n**(1/10)*{U}"),
    ("growing", f"(log(n)+gamma+1/(2*n)-1/(12*n**2)+1/(120*n**4))*{U}"),
    ("growing", f"(log(n+1/2)+gamma+1/(24*n**2))*{U}"),
    ("growing fresh", f"(1+log(n))*{U}"),
    ("growing fresh", "sigma**2*d/T*harmonic(n)+pi**2/6*(d+1)*sigma**2*d/T/(T-d-1)"),
    ("window", f"(4*n/9+4/9+8/54+1)*{U}"),
    ("anchored", f"harmonic(n,2)*{U}"),
]


@cache
def proof(name: str, text: str, domain: Domain = DOMAIN) -> tuple[sp.Expr, sp.Expr, Certificate]:
    law, bound = LAWS[name], parse_bound(text, domain.letters)
    found = search.find(law, bound, ONE_FIT, domain)
    assert found is not None
    check(law, bound, found)
    return law, bound, found


def verdict(script: str, folder) -> str:
    path = folder / "proof.gp"
    path.write_text(script)
    assert GP is not None
    run = subprocess.run([GP, "-q", "-f", path], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert run.returncode == 0 or "verified" not in run.stdout
    return run.stdout.strip() or run.stderr.strip()


@needs_gp
@pytest.mark.parametrize(
    ("name", "text"),
    [*thinned(PROVED, every=2), *ABOUT_PARTS, *(pytest.param(*each, marks=pytest.mark.slow) for each in SLOW)],
)
def test_gp_verifies(name, text, tmp_path):
    assert verdict(gp_script(*proof(name, text)), tmp_path) == "verified"


FALLING, RISING = (partial_product(1 + sign / (T * i**2)) for sign in (-1, 1))
LEAST, NESTED = LogBound(n, sp.S.One, 1, True), sp.sqrt(sp.log(n))
BY_HAND = [
    # a root from above, with what shows that it is real
    (
        T * sp.sqrt(d + sp.log(n)),
        T * (d + n),
        InsideRoot(sp.sqrt(d + sp.log(n)), LogBound(n, sp.S.One, 1, False), LEAST),
        RootBound(d + n - 1, sp.S.Half, sp.S.One, False),
    ),
    # one root inside another, and inside an exponent
    (T * n, T * n * sp.sqrt(1 + NESTED), InsideRoot(sp.sqrt(1 + NESTED), InsideRoot(NESTED, LEAST))),
    (T * n, T * n * 2**NESTED, Inside(2**NESTED, InsideRoot(NESTED, LEAST))),
    # powers beside exponentials
    ((1 - 1 / T) ** n, sp.exp(-n / T), AsExponential((1 - 1 / T) ** n, False)),
    (sp.exp(-n / (T - 1)), (1 - 1 / T) ** n, AsExponential((1 - 1 / T) ** n, True)),
    # products beside sums and exponentials
    (1 - sp.harmonic(n, 2) / T, FALLING, ProductSum(1 - 1 / (T * i**2), True)),
    (1 + sp.harmonic(n, 2) / T, RISING, ProductSum(1 + 1 / (T * i**2), True)),
    (FALLING, sp.exp(-sp.harmonic(n, 2) / T), ProductSum(1 - 1 / (T * i**2), False)),
    # harmonic numbers that rise with their argument
    (sp.harmonic(n, 2), sp.harmonic(2 * n, 2), HarmonicRises(2 * n, n, sp.Integer(2), True)),
    (sp.harmonic(n, sp.S.Half), sp.harmonic(T * n, sp.S.Half), HarmonicRises(n, T * n, sp.S.Half, False)),
    (sp.S.One, sp.harmonic(n + d), HarmonicRises(n + d, sp.S.One, sp.S.One, True)),
]


@needs_gp
@pytest.mark.parametrize(("law", "bound", "lemmas"), [(law, bound, each) for law, bound, *each in BY_HAND], ids=str)
def test_lemmas_by_hand_are_verified(law, bound, lemmas, tmp_path):
    found = Certificate(DOMAIN, sp.S.One, (Case("difference", 0, From(1), tuple(lemmas)),))
    check(law, bound, found)
    script = gp_script(law, bound, found)
    assert verdict(script, tmp_path) == "verified"
    claimed = [line for line in script.splitlines() if line.startswith("must(") and "the estimate" in line]
    for line in claimed:
        assert verdict(script.replace(line, re.sub(r"V(?!\w)", "(V + 1)", line, count=1)), tmp_path) != "verified"


ROWS = Domain((Variable(T, (sp.Integer(3),)),))
BOUNDED = ProductBound(1 - 1 / (T * i**2), (n + 1 / T) / n, True)


def _products(*cases: Case) -> Certificate:
    return Certificate(ROWS, sp.S.One, cases)


@needs_gp
def test_products_are_verified(tmp_path):
    everywhere = _products(Case("difference", 0, From(1), (BOUNDED,)))
    check(sp.S.Half, FALLING, everywhere)
    script = gp_script(sp.S.Half, FALLING, everywhere)
    assert verdict(script, tmp_path) == "verified"
    for old, new in (
        ("PRODUCTS = [[F1, ((1)", "PRODUCTS = [[F1, ((2)"),
        ("prod(j = 1, least(r)", "prod(j = 2, least(r)"),
    ):
        assert old in script
        assert verdict(script.replace(old, new), tmp_path) != "verified"
    sharper = gp_script(sp.Rational(53, 100), FALLING, everywhere)
    assert "a negative coefficient" in verdict(sharper, tmp_path)
    turned = _products(Case("difference", 0, From(1), (replace(BOUNDED, below=False),)))
    assert "nonnegative" in verdict(gp_script(sp.S.Half, FALLING, turned), tmp_path)


@needs_gp
def test_products_by_induction_are_verified(tmp_path):
    """One n multiplied out, and a step that multiplies by one factor more."""
    above_one = ProductBound(1 + 1 / (T * i**2), sp.S.One, True)
    induction = _products(Case("difference", 0, Only(1)), Case("step", 0, From(1), (above_one,)))
    check(sp.S.One, RISING, induction)
    script = gp_script(sp.S.One, RISING, induction)
    assert verdict(script, tmp_path) == "verified"
    line = next(line for line in script.splitlines() if line.startswith("FOLLOWING[1] ="))
    assert verdict(script.replace(line, "FOLLOWING[1] = F1;"), tmp_path) != "verified"
    without_start = _products(*induction.cases[1:])
    assert "no run reaches" in verdict(gp_script(sp.S.One, RISING, without_start), tmp_path)


@needs_gp
def test_cells_of_another_domain_are_verified(tmp_path):
    """Two floors that cross: the range of d is split."""
    domain = Domain((DOMAIN.variables[0], Variable(T, (d + 2, 2 * d - 3)), DOMAIN.variables[2]))
    script = gp_script(*proof("accumulate", f"pi**2/6*{U}", domain))
    assert verdict(script, tmp_path) == "verified"
    assert script.count("the unit > 0") >= 2
    for gap in (script.replace("CELLS = [", "CELLS = Vec(["), re.sub(r"CELLS = \[\[.*?\], ", "CELLS = [", script)):
        assert verdict(gap, tmp_path) != "verified"


@needs_gp
def test_steps_are_verified(tmp_path):
    """An induction: the difference at n = 1, and its step."""
    law, bound, found = proof("replace", f"n**2*{U}")
    first, *_ = proof("replace", f"2**(n-1)*{U}")[2].cases
    induction = replace(found, cases=(replace(first), replace(found.cases[0], goal="step")))
    assert verdict(gp_script(law, bound, induction), tmp_path) == "verified"
    without_start = replace(induction, cases=induction.cases[1:])
    assert verdict(gp_script(law, bound, without_start), tmp_path) == "failed: no run reaches all large n"
    falling = parse_bound(f"(n+(n-2)**2)*{U}", DOMAIN.letters)
    assert "a negative coefficient" in verdict(gp_script(law, falling, induction), tmp_path)


def _with(found: Certificate, position: int, **changes: object) -> Certificate:
    cases = list(found.cases)
    cases[position] = replace(cases[position], **changes)
    return replace(found, cases=tuple(cases))


def _with_lemma(found: Certificate, lemma: type[Lemma], changed) -> Certificate:
    (position,) = (k for k, case in enumerate(found.cases) if any(isinstance(each, lemma) for each in case.lemmas))
    lemmas = tuple(changed(each) if isinstance(each, lemma) else each for each in found.cases[position].lemmas)
    return _with(found, position, lemmas=lemmas)


@needs_gp
@pytest.mark.parametrize(
    ("name", "text", "corrupt", "says"),
    [
        ("replace", f"2**(n-1)*{U}", lambda c: replace(c, cases=c.cases[1:]), "n = 1 is in no case"),
        ("replace", f"2**(n-1)*{U}", lambda c: replace(c, cases=c.cases[:-1]), "no run reaches all large n"),
        ("window", f"(4*n/9+1)*{U}", lambda c: replace(c, cases=c.cases[:-1]), "no run reaches all large n"),
        ("replace", f"n*{U}", lambda c: _with(c, 0, run=From(2)), "n = 1 is in no case"),
        ("replace", f"(n*log(n)+1)*{U}", lambda c: _with(c, len(c.cases) - 1, run=From(1)), "negative coefficient"),
        (
            "accumulate",
            f"pi**2/6*{U}",
            lambda c: _with_lemma(c, TailBound, lambda x: replace(x, value=x.value + 1 / n**9)),
            "TailBound 2: nonnegative: a negative coefficient",
        ),
        (
            "accumulate",
            f"pi**2/6*{U}",
            lambda c: _with_lemma(c, TailBound, lambda x: replace(x, below=False)),
            "TailBound 2: nonnegative: a negative coefficient",
        ),
        (
            "accumulate",
            f"pi**2/6*{U}",
            lambda c: _with_lemma(c, TailBound, lambda x: replace(x, value=x.value + sp.Rational(1, 10**9))),
            "TailBound 2: vanishes",
        ),
        ("accumulate", f"pi**2/6*{U}", lambda c: _with_lemma(c, ZetaTail, lambda x: replace(x, p=3)), ""),
        ("growing", f"(1+log(n))*{U}", lambda c: _with_lemma(c, HarmonicLog, lambda x: HarmonicLog(n - 2, 0)), ""),
        (
            "replace",
            f"(n*log(n)+1)*{U}",
            lambda c: _with_lemma(c, LogBound, lambda x: replace(x, c=sp.Integer(9))),
            "LogBound 1: nonnegative: a negative coefficient",
        ),
    ],
)
def test_corrupted_certificates_are_refused(name, text, corrupt, says, tmp_path):
    law, bound, found = proof(name, text)
    try:
        answer = verdict(gp_script(law, bound, corrupt(found)), tmp_path)
    except ValueError as error:  # what is left has no such form any more
        answer = str(error)
    assert answer != "verified"
    assert says in answer


@needs_gp
@pytest.mark.parametrize(("name", "text", "smaller"), [
    ("replace", f"n*{U}", f"(n-1/10**9)*{U}"),
    ("accumulate", f"pi**2/6*{U}", f"(pi**2/6-1/10**9)*{U}"),
    ("growing", f"(1+log(n))*{U}", f"(9/10+log(n))*{U}"),
    ("window", f"(4*n/9+1)*{U}", f"(4*n/9+1/2)*{U}"),
    ("accumulate fresh", f"pi**2/6*{U}", "pi**2/6*sigma**2*d/T"),
])  # fmt: skip
def test_proofs_of_another_bound_are_refused(name, text, smaller, tmp_path):
    law, _, found = proof(name, text)
    assert verdict(gp_script(law, parse_bound(smaller, DOMAIN.letters), found), tmp_path) != "verified"


@needs_gp
@pytest.mark.parametrize(("name", "text"), [
    ("accumulate", f"pi**2/6*{U}"), ("growing", f"sqrt(2*n-1)*{U}"), ("window", f"(4*n/9+1)*{U}"),
    ("replace", f"2**(n-1)*{U}"), ("accumulate fresh", f"harmonic(n,2)*{U}"), ("replace", f"n*sqrt(d)*{U}"),
])  # fmt: skip
def test_changed_lines_are_refused(name, text, tmp_path):
    """One number in what is shown, replaced, estimated or written, in every line of these kinds."""
    lines = gp_script(*proof(name, text)).splitlines()
    changed = 0
    for at, line in enumerate(lines):
        kind = re.match(r"(difference =|following =|same\(|P =|N =|F =|near\(|shown\(F, )", line)
        number = re.search(r"(?<![A-Za-z_0-9\"])([2-9])(?![A-Za-z_0-9])", re.sub(r'".*"', "", line))
        if kind is None or number is None or "unit" in line:
            continue
        where = number.start(1)
        other = line[:where] + str(int(number[1]) + 1) + line[where + 1 :]
        assert verdict("\n".join([*lines[:at], other, *lines[at + 1 :]]), tmp_path) != "verified", line
        changed += 1
    assert changed >= 1


@needs_gp
def test_an_error_is_no_verification(tmp_path):
    script = gp_script(*proof("replace", f"n*{U}"))
    assert "impossible inverse" in verdict(script.replace('print("verified")', '1/0; print("verified")'), tmp_path)
    assert verdict("\n".join(script.splitlines()[:-1]), tmp_path) == ""


def test_a_script_says_what_it_shows():
    script = gp_script(*proof("accumulate", f"pi**2/6*{U}"))
    head = script[: script.index("default(")]
    assert head.startswith(
        "\\\\ Proved: d*sigma**2*Sum(i**(-2), (i, 1, n))/(T - d - 1) <= pi**2*d*sigma**2/(6*(T - d - 1))"
    )
    assert "\\\\ for T >= d + 2, d >= 1, n >= 1, sigma > 0." in head
    assert "TailBound: sum_{i > n} term(i) >= value(n)" in head
    assert "Numerical: the signs of real constants" in head


HARMONIC = sp.harmonic(n)
RULES = [
    (2 ** (n + 1), (2, 2**n)),
    (2 ** (n**2 - 3), (sp.Rational(1, 8), 2 ** (n**2))),
    (sp.Rational(1, 3) ** (n - 1), (3, 3**-n)),
    (sp.Rational(1, 3) ** n, (3**-n,)),
    (sp.Rational(2, 3) ** n, (sp.Rational(3, 2) ** -n,)),
    ((1 + T) ** (1 - n), (sp.Pow((1 + T) ** (n - 1), -1, evaluate=False),)),
    (T ** (n + 1), None),  # SymPy's T^n T
    (2**n, None),
    (2 ** sp.sqrt(n), None),
    (2 ** (sp.sqrt(n) + 1), None),
    (sp.Rational(4, 3) ** n, None),
    (n ** sp.Rational(5, 2), (n**2, sp.sqrt(n))),
    (n ** sp.Rational(-3, 2), (n**-2, sp.sqrt(n))),
    (sp.sqrt(n), None),
    (sp.log((T - d) * (T - d - 1) / 3), (sp.log(T - d) + sp.log(T - d - 1) - sp.log(3),)),
    (sp.log(T**n), (n * sp.log(T),)),
    (sp.log(n), None),
    (sp.harmonic(n + 1), (HARMONIC + 1 / (n + 1),)),
    (sp.polygamma(0, n + 1), (HARMONIC - sp.EulerGamma,)),
    (sp.harmonic(2 * n), None),
    (sp.zeta(n + 1), None),
]


@pytest.mark.parametrize(("function", "factors"), RULES, ids=str)
def test_what_a_function_equals_is_said_where_it_says_more(function, factors):
    """The rule is the product of these, each as it stands."""
    found = rule_of(function)
    assert (found is None) == (factors is None)
    if found is not None and factors is not None:
        assert found == sp.Mul(*factors, evaluate=False)
        at_numbers = {n: 5, T: 11, d: 4}
        assert sp.N(found.subs(at_numbers) - function.subs(at_numbers), 30) == pytest.approx(0, abs=1e-25)


def _hurwitz(order, x):
    """Of order 1 as well, where the script has the digamma function in its place."""
    return mpmath.inf if order == 1 else mpmath.zeta(order, x)


#: What stands in scripts, by functions of mpmath's.
GP_NAMES = {
    "Pi": mpmath.pi,
    "Euler": mpmath.euler,
    "chosen": lambda condition, yes, no: yes if condition else no,
    "psi": mpmath.digamma,
    "zetahurwitz": _hurwitz,
    **{name: getattr(mpmath, name) for name in ("exp", "log", "zeta", "factorial", "mpf")},
}
NUMBERS = [
    sp.pi**2 / 6 - sp.Rational(7, 3),
    sp.EulerGamma + sp.log(3) * sp.E,
    sp.exp(sp.Rational(-1, 3)) + 2 ** sp.Rational(-3, 4),
    *(sp.polygamma(order, sp.Rational(5, 7)) for order in range(4)),
    sp.zeta(3),
    sp.zeta(4, sp.Rational(5, 7)),
    sp.harmonic(sp.Rational(5, 7), 2, evaluate=False),
    sp.harmonic(sp.Rational(5, 7), evaluate=False),
]


@pytest.mark.parametrize("constant", NUMBERS, ids=str)
def test_a_number_of_a_script_has_its_value(constant):
    text = re.sub(r"\((\d+)\)!", r"factorial(\1)", number(constant).replace("if(", "chosen(").replace("^", "**"))
    with mpmath.workdps(40):
        value = eval(re.sub(r"\d+", r"mpf(\g<0>)", text), GP_NAMES)
        assert mpmath.almosteq(value, mpmath.mpf(str(sp.N(constant, 40))), rel_eps=1e-30)


def test_what_cannot_be_exported_is_said():
    class Other(LogBound):
        """Another lemma."""

    law, bound, found = proof("replace", f"(n*log(n)+1)*{U}")
    other = _with_lemma(found, LogBound, lambda x: Other(x.x, x.c, x.k, x.below))
    assert gp_script(law, bound, other)  # a lemma's heir says the same

    class Unheard(Lemma):
        """Nothing."""

        def conditions(self, region):
            return iter(())

        def estimate(self, region):
            return found.cases[-1].lemmas[0].estimate(region)

    with pytest.raises(ValueError, match="^proofs by Unheard cannot be exported to PARI/GP yet.$"):
        gp_script(law, bound, _with_lemma(found, LogBound, lambda _: Unheard()))


@needs_gp
def test_letters_of_workflows_are_verified(tmp_path):
    """A weight up to 1, a power of which decays."""
    weight = sp.Symbol("w", positive=True)
    verdict_ = check_bound(theory.linear.test_error(FixedReal(weight), design="fixed"), f"{U}/w")
    assert isinstance(verdict_, Proved)
    script = verdict_.gp_script()
    assert verdict(script, tmp_path) == "verified"
    assert "w_" in script
    beyond = re.sub(r"(cells_cover\(.*)\(1\)(, |\])", r"\1(2)\2", script)
    assert beyond != script
    assert verdict(beyond, tmp_path) == "failed: where a variable begins or ends"


@needs_gp
def test_letters_that_look_like_the_scripts_own_are_kept_apart(tmp_path):
    own = [sp.Symbol(name, positive=True, integer=name != "n'") for name in ("m'", "i'", "n'")]
    domain, unit = Domain(tuple(Variable(x, (sp.Integer(2),)) for x in own)), sp.Mul(*own)
    law, bound = n * unit, (n * sp.log(n + 1) + 1) * unit
    found = search.find(law, bound, unit, domain)
    assert found is not None
    check(law, bound, found)
    assert verdict(gp_script(law, bound, found), tmp_path) == "verified"


@needs_gp
def test_the_letter_of_a_split_is_not_one_of_the_domains_own(tmp_path):
    """w is split at 1, into w/(1 + w) and 1 + w', where the domain has a w' too."""
    w, other = (sp.Symbol(name, positive=True) for name in ("w", "w'"))
    cases = tuple(Case("difference", cell, From(1)) for cell in (0, 1))
    found = Certificate(Domain((Variable(w), Variable(other))), sp.S.One, cases, splits=(Split(0, w, sp.S.One),))
    law, bound = 2 * w * other, (w**2 + 1) * other
    check(law, bound, found)
    assert verdict(gp_script(law, bound, found), tmp_path) == "verified"


def test_a_script_says_what_it_proves_and_of_which_whole_numbers():
    for limit, said in ((False, "Proved"), (True, "Proved in the limit")):
        found = Certificate(DOMAIN, sp.S.One, (Case("difference", 0, From(1)),), asymptotic=limit)
        lines = gp_script(n, n + T, found).splitlines()
        assert lines[:2] == [rf"\\ {said}: n <= T + n", r"\\ for T >= d + 2, d >= 1, n >= 1, sigma > 0."]
        assert "INTEGERS = [T_, d_];" in lines


@needs_gp
def test_a_cell_is_split_at_a_whole_number(tmp_path):
    """(d - 1) (d - 2) >= 0 for whole d alone: at d = 1, and from d = 2 on, with one more split there."""
    v = DOMAIN.slacks[d]
    for splits in ((Split(0, v),), (Split(0, v), Split(1, v))):
        cases = tuple(Case("difference", cell, From(1)) for cell in range(len(splits) + 1))
        found = Certificate(DOMAIN, sp.S.One, cases, splits=splits)
        bound = n + (d - 1) * (d - 2)
        check(n, bound, found)
        script = gp_script(n, bound, found)
        assert verdict(script, tmp_path) == "verified"
        # a real number is not whole
        assert "what is split is a whole number" in verdict(script.replace("split(1, v_", "split(1, sigma_"), tmp_path)


W = sp.Symbol("w", positive=True)
WEIGHTS = Domain((Variable(W, (), Fraction(1)),))


@needs_gp
@pytest.mark.parametrize(
    ("domain", "law", "bound", "lemma"),
    [
        (WEIGHTS, (1 - W) ** n, 1 - W, ExponentBound((1 - W) ** n, sp.S.One, False)),  # a base that is 0 at w = 1
        (WEIGHTS, ((1 + W) / 2) ** n, (1 + W) / 2, ExponentBound(((1 + W) / 2) ** n, sp.S.One, False)),
        (WEIGHTS, 1 + W, (1 + W) ** n, ExponentBound((1 + W) ** n, sp.S.One, True)),
        (WEIGHTS, (1 - W) ** n, sp.S.One, PowerBound((1 - W) ** n, False)),
    ],
    ids=str,
)
def test_powers_of_bases_on_one_side_of_1_are_verified(domain, law, bound, lemma, tmp_path):
    found = Certificate(domain, sp.S.One, (Case("difference", 0, From(1), (lemma,)),))
    check(law, bound, found)
    assert verdict(gp_script(law, bound, found), tmp_path) == "verified"


@needs_gp
def test_the_command_exports(tmp_path, capsys):
    file = tmp_path / "bound.gp"
    arguments = ["check-bound", "accumulate", "--design", "fixed", "--export", str(file)]
    assert main([*arguments, f"{U}*pi**2/6"]) == 0
    assert "proved" in capsys.readouterr().out
    assert verdict(file.read_text(), tmp_path) == "verified"
    file.unlink()
    assert main([*arguments, f"{U}*1.6"]) == 0
    printed = capsys.readouterr()
    assert "refuted" in printed.out
    assert printed.err == "there is no proof to be exported.\n"
    assert not file.exists()


def test_the_command_prints_latex(capsys):
    assert main(["check-bound", "replace", "--design", "fixed", f"n*{U}", "--latex"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(r"\documentclass{article}")
    assert printed.endswith("\\end{document}\n")
