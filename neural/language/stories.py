"""The project's own stories: a child, an animal, a thing and a place in some forty words, from a grammar."""

from functools import cache

from .grammar import Grammar, Node, Recall, choose, draw, draw_given

_NAMES = {
    "girl": "Lily Mia Anna Sara Emma Lucy Ella Nora Zoe Ruth Ida Clara Rosa Ivy Jane Alma",
    "boy": "Tim Ben Tom Sam Max Jack Leo Finn Paul Noah Carl Hugo Otto Ravi Emil Ali",
}
_THINGS = (
    "ball kite boat book doll drum cake hat bell lamp apple shell stone key box coin map ring rope cup flute "
    "mirror basket ladder candle puzzle"
)
_ANIMALS = "dog cat bird fox rabbit duck bear frog owl mouse goat horse hen snail whale donkey"
_SOUNDS = {
    "dog": "woof",
    "cat": "meow",
    "bird": "tweet",
    "fox": "yip",
    "rabbit": "squeak",
    "duck": "quack",
    "bear": "growl",
    "frog": "croak",
    "owl": "hoot",
    "mouse": "squeak",
    "goat": "baa",
    "horse": "neigh",
    "hen": "cluck",
    "snail": "nothing",
    "whale": "splash",
    "donkey": "hee-haw",
}
_PLACES = "park garden forest river beach school farm hill market kitchen lake barn cave meadow harbour attic"
_COLOURS = "red blue green yellow pink white black grey purple brown silver golden"
_NATURES = "little happy kind brave shy clever sleepy curious funny lonely proud grumpy"
_SIZES = "big small fine new shiny soft round heavy strange tiny broken lovely"
_FEELINGS = "happy sad glad angry tired scared proud surprised calm hungry"
_TIMES = "day morning evening summer winter autumn spring night"
_MOVES = "ran walked went climbed jumped swam rode crept"
_GAMES = "played sang danced laughed slept talked ate swam"

_HERO = Recall("hero")
_HE = Recall("kind", {"girl": "she", "boy": "he"})
_HIS = Recall("kind", {"girl": "her", "boy": "his"})
_HIM = Recall("kind", {"girl": "her", "boy": "him"})
_THING, _ANIMAL, _PLACE = Recall("thing"), Recall("animal"), Recall("place")

_OPENING = (
    choose((3, "once there was a"), (1, "long ago there lived a"), (1, ("one", draw("_", _TIMES), "came a"))),
    draw("_", _NATURES),
    draw("kind", "girl boy"),
    choose((4, "named"), (1, "called")),
    draw_given("kind", "hero", _NAMES),
    ".",
)
_WISH = (
    _HE,
    choose((3, "had a"), (2, "found a"), (1, "wanted a")),
    choose((2, draw("_", _COLOURS)), (1, draw("_", _SIZES)), (0.5, ("very", draw("_", _SIZES)))),
    draw("thing", _THINGS),
    choose((3, "."), (1, ("from", _HIS, draw("_", "mother father friend sister brother aunt"), "."))),
)
_JOURNEY = (
    choose((1, ("then", _HE)), (2, _HERO)),
    draw("_", _MOVES),
    "to the",
    draw("place", _PLACES),
    choose((2, ("with the", _THING, ".")), (3, "."), (1, "to play .")),
)
_MEETING = (
    choose((4, "there"), (1, ("in the", _PLACE))),
    _HE,
    choose((3, "met"), (2, "saw"), (1, "heard")),
    "a",
    draw("_", _NATURES),
    draw("animal", _ANIMALS),
    ".",
)
_TALK = choose(
    (2, ("the", _ANIMAL, "said", Recall("animal", _SOUNDS), ".")),
    (1, (_HERO, "asked the", _ANIMAL, "to", draw("_", "play help stay sing come wait"), ".")),
    (3, ()),
)
_PROBLEM = choose(
    (3, ("but the", _THING, "fell into the", draw("_", "water mud hole fire grass snow"), ".")),
    (2, ("suddenly the", _ANIMAL, "took the", _THING, "and", draw("_", _MOVES), "away .")),
    (1, ("soon", _HE, "lost", _HIS, _THING, ".")),
)
_ENDING = (
    choose(
        (2, ("so the", _ANIMAL, "helped", _HIM, ".")),
        (1, ("at last", _HERO, "gave the", _THING, "to the", _ANIMAL, ".")),
        (1, ("later", _HE, draw("_", "forgot fixed kept shared sold"), "the", _THING, ".")),
    ),
    _HERO,
    "and the",
    _ANIMAL,
    choose((2, ("were", draw("_", _FEELINGS), ".")), (1, (draw("_", _GAMES), "in the", _PLACE, "."))),
)

STORY: Node = (_OPENING, _WISH, _JOURNEY, _MEETING, _TALK, _PROBLEM, _ENDING)


@cache
def stories() -> Grammar:
    """The grammar of the stories."""
    return Grammar(STORY)
