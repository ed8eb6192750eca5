"""A certificate as a script that PARI/GP verifies: exact arithmetic of a program that shares nothing with SymPy.

The library of the script is `verify.gp`; what a lemma says is written a second time in `gp_lemmas`.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

import sympy as sp

from ..summary import docstring
from ..symbols import i, n
from ..sympy_types import added, as_expression, at, operands, parts, replaced, symbols
from .canonical import difference, factor_of, order, step
from .certificate import Case, Certificate
from .conditions import NONNEGATIVE, POSITIVE, VANISHES, WITHOUT, Condition
from .domain import m
from .gp_claims import Application, claims
from .gp_lemmas import found_positive, where
from .gp_powers import inside_of
from .gp_text import Names, number, number_at, rule_of
from .lemmas import Lemma
from .region import Between, From, Only, Region, Run


def gp_script(law: sp.Expr, bound: sp.Expr, certificate: Certificate) -> str:
    """A script that prints one line, `verified` or `failed: …`: run it by `gp -q -f FILE`.

    Args:
        law: what was proved to be at most the bound.
        bound: likewise.
        certificate: of it, accepted by `certificate.check`.

    Raises:
        ValueError: the proof has a lemma or a function that cannot be exported.
    """
    return gp_script_in_parts([(law, bound, certificate)])


def gp_script_in_parts(parts: Iterable[tuple[sp.Expr, sp.Expr, Certificate]]) -> str:
    """One script for several proofs, each of a law that is at most a bound; `verified` means that all of them are.

    Raises:
        ValueError: a proof has a lemma or a function that cannot be exported.
    """
    return "\n".join(_Script(*part).text() for part in parts) + 'print("verified"); quit(0);\n'


@cache
def _library() -> str:
    return files("theory.prover").joinpath("verify.gp").read_text(encoding="utf-8")


class _Script:
    def __init__(self, law: sp.Expr, bound: sp.Expr, certificate: Certificate) -> None:
        self.law, self.bound, self.certificate = law, bound, certificate
        self.domain, self.names = certificate.domain, Names()
        self.variables = [n, *self.domain.symbols]
        #: How many lemmas inside of others there were so far.
        self._inner = 0

    def text(self) -> str:
        """All but the last line: what the names stand for is known last, and comes first."""
        for symbol in (n, i, m, *self.domain.symbols, *self.domain.slacks.values()):
            self.names.symbol(symbol)
        body = [*self._goals(), *self._cells()]
        for position, case in enumerate(self.certificate.cases, 1):
            body += self._case(position, case)
        body += self._ending()
        return "\n".join([*self._header(), _library(), *self._declarations(), *body]) + "\n"

    def _header(self) -> list[str]:
        limit = " in the limit" if self.certificate.asymptotic else ""
        lemmas = {type(lemma): None for case in self.certificate.cases for lemma in case.lemmas}
        stated = [f"{lemma.__name__}: {' '.join(docstring(lemma).split())}" for lemma in lemmas]
        lines = [
            f"Proved{limit}: {self.law} <= {self.bound}",
            f"for {', '.join(map(str, self.domain.relations()))}.",
            "",
            "Verified here: (bound - law)/unit is what the cases begin with; every replacement and condition is what",
            "its lemma says; conditions, and what is left in the end, are quotients of polynomials with coefficients",
            ">= 0 in variables >= 0; the cases reach every n, and every point of the domain.",
            "Trusted: the mathematics of the lemmas below; H_n is the sum of 1/i, psi(n + 1) = H_n - gamma, and the",
            "series of psi (DLMF 5.7.6); b^(x + y) = b^x b^y; b^m = sum_{j <= 3} (m log b)^j/j! + y with y >= 0 for",
            "b > 1; that the bound is real on the domain.",
            "Numerical: the signs of real constants (pi, log 2, ...), at 120 digits, with a margin of 10^-50; and",
            "identities between them, to 10^-90.",
            *stated,
        ]
        return [f"\\\\ {line}".rstrip() for line in lines]

    def _declarations(self) -> list[str]:
        names, domain = self.names, self.domain
        rules = list(self._rules_hold())
        constants = {name: number(constant) for constant, name in names.constants.items()}
        others = [x for x in names.known() if x not in (n, i) and x not in domain.symbols]
        slacks = [x for x in others if not x.is_positive]
        positive = [*(x for x in others if x.is_positive), *(x for x in domain.symbols if x not in domain.slacks)]
        functions = [name for function, name in names.functions.items() if function.has(n)]
        return [
            f"CONSTANTS = {_vector(constants)};",
            f"VALUES = {_vector(constants.values())};",
            f"VARIABLES = {_vector(map(names.symbol, (*slacks, *positive)))};",
            f"POSITIVE = {_vector(map(names.symbol, positive))};",
            f"SUMS = {_vector(_vector(pair) for pair in names.sums.values())};",
            f"TAILS = {_vector(_vector(pair) for pair in names.tails.values())};",
            f"PRODUCTS = {_vector(_vector(pair) for pair in names.products.values())};",
            f"FUNCTIONS = {_vector(functions)};",
            f"INDEXED = {_vector(name for function, name in names.functions.items() if i in symbols(function))};",
            f"POWERS = {_vector(_vector(power) for power in names.powers.items())};",
            f"RULES = {_vector(_vector(rule) for rule in names.rules.items())};",
            *rules,
        ]

    def _rules_hold(self) -> Iterator[str]:
        """A logarithm's rule multiplied out, and how shifted harmonic numbers and polygamma functions go on."""
        text = self.names.text
        for function in list(self.names.functions):
            rule = rule_of(function)
            if rule is None:
                continue
            if isinstance(function, sp.log):
                yield f'near({text(_exponential(rule))}, {text(operands(function)[0])}, "a logarithm");'
            elif isinstance(function, (sp.harmonic, sp.polygamma)):
                yield f'goes_on({text(rule)}, {text(_change(function))}, "{function.func}");'

    def _goals(self) -> Iterator[str]:
        text, unit = self.names.text, self.certificate.unit
        goal = difference(self.law, self.bound, unit)
        yield "\\\\ What is shown to be >= 0: (bound - law)/unit, or its step from n to n + 1."
        yield f"difference = {text(goal)};"
        yield f'same(({text(self.bound)} - {text(self.law)})/{text(unit)}, difference, "(bound - law)/unit");'
        if any(case.goal == "step" for case in self.certificate.cases):
            following = step(goal)
            yield f"following = {text(following)};"
            functions = [function for function in self.names.functions if function.has(n)]
            for function in functions:  # more are found on the way, which the goal does not hold
                text(_next(function))
            yield "FOLLOWING = FUNCTIONS;"
            for k, function in enumerate(functions, 1):
                yield f"FOLLOWING[{k}] = {text(_next(function))};"
            yield 'same(next_n(difference, FOLLOWING) - difference, following, "the step");'

    def _cells(self) -> Iterator[str]:
        text, domain = self.names.text, self.domain
        yield "\\\\ The domain, in cells of variables >= 0."
        cells = domain.cells()
        yield f"CELLS = {_vector(_vector(text(cell.get(x, x)) for x in domain.symbols) for cell in cells)};"
        yield f"INTEGERS = {_vector(text(variable.symbol) for variable in domain.integers)};"
        yield f"NAMES = {_vector(map(text, domain.symbols))};"
        yield f"FLOORS = {_vector(_vector(map(text, variable.floors)) for variable in domain.variables)};"
        ceilings = (v.ceiling for v in domain.variables)
        slacks = _vector(text(domain.slacks.get(x, sp.S.Zero)) for x in domain.symbols)
        yield f"cells_cover(NAMES, FLOORS, {_vector('oo' if c is None else f'({c})' for c in ceilings)}, {slacks});"
        for position, cell in enumerate(cells, 1):
            yield f'CELL = CELLS[{position}]; r = ["from", {domain.least_n}, 1];'
            condition = Condition(POSITIVE, self.certificate.unit, "", Region(cell, From(domain.least_n)))
            yield from self._holds(condition, f"cell {position}: the unit > 0")
        known = {x for cell in cells for x in symbols(sp.Tuple(*cell.values()))} | set(domain.symbols)
        for split in self.certificate.splits:
            x = text(split.variable)
            fresh = (y for cell in self.certificate.cells() for y in symbols(sp.Tuple(*cell.values())) - known)
            rest = next((text(y) for y in fresh if y.name == f"{split.variable.name}'"), x)
            yield f"split({split.cell + 1}, {x}, {text(split.at or sp.S.Zero)}, {rest}, NAMES, FLOORS);"

    def _case(self, position: int, case: Case) -> Iterator[str]:
        region, what = Region(self.certificate.cells()[case.cell], case.run), f"case {position}"
        words = self.certificate.steps()[position - 1].split(";")[0]
        yield f"\\\\ {what.capitalize()}: {words}"
        yield f"CELL = CELLS[{case.cell + 1}]; r = {_run(case.run)}; well_formed(r);"
        yield f'CASES = concat(CASES, [["{case.goal}", {case.cell + 1}, r]]);'
        goal = difference(self.law, self.bound, self.certificate.unit)
        remains = goal if case.goal == "difference" else step(goal)
        yield f"E = {'difference' if case.goal == 'difference' else 'following'};"
        for k, lemma in enumerate(case.lemmas, 1):
            lines, remains = self._lemma(lemma, remains, region, f"{what}, {type(lemma).__name__} {k}")
            yield from lines
        condition = Condition(NONNEGATIVE, remains, "", region)
        yield f'same(E, {self.names.text(remains)}, "{what}");'
        yield from self._holds(condition, what)

    def _lemma(self, lemma: Lemma, goal: sp.Expr, region: Region, what: str) -> tuple[list[str], sp.Expr]:
        text = self.names.text
        conditions, estimate = tuple(lemma.conditions(region)), lemma.estimate(region)
        remains = estimate.within(goal)
        y = _new_slack(goal, remains)
        shift = "0" if y is None else f"{'' if estimate.below else '-'}{text(y)}"
        lines = list(self._claims(lemma, region, what))
        for condition in conditions:
            lines += self._holds(condition, f"{what}: {condition.kind}", where(lemma))
        replaced_by = f"E + V + {shift}" if estimate.part == 0 else f"subst(E, P, V + {shift})"
        lines.append(f"N = {replaced_by}; E = {text(remains)};")
        lines.append(f'same(N, E, "{what}: the replacement");')
        return lines, remains

    def _claims(self, lemma: Lemma, region: Region, what: str) -> Iterator[str]:
        """That the estimate V of P is the lemma's; those inside another come first."""
        text, estimate = self.names.text, lemma.estimate(region)
        inner = []
        for each in inside_of(lemma):
            yield from self._claims(each, region, what)
            self._inner += 1
            name = f"INNER{self._inner}"
            yield f"{name} = [P, V];"
            inner.append((name, each.estimate(region).below, tuple(each.conditions(region))))
        yield f"P = {text(estimate.part)}; V = {text(estimate.value)};"
        used = Application(estimate, tuple(lemma.conditions(region)), self.names, tuple(inner))
        for holds, about in claims(lemma, used):
            yield f'must({holds}, "{what}: {about}");'
        positive = found_positive(lemma, used)
        if positive is not None:
            yield from self._holds(Condition(POSITIVE, positive, "", region), f"{what}: a number > 0")

    def _holds(self, condition: Condition, what: str, run: str = "r") -> Iterator[str]:
        """The condition, on the run of n that is given in GP."""
        expression, region = condition.expression, condition.region
        if not isinstance(expression, sp.Expr):  # a relation between numbers: said by the lemma's claims
            return
        if condition.kind == WITHOUT and condition.symbol in (i, n):  # of other letters the claims say it
            yield f'must(without_{condition.symbol}({self.names.text(expression)}), "{what} {condition.symbol}");'
        if region is None:
            return
        if condition.kind == VANISHES:
            yield from self._vanishes(expression, region, what)
        elif condition.kind in (NONNEGATIVE, POSITIVE):
            yield f"R = {run};"
            yield from self._placed(expression, region, what, int(condition.kind == POSITIVE))

    def _vanishes(self, expression: sp.Expr, region: Region, what: str) -> Iterator[str]:
        if expression == 0:
            return
        text = self.names.text
        above, below = map(as_expression, sp.fraction(sp.together(expression)))
        lead = as_expression(sp.Poly(below, n).LC())
        yield f"N = {text(above)}; D = {text(below)};"
        yield f'must({text(expression)}*D == N && poldegree(N, n_) < poldegree(D, n_), "{what}");'
        yield f'must(polcoef(D, poldegree(D, n_), n_) == {text(lead)}, "{what}");'
        yield "R = r;"
        yield from self._placed(lead if region.is_positive(lead) else -lead, region, what, 1)

    def _placed(self, expression: sp.Expr, region: Region, what: str, strict: int) -> Iterator[str]:
        """The expression is >= 0, or > 0, in the region's variables."""
        text = self.names.text
        functions = self.names.functions_in(expression)
        images = self._written(expression, functions, region)
        for function in functions:
            yield from self._image(function, images[function], region, f"{what}: {text(function)}")
        old = _vector([*map(text, self.variables), *map(text, functions)])
        new = _vector(text(images[function]) for function in functions)
        yield f"F = substvec({text(expression)}, {old}, concat([[iteration(R)], CELL, {new}]));"
        yield self._shown(images[expression], what, strict)

    def _shown(self, written: sp.Expr, what: str, strict: int) -> str:
        """F, which is this expression in a region's variables, is >= 0, or > 0."""
        quotient = Region({}, From(1)).quotient(written)
        if quotient is None:
            raise ValueError(f"{what}: {written} cannot be exported to PARI/GP.")
        constants = dict(quotient.constants)
        above, below = (
            self.names.text(replaced(part, constants)) for part in (quotient.numerator, quotient.denominator)
        )
        return f'shown(F, {above}, {below}, {strict}, "{what}");'

    def _written(self, expression: sp.Expr, functions: list[sp.Expr], region: Region) -> dict[sp.Expr, sp.Expr]:
        """The expression and its functions in the region's variables, written together so that these are the same."""
        marks = {part: sp.Dummy() for part in (expression, *functions)}
        together = region.write(added(mark * part for part, mark in marks.items()))
        return {
            part: replaced(together, {other: sp.Integer(other is mark) for other in marks.values()})
            for part, mark in marks.items()
        }

    def _image(self, function: sp.Expr, image: sp.Expr, region: Region, what: str) -> Iterator[str]:
        """What a function is said to be in the region's variables is right."""
        text, value = self.names.text, self.names.text(image)
        if isinstance(region.run, Only) and function in self.names.sums:
            index, old = text(i), _vector(map(text, self.domain.symbols))
            term = f"subst(term_of({text(function)}, SUMS), {index}, j)"
            yield f'near({value}, sum(j = 1, R[2], substvec({term}, {old}, CELL)), "{what}");'
        elif isinstance(region.run, Only) and isinstance(function, sp.Product):
            old = _vector(map(text, self.domain.symbols))
            factor = f"subst(term_of({text(function)}, PRODUCTS), {text(i)}, j)"
            yield f'near({value}, prod(j = 1, R[2], substvec({factor}, {old}, CELL)), "{what}");'
        elif not symbols(image):
            arguments = (region.write(part) for part in operands(function))
            yield f'must(alike({value}, {number_at(function, arguments)}), "{what}");'
        elif isinstance(function, sp.log):
            inside = text(region.write(operands(function)[0]))
            yield f'near({text(_exponential(image))}, {inside}, "{what}");'
        elif isinstance(function, sp.Pow) and isinstance(function.exp, sp.Rational):
            above, below = function.exp.p, function.exp.q
            inside = text(region.write(as_expression(function.base)))
            yield f'root_of({value}, {inside}, {above}, {below}, R, "{what}");'
            yield f"F = {value};"
            yield self._shown(image, what, 0)
        elif isinstance(function, (sp.Pow, sp.exp)):
            yield from self._power(function, image, what)
        else:
            raise ValueError(f"{what}: {function} cannot be exported to PARI/GP.")

    def _power(self, power: sp.Expr, image: sp.Expr, what: str) -> Iterator[str]:
        """b^(s n + r), a number or a power of root^m >= 1 + m log(root) + …"""
        text = self.names.text
        base, exponent = power.as_base_exp()
        if symbols(base) or symbols(exponent) != {n}:
            raise ValueError(f"{what}: {power} cannot be exported to PARI/GP.")
        raised = f"subst({text(exponent)}, n_, iteration(R))"
        (y,) = (symbol for symbol in symbols(image) if isinstance(symbol, sp.Dummy))
        root = next((operands(log)[0] for log in parts(image, sp.log)), sp.E)
        log = text(as_expression(sp.log(root)))
        known = ", ".join((text(image), text(base), raised, text(as_expression(root)), log, text(y)))
        yield f'geometric({known}, "{what}");'

    def _ending(self) -> Iterator[str]:
        for cell in range(1, len(self.certificate.cells()) + 1):
            last = "oo" if self.domain.most_n is None else self.domain.most_n
            yield f"covers([c | c <- CASES, c[2] == {cell}], {self.domain.least_n}, {last});"


