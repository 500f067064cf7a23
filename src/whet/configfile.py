"""Reading `whet.yaml`: YAML 1.2, overrides, and every fault at once with its line and key."""

from __future__ import annotations

import difflib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from whet.config import Config
from whet.errors import ConfigError
from whet.peerkeys import OUR_KEY

MAX_BYTES = 1_000_000
MAX_NODES = 20_000
MAX_DEPTH = 20
MIN_FOREIGN_KEYS = 3
PLAIN_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
OVERRIDE = re.compile(r"^([A-Za-z_][\w-]*(?:\.[\w-]+)*)=(.*)$", re.DOTALL)


def is_override(argument: str) -> bool:
    """True for `key.path=value`, the form that overrides a key of the file."""
    return OVERRIDE.match(argument) is not None


def read_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """The checked configuration of a file with its overrides applied.

    Raises:
        ConfigError: with every fault of the file, each `file:line: key: what. Remedy.`
    """
    document = parse_yaml(path)
    values = _plain(document, str(path))  # first: it refuses the aliases that `_lines` would follow
    return make_config(values, overrides, path, dict(_lines(document)))


def make_config(
    values: dict[str, Any],
    overrides: Sequence[str] = (),
    path: Path = Path("whet.yaml"),
    lines: Mapping[tuple[str, ...], int] | None = None,
) -> Config:
    """The checked configuration of these values with overrides applied.

    `path` and `lines` say where the values stand, for messages.

    Raises:
        ConfigError: with every fault.
    """
    lines = lines or {}
    for override in overrides:
        key, value = _split_override(override)
        _assign(values, key.split("."), value, override)
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        overridden = {_split_override(o)[0] for o in overrides}
        items = sorted(error.errors(), key=lambda item: _line_of(lines, item["loc"]))
        faults = [_fault(path, lines, overridden, item) for item in items]
        foreign = sum(i["type"] == "extra_forbidden" and i["loc"][-1] in OUR_KEY for i in items)
        if foreign >= MIN_FOREIGN_KEYS:
            faults.append(f"{path}: for another trainer? Translate it: whet init DIR --from {path}")
        raise ConfigError(list(dict.fromkeys(faults))) from None


def read_values(path: Path) -> dict[str, Any]:
    """The plain values of any YAML file of `key: value` lines, with the caps of our own files.

    Raises:
        ConfigError: it cannot be read, is too large, or holds more than plain values.
    """
    return _plain(parse_yaml(path), str(path))


def parse_yaml(path: Path) -> CommentedMap:
    """The mapping in a YAML file, with line numbers kept and nothing but plain values in it."""
    if not path.is_file():
        raise ConfigError(
            f"{path}: no such file. A run is named by its folder (runs/001), a setting as"
            " key=value, a project with --config; `whet init DIR` makes one."
        )
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ConfigError(f"{path}: {size} bytes; a configuration has at most {MAX_BYTES}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}. Save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}.") from None
    try:
        document = YAML(typ="rt").load(io.StringIO(text))
    except MarkedYAMLError as error:
        raise ConfigError(_yaml_message(path, error)) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(document, CommentedMap):
        raise ConfigError(f"{path}: expected `key: value` lines, found {_kind(document)}.")
    return document


def dump_yaml(config: BaseModel) -> str:
    """The configuration as YAML, every default filled in."""
    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(config.model_dump(mode="json"), stream)
    return stream.getvalue()


def _yaml_message(path: Path, error: MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    problem = (error.problem or "not valid YAML").split("\n")[0].strip()
    first = getattr(error.context_mark, "line", None)
    if "duplicate key" in problem:
        problem = problem.split(" with value")[0]
        other = f" (the mapping begins on line {first + 1})" if first is not None else ""
        return f"{path}:{line}: {problem}{other}. Keep one of the two."
    if "\\t" in problem:
        problem += " (YAML indents with spaces, not tabs)"
    return f"{path}:{line}: {problem}."


def _lines(node: Any, prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int]]:
    """(key path, line) of every key; deep or shared nodes are stopped by `_plain` later."""
    if len(prefix) > MAX_DEPTH:
        return
    if isinstance(node, CommentedMap):
        for key, value in node.items():
            here = (*prefix, str(key))
            yield here, node.lc.key(key)[0] + 1
            yield from _lines(value, here)


def _plain(document: CommentedMap, file: str) -> dict[str, Any]:
    """The document as plain dicts, lists and scalars; aliases and tags are refused."""
    seen: set[int] = set()
    num_nodes = 0

    def convert(node: Any, depth: int) -> Any:
        nonlocal num_nodes
        num_nodes += 1
        if depth > MAX_DEPTH or num_nodes > MAX_NODES:
            raise ConfigError(f"{file}: nested too deeply or too large to be a configuration.")
        if isinstance(node, CommentedMap | CommentedSeq):
            line = node.lc.line + 1
            if id(node) in seen:
                raise ConfigError(f"{file}:{line}: aliases (*name) are not read. Write it out.")
            seen.add(id(node))
            if node.tag.value and str(node.tag.value) not in PLAIN_TAGS:
                raise ConfigError(f"{file}:{line}: tags such as {node.tag.value} are not read.")
            if isinstance(node, CommentedMap):
                return {str(key): convert(value, depth + 1) for key, value in node.items()}
            return [convert(value, depth + 1) for value in node]
        if isinstance(node, bool) or node is None:
            return node
        for kind in (int, float, str):
            if isinstance(node, kind):
                return kind(node)
        raise ConfigError(f"{file}: {node!r} is {_kind(node)}; quote it if it is text.")

    plain: dict[str, Any] = convert(document, 0)
    return plain


