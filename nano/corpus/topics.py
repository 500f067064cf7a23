"""Topics of everyday life: for each a label, other names for it, its nouns, and what people do
there.

They feed three things: topic classification, prose, and small talk. A held-out topic never occurs
as a label in training, though its words do occur in prose.
"""

from dataclasses import dataclass

from .document import Source, articles, capital
from .wordings import nested, read


@dataclass(frozen=True)
class Topic:
    """Other names of a topic, its nouns, and what people do there."""

    names: list[str]
    nouns: list[str]
    actions: list[str]


TOPICS = {
    name: Topic(parts["names"], parts["nouns"][0].split(), parts["actions"])
    for name, parts in nested("topics").items()
}
_FRAMES = read("frames")


def sentence(source: Source, topic: str) -> str:
    """One sentence on the topic."""
    words = TOPICS[topic]
    noun, second, third = source.some(words.nouns, 3)
    who = source.pick(_FRAMES["people"])
    filled = source.pick(_FRAMES["frames"]).format(
        n=noun,
        m=second,
        k=third,
        v=source.pick(words.actions),
        t=source.pick(_FRAMES["times"]),
        p=who,
        P=capital(who),
    )
    return articles(capital(filled))


def paragraph(source: Source, topic: str, sentences: int) -> str:
    """Several sentences on one topic."""
    return " ".join(sentence(source, topic) for _ in range(sentences))
