"""JSON schemas: what fits, what is no schema, and that nothing is fetched."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whet.errors import ConfigError
from whet.evals.scorers.forms import fits_schema

pytest.importorskip("jsonschema")

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["city"],
    "additionalProperties": False,
    "properties": {
        "city": {"$ref": "#/$defs/text"},
        "pair": {"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
    },
    "$defs": {"text": {"type": "string", "minLength": 1}},
}


def _file(folder: Path, schema: Any) -> Path:
    path = folder / "schema.json"
    path.write_text(schema if isinstance(schema, str) else json.dumps(schema), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ('{"city": "Ulm"}', 1.0),
        ('{"city": "Ulm", "pair": ["a", 1]}', 1.0),
        ('{"city": "Ulm", "pair": ["a", 1, 2]}', 0.0),
        ('{"city": ""}', 0.0),
        ('{"town": "Ulm"}', 0.0),
        ('{"city": "Ulm", "city": "Bonn"}', 0.0),
        ('```json\n{"city": "Ulm"}\n```', 0.0),
        ("Ulm", 0.0),
        ("", 0.0),
    ],
)
def test_an_answer_fits_or_not(
    tmp_path: Path, item: Callable[..., Any], answer: str, expected: float
) -> None:
    assert fits_schema(_file(tmp_path, SCHEMA))(answer, item("x")) == expected


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("{", "not JSON"),
        ([1], "a schema is an object"),
        ({"type": "objekt"}, "at type"),
        (
            {"$schema": "http://json-schema.org/draft-07/schema#"},
            "draft 2020-12 is what is checked",
        ),
        ({"$ref": "https://example.com/other.json"}, "nothing is fetched"),
        ({"properties": {"a": {"$ref": "other.json#/x"}}}, "refers to other.json#/x"),
    ],
)
def test_what_is_no_schema_of_its_own_is_refused(tmp_path: Path, schema: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        fits_schema(_file(tmp_path, schema))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"schema.json: No such file"):
        fits_schema(tmp_path / "schema.json")


def test_a_reference_to_an_id_within_the_schema_is_its_own(
    tmp_path: Path, item: Callable[..., Any]
) -> None:
    inner = {"$id": "https://example.com/text", "type": "string"}
    schema = {"$ref": "https://example.com/text", "$defs": {"text": inner}}
    score = fits_schema(_file(tmp_path, schema))
    assert score('"a"', item("x")) == 1.0 and score("1", item("x")) == 0.0
