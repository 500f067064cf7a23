"""A GGUF in llama.cpp's server, in a child process, with as much context as it may have."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from whet.artifacts.gguf_summary import read_summary
from whet.engines.llama_server import LlamaServer
from whet.errors import ConfigError, ModelError
from whet.serving.backends.backend import About
from whet.serving.backends.llama_cpp import LlamaCpp
from whet.serving.backends.upstream import Upstream

CONTEXT = 8_192
"""Most tokens of context a slot where nobody says: a cache of 128 k for each would fill a machine.
"""
F32 = 0


def open_llama_cpp(gguf: Path, name: str, *, context: int | None, slots: int) -> LlamaCpp:
    """The file, loaded and ready; each slot has the whole context.

    Keys and values are kept in F32 for a file in F32, which is then as exact as it can be, and in
    F16, as llama.cpp does by itself, for all others.

    Raises:
        MissingExtraError: xllamacpp is not installed.
        ModelError: the file is no model, or llama.cpp cannot load it.
        ConfigError: more context is asked for than the model was made for.
    """
    header = read_summary(gguf).keys
    exact = header.get("general.file_type") == F32
    server = LlamaServer(
        gguf, context=_context(gguf, header, context), slots=slots, exact=exact, name=name
    )
    try:
        props = server.get("/props")
        meta = server.get("/v1/models")["data"][0]["meta"]
        about = About(
            name,
            "llama.cpp",
            f"gguf-{_digest(gguf)}",
            int(props["default_generation_settings"]["n_ctx"]),
            int(meta["n_vocab"]),
            slots,
        )
        has_tools = bool(props["chat_template_caps"]["supports_tools"])
        upstream = Upstream(server.address, server.api_key, slots)
    except BaseException:
        server.close()
        raise
    return LlamaCpp(upstream, about, server.close, has_tools=has_tools)


def _context(gguf: Path, header: dict[str, Any], asked: int | None) -> int:
    if header.get("general.type") == "adapter":
        raise ModelError(
            f"{gguf} is an adapter without its base. Export the two as one: whet export RUN --to"
            " gguf."
        )
    made_for = int(header.get(f"{header.get('general.architecture')}.context_length", CONTEXT))
    if asked is not None and asked > made_for:
        raise ConfigError(f"--context {asked}: {gguf.name} was made for {made_for} tokens.")
    return asked or min(made_for, CONTEXT)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
