"""The library of PARI/GP scripts by itself: what each of its checks takes, and what is nearly that and refused."""

import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

GP = shutil.which("gp")
pytestmark = pytest.mark.skipif(GP is None, reason="PARI/GP is not installed (Debian: pari-gp)")

#: Names that a script declares; c1 is log 2, and c2 what is left of a 0 by rounding.
DECLARED = """
CONSTANTS = [c1, c2]; VALUES = [log(2), 1e-60]; VARIABLES = [u_, v_, y_, w_]; POSITIVE = [w_];
SUMS = [[S1, 1/i_]]; TAILS = [[R1, i_^-2], [R2, i_^-3]]; PRODUCTS = []; FUNCTIONS = [F1]; INDEXED = []; POWERS = [];
RULES = []; INTEGERS = [d_, T_]; CELLS = [];
"""


def answer(statements: str, folder: Path) -> str:
    path = folder / "library.gp"
    library = files("theory.prover").joinpath("verify.gp").read_text(encoding="utf-8")
    path.write_text(f'{library}{DECLARED}{statements};\nprint("verified"); quit(0);\n')
    assert GP is not None
    done = subprocess.run([GP, "-q", "-f", path], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return done.stdout.strip() or done.stderr.strip()


def _cases(text: str) -> str:
    """`only 1, step from 2 1` as a script has it."""
    found = []
    for case in text.split(", "):
        goal, words = ("step", case.split()[1:]) if case.startswith("step ") else ("difference", case.split())
        found.append(f'["{goal}", 1, ["{words[0]}", {", ".join(words[1:])}]]')
    return f"[{', '.join(found)}]"


@pytest.mark.parametrize(
    ("cases", "first", "last", "expected"),
    [
        ("only 1, from 2 1", 1, "oo", "verified"),
        ("from 3 1", 3, "oo", "verified"),
        ("between 1 3, from 3 1", 1, "oo", "verified"),
        ("only 1, step from 1 1", 1, "oo", "verified"),
        ("only 1, only 2, from 3 2, from 2 2", 1, "oo", "verified"),
        ("only 1, root 2 2 3 0", 1, "oo", "verified"),  # 3 n >= 4
        ("only 2, only 1", 1, 2, "verified"),
        ("between 1 6, between 4 9", 1, 8, "verified"),
        ("only 1, from 3 1", 1, "oo", "failed: n = 2 is in no case"),
        ("between 1 3, from 4 1", 1, "oo", "failed: n = 3 is in no case"),
        ("only 2, from 3 1", 1, "oo", "failed: n = 1 is in no case"),
        ("root 2 2 3 0", 1, "oo", "failed: n = 1 is in no case"),
        ("only 1, from 1 2, from 4 2", 1, "oo", "failed: n = 2 is in no case"),
        ("only 1, from 1 2, from 3 2", 1, "oo", "failed: no run reaches all large n"),
        ("only 1, from 2 2", 1, "oo", "failed: no run reaches all large n"),
        ("step from 1 1", 1, "oo", "failed: no run reaches all large n"),
        ("only 2, step from 1 1", 1, "oo", "failed: no run reaches all large n"),
        ("only 1, step from 1 2", 1, "oo", "failed: no run reaches all large n"),
        ("only 1", 1, 2, "failed: n = 2 is in no case"),
        ("between 1 8", 1, 8, "failed: n = 8 is in no case"),
    ],
)
def test_every_n_is_in_a_case(cases: str, first: int, last: object, expected: str, tmp_path: Path) -> None:
    assert answer(f"covers({_cases(cases)}, {first}, {last})", tmp_path) == expected


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ('["only", 1]', "verified"),
        ('["from", 1, 2]', "verified"),
        ('["between", 1, 2]', "verified"),
        ('["root", 2, 2, 1, 3]', "verified"),
        ('["only", 0]', "failed: an n below 1"),
        ('["from", 0, 1]', "failed: an n below 1"),
        ('["root", 2, 2, 1, 4]', "failed: an n below 1"),
        ('["from", 1, 0]', "failed: a run that rises"),
        ('["between", 2, 2]', "failed: a run that rises"),
        ('["root", 1, 0, 1, 0]', "failed: a run that rises"),
        ('["root", 1, 1, 1/2, 0]', "failed: a run that rises"),
    ],
)
def test_runs_begin_at_1_and_rise(run: str, expected: str, tmp_path: Path) -> None:
    assert answer(f"well_formed({run})", tmp_path) == expected


