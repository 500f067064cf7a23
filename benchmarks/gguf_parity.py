"""What each precision of a GGUF file costs whet-nano, and how much memory writing one takes.

    PYTHONPATH=tests/shared python -m benchmarks.gguf_parity           100 prompts, every precision
    PYTHONPATH=tests/shared python -m benchmarks.gguf_parity --memory   a Llama of 0.6 billion

Raw results go to benchmarks/results/gguf.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tiny_models import FolderWeights, reference_logprobs

from whet.artifacts.gguf import PRECISIONS, write_gguf
from whet.engines.llama_cpp import LlamaCpp
from whet.models import nano
from whet.models.load import load_model
from whet.rows.template import render_text

EXAMPLES = Path(nano.folder()).parents[1] / "examples"
RESULTS = Path(__file__).parent / "results" / "gguf.json"
NEW_TOKENS = 24


def prompts(number: int) -> list[list[Any]]:
    """Questions of the bundled examples, evenly drawn."""
    found = []
    for file in sorted(EXAMPLES.rglob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "messages" in row:
                found.append([m for m in row["messages"] if m["role"] != "assistant"][:2])
    return [found[int(i * len(found) / number)] for i in range(number)]


def greedy(loaded: Any, messages: list[Any]) -> tuple[list[int], list[int]]:
    """The prompt's ids and transformers' greedy answer, without its stop token."""
    text = render_text(loaded.tokenizer, messages, generation_prompt=True)
    ids = loaded.tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        out = loaded.model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=NEW_TOKENS, do_sample=False,
            eos_token_id=list(loaded.stop_ids), pad_token_id=0,
        )[0].tolist()  # fmt: skip
    answer = out[ids.shape[1] :]
    return ids[0].tolist(), answer[:-1] if answer[-1] in loaded.stop_ids else answer


def cost(kind: str, loaded: Any, asked: list[Any], references: list[Any], file: Path) -> Any:
    """One precision against transformers in float32, along transformers' own answers."""
    write_gguf(FolderWeights(nano.folder()), file, kind)
    engine = LlamaCpp(file, threads=1)
    largest, divergence, equal = 0.0, [], 0
    try:
        for messages, (prompt, answer, reference) in zip(asked, references, strict=True):
            told = engine.logprobs(prompt, answer)
            largest = max(largest, float(np.abs(told - reference).max()))
            divergence += list((np.exp(reference) * (reference - told)).sum(axis=1))
            equal += engine.answer(messages, NEW_TOKENS).output_ids == tuple(answer)
    finally:
        engine.close()
    return {
        "bytes": file.stat().st_size,
        "max_logprob_diff": largest,
        "kl": float(np.mean(divergence)),
        "greedy_equal": equal,
        "prompts": len(asked),
    }


def precisions(number: int) -> dict[str, Any]:
    """Every precision's cost."""
    loaded, asked = load_model("whet-nano", dtype="float32"), prompts(number)
    references = []
    for messages in asked:
        prompt, answer = greedy(loaded, messages)
        references.append((prompt, answer, reference_logprobs(loaded.model, prompt, answer)))
    with tempfile.TemporaryDirectory() as place:
        return {
            kind: cost(kind, loaded, asked, references, Path(place) / f"{kind}.gguf")
            for kind in PRECISIONS
        }


class Anonymous:
    """The most memory that was held while it was open, mapped files left out."""

    def __enter__(self) -> Anonymous:
        self.before = self.peak = _anonymous_bytes()
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._run, daemon=True)
        self._watch.start()
        return self

    def _run(self) -> None:
        while not self._done.wait(0.002):
            self.peak = max(self.peak, _anonymous_bytes())

    def __exit__(self, *raised: object) -> None:
        self._done.set()
        self._watch.join()


def _anonymous_bytes() -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(status.split("RssAnon:")[1].split()[0])


def memory() -> dict[str, Any]:
    """Peak memory and time of writing a larger model, beside its largest tensor in float32."""
    from transformers import LlamaConfig

    config = LlamaConfig(
        vocab_size=3072, hidden_size=2048, intermediate_size=8192, num_hidden_layers=10,
        num_attention_heads=32, num_key_value_heads=8, tie_word_embeddings=True,
        bos_token_id=None, eos_token_id=2,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _write_large(config, folder)
        results = {}
        for kind in ("F32", "Q8_0", "Q4_0"):
            start = time.perf_counter()
            with Anonymous() as held:
                write_gguf(FolderWeights(folder), folder / f"{kind}.gguf", kind)
            results[kind] = {
                "bytes": (folder / f"{kind}.gguf").stat().st_size,
                "seconds": time.perf_counter() - start,
                "anonymous_bytes": held.peak - held.before,
            }
            (folder / f"{kind}.gguf").unlink()
    return results | {"largest_tensor_bytes": 2048 * 8192 * 4}


def _write_large(config: Any, folder: Path) -> None:
    """Random weights, made in another process, so that the peak is the writer's."""
    config.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copyfile(nano.folder() / name, folder / name)
    script = (
        "import sys, torch; from transformers import AutoConfig, AutoModelForCausalLM\n"
        "config = AutoConfig.from_pretrained(sys.argv[1])\n"
        "model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)\n"
        "model.save_pretrained(sys.argv[1])\n"
    )
    subprocess.run([sys.executable, "-c", script, str(folder)], check=True)


def main() -> None:
    """Measures, prints and keeps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=100)
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    measured = {"memory": memory()} if given.memory else {"precisions": precisions(given.prompts)}
    kept = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    RESULTS.write_text(json.dumps(kept | measured, indent=2) + "\n")
    print(json.dumps(measured, indent=2))


if __name__ == "__main__":
    main()
