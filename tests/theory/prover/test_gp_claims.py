"""What a script says of a lemma is about all of its conditions, each as strict as the lemma needs it."""

import re
from dataclasses import replace

import pytest

from theory.prover.certificate import _LEMMAS
from theory.prover.conditions import NONNEGATIVE, POSITIVE, VANISHES, Condition
from theory.prover.gp_claims import Application, claims
from theory.prover.gp_lemmas import found_positive
from theory.prover.gp_powers import inside_of
from theory.prover.gp_text import Names
from theory.prover.lemmas import Lemma
from theory.prover.region import Region

from .test_export_traps import MORE_TRUE, TRUE

EVERY = [(lemma, region) for lemma, _, region in TRUE] + MORE_TRUE
#: A part of a claim that says no, whatever stands beside it.
NO = re.compile(r"(^|&& )0( &&|$)")


def _is_refused(lemma: Lemma, region: Region, conditions: list[Condition]) -> bool:
    """Whether the claims, with these conditions in the place of the lemma's, do not hold, or cannot be made."""
    inner = [
        (f"INNER{k}", each.estimate(region).below, tuple(each.conditions(region)))
        for k, each in enumerate(inside_of(lemma))
    ]
    used = Application(lemma.estimate(region), tuple(conditions), Names(), tuple(inner))
    try:
        found, positive = claims(lemma, used), found_positive(lemma, used)
    except (ValueError, IndexError):
        return True
    return any(NO.search(holds) for holds, _ in found) or not (positive is None or region.is_positive(positive))


#: Uses of each lemma that is trusted.
USED: dict[type[Lemma], list[tuple[Lemma, Region]]] = {
    kind: [(lemma, region) for lemma, region in EVERY if type(lemma) is kind] for kind in _LEMMAS
}


@pytest.mark.parametrize("kind", USED, ids=lambda kind: kind.__name__)
def test_no_condition_can_be_left_out_or_weakened(kind: type[Lemma]) -> None:
    assert USED[kind]
    for lemma, region in USED[kind]:
        conditions = list(lemma.conditions(region))
        assert not _is_refused(lemma, region, conditions)
        for k, each in enumerate(conditions):
            before, after = conditions[:k], conditions[k + 1 :]
            if each.kind in (NONNEGATIVE, POSITIVE, VANISHES):
                assert _is_refused(lemma, region, before + after), (lemma, each)
            if each.kind in (POSITIVE, VANISHES):
                weaker = [*before, replace(each, kind=NONNEGATIVE), *after]
                assert _is_refused(lemma, region, weaker), (lemma, each)
