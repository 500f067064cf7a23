"""Failure analysis on validation items: kinds of wrong answers, topics, duels, what data lacks."""

from __future__ import annotations

from whet.evals.failures.analysis import FORMAT, analyse
from whet.evals.failures.categories import Category
from whet.evals.failures.material import GRADED_WRONG, Answer, Material

__all__ = ["FORMAT", "GRADED_WRONG", "Answer", "Category", "Material", "analyse"]
