"""Models that llama.cpp would run otherwise than transformers are refused, each trait by name."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import gguf
import pytest
from tiny_models import GEMMA, SIZES, FolderWeights, configs, random_model, save_with_tokenizer
from transformers import (
    Gemma2Config,
    Gemma3TextConfig,
    GPT2Config,
    LlamaConfig,
    Phi3Config,
    Qwen2Config,
)

from whet.artifacts.gguf import write_gguf
from whet.artifacts.gguf.families import family_of, window_period
from whet.artifacts.gguf.parameters import add_parameters, context_length
from whet.errors import MissingExtraError, ModelError

DYNAMIC = {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (GPT2Config(), "model_type 'gpt2' is not written to GGUF here; Llama, .*--llama-cpp DIR"),
        (LlamaConfig(**SIZES, hidden_act="gelu"), "its activation is 'gelu'"),
        (LlamaConfig(**SIZES, rope_parameters=DYNAMIC), "its positions are scaled by 'dynamic'"),
        (
            LlamaConfig(
                **SIZES,
                rope_parameters={
                    "rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 0.5,
                },
            ),
            "only 50% of a head is rotated",
        ),
        (Gemma2Config(**GEMMA | {"query_pre_attn_scalar": 48}), "_scalar is 48, not 32"),
        (Gemma2Config(**GEMMA, attn_logit_softcapping=None), "attn_logit_softcapping is None"),
        (Gemma3TextConfig(**GEMMA, attn_logit_softcapping=50.0), "attn_logit_softcapping is 50.0"),
        (Gemma2Config(**GEMMA, tie_word_embeddings=False), "output head is not its embedding"),
        (Gemma3TextConfig(**GEMMA, use_bidirectional_attention=True), "looks both ways"),
        (
            Gemma3TextConfig(
                **GEMMA, layer_types=["full_attention", "sliding_attention", "sliding_attention"]
            ),
            r"windows follow no fixed period \(fss\)",
        ),
    ],
)  # fmt: skip
def test_a_trait_that_llama_cpp_has_not_is_named(config: Any, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        family_of(config)


def test_all_traits_are_told_together() -> None:
    config = Gemma2Config(
        **GEMMA | {"query_pre_attn_scalar": 48}, tie_word_embeddings=False, hidden_activation="relu"
    )
    with pytest.raises(ModelError, match=r"'relu'.*; query_pre_attn.*; its output head"):
        family_of(config)


@pytest.mark.parametrize(
    ("kinds", "period"),
    [("ssf", 3), ("sfs", 2), ("fff", 1), ("sss", 0), ("sssssf", 6), ("sff", None), ("fs", None)],
)
def test_the_period_of_windows_is_read_off_the_layers(kinds: str, period: int | None) -> None:
    names = {"s": "sliding_attention", "f": "full_attention"}

    class Config:
        layer_types = [names[kind] for kind in kinds]  # noqa: RUF012

    assert window_period(Config()) == period


def test_yarn_of_another_strength_is_refused() -> None:
    rope = {
        "rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0, "attention_factor": 1.5,
        "original_max_position_embeddings": 64,
    }  # fmt: skip
    config = LlamaConfig(**SIZES, rope_parameters=rope)
    with pytest.raises(ModelError, match=r"attention factor of 1.5 \(usual: 1.1386"):
        add_parameters(gguf.GGUFWriter(None, "llama"), config, family_of(config))


@pytest.mark.parametrize(
    ("config", "length"),
    [
        (Qwen2Config(**SIZES, use_sliding_window=True, sliding_window=64, max_window_layers=1), 64),
        (
            Qwen2Config(**SIZES, use_sliding_window=True, sliding_window=64, max_window_layers=3),
            256,
        ),
        (Qwen2Config(**SIZES, use_sliding_window=False, sliding_window=64), 256),
        (Phi3Config(**SIZES, sliding_window=128), 128),
        (Phi3Config(**SIZES, sliding_window=512), 256),
        (Gemma2Config(**GEMMA), 256),
    ],
)
def test_the_context_ends_where_llama_cpp_would_look_back_further(config: Any, length: int) -> None:
    found, notices = context_length(config, family_of(config))
    assert found == length
    assert bool(notices) == (length < 256)


@pytest.fixture
def llama(tmp_path: Path) -> Path:
    save_with_tokenizer(random_model(configs()["llama"]), tmp_path)
    return tmp_path


def change(file: Path, **values: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def test_more_ends_than_a_file_names_are_refused(llama: Path) -> None:
    (llama / "generation_config.json").write_text(json.dumps({"eos_token_id": [2, 10, 11, 12]}))
    with pytest.raises(ModelError, match="three end tokens at most"):
        write_gguf(FolderWeights(llama), llama / "model.gguf")


@pytest.mark.parametrize("content", ["[1]", "{"])
def test_a_broken_generation_config_is_named(content: str, llama: Path) -> None:
    (llama / "generation_config.json").write_text(content)
    with pytest.raises(ModelError, match=r"generation_config.json: is no JSON object"):
        write_gguf(FolderWeights(llama), llama / "model.gguf")


def test_a_template_that_writes_a_bos_which_is_not_there_is_refused(llama: Path) -> None:
    template = (llama / "chat_template.jinja").read_text()
    (llama / "chat_template.jinja").write_text("{{ bos_token }}" + template)
    with pytest.raises(ModelError, match="writes bos_token, and the tokenizer has none"):
        write_gguf(FolderWeights(llama), llama / "model.gguf")


def test_a_template_that_never_ends_is_refused(
    llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whet.rows.template.PROBE_TIMEOUT_S", 0.2)
    (llama / "chat_template.jinja").write_text(
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    )
    with pytest.raises(ModelError, match="template"):
        write_gguf(FolderWeights(llama), llama / "model.gguf")


def test_a_name_that_llama_cpp_reads_a_trait_from_is_changed(llama: Path) -> None:
    write_gguf(FolderWeights(llama), llama / "model.gguf", name="my-Phi-3-copy")
    reader = gguf.GGUFReader(llama / "model.gguf")
    assert reader.fields["general.name"].contents() == "my-Phi 3-copy"


def test_tokens_that_swallow_blanks_fit_phi_3_or_nothing(llama: Path) -> None:
    data = json.loads((llama / "tokenizer.json").read_text())
    data["added_tokens"][1]["rstrip"] = True
    (llama / "tokenizer.json").write_text(json.dumps(data))
    with pytest.raises(ModelError, match=r"<\|im_start\|> swallow the blanks after them"):
        write_gguf(FolderWeights(llama), llama / "model.gguf")


def test_without_a_tokenizer_json_the_way_to_one_is_told(llama: Path) -> None:
    from whet.artifacts.gguf.tokenizer import read_vocabulary

    (llama / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"no tokenizer.json. Make one"):
        read_vocabulary(llama, 3072, begins_special=True)


def test_without_the_package_the_message_is_the_command(
    llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(MissingExtraError, match=r"needs gguf. Run: pip install 'whet\[export\]'"):
        write_gguf(FolderWeights(llama), llama / "model.gguf")
