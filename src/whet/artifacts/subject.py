"""What is exported: a model, with or without an adapter, and all that belongs to its answers.

The weights are named, not loaded: `load` gives the model as it was judged, `open_weights`
(`whet.artifacts.merging`) its tensors one at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.types import Decoding, Messages

if TYPE_CHECKING:
    from whet.models.load import LoadedModel

Metric = Callable[[Sequence[str]], float | None]
"""The project's metric of answers to `Subject.prompts`, in their order."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One model to export.

    Attributes:
        name: short and safe for a file: letters, digits, `.`, `_`, `-`.
        model: the base model as the user names it, such as `Qwen/Qwen3-0.6B`.
        folder: whose weights these are: the base's, or of a model trained in full its own.
        identity: digest of that folder's weights, tokenizer and template, without `-nf4`.
        adapter: a LoRA in PEFT's format over `folder`; None: `folder` is the whole model.
        adapter_digest: of its configuration and tensors.
        four_bit: the model was judged with its linear layers in NF4 (QLoRA). What is exported is
            always made of the weights as stored.
        template_file: what replaces the model's own chat template; None: nothing does.
        template: the chat template's source, with which the model was judged; may be empty.
        stop_ids: every token that ends an answer; the first is what the template writes.
        run: the run folder that it comes from.
        system: the system prompt that the tuned model is asked with.
        prompts: what the proof asks: items of the project as the tuned arm asks them. Empty
            without a project.
        decoding: how answers were judged.
        metric: the primary metric of answers to `prompts`; None where there is none.
        report: the run's report.json, for the card.
        notices: what a user should know, such as that a QLoRA is merged into other weights.
    """

    name: str
    model: str
    folder: Path
    identity: str
    tokenizer: Any
    template: str
    stop_ids: tuple[int, ...]
    adapter: Path | None = None
    adapter_digest: str | None = None
    four_bit: bool = False
    template_file: Path | None = None
    run: Path | None = None
    system: str | None = None
    prompts: tuple[Messages, ...] = ()
    decoding: Decoding = field(default_factory=Decoding)
    metric_name: str | None = None
    metric: Metric | None = None
    report: Mapping[str, Any] | None = None
    notices: tuple[str, ...] = ()

    @property
    def is_base_here(self) -> bool:
        """Whether `folder` is the base model's own, not that of one trained in full."""
        return self.adapter is not None or self.run is None

    def load(self, dtype: str = "auto") -> LoadedModel:
        """The model as it was judged: base with the adapter on it, or the whole model."""
        from whet.models.adapter import load_adapter
        from whet.models.load import load_model

        loaded = load_model(
            self.folder, dtype=dtype, template=self.template_file, four_bit=self.four_bit
        )
        if self.adapter is not None:
            load_adapter(loaded, self.adapter)
        return loaded
