"""Rows as training sees them: rendered with the prompt, within the length limit, proven."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from whet.data import Dataset
from whet.evals.arms import with_system
from whet.project import Project
from whet.stages.preparing import fitted, prompts, tuned_prompt

if TYPE_CHECKING:
    from whet.rows.sequence import RenderedExample


@dataclass(frozen=True, slots=True)
class Masked:
    """The training rows with their masks, and the tokenizer that made them."""

    rows: list[RenderedExample]
    tokenizer: Any

    def counts(self) -> dict[str, int]:
        """Tokens in all, learnt ones, and those of the longest row."""
        return {
            "total": sum(row.num_tokens for row in self.rows),
            "learnt": sum(row.num_loss_tokens for row in self.rows),
            "longest": max((row.longest for row in self.rows), default=0),
        }


def masked(project: Project, dataset: Dataset) -> Masked:
    """The training rows with the chosen prompt, masks proven; validation rows are proven too.

    Raises:
        MissingExtraError: models cannot be loaded here.
        DataError: rows are too long, the template refuses them, or a mask is wrong.
        ModelError: the model or its template cannot be used.
    """
    from whet.stages.tokens import token_counter

    found = prompts(project, dataset)
    text = tuned_prompt(project, next(iter(found.values())))
    counter = token_counter(project, [text])
    from whet.rows.proven import proven_examples

    kept = fitted(project, dataset, found, masks=False)
    rendered, _ = (
        proven_examples(
            [replace(example, messages=with_system(text, example)) for example in examples],
            counter.tokenizer,
            counter.stop_ids,
            turns=project.config.train.turns,
        )
        for examples in (kept.train, kept.validation)
    )
    return Masked(rendered, counter.tokenizer)