#: Of d alone, and of d and T: cells, floors, ceilings, and what is said.
DOMAINS = [
    ("[1 + v_]", "[1]", "oo", "verified"),
    ("[d_]", "[]", "oo", "failed: a range"),
    ("[2 + v_]", "[1]", "oo", "failed: where a variable begins or ends"),
    ("[1 + v_/2]", "[1]", "oo", "failed: a range"),
    ("[(1 + 3*v_)/(1 + v_)]; [3 + v_]", "[1]", "oo", "verified"),
    ("[(1 + 3*v_)/(1 + v_)]; [4 + v_]", "[1]", "oo", "failed: ranges with a gap"),
    ("[(3 + v_)/(1 + v_)]; [3 + v_]", "[1]", "oo", "failed: a range"),  # without 1
    ("[(1 + 3*v_)/(1 + v_)]", "[1]", "oo", "failed: where a variable begins or ends"),
    ("[3/(1 + v_)]", "[]", "3", "verified"),
    ("[(3 + v_)/(1 + v_)]; [1]", "[1]", "3", "verified"),
    ("[(3 + v_)/(1 + v_)]", "[1]", "3", "failed: a variable at its floor"),
    ("[(1 + 3*v_)/(1 + v_)]; [1]", "[1]", "3", "failed: a range"),  # without 3
    ("[1 + v_]; [1]", "[1]", "3", "failed: a range"),
    ("[(2 + v_)/(1 + v_)]; [1]", "[1]", "3", "failed: where a variable begins or ends"),
    ("[(3 + 2*v_)/(1 + v_)]; [(2 + v_)/(1 + v_)]; [1]", "[1]", "3", "verified"),
    ("[1]", "[1]", "1", "verified"),
]


@pytest.mark.parametrize(("cells", "floors", "ceiling", "expected"), DOMAINS)
def test_cells_reach_all_values_of_one_variable(
    cells: str, floors: str, ceiling: str, expected: str, tmp_path: Path
) -> None:
    said = f"CELLS = [{cells.replace(';', ',')}]; cells_cover([d_], [{floors}], [{ceiling}], [v_])"
    assert answer(said, tmp_path) == expected


@pytest.mark.parametrize(
    ("cells", "ceiling", "expected"),
    [
        ("[1 + v_, 3 + v_ + u_]", "oo", "verified"),
        ("[1 + v_, 4 + v_ + u_]", "oo", "failed: a variable is above a floor"),
        ("[1 + v_, (99 + (3 + v_)*u_)/(1 + u_)], [1 + v_, 3 + v_]", "99", "verified"),
        ("[1 + v_, (99 + (3 + v_)*u_)/(1 + u_)]", "99", "failed: a variable is above a floor"),
        ("[1 + v_, 3 + v_]", "99", "failed: a variable is above a floor"),
        ("[1 + v_, (98 + (3 + v_)*u_)/(1 + u_)], [1 + v_, 3 + v_]", "99", "failed: a variable is above a floor"),
    ],
)
def test_cells_reach_all_that_is_above_another_variable(
    cells: str, ceiling: str, expected: str, tmp_path: Path
) -> None:
    said = f"CELLS = [{cells}]; cells_cover([d_, T_], [[1], [d_ + 2]], [oo, {ceiling}], [v_, u_])"
    assert answer(said, tmp_path) == expected


WHOLE = "failed: what is split is a whole number"


