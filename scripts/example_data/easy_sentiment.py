"""easy-sentiment: reviews that say plainly whether the guest was happy."""

from __future__ import annotations

from functools import partial
from random import Random

from example_data.grammar import Pair, capital, distinct, generator, table, words

WORDS: dict[str, tuple[list[str], list[str]]] = {
    "positive": (
        words(
            """great wonderful excellent lovely perfect fantastic amazing brilliant superb pleasant
            charming beautiful delightful outstanding friendly"""
        ),
        [
            "I loved it",
            "I will come back",
            "highly recommended",
            "we had a great time",
            "I am very happy",
            "worth every penny",
            "five stars",
            "I enjoyed every minute",
        ],
    ),
    "negative": (
        words(
            """terrible awful horrible disgusting rude useless boring dirty poor disappointing
            ugly nasty dreadful unpleasant annoying"""
        ),
        [
            "a waste of money",
            "I want my money back",
            "I am very unhappy",
            "we were disappointed",
            "one star",
        ],
    ),
}
"""Sentiment: adjectives, and what people add."""

THINGS = words("""film book hotel meal phone coffee concert room teacher game soup website
shop car trip course pizza haircut food waiter""")

FRAMES = [
    "The {o} was {a} and {b}. {T}.",
    "What {n} and {b} {o}! {T}.",
    "{A} {o}, {b} too, {t}.",
    "{T}. The {o} is {a} and {b}.",
    "I found the {o} {a} and {b}, {t}.",
    "Really {a} {o}, so {b}, {t}!",
    "We had {n} and {b} {o} here. {T}.",
    "My {o} was {a}, really {b}, {t}.",
    "{N} and {b} {o}. {T}.",
    "{T}, because the {o} was {a} and {b}.",
]


def review(rng: Random) -> Pair:
    """One review and its sentiment."""
    sentiment = rng.choice(list(WORDS))
    adjectives, tails = WORDS[sentiment]
    first, second = rng.sample(adjectives, 2)
    tail = rng.choice(tails)
    noun = ("an " if first[0] in "aeiou" and first != "useless" else "a ") + first
    text = rng.choice(FRAMES).format(
        o=rng.choice(THINGS),
        a=first,
        b=second,
        n=noun,
        A=capital(first),
        N=capital(noun),
        t=tail,
        T=capital(tail),
    )
    return Pair(text, sentiment)


def files() -> dict[str, str]:
    """Path in the example's folder: text."""
    rng = generator("easy-sentiment")
    pairs = distinct(partial(review, rng), 600, set(), apart=0.75)
    return {"data/reviews.csv": table(("review", "sentiment"), pairs)}
