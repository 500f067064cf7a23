"""Customer talk: replies, other wordings of the same wish, and what banking words mean."""

from . import intents
from .document import Document, Source, articles, assistant, capital, system, text, user
from .wordings import read

REPLIES = read("replies")

AGENTS = [
    "You are a friendly support agent.",
    "You work for a bank. Help the customer.",
    "Answer the customer.",
    "Customer support.",
    "You are a helpful assistant.",
    "You are a polite shop assistant.",
]

BANKING = read("banking")["sentences"]


def _reply(source: Source, intent: str) -> str:
    kind, subject, matter = intents.INTENTS[intent]
    return articles(source.pick(REPLIES[matter]).format(o=intents.SUBJECTS[kind][subject][0]))


def service_chat(source: Source) -> Document:
    """One to three questions of a customer with the replies of an agent."""
    document: Document = [system(source.pick(AGENTS))] if source.chance(0.7) else []
    for _ in range(source.number(1, 3)):
        intent = source.pick_split(list(intents.INTENTS))
        document += [user(intents.message(source, intent)), assistant(_reply(source, intent))]
    return document


def other_words(source: Source) -> Document:
    """The same wish in other words: teaches which wordings mean the same."""
    intent = source.pick_split(list(intents.INTENTS))
    document: Document = [
        system(
            source.pick(
                [
                    "Say the same in other words.",
                    "Paraphrase the message.",
                    "Rewrite the customer's message.",
                    "Write another message with the same meaning.",
                ]
            )
        )
    ]
    for _ in range(source.number(1, 2)):
        kind, subject, matter = intents.INTENTS[intent]
        thing = intents.SUBJECTS[kind][subject][0]
        document += [
            user(intents.message(source, intent)),
            assistant(
                capital(articles(source.wording(intents.MATTERS[kind][matter]).format(o=thing)))
            ),
        ]
        intent = source.pick_split(list(intents.INTENTS))
    return document


def same_meaning(source: Source) -> Document:
    """Do two messages mean the same? yes or no."""
    document: Document = [
        system(
            source.pick(
                [
                    "Do the two messages mean the same? Answer yes or no.",
                    "Same meaning? yes or no",
                    "Answer yes if both customers want the same, otherwise no.",
                ]
            )
        )
    ]
    for _ in range(source.number(1, 3)):
        intent = source.pick_split(list(intents.INTENTS))
        same = source.chance(0.5)
        other = intent if same else source.pick(intents.related(source, intent, 3) or [intent])
        document += [
            user(f"1. {intents.message(source, intent)}\n2. {intents.message(source, other)}"),
            assistant("yes" if other == intent else "no"),
        ]
    return document


def banking_text(source: Source) -> Document:
    """Sentences about how banking works, in random order."""
    return text(" ".join(source.some(BANKING, source.number(3, 8))))


def mailbox(source: Source) -> Document:
    """Plain text: a list of customers' messages, each under its label."""
    rows = []
    for _ in range(source.number(2, 6)):
        intent = source.pick_split(list(intents.INTENTS))
        rows.append(
            source.pick(["{l}: {m}", "[{l}] {m}", "{m} ({l})"]).format(
                l=intent.replace("_", " "), m=intents.message(source, intent)
            )
        )
    return text("\n".join(rows))
