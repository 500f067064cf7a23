"""The weights of an engine's model under transformers' names, where they can be seen.

A judged model shows each as it acts (adapter added), and what it was without its adapter; a shipped
one as its file holds it, with the format. From an address nothing is seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from whet.artifacts.parity.gguf_weights import GgufWeights
from whet.artifacts.parity.stored import Stored
from whet.engines.engine import Engine
from whet.engines.reference import HEAD, Reference
from whet.models.lora import lora_modules
from whet.models.lora_layer import LoraLinear
from whet.models.safetensors_header import read_header


class Shipped(Protocol):
    """What a file or folder holds."""

    ties_head: bool

    def stored(self, name: str) -> Stored | None:
        """The tensor of that name; None where there is none."""
        ...


class Judged:
    """The weights of the judged model, as they act. `rank` and `base` tell of adapted ones."""

    def __init__(self, reference: Reference) -> None:
        self._model = reference.loaded.model
        self._adapted = {f"{n}.weight": m for n, m in lora_modules(self._model).items()}
        self.ties_head = _ties_head(self._model)

    def names(self) -> Iterator[str]:
        """Every parameter's name; the output head is named also where it is tied."""
        for name, _ in self._model.named_parameters():
            if not name.endswith((".lora_A", ".lora_B", ".lora_magnitude_vector")):
                yield name
        if self.ties_head:
            yield HEAD

    @torch.no_grad()
    def acting(self, name: str) -> Tensor:
        """The values as the model multiplies by them: [out, in] for an adapted layer."""
        if name == HEAD and self.ties_head:
            return _plain(self._model.get_input_embeddings().weight)
        if name in self._adapted:
            return _as_stored(self._adapted[name], self._adapted[name].merged_weight())
        return _plain(self._model.get_parameter(name))

    @torch.no_grad()
    def base(self, name: str) -> Tensor | None:
        """The values without the adapter; None for a tensor that it does not touch."""
        module = self._adapted.get(name)
        if module is None:
            return None
        return _as_stored(module, module.read_weight(torch.float32))

    @property
    def num_adapted(self) -> int:
        """How many layers the adapter touches."""
        return len(self._adapted)

    def rank(self, name: str) -> int:
        """The adapter's rank there."""
        return self._adapted[name].rank


class Folder:
    """The weights of a model folder as transformers loaded them, with their formats on disk."""

    def __init__(self, reference: Reference) -> None:
        self._model = reference.loaded.model
        self.ties_head = _ties_head(self._model)
        self._kinds: dict[str, str] = {}
        self._loaded = {"bfloat16": "BF16", "float16": "F16"}.get(reference.loaded.dtype)
        for file in sorted(reference.loaded.folder.glob("*.safetensors")):
            self._kinds |= {name: entry.dtype for name, entry in read_header(file).items()}
        self._usual = Counter(self._kinds.values()).most_common(1)[0][0]
        self._parameters = dict(self._model.named_parameters())

    def stored(self, name: str) -> Stored | None:
        """The parameter of that name, or the embedding for a head that is tied to it."""
        if name == HEAD and self.ties_head:
            held = self._model.get_input_embeddings().weight
        elif name in self._parameters:
            held = self._parameters[name]
        else:
            return None
        return Stored(_plain(held), self._loaded or self._kinds.get(name, self._usual))


class Apart:
    """An adapter that is shipped beside its base, as both act together."""

    def __init__(self, reference: Reference) -> None:
        self._acting = Judged(reference)
        self._names = set(self._acting.names())
        self.ties_head = self._acting.ties_head

    def stored(self, name: str) -> Stored | None:
        """The tensor as it acts."""
        return Stored(self._acting.acting(name), "F32") if name in self._names else None


def judged_weights(engine: Engine) -> Judged | None:
    """What is seen of the judged model; None for one in NF4, whose weights nothing ships."""
    if not isinstance(engine, Reference) or engine.in_four_bits:
        return None
    return Judged(engine)


def shipped_weights(engine: Engine) -> Shipped | None:
    """What is seen of the exported model: of a folder, or of the GGUF that an engine names."""
    if isinstance(engine, Reference):
        return Folder(engine) if not lora_modules(engine.loaded.model) else Apart(engine)
    file = getattr(engine, "gguf", None)
    if not isinstance(file, Path):
        return None
    return GgufWeights(file, getattr(engine, "adapter", None))


def _ties_head(model: Any) -> bool:
    head, embedding = model.get_output_embeddings(), model.get_input_embeddings()
    return head is not None and head.weight is embedding.weight


def _plain(held: Tensor) -> Tensor:
    return held.detach().float().cpu()


def _as_stored(module: LoraLinear, weight: Tensor) -> Tensor:
    """The merged weight [out, in] in the layout of the layer's own (GPT-2 keeps [in, out])."""
    return _plain(weight.t().contiguous() if module.transposed else weight)