def _kind(value: Any) -> str:
    if isinstance(value, CommentedSeq | list):
        return "a list"
    return "nothing" if value is None else f"a {type(value).__name__}"


def _split_override(argument: str) -> tuple[str, Any]:
    match = OVERRIDE.match(argument)
    if match is None:
        raise ConfigError(f"{argument!r}: expected key=value, e.g. train.learning_rate=1e-4.")
    key, text = match.groups()
    if _is_text(key.split(".")):
        return key, None if text in ("null", "~") else text
    if "," in text and not text.lstrip().startswith(("[", "{", "'", '"')):
        return key, [_scalar(part, argument) for part in text.split(",")]
    return key, _scalar(text, argument)


def _is_text(keys: Sequence[str]) -> bool:
    """True for a key whose value is text: commas and colons in it mean nothing."""
    model = _model_at(keys)
    found = model.model_fields.get(keys[-1]) if model else None
    return found is not None and found.annotation in (str, str | None)


def _scalar(text: str, argument: str) -> Any:
    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError):  # a month 13, too many digits or brackets
        shown = f"{argument[:80]!r}: {text[:80]!r}"
        raise ConfigError(f"{shown} is not a YAML value. Quote it.") from None


def _assign(values: dict[str, Any], keys: list[str], value: Any, argument: str) -> None:
    for key in keys[:-1]:
        inner = values.setdefault(key, {})
        if inner is None:
            inner = values[key] = {}
        if not isinstance(inner, dict):
            raise ConfigError(f"{argument!r}: {key} is a value, not a section.")
        values = inner
    values[keys[-1]] = value


def _line_of(lines: Mapping[tuple[str, ...], int], location: Sequence[Any]) -> int:
    keys = tuple(str(part) for part in location)
    return next((lines[keys[:n]] for n in range(len(keys), 0, -1) if keys[:n] in lines), 0)


def _fault(
    path: Path,
    lines: Mapping[tuple[str, ...], int],
    overridden: set[str],
    item: Mapping[str, Any],
) -> str:
    """One pydantic error as `file:line: key: what was seen. Remedy.`"""
    keys = tuple(str(part) for part in item["loc"])
    known = next((keys[:n] for n in range(len(keys), 0, -1) if keys[:n] in lines), ())
    name = ".".join(known) if len(known) >= len(keys) - 1 and known else ".".join(keys)
    where = f"{path}:{lines[known]}" if known else str(path)
    if any(o == name or o.startswith(name + ".") for o in overridden):
        where = "on the command line"
    if item["type"] == "extra_forbidden":
        return f"{where}: {'.'.join(keys)}: unknown key. {_nearest(keys)}"
    if item["type"] == "missing":
        return f"{where}: {'.'.join(keys)}: missing. {_description(keys)}"
    message = item["msg"].removeprefix("Value error, ")
    seen = "" if isinstance(item["input"], dict) else f" (seen: {item['input']!r})"
    return f"{where}: {'.'.join(keys)}: {message}{seen}."


def _model_at(keys: Sequence[str]) -> type[BaseModel] | None:
    """The section that holds the last of `keys`, or None outside the tree of sections."""
    model: type[BaseModel] = Config
    for key in keys[:-1]:
        found = model.model_fields.get(key)
        inner = _section(found.annotation) if found else None
        if inner is None:
            return model if key not in model.model_fields else None
        model = inner
    return model


def _section(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _section(part)
        if found:
            return found
    return None


def _description(keys: Sequence[str]) -> str:
    model = _model_at(keys)
    found = model.model_fields.get(keys[-1]) if model else None
    return (found.description or "") if found else ""


def all_keys(model: type[BaseModel] = Config, prefix: str = "") -> list[str]:
    """Every key path of the configuration, sections included."""
    keys = []
    for name, found in model.model_fields.items():
        keys.append(prefix + name)
        inner = _section(found.annotation)
        if inner is not None:
            keys += all_keys(inner, f"{prefix}{name}.")
    return keys


def _nearest(keys: Sequence[str]) -> str:
    """What to write instead: our name for a peer's key, or the nearest known key."""
    ours = OUR_KEY.get(keys[-1])
    if ours:
        return ours
    paths = all_keys()
    same_section = [p for p in paths if p.rpartition(".")[0] == ".".join(keys[:-1])]
    names = difflib.get_close_matches(
        keys[-1], [p.rpartition(".")[2] for p in same_section], 1, 0.7
    )
    if names:
        return f"Did you mean `{names[0]}`?"
    elsewhere = [p for p in paths if p.rpartition(".")[2] == keys[-1]]
    if elsewhere:
        return f"Did you mean `{elsewhere[0]}`?"
    close = difflib.get_close_matches(".".join(keys), paths, 1)
    if close:
        return f"Did you mean `{close[0]}`?"
    listed = ", ".join(p.rpartition(".")[2] for p in same_section)
    return f"Known here: {listed}." if listed else "`whet init` writes a commented example."
