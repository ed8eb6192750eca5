"""Random and mutated bounds over all workflows, by both doors; every verdict is looked at by an evaluator of its own.

`python -m tests.theory.prover.random_bounds --count 1000 --seed 7` judges so many, prints how many verdicts there were
of each kind and the seconds of CPU that they took, and ends with status 1 where one is wrong. A bound depends on seed
and number alone: `--seed 7 --first 123 --count 1` is number 123 by itself.

The oracle shares no code with the toolkit: a bound is a tree of tuples, printed as text, built in SymPy, and evaluated
in 60 digits; laws are evaluated from formulas and recursions of their own.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import mpmath
import sympy as sp

from tests.theory.prover.bound_trees import Numbers, Tree, Unknown, expression, text, value
from tests.theory.prover.known_laws import ENDLESS, KNOWN, Known
from tests.theory.prover.random_trees import TRUE, cancelling, made_up, mutated
from theory import Refuted, check_bound

#: What can come out. A refusal is seen where the bound has no value at a point that is tried here.
PROVED, REFUTED, UNDECIDED, REFUSED, UNSEEN, FAR, WRONG = (
    "proved",
    "refuted",
    "undecided",
    "refused",
    "refused, no reason seen",
    "too far out",
    "WRONG",
)
KINDS = (PROVED, REFUTED, UNDECIDED, REFUSED, UNSEEN, FAR, WRONG)
#: A law counts as larger than a bound from this relative excess on: the evaluation has 60 digits.
_CLEARLY = mpmath.mpf(10) ** -40
_DIGITS = 60
#: Relations that narrow the domain, with what they say.
Inside = Callable[[Numbers], bool]
DOMAINS: tuple[tuple[str, Inside], ...] = (
    ("T <= 100", lambda at: at["T"] <= 100),
    ("T <= 7", lambda at: at["T"] <= 7),
    ("d <= 10", lambda at: at["d"] <= 10),
    ("d <= 1", lambda at: at["d"] <= 1),
    ("T >= 2*d + 2", lambda at: at["T"] >= 2 * at["d"] + 2),
    ("sigma <= 1", lambda at: at["sigma"] <= 1),
)
ITERATIONS: tuple[tuple[str, Inside], ...] = (
    ("n <= 20", lambda at: at["n"] <= 20),
    ("2 <= n <= 10", lambda at: 2 <= at["n"] <= 10),
    ("n >= 5", lambda at: at["n"] >= 5),
)


class Case(NamedTuple):
    """What is judged: law <= bound, or >=, on a domain.

    Attributes:
        known: the law, with what is known of it here.
        bound: a tree, or another law.
        given: the bound as it is handed over.
        lower: whether law >= bound is judged.
        domain: relations, with what they say.
    """

    known: Known
    bound: Tree | Known
    given: Any
    lower: bool
    domain: tuple[tuple[str, Inside], ...]

    def __str__(self) -> str:
        """As a person would repeat it."""
        task = self.known.law.task
        bound = f"law of {self.bound.law.workflow}, {self.bound.law.task}" if isinstance(self.bound, Known) else None
        door = "text" if isinstance(self.given, str) else "object"
        where = "".join(f", {relation}" for relation, _ in self.domain)
        sign = ">=" if self.lower else "<="
        return f"{self.known.law.workflow}, {task} {sign} {bound or text(self.bound)} ({door}{where})"

    def contains(self, at: Numbers) -> bool:
        """Whether the point is in the domain."""
        inside = at["n"] >= 1 and at["d"] >= 1 and at["T"] >= at["d"] + 2 and at["sigma"] > 0
        return inside and all(holds(at) for _, holds in self.domain)


class Outcome(NamedTuple):
    """One of KINDS, the seconds of CPU that the verdict took, and what is to be said of it."""

    kind: str
    seconds: float
    words: str


def case(seed: int, number: int) -> Case:
    """The bound of that number."""
    source = random.Random(f"bounds {seed} {number}")
    known = source.choice(KNOWN)
    kinds: tuple[tuple[tuple[str, Inside], ...], ...] = (ITERATIONS,) if known.asymptotic else (DOMAINS, ITERATIONS)
    domain = tuple(source.choice(kind) for kind in kinds if source.random() < 0.2)
    if known.iterations:
        domain = (*domain, (f"n <= {known.iterations}", lambda at: at["n"] <= known.iterations))
    lower = source.random() < 0.25
    if source.random() < 0.08:
        other = source.choice([each for each in KNOWN if not each.iterations and (known.asymptotic or each.law.exact)])
        return Case(known, other, other.law, lower, domain)
    bound = made_up(source) if number % 2 else mutated(source, source.choice(TRUE))
    if source.random() < 0.08:
        bound = cancelling(source, bound)
    return Case(known, bound, text(bound) if source.random() < 0.5 else expression(bound), lower, domain)


def limits(source: random.Random) -> list[Numbers]:
    """Many n, with rows without end."""
    iterations = [*range(1, 61), 1000, 10**6, 10**12, 10**40, *(source.randint(61, 2000) for _ in range(20))]
    return [{"T": ENDLESS, "d": 1, "n": n, "sigma": Fraction(1)} for n in iterations]


def points(source: random.Random) -> list[Numbers]:
    """Corners, large n, T and d together, and random ones."""
    found = [
        {"T": d + more, "d": d, "n": n, "sigma": Fraction(1)}
        for d in (1, 2, 3, 7, 100)
        for more in (2, 3, 4, d, d + 1, 10 * d + 2, 10**6)
        for n in (1, 2, 3, 4, 5, 10, 20, 50)
        if more >= 2
    ]
    found += [
        {"T": rows, "d": d, "n": n, "sigma": Fraction(1)}
        for rows, d in ((3, 1), (4, 1), (100, 1), (100, 98), (10**9, 1), (2 * 10**6, 10**6), (10**6 + 2, 10**6))
        for n in (1, 2, 60, 1000, 10**6, 10**12, 10**40)
    ]
    for _ in range(30):
        d = source.randint(1, 10 ** source.randint(1, 4))
        rows = d + 1 + source.randint(1, 10 ** source.randint(1, 6))
        found.append({"T": rows, "d": d, "n": source.randint(1, 60), "sigma": Fraction(1)})
    others = [{**source.choice(found), "sigma": Fraction(2) ** source.randint(-12, 12)} for _ in range(40)]
    return found + others


def _sides(known: Known, bound: Tree | Known, at: Numbers) -> tuple[Any, Any]:
    sigma = mpmath.mpf(at["sigma"].numerator) / at["sigma"].denominator
    scale = sigma**2 * at["d"]
    law = scale * known.per_noise(at["T"], at["d"], at["n"])
    if isinstance(bound, Known):
        return law, scale * bound.per_noise(at["T"], at["d"], at["n"])
    return law, value(bound, {**at, "sigma": sigma})


def excess(known: Known, bound: Tree | Known, at: Numbers) -> Any:
    """law - bound, in units of the larger of both."""
    law, limit = _sides(known, bound, at)
    return (law - limit) / max(abs(law), abs(limit))


def _point(counterexample: dict[str, Any]) -> Numbers:
    return {"sigma": Fraction(1), "T": ENDLESS, "d": 1} | {
        name: Fraction(x) if name == "sigma" else int(x) for name, x in counterexample.items()
    }


def _has_value(given: Any, at: Numbers) -> bool:
    """Whether a SymPy object has a real value: in it is left what did not cancel when it was built."""
    if not isinstance(given, sp.Expr):
        return False
    numbers = {name: sp.Rational(x.numerator, x.denominator) for name, x in at.items()}
    found = given.subs({symbol: numbers[str(symbol)] for symbol in given.free_symbols if str(symbol) in numbers})
    return bool(found.is_finite and found.is_real)


def judged(case: Case, source: random.Random) -> Outcome:
    """The verdict, after it was looked at here."""
    begin = time.process_time()
    known, relations = case.known, [relation for relation, _ in case.domain]
    try:
        verdict = check_bound(known.law, case.given, lower=case.lower, domain=relations, asymptotic=known.asymptotic)
    except ValueError as refusal:
        seconds, words = time.process_time() - begin, str(refusal)
        if "\n" in words:
            return Outcome(WRONG, seconds, f"refused in several lines: {words}")
        return Outcome(REFUSED if _without_value(case, source) else UNSEEN, seconds, words)
    except Exception as error:  # a crash is what is looked for here
        return Outcome(WRONG, time.process_time() - begin, f"{type(error).__name__}: {error}")
    seconds = time.process_time() - begin
    if verdict.verdict == "undecided":
        return Outcome(UNDECIDED, seconds, str(verdict))
    if isinstance(verdict, Refuted):
        return _refutation(case, _point(verdict.counterexample), seconds)
    fault = next(_faults(case, source), None)
    return Outcome(PROVED, seconds, "") if fault is None else Outcome(WRONG, seconds, f"proved, but {fault}")


def _refutation(case: Case, at: Numbers, seconds: float) -> Outcome:
    words = f"refuted at {_shown(at)}"
    if not case.contains(at):
        return Outcome(WRONG, seconds, f"{words}, outside the domain")
    try:
        wrong_way = (-1 if case.lower else 1) * excess(case.known, case.bound, at)
    except Unknown:
        return Outcome(FAR, seconds, words)
    except (ZeroDivisionError, ValueError) as error:
        if not _has_value(case.given, at):
            return Outcome(WRONG, seconds, f"{words}, where the bound has no value: {error!r}")
        return Outcome(FAR, seconds, words)  # what has no value cancelled when the object was built
    # At rows that stand for rows without end, differences of 1/T are none.
    exceeds = wrong_way > (_CLEARLY if case.known.asymptotic else 0)
    return Outcome(REFUTED, seconds, words) if exceeds else Outcome(WRONG, seconds, f"{words}, where it holds")


def _tried(case: Case, source: random.Random) -> list[Numbers]:
    found = limits(source) if case.known.asymptotic else points(source)
    ends = [{**at, "n": n} for at in found[::9] for n in (2, 3, 5, 10, 20)]
    ends += [{**at, "T": T} for at in found[::9] for T in (7, 100) if not case.known.asymptotic]
    return [at for at in found + ends if case.contains(at)]


def _faults(case: Case, source: random.Random) -> Iterator[str]:
    """Where a proved bound does not hold, or has no value."""
    for at in _tried(case, source):
        try:
            if (-1 if case.lower else 1) * excess(case.known, case.bound, at) > _CLEARLY:
                yield f"false at {_shown(at)}"
        except Unknown:
            continue
        except (ZeroDivisionError, ValueError) as error:
            if not _has_value(case.given, at):
                yield f"without a value at {_shown(at)}: {error!r}"


def _without_value(case: Case, source: random.Random) -> bool:
    """Whether the bound has no value at one of the points that are tried."""
    for at in _tried(case, source):
        try:
            _sides(case.known, case.bound, at)
        except Unknown:
            continue
        except (ZeroDivisionError, ValueError):
            return True
    return False


def _shown(at: Numbers) -> str:
    return ", ".join(f"{name} = {x}" for name, x in at.items())


def table(outcomes: list[Outcome]) -> list[str]:
    """How many of each kind, with the seconds of CPU that half, nine in ten and all of them took at most."""
    rows = [f"{'verdict':24}{'number':>8}{'median':>9}{'90 %':>9}{'most':>9}  seconds of CPU"]
    for kind in (*KINDS, "all"):
        seconds = sorted(outcome.seconds for outcome in outcomes if kind in (outcome.kind, "all"))
        if seconds:
            ninth = seconds[min(len(seconds) - 1, len(seconds) * 9 // 10)]
            rows.append(f"{kind:24}{len(seconds):8}{statistics.median(seconds):9.2f}{ninth:9.2f}{seconds[-1]:9.2f}")
    return rows


def run(count: int, seed: int, first: int = 0, say: Callable[[str], object] = print) -> list[Outcome]:
    """Judge so many bounds, and say of each what came out."""
    outcomes = []
    with mpmath.workdps(_DIGITS):
        for number in range(first, first + count):
            each = case(seed, number)
            outcome = judged(each, random.Random(f"points {seed} {number}"))
            say(f"{number}\t{outcome.kind}\t{outcome.seconds:.2f}\t{each}\t{outcome.words}")
            outcomes.append(outcome)
    return outcomes


def main(arguments: list[str] | None = None) -> int:
    """Judge, print, and fail where a verdict is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.theory.prover.random_bounds", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many bounds")
    parser.add_argument("--seed", type=int, default=0, help="of the bounds")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--log", type=Path, help="file for one line a bound")
    options = parser.parse_args(arguments)

    def say(line: str) -> None:
        kind = line.split("\t")[1]
        if kind in (WRONG, UNDECIDED):
            print(line, flush=True)
        if options.log:
            with options.log.open("a", encoding="utf-8") as log:
                log.write(f"{' '.join(line.splitlines())}\n")

    outcomes = run(options.count, options.seed, options.first, say)
    print("\n".join(table(outcomes)))
    return 1 if any(outcome.kind == WRONG for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