def _vector(entries: Iterable[str]) -> str:
    return f"[{', '.join(entries)}]"


def _run(run: Run) -> str:
    if isinstance(run, Only):
        return f'["only", {run.value}]'
    if isinstance(run, From):
        return f'["from", {run.first}, {run.step}]'
    if isinstance(run, Between):
        return f'["between", {run.first}, {run.last}]'
    return f'["root", {run.root}, {run.degree}, {run.scale}, {run.shift}]'


def _change(function: sp.Expr) -> sp.Expr:
    """By how much a harmonic number or polygamma function grows from n to n + 1, where n comes with factor 1."""
    if isinstance(function, sp.harmonic):
        return (operands(function)[0] + 1) ** -order(function)
    k, z = operands(function)
    return (-1) ** k * sp.factorial(k) / z ** (k + 1) if z.has(n) else sp.S.Zero


def _next(function: sp.Expr) -> sp.Expr:
    """The function at n + 1."""
    if isinstance(function, sp.Product):
        return function * at(factor_of(function), i, n + 1)
    return at(function, n, n + 1)


def _new_slack(goal: sp.Expr, remains: sp.Expr) -> sp.Symbol | None:
    """The variable >= 0 that a replacement brought in."""
    return next((symbol for symbol in symbols(remains) - symbols(goal) if isinstance(symbol, sp.Dummy)), None)


def _exponential(logarithms: sp.Expr) -> sp.Expr:
    """What a sum of multiples of logarithms is the logarithm of.

    Raises:
        ValueError: it is no such sum.
    """
    result = sp.S.One
    for addend in sp.Add.make_args(logarithms):
        factor, log = addend.as_coeff_Mul()
        if addend != 0 and not isinstance(log, sp.log):
            raise ValueError(f"{logarithms} cannot be exported to PARI/GP.")
        result *= operands(log)[0] ** factor if addend != 0 else 1
    return as_expression(result)
