"""What every test may ask for."""

from __future__ import annotations

import json
import os
import random
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data sets, tokenizers and models; the test skips where it is absent."""
    folder = Path(os.environ.get("WHET_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}; set WHET_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def loopback() -> None:
    """The test skips where this machine cannot reach itself (a namespace without interface)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        try:
            socket.create_connection(server.getsockname(), timeout=5).close()
        except OSError as error:
            pytest.skip(f"no loopback interface: {error}")


@pytest.fixture(scope="session")
def stories(test_data: Path) -> Path:
    """A real pre-trained Llama of 260 thousand parameters."""
    return test_data / "models" / "stories260K-hf"


SOUNDS = {"cat": "meow", "dog": "woof", "bird": "tweet"}
PLACES = ("park", "garden", "street", "kitchen", "wood", "yard")

CONFIG = """\
task: Say the sound of the animal.
model: whet-nano
data: {train: data/rows.jsonl, split: {validation: 0.2, test: 0.3}}
prompt: prompt.txt
few_shot: {counts: [1]}
train: {epochs: 1, batch_size: 8, learning_rate: 2e-3, dtype: float32}
eval: {metrics: [exact_match, accuracy], primary: exact_match, validation_items: 20}
gates: {forgetting: {text: general.jsonl}}
generate: {choices: auto, max_new_tokens: 8}
"""

MakeProject = Callable[..., Path]


@pytest.fixture
def make_project(tmp_path: Path) -> MakeProject:
    """A function that writes a project and returns its folder."""

    def make(name: str = "project", config: str = CONFIG, rows: int = 90) -> Path:
        folder = tmp_path / name
        (folder / "data").mkdir(parents=True)
        drawn = random.Random(0)
        lines = []
        for number in range(rows):
            animal = drawn.choice(sorted(SOUNDS))
            place = drawn.choice(PLACES)
            text = f"I saw a {animal} in {place} {number}."
            lines.append(json.dumps({"input": text, "output": SOUNDS[animal]}))
        (folder / "data" / "rows.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        labels = ", ".join(SOUNDS.values())
        (folder / "prompt.txt").write_text(f"Name the sound. Answer with one of: {labels}.")
        texts = [f"The {place} was quiet, and the {a} slept." for place in PLACES for a in SOUNDS]
        general = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        (folder / "general.jsonl").write_text(general, encoding="utf-8")
        (folder / "whet.yaml").write_text(config, encoding="utf-8")
        return folder

    return make


@pytest.fixture
def project(make_project: MakeProject) -> Path:
    return make_project()


@pytest.fixture
def in_their_four_bits() -> Callable[[Any], Any]:
    """Puts bitsandbytes' layers in the place of ours in NF4, with the same codes."""
    return _in_their_four_bits


def _in_their_four_bits(model: Any) -> Any:
    from whet.models.four_bit import Nf4Linear, is_four_bit
    from whet.models.four_bit_kernel import import_bitsandbytes
    from whet.models.lora import replace

    if not is_four_bit(model):
        return model
    import torch

    package = import_bitsandbytes()
    for name, ours in list(model.named_modules()):
        if not isinstance(ours, Nf4Linear):
            continue
        held = ours.weight
        inner = package.functional.QuantState(
            absmax=held.outer_bits.view(torch.float32),
            blocksize=256,
            code=package.functional.create_dynamic_map(),
            dtype=torch.float32,
        )
        state = package.functional.QuantState(
            absmax=held.scale_codes,
            shape=torch.Size(held.shape),
            code=package.functional.get_4bit_type("nf4", "cpu"),
            blocksize=64,
            quant_type="nf4",
            dtype=torch.float32,
            offset=held.offset_bits.view(torch.float32),
            state2=inner,
        )
        layer = package.nn.Linear4bit(
            ours.in_features, ours.out_features, bias=ours.bias is not None, quant_type="nf4"
        )
        layer.weight = package.nn.Params4bit(
            held.codes.view(-1, 1), quant_state=state, quant_type="nf4", bnb_quantized=True
        )
        layer.bias, layer.quant_state = ours.bias, state
        layer.support_avx512bf16_for_cpu = False  # its CPU inference rounds to bfloat16
        replace(model, name, layer)
    model.is_loaded_in_4bit = True
    return model


MakeItem = Callable[..., Any]


@pytest.fixture(scope="session")
def item() -> MakeItem:
    """A function that makes a test item: gold answer, question, source, and its columns by name."""
    from whet.types import Example

    def make(gold: str, question: str = "?", source: str = "t.jsonl:1", **fields: Any) -> Example:
        turns: Any = [{"role": "user", "content": question}, {"role": "assistant", "content": gold}]
        return Example.of(turns, source, fields=fields)

    return make
