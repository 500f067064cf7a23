"""What a user may choose about an export."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from whet.progress import Progress, Silent


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `whet export`; each kind looks at those that it names (`Kind.uses`).

    Attributes:
        dtype: of merged weights: bfloat16, float16 or float32; None: as the base is stored.
        quantize: of GGUF files: F32, F16, BF16, Q8_0, Q4_0, or a K-quant with `llama_cpp`.
        llama_cpp: a checkout of llama.cpp, for what is not built in.
        repo: OWNER/NAME of a hub repository, and of LM Studio's folders.
        push: whether the hub folder is also uploaded.
        num_prompts: of the project's items that the proof asks at most, beside its own questions.
        progress: what is told on the way; long loops ask it whether to stop.
    """

    dtype: str | None = None
    quantize: str = "F32"
    llama_cpp: Path | None = None
    repo: str | None = None
    push: bool = False
    num_prompts: int = 100
    progress: Progress = field(default_factory=Silent)
