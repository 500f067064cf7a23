"""Axolotl's data sets: an entry says the path, the type of its rows, and who is who in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whet.migration.account import shown
from whet.migration.datasets import (
    KNOWN_ROLES,
    Closing,
    DataSet,
    foreign_roles,
    local_files,
    turn_keys,
)
from whet.migration.recipe import Recipe

_QUESTION_ANSWER = {"input": "question", "output": "answer"}
_TYPES: Mapping[str, Mapping[str, str]] = {
    "alpaca": {}, "alpaca_chat": {}, "alpaca_w_system": {}, "sharegpt": {}, "gpteacher": {},
    "chat_template": {}, "jeopardy": _QUESTION_ANSWER,
    "alpaca_chat.load_qa": _QUESTION_ANSWER, "context_qa": _QUESTION_ANSWER,
    "summarizetldr": {"input": "article", "output": "summary"},
    "oasst": {"input": "INSTRUCTION", "output": "RESPONSE"},
    "alpaca_w_system.load_open_orca": {
        "system": "system_prompt", "input": "question", "output": "response",
    },
}  # fmt: skip
_NO_EXAMPLES = ("completion", "pretrain", "input_output", "stepwise_supervised", "bradley_terry")
_TEMPLATE = "the model's own chat template is used, not {}."


def axolotl_datasets(recipe: Recipe) -> list[DataSet]:
    """Every entry of `datasets` and `test_datasets`."""
    if recipe.source.values.get("pretraining_dataset"):
        recipe.faults.append(
            f"{recipe.source.path}: pretraining_dataset: whet trains on questions and answers,"
            " not on running text."
        )
    sets = []
    for top, split in (("datasets", "train"), ("test_datasets", "validation")):
        items = recipe.source.values.get(top)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, Mapping):
                sets.append(_axolotl_set(recipe, f"{top}[{index}]", item, split))
    return sets


def _axolotl_set(recipe: Recipe, place: str, item: Mapping[str, Any], split: str) -> DataSet:
    closing = Closing(recipe, place)
    name = str(item.get("path") or "")
    data_files = item.get("data_files")
    named = data_files if isinstance(data_files, list) else [data_files or name]
    files = tuple(file for part in named for file in local_files(recipe, str(part)))
    closing.translated("data." + split, "path", "data_files", "ds_type")
    columns, roles, keys = _axolotl_type(recipe, closing, item)
    system = item["type"].get("system_prompt") if isinstance(item.get("type"), Mapping) else None
    if system:
        recipe.given.setdefault("system", []).append(f"{place}.type.system_prompt")
    return DataSet(name, files, split, columns, roles, keys)


def _axolotl_type(
    recipe: Recipe, closing: Closing, item: Mapping[str, Any]
) -> tuple[dict[str, str], dict[str, str], tuple[str, str] | None]:
    kind = item.get("type")
    if isinstance(kind, Mapping):
        return _own_type(closing, kind), {}, None
    name = str(kind or "").partition(":")[0]
    base = name if name in _TYPES else name.partition(".")[0]
    if not kind or base in _NO_EXAMPLES:
        recipe.faults.append(
            f"{recipe.source.path}: {closing.place}.type: {shown('type', kind) or 'none'}: whet"
            " trains on questions and answers, not on running or ready-made tokens."
        )
        return {}, {}, None
    if base not in _TYPES:
        closing.instead("type", "whet looks at the columns itself; check what it found.")
    elif base == "chat_template":
        closing.translated("data.columns", "type")
    else:
        closing.instead("type", _TEMPLATE.format(f"the prompt text of {base}"))
    if base not in ("chat_template", "sharegpt"):
        return dict(_TYPES.get(base, {})), {}, None
    return _turns(closing, item, "conversations" if base == "sharegpt" else "messages")


def _own_type(closing: Closing, kind: Mapping[str, Any]) -> dict[str, str]:
    """Columns of a type that the user wrote out."""
    asked, extra, answer = (kind.get(f"field_{n}") for n in ("instruction", "input", "output"))
    columns = {}
    if asked and answer:
        first = "instruction" if extra else "input"
        columns = {first: str(asked), "output": str(answer)}
        columns |= {"input": str(extra)} if extra else {}
    if kind.get("field_system"):
        columns["system"] = str(kind["field_system"])
    for name in kind:
        if name.startswith("field_"):
            closing.translated("data.columns", f"type.{name}")
    for name in ("format", "no_input_format"):
        if str(kind.get(name) or "{instruction}") not in ("{instruction}", "{instruction} {input}"):
            closing.instead(f"type.{name}", _TEMPLATE.format("this text"))
        elif name in kind:
            closing.translated("data.columns", f"type.{name}")
    return columns


def _turns(
    closing: Closing, item: Mapping[str, Any], default: str
) -> tuple[dict[str, str], dict[str, str], tuple[str, str] | None]:
    """Columns, roles and turn keys of conversations."""
    column = str(item.get("field_messages") or default)
    mapping = item.get("message_property_mappings")
    mapping = mapping if isinstance(mapping, Mapping) else {}
    role = str(item.get("message_field_role") or mapping.get("role") or "role")
    content = str(item.get("message_field_content") or mapping.get("content") or "content")
    if default == "conversations" and not mapping:
        role, content = "from", "value"
    given = item.get("roles")
    given = given if isinstance(given, Mapping) else {}
    roles = {"human": "user", "gpt": "assistant"}
    for ours, theirs in given.items():
        names = theirs if isinstance(theirs, list) else [theirs]
        roles |= {str(name): str(ours) for name in names}
    columns = {"messages": column} if column not in ("messages", "conversations") else {}
    if item.get("field_tools") not in (None, "tools"):
        columns["tools"] = str(item["field_tools"])
    closing.translated("data.columns", "field_messages", "message_property_mappings",
                       "message_field_role", "message_field_content", "field_tools")  # fmt: skip
    closing.translated("data.roles", "roles")
    closing.harmless("roles_to_train", ["assistant"], ["gpt", "assistant"])
    closing.harmless("train_on_eos", "turn")
    closing.harmless("chat_template", "tokenizer_default")
    ours = {name: known for name, known in roles.items() if known in KNOWN_ROLES["role"]}
    wanted = foreign_roles(role, ours)
    if not given and role != "from":
        wanted = {}
    return columns, wanted, turn_keys(role, content)
