"""Every metric by name: which way is better, what it needs, how it reads.

The primary metric is one where more is better. Where less is better, or neither, a metric is
reported and never chooses or decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Better(StrEnum):
    """Which way a metric is better."""

    MORE = "more"
    LESS = "less"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Metric:
    """What is known of a metric without any answer.

    `is_binary` metrics count items ("86 of 100 right"); `is_share` ones read as per cent.
    `is_measured` ones need a model, and are measured once when the answers are there.
    """

    name: str
    better: Better = Better.MORE
    is_binary: bool = False
    is_share: bool = True
    is_measured: bool = False


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("exact_match", is_binary=True),
        Metric("accuracy", is_binary=True),
        Metric("format", is_binary=True),
        Metric("contains", is_binary=True),
        Metric("regex", is_binary=True),
        Metric("numeric", is_binary=True),
        Metric("json_schema", is_binary=True),
        Metric("tool_call_match", is_binary=True),
        Metric("tool_name_match", is_binary=True),
        Metric("tool_call_f1"),
        Metric("token_f1"),
        Metric("extraction_f1"),
        Metric("extraction_precision"),
        Metric("extraction_recall"),
        Metric("bleu", is_share=False),
        Metric("chrf", is_share=False),
        Metric("rouge1", is_share=False),
        Metric("rouge2", is_share=False),
        Metric("rougeL", is_share=False),
        Metric("semantic_similarity", is_share=False, is_measured=True),
        Metric("bertscore", is_share=False, is_measured=True),
        Metric("perplexity", Better.LESS, is_share=False, is_measured=True),
        Metric("faithfulness"),
        Metric("no_hallucination", is_binary=True),
        Metric("citation_support"),
        Metric("citation_precision"),
        Metric("persona", is_binary=True),
        Metric("off_domain", is_binary=True),
        Metric("length", Better.NEITHER, is_share=False),
    )
}

RIGHT_OR_WRONG = frozenset(name for name, metric in METRICS.items() if metric.is_binary)
"""Metrics that count items: reports say "86 of 100 right" for them."""


SAID = frozenset({"judge", "preference"})
"""Metrics that no scorer computes: a judge or people say them, after the answers."""


def better(name: str) -> Better:
    """Which way a metric is better; a project's own scorers are always better with more."""
    return METRICS[name].better if name in METRICS else Better.MORE


def is_measured(name: str) -> bool:
    """Whether a metric needs a model."""
    return name in METRICS and METRICS[name].is_measured
