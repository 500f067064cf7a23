"""Whether an answer keeps a form that a program relies on: an expression, JSON, a schema, a set."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from whet.errors import ConfigError, MissingExtraError
from whet.evals.scorers.scored import Scorer
from whet.types import Example


def matches_regex(pattern: str) -> Scorer:
    """1 where the whole answer, without white space at its ends, matches the expression."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"{pattern!r} is not a regular expression: {error}.") from None
    return lambda answer, _: float(compiled.fullmatch(answer.strip()) is not None)


def strict_json(text: str) -> Any:
    """The value of a text that is JSON and nothing else.

    Raises:
        ValueError: it is not: a code fence, a comment, a NaN, or a key given twice.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def is_json(keys: Sequence[str] = ()) -> Scorer:
    """1 where the whole answer is JSON, and an object with at least these keys if any are named.

    A code fence, a comment, a NaN or a key given twice makes it no JSON: a program that reads
    the answer would stumble, or silently keep one of two values.
    """

    def holds(answer: str, _: Example) -> float:
        try:
            value = strict_json(answer)
        except ValueError:
            return 0.0
        return float(not keys or (isinstance(value, dict) and set(keys) <= set(value)))

    return holds


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def is_choice(choices: Sequence[str]) -> Scorer:
    """1 where the answer, without white space at its ends, is one of the choices as spelt."""
    allowed = frozenset(choices)
    return lambda answer, _: float(answer.strip() in allowed)


def format_scorer(
    *, regex: str | None = None, json_keys: Sequence[str] | None = None, choices: Sequence[str] = ()
) -> Scorer:
    """Compliance with one stated form; an empty list of `json_keys` asks for any JSON.

    Raises:
        ConfigError: No form is named, or more than one.
    """
    if sum((regex is not None, json_keys is not None, bool(choices))) != 1:
        raise ConfigError("format: name one form: a regex, json keys, or choices.")
    if regex is not None:
        return matches_regex(regex)
    return is_json(json_keys) if json_keys is not None else is_choice(choices)


def fits_schema(path: Path) -> Scorer:
    """1 where the whole answer is strict JSON that the JSON schema accepts (draft 2020-12).

    The keyword `format` is an annotation and checks nothing, as that draft has it.

    Raises:
        ConfigError: the file is missing, is no JSON, is no schema of that draft, or refers to
            something outside itself: no `$ref` is ever fetched.
        MissingExtraError: jsonschema is not installed.
    """
    schema = _read_schema(path)
    try:
        from jsonschema import Draft202012Validator
        from jsonschema.exceptions import SchemaError
        from referencing import Registry
    except ImportError:
        raise MissingExtraError("jsonschema", "metrics", "The metric json_schema") from None
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = "/".join(str(part) for part in error.absolute_path) or "its top"
        raise ConfigError(f"eval.json_schema: {path}: at {where}: {error.message}.") from None
    foreign = sorted(set(_foreign_references(schema)))
    if foreign:
        raise ConfigError(
            f"eval.json_schema: {path}: refers to {', '.join(foreign)}, and nothing is fetched."
            " Copy what it names under $defs, and refer to #/$defs/NAME."
        )
    validator = Draft202012Validator(schema, registry=Registry())

    def fits(answer: str, _: Example) -> float:
        try:
            value = strict_json(answer)
        except ValueError:
            return 0.0
        return float(validator.is_valid(value))

    return fits


def _read_schema(path: Path) -> Any:
    try:
        schema = strict_json(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"eval.json_schema: {path}: {error.strerror or error}.") from None
    except ValueError as error:
        raise ConfigError(f"eval.json_schema: {path}: not JSON: {error}.") from None
    if not isinstance(schema, dict | bool):
        raise ConfigError(f"eval.json_schema: {path}: a schema is an object, true or false.")
    draft = schema.get("$schema", "") if isinstance(schema, dict) else ""
    if draft and "2020-12" not in str(draft):
        raise ConfigError(
            f"eval.json_schema: {path}: is written for {draft}; draft 2020-12 is what is checked."
            " Translate it, and change $schema."
        )
    return schema


def _foreign_references(schema: Any) -> Iterator[str]:
    """Every `$ref` that leaves the document and is no `$id` within it."""
    own = {str(value) for value in _values(schema, "$id")}
    for key in ("$ref", "$dynamicRef"):
        for value in _values(schema, key):
            target = str(value).partition("#")[0]
            if target and target not in own:
                yield str(value)


def _values(value: Any, key: str) -> Iterator[Any]:
    if isinstance(value, dict):
        if isinstance(value.get(key), str):
            yield value[key]
        for inner in value.values():
            yield from _values(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner, key)
