"""Which base model a project names, and whether models can be loaded here at all."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from whet.errors import MissingExtraError
from whet.project import Project

MODEL_PACKAGES = ("torch", "transformers", "safetensors", "peft", "jinja2")


def require_models() -> None:
    """Refuses to go on where models cannot be loaded.

    Raises:
        MissingExtraError: with the command that installs what is missing.
    """
    for package in MODEL_PACKAGES:
        if find_spec(package) is None:
            raise MissingExtraError(package, "train", "Loading a model")


def model_name(project: Project, name: str | None = None) -> str:
    """A folder relative to the project where there is one of that name, else the name itself."""
    name = name or project.config.model
    local = project.path(name)
    return str(local) if local.is_dir() else name


def tokenizer_folder(project: Project) -> Path:
    """The folder of the project's model on this machine."""
    from whet.models.files import find_folder

    return find_folder(model_name(project))
