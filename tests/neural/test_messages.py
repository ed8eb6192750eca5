"""What is wrong, word for word: the numbers and the names in a message are those that a user can put right."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from neural.convergence import Converged
from neural.hooks import Accepted, add
from neural.images.configuration import PRESETS as IMAGES
from neural.images.idx import LABELS, TEST, TRAIN, idx
from neural.images.image_set import ImageSet, folder_of_images
from neural.images.learner import ImageModel
from neural.images.network import Architecture as OfImages
from neural.language.configuration import PRESETS as TEXTS
from neural.language.grammar import Grammar, choose
from neural.language.learner import LanguageModel
from neural.language.markov import Markov
from neural.language.network import Architecture as OfTexts, Sampler
from neural.language.text_files import read_texts
from neural.named import named
from neural.outcome import Outcome, differing
from neural.plan import Plan
from neural.real_data import check_available
from neural.remarks import Remark, kept, tell_left_out, tell_of_copies
from neural.train import Training
from neural.training_set import rows_of
from sim.keys import key_of
from tests.neural.images.test_idx import write as write_idx

VAE = OfImages("convolutional", height=8, width=8, channels=1, latent=2, features=2, halvings=2, beta=0.1)
#: Images that differ.
EYE = np.eye(64).reshape(64, 8, 8, 1)

GPT = OfTexts("gpt2", vocabulary=7, context=9, width=8, layers=1, heads=2, hidden=8)


def of_a_run(path, seeds=2, **configuration):
    return Outcome(path, configuration, {"test_loss": np.ones((seeds, 3))})


def verified(*rows):
    accepted = Accepted(lambda each: each > 0, 2, len(rows[0]))
    for part in rows:
        accepted.add(np.array(part))


def pictures(folder, *sizes):
    folder.mkdir()
    for number, size in enumerate(sizes):
        Image.new("L", size, 40 * number).save(folder / f"{number}.png")
    return folder


def texts(folder, **files):
    folder.mkdir()
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)
    return folder


def idx_of(path, **arrays):
    usual = {TRAIN: np.ones((5, 4, 4), np.uint8), TEST: np.ones((2, 4, 4), np.uint8)}
    return idx(
        write_idx(path, usual | {{"labels": LABELS, "test": TEST}[name]: x for name, x in arrays.items()}),
        test_images=2,
    )


#: What is done with a folder, and all that is said of it; {at} is the folder.
MISTAKES = {
    "a verifier of few": (
        lambda at: verified(np.stack([np.ones(3), np.eye(3)[0]]), np.stack([np.ones(197), np.zeros(197)])),
        "the verifier accepted 1 of 200 rows of seed 1, and 2 are needed; use a milder one, or a better model.",
    ),
    "a verifier of another shape": (
        lambda at: Accepted(lambda rows: rows[:2] > 0, 2, 1).add(np.ones((1, 5))),
        "a verifier gives one truth value a row, 5 of them; got bool of shape (2,).",
    ),
    "two metrics": (
        lambda at: add({"loss": np.ones(1), "entropy": np.ones(1)}, {"entropy": np.ones(1)}),
        "two metrics are named 'entropy'; give one of them another name.",
    ),
    "halvings": (
        lambda at: replace(VAE, height=12, width=6),
        "2 halvings need sides that are multiples of 4; got 12 x 6.",
    ),
    "channels": (
        lambda at: replace(VAE, channels=2),
        "channels must be 1 (grey) or 3 (RGB); got 2.",
    ),
    "style of an autoencoder": (
        lambda at: replace(VAE, style="deep"),
        "style must be convolutional or linear; got 'deep'.",
    ),
    "heads": (
        lambda at: replace(GPT, width=8, heads=3),
        "the width must be a multiple of the heads, for rotary positions an even one; got width 8 and 3 heads.",
    ),
    "style of a transformer": (
        lambda at: replace(GPT, style="rnn"),
        "style must be gpt2 or llama2; got 'rnn'.",
    ),
    "temperature": (
        lambda at: Sampler(-0.5),
        "the temperature must be positive and finite; got -0.5.",
    ),
    "room for a corpus": (
        lambda at: LanguageModel(Markov(np.full((8, 8), 1 / 8), length=5, test_texts=1, key=key_of(0)), GPT, Sampler()),
        "the corpus has 8 tokens in rows of 5, the model room for 7 in 9; use a larger --vocabulary or --context.",
    ),
    "vocabulary": (
        lambda at: replace(TEXTS["cpu"], vocabulary=65537),
        "--vocabulary is 65536 at most, since a token takes 16 bits; got 65537.",
    ),
    "moves": (
        lambda at: Markov(np.array([[0.5, 0.5], [0.25, 0.5]]), length=3, test_texts=1, key=key_of(0)),
        "each row must be probabilities that sum to one; the sums are [1.0, 0.75].",
    ),
    "branches": (
        lambda at: Grammar(choose((1, "a b"), (1, "c"), (1, "a d"))).following(
            Grammar(choose((1, "a b"), (1, "a d"))).start
        ),
        "the branches of a choice must begin with different words; ['a'] begin two of them.",
    ),
    "images that are not square": (
        lambda at: replace(IMAGES["cpu"], data="idx", folder=str(at), size=4)._fitting(
            ImageSet(np.ones((3, 4, 6, 1)), np.ones((2, 4, 6, 1)))
        ),
        "{at} holds images of 4 x 6 pixels; square ones are needed.",
    ),
    "images of another size": (
        lambda at: replace(IMAGES["cpu"], data="idx", folder=str(at))._fitting(
            ImageSet(np.ones((3, 6, 6, 3)), np.ones((2, 6, 6, 3)))
        ),
        "{at} holds images of 6 x 6 pixels and 3 channel; got --size 8 and --channels 1. Use --size 6 --channels 3, or "
        "--data folder for images of another size.",
    ),
    "digits of another size": (
        lambda at: replace(IMAGES["cpu"], size=16, halvings=1).image_set(),
        "digits are 8 x 8 and grey; got --size 16 and --channels 1. Use --size 8 --channels 1, or --data folder for "
        "images of another size.",
    ),
    "held-out digits": (
        lambda at: replace(IMAGES["cpu"], test_images=400).image_set(),
        "of the digits 360 are held out; got --test-images 400.",
    ),
    "labels": (
        lambda at: idx_of(at, labels=np.ones(4, np.uint8)),
        f"{{at}}/{LABELS} has 4 labels for 5 images; give one an image.",
    ),
    "too few images": (
        lambda at: folder_of_images(pictures(at, (8, 8), (8, 8)), size=4, channels=1, test_images=2, cache=at.parent),
        "{at} holds 2 images (.avif, .bmp, .dib, .gif, .j2k, .jfif, .jp2, .jpe, .jpeg, .jpg, .pgm, .png, .pnm, .ppm, "
        ".tga, .tif, .tiff, .webp); more than the 2 held out (--test-images) are needed.",
    ),
    "few held-out images": (
        lambda at: ImageModel(ImageSet(np.ones((9, 8, 8, 1)), np.ones((1, 8, 8, 1))), VAE, False, 1, 1).check_samples(
            5
        ),
        "got 1 held-out images and 5 of a model; their spread is measured, for which 2 of each are needed: use "
        "--test-images 2 or more, and --images 2 or more.",
    ),
    "held-out copies": (
        lambda at: ImageModel(ImageSet(EYE[:9], EYE[:2]), VAE, False, 1, 1).check_samples(5),
        "each of the 2 held-out images equals one to train on, at 8 x 8 pixels; distances of samples are told as "
        "multiples of theirs: leave copies out.",
    ),
    "files of several kinds": (
        lambda at: read_texts(texts(at, a_txt="one", b_csv="text\ntwo"), option="--test-file"),
        "--test-file {at} holds files of several kinds (.csv, .txt); choose one by a pattern.",
    ),
    "no files of texts": (
        lambda at: read_texts(texts(at, a_png="one"), option="--test-file"),
        "--test-file {at} holds no file of texts; give some of .txt, .text, .csv, .tsv, .json, .jsonl, .ndjson, "
        ".parquet.",
    ),
    "a column of plain text": (
        lambda at: read_texts(texts(at, a_txt="one") / "a.txt", column="story"),
        "{at}/a.txt is plain text by its name and has no --column story; leave the option out.",
    ),
    "no such column": (
        lambda at: read_texts(texts(at, a_csv="story,title\none,two") / "a.csv"),
        "{at}/a.csv has no column 'text', but story, title; name one with texts by --column.",
    ),
    "a column twice": (
        lambda at: read_texts(texts(at, a_csv="text,title,text\none,two,three") / "a.csv"),
        "{at}/a.csv has several columns 'text', but text, title, text; name one with texts by --column.",
    ),
    "fields": (
        lambda at: read_texts(texts(at, a_csv="text,title\none,two\nthree,four,five\n") / "a.csv"),
        "{at}/a.csv, line 3: has 3 fields, and the first line 2; put texts with a separator or a line break in quotes.",
    ),
    "no text": (
        lambda at: read_texts(texts(at, a_json='[{"text": "one"}, {"text": 2}]') / "a.json"),
        "{at}/a.json, item 2: 2 is not a text; name the column that holds the texts by --column.",
    ),
    "no list": (
        lambda at: read_texts(texts(at, a_json='"one"') / "a.json", column="story"),
        "{at}/a.json is JSON, but no list; give a list of texts, or of objects with a key 'story'.",
    ),
    "a list on a line": (
        lambda at: read_texts(texts(at, a_jsonl='"one"\n\n["two"]\n') / "a.jsonl"),
        "{at}/a.jsonl, line 3: holds a list; a file that is one JSON list is named .json.",
    ),
    "a key that is not there": (
        lambda at: read_texts(texts(at, a_jsonl='{"a": "one", "b": 1}\n') / "a.jsonl"),
        "{at}/a.jsonl, line 1: has no 'text', but 'a', 'b'; name one by --column.",
    ),
    "no name": (
        lambda at: named("models", option="--accept"),
        "--accept takes module:name, as in my_models:Mixture; got 'models'.",
    ),
    "no module": (
        lambda at: named("no_such:Model", option="--accept"),
        "--accept no_such:Model: there is no module no_such; name one in the current folder, or one that is installed.",
    ),
    "no such name": (
        lambda at: named("neural.remarks:keep", option="--learner"),
        "--learner neural.remarks:keep: neural.remarks has no keep; it has Remark, kept, tell, tell_left_out, "
        "tell_of_copies.",
    ),
    "a metric": (
        lambda at: of_a_run(at).by_seed("test_los"),
        "{at} has no metric 'test_los'; it has test_loss; did you mean test_loss?",
    ),
    "rows that are not there": (
        lambda at: check_available(20, 3, 8, noun="texts", option="stories"),
        "iteration 3 needs 8 real texts beside those before it, 24 in all, and there are 20 to train on; use fewer "
        "--stories or --iterations.",
    ),
    "rows that are not there at first": (
        lambda at: check_available(7, 1, 8, noun="images", option="images", remedy=", or a larger --size"),
        "iteration 1 needs 8 real images beside those before it, 8 in all, and there are 7 to train on; use fewer "
        "--images, or a larger --size.",
    ),
    "a part of a row": (
        lambda at: rows_of(Fraction(1, 3), 8, "the training set of iteration 2"),
        "the training set of iteration 2 has 1/3 times T = 8 rows, which is not a whole number; choose another T.",
    ),
    "a fit of few checks": (
        lambda at: Converged(validation=0.1, check_every=30, patience=2, most_steps=59),
        "most_steps must be at least two checks, 60 steps, and below 2^31 - 1; got 59. Raise it, or check more often.",
    ),
    "none held out": (
        lambda at: Converged(validation=0.02, check_every=30, patience=2, most_steps=60).held_out(24),
        "a validation share of 0.02 holds 0 of 24 rows out of the training set; at least one row must be held out and "
        "one be left: use another --validation.",
    ),
    "too many seeds": (
        lambda at: Plan(iterations=2, T=4, seeds=10_001, seed=0, sample_batch=4),
        "seeds must be at most 10,000; got 10,001.",
    ),
    "two budgets": (
        lambda at: Training(batch_size=4, learning_rate=0.1, epochs=2.0, steps=30),
        "the budget is in epochs or in steps, one of them, or until converged; got 2.0 and 30.",
    ),
    "decay": (
        lambda at: Training(batch_size=4, learning_rate=0.5, steps=3, weight_decay=2.0),
        "weight_decay times the learning rate is what a step takes off the weights, at least 0 and below 1; got 2.0 "
        "times 0.5.",
    ),
}


@pytest.mark.parametrize(("mistake", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_said_to_the_word(mistake, said, tmp_path):
    with pytest.raises(ValueError) as found:  # noqa: PT011 - all of it is compared
        mistake(tmp_path / "at")
    assert str(found.value) == said.format(at=tmp_path / "at")


def test_why_two_runs_do_not_compare_is_said_to_the_word(tmp_path):
    one, other = (
        of_a_run(tmp_path / "one", beta=0.1, size=8),
        of_a_run(tmp_path / "other", beta=0.2, folder="b", size=8),
    )
    assert differing(one, other) == (
        f"{one.path} and {other.path} are not measured alike: they have folder None and b; beta 0.1 and 0.2."
    )
    lonely = of_a_run(tmp_path / "lonely", seeds=1, beta=0.1, size=8)
    assert differing(one, lonely) == (
        f"{one.path} and {lonely.path} need two seeds each, or a difference has no interval: --seeds 3."
    )
    assert differing(one, one) is None


def test_remarks_are_of_the_rows_that_they_name(capsys):
    with kept() as remarks:
        tell_left_out("a.csv", ["line 4", "line 9"], "without a text")
        tell_left_out("a.csv", [], "without a text")
        tell_left_out("a.csv", ["line 4", "line 9"], "without a text")  # as where a file is read twice
        tell_of_copies("a", ["x", "y", "x", "x"], ["z", "y", "z", "y", "x"], "images")
    copies = "of the images to train on equal another one and are kept"
    seen = "of the 5 images held out are trained on too, so that the test loss is too low"
    assert remarks == [
        Remark("a.csv", 2, "without a text", "line 4"),
        Remark("a", 2, copies, "", left_out=False),
        Remark("a", 3, seen, "", left_out=False),
    ]
    assert capsys.readouterr().err == ""
    tell_left_out("a.csv", [f"line {n}" for n in range(1, 8)], "without a text")
    tell_of_copies("a", ["x", "y", "x", "x"], ["z", "y", "z", "y", "x"], "images")
    assert capsys.readouterr().err.splitlines() == [
        "a.csv: 7 left out, without a text (line 1, line 2, line 3, line 4, line 5, and 2 more)",
        f"a: 2 {copies}",
        f"a: 3 {seen}",
    ]
