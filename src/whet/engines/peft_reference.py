"""An adapter as PEFT reads it: the same base, the layers put on by the library, not by us."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from whet.engines.reference import Reference
from whet.errors import MissingExtraError, ModelError
from whet.models.adapter import WEIGHTS
from whet.models.files import check_safetensors
from whet.models.four_bit import write_out
from whet.models.load import load_model

TEMPLATE = "chat_template.jinja"


def open_with_peft(
    base: Path, adapter: Path, *, dtype: str = "float32", four_bit: bool = False
) -> Reference:
    """The base with an adapter's folder on it through `PeftModel.from_pretrained`.

    The template is the one in the adapter's folder, as who gets the adapter uses it. A base in NF4
    is written out in full, with the same values.

    Raises:
        MissingExtraError: PEFT is not installed.
        ModelError: PEFT refuses the adapter.
    """
    try:
        from peft import PeftModel
    except ImportError:
        raise MissingExtraError("peft", "train", "Loading an adapter through PEFT") from None
    own = adapter / TEMPLATE
    loaded = load_model(
        base, dtype=dtype, template=own if own.is_file() else None, four_bit=four_bit
    )
    if four_bit:
        write_out(loaded.model)
    check_safetensors(adapter / WEIGHTS)
    try:
        model = PeftModel.from_pretrained(loaded.model, str(adapter)).eval()
    except (ValueError, KeyError, RuntimeError, TypeError, OSError) as error:
        raise ModelError(f"{adapter}: PEFT cannot load this adapter: {error}") from None
    return Reference(replace(loaded, model=model), "transformers (base + adapter through PEFT)")
