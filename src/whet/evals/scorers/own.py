"""A scorer of the project's own: one Python function in a file of its folder.

    whet.yaml     eval: {scorers: {tone: scorers/tone.py:score}, metrics: [tone]}
    tone.py       def score(answer: str, example: Example) -> float | None:

It is the user's own code and runs as that: nothing here is a sandbox. The file has to lie in the
project's folder, links followed; a run records the file's digest and judges with no other.
"""

from __future__ import annotations

import importlib.util
import inspect
import math
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from whet.errors import ConfigError
from whet.evals.scorers.scored import Scorer
from whet.types import Example, content_id

SIGNATURE = "def NAME(answer: str, example: Example) -> float | None"


def own_file(name: str, place: str, root: Path) -> Path:
    """The file of `path.py:function`.

    Raises:
        ConfigError: it is missing, lies outside the project's folder, or no function is named.
    """
    key = f"eval.scorers.{name}"
    file, _, function = place.rpartition(":")
    if not file.endswith(".py") or not function.isidentifier():
        raise ConfigError(f"{key}: {place!r}; expected path.py:function.")
    path = (root / file).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ConfigError(f"{key}: {file}: lies outside the project's folder. Copy it there.")
    if not path.is_file():
        raise ConfigError(f"{key}: {path}: no such file.")
    return path


def own_scorer(name: str, place: str, root: Path) -> Scorer:
    """The user's function, with what it returns checked.

    Raises:
        ConfigError: it cannot be found, loaded or called with an answer and an example. When it
            is called: it raised, or returned no number from 0 to 1 and not None; the message
            names file, line and item.
    """
    path = own_file(name, place, root)
    found = getattr(_loaded(name, path), place.rpartition(":")[2], None)
    if not callable(found):
        raise ConfigError(f"eval.scorers.{name}: {path} has no function {place.split(':')[-1]}.")
    _check_signature(name, path, found)

    def score(answer: str, example: Example) -> float | None:
        try:
            value = found(answer, example)
        except Exception as error:  # the user's code may raise anything
            where = f"{path}:{_line(error, path)}"
            said = f"{type(error).__name__}: {error}"
            raise ConfigError(f"{where}: {name}: {said}, {_at(example)}.") from None
        return _checked(value, name, path, found, example)

    return score


def _loaded(name: str, path: Path) -> ModuleType:
    module_name = f"whet_scorer_{content_id(str(path))}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the user's code may raise anything
        line = error.lineno if isinstance(error, SyntaxError) else _line(error, path)
        raise ConfigError(
            f"{path}:{line}: eval.scorers.{name}: {type(error).__name__}: {error}."
        ) from None
    return module


def _check_signature(name: str, path: Path, found: Callable[..., Any]) -> None:
    try:
        inspect.signature(found).bind("", None)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"eval.scorers.{name}: {path}: {error}; expected {SIGNATURE}.") from None


def _line(error: Exception, path: Path) -> int:
    """The last line of the user's file on the way to the error; 1 where there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return (lines[-1] if lines else 1) or 1


def _checked(
    value: Any, name: str, path: Path, found: Callable[..., Any], example: Example
) -> float | None:
    if value is None:
        return None
    is_number = isinstance(value, int | float) and math.isfinite(value)
    if not is_number or not 0 <= value <= 1:
        line = getattr(getattr(found, "__code__", None), "co_firstlineno", 1)
        raise ConfigError(
            f"{path}:{line}: {name}: returned {value!r}, {_at(example)}; expected a number from 0"
            " to 1 (more is better), or None where there is nothing to score."
        )
    return float(value)


def _at(example: Example) -> str:
    return f"at the item {example.source} (id {example.id})"
