"""`whet verify`: whether an artifact is what it was when it was proven."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from whet.artifacts.checks import Check, failed, passed
from whet.artifacts.manifest import proof_values
from whet.artifacts.proof import Proof
from whet.artifacts.verifying import (
    Artifact,
    Need,
    check_artifact,
    check_need,
    need_of,
    open_artifact_folder,
)
from whet.errors import ArtifactError, ConfigError, WhetError
from whet.progress import Progress, Silent
from whet.rundir import RunDir
from whet.types import Outcome
from whet.verbs.export import proof_lines


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at in an artifact. `needs` is the base that has to be served with it."""

    path: Path
    kind: str | None
    checks: tuple[Check, ...]
    needs: Need | None
    proofs: tuple[Proof, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no check says no."""
        return all(check.result is not Outcome.FAIL for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "path": str(self.path),
            "kind": self.kind,
            "checks": [asdict(check) for check in self.checks],
            "needs": None if self.needs is None else asdict(self.needs),
            "parity": proof_values(self.proofs),
            "passed": self.passed,
        }

    def text(self) -> str:
        """The same for a person."""
        lines = [f"{self.path}: {self.kind or 'no artifact of whet'}"]
        for check in self.checks:
            lines.append(f"  {check.result.value:9}{check.name}: {check.told}")
        lines += [f"  {line}" for proof in self.proofs for line in proof_lines(proof)]
        return "\n".join(lines)


def verify(
    path: str | Path,
    *,
    parity: bool = False,
    against: str | Path | None = None,
    num_prompts: int = 100,
    progress: Progress | None = None,
) -> Verified:
    """Digests, contents, template, proof and base of an artifact; with `parity` asked anew.

    Args:
        path: an artifact's folder, or one of its files. Folders of others are looked at too.
        parity: whether artifact and judged model are asked again; the base has to be here.
        against: the run, adapter or model that the artifact was made of, where it has moved.
        num_prompts: asked in the proof.
        progress: what is told on the way; nothing by default.

    Raises:
        ArtifactError: there is nothing, or the manifest is damaged.
        ConfigError: parity is asked for and what the artifact was made of is not to be found.
    """
    if num_prompts < 1:
        raise ConfigError("--prompts: at least one prompt has to be asked.")
    place = Path(path).expanduser()
    artifact = open_artifact_folder(place)
    checks = list(check_artifact(artifact, whole=place.is_dir()))
    broken = any(check.result is Outcome.FAIL for check in checks)
    need = None if broken else need_of(artifact)
    if need is not None:
        checks += check_need(artifact, need)
    proofs: list[Proof] = []
    if parity and not any(check.result is Outcome.FAIL for check in checks):
        proofs, told = _prove_again(artifact, against, num_prompts, progress or Silent())
        checks.append(told)
    kind = None if artifact.manifest is None else str(artifact.manifest["kind"])
    return Verified(place, kind, tuple(checks), need, tuple(proofs))


def _prove_again(
    artifact: Artifact, against: str | Path | None, num_prompts: int, progress: Progress
) -> tuple[list[Proof], Check]:
    from whet.artifacts.kinds import KINDS
    from whet.artifacts.options import Options
    from whet.artifacts.proving import open_judges, prove_artifact
    from whet.stages.exporting.named import find_named
    from whet.stages.exporting.subjects import subject_of

    manifest = artifact.manifest
    if manifest is None or manifest["kind"] not in KINDS:
        raise ConfigError(f"{artifact.root}: has no manifest that says how it is proven.")
    source = against if against is not None else _source(artifact.root, manifest)
    try:
        named = find_named(source)
        subject = subject_of(named, num_prompts)
    except WhetError as error:
        raise ConfigError(f"{error}\nName what it was made of with --against.") from None
    if (subject.identity, subject.adapter_digest) != (manifest["identity"], manifest["adapter"]):
        seen = f"{source} is {subject.identity} with adapter {subject.adapter_digest}"
        made = f"{manifest['identity']} with adapter {manifest['adapter']}"
        return [], failed("parity", f"it was made of {made}, and {seen}")
    options = Options(num_prompts=num_prompts, progress=progress)
    kind = KINDS[manifest["kind"]]
    with open_judges(subject) as judges:
        proofs = prove_artifact(
            subject, judges, kind, artifact.root, options, str(manifest["precision"])
        )
    if all(proof.passed for proof in proofs):
        return proofs, passed("parity", f"answers as {source}")
    return proofs, failed("parity", f"does not answer as {source}")


def _source(root: Path, manifest: dict[str, Any]) -> str | Path:
    """What it was made of: its run, itself where it is an adapter, else its base."""
    run = manifest.get("run")
    if run and (found := _find_run(root, run)) is not None:
        return found
    if (root / "adapter_config.json").is_file():
        return root
    if manifest.get("adapter") is None and not run:
        return str(manifest["base"]["name"])
    raise ArtifactError(
        f"{root}: was made of {run['name'] if run else 'an adapter'}, which is not found from here."
        " Name it with --against."
    )


def _find_run(root: Path, run: dict[str, Any]) -> Path | None:
    """The run of that name and time, looked for in the folders above the artifact and from here."""
    for place in (*root.resolve().parents, Path.cwd(), *Path.cwd().parents):
        found = place / str(run.get("name"))
        if (found / "run.json").is_file() and RunDir(found).record()["created"] == run["created"]:
            return found
    return None
