"""Figures of a whole set of answers, beside the items' own: they are shown and decide nothing.

None of them is a mean of items, so none has a paired interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from whet.evals.confusion import confusion
from whet.evals.scorers.build import Setup, asked, truth_of
from whet.evals.scorers.extraction import corpus_extraction
from whet.evals.scorers.grounding.citations import corpus_citations
from whet.evals.scorers.grounding.faithfulness import corpus_facts
from whet.types import Example

Figures = dict[str, Any]


def corpus_figures(
    answers: Sequence[str], items: Sequence[Example], setup: Setup, choices: Sequence[str] = ()
) -> dict[str, Figures]:
    """The figures that go with the metrics of a project; those without any figure are absent."""
    if not items:
        return {}
    made: dict[str, Callable[[], Figures | None]] = {
        "accuracy": lambda: macro_f1(answers, items, choices),
        "bleu": lambda: _bleu(answers, items, setup),
        "chrf": lambda: _chrf(answers, items, setup),
        "extraction": lambda: corpus_extraction(answers, items, setup.settings.extraction.fields),
        "facts": lambda: corpus_facts(answers, items, truth_of(setup)),
        "citations": lambda: corpus_citations(answers, items),
    }
    wanted = {name for metric in asked(setup.settings) if (name := _OF.get(metric))}
    if choices:
        wanted.add("accuracy")
    found = {name: made[name]() for name in made if name in wanted}
    return {_NAMES.get(name, name): value for name, value in found.items() if value is not None}


_OF = {
    "accuracy": "accuracy",
    "bleu": "bleu",
    "chrf": "chrf",
    "extraction_f1": "extraction",
    "extraction_precision": "extraction",
    "extraction_recall": "extraction",
    "faithfulness": "facts",
    "no_hallucination": "facts",
    "citation_support": "citations",
    "citation_precision": "citations",
}
_NAMES = {"accuracy": "macro_f1", "bleu": "corpus_bleu", "chrf": "corpus_chrf"}


def macro_f1(
    answers: Sequence[str], items: Sequence[Example], choices: Sequence[str] = ()
) -> Figures | None:
    """Macro-F1 over the labels that occur as gold answers, and answers outside the set."""
    pairs = [(item.answer, answer) for answer, item in zip(answers, items, strict=True)]
    kept = [(gold, answer) for gold, answer in pairs if gold.strip()]
    if not kept:
        return None
    table = confusion([gold for gold, _ in kept], [answer for _, answer in kept], choices)
    return {
        "value": table.macro_f1,
        "n": table.num_items,
        "labels": len(table.label_scores()),
        "outside": table.num_outside,
    }


def _bleu(answers: Sequence[str], items: Sequence[Example], setup: Setup) -> Figures:
    from whet.evals.scorers.likeness.sacre import corpus_bleu

    return corpus_bleu(answers, items, setup.settings.bleu.tokenize)


def _chrf(answers: Sequence[str], items: Sequence[Example], setup: Setup) -> Figures:
    from whet.evals.scorers.likeness.sacre import corpus_chrf

    return corpus_chrf(answers, items, setup.settings.chrf.word_order)
