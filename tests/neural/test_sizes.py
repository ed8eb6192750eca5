"""As many rows as a user's own data allow, where no number is given; and the fewest steps of a fit."""

from dataclasses import replace

import jax.numpy as jnp
import pytest
import sentencepiece

from neural.conformers.configuration import PRESETS as MOLECULES
from neural.convergence import Converged, Patience
from neural.images.configuration import PRESETS as IMAGES
from neural.language import text
from neural.language.configuration import PRESETS
from neural.language.text import Texts, train_vocabulary
from neural.remarks import kept
from neural.sizes import at_most_held_out, largest_T, last_collected, rows_fitted, rows_sampled
from tests import own_data
from theory import Accumulate, AccumulateSubsample, FreshReal, Generator, Pool, Replace, Workflow

CPU = PRESETS["cpu"]
ACCUMULATE: Workflow = Accumulate()


@pytest.mark.parametrize(
    ("workflow", "iterations"),
    [
        (Replace(), 5),
        (Accumulate(), 5),
        (AccumulateSubsample(), 4),
        (FreshReal("1/3"), 3),
        (FreshReal("3/7", "1/2"), 4),
        # the last pool alone has another unit
        (FreshReal("1/3"), 1),
        (Generator(sizes=("1", "1/2", "2/7")).sized(Replace()), 2),
    ],
    ids=str,
)
@pytest.mark.parametrize("available", [20, 21, 137])
def test_the_largest_T_is_the_largest_that_the_workflow_takes(workflow, iterations, available):
    def fits(T):
        if T * last_collected(workflow, iterations) > available:
            return False
        try:
            for n in range(1, iterations + 1):
                rows_fitted(workflow, n, T)
                rows_sampled(workflow, n, T)
        except ValueError:
            return False
        return True

    found = largest_T(workflow, iterations, available)
    assert found == max((T for T in range(1, available + 1) if fits(T)), default=0)


def test_real_rows_that_are_collected_anew_are_shared_out():
    assert last_collected(FreshReal(1), 4) > 1
    assert largest_T(FreshReal(1), 4, 400) == 400 // last_collected(FreshReal(1), 4)
    assert largest_T(Accumulate(), 4, 400) == 400
    assert largest_T(Accumulate(), 4, -3) <= 0
    assert Accumulate().size(Pool(3)) == 1


def test_a_fifth_is_held_out_where_the_preset_holds_out_more():
    assert [at_most_held_out(300, rows) for rows in (9, 10, 499, 500, 1500, 10**6)] == [300, 2, 99, 100, 300, 300]


def texts(tmp_path, count, **changes):
    path = tmp_path / "texts.txt"
    path.write_text("\n\n".join(f"text {n}" for n in range(count)))
    return replace(CPU, data="text", file=str(path), **changes)


