"""One artifact is made whole, with its proof, or nothing is left of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from whet.artifacts.kinds import KINDS, Kind, kinds_of
from whet.artifacts.making import make
from whet.artifacts.manifest import MANIFEST, file_digest, read_manifest
from whet.artifacts.options import Options
from whet.artifacts.proof import Proof
from whet.errors import ArtifactError, ConfigError, Interrupted
from whet.progress import Silent


def proof(holds: bool = True) -> Proof:
    return Proof("a", "b", 3, 1e-6, float("nan"), 3, None, None, holds, "" if holds else "unmerged")


def made(subject: Any, out: Path, holds: bool = True, **options: Any) -> Any:
    return make(subject, KINDS["merged"], out, Options(**options), lambda *_: [proof(holds)])


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_manifest_says_what_there_is_and_what_it_was_made_of(
    make_subject: Any, tmp_path: Path
) -> None:
    subject = make_subject()
    result = made(subject, tmp_path / "out")
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None and result.passed
    assert manifest["kind"] == "merged" and manifest["precision"] == "bfloat16"
    assert manifest["base"] == {"name": "whet-nano", "identity": subject.identity}
    assert manifest["adapter"] == subject.adapter_digest
    assert manifest["stop_ids"] == [2, 0] and manifest["run"] is None
    assert manifest["proof"][0]["kl"] is None  # no number is no JSON number
    files = {file["path"]: file for file in manifest["files"]}
    assert set(files) == set(left(tmp_path / "out")) - {MANIFEST}
    for name, file in files.items():
        path = tmp_path / "out" / name
        assert (file["sha256"], file["bytes"]) == (file_digest(path), path.stat().st_size)


def test_when_the_proof_fails_nothing_but_the_proof_is_left(
    make_subject: Any, tmp_path: Path
) -> None:
    subject = make_subject()
    before = left(tmp_path)
    result = made(subject, tmp_path / "out", holds=False)
    assert not result.passed and result.files == ()
    assert left(tmp_path) == sorted([*before, "out.refused.json"])
    refused = json.loads((tmp_path / "out.refused.json").read_text())
    assert refused["kind"] == "merged" and refused["proof"][0]["cause"] == "unmerged"


def test_an_empty_proof_is_none(make_subject: Any, tmp_path: Path) -> None:
    subject = make_subject()
    result = make(subject, KINDS["merged"], tmp_path / "out", Options(), lambda *_: [])
    assert not result.passed and not (tmp_path / "out").exists()


class _Stopped(Silent):
    def __init__(self, after: int) -> None:
        self.left = after

    def should_stop(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("after", [0, 7, 40])
def test_asked_to_stop_it_leaves_nothing(after: int, make_subject: Any, tmp_path: Path) -> None:
    subject = make_subject()
    before = left(tmp_path)
    with pytest.raises(Interrupted):
        made(subject, tmp_path / "out", progress=_Stopped(after))
    assert left(tmp_path) == before


SCRIPT = """
import subprocess, sys
from pathlib import Path
import whet.artifacts.safetensors_files as files
from whet.artifacts.kinds import KINDS
from whet.artifacts.making import make
from whet.artifacts.options import Options
from whet.artifacts.proof import Proof
from whet.errors import ArtifactError
from whet.stages.exporting.named import Named
from whet.stages.exporting.subjects import subject_of
place, adapter, base = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
subject = subject_of(Named(adapter=adapter, model=base), 1)
proof = Proof("a", "b", 1, 0.0, 0.0, 1, None, None, True)
sizes = (4, 8, 16, 24, 40, 64, 200, 600, 1000, 1040, 1060)
for size in (*sizes, None, *sizes, 4000):
    if size is None:
        files.require_space = lambda *_: None  # so that the writes themselves meet the end
        continue
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", str(place)], check=True)
    try:
        make(subject, KINDS["merged"], place / "out", Options(), lambda *_: [proof])
        print(size, "made", (place / "out" / "whet-manifest.json").is_file())
    except ArtifactError as error:
        print(size, "full" if "no space left" in str(error) else error,
              sorted(p.name for p in place.iterdir()))
    subprocess.run(["umount", str(place)], check=True)
"""


def test_on_a_full_disk_of_whatever_size_nothing_is_left(
    make_adapter: Any, stories: Path, tmp_path: Path
) -> None:
    """Real file systems of 4 KB to 4 MB: every one ends at another write."""
    adapter = make_adapter(stories)
    (tmp_path / "small").mkdir()
    command = ["unshare", "-m", "-r"]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no namespace can be made here, so nothing can be mounted")
    done = subprocess.run(
        [*command, sys.executable, "-c", SCRIPT, str(tmp_path / "small"), str(adapter),
         str(stories)],
        check=True, capture_output=True, text=True, env=os.environ,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines[:-1]] == ["full []"] * (len(lines) - 1)
    assert len(lines) == 23 and lines[-1] == "4000 made True"


def test_every_kind_has_its_functions() -> None:
    for kind in KINDS.values():
        module = kind.load()
        assert all(callable(getattr(module, n)) for n in ("write", "open_engine", "precision"))


def test_kinds_are_read_from_a_list_and_strange_ones_named() -> None:
    assert [kind.name for kind in kinds_of("merged, gguf")] == ["merged", "gguf"]
    with pytest.raises(ConfigError, match=r"no kind 'mergd'\. There are: adapter, merged, gguf"):
        kinds_of("mergd")
    with pytest.raises(ConfigError, match="named twice"):
        kinds_of("merged,merged")
    assert isinstance(KINDS["merged"], Kind)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"format": 1, "kind": "merged", "files": [{"path": "../x", "sha256": "", "bytes": 1}],'
        ' "base": {"name": "x"}}',
        '{"format": 1, "kind": "merged", "files": [{"path": "/x", "sha256": "", "bytes": 1}],'
        ' "base": {"name": "x"}}',
        "[" * 100_000,
    ],
)
def test_a_damaged_manifest_is_told_as_such(text: str, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(ArtifactError, match=f"{MANIFEST}: damaged"):
        read_manifest(tmp_path)


def test_a_newer_manifest_is_refused(tmp_path: Path) -> None:
    newer = {"format": 99, "kind": "x", "files": [], "base": {"name": "x"}}
    (tmp_path / MANIFEST).write_text(json.dumps(newer))
    with pytest.raises(ArtifactError, match="Upgrade whet"):
        read_manifest(tmp_path)
