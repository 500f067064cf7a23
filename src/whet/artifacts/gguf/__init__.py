"""GGUF files: a model or an adapter for llama.cpp, and all that runs on it (Ollama, LM Studio)."""

from whet.artifacts.gguf.adapter import write_gguf_adapter
from whet.artifacts.gguf.precision import PRECISIONS
from whet.artifacts.gguf.whole import write_gguf

__all__ = ["PRECISIONS", "write_gguf", "write_gguf_adapter"]
