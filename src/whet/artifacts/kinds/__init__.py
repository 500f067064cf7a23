"""The kinds of export: one line each, and the module that writes it and runs it for the proof.

A kind's module has three functions:

    write(subject, folder, options) -> notices         into an empty folder; None for no notices
    open_engine(subject, folder, options) -> Engine    what was written, running
    precision(subject, options) -> str                 how its numbers are held: float32, Q8_0, ...
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from whet.errors import ConfigError

if TYPE_CHECKING:
    from whet.artifacts.options import Options
    from whet.artifacts.proof import Proof
    from whet.artifacts.subject import Subject
    from whet.engines.engine import Engine


class KindModule(Protocol):
    """What the module of a kind has."""

    def write(self, subject: Subject, folder: Path, options: Options) -> Sequence[str] | None:
        """Writes the artifact into an empty folder; what a user should know of it is returned."""
        ...

    def open_engine(self, subject: Subject, folder: Path, options: Options) -> Engine:
        """What was written, behind an engine, for the proof."""
        ...

    def precision(self, subject: Subject, options: Options) -> str:
        """How the numbers of what is written are held; the tolerance of its proof hangs on it."""
        ...


@runtime_checkable
class Finishing(Protocol):
    """A kind's module that writes more once the proof has held: a card that shows it."""

    def finish(
        self, subject: Subject, folder: Path, options: Options, proofs: Sequence[Proof]
    ) -> None:
        """Writes into the folder what needs the proof."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of export. `module` is imported when it is asked for.

    `uses` are the options that it looks at. `of_adapter`: what is written is the adapter by itself,
    so there has to be one.
    """

    name: str
    says: str
    module: str
    uses: tuple[str, ...] = ()
    of_adapter: bool = False

    def load(self) -> KindModule:
        """The kind's functions."""
        return cast(KindModule, import_module(self.module))


GGUF = ("quantize", "llama_cpp")
KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "adapter",
            "the adapter in PEFT's format",
            "whet.artifacts.kinds.adapter",
            of_adapter=True,
        ),
        Kind("merged", "one model in safetensors", "whet.artifacts.kinds.merged", ("dtype",)),
        Kind("gguf", "one file for llama.cpp", "whet.artifacts.kinds.gguf", GGUF),
        Kind(
            "gguf-adapter",
            "the adapter for llama.cpp",
            "whet.artifacts.kinds.gguf_adapter",
            of_adapter=True,
        ),
        Kind("ollama", "a GGUF and its Modelfile", "whet.artifacts.kinds.ollama", GGUF),
        Kind(
            "lmstudio",
            "a GGUF in LM Studio's folders",
            "whet.artifacts.kinds.lmstudio",
            (*GGUF, "repo"),
        ),
        Kind(
            "vllm",
            "the adapter by vLLM's rules, its command",
            "whet.artifacts.kinds.vllm",
            ("dtype",),
        ),
        Kind("tgi", "plain safetensors for TGI (archived)", "whet.artifacts.kinds.tgi", ("dtype",)),
        Kind(
            "hub",
            "for the Hugging Face hub, with a card",
            "whet.artifacts.kinds.hub",
            ("dtype", "repo"),
        ),
    )
}


def kinds_of(names: str) -> list[Kind]:
    """The kinds of a list with commas, each once.

    Raises:
        ConfigError: one is unknown or named twice.
    """
    wanted = [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in KINDS:
            raise ConfigError(f"--to: no kind {name!r}. There are: {', '.join(KINDS)}.")
        if wanted.count(name) > 1:
            raise ConfigError(f"--to: {name} is named twice.")
    return [KINDS[name] for name in wanted]


def require_used(kinds: Sequence[Kind], given: Collection[str]) -> None:
    """Refuses options that none of the kinds looks at.

    Raises:
        ConfigError: naming the option, and the kinds that it is for.
    """
    for option in given:
        if not any(option in kind.uses for kind in kinds):
            users = ", ".join(kind.name for kind in KINDS.values() if option in kind.uses)
            asked = ", ".join(kind.name for kind in kinds)
            raise ConfigError(
                f"--{option.replace('_', '-')} is for {users}; --to {asked} does not use it. Leave"
                " it out."
            )


def require_adapter(kinds: Sequence[Kind], subject: Subject) -> None:
    """Refuses kinds that write an adapter, where the model was trained in full.

    Raises:
        ConfigError: naming them.
    """
    names = [kind.name for kind in kinds if kind.of_adapter]
    if names and subject.adapter is None:
        raise ConfigError(
            f"--to {', '.join(names)}: {subject.name} has no adapter, it is a whole model. Use"
            " --to merged or --to gguf."
        )
