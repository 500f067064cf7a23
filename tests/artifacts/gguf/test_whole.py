"""Real models in a GGUF file: stories260K to the character, whet-nano, and every precision."""

from __future__ import annotations

import json
import resource
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from tiny_models import (
    FolderWeights,
    configs,
    random_model,
    reference_logprobs,
    save_with_tokenizer,
)

from whet.artifacts.gguf import PRECISIONS, write_gguf
from whet.engines.llama_cpp import LlamaCpp
from whet.errors import ModelError
from whet.models import nano
from whet.models.load import load_model
from whet.rows.template import render_text
from whet.types import Messages

pytest.importorskip("xllamacpp")
pytestmark = pytest.mark.usefixtures("loopback")
EXAMPLES = Path(nano.folder()).parents[1] / "examples"
NEW_TOKENS = 24


def prompts(number: int) -> list[Messages]:
    """Questions from whet-nano's examples."""
    found: list[Messages] = []
    for file in sorted(EXAMPLES.rglob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "messages" in row:
                found.append([m for m in row["messages"] if m["role"] != "assistant"][:2])
    step = len(found) / number
    return [found[int(i * step)] for i in range(number)]


@pytest.fixture(scope="module")
def nano_in_llama_cpp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaCpp]:
    file = tmp_path_factory.mktemp("nano") / "nano.gguf"
    assert write_gguf(FolderWeights(nano.folder()), file) == ()
    engine = LlamaCpp(file, threads=1)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def nano_in_transformers() -> Any:
    return load_model("whet-nano", dtype="float32")


def greedy(loaded: Any, messages: Messages) -> tuple[list[int], list[int], bool]:
    """The ids of the prompt and of transformers' own greedy answer, and whether it stopped."""
    text = render_text(loaded.tokenizer, messages, generation_prompt=True)
    ids = loaded.tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        out = loaded.model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=NEW_TOKENS,
            do_sample=False,
            eos_token_id=list(loaded.stop_ids),
            pad_token_id=0,
        )[0].tolist()
    answer = out[ids.shape[1] :]
    stopped = bool(answer) and answer[-1] in loaded.stop_ids
    return ids[0].tolist(), answer[:-1] if stopped else answer, stopped


def check_equal(engine: LlamaCpp, loaded: Any, number: int) -> None:
    for messages in prompts(number):
        answer = engine.answer(messages, NEW_TOKENS)
        prompt_ids, output_ids, stopped = greedy(loaded, messages)
        assert answer.prompt_ids == tuple(prompt_ids)
        assert answer.output_ids == tuple(output_ids)
        assert answer.text == loaded.tokenizer.decode(output_ids)
        assert answer.stopped == stopped


def test_whet_nano_answers_alike(nano_in_llama_cpp: LlamaCpp, nano_in_transformers: Any) -> None:
    check_equal(nano_in_llama_cpp, nano_in_transformers, 15)


@pytest.mark.slow
def test_whet_nano_answers_100_prompts_alike(
    nano_in_llama_cpp: LlamaCpp, nano_in_transformers: Any
) -> None:
    check_equal(nano_in_llama_cpp, nano_in_transformers, 100)


def test_stories260k_tells_its_golden_story_to_the_character(
    test_data: Path, tmp_path: Path
) -> None:
    folder = test_data / "models" / "stories260K-hf"
    golden = json.loads((folder / "golden.json").read_text())
    write_gguf(FolderWeights(folder), tmp_path / "stories.gguf", "F32")
    engine = LlamaCpp(tmp_path / "stories.gguf", threads=1)
    try:
        told = engine.server.post(
            "/completion",
            {
                "prompt": golden["prompt_ids"],
                "n_predict": golden["max_new_tokens"],
                "temperature": 0,
            },
        )
    finally:
        engine.close()
    assert told["content"] == " " + golden["text"]  # the blank of SentencePiece's first piece


DROPS = {"F32": 1e-4, "BF16": 0.2, "F16": 0.05, "Q8_0": 0.5, "Q4_0": 8.0}
"""The largest difference of a log-probability that each may make of whet-nano, whose weights are
bfloat16; measured: docs/gguf.md."""


@pytest.mark.parametrize("kind", list(PRECISIONS))
def test_each_precision_loads_and_costs_what_its_rounding_costs(
    kind: str, nano_in_transformers: Any, tmp_path: Path
) -> None:
    file = tmp_path / f"nano-{kind}.gguf"
    write_gguf(FolderWeights(nano.folder()), file, kind)
    engine = LlamaCpp(file, threads=1)
    prompt, answer, _ = greedy(nano_in_transformers, prompts(3)[1])
    try:
        told = engine.logprobs(prompt, answer[:6])
    finally:
        engine.close()
    reference = reference_logprobs(nano_in_transformers.model, prompt, answer[:6])
    likely = reference > np.log(1e-3)
    drop = float(np.abs(told - reference)[likely].max())
    assert drop < DROPS[kind]
    types = {tensor.tensor_type.name for tensor in gguf.GGUFReader(file).tensors}
    head = {"Q8_0"} if kind == "Q4_0" else set()
    assert types == {"F32", kind} | head


