"""Probabilistic grammars with a memory, whose log-probabilities and entropy are exact.

A story is told by walking a tree of words, random words, recalled words and choices. Words drawn are kept in named
slots and recalled later, so that sentences refer to each other; the probability of a choice does not depend on them.
The branches of a choice begin with different words. So a story has one derivation, the words so far determine the
state of the walk, and the distribution of the next word is exact.
"""

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

#: What follows the last word of a story.
END = ""

#: A word or several, a `Draw`, a `Recall`, a `Choice`, or a tuple of nodes, one after the other.
Node = Any
Memory = tuple[tuple[str, str], ...]
#: What is still to be told: (node, the stack below it), or `None`.
Stack = Any
State = tuple[Stack, Memory]
#: Slot -> probability of each word that it may hold.
Marginals = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, eq=False)
class Draw:
    """A random word, remembered in `slot`.

    Attributes:
        words: probability of each word, for each word that the slot `given` may hold; alone under "" without it.
        slot: where the word is kept.
        given: the slot that the word depends on, if any.
    """

    words: Mapping[str, Mapping[str, float]]
    slot: str
    given: str = ""


@dataclass(frozen=True, eq=False)
class Recall:
    """The word in `slot`, or what `forms` maps it to, such as a name to its pronoun."""

    slot: str
    forms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Choice:
    """One of several ways to go on, with its probability."""

    branches: tuple[tuple[float, Node], ...]


def zipf(words: str) -> dict[str, float]:
    """The words of a text, the k-th with probability proportional to 1/(k + 1)."""
    weights = {word: 1 / (rank + 2) for rank, word in enumerate(words.split())}
    total = sum(weights.values())
    return {word: weight / total for word, weight in weights.items()}


def draw(slot: str, words: str) -> Draw:
    """A word from a Zipf-like list, the commonest first."""
    return Draw({"": zipf(words)}, slot)


def draw_given(given: str, slot: str, words: Mapping[str, str]) -> Draw:
    """A word from the list that belongs to what slot `given` holds."""
    return Draw({word: zipf(text) for word, text in words.items()}, slot, given)


def choose(*branches: tuple[float | int, Node]) -> Choice:
    """One of these, with probability proportional to its weight."""
    total = sum(weight for weight, _ in branches)
    return Choice(tuple((weight / total, node) for weight, node in branches))


class Grammar:
    """A probability distribution over stories, which are lists of words."""

    def __init__(self, story: Node) -> None:
        self._story = story
        self.vocabulary = sorted(_words(story, {}))
        self.entropy, self.mean_words, _ = _entropy(story, {})
        self.longest = _longest(story)

    @property
    def entropy_rate(self) -> float:
        """Nats a token, over the words of a story and its end: the least possible test loss."""
        return self.entropy / (self.mean_words + 1)

    def tell(self, random: Random) -> list[str]:
        """Draw a story."""
        return list(_tell(self._story, {}, random))

    @property
    def start(self) -> State:
        """Where every story begins."""
        return ((self._story, None), ())

    def following(self, state: State) -> dict[str, tuple[float, State]]:
        """Each word that may come next, `END` included, with its probability and the state behind it."""
        found = list(_following(*state, 1.0))
        words = {word: (probability, after) for word, probability, after in found}
        if len(words) < len(found):
            twice = [word for word, count in Counter(word for word, _, _ in found).items() if count > 1]
            raise ValueError(f"the branches of a choice must begin with different words; {twice} begin two of them.")
        return words

    def log_probabilities(self, story: list[str]) -> list[float]:
        """The log-probability of each word given those before, and of the end; -inf from where the grammar is left."""
        state, result = self.start, []
        for word in [*story, END]:
            known = self.following(state).get(word) if state else None
            probability, state = known or (0.0, None)
            result.append(math.log(probability) if probability else -math.inf)
        return result


