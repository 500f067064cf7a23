"""The process in which llama.cpp runs: started by `whet.engines.llama_server`, never by hand.

llama.cpp ends the whole process when a file is broken, takes over the signals of its process and
writes to its streams; none of that may reach the program that asked. The settings come as one
line of JSON on stdin, the address goes as one line to stdout, and when stdin closes, because the
parent let go or is no more, so does the server.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

ERRORS_AND_WARNINGS = 2


def main() -> None:
    """Serves until stdin is closed."""
    settings = json.loads(sys.stdin.readline())
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever llama.cpp prints goes to the log, not among the answers
    import xllamacpp

    try:
        server = xllamacpp.Server(_parameters(xllamacpp, settings))
    except RuntimeError:
        sys.exit(1)  # llama.cpp has said why
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
    print(json.dumps({"address": server.listening_address}), file=told, flush=True)
    sys.stdin.read()
    os._exit(0)  # tearing the server down may wait for a request that never ends


def _parameters(xllamacpp: Any, settings: dict[str, Any]) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = settings["gguf"]
    if settings["adapter"]:
        parameters.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(settings["adapter"], 1.0)]
    parameters.model_alias = {settings["name"]}
    parameters.n_ctx = settings["context"]
    parameters.n_parallel = settings["slots"]
    parameters.hostnames, parameters.port = ["127.0.0.1"], 0
    parameters.api_keys = [settings["api_key"]]
    parameters.use_jinja = True
    parameters.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    parameters.offline = True
    parameters.ui = parameters.endpoint_slots = parameters.endpoint_props = False
    parameters.endpoint_metrics = False
    parameters.verbosity = ERRORS_AND_WARNINGS
    parameters.warmup = False
    parameters.fit_params = False
    if settings["exact"]:
        _make_exact(xllamacpp, parameters)
    for threads in (parameters.cpuparams, parameters.cpuparams_batch):
        threads.n_threads = settings["threads"]
    return parameters


def _make_exact(xllamacpp: Any, parameters: Any) -> None:
    """Keys and values in F32, attention without the short cut that rounds to F16."""
    parameters.cache_type_k = parameters.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    parameters.swa_full = True


if __name__ == "__main__":
    main()
