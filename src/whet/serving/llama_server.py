"""llama.cpp's server started in this process, on a loopback port and behind a key of its own."""

from __future__ import annotations

import json
import secrets
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.errors import MissingExtraError, ModelError
from whet.serving.gguf_header import read_header

CONTEXT = 8_192
"""Most tokens of context a slot where nobody says: a cache of 128 k for each would fill a machine.
"""


@dataclass(slots=True)
class LlamaServer:
    """A running server: its address, the key that it wants, and what it says of its model.

    `handle` is llama.cpp's own object; the server ends with it.
    """

    address: str
    key: str
    handle: Any
    context: int
    vocabulary: int
    has_tools: bool

    def stop(self) -> None:
        """Ends the server and frees the model."""
        self.handle = None


def start_llama_server(gguf: Path, *, context: int | None, slots: int) -> LlamaServer:
    """llama.cpp's server over a GGUF, loaded and ready; each slot has the whole context.

    Raises:
        MissingExtraError: xllamacpp is not installed.
        ModelError: the file is no model, or llama.cpp cannot load it.
    """
    try:
        import xllamacpp
    except ImportError:
        raise MissingExtraError("xllamacpp", "serve", "Serving a GGUF") from None
    room = _context(gguf, context)
    key = secrets.token_urlsafe(32)
    params = xllamacpp.CommonParams()
    params.model.path = str(gguf)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.n_parallel = slots
    params.n_ctx = room * slots
    params.ctx_shift = False
    params.ui = False
    params.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    params.verbosity = 0
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        raise ModelError(f"{gguf}: llama.cpp cannot load it: {error}.") from None
    meta = _told(server.listening_address, key, "/v1/models")["data"][0]["meta"]
    props = _told(server.listening_address, key, "/props")
    return LlamaServer(
        server.listening_address,
        key,
        server,
        int(props["default_generation_settings"]["n_ctx"]),
        int(meta["n_vocab"]),
        bool(props["chat_template_caps"]["supports_tools"]),
    )


def _context(gguf: Path, asked: int | None) -> int:
    """Tokens of a slot's context: what is asked for, at most what the model was trained on."""
    header = read_header(gguf)
    if header.get("general.type") == "adapter":
        raise ModelError(
            f"{gguf} is an adapter without its base. Export the two as one: whet export RUN --to"
            " gguf."
        )
    trained = int(header.get(f"{header.get('general.architecture')}.context_length", CONTEXT))
    if asked is not None and asked > trained:
        raise ModelError(f"--context {asked}: the model in {gguf} was made for {trained} tokens.")
    return asked or min(trained, CONTEXT)


def _told(address: str, key: str, path: str) -> Any:
    request = urllib.request.Request(  # noqa: S310 - our own server's address
        address + path, headers={"authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.loads(answer.read())
