"""The data sets that a file names: where they lie, which column means what, who is who."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from whet.data.reading.files import KINDS
from whet.migration.account import Fate, shown
from whet.migration.recipe import Recipe

OUR_TURN_KEYS = (("role", "content"), ("from", "value"))
_KNOWN_ROLES = {
    "role": {"system": "system", "user": "user", "assistant": "assistant", "tool": "tool"},
    "from": {"system": "system", "human": "user", "gpt": "assistant", "observation": "tool",
             "user": "user", "assistant": "assistant", "tool": "tool"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DataSet:
    """One data set as another tool describes it.

    `files` are on this machine; without any the set has to be fetched first. `columns` and `roles`
    are `data.columns` and `data.roles` for it. `turn_keys` are the names of role and text in its
    turns, None for those that are read as they are.
    """

    name: str
    files: tuple[Path, ...] = ()
    split: str = "train"
    columns: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    turn_keys: tuple[str, str] | None = None


def find_datasets(recipe: Recipe) -> list[DataSet]:
    """Every data set that the file names, training and validation; its keys are closed.

    Data that are no examples to imitate become faults of the recipe.
    """
    found = _FINDERS[recipe.source.tool.name](recipe)
    if not any(data.split == "train" for data in found) and not recipe.faults:
        recipe.faults.append(
            f"{recipe.source.path}: names no training data. Is it a training configuration?"
        )
    return found


def _files(recipe: Recipe, name: str) -> tuple[Path, ...]:
    """The readable files under a name; none where it is a hub id or nothing is there."""
    place = recipe.source.locate(name)
    if place is None:
        return ()
    entries = sorted(place.iterdir()) if place.is_dir() else [place]
    return tuple(entry for entry in entries if _is_data(entry))


def _is_data(path: Path) -> bool:
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return path.is_file() and plain.suffix.lower() in KINDS


def foreign_roles(key: str, roles: Mapping[str, str]) -> dict[str, str]:
    """The roles that are not understood without `data.roles`."""
    known = _KNOWN_ROLES.get(key, _KNOWN_ROLES["role"])
    return {name: ours for name, ours in roles.items() if known.get(name) != ours}


def turn_keys(role: str, content: str) -> tuple[str, str] | None:
    """The pair, or None where it is one that is read as it stands."""
    return None if (role, content) in OUR_TURN_KEYS else (role, content)


# -- Axolotl ---------------------------------------------------------------------------------

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


def _axolotl(recipe: Recipe) -> list[DataSet]:
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
    closing = _Closing(recipe, place)
    name = str(item.get("path") or "")
    data_files = item.get("data_files")
    named = data_files if isinstance(data_files, list) else [data_files or name]
    files = tuple(file for part in named for file in _files(recipe, str(part)))
    closing.translated("data." + split, "path", "data_files", "ds_type")
    columns, roles, keys = _axolotl_type(recipe, closing, item)
    system = item["type"].get("system_prompt") if isinstance(item.get("type"), Mapping) else None
    if system:
        recipe.given.setdefault("system", []).append(f"{place}.type.system_prompt")
    return DataSet(name, files, split, columns, roles, keys)


def _axolotl_type(
    recipe: Recipe, closing: _Closing, item: Mapping[str, Any]
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


def _own_type(closing: _Closing, kind: Mapping[str, Any]) -> dict[str, str]:
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
    closing: _Closing, item: Mapping[str, Any], default: str
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
    ours = {name: known for name, known in roles.items() if known in _KNOWN_ROLES["role"]}
    wanted = foreign_roles(role, ours)
    if not given and role != "from":
        wanted = {}
    return columns, wanted, turn_keys(role, content)


@dataclass(frozen=True, slots=True)
class _Closing:
    """Closes the keys of one item of a list."""

    recipe: Recipe
    place: str

    def translated(self, ours: str, *names: str) -> None:
        """The keys that there are became one of ours."""
        for name in names:
            self._close(name, Fate.TRANSLATED, ours)

    def instead(self, name: str, said: str) -> None:
        """The key has no counterpart."""
        self._close(name, Fate.INSTEAD, said)

    def harmless(self, name: str, *values: Any) -> None:
        """The key asks for what whet does anyway, if it has one of these values."""
        key = f"{self.place}.{name}"
        if self.recipe.source.keys.get(key) in values:
            self._close(name, Fate.IRRELEVANT, "whet does the same.")

    def _close(self, name: str, fate: Fate, said: str) -> None:
        key = f"{self.place}.{name}"
        if self.recipe.account.is_open(key):
            self.recipe.account.close(key, fate, said)


# -- TRL and Unsloth -------------------------------------------------------------------------


def _trl(recipe: Recipe) -> list[DataSet]:
    sets = []
    name = recipe.source.values.get("dataset_name")
    if name:
        sets.append(DataSet(str(name), _files(recipe, str(name))))
        _close_all(recipe, "data.train", "dataset_name")
    items = recipe.source.values.get("datasets")
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if not isinstance(item, Mapping):
            continue
        closing = _Closing(recipe, f"datasets[{index}]")
        place = str(item.get("path") or "")
        given = item.get("data_files")
        parts = given if isinstance(given, list) else [given or place]
        files = tuple(file for part in parts for file in _files(recipe, str(part)))
        sets.append(DataSet(place, files))
        closing.translated("data.train", "path", "data_files")
    if recipe.source.values.get("dataset_text_field") not in (None, "", "text"):
        recipe.account.close("dataset_text_field", Fate.INSTEAD, "whet wants answers, not text.")
    return sets


def _unsloth(recipe: Recipe) -> list[DataSet]:
    data = recipe.source.values.get("data")
    data = data if isinstance(data, Mapping) else {}
    if str(data.get("format_type")).lower() == "raw":
        recipe.faults.append(
            f"{recipe.source.path}: data.format_type: raw: whet trains on questions and answers,"
            " not on running text."
        )
    given = data.get("local_dataset")
    names = [*(given if isinstance(given, list) else [given]), data.get("dataset")]
    sets = [DataSet(str(name), _files(recipe, str(name))) for name in names if name]
    _close_all(recipe, "data.train", "data.local_dataset", "data.dataset")
    if recipe.account.is_open("data.format_type"):
        recipe.account.close("data.format_type", Fate.IRRELEVANT, "whet finds the format itself.")
    return sets


def _close_all(recipe: Recipe, ours: str, *keys: str) -> None:
    for key in keys:
        if recipe.account.is_open(key):
            recipe.account.close(key, Fate.TRANSLATED, ours)


def _llama_factory(recipe: Recipe) -> list[DataSet]:
    from whet.migration.dataset_info import described

    sets = []
    for key, split in (("dataset", "train"), ("eval_dataset", "validation")):
        given = recipe.source.values.get(key)
        names = given.split(",") if isinstance(given, str) else given
        for name in names if isinstance(names, list) else ():
            data = described(recipe, str(name).strip())
            sets.append(replace(data, split=split))
        _close_all(recipe, f"data.{split}", key)
    _close_all(recipe, "data.train", "dataset_dir")
    return sets


_FINDERS = {
    "Axolotl": _axolotl, "LLaMA-Factory": _llama_factory, "TRL": _trl, "Unsloth": _unsloth,
}  # fmt: skip
