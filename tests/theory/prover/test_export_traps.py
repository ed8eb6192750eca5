"""PARI/GP by itself refuses what the checker refuses: every lemma where a condition fails, and forged certificates."""

import shutil
import subprocess
from pathlib import Path

import pytest
import sympy as sp

from tests.helpers import thinned
from theory.prover.certificate import _LEMMAS, Case, Certificate
from theory.prover.domain import Domain
from theory.prover.export import gp_script
from theory.prover.lemmas import Lemma, PowerBound, TailBound, Telescoping, Termwise, ZetaTail
from theory.prover.powers import ExpTangent, PowerRatio, Square
from theory.prover.products import ProductBound, ProductSum
from theory.prover.region import From, Only, Region
from theory.prover.series import SeriesTail
from theory.prover.unsound import Unsound
from theory.symbols import T, i, n
from theory.sympy_types import as_expression
from theory.tasks.regression.symbols import d, sigma

from .test_forged import HAND_MADE
from .test_lemma_traps import DOMAIN, FALSE, REGION, TRUE, WEIGHT_REGION, WEIGHTS

GP = shutil.which("gp")
needs_gp = pytest.mark.skipif(GP is None, reason="PARI/GP is not installed (Debian: pari-gp)")

#: Of lemmas that the traps of the checker leave to other files.
MORE_FALSE: list[tuple[Lemma, Region]] = [
    (ZetaTail(1), REGION),  # the series is infinite
    (ProductBound(1 - 1 / (T * i), sp.S.One, True), REGION),  # it falls
    (ProductBound(1 + n / (T * i**2), sp.S.One, True), REGION),  # each n has a product of its own
    (ProductSum(1 - 2 / i, True), REGION),  # a factor below 0
    (ProductSum(1 + (-1) ** i / (2 * i), True), REGION),  # factors on both sides of 1
    (ProductSum(1 + n / (T * i**2), False), REGION),
]
#: Of lemmas that leave what they estimate as it is, or that have no estimate from a side.
MORE_TRUE: list[tuple[Lemma, Region]] = [
    (ZetaTail(2), REGION),
    (ProductBound(1 + 1 / (T * i**2), sp.S.One, True), REGION),
    (ProductSum(1 + 1 / (T * i**2), True), REGION),
    (PowerRatio((n + 1) ** n, n), REGION),
    (SeriesTail(1 / (i * (2 * i + 1))), REGION),
    (SeriesTail(1 / (i * (i + 1)) - 3 / (2 * i - 1) ** 2 + i**-3), REGION),
    (TailBound(i**-2, 1 / n, False), REGION),
]
#: With a letter in the wrong place, and nothing else that is wrong.
CHANGING: list[Lemma] = [
    ExpTangent(sp.exp(n), i, True),
    SeriesTail(i**-2 + n / i**3),
    Termwise(n / i**2, sp.S.Zero),
    Termwise(i**-2, i**-2 - n),
    Telescoping(n / i, sp.S.Zero),
    Telescoping(1 / i, -i),
]
#: Certificates in which only that fails which a script says it trusts: that the bound is real.
TRUSTED = {"a pole that cancels"}


