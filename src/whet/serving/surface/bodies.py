"""A body as its fields; a body that is none is a fault that names the field."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from whet.serving.surface.faults import Fault
from whet.serving.surface.fields import Asked

B = TypeVar("B", bound=Asked)
MAX_SHOWN = 80


def read_body(kind: type[B], raw: bytes, content_type: str) -> B:
    """The body's fields.

    Raises:
        Fault: it is no JSON, or a field is missing, of a wrong type or out of range.
    """
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Fault(400, "The body is JSON: send content-type: application/json.")
    try:
        return kind.model_validate_json(raw)
    except ValidationError as error:
        raise _fault(error, raw) from None


def _fault(error: ValidationError, raw: bytes) -> Fault:
    """The fault of the error that points deepest into the body.

    A field of several types has an error for each. The one meant is the one that got furthest, and
    then one that found the type right.
    """
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return Fault(400, f"The body is no JSON: {found[0]['msg']}.", code="invalid_json")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return Fault(400, "The body is no JSON.", code="invalid_json")
    paths = [_path(one["loc"], body, is_missing=one["type"] == "missing") for one in found]
    kinds = [one["type"].endswith("_type") for one in found]  # of another type altogether
    best = max(range(len(found)), key=lambda i: (len(paths[i]), not kinds[i], -i))
    param = _written(paths[best])
    message = found[best]["msg"].removeprefix("Input should be ")
    if found[best]["type"] == "missing":
        return Fault(400, f"{param} is missing.", param=param, code="missing_required_parameter")
    said = (
        f"{param or 'The body'}: should be {message}"
        if message != found[best]["msg"]
        else (f"{param or 'The body'}: {message}")
    )
    return Fault(400, said + ".", param=param, code="invalid_value")


def _path(loc: Sequence[int | str], body: Any, *, is_missing: bool) -> list[int | str]:
    """The steps of an error's place that are the body's own, not names of types."""
    steps: list[int | str] = []
    for number, step in enumerate(loc):
        if _has(body, step):
            body = body[step]
        elif not (is_missing and number == len(loc) - 1):
            continue
        steps.append(step)
    return steps


def _has(body: Any, step: int | str) -> bool:
    if isinstance(body, Mapping):
        return step in body
    return isinstance(body, list) and isinstance(step, int) and step < len(body)


def _written(steps: Sequence[int | str]) -> str | None:
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{str(step)[:MAX_SHOWN]}"
    return text.removeprefix(".") or None
