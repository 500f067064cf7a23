"""Word lists, and words that exist in no list: invented names, snake_case labels, codes and
numbers.
"""

from .document import Source, capital
from .wordings import read

_WORDS = {kind: " ".join(lines).split() for kind, lines in read("words").items()}
FIRST_NAMES = _WORDS["first names"]
SURNAMES = _WORDS["surnames"]
CITIES = _WORDS["cities"]
STREETS = _WORDS["streets"]
COLOURS = _WORDS["colours"]
NUMBER_WORDS = _WORDS["number words"]
WEEKDAYS = _WORDS["weekdays"]
MONTHS = _WORDS["months"]
MATERIALS = _WORDS["materials"]
OBJECTS = _WORDS["objects"]
ANIMALS = _WORDS["animals"]
FOODS = _WORDS["foods"]
ADJECTIVES = _WORDS["adjectives"]
PLACE_KINDS = _WORDS["place kinds"]
JOBS = _WORDS["jobs"]
PLACE_NAMES = _WORDS["place names"]
NAME_COLOURS = _WORDS["name colours"]

ONSETS = [
    "b",
    "br",
    "c",
    "ch",
    "d",
    "dr",
    "f",
    "fl",
    "g",
    "gl",
    "gr",
    "h",
    "j",
    "k",
    "kl",
    "l",
    "m",
    "n",
    "p",
    "pl",
    "pr",
    "qu",
    "r",
    "s",
    "sk",
    "sl",
    "st",
    "t",
    "th",
    "tr",
    "v",
    "w",
    "y",
    "z",
]
VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "io", "ou", "ee", "a", "e", "i", "o", "u"]
CODAS = ["", "", "", "n", "r", "l", "s", "m", "x", "nd", "rt", "sk", "th", "ck", "lo", "ra", "ne"]

COMMON_WORDS = sorted(
    set(OBJECTS + ANIMALS + FOODS + ADJECTIVES + PLACE_KINDS + JOBS + COLOURS + MATERIALS)
)


def invented(source: Source, syllables: int | None = None) -> str:
    """A pronounceable word that means nothing, on the source's side of the split."""
    while True:
        count = syllables or source.number(2, 3)
        parts = [source.pick(ONSETS) + source.pick(VOWELS) for _ in range(count)]
        word = "".join(parts) + source.pick(CODAS)
        if source.side([word]):
            return word


def invented_name(source: Source) -> str:
    """An invented word with a capital."""
    return capital(invented(source))


def person(source: Source) -> str:
    """First name and surname; now and then one of the two is invented."""
    first = source.pick(FIRST_NAMES) if source.chance(0.85) else invented_name(source)
    return f"{first} {source.pick(SURNAMES) if source.chance(0.7) else invented_name(source)}"


def code(source: Source) -> str:
    """A short code such as `K7`, `QX-204` or `b3f9`."""
    letters = "".join(source.pick("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(source.number(1, 3)))
    kind = source.number(0, 3)
    if kind == 0:
        return f"{letters}{source.number(1, 99)}"
    if kind == 1:
        return f"{letters}-{source.number(10, 999)}"
    if kind == 2:
        return "".join(source.pick("abcdef0123456789") for _ in range(source.number(3, 6)))
    return f"{source.number(10, 99)}-{letters}"


def snake(source: Source, words: int | None = None) -> str:
    """A random snake_case label of common and invented words."""
    count = words or source.number(1, 4)
    return "_".join(
        source.pick(COMMON_WORDS) if source.chance(0.7) else invented(source, 2)
        for _ in range(count)
    )


def word(source: Source) -> str:
    """A common word."""
    return source.pick(COMMON_WORDS)


def pair(source: Source) -> str:
    """A snake_case label of two words."""
    return snake(source, 2)


def small_number(source: Source) -> str:
    """A number of up to three digits."""
    return str(source.number(1, 999))


def token(source: Source) -> str:
    """Something to copy: a word, an invented word, a label, a code or a number."""
    kind = source.number(0, 7)
    if kind <= 1:
        return source.pick(COMMON_WORDS)
    if kind <= 3:
        return invented(source)
    if kind <= 5:
        return snake(source)
    return code(source) if kind == 6 else str(source.number(1, 9999))
