"""An adapter as PEFT reads it: the same base, the layers put on by the library, not by us."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from whet.engines.engine import Answer, Facts, Logprobs
from whet.engines.reference import Reference
from whet.errors import MissingExtraError, ModelError
from whet.models.adapter import WEIGHTS
from whet.models.files import check_safetensors
from whet.models.four_bit import write_out
from whet.models.four_bit_kernel import import_bitsandbytes
from whet.models.load import load_model
from whet.types import Messages

TEMPLATE = "chat_template.jinja"


def peft_model_class() -> Any:
    """PEFT's class; bitsandbytes, which it asks for, is imported first so that it fetches nothing.

    Raises:
        MissingExtraError: PEFT is not installed.
    """
    with suppress(ImportError):
        import_bitsandbytes()
    try:
        from peft import PeftModel
    except ImportError:
        raise MissingExtraError("peft", "train", "Loading an adapter through PEFT") from None
    return PeftModel


class PeftEngine:
    """A model that PEFT has put together, behind `Engine`."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self.name = "transformers (base + adapter through PEFT)"

    def facts(self) -> Facts:
        """What the base's tokenizer and weights say."""
        return self._reference.facts()

    def answer(self, messages: Messages, max_new_tokens: int) -> Answer:
        """The greedy answer."""
        return self._reference.answer(messages, max_new_tokens)

    def logprobs(self, prompt: Sequence[int], answer: Sequence[int]) -> Logprobs:
        """All log-probabilities from one forward pass."""
        return self._reference.logprobs(prompt, answer)

    def close(self) -> None:
        """Lets go of the weights."""
        self._reference.close()


def open_with_peft(
    base: Path, adapter: Path, *, dtype: str = "float32", four_bit: bool = False
) -> PeftEngine:
    """The base with an adapter's folder on it through `PeftModel.from_pretrained`.

    The template is the one in the adapter's folder, as who gets the adapter uses it. A base in NF4
    is written out in full, with the same values.

    Raises:
        MissingExtraError: PEFT is not installed.
        ModelError: PEFT refuses the adapter.
    """
    peft_model = peft_model_class()
    own = adapter / TEMPLATE
    loaded = load_model(
        base, dtype=dtype, template=own if own.is_file() else None, four_bit=four_bit
    )
    if four_bit:
        write_out(loaded.model)
    check_safetensors(adapter / WEIGHTS)
    try:
        with warnings.catch_warnings():  # PEFT asks transformers for a name that it will drop
            warnings.simplefilter("ignore", FutureWarning)
            model = peft_model.from_pretrained(loaded.model, str(adapter)).eval()
    except (ValueError, KeyError, RuntimeError, TypeError, OSError) as error:
        raise ModelError(f"{adapter}: PEFT cannot load this adapter: {error}") from None
    return PeftEngine(Reference(replace(loaded, model=model), "PEFT"))
