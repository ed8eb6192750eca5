"""Text corpora: the released forms, the vocabulary, and what is held out."""

import sys
import types

import jax.random as jr
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import sentencepiece

from neural.language import text, text_files
from neural.language.corpus import to_rows, tokens_of

STORIES = [f"Once there was a cat {n}.\nIt said: “meow”, {n * 7} times." for n in range(50)]


def corpus(**changes):
    options = {"vocabulary": lambda: text.train_vocabulary(STORIES, 80, seed=0), "length": 64, "cut": False}
    return text.Texts(STORIES[:40], STORIES[40:], **{**options, **changes})


@pytest.mark.parametrize(("train", "test"), [(0, 3), (3, 0), (0, 0)])
def test_texts_are_needed_on_both_sides(train, test):
    message = f"to train on and to test on are needed; got {train} and {test}: give more texts, or fewer --test-stories"
    with pytest.raises(ValueError, match=message):
        text.Texts(STORIES[:train], STORIES[40 : 40 + test], vocabulary=bytes, length=64, cut=False)


def test_the_three_forms_hold_the_same_stories(tmp_path):
    (tmp_path / "a.txt").write_text("".join(f"{story}\n<|endoftext|>\n" for story in STORIES))
    (tmp_path / "b.txt").write_text("\n\n".join(STORIES))
    pyarrow.parquet.write_table(pyarrow.table({"text": STORIES}), tmp_path / "c.parquet")
    for name in ("a.txt", "b.txt", "c.parquet"):
        assert text_files.read_texts(tmp_path / name) == STORIES


def test_the_hub_is_asked_for_the_split(monkeypatch):
    hub = types.SimpleNamespace(load_dataset=lambda name, split: {"text": [f"{name} {split}"]})
    monkeypatch.setitem(sys.modules, "datasets", hub)
    assert text.from_hub("validation") == ["roneneldan/TinyStories validation"]

    def offline(name, split):
        raise ConnectionError("no route\nto the hub")

    monkeypatch.setattr(hub, "load_dataset", offline)
    with pytest.raises(ValueError, match="from the hub \\(no route\\); give a local file of it by --file"):
        text.from_hub("train")


def test_what_is_lacking_is_said_with_how_to_get_it(tmp_path, monkeypatch):
    for module in ("datasets", "pyarrow"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ValueError, match=r"needs datasets: pip install 'model-collapse\[tinystories\]', or give it by"):
        text.from_hub("train")
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match=r"a.parquet is parquet, which needs pyarrow: pip install 'model-collapse\[ti"):
        text_files.read_texts(tmp_path / "a.parquet")


def test_subwords_round_trip_and_end_with_zero():
    made = corpus()
    assert made.vocabulary == 80
    for story, row in zip(STORIES[40:], made.test, strict=True):
        tokens = tokens_of(row)
        assert made._pieces.decode(tokens) == story
        assert row[len(tokens)] == 0
        assert max(tokens) < 80
    assert made.decode(made.test[0]) == " ".join(STORIES[40].split())


def test_every_letter_is_kept_as_it_is():
    """No other form of a letter, no space less, no rare letter unknown."""
    odd = "½ ﬁ: two  spaces,\ta tab, ￥, ŵ and é."
    pieces = sentencepiece.SentencePieceProcessor(model_proto=text.train_vocabulary([*STORIES, odd], 110, seed=0))
    assert pieces.decode(pieces.encode(odd)) == odd


def test_a_vocabulary_of_many_texts_is_of_some_drawn_at_random(monkeypatch):
    shown = []

    def train(*, sentence_iterator, model_writer, **options):
        shown.append([*sentence_iterator])

    monkeypatch.setattr(text, "SHOWN_TO_VOCABULARY", 12)
    monkeypatch.setattr(text.sentencepiece.SentencePieceTrainer, "train", train)
    for seed in (0, 1, 1):
        text.train_vocabulary(STORIES, 80, seed=seed)
    assert [len(set(each)) for each in shown] == [12] * 3
    assert set(shown[0]) != set(shown[1])
    assert shown[1] == shown[2]
    assert not set(shown[0]) <= set(STORIES[:24])
    text.train_vocabulary(STORIES[:12], 80, seed=0)
    assert shown[3] == STORIES[:12]


def test_real_texts_are_new_at_every_iteration_and_never_the_held_out():
    made = corpus()
    first, second = (made.real(n, 20, key=jr.key(1)) for n in (1, 2))
    other = made.real(1, 20, key=jr.key(2))
    told = [{made._pieces.decode(tokens_of(row)) for row in rows} for rows in (first, second, other)]
    assert told[0] | told[1] == set(STORIES[:40])
    assert told[0] != told[2]
    with pytest.raises(ValueError, match="iteration 3 needs 20 real texts beside those before it, 60 in all"):
        made.real(3, 20, key=jr.key(1))


def test_long_texts_are_refused_or_cut():
    with pytest.raises(
        ValueError, match="a text of 3 tokens and its end mark do not fit into the context of 3; use --context 4"
    ):
        to_rows([[5, 6], [7, 8, 9]], 3, cut=False)
    np.testing.assert_array_equal(to_rows([[5, 6], [7, 8, 9, 9]], 3, cut=True), [[5, 6, 0], [7, 8, 9]])
