"""Writes the two lock files from what is installed: every package that whet's extras need, pinned.

    python scripts/lock.py

`requirements.lock` holds the core and the extras, `requirements-dev.lock` what development adds.
"""

from __future__ import annotations

import importlib.metadata as metadata
import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = (
    "train",
    "data",
    "rag",
    "endpoint",
    "qlora",
    "metrics",
    "review",
    "export",
    "serve",
    "postgres",
)


def closure(requirements: list[str]) -> dict[str, str]:
    """Name and version of every package that the requirements need here, by name."""
    found: dict[str, str] = {}
    waiting = [(Requirement(text), "") for text in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if name in found and not requirement.extras:
            continue
        package = metadata.distribution(requirement.name)
        found[name] = package.version.split("+")[0]
        for text in package.requires or ():
            waiting += [(Requirement(text), wanted) for wanted in ("", *requirement.extras)]
    return found


def main() -> None:
    """Writes both files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    core = [*project["dependencies"], *(text for name in EXTRAS for text in optional[name])]
    build = ["hatchling", "editables"]
    run = closure([*core, *build])
    dev = {n: v for n, v in closure(optional["dev"]).items() if n not in run}
    for file, pins in (("requirements.lock", run), ("requirements-dev.lock", dev)):
        lines = [f"{name}=={version}" for name, version in sorted(pins.items())]
        (ROOT / file).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
