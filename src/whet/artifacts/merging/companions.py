"""What stands beside the weights: configuration, stop tokens, tokenizer, chat template.

The tokenizer's files are the base's own, byte for byte, and not what a library makes of them when
it saves; only the template and, where it must be, the tokenizer's class are written anew.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from whet.artifacts.subject import Subject
from whet.errors import ModelError
from whet.models.files import read_config
from whet.models.load import template_text

TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer.model", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "vocab.txt",
)  # fmt: skip
CONFIG, GENERATION = "config.json", "generation_config.json"
TOKENIZER_CONFIG, TEMPLATE = "tokenizer_config.json", "chat_template.jinja"
EXACT_CLASS = "PreTrainedTokenizerFast"
SAMPLING = (
    "do_sample",
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "typical_p",
    "repetition_penalty",
)
SPOKEN = (
    "user",
    "What is 2 + 2?",
    " It's  four.\n\nDéjà vu 北京 🙂 <unk> </s> [INST]",
    "x = [1, 2]",
)


def write_companions(
    subject: Subject, folder: Path, dtype: str | None = None, unties_head: bool = False
) -> None:
    """Writes all that belongs to the model but its weights.

    `dtype` is the one that its weights are in; None: as the base says. With `unties_head` the
    output head is no longer the embedding.
    """
    write_json(folder / CONFIG, _config(subject, dtype, unties_head))
    write_json(folder / GENERATION, generation_of(subject))
    write_tokenizer(subject, folder)


def _config(subject: Subject, dtype: str | None, unties_head: bool) -> dict[str, Any]:
    config = read_config(subject.folder)
    config.pop("_name_or_path", None)
    if dtype is not None:
        keys = [key for key in ("dtype", "torch_dtype") if key in config] or ["torch_dtype"]
        config |= dict.fromkeys(keys, dtype)
    if unties_head:
        config["tie_word_embeddings"] = False
    return config


def generation_of(subject: Subject) -> dict[str, Any]:
    """The base's, with every stop token, and the way of decoding that was judged."""
    generation = read_object(subject.folder / GENERATION)
    generation.pop("_from_model_config", None)
    stops = list(subject.stop_ids)
    if stops:
        generation["eos_token_id"] = stops if len(stops) > 1 else stops[0]
    if subject.run is None:
        return generation
    for key in SAMPLING:
        generation.pop(key, None)
    temperature = subject.decoding.temperature
    return generation | (
        {"do_sample": True, "temperature": temperature} if temperature else {"do_sample": False}
    )


def write_tokenizer(subject: Subject, folder: Path) -> None:
    """Writes the tokenizer so that transformers' AutoTokenizer gives the ids that were judged.

    Raises:
        ModelError: it gives others whatever is done.
    """
    for name in TOKENIZER_FILES:
        if (subject.folder / name).is_file():
            shutil.copyfile(subject.folder / name, folder / name)
    config = read_object(subject.folder / TOKENIZER_CONFIG)
    config.pop("auto_map", None)
    if isinstance(subject.tokenizer.chat_template, str):
        config["chat_template"] = subject.template
        (folder / TEMPLATE).write_text(subject.template, encoding="utf-8", newline="")
    write_json(folder / TOKENIZER_CONFIG, config)
    if _is_exact(subject, folder):
        return
    write_json(folder / TOKENIZER_CONFIG, config | {"tokenizer_class": EXACT_CLASS})
    if not _is_exact(subject, folder):
        raise ModelError(
            f"{subject.folder}: transformers' AutoTokenizer gives other token ids than the"
            " tokenizer.json itself, so an export would answer otherwise than what was judged."
        )


def _is_exact(subject: Subject, folder: Path) -> bool:
    from transformers import AutoTokenizer

    try:
        theirs = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    texts = [*SPOKEN, *(f" {text}" for text in SPOKEN), subject.template]
    same_ids = all(_ids(theirs, text) == _ids(subject.tokenizer, text) for text in texts)
    return same_ids and template_text(theirs) == subject.template


def _ids(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    return ids


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object of a model's folder; empty where there is no such file.

    Raises:
        ModelError: it is something else.
    """
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise ModelError(f"{path}: holds no JSON object.")
    return value


def write_json(path: Path, value: Any) -> None:
    """Writes JSON as transformers' own files look."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
