"""Data files on a command line, as a project without a whet.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from whet.config import Config
from whet.configfile import make_config
from whet.data.names import splits_by_name
from whet.project import Project, open_project


def project_or_files(
    files: Sequence[str | Path],
    config: Config | str | Path,
    overrides: Sequence[str],
    model: str | None,
    root: str | Path | None,
) -> Project:
    """The project, or one that is made of the files alone, split by their names.

    Raises:
        ConfigError: with every fault of the configuration or of the overrides.
    """
    asked = [*overrides, *([f"model={model}"] if model else [])]
    if not files:
        return open_project(config, asked, root)
    found = splits_by_name([str(file) for file in files])
    data = {split: list(names) for split, names in found.items() if names}
    values = {"model": "whet-nano", "data": data}
    return Project(make_config(values, asked), Path(root or ".").resolve())
