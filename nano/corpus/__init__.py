"""The corpus of whet-nano: every skill with its share of the documents, by stage of training."""

from collections.abc import Callable
from dataclasses import dataclass

from . import context, copying, examples, forms, labels, prose, refusals, rewriting, support
from .document import Document, Message, Source, is_held_out, seeded

__all__ = ["SKILLS", "Document", "Message", "Skill", "Source", "document", "is_held_out", "seeded"]


@dataclass(frozen=True)
class Skill:
    """A writer of documents and its weight, in documents, in the first and in the later part of
    training.
    """

    name: str
    write: Callable[[Source], Document]
    early: float
    late: float


SKILLS: tuple[Skill, ...] = (
    Skill("repeat", copying.repeat, 12, 1),
    Skill("pattern", copying.pattern, 16, 0.5),
    Skill("lookup", copying.lookup, 14, 5),
    Skill("associate", copying.associate, 16, 14),
    Skill("shuffled", copying.shuffled, 16, 4),
    Skill("pick_field", copying.pick_field, 6, 5),
    Skill("few_shot", examples.few_shot, 8, 6),
    Skill("nearest", examples.nearest, 8, 5),
    Skill("grid", context.grid, 0, 60),
    Skill("one_fact", context.one_fact, 14, 45),
    Skill("short_passages", context.short_passages, 5, 45),
    Skill("long_passages", context.long_passages, 0, 1),
    Skill("closed_book", context.closed_book, 0.5, 0.7),
    Skill("classify_intent", labels.classify_intent, 8, 16),
    Skill("classify_many", labels.classify_many, 0, 2),
    Skill("classify_topic", labels.classify_topic, 5, 6),
    Skill("classify_judgement", labels.classify_judgement, 6, 9),
    Skill("classify_yes_no", labels.classify_yes_no, 1, 3),
    Skill("classify_defined", labels.classify_defined, 2, 4),
    Skill("json_form", forms.json_form, 3, 6),
    Skill("key_value", forms.key_value, 2, 1.5),
    Skill("review_json", forms.review_json, 0.5, 1.5),
    Skill("numbered", forms.numbered, 2, 1),
    Skill("fixed_frame", forms.fixed_frame, 2, 0.7),
    Skill("rewrite", rewriting.rewrite, 5, 3),
    Skill("title", rewriting.title, 0.3, 0.1),
    Skill("refuse", refusals.refuse, 1, 5),
    Skill("refuse_on_duty", refusals.refuse_on_duty, 0, 0.4),
    Skill("service_chat", support.service_chat, 2, 1),
    Skill("other_words", support.other_words, 3, 0.3),
    Skill("same_meaning", support.same_meaning, 0.5, 0.3),
    Skill("banking_text", support.banking_text, 1, 0.3),
    Skill("mailbox", support.mailbox, 2, 0.3),
    Skill("story", prose.story, 3, 1),
    Skill("essay", prose.essay, 3, 1),
    Skill("explanation", prose.explanation, 1, 0.3),
    Skill("catalogue", prose.catalogue, 1, 0.2),
    Skill("small_talk", prose.small_talk, 1, 0.5),
    Skill("dialogue", prose.dialogue, 1, 0.3),
)


def document(seed: int, index: int, late: float, held_out: bool = False) -> tuple[str, Document]:
    """Document number `index` of the stream `seed`, and the name of its skill.

    `late` moves the mixture from the early (0) to the late (1) weights. The same arguments give the
    same document.
    """
    rng = seeded(f"{seed}/{index}/{held_out}")
    weights = [skill.early * (1 - late) + skill.late * late for skill in SKILLS]
    skill = rng.choices(SKILLS, weights)[0]
    return skill.name, skill.write(Source(rng, held_out))
