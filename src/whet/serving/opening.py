"""From a target to a backend that answers: which engine, and how it is started."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable

from whet.errors import ConfigError, MissingExtraError
from whet.serving.backends.backend import About, Backend
from whet.serving.target import ENGINES, Target

Say = Callable[[str], None]
SLOTS = {"llama.cpp": 4, "vllm": 64}
"""Answers at a time where nobody says: a slot of llama.cpp takes memory; vLLM has its own queue."""


def open_backend(
    target: Target, engine: str, *, context: int | None, slots: int | None, say: Say
) -> Backend:
    """The target in an engine, loaded and ready, `slots` answers at a time.

    Raises:
        ConfigError: the engine is unknown, or cannot run such a target.
        ModelError: the engine cannot load it.
        MissingExtraError: the engine's package is not installed.
    """
    if engine not in ENGINES:
        raise ConfigError(f"--engine {engine}: expected one of {', '.join(ENGINES)}.")
    chosen = _chosen(target) if engine == "auto" else engine
    if (chosen == "llama.cpp") != (target.gguf is not None):
        raise ConfigError(_misfit(target, chosen))
    for option, told in (("--slots", slots), ("--context", context)):
        if told is not None and told < 1:
            raise ConfigError(f"{option} {told}: expected 1 or more.")
    if slots is not None and chosen not in SLOTS:
        raise ConfigError(f"--slots {slots}: the engine {chosen} spells one answer at a time.")
    say(f"loading {target.name} in {chosen}")
    wide = slots or SLOTS.get(chosen, 1)
    if chosen == "llama.cpp":
        from whet.serving.backends.llama_opening import open_llama_cpp

        assert target.gguf is not None
        return open_llama_cpp(target.gguf, target.name, context=context, slots=wide)
    if chosen == "vllm":
        return _vllm(target, context, wide, say)
    return _reference(target, context)


def _chosen(target: Target) -> str:
    """llama.cpp for a GGUF; else vLLM where it is installed beside a GPU; else transformers."""
    if target.gguf is not None:
        return "llama.cpp"
    if shutil.which("vllm") is None:
        return "transformers"
    import torch

    return "vllm" if torch.cuda.is_available() else "transformers"


def _misfit(target: Target, chosen: str) -> str:
    if target.gguf is not None:
        return f"--engine {chosen}: {target.gguf} is a GGUF, which llama.cpp runs."
    return (
        f"--engine llama.cpp: {target.name} is no GGUF. Make one: whet export RUN --to gguf --out"
        " DIR; then: whet serve DIR."
    )


def _reference(target: Target, context: int | None) -> Backend:
    try:
        from whet.models.adapter import load_adapter
        from whet.models.files import digest
        from whet.models.four_bit import write_out
        from whet.models.load import load_model
        from whet.serving.backends.transformers import Reference
    except ImportError as error:
        raise MissingExtraError(error.name or "torch", "train", "The engine transformers") from None
    assert target.model is not None
    loaded = load_model(target.model, template=target.template, four_bit=target.four_bit)
    fingerprint = loaded.identity
    if target.adapter is not None:
        load_adapter(loaded, target.adapter)
        fingerprint += f"+{digest(sorted(target.adapter.glob('adapter_*')))}"
    if loaded.device.type == "cpu":
        write_out(loaded.model)
    if context is not None:
        if context > loaded.max_positions:
            raise ConfigError(
                f"--context {context}: {target.name} was made for {loaded.max_positions} tokens."
            )
        loaded.max_positions = context
    return Reference(loaded, target.name, fingerprint)


def _vllm(target: Target, context: int | None, slots: int, say: Say) -> Backend:
    from whet.models.files import digest, find_folder, weight_files
    from whet.models.peft_config import read_adapter_config
    from whet.serving.backends.openai_engine import OpenAIEngine
    from whet.serving.backends.upstream import Upstream
    from whet.serving.backends.vllm import Vllm, start_vllm

    assert target.model is not None
    if target.template is not None or target.four_bit:
        raise ConfigError(
            "--engine vllm: this model was judged with "
            + ("a template of the project" if target.template else "its base in 4 bits (NF4)")
            + ", which vLLM would not use. Export it: whet export RUN --to vllm --out DIR."
        )
    folder = find_folder(target.model)
    fingerprint, rank = digest([*weight_files(folder), folder / "config.json"]), None
    if target.adapter is not None:
        fingerprint += f"+{digest(sorted(target.adapter.glob('adapter_*')))}"
        config = read_adapter_config(target.adapter)
        ranks = [int(config["r"]), *map(int, (config.get("rank_pattern") or {}).values())]
        rank = max(ranks)
    wanted = Vllm(str(folder), target.name, target.adapter, rank, context)
    child, address, key = start_vllm(wanted, say)
    about = About(target.name, "vllm", fingerprint, context, None, slots)
    return OpenAIEngine(Upstream(address, key, slots), about, target.name, child.stop)


def close_backend(backend: Backend) -> None:
    """Lets go of a backend that was never served."""
    asyncio.run(backend.close())