def test_sizes_that_are_not_given_are_those_of_the_data(tmp_path):
    def sizes(configuration, given=(), workflow=ACCUMULATE):
        found = configuration.sized(workflow, given)
        return vars(found)["stories"], vars(found)["test_stories"]

    small = texts(tmp_path, 500)
    assert sizes(small) == (400, 100)
    assert sizes(small, workflow=FreshReal(1)) == (400 // last_collected(FreshReal(1), 5), 100)
    assert sizes(replace(small, test_stories=50), ["test_stories"]) == (450, 50)
    assert sizes(replace(small, stories=600), ["stories"]) == (600, 300)  # and is refused
    assert sizes(texts(tmp_path, 1300)) == (1024, 260)
    assert sizes(texts(tmp_path, 1324)) == (1024, 300)  # what fits is left as it is
    assert sizes(small, ["stories", "test_stories"]) == (1024, 300)
    assert sizes(texts(tmp_path, 3000)) == (1024, 300)  # the preset's
    assert sizes(texts(tmp_path, 9)) == (1024, 300)  # and is refused
    apart = replace(texts(tmp_path, 500), test_file=small.file)
    assert sizes(apart) == (500, 300)
    assert sizes(CPU) == (1024, 300)
    assert sizes(replace(CPU, data="text")) == (1024, 300)  # without a file, which is refused


def test_all_texts_that_are_too_long_are_told_at_once(monkeypatch):
    told = [" ".join(f"cat{n * k % 17}" for k in range(n % 7)) + f" end {n}" for n in range(40)]
    content = train_vocabulary(told, 40, seed=0)
    tokens = [len(found) for found in sentencepiece.SentencePieceProcessor(model_proto=content).encode(told)]
    count, most = sum(found >= 12 for found in tokens), max(tokens)
    assert 3 < count < 37
    assert any(len(one) >= 12 > found for one, found in zip(told, tokens, strict=True))  # letters are not counted

    def texts(length, cut=False):
        return Texts(told[:30], told[30:], vocabulary=lambda: content, length=length, cut=cut)

    for length in (12, most):
        long = sum(found >= length for found in tokens)
        message = (
            f"^{long} of 40 texts, the longest of {most} tokens, .* context of {length}; use --context {most + 1} or"
        )
        with pytest.raises(ValueError, match=message):
            texts(length)
    with kept() as remarks:
        assert texts(most + 1).test.any()
        assert remarks == []
        texts(12, cut=True)
    assert [(each.count, "lose their end (--cut)" in each.what, each.left_out) for each in remarks] == [
        (count, True, False)
    ]
    monkeypatch.setattr(text, "LOOKED_AT", 15)
    with kept() as some:
        texts(12, cut=True)
    assert some[0].count == sum(found >= 12 for found in tokens[:15]) < count
    assert some[0].what.startswith("of the first 15 texts are longer")
    first = next(number for number, found in enumerate(tokens, 1) if found >= 12)
    assert remarks[0].example == f"text {first}"
    assert remarks[0].what.startswith("of 40 texts are longer")  # of all, and not of the first


def test_a_folder_and_a_file_of_molecules_are_sized_too(tmp_path):
    own_data.write(tmp_path, texts=1, images=20, molecules=12)
    images = replace(IMAGES["cpu"], data="folder", folder=str(tmp_path / "images"), cache=str(tmp_path / "c"))
    found = images.sized(ACCUMULATE, [])
    assert (vars(found)["images"], vars(found)["test_images"]) == (16, 4)
    molecules = replace(
        MOLECULES["cpu"], data="file", file=str(tmp_path / "molecules.smi"), per_molecule=1, cache=str(tmp_path / "c")
    )
    found = molecules.sized(ACCUMULATE, [])
    assert (vars(found)["conformations"], vars(found)["test_molecules"]) == (10, 2)
    assert molecules.sized(ACCUMULATE, ["conformations"]) == molecules


def test_molecules_are_counted_before_any_is_held_out(tmp_path):
    cpu = replace(MOLECULES["cpu"], per_molecule=1, max_atoms=3, cache=str(tmp_path / "c"))
    for count in range(4):
        path = tmp_path / f"{count}.smi"
        path.write_text("".join(f"{smiles}\n" for smiles in ("CCO", "CCN", "CCF")[:count]) + "CCCCCCCC\n")
        own = replace(cpu, data="file", file=str(path)).own_rows()
        assert own is not None
        assert own.all == count
        assert [own.left(held_out) for held_out in range(count)] == list(range(count, 0, -1))
    # the others' data are not a user's own
    for changes in ({}, {"data": "file"}, {"data": "geom-drugs", "file": "f"}, {"data": "ccd", "file": "f"}):
        assert replace(cpu, **changes).own_rows() is None


@pytest.mark.parametrize("most", [10, 25, 40, 400])
@pytest.mark.parametrize("patience", [1, 3, 10])
def test_no_fit_is_shorter_than_the_fewest_steps(patience, most):
    rule = Converged(0.1, 5, patience, most)
    state = jnp.zeros(1)
    fit, losses = Patience.begin(state, 1), iter([1.0, *[2.0] * 100])
    one = Patience(*(getattr(fit, name)[0] if name != "best" else state[0] for name in vars(fit)))
    step = 0
    while int(one.end) > step:
        step += rule.check_every
        assert step <= rule.most
        _, one = one.checked(rule, state[0], jnp.int32(step), jnp.float32(next(losses)))
    assert step == rule.least
