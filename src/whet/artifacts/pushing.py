"""The upload of a folder to the Hugging Face hub: only what is asked for, to a named repository."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from whet.artifacts.repository import owner_and_name
from whet.errors import ConfigError, EndpointError, MissingExtraError
from whet.progress import Progress

LOADED = {".safetensors", ".bin", ".pt", ".pth", ".gguf", ".json", ".jinja", ".model", ".txt"}
"""Endings of what loaders read: weights, adapters, configurations, tokenizers, templates."""
MAX_NAMED = 5


def require_repo(repo: str | None, has_hub: bool, push: bool) -> None:
    """Refuses an upload that does not say what and where to, before anything is made.

    Raises:
        ConfigError: no repository is named, its name is none, or no `hub` folder is made.
    """
    if push and repo is None:
        raise ConfigError("--push: say where to: --repo OWNER/NAME.")
    if push and not has_hub:
        raise ConfigError("--push uploads what --to hub makes; add hub to the kinds.")
    if repo is not None:
        owner_and_name(repo)


def push(folder: Path, repo: str, progress: Progress, *, endpoint: str | None = None) -> str:
    """Uploads a folder as one commit of a model repository; returns the commit's address.

    A repository that is not there is made, and is private: making it public is left to a person.
    One that holds other files of models is refused: a loader that finds an adapter beside merged
    weights applies it once more.

    Raises:
        EndpointError: the hub refuses, cannot be reached, or holds another model's files there;
            nothing was committed.
    """
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError
    except ImportError:
        raise MissingExtraError("huggingface_hub", "train", "A push to the hub") from None

    failures: tuple[type[Exception], ...] = (HfHubHTTPError, OSError, *_unreachable())
    api = HfApi(endpoint=endpoint)
    progress.say(f"uploading {folder} to {api.endpoint}/{repo} (private where it is new)")
    try:
        api.create_repo(repo, repo_type="model", private=True, exist_ok=True)
        _refuse_others(folder, repo, api.list_repo_files(repo))
        done = api.upload_folder(
            repo_id=repo, folder_path=folder, commit_message="whet: model, proof and card"
        )
    except LocalTokenNotFoundError:
        raise EndpointError(
            "the hub wants a token: run `hf auth login`, or set HF_TOKEN."
        ) from None
    except failures as error:
        lines = str(error).strip().splitlines()
        reason = lines[0] if lines else type(error).__name__
        raise EndpointError(
            f"{api.endpoint}/{repo}: the upload failed: {reason}. The folder {folder} is whole;"
            " name it again, or `hf upload` it."
        ) from None
    return str(done.commit_url)


def _refuse_others(folder: Path, repo: str, there: Iterable[str]) -> None:
    ours = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    others = sorted(name for name in there if name not in ours and Path(name).suffix in LOADED)
    if others:
        more = f" and {len(others) - MAX_NAMED} more" if len(others) > MAX_NAMED else ""
        raise EndpointError(
            f"{repo} holds {', '.join(others[:MAX_NAMED])}{more}, which {folder} has not: a loader"
            " would read both. Delete them there, or name another repository with --repo. Nothing"
            " was uploaded."
        )


def _unreachable() -> tuple[type[Exception], ...]:
    """What a lost connection raises: huggingface_hub has httpx2, and older ones httpx."""
    found: list[type[Exception]] = []
    for name in ("httpx2", "httpx"):
        with suppress(ImportError):
            found.append(import_module(name).TransportError)
    return tuple(found)
