"""The rules of a server, by its name: for adapters that are, and for those that will be trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from whet.artifacts.rules import desktop, llama_cpp, tgi, vllm
from whet.artifacts.rules.adapter import Adapter, architecture_of, planned_adapter, read_adapter
from whet.artifacts.rules.finding import Finding, Level
from whet.config import Config
from whet.errors import ModelError

GGUF_TARGETS = ("llama.cpp", "ollama", "lmstudio")
Check = Callable[[Adapter], list[Finding]]
TARGETS: Mapping[str, Check] = {
    "vllm": vllm.check,
    "llama.cpp": llama_cpp.check,
    "gguf-adapter": llama_cpp.check_file,
    "ollama": desktop.check_ollama,
    "lmstudio": desktop.check_lmstudio,
    "tgi": tgi.check,
    "transformers": lambda _: [],
}


def lint(adapter: Path, target: str, base: Path | None = None) -> list[Finding]:
    """What a server has against an adapter: refusals first, then warnings, then notes.

    `base` is the base model's folder, where it is at hand.

    Raises:
        ModelError: the adapter cannot be read.
    """
    return _sorted(TARGETS[target](read_adapter(adapter, architecture_of(base) if base else None)))


def require_servable(adapter: Path, target: str, base: Path | None = None) -> list[Finding]:
    """The warnings and notes about an adapter that a server takes.

    Raises:
        ModelError: it does not take it; every reason is told.
    """
    findings = lint(adapter, target, base)
    faults = [str(f) for f in findings if f.level is Level.REFUSED]
    if faults:
        raise ModelError(f"{adapter}: {target} does not serve this adapter:\n" + "\n".join(faults))
    return findings


def lint_plan(config: Config, base: Path | None = None) -> list[Finding]:
    """What the server that `serve_on` names will have against what this configuration trains.

    Only what a setting would change: that a base is unknown here is no reason to wait.
    """
    shape = _unwritten(base) if base is not None and config.serve_on in GGUF_TARGETS else []
    if config.train.method == "full":
        return shape
    planned = planned_adapter(config.train, architecture_of(base) if base else None)
    findings = TARGETS[config.serve_on](planned)
    known = base is not None
    return _sorted([*shape, *(f for f in findings if known or f.rule != "model")])


def _unwritten(base: Path) -> list[Finding]:
    """A base of which no GGUF is written here: it takes a checkout of llama.cpp."""
    from whet.artifacts.gguf.families import family_of, model_config

    try:
        family_of(model_config(base))
    except ModelError as error:
        return [Finding("model", Level.WARNING, str(error))]
    return []


def _sorted(findings: list[Finding]) -> list[Finding]:
    order = list(Level)
    return sorted(findings, key=lambda finding: order.index(finding.level))
