"""What is looked at in an artifact: its manifest, its files, its template, the base it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.artifacts.checks import Check, failed, not_run, passed
from whet.artifacts.contents_check import check_contents
from whet.artifacts.gguf_summary import read_summary
from whet.artifacts.manifest import MANIFEST, file_digest, read_manifest, text_digest
from whet.errors import ArtifactError, ModelError

MAX_NAMED = 5


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact as it lies there: folder, files to look at, manifest if it has one."""

    root: Path
    files: list[Path]
    manifest: dict[str, Any] | None


def open_artifact_folder(path: Path) -> Artifact:
    """What is to be looked at: a folder, or one file of it.

    Raises:
        ArtifactError: there is nothing, or the manifest is damaged.
    """
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if not p.is_dir() or p.is_symlink())
        own = path / MANIFEST
        return Artifact(path, [p for p in files if p != own], read_manifest(path))
    if path.is_file():
        return Artifact(path.parent, [path], read_manifest(path.parent))
    raise ArtifactError(f"{path}: there is no such artifact.")


def check_artifact(artifact: Artifact, whole: bool) -> Iterator[Check]:
    """Every check that needs no model. `whole`: all of a folder was asked for, not one file."""
    yield from _digests(artifact, whole)
    yield from check_contents(artifact.files, artifact.root)
    yield from _template(artifact)
    yield from _proof(artifact)


def _digests(artifact: Artifact, whole: bool) -> Iterator[Check]:
    if artifact.manifest is None:
        yield not_run("digests", f"no {MANIFEST}: whet did not write this, or it was taken away")
        return
    listed = {file["path"]: file for file in artifact.manifest["files"]}
    there = {path.relative_to(artifact.root).as_posix(): path for path in artifact.files}
    faults = [f"{name} is not in the manifest" for name in there if name not in listed]
    if whole:
        faults += [f"{name} is missing" for name in listed if name not in there]
    faults += [
        fault
        for name, path in there.items()
        if name in listed and (fault := _changed(name, path, listed[name])) is not None
    ]
    if faults:
        more = f" and {len(faults) - MAX_NAMED} more" if len(faults) > MAX_NAMED else ""
        yield failed("digests", "; ".join(faults[:MAX_NAMED]) + more)
    else:
        yield passed("digests", f"{len(there)} files are as they were written")


def _changed(name: str, path: Path, listed: Mapping[str, Any]) -> str | None:
    if path.is_symlink():
        return f"{name} is a link"
    size = path.stat().st_size
    if size != listed["bytes"]:
        return f"{name} has {size:,} bytes, and was written with {listed['bytes']:,}"
    return None if file_digest(path) == listed["sha256"] else f"{name} was changed"


def _template(artifact: Artifact) -> Iterator[Check]:
    """The templates in the files: harmless, and the one that was judged."""
    from whet.rows.template_trial import try_template

    expected = None if artifact.manifest is None else artifact.manifest.get("template_sha256")
    try:
        found = list(_templates(artifact))
        for _, text in found:
            try_template(text)
    except ModelError as error:
        yield failed("template", str(error))
        return
    if not found:
        return
    places = dict.fromkeys(name for name, _ in found)
    other = [name for name, text in found if expected and text_digest(text) != expected]
    if other:
        yield failed("template", f"{', '.join(other)}: is not the template that was judged")
    elif expected:
        yield passed("template", f"the judged one, in {', '.join(places)}")
    else:
        yield not_run(
            "template", f"harmless, in {', '.join(places)}; which one was judged is unknown"
        )


def _templates(artifact: Artifact) -> Iterator[tuple[str, str]]:
    from whet.artifacts.merging.companions import read_object

    for path in artifact.files:
        name = path.relative_to(artifact.root).as_posix()
        if path.is_symlink():
            continue
        if path.name == "chat_template.jinja":
            yield name, path.read_text(encoding="utf-8", errors="replace")
        elif path.name == "tokenizer_config.json":
            text = read_object(path).get("chat_template")
            for entry in text if isinstance(text, list) else [text]:
                inner = entry.get("template") if isinstance(entry, dict) else entry
                if isinstance(inner, str):
                    yield name, inner
        elif path.suffix == ".gguf":
            inner = read_summary(path).template
            if inner:
                yield name, inner


def _proof(artifact: Artifact) -> Iterator[Check]:
    if artifact.manifest is None:
        return
    lines = artifact.manifest.get("proof") or []
    if not lines:
        yield failed("proof", "the manifest holds no proof")
    elif not all(isinstance(line, dict) and line.get("passed") is True for line in lines):
        yield failed("proof", "the recorded proof did not hold")
    else:
        told = f"{len(lines)} recorded, of {lines[-1].get('prompts')} prompts"
        yield passed("proof", told)


@dataclass(frozen=True, slots=True)
class Need:
    """The base that an artifact cannot do without; `here` is its folder on this machine."""

    name: str
    identity: str | None
    here: Path | None


def need_of(artifact: Artifact) -> Need | None:
    """The base that has to be served with it; None for a whole model."""
    from whet.models.files import find_here

    adapters = [p.parent for p in artifact.files if p.name == "adapter_config.json"]
    is_gguf = any(
        path.suffix == ".gguf" and not path.is_symlink() and _is_adapter(path)
        for path in artifact.files
    )
    if not adapters and not is_gguf:
        return None
    if artifact.manifest is not None:
        base = artifact.manifest["base"]
        name, identity = str(base["name"]), base.get("identity")
    elif adapters:
        name, identity = _base_of(adapters[0])
    else:
        return Need("(its file does not say)", None, None)
    return Need(name, identity, find_here(name))


def _is_adapter(path: Path) -> bool:
    try:
        return read_summary(path).is_adapter
    except ModelError:
        return False


def _base_of(adapter: Path) -> tuple[str, str | None]:
    from whet.models.adapter import read_origin
    from whet.models.peft_config import read_adapter_config

    origin = read_origin(adapter)
    named = origin.get("base") or read_adapter_config(adapter).get("base_model_name_or_path")
    return str(named), origin.get("base_identity")


def check_need(artifact: Artifact, need: Need) -> Iterator[Check]:
    """Whether the base that is here is the one, and whether the adapter fits it."""
    from whet.artifacts.merging.naming import skeleton
    from whet.models.adapter import fitting_layers
    from whet.models.load import identity_of, load_tokenizer, template_text
    from whet.models.peft_config import read_adapter_config
    from whet.models.stored import stored_tensors

    if need.here is None:
        yield not_run("base", f"needs {need.name} ({need.identity}), which is not on this machine")
        return
    adapters = [p.parent for p in artifact.files if p.name == "adapter_config.json"]
    try:
        for adapter in adapters:
            bones = skeleton(need.here, stored_tensors(need.here))
            fitting_layers(bones.model, adapter, read_adapter_config(adapter))
        own = (adapters[0] if adapters else artifact.root) / "chat_template.jinja"
        template = own if own.is_file() else None
        tokenizer = load_tokenizer(need.here, template=template)
        found = identity_of(need.here, template_text(tokenizer))
    except ModelError as error:
        yield failed("base", str(error))
        return
    if need.identity and found != need.identity.removesuffix("-nf4"):
        yield failed(
            "base", f"needs {need.name} with identity {need.identity}, and {need.here} is {found}"
        )
    else:
        yield passed("base", f"needs {need.name} ({found}), which is here: {need.here}")
