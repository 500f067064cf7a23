"""Which stored tensor is the weight of which layer, told by the model's own code without weights.

A file may call a layer otherwise than the model does: GPT-2's leaves out `transformer.`, others
are renamed by transformers as they are loaded. Whether a weight lies transposed, and whether the
output head is the embedding again, stands in no file either.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from whet.errors import ModelError


@dataclass(eq=False)
class Skeleton:
    """A model without weights, beside the names under which its weights are stored."""

    model: Any
    stored: Collection[str]

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of a parameter in the model -> its name in the files, where they are one to one."""
        known = self.model.state_dict()
        found = {self._renamed(name, known): name for name in self.stored}
        return {name: stored for name, stored in found.items() if name in known}

    def stored_weight(self, layer: str) -> str:
        """The stored name of a layer's weight.

        Raises:
            ModelError: its weight is put together from others when the model is loaded.
        """
        name = self.names.get(f"{layer}.weight")
        if name is None:
            raise ModelError(
                f"the weight of {layer} is not stored as one tensor, so nothing can be merged into"
                " it here. Merge with PEFT (`merge_and_unload`) and export the result as a model."
            )
        return name

    @cached_property
    def tied_head(self) -> tuple[str, str] | None:
        """(Name of the output head, stored name of the embedding) where these are one tensor."""
        head, embedding = self.model.get_output_embeddings(), self.model.get_input_embeddings()
        if head is None or not getattr(self.model.config, "tie_word_embeddings", False):
            return None
        places = {id(module): name for name, module in self.model.named_modules()}
        name = places[id(head)]
        if f"{name}.weight" in self.names:
            return None  # stored apart all the same
        return name, self.stored_weight(places[id(embedding)])

    def _renamed(self, name: str, known: Collection[str]) -> str:
        prefix = f"{self.model.base_model_prefix}."
        for candidate in (name, f"{prefix}{name}", name.removeprefix(prefix)):
            if candidate in known:
                return candidate
        return self._by_transformers(name)

    def _by_transformers(self, name: str) -> str:
        """As transformers renames it when it loads; a converted one keeps its stored name."""
        from transformers.core_model_loading import rename_source_key

        renamings, converters = self._rules
        renamed, converter = rename_source_key(
            name, renamings, converters, self.model.base_model_prefix, self.model.state_dict()
        )
        return name if converter is not None else str(renamed)

    @cached_property
    def _rules(self) -> tuple[list[Any], list[Any]]:
        from transformers.conversion_mapping import get_model_conversion_mapping
        from transformers.core_model_loading import WeightConverter, WeightRenaming

        rules = get_model_conversion_mapping(self.model)
        renamings = [rule for rule in rules if isinstance(rule, WeightRenaming)]
        return renamings, [rule for rule in rules if isinstance(rule, WeightConverter)]


def skeleton(folder: Path, stored: Collection[str]) -> Skeleton:
    """The model of a folder, built from its config.json alone.

    Raises:
        ModelError: transformers does not know such a model.
    """
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{folder}: transformers cannot build this model: {error}") from None
    return Skeleton(model, stored)
