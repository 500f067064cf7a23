"""vLLM, TGI and the hub: what is written for them, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests_exports import MakeSubject

from whet.artifacts.kinds import hub, tgi, vllm
from whet.artifacts.options import Options
from whet.artifacts.proof import Proof
from whet.errors import ModelError

PROOF = Proof("judged", "transformers", 8, 1e-5, 1e-9, 8, 0.5, 0.5, True)
ADAPTER = {"adapter_config.json", "adapter_model.safetensors", "chat_template.jinja"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "out"
    made.mkdir()
    return made


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_vllm_gets_the_adapter_and_the_command_that_serves_it(
    make_subject: MakeSubject, folder: Path
) -> None:
    subject = make_subject(rank=12)
    vllm.write(subject, folder, Options())
    vllm.finish(subject, folder, Options(), [PROOF])
    assert names(folder) >= ADAPTER | {"generation_config.json", "vllm.json", "README.md"}
    launch = json.loads((folder / "vllm.json").read_text())
    assert subject.adapter_digest is not None
    assert launch["name"] == f"adapter-{subject.adapter_digest[:8]}"
    assert launch["max_lora_rank"] == 16
    command = " ".join(launch["command"])
    assert f"--lora-modules {launch['name']}=." in command
    assert "--enable-lora --max-lora-rank 16" in command
    assert command.startswith(f"vllm serve {subject.folder} ")
    assert command in (folder / "README.md").read_text()
    stops = json.loads((folder / "generation_config.json").read_text())["eos_token_id"]
    assert stops == list(subject.stop_ids)


def test_another_adapter_never_gets_the_same_name(make_subject: MakeSubject) -> None:
    one, other = make_subject(name="a"), make_subject(name="a", rank=8)
    assert vllm.serving_name(one) != vllm.serving_name(other)


def test_an_adapter_that_vllm_does_not_serve_is_refused_before_anything_is_written(
    make_subject: MakeSubject, folder: Path
) -> None:
    subject = make_subject(dora=True)
    with pytest.raises(ModelError, match=r"(?s)DoRA.*--dtype bfloat16"):
        vllm.write(subject, folder, Options())
    assert names(folder) == set()
    vllm.write(subject, folder, Options(dtype="bfloat16"))
    assert "model.safetensors" in names(folder)
    launch = json.loads((folder / "vllm.json").read_text())
    assert launch["command"][:3] == ["vllm", "serve", "."]


def test_tgi_gets_plain_safetensors_and_says_that_it_is_archived(
    make_subject: MakeSubject, folder: Path
) -> None:
    subject = make_subject()
    notices = tgi.write(subject, folder, Options())
    tgi.finish(subject, folder, Options(), [PROOF])
    assert names(folder) >= {"model.safetensors", "config.json", "tokenizer.json", "README.md"}
    assert "archived" in notices[0]
    assert "archived" in (folder / "README.md").read_text()


def test_the_hub_gets_the_adapter_or_where_a_dtype_is_named_the_whole_model(
    make_subject: MakeSubject, tmp_path: Path
) -> None:
    subject = replace(make_subject(), model="acme/base")
    for name, options, library in (
        ("adapter", Options(repo="acme/cards"), "peft"),
        ("merged", Options(dtype="float32"), "transformers"),
    ):
        folder = tmp_path / f"hub-{name}"
        folder.mkdir()
        hub.write(subject, folder, options)
        hub.finish(subject, folder, options, [PROOF])
        card = (folder / "README.md").read_text()
        assert f"library_name: {library}\n" in card
        assert 'base_model: "acme/base"' in card
        assert ("adapter_model.safetensors" in names(folder)) == (library == "peft")
