"""`whet export`: the tuned model in the forms that others load, each with its proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.artifacts.kinds import kinds_of
from whet.artifacts.making import Made, make
from whet.artifacts.manifest import proof_values
from whet.artifacts.options import Options
from whet.artifacts.publishing import require_free
from whet.config import Config
from whet.errors import ConfigError
from whet.progress import Progress, Silent
from whet.stages.exporting.named import find_named
from whet.stages.exporting.subjects import subject_of


@dataclass(frozen=True, slots=True)
class Exported:
    """What was made, kind by kind. `notices` are what a user should know before shipping it."""

    made: tuple[Made, ...]
    notices: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every proof held, so that everything was published."""
        return all(made.passed for made in self.made)

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints: a line for each file, the file of weights first."""
        return {
            "artifacts": [
                {
                    "kind": made.kind,
                    "path": str(made.out / file.path),
                    "sha256": file.sha256,
                    "bytes": file.bytes,
                }
                for made in self.made
                for file in sorted(made.files, key=lambda file: -file.bytes)
            ],
            "parity": [line for made in self.made for line in proof_values(made.proofs)],
            "passed": self.passed,
            "refused": [str(made.refused) for made in self.made if made.refused is not None],
            "notices": list(self.notices),
        }

    def text(self) -> str:
        """The same for a person."""
        lines = [line for made in self.made for line in _lines(made)]
        return "\n".join([*lines, *(f"note: {notice}" for notice in self.notices)])


def export(
    source: Config | str | Path = "whet.yaml",
    *overrides: str,
    to: str | Sequence[str],
    out: str | Path,
    adapter: str | Path | None = None,
    model: str | None = None,
    dtype: str | None = None,
    quantize: str = "F32",
    llama_cpp: str | Path | None = None,
    repo: str | None = None,
    push: bool = False,
    num_prompts: int = 100,
    root: str | Path | None = None,
    progress: Progress | None = None,
) -> Exported:
    """Writes artifacts and proves each equal to the model that was judged.

    Args:
        source: a run, a project (its newest run that trained), an adapter's folder, or a model.
        overrides: `key=value` strings that go over a project's file.
        to: kinds, such as `merged` or `merged,gguf`.
        out: a new folder; with several kinds each gets a folder of its name in it.
        adapter: a PEFT adapter from elsewhere instead.
        model: a base model, or what to export where there is no adapter.
        dtype: of merged weights: bfloat16, float16, float32; as stored by default.
        quantize: of GGUF files: F32, F16, BF16, Q8_0, Q4_0, or more through `llama_cpp`.
        llama_cpp: a checkout of llama.cpp.
        repo: OWNER/NAME for the hub and for LM Studio's folders.
        push: whether what `hub` wrote is also uploaded.
        num_prompts: asked in the proof.
        root: what paths of a `Config` are relative to.
        progress: what is told on the way; nothing by default.

    Raises:
        WhetError: a mistake in the arguments or in what is to be exported, in one message.
    """
    from whet.artifacts.proving import open_judges, prove_artifact

    kinds = kinds_of(to if isinstance(to, str) else ",".join(to))
    if num_prompts < 1:
        raise ConfigError("--prompts: at least one prompt has to be asked.")
    folder = Path(out).expanduser()
    places = [folder / kind.name for kind in kinds] if len(kinds) > 1 else [folder]
    for place in places:
        require_free(place)
    told = progress or Silent()
    options = Options(
        dtype=dtype,
        quantize=quantize,
        llama_cpp=None if llama_cpp is None else Path(llama_cpp).expanduser(),
        repo=repo,
        push=push,
        num_prompts=num_prompts,
        progress=told,
    )
    named = find_named(source, overrides, adapter=adapter, model=model, root=root)
    subject = subject_of(named, num_prompts)
    for notice in subject.notices:
        told.say(f"note: {notice}")
    with open_judges(subject) as judges:
        made = tuple(
            make(
                subject, kind, place, options,
                lambda k, written: prove_artifact(subject, judges, k, written, options),
            )
            for kind, place in zip(kinds, places, strict=True)
        )  # fmt: skip
    return Exported(made, subject.notices)


def _lines(made: Made) -> list[str]:
    if made.refused is not None:
        head = f"{made.kind}: refused, nothing was published; the proof: {made.refused}"
    else:
        size = sum(file.bytes for file in made.files)
        head = f"{made.kind}: {made.out} ({len(made.files)} files, {size:,} bytes)"
    return [head, *(f"  {line}" for proof in made.proofs for line in proof_lines(proof))]


def proof_lines(proof: Any) -> list[str]:
    """A line of a proof for a person."""
    figures = [f"{proof.greedy_equal} of {proof.prompts} greedy answers equal"]
    if proof.max_logit_diff is not None:
        figures.append(f"log-probabilities within {proof.max_logit_diff:.2g}")
    if proof.kl is not None:
        figures.append(f"KL {proof.kl:.2g}")
    if proof.metric_a is not None and proof.metric_b is not None:
        figures.append(f"metric {proof.metric_a:.4g} and {proof.metric_b:.4g}")
    verdict = "equal" if proof.passed else "NOT EQUAL"
    lines = [f"{verdict}: {proof.b} against {proof.a}: {', '.join(figures)}"]
    return lines + [f"  {line}" for line in proof.cause.splitlines()]
