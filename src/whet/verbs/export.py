"""`whet export`: the tuned model in the forms that others load, each with its proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.artifacts.combining import Recipe
from whet.artifacts.kinds import Kind, kinds_of, require_adapter, require_used
from whet.artifacts.making import Made, make
from whet.artifacts.manifest import proof_values
from whet.artifacts.options import Options
from whet.artifacts.proof import Proof
from whet.artifacts.publishing import require_free
from whet.artifacts.pushing import push as upload
from whet.artifacts.pushing import require_repo
from whet.artifacts.subject import Subject
from whet.config import Config
from whet.errors import ConfigError
from whet.progress import Progress, Silent
from whet.stages.exporting.combined import export_subject


@dataclass(frozen=True, slots=True)
class Exported:
    """What was made, kind by kind. `notices` are what a user should know before shipping it.

    `pushed` are the addresses of what was uploaded.
    """

    made: tuple[Made, ...]
    notices: tuple[str, ...]
    pushed: tuple[str, ...] = ()

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
            "pushed": list(self.pushed),
        }

    def text(self) -> str:
        """The same for a person."""
        lines = [line for made in self.made for line in _lines(made)]
        lines += [f"note: {notice}" for notice in self.notices]
        return "\n".join([*lines, *(f"pushed: {address}" for address in self.pushed)])


def export(
    source: Config | str | Path = "whet.yaml",
    *overrides: str,
    to: str | Sequence[str],
    out: str | Path,
    adapter: str | Path | None = None,
    model: str | None = None,
    dtype: str | None = None,
    quantize: str | None = None,
    llama_cpp: str | Path | None = None,
    repo: str | None = None,
    push: bool = False,
    num_prompts: int = 100,
    combine: str | None = None,
    method: str = "linear",
    density: float | None = None,
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
        quantize: of GGUF files: F32 (the default), F16, BF16, Q8_0, Q4_0, or more through
            `llama_cpp`.
        llama_cpp: a checkout of llama.cpp.
        repo: OWNER/NAME for the hub and for LM Studio's folders.
        push: whether what `hub` wrote is also uploaded.
        num_prompts: of the project's items that the proof asks at most, beside its own questions.
        combine: adapters of one base with weights, `A:0.5,B:0.5`, made one and then exported.
        method: of combining: linear, ties, dare_linear, dare_ties.
        density: the share of weights that ties and dare keep.
        root: what paths of a `Config` are relative to.
        progress: what is told on the way; nothing by default.

    Raises:
        WhetError: a mistake in the arguments or in what is to be exported, in one message.
    """
    kinds = kinds_of(to if isinstance(to, str) else ",".join(to))
    if num_prompts < 1:
        raise ConfigError("--prompts: at least one prompt has to be asked.")
    chosen = {"dtype": dtype, "quantize": quantize, "llama_cpp": llama_cpp, "repo": repo}
    require_used(kinds, [name for name, value in chosen.items() if value is not None])
    folder = Path(out).expanduser()
    places = [folder / kind.name for kind in kinds] if len(kinds) > 1 else [folder]
    for place in places:
        require_free(place)
    told = progress or Silent()
    options = Options(
        dtype=dtype,
        quantize=quantize or "F32",
        llama_cpp=None if llama_cpp is None else Path(llama_cpp).expanduser(),
        repo=repo,
        push=push,
        num_prompts=num_prompts,
        progress=told,
    )
    require_repo(repo, any(kind.name == "hub" for kind in kinds), push)
    named = export_subject(
        source,
        overrides,
        adapter=adapter,
        model=model,
        root=root,
        num_prompts=num_prompts,
        combine=combine,
        recipe=Recipe(method, density),
    )
    with named as subject:
        require_adapter(kinds, subject)
        made = _made(subject, kinds, places, options)
    told_by_kinds = (notice for one in made for notice in one.notices)
    pushed = [
        upload(one.out, repo, told)
        for one in made
        if push and repo and one.kind == "hub" and one.passed
    ]
    return Exported(made, (*subject.notices, *told_by_kinds), tuple(pushed))


def _made(
    subject: Subject, kinds: Sequence[Kind], places: Sequence[Path], options: Options
) -> tuple[Made, ...]:
    from whet.artifacts.proving import open_judges, prove_artifact

    with open_judges(subject) as judges:

        def prover(kind: Kind, written: Path, precision: str) -> list[Proof]:
            return prove_artifact(subject, judges, kind, written, options, precision)

        return tuple(
            make(subject, kind, place, options, prover)
            for kind, place in zip(kinds, places, strict=True)
        )


def _lines(made: Made) -> list[str]:
    if made.refused is not None:
        head = f"{made.kind}: refused, nothing was published; the proof: {made.refused}"
    else:
        size = sum(file.bytes for file in made.files)
        head = f"{made.kind}: {made.out} ({len(made.files)} files, {size:,} bytes)"
    return [head, *(f"  {line}" for proof in made.proofs for line in proof_lines(proof))]


def proof_lines(proof: Proof) -> list[str]:
    """A line of a proof for a person."""
    figures = [f"{proof.greedy_equal} of {proof.prompts} greedy answers equal"]
    if proof.max_logit_diff is not None:
        figures.append(f"log-probabilities within {proof.max_logit_diff:.2g}")
    if proof.kl is not None:
        figures.append(f"KL {proof.kl:.2g}")
    if proof.metric_a is not None and proof.metric_b is not None:
        figures.append(f"metric {proof.metric_a:.4g} and {proof.metric_b:.4g}")
    verdict = "within tolerance" if proof.passed else "NOT EQUAL"
    lines = [f"{verdict}: {proof.b} against {proof.a}: {', '.join(figures)}"]
    return lines + [f"  {line}" for line in proof.cause.splitlines()]