def answer(script: str, folder: Path) -> str:
    path = folder / "proof.gp"
    path.write_text(script)
    assert GP is not None
    done = subprocess.run([GP, "-q", "-f", path], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (done.returncode == 0 and done.stdout == "verified\n") or "verified" not in done.stdout
    return done.stdout.strip() or done.stderr.strip()


def used_by(lemma: Lemma, region: Region) -> tuple[sp.Expr, sp.Expr, Certificate]:
    """A proof that needs nothing but what the lemma needs: what is to be shown is 0 - or a square, put away."""
    domain = Domain((WEIGHTS if region.cell == WEIGHT_REGION.cell else DOMAIN).variables, region.run.least)
    left = lemma.weight * lemma.root**2 if isinstance(lemma, Square) else sp.S.Zero
    return n, n + left, Certificate(domain, sp.S.One, (Case("difference", 0, region.run, (lemma,)),))


def refusal(law: sp.Expr, bound: sp.Expr, certificate: Certificate, folder: Path) -> str:
    """Of GP; or that there is nothing to be asked, since what a false condition says cannot be written down."""
    try:
        script = gp_script(law, bound, certificate)
    except (ValueError, sp.PolynomialError, Unsound) as error:
        return str(error)
    return answer(script, folder)


@needs_gp
@pytest.mark.parametrize(
    ("lemma", "region"),
    thinned([(lemma, region) for lemma, _, region in TRUE] + MORE_TRUE, every=6),
    ids=lambda x: str(x)[:60],
)
def test_lemmas_are_verified_where_their_conditions_hold(lemma: Lemma, region: Region, tmp_path: Path) -> None:
    assert answer(gp_script(*used_by(lemma, region)), tmp_path) == "verified"


@needs_gp
@pytest.mark.parametrize(
    ("lemma", "region"),
    thinned([(lemma, region) for lemma, region, _ in FALSE] + MORE_FALSE, every=6),
    ids=lambda x: str(x)[:60],
)
def test_lemmas_are_refused_where_a_condition_fails(lemma: Lemma, region: Region, tmp_path: Path) -> None:
    law, bound, certificate = used_by(lemma, region)
    assert refusal(law, bound, certificate, tmp_path) != "verified"


@needs_gp
@pytest.mark.parametrize("lemma", CHANGING, ids=str)
def test_terms_that_change_with_n_are_refused(lemma: Lemma, tmp_path: Path) -> None:
    """That a letter is not there where it would be mistaken for another one is seen by GP, not by Python alone."""
    assert " without " in answer(gp_script(*used_by(lemma, REGION)), tmp_path)


def test_every_lemma_is_verified_and_refused() -> None:
    assert {type(lemma) for lemma, *_ in (*TRUE, *MORE_TRUE)} == set(_LEMMAS)
    assert {type(lemma) for lemma, *_ in (*FALSE, *MORE_FALSE)} == set(_LEMMAS)


@needs_gp
@pytest.mark.parametrize("name", HAND_MADE)
def test_hand_made_certificates_are_refused(name: str, tmp_path: Path) -> None:
    law, bound, certificate = HAND_MADE[name]
    assert (refusal(law, bound, certificate, tmp_path) == "verified") == (name in TRUSTED)


@needs_gp
def test_what_changes_with_n_holds_sums_and_tails_too(tmp_path: Path) -> None:
    """The names of sums and tails stand for functions of n, without the letter."""
    script = gp_script(*used_by(TailBound(i**-2, 1 / n, False), REGION))
    assert "TAILS = [[R1" in script
    ends = 'must(without_n(T_) && !without_n(n_) && !without_n(T_*R1), "letters"); print("verified")'
    assert answer(script.replace('print("verified")', ends), tmp_path) == "verified"


@needs_gp
@pytest.mark.parametrize("exponent", [n, 2 * n + 1, 3 * n - 1])
def test_only_an_even_power_is_that_of_the_opposite(
    exponent: sp.Expr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checker that takes an odd power of a negative number for one that is >= 0 is not followed."""
    (weight,) = (variable.symbol for variable in WEIGHTS.variables)
    monkeypatch.setattr(PowerBound, "_base", lambda lemma, _: -lemma.power.as_base_exp()[0])
    even, odd = (PowerBound((-weight) ** each, True) for each in (2 * n, exponent))
    assert answer(gp_script(*used_by(even, WEIGHT_REGION)), tmp_path) == "verified"
    assert "an even exponent" in answer(gp_script(*used_by(odd, WEIGHT_REGION)), tmp_path)


#: A true estimate for each lemma that speaks of all later n, and one whose condition holds at n = 2 and later fails.
ONWARDS: list[tuple[Lemma, Lemma]] = [
    (TailBound(i**-2, 1 / n, False), TailBound(i**-2, 2 / n**3, False)),
    (Telescoping(i**-2, -1 / (n + 1)), Telescoping(i**-2, n**2 / 100)),
    (ProductBound(1 + i**-2, sp.S.One, True), ProductBound(1 + i**-2, n**2 / 100 + 1, True)),
]


@needs_gp
@pytest.mark.parametrize(("true", "false"), ONWARDS, ids=lambda lemma: type(lemma).__name__)
def test_what_is_said_of_all_later_terms_is_shown_for_all(true: Lemma, false: Lemma, tmp_path: Path) -> None:
    """Where n = 2 is the last there is."""
    domain = Domain(DOMAIN.variables, 2, 2)
    for lemma, expected in (
        (true, "verified"),
        (false, f"{type(false).__name__} 1: nonnegative: a negative coefficient"),
    ):
        certificate = Certificate(domain, sp.S.One, (Case("difference", 0, Only(2), (lemma,)),))
        assert expected in answer(gp_script(n, n, certificate), tmp_path)


@needs_gp
@pytest.mark.parametrize(
    "bound", [n + 1 / (n - 1), n + 1 / (n - 1) ** 2, n + 1 / (T - d - 2), n + sigma / (d - 1)], ids=str
)
def test_a_denominator_that_may_be_0_is_refused(bound: sp.Expr, tmp_path: Path) -> None:
    """At the least n, T or d; one farther from it, it is not 0."""
    for moved, expected in ((0, "failed: case 1: the denominator"), (1, "verified")):
        farther = bound.subs({n: n + moved, T: T + 2 * moved, d: d + moved}, simultaneous=True)
        certificate = Certificate(DOMAIN, sp.S.One, (Case("difference", 0, From(1)),))
        assert answer(gp_script(n, as_expression(farther), certificate), tmp_path) == expected
