"""What a user named: a run, a project, an adapter, a model. One of them, told by what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from whet.config import Config
from whet.errors import ConfigError, RunError
from whet.project import Project, open_project
from whet.rundir import RunDir, run_folders

DEFAULT = Path("whet.yaml")


@dataclass(frozen=True, slots=True)
class Named:
    """Either a run of a project, or a model with or without an adapter.

    `adapter` from elsewhere goes over the run's own; `model` is a folder, a hub id, `whet-nano`.
    """

    project: Project | None = None
    run: RunDir | None = None
    adapter: Path | None = None
    model: str | None = None


def find_named(
    source: Config | str | Path,
    overrides: Sequence[str] = (),
    *,
    adapter: str | Path | None = None,
    model: str | None = None,
    root: str | Path | None = None,
) -> Named:
    """What there is to export.

    Raises:
        ConfigError: an adapter without a model, a model that is named twice, or a folder that is
            none of these.
        RunError: nothing was trained in the run, or in any run of the project.
    """
    folder = _adapter_folder(adapter)
    if model is not None:
        return Named(adapter=_beside_model(source, folder), model=model)
    if isinstance(source, Config):
        return _of_project(open_project(source, overrides, root), folder)
    path = Path(source).expanduser()
    if (path / "run.json").is_file():
        return _of_run(RunDir(path), folder)
    if (path / "adapter_config.json").is_file():
        if folder is not None:
            raise ConfigError(f"{path} is an adapter, and --adapter names another.")
        return Named(adapter=path.resolve(), model=base_of(path))
    if (path / "config.json").is_file():
        return Named(adapter=folder, model=str(path))
    if path.is_file() or (path / "whet.yaml").is_file():
        return _of_project(open_project(path, overrides, root), folder)
    if path.exists():
        raise ConfigError(f"{path}: no run, no adapter, no model and no project (no whet.yaml).")
    return Named(adapter=folder, model=str(source))


def base_of(adapter: Path) -> str:
    """The base that an adapter names: its own note of it, else PEFT's configuration.

    Raises:
        ConfigError: it names none.
    """
    from whet.models.adapter import read_origin
    from whet.models.peft_config import read_adapter_config

    name = read_origin(adapter).get("base") or read_adapter_config(adapter).get(
        "base_model_name_or_path"
    )
    if not isinstance(name, str) or not name:
        raise ConfigError(f"{adapter}: does not say of which base it is. Name it with --model.")
    return name


def _adapter_folder(adapter: str | Path | None) -> Path | None:
    if adapter is None:
        return None
    path = Path(adapter).expanduser()
    if not (path / "adapter_config.json").is_file():
        raise ConfigError(f"--adapter: {path}: no PEFT adapter (it has no adapter_config.json).")
    return path.resolve()


def _beside_model(source: Config | str | Path, adapter: Path | None) -> Path | None:
    """The adapter that goes over a model named with --model; a run or a second model is refused.

    Raises:
        ConfigError: what `source` names would be left out.
    """
    if isinstance(source, Config):
        return adapter
    path = Path(source).expanduser()
    if adapter is None and (path / "adapter_config.json").is_file():
        return path.resolve()
    if path.is_file() or path == DEFAULT:
        return adapter
    raise ConfigError(
        f"{source} and --model name two things to export. Leave one of them out, or name an adapter"
        " of that model (--adapter)."
    )


def _of_run(run: RunDir, adapter: Path | None) -> Named:
    if adapter is None and not _trained(run):
        raise RunError(f"{run.path}: nothing was trained in it, so there is nothing to export.")
    return Named(open_project(run.config, root=run.root), run, adapter)


def _of_project(project: Project, adapter: Path | None) -> Named:
    """The project's newest run that trained something, with its own configuration."""
    runs = map(RunDir, reversed(run_folders(project.root)))
    run = next(filter(_trained, runs), None)
    if run is not None and adapter is None:
        return _of_run(run, None)
    if adapter is None:
        raise RunError(
            f"{project.root}: no run has trained anything yet. Train with `whet run`, or name an"
            " adapter (--adapter) or a model (--model)."
        )
    return Named(project, run, adapter)


def _trained(run: RunDir) -> bool:
    return (run.adapter / "adapter_config.json").is_file() or (run.model / "config.json").is_file()