def test_rows_that_do_not_divide_into_blocks_are_f16_and_said(
    test_data: Path, tmp_path: Path
) -> None:
    folder = test_data / "models" / "stories260K-hf"
    notices = write_gguf(FolderWeights(folder), tmp_path / "stories.gguf", "Q8_0")
    assert any("5 matrices (blk.0.ffn_down.weight, ...) are F16" in notice for notice in notices)
    engine = LlamaCpp(tmp_path / "stories.gguf", threads=1)
    try:
        assert engine.facts().vocabulary == 512
    finally:
        engine.close()


@pytest.fixture
def llama(tmp_path: Path) -> Path:
    save_with_tokenizer(random_model(configs()["llama"]), tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        (float("nan"), "F32", "not finite"),
        (float("inf"), "Q4_0", "not finite"),
        (1e6, "F16", r"holds 1e\+06, and F16 ends at 65504. Export BF16 or F32"),
    ],
)
def test_values_that_a_precision_cannot_hold_are_refused_and_nothing_is_left(
    value: float, kind: str, said: str, llama: Path
) -> None:
    name = "model.layers.1.mlp.up_proj.weight"
    weights = FolderWeights(llama, {name: torch.full((96, 64), value)})
    with pytest.raises(ModelError, match=f"{name}: .*{said}"):
        write_gguf(weights, llama / "model.gguf", kind)
    assert not list(llama.glob("*.gguf*"))


@contextmanager
def at_most(num_bytes: int) -> Iterator[None]:
    """No file may be larger: what a full disk is to a writer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("num_bytes", [0, 50_000, 300_000, 1_200_000])
def test_a_full_disk_leaves_nothing_behind(num_bytes: int, llama: Path) -> None:
    with at_most(num_bytes), pytest.raises(OSError):
        write_gguf(FolderWeights(llama), llama / "model.gguf")
    assert not list(llama.glob("*.gguf*"))


class Counted(FolderWeights):
    """Weights that count how many of their tensors are held at once."""

    held = 0
    most = 0

    def tensor(self, name: str) -> torch.Tensor:
        tensor = super().tensor(name)
        self.held += 1
        self.most = max(self.most, self.held)
        weakref.finalize(tensor, self._let_go)
        return tensor

    def _let_go(self) -> None:
        self.held -= 1


@pytest.mark.parametrize("kind", ["F32", "Q8_0"])
def test_one_tensor_is_held_at_a_time(kind: str, llama: Path) -> None:
    weights = Counted(llama)
    write_gguf(weights, llama / "model.gguf", kind)
    assert weights.held <= 1
    assert weights.most <= 2  # the one at hand, while the next is read


class Fewer(FolderWeights):
    """The weights without one of them."""

    def names(self) -> Iterator[str]:
        return (name for name in super().names() if name not in self.changed)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("model.layers.1.mlp.up_proj.weight", r"1 weights are missing \(blk.1.ffn_up.weight"),
        ("lm_head.weight", r"1 weights are missing \(output.weight"),
        ("model.norm.weight", r"1 weights are missing \(output_norm.weight"),
    ],
)
def test_a_weight_that_is_lost_is_named(name: str, said: str, llama: Path) -> None:
    with pytest.raises(ModelError, match=said):
        write_gguf(Fewer(llama, {name: torch.zeros(1)}), llama / "model.gguf")


class More(FolderWeights):
    """The weights and one that no model of the family has."""

    def names(self) -> Iterator[str]:
        yield from super().names()
        yield "model.layers.0.self_attn.q_norm.weight"

    def shape(self, name: str) -> tuple[int, ...]:
        return (16,) if "q_norm" in name else super().shape(name)


def test_a_weight_that_llama_cpp_would_leave_out_is_refused(llama: Path) -> None:
    with pytest.raises(ModelError, match=r"q_norm.weight: .* have no such weight"):
        write_gguf(More(llama), llama / "model.gguf")


def test_a_kind_that_is_not_written_here_names_those_that_are(llama: Path) -> None:
    with pytest.raises(ModelError, match="Q4_K_M is not written here; F32, F16, BF16, Q8_0, Q4_0"):
        write_gguf(FolderWeights(llama), llama / "model.gguf", "Q4_K_M")
