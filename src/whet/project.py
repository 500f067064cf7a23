"""A project: its configuration and the folder that its paths are relative to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from whet.config import Config
from whet.configfile import read_config
from whet.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Project:
    """`config` is checked; `root` is an existing folder."""

    config: Config
    root: Path

    def path(self, name: str) -> Path:
        """A path of the configuration, from anywhere."""
        return self.root / Path(name).expanduser()

    def read_text(self, name: str, key: str) -> str:
        """The text of a file that the configuration names under `key`.

        Raises:
            ConfigError: the file is missing, is not UTF-8, or is empty.
        """
        path = self.path(name)
        try:
            text = path.read_text(encoding="utf-8-sig").strip()
        except OSError as error:
            raise ConfigError(f"{key}: {path}: {error.strerror or error}.") from None
        except UnicodeDecodeError as error:
            raise ConfigError(f"{key}: {path}: not UTF-8 at byte {error.start}.") from None
        if not text:
            raise ConfigError(f"{key}: {path}: the file is empty. Write the text or drop the key.")
        return text

    def file(self, name: str, key: str) -> Path:
        """A file or folder that the configuration names under `key`.

        Raises:
            ConfigError: it is missing.
        """
        path = self.path(name)
        if not path.exists():
            raise ConfigError(f"{key}: {path}: missing.")
        return path

    @property
    def weak_prompt(self) -> bool:
        """True where no prompt was written: then the baseline is weak, and the report says so."""
        return not self.config.prompt


def open_project(
    source: Config | str | Path,
    overrides: Sequence[str] = (),
    root: str | Path | None = None,
) -> Project:
    """A project from a file, or from a `Config` made in Python.

    Paths are relative to the file's folder; for a `Config`, to `root` or the current folder.

    Raises:
        ConfigError: with every fault of the configuration.
    """
    if isinstance(source, Config):
        if overrides:
            raise ConfigError("overrides go with a file; change the Config itself.")
        return Project(source, Path(root or ".").resolve())
    path = Path(source).expanduser()
    if path.is_dir():
        path = path / "whet.yaml"
    config = read_config(path, overrides)
    return Project(config, Path(root).resolve() if root else path.resolve().parent)
