"""Finding a model's folder, and refusing what must not be opened.

Nothing in a model's own files decides a security setting: remote code (`auto_map`) and pickled
weights are refused by content, before transformers sees the folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from whet.errors import ModelError
from whet.models.safetensors_header import read_header

WANTED = ("*.json", "*.jinja", "*.safetensors", "tokenizer.model", "merges.txt", "vocab.txt")
UNWANTED = ("original/*", "consolidated*", "*.bin", "onnx/*")
TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json")


def find_folder(name: str) -> Path:
    """The folder of a model: `whet-nano`, a local path, or a hub id (cached, else fetched).

    Raises:
        ModelError: nothing of that name, here or on the hub.
    """
    if name == "whet-nano":
        from whet.models import nano

        return Path(nano.folder())
    path = Path(name).expanduser()
    if path.is_dir():
        return path.resolve()
    if path.exists():
        raise ModelError(
            f"{name} is a file; `model` is a folder or a hub id such as Qwen/Qwen3-0.6B."
        )
    if name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise ModelError(
            f"there is no model {name!r}: no such folder, and no hub id (those read OWNER/NAME). "
            "The bundled model is `whet-nano`."
        )
    return _from_hub(name)


def find_here(name: str) -> Path | None:
    """The folder of a model that is on this machine; None where it would have to be fetched."""
    if name == "whet-nano" or Path(name).expanduser().is_dir():
        return find_folder(name)
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ImportError:
        return None
    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, ValueError):
        return None


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    patterns: dict[str, Any] = {"allow_patterns": WANTED, "ignore_patterns": UNWANTED}
    try:
        return Path(snapshot_download(name, local_files_only=True, **patterns))
    except LocalEntryNotFoundError:
        pass
    except ValueError as error:
        raise ModelError(f"{name!r} is no hub id: {error}") from None
    _refuse_a_mistyped_path(Path(name))
    offline = os.environ.get("HF_HUB_OFFLINE", "").lower() in {"1", "true", "yes", "on"}
    if offline:
        raise ModelError(
            f"{name} is not in the local cache and HF_HUB_OFFLINE is set. Unset it, or fetch the "
            f"model where there is a network (hf download {name}) and name its folder."
        )
    print(f"fetching {name} from the Hugging Face hub", file=sys.stderr, flush=True)
    try:
        return Path(snapshot_download(name, **patterns))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"cannot fetch {name} from the Hugging Face hub ({reason}). Check the name, the "
            "network and, for a gated model, your access (hf auth login); or name a local folder."
        ) from None


def _refuse_a_mistyped_path(path: Path) -> None:
    """`runs/009` where `runs` is a folder is a path that is not there, not a model of a hub."""
    if not path.parent.is_dir():
        return
    there = sorted(entry.name for entry in path.parent.glob("[!.]*") if entry.is_dir())
    listed = f" Folders there: {', '.join(there[:5])}." if there else ""
    raise ModelError(
        f"{path}: no such folder in {path.parent.resolve()}.{listed} If you mean the model of that"
        f" name on the Hugging Face hub, fetch it first: hf download {path}"
    )


def read_config(folder: Path) -> dict[str, Any]:
    """The model's config.json, refused where it asks for code.

    Raises:
        ModelError: missing, unreadable, or with `auto_map`.
    """
    path = folder / "config.json"
    if not path.is_file():
        hint = (
            " It holds an adapter: name the base model here."
            * (folder / "adapter_config.json").is_file()
        )
        raise ModelError(f"{folder} has no config.json, so it is no model.{hint}")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{path}: not valid JSON: {error}") from None
    if not isinstance(config, dict) or "model_type" not in config:
        raise ModelError(f"{path}: has no `model_type`, so it is no model of transformers.")
    if "auto_map" in config:
        raise ModelError(
            f"{path}: the model wants to run code of its own (`auto_map`); whet never does. "
            "Use a version of it that transformers knows by itself."
        )
    if "quantization_config" in config:
        raise ModelError(f"{path}: the weights are quantised; name the unquantised model.")
    config.pop("_attn_implementation", None)
    config.pop("_attn_implementation_internal", None)
    return config


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files that hold the weights, each checked to be one by content.

    Raises:
        ModelError: none there (pickled weights are named), or one is something else.
    """
    files = sorted(p for p in folder.glob("*.safetensors") if not p.name.startswith("consolidated"))
    if not files:
        pickled = sorted(p.name for p in folder.glob("*.bin")) + sorted(
            p.name for p in folder.glob("*.pt*")
        )
        hint = (
            f" It holds pickled weights ({pickled[0]}), which can run code and are never opened; "
            "convert them to safetensors."
            if pickled
            else ""
        )
        raise ModelError(f"{folder} has no *.safetensors file.{hint}")
    for path in files:
        check_safetensors(path)
    return files


def check_safetensors(path: Path) -> None:
    """Checks by its header that a file is what its name says, whole, and no more than that.

    Raises:
        ModelError: it is a pickle, a zip, cut off, or its header lies.
    """
    read_header(path)


def digest(parts: Iterable[Path | str]) -> str:
    """Sixteen hex digits of SHA-256 over files (name and content) and texts, in order."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            with part.open("rb") as file:
                inner = hashlib.file_digest(file, "sha256").hexdigest()
            total.update(f"{part.name}:{inner};".encode())
        else:
            total.update(hashlib.sha256(part.encode()).digest())
    return total.hexdigest()[:16]
