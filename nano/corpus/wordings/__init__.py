"""Lists of wordings in plain text files: `[section]` lines, then one entry a line; `#` begins a
comment.

An entry in double quotes keeps its spaces, and may be empty.
"""

from pathlib import Path


def read(name: str) -> dict[str, list[str]]:
    """The sections of `name`.txt in their order."""
    sections: dict[str, list[str]] = {}
    entries: list[str] = []
    for line in Path(__file__).with_name(f"{name}.txt").read_text().splitlines():
        if line.startswith("["):
            entries = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            entries.append(line[1:-1] if line.startswith('"') else line)
    return sections


def nested(name: str) -> dict[str, dict[str, list[str]]]:
    """The same where sections are called `outer/inner`."""
    outer: dict[str, dict[str, list[str]]] = {}
    for path, entries in read(name).items():
        first, second = path.split("/")
        outer.setdefault(first, {})[second] = entries
    return outer


def pairs(entries: list[str]) -> list[tuple[str, str]]:
    """Entries of the form `left | right`."""
    return [(left, right) for left, right in (entry.split(" | ") for entry in entries)]