@pytest.mark.parametrize(
    ("names", "floors", "cell", "x", "expected"),
    [
        ("d_", "[1]", "1 + v_", "v_", "verified"),
        ("d_", "[1]", "5 + v_", "v_", "verified"),
        ("d_", "[1]", "1 + v_/2", "v_", WHOLE),
        ("h_", "[1]", "1 + v_", "v_", WHOLE),  # no whole number
        ("d_, T_", "[1], [d_ + 2]", "1 + v_, 3 + v_ + u_", "u_", "verified"),
        ("d_, T_", "[1], [d_/2 + 1/2]", "1 + v_, 1 + v_/2 + u_", "u_", WHOLE),
        ("h_, T_", "[], [h_ + 2]", "h_, h_ + 2 + u_", "u_", WHOLE),
        ("d_, T_", "[1], [d_ + 2]", "1 + v_, 3 + v_ + u_", "w_", WHOLE),
    ],
)
def test_what_is_split_at_0_is_whole(names: str, floors: str, cell: str, x: str, expected: str, tmp_path: Path) -> None:
    said = f'CELLS = [[{cell}]]; split(1, {x}, 0, {x}, [{names}], [{floors}]); must(#CELLS == 2, "two cells")'
    assert answer(said, tmp_path) == expected


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ('must(number_sign(c1) == 1 && number_sign(-c1) == -1 && number_sign(c2) == 2, "signs")', "verified"),
        ('shown((u_ + c1)/(v_ + 1), u_ + c1, v_ + 1, 1, "it")', "verified"),
        ('shown((u_ + c2)/(v_ + 1), u_ + c2, v_ + 1, 0, "it")', "failed: it: a negative coefficient"),  # undecided
        ('shown(u_/(v_ + 1), u_, v_ + 1, 1, "it")', "failed: it: it may be 0"),
        ('shown(w_/(v_ + 1), w_, v_ + 1, 1, "it")', "verified"),
        ('shown(u_*w_/(v_ + 1), u_*w_, v_ + 1, 1, "it")', "failed: it: it may be 0"),
        ('shown(1/(v_ + u_), 1, v_ + u_, 0, "it")', "failed: it: the denominator"),
        ('shown(1/(v_ - 1), 1, v_ - 1, 0, "it")', "failed: it: the denominator"),
        ('shown(u_/(-1 - v_), -u_, 1 + v_, 0, "it")', "failed: it: a negative coefficient"),
        ('shown(-u_/(-1 - v_), -u_, -1 - v_, 0, "it")', "verified"),
        ('shown(u_, u_ + 1, 1, 0, "it")', "failed: it: the quotient"),
        ('same(S1, S1, "it")', "verified"),
        ('same(S1 + n_, S1 + n_ + 1, "it")', "failed: it: n = 1"),
        ('same(S1 + n_, S1 + 2*n_ - 1, "it")', "failed: it: the step"),
        ('same(2*R1, R1 + R1, "it")', "verified"),
        ('same(R1, R2, "it")', "failed: it: tails"),
        ('same(n_*S1, S1, "it")', "failed: it: a factor with n"),
        ('same(F1, 1, "it")', "failed: it: F1"),
        ('same(S1^2, S1, "it")', "failed: it: not linear in sums"),
        ('must(holds_sums_alone(S1 + n_), "alone")', "verified"),
        ('must(!holds_sums_alone(S1 + F1) && !holds_sums_alone(S1 + R2), "alone")', "verified"),
        ('must(without_n(u_) && !without_n(n_) && !without_n(F1), "n")', "verified"),
        ('must(!without_n(S1) && !without_n(u_*R1), "n")', "verified"),
        ('must(next_n(n_ + S1 + R1, FUNCTIONS) == n_ + 1 + S1 + 1/(n_ + 1) + R1 - (n_ + 1)^-2, "next")', "verified"),
        ('must(at_n(n_*S1, 3) == 11/2, "at")', "verified"),
        ('root_of(2, 4, 1, 2, ["only", 1], "a root")', "verified"),
        ('root_of(-2, 4, 1, 2, ["only", 1], "a root")', "failed: a root"),
        ('root_of(3, 4, 1, 2, ["only", 1], "a root")', "failed: a root"),
        ('root_of(3*(2 + m_), 9*(2 + m_)^2, 1, 2, ["root", 2, 2, 1, 0], "a root")', "verified"),
        ('root_of(-3*(2 + m_), 9*(2 + m_)^2, 1, 2, ["root", 2, 2, 1, 0], "a root")', "failed: a root"),
        ('g = 1 + m_*c1 + (m_*c1)^2/2 + (m_*c1)^3/6 + y_; geometric(3*g, 2, m_ + log(3)/log(2), 2, c1, y_, "it")',
         "verified"),
        ('g = 1 + m_*c1 + (m_*c1)^2/2 + (m_*c1)^3/6 + y_; geometric(4*g, 2, m_ + 1, 2, c1, y_, "it")',
         "failed: it: the factor"),
        ('g = 1 + m_*c1 + (m_*c1)^2/2 + (m_*c1)^3/6 + y_; geometric(g, 2, m_ + m_^2, 2, c1, y_, "it")',
         "failed: it: the root"),
        ('g = 1 - m_*c1 + (m_*c1)^2/2 - (m_*c1)^3/6 + y_; geometric(1/g, 2, m_, 1/2, -c1, y_, "it")',
         "failed: it: the root"),
        ('g = 1 + m_*c1 + (m_*c1)^2/2 + (m_*c1)^3/6 + y_; geometric(g, 3, m_, 2, c1, y_, "it")',
         "failed: it: the rate"),
    ],
)  # fmt: skip
def test_what_is_shown_of_expressions(holds: str, expected: str, tmp_path: Path) -> None:
    assert answer(holds, tmp_path) == expected
