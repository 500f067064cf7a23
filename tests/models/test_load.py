"""Models are found, checked by content, and loaded exactly as their files say."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from whet.errors import ModelError
from whet.models.load import load_model, load_tokenizer

CHATML = (
    "{% for m in messages %}{{ m.role + ': ' + m.content + (eos_token if m.role == 'assistant' \
else '') + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
)


@pytest.fixture
def copy(stories: Path, tmp_path: Path) -> Path:
    """A copy of the model that a test may damage."""
    return Path(shutil.copytree(stories, tmp_path / "model"))


def change(path: Path, **values: Any) -> None:
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, **values}))


def test_a_model_is_loaded_with_all_that_serving_must_agree_on(copy: Path) -> None:
    template = copy / "chat.jinja"
    template.write_text(CHATML)
    loaded = load_model(copy, template=template)
    assert loaded.dtype == "float32" and loaded.device.type == "cpu"
    assert loaded.stop_ids == (2,) and loaded.max_positions == 512
    assert loaded.template == CHATML and len(loaded.identity) == 16
    assert not loaded.model.training


def test_it_writes_what_its_golden_file_says(stories: Path) -> None:
    loaded = load_model(stories)
    golden = json.loads((stories / "golden.json").read_text())
    ids = torch.tensor([golden["prompt_ids"]])
    with torch.no_grad():
        out = loaded.model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=40, do_sample=False,
            pad_token_id=2,
        )  # fmt: skip
    text = loaded.tokenizer.decode(out[0], skip_special_tokens=True)
    assert golden["text"].strip().startswith(text.strip()[:100])


def test_identity_follows_weights_tokenizer_and_template(copy: Path) -> None:
    before = load_model(copy).identity
    assert load_model(copy).identity == before
    change(copy / "tokenizer_config.json", model_max_length=99)
    assert load_model(copy).identity != before


def test_the_tokenizer_keeps_the_normaliser_of_its_file(copy: Path) -> None:
    """AutoTokenizer loses it for this class, and then texts that begin with a space differ."""
    import tokenizers

    change(copy / "tokenizer_config.json", tokenizer_class="LlamaTokenizer")
    exact = tokenizers.Tokenizer.from_file(str(copy / "tokenizer.json"))
    loaded = load_tokenizer(copy)
    for text in (" hello", "hello", "a  b\n c", " 1"):
        expected = exact.encode(text, add_special_tokens=False).ids
        assert loaded(text, add_special_tokens=False)["input_ids"] == expected


def test_remote_code_is_refused(copy: Path) -> None:
    change(copy / "config.json", auto_map={"AutoModelForCausalLM": "evil.Model"})
    (copy / "evil.py").write_text("raise SystemExit('ran')")
    with pytest.raises(ModelError, match="whet never does"):
        load_model(copy)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.safetensors"])
def test_pickled_weights_are_refused_by_content(name: str, copy: Path, tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "canary",))

    (copy / "model.safetensors").unlink()
    (copy / name).write_bytes(pickle.dumps(Payload()))
    with pytest.raises(ModelError, match=r"never opened|not opened"):
        load_model(copy)
    assert not (tmp_path / "canary").exists()


def test_a_file_cut_short_is_refused(copy: Path) -> None:
    path = copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match="is cut off"):
        load_model(copy)


def test_weights_that_are_missing_are_not_made_up(copy: Path) -> None:
    tensors = load_file(copy / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"1 weights are missing .*layers\.1\.mlp\.up_proj"):
        load_model(copy)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/nope/nothing", "no such folder"),
        ("gpt5", "no such folder"),
        ("some/model", "HF_HUB_OFFLINE is set"),
    ],
)
def test_an_unknown_model_is_one_clear_error(
    name: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match=message):
        load_model(name)


def test_quantised_and_foreign_folders_are_named(copy: Path, tmp_path: Path) -> None:
    change(copy / "config.json", quantization_config={"quant_method": "gptq"})
    with pytest.raises(ModelError, match="quantised"):
        load_model(copy)
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "adapter_config.json").write_text("{}")
    with pytest.raises(ModelError, match="name the base model"):
        load_model(tmp_path / "adapter")


def test_an_unreadable_template_is_named(stories: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.jinja cannot be read"):
        load_model(stories, template=tmp_path / "none.jinja")


def test_a_path_that_is_not_there_is_no_reason_to_ask_a_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs" / "001").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.snapshot_download", _only_cached)
    with pytest.raises(ModelError, match=r"runs/009: no such folder in .*Folders there: 001"):
        load_model("runs/009")


def _only_cached(name: str, *, local_files_only: bool = False, **rest: Any) -> str:
    from huggingface_hub.errors import LocalEntryNotFoundError

    assert local_files_only, f"the network was asked for {name}"
    raise LocalEntryNotFoundError("not cached")
