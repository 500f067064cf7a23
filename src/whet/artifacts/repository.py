"""OWNER/NAME: of a hub repository, and of LM Studio's folders."""

from __future__ import annotations

import re

from whet.errors import ConfigError

PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")


def owner_and_name(repo: str, option: str = "--repo") -> tuple[str, str]:
    """The two parts.

    Raises:
        ConfigError: it is not of that form, or holds what a path or the hub could misread.
    """
    parts = repo.split("/")
    safe = all(PART.fullmatch(p) and ".." not in p and "--" not in p for p in parts)
    if len(parts) != 2 or not safe or repo.endswith((".git", ".", "-")):
        raise ConfigError(
            f"{option}: {repo!r}; expected OWNER/NAME of letters, digits, '.', '_' and '-'."
        )
    return parts[0], parts[1]
