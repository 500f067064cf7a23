"""How many tokens a row has, as training would see it with the longest of the prompts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from whet.errors import DataError
from whet.evals.arms import with_system
from whet.project import Project
from whet.stages.base_model import require_models, tokenizer_folder
from whet.types import Example


@dataclass(frozen=True, slots=True)
class TokenCounter:
    """Counts rows. `limit` is the longest row that model and project allow.

    A preference pair counts as its longer side, which is what has to fit.
    """

    tokenizer: Any
    stop_ids: tuple[int, ...]
    prompt: str | None
    limit: int

    def __call__(self, examples: Sequence[Example]) -> list[int]:
        """The tokens of each row."""
        from whet.rows.learning import sides_of
        from whet.rows.render import encode

        sides = [[side.example for side in sides_of(example)] for example in examples]
        texts = [self._text(side) for some in sides for side in some]
        lengths = iter([len(row) for row in encode(self.tokenizer, texts)])
        return [max(next(lengths) for _ in some) for some in sides]

    def _text(self, example: Example) -> str:
        from whet.rows.template import render_text

        messages = with_system(self.prompt, example)
        try:
            return render_text(
                self.tokenizer, messages, tools=example.tools, generation_prompt=False
            )
        except DataError as error:
            raise DataError(f"{example.source}: {error}") from None


def token_counter(project: Project, prompts: Collection[str | None]) -> TokenCounter:
    """The counter of a project's model.

    Raises:
        MissingExtraError: models cannot be loaded here.
        ModelError: the model or its template cannot be used.
    """
    require_models()
    from whet.models.files import read_config
    from whet.models.load import load_tokenizer
    from whet.rows.render import find_stop_ids

    config, folder = project.config, tokenizer_folder(project)
    template = project.path(config.template) if config.template else None
    context = int(read_config(folder).get("max_position_embeddings") or 2**31 - 1)
    tokenizer = load_tokenizer(folder, template=template)
    return TokenCounter(
        tokenizer,
        find_stop_ids(tokenizer),  # within its time, before the template sees any row
        max(prompts, key=lambda text: len(text or ""), default=None),
        min(config.train.max_length or context, context),
    )