def _tell(node: Node, memory: dict[str, str], random: Random) -> Iterator[str]:
    if isinstance(node, str):
        yield from node.split()
    elif isinstance(node, Draw):
        words = node.words[memory[node.given] if node.given else ""]
        memory[node.slot] = random.choices(list(words), list(words.values()))[0]
        yield memory[node.slot]
    elif isinstance(node, Recall):
        yield node.forms.get(memory[node.slot], memory[node.slot])
    elif isinstance(node, Choice):
        chosen = random.choices(range(len(node.branches)), [weight for weight, _ in node.branches])[0]
        yield from _tell(node.branches[chosen][1], memory, random)
    else:
        for part in node:
            yield from _tell(part, memory, random)


def _following(stack: Stack, memory: Memory, probability: float) -> Iterator[tuple[str, float, State]]:
    if stack is None:
        yield END, probability, (None, memory)
        return
    node, rest = stack
    if isinstance(node, str):
        first, _, others = node.strip().partition(" ")
        yield first, probability, ((others, rest) if others else rest, memory)
    elif isinstance(node, Draw):
        held = dict(memory)
        for word, share in node.words[held[node.given] if node.given else ""].items():
            yield word, probability * share, (rest, tuple(sorted({**held, node.slot: word}.items())))
    elif isinstance(node, Recall):
        word = dict(memory)[node.slot]
        yield node.forms.get(word, word), probability, (rest, memory)
    elif isinstance(node, Choice):
        for share, branch in node.branches:
            yield from _following((branch, rest), memory, probability * share)
    elif node:
        yield from _following((node[0], (node[1:], rest) if node[1:] else rest), memory, probability)
    else:
        yield from _following(rest, memory, probability)


def _entropy(node: Node, marginals: Marginals) -> tuple[float, float, Marginals]:
    """Entropy in nats and mean number of words of what `node` tells, and the marginals of the slots behind it.

    Choices do not depend on the slots and a draw depends on one at most, so marginals are all that expectations need.
    """
    if isinstance(node, str):
        return 0.0, float(len(node.split())), marginals
    if isinstance(node, Draw):
        conditions = marginals[node.given] if node.given else {"": 1.0}
        entropy = 0.0
        mixture: dict[str, float] = defaultdict(float)
        for value, weight in conditions.items():
            for word, share in node.words[value].items():
                entropy -= weight * share * math.log(share)
                mixture[word] += weight * share
        return entropy, 1.0, {**marginals, node.slot: dict(mixture)}
    if isinstance(node, Recall):
        return 0.0, 1.0, marginals
    if isinstance(node, Choice):
        told = [(share, *_entropy(branch, marginals)) for share, branch in node.branches]
        after = {}
        for slot in set.intersection(*(set(branch) for *_, branch in told)):
            mixture = defaultdict(float)
            for share, _, _, branch in told:
                for word, weight in branch[slot].items():
                    mixture[word] += share * weight
            after[slot] = dict(mixture)
        entropy = sum(share * (branch - math.log(share)) for share, branch, _, _ in told)
        return entropy, sum(share * words for share, _, words, _ in told), after
    entropy = words = 0.0
    for part in node:
        more_entropy, more_words, marginals = _entropy(part, marginals)
        entropy, words = entropy + more_entropy, words + more_words
    return entropy, words, marginals


def _longest(node: Node) -> int:
    if isinstance(node, str):
        return len(node.split())
    if isinstance(node, Choice):
        return max(_longest(branch) for _, branch in node.branches)
    if isinstance(node, tuple):
        return sum(map(_longest, node))
    return 1


def _words(node: Node, held: dict[str, set[str]]) -> set[str]:
    """Every word that `node` can tell; `held` collects what the slots may hold."""
    if isinstance(node, str):
        return set(node.split())
    if isinstance(node, Draw):
        words = set(itertools.chain.from_iterable(node.words.values()))
        held.setdefault(node.slot, set()).update(words)
        return words
    if isinstance(node, Recall):
        return {node.forms.get(word, word) for word in held[node.slot]}
    parts = [branch for _, branch in node.branches] if isinstance(node, Choice) else node
    return set().union(*(_words(part, held) for part in parts))
