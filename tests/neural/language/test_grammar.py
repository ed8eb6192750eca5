"""The grammar: probabilities that sum to one, against frequencies, brute force and an independent derivation."""

import hashlib
import math
from collections import Counter
from random import Random

import pytest

from neural.language.grammar import END, Grammar, Recall, State, choose, draw, draw_given, zipf
from neural.language.stories import stories

#: Small enough to list every story; with memory, a given slot, an empty branch, and branches that bind differently.
SMALL = Grammar(
    (
        draw("kind", "cat owl"),
        choose((2, draw_given("kind", "name", {"cat": "Tom Kit", "owl": "Una"})), (1, ("no", draw("name", "Tom Bo")))),
        choose((1, ("met", Recall("name"))), (3, ())),
        ".",
        Recall("kind", {"cat": "it", "owl": "she"}),
    )
)


def every_story(grammar):
    """All stories with their probabilities, by following each word."""
    ends: dict[tuple[str, ...], float] = {}
    open_: list[tuple[tuple[str, ...], float, State]] = [((), 1.0, grammar.start)]
    while open_:
        words, probability, state = open_.pop()
        for word, (share, after) in grammar.following(state).items():
            if word == END:
                ends[words] = probability * share
            else:
                open_.append(((*words, word), probability * share, after))
    return ends


def test_the_stories_are_those_of_recorded_runs():
    """By every weight of every choice: tables of language models are of these texts alone."""
    told, random = stories(), Random("0")
    texts = "\n".join(" ".join(told.tell(random)) for _ in range(500))
    assert hashlib.sha256(texts.encode()).hexdigest()[:16] == "2f755c366c9eca6c"


def test_every_story_of_a_small_grammar():
    # written out by hand: the second branch of the choice has probability 1/3, the third part is left out 3 times of 4
    cat = zipf("cat owl")["cat"]
    tom = zipf("Tom Kit")["Tom"] * 2 / 3
    bo = zipf("Tom Bo")["Bo"] / 3
    told = every_story(SMALL)
    assert math.isclose(sum(told.values()), 1, rel_tol=1e-12)
    assert math.isclose(told["cat", "Tom", ".", "it"], cat * tom * 3 / 4)
    assert math.isclose(told["owl", "no", "Bo", "met", "Bo", ".", "she"], (1 - cat) * bo / 4)
    assert len(told) == 2 * (3 + 4)


def test_entropy_and_length_of_a_small_grammar_by_brute_force():
    told = every_story(SMALL)
    assert math.isclose(SMALL.entropy, -sum(p * math.log(p) for p in told.values()), rel_tol=1e-12)
    assert math.isclose(SMALL.mean_words, sum(p * len(words) for words, p in told.items()), rel_tol=1e-12)
    assert max(map(len, told)) == SMALL.longest
    assert {word for words in told for word in words} == set(SMALL.vocabulary)


def test_log_probabilities_are_those_of_the_stories_and_match_frequencies():
    told, random, draws = every_story(SMALL), Random(1), 20_000
    counts = Counter(tuple(SMALL.tell(random)) for _ in range(draws))
    assert set(counts) <= set(told)
    for words, probability in told.items():
        assert math.isclose(math.exp(sum(SMALL.log_probabilities(list(words)))), probability, rel_tol=1e-12)
        assert abs(counts[words] / draws - probability) < 5 * math.sqrt(probability * (1 - probability) / draws)


def test_what_the_grammar_cannot_tell():
    found = SMALL.log_probabilities(["cat", "Una", "."])
    assert math.isfinite(found[0])
    assert found[1:] == [-math.inf] * 3


@pytest.mark.slow
def test_stories_sum_to_one_at_every_place_and_are_as_long_and_surprising_as_said():
    grammar, random, surprises, lengths = stories(), Random(2), [], []
    for _ in range(1500):
        words, state, surprise = grammar.tell(random), grammar.start, 0.0
        for word in [*words, END]:
            following = grammar.following(state)
            assert math.isclose(sum(share for share, _ in following.values()), 1, rel_tol=1e-12)
            share, state = following[word]
            surprise -= math.log(share)
        surprises.append(surprise)
        lengths.append(len(words))
    for values, exact in ((surprises, grammar.entropy), (lengths, grammar.mean_words)):
        mean = sum(values) / len(values)
        error = math.sqrt(sum((x - mean) ** 2 for x in values)) / len(values)
        assert error < 0.004 * exact  # sees 4 % and more
        assert abs(mean - exact) < 5 * error
    assert max(lengths) <= grammar.longest
    assert grammar.entropy_rate == pytest.approx(grammar.entropy / (grammar.mean_words + 1))


@pytest.mark.slow
def test_words_of_the_stories_are_few_and_zipf_like():
    grammar, random = stories(), Random(3)
    assert 200 <= len(grammar.vocabulary) <= 400
    counts = Counter(word for _ in range(3000) for word in grammar.tell(random))
    assert set(counts) <= set(grammar.vocabulary)
    ranked = sorted(counts.values(), reverse=True)
    # between the 10th and the 160th word a law of frequency ~ 1/rank^s with s near 1
    slope = math.log(ranked[9] / ranked[159]) / math.log(160 / 10)
    assert 0.8 < slope < 1.8


def test_sentences_refer_to_each_other():
    for seed in range(50):
        words = stories().tell(Random(seed))
        hero = words[words.index("named" if "named" in words else "called") + 1]
        assert words.count(hero) >= 2
        assert not {"he", "his"} <= set(words) - {"she", "her"} or "boy" in words


def test_branches_must_begin_differently():
    grammar = Grammar(choose((1, "a b"), (1, "a c")))
    with pytest.raises(ValueError, match="must begin with different words; \\['a'\\]"):
        grammar.log_probabilities(["a", "b"])


def test_branches_with_slots_of_their_own_by_brute_force():
    """A slot that one branch alone fills, and one that each fills with other words, whose forms are recalled."""
    tells = Grammar(
        (
            choose((1, (draw("hue", "red blue"), draw("name", "Tom Kit"))), (2, ("no", draw("name", "Una Bo")))),
            draw_given("name", "food", {"Tom": "fish", "Kit": "milk cream", "Una": "mice", "Bo": "bones"}),
            Recall("name", {"Tom": "he", "Kit": "it", "Una": "she", "Bo": "they"}),
        )
    )
    told = every_story(tells)
    assert tells.vocabulary == sorted({word for story in told for word in story})
    assert tells.longest == max(map(len, told))
    assert math.isclose(tells.mean_words, sum(p * len(story) for story, p in told.items()), rel_tol=1e-12)
    assert math.isclose(tells.entropy, -sum(p * math.log(p) for p in told.values()), rel_tol=1e-12)
