"""What all sections of `whet.yaml` share: strictness, and a few kinds of value."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def as_tuple(value: Any) -> Any:
    """One text as a tuple of one, a list as a tuple, anything else as it is."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Words = Annotated[tuple[str, ...], BeforeValidator(as_tuple)]
Counts = Annotated[
    tuple[Annotated[int, Field(ge=1)], ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, int) else as_tuple(value)),
]
Fraction = Annotated[float, Field(gt=0, lt=1)]


class Section(BaseModel):
    """Strict and frozen: an unknown key or a wrong type is an error, never a guess."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )


def compiled(regex: str | None) -> None:
    """Nothing, where the regular expression is one.

    Raises:
        ValueError: it is none; the message says where.
    """
    try:
        re.compile(regex or "")
    except re.error as error:
        raise ValueError(f"`regex` is not a regular expression: {error}") from None
