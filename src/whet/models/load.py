"""A model ready for work: weights, tokenizer, template, stop tokens and an identity."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from whet.errors import ModelError
from whet.models.files import TOKENIZER_FILES, digest, find_folder, read_config, weight_files
from whet.models.four_bit import quantize_model
from whet.rows.render import find_stop_ids
from whet.rows.template_trial import try_template

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
FLOAT32_LIMIT_BYTES = 4 * 2**30
FOUR_BITS = "-nf4"


@dataclass(slots=True, eq=False)
class LoadedModel:
    """A causal language model with everything that training and serving must agree on.

    `identity` is a digest of weights, tokenizer and template: equal identities give equal
    answers, and one whose linear layers are in NF4 ends in `-nf4`. `stop_ids` end a reply; the
    first one is what the template writes (empty when there is no template). `max_positions` is the
    longest sequence that the model knows. `notices` say what could not be done as asked.
    """

    model: Any
    tokenizer: Any
    name: str
    folder: Path
    identity: str
    template: str
    stop_ids: tuple[int, ...]
    max_positions: int
    notices: tuple[str, ...] = ()

    @property
    def dtype(self) -> str:
        return str(self.model.dtype).removeprefix("torch.")

    @property
    def device(self) -> torch.device:
        device: torch.device = self.model.device
        return device


def load_model(
    name: str | Path,
    *,
    dtype: str = "auto",
    template: Path | None = None,
    device: str | None = None,
    four_bit: bool = False,
) -> LoadedModel:
    """A model by name, local folder or hub id, in inference mode, on the GPU if there is one.

    `dtype` auto: bfloat16 on a GPU that has it, float16 on one that has not; on a CPU float32
    unless that takes more than 4 GB, then bfloat16. `template` replaces the model's own. With
    `four_bit` the linear layers are put in NF4 one after another, from the weights as they are
    stored, so the codes do not depend on `dtype`; main memory holds the whole model meanwhile, a
    GPU one layer of it.

    Raises:
        ModelError: unknown model, remote code, pickled weights, a template that cannot be used.
    """
    folder = find_folder(str(name))
    config = read_config(folder)
    files = weight_files(folder)
    tokenizer = load_tokenizer(folder, template=template)
    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    precision = _precision(dtype, place, sum(file.stat().st_size for file in files), config)
    model = load_weights(folder, "auto" if four_bit else precision)
    left = quantize_model(model, place) if four_bit else []
    model = model.to(place).eval()
    set_dtype(model, precision)
    text = template_text(tokenizer)
    return LoadedModel(
        model=model,
        tokenizer=tokenizer,
        name=str(name),
        folder=folder,
        identity=identity_of(folder, text) + FOUR_BITS * four_bit,
        template=text,
        stop_ids=find_stop_ids(tokenizer, eos_ids(model)) if text else eos_ids(model),
        max_positions=int(getattr(model.config, "max_position_embeddings", 0) or 2**31 - 1),
        notices=(f"not in 4 bits, but as stored: {', '.join(left)}",) if left else (),
    )


def identity_of(folder: Path, template: str) -> str:
    """Digest of a model's weights, configuration, tokenizer and template, from its files alone."""
    tokenizer_files = [folder / f for f in TOKENIZER_FILES if (folder / f).is_file()]
    return digest([*weight_files(folder), folder / "config.json", *tokenizer_files, template])


def set_dtype(model: Any, dtype: torch.dtype, *, but: Container[str] = ()) -> None:
    """Puts all parameters but those named in `dtype`, and leaves buffers as they are.

    `model.to(dtype)` would round the rotary embedding's frequencies too, which `from_pretrained`
    never does: at position 1,000 bfloat16 turns a pair by up to two radians too far.
    """
    for name, parameter in model.named_parameters():
        if parameter.is_floating_point() and name not in but:
            parameter.data = parameter.data.to(dtype)


def load_tokenizer(folder: Path, *, template: Path | None = None) -> Any:
    """The tokenizer exactly as its tokenizer.json says, with `template` in place of its own.

    `AutoTokenizer` drops the normaliser of a tokenizer.json where the class is LlamaTokenizer, so
    the file is read directly; it is asked only where there is no tokenizer.json.
    """
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    exact = (folder / "tokenizer.json").is_file()
    kind = PreTrainedTokenizerFast if exact else AutoTokenizer
    try:
        tokenizer = kind.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder}: the tokenizer cannot be read: {error}") from None
    if template is not None:
        try:
            tokenizer.chat_template = template.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"template {template} cannot be read: {error}") from None
    if text := template_text(tokenizer):
        try_template(text, tokenizer.bos_token or "", tokenizer.eos_token or "")
    return tokenizer


def template_text(tokenizer: Any) -> str:
    """The chat template's source, or an empty text."""
    template = tokenizer.chat_template
    if isinstance(template, dict):
        return "\n".join(f"{name}: {text}" for name, text in sorted(template.items()))
    return template or ""


def eos_ids(model: Any) -> tuple[int, ...]:
    """End tokens by the model's generation config, else by its config."""
    return as_ids(getattr(model.generation_config, "eos_token_id", None), model.config.eos_token_id)


def as_ids(*found: int | Sequence[int] | None) -> tuple[int, ...]:
    """The first that is there of several settings of end tokens, as ids."""
    ids = next((value for value in found if value is not None), ())
    return (ids,) if isinstance(ids, int) else tuple(ids)


def stored_stop_ids(folder: Path, tokenizer: Any) -> tuple[int, ...]:
    """The tokens that end a reply, as `load_model` finds them, without loading the weights.

    Raises:
        ModelError: the template ends a reply with none of them.
    """
    from transformers import AutoConfig, GenerationConfig

    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    has_own = (folder / "generation_config.json").is_file()
    own = GenerationConfig.from_pretrained(folder, local_files_only=True) if has_own else None
    ids = as_ids(getattr(own, "eos_token_id", None), config.eos_token_id)
    return find_stop_ids(tokenizer, ids) if template_text(tokenizer) else ids


def _precision(dtype: str, place: torch.device, size: int, config: dict[str, Any]) -> torch.dtype:
    if dtype in DTYPES:
        return DTYPES[dtype]
    if dtype != "auto":
        raise ModelError(f"unknown dtype {dtype!r}; use auto, {', '.join(DTYPES)}.")
    if place.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(False) else torch.float16
    stored = config.get("dtype") or config.get("torch_dtype") or "float32"
    in_float32 = size * (1 if stored == "float32" else 2)
    return torch.float32 if in_float32 <= FLOAT32_LIMIT_BYTES else torch.bfloat16


def load_weights(folder: Path, precision: torch.dtype | str) -> Any:
    """The model of a folder whose files were checked, without anything that it does not hold.

    Raises:
        ModelError: it cannot be loaded, or weights are missing.
    """
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    try:
        model, info = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=precision,
            attn_implementation=_attention(folder),
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{folder}: the model cannot be loaded: {reason}") from error
    if missing := sorted(info["missing_keys"]):
        raise ModelError(
            f"{folder}: {len(missing)} weights are missing ({missing[0]}, ...); transformers would "
            "fill them with random numbers."
        )
    return model


def _attention(folder: Path) -> str:
    """The attention to load a model with, whatever its files ask for.

    Gemma 2 caps its scores, which PyTorch's attention cannot; transformers refuses to load it so.
    """
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    known = MODEL_FOR_CAUSAL_LM_MAPPING.get(type(config), None)
    return "sdpa" if getattr(known, "_supports_sdpa", True) else "eager"
