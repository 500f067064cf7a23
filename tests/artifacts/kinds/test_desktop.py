"""Ollama and LM Studio: their folders by their documented rules, and loaded by llama.cpp."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from ollama_reference import ask_ollama, needs_ollama
from tests_exports import MakeSubject

from whet.artifacts.kinds import lmstudio, ollama
from whet.artifacts.ollama.go_render import render
from whet.artifacts.options import Options
from whet.artifacts.proof import Proof
from whet.artifacts.subject import Subject
from whet.engines.llama_cpp import LlamaCpp
from whet.errors import ConfigError
from whet.rows.render import render_prompt
from whet.types import Decoding, Message

TALK: list[Message] = [{"role": "user", "content": "Where is my card?"}]
PROOF = Proof("judged", "llama.cpp", 8, 1e-5, 1e-9, 8, 0.5, 0.5, True)


@pytest.fixture
def subject(make_subject: MakeSubject) -> Subject:
    decoding = Decoding(temperature=0.0, max_new_tokens=24, stop=("\n\n",))
    made = make_subject()
    return replace(made, name="cards", system="Be brief.", decoding=decoding, run=Path("runs/1"))


def test_ollama_gets_one_gguf_and_a_modelfile_that_asks_as_judged(
    subject: Subject, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    ollama.write(subject, folder, Options())
    ollama.finish(subject, folder, Options(), [PROOF])
    assert sorted(p.name for p in folder.iterdir()) == ["Modelfile", "README.md", "cards-F32.gguf"]
    text = (folder / "Modelfile").read_text()
    for line in (
        "FROM ./cards-F32.gguf",
        "PARAMETER temperature 0",
        "PARAMETER repeat_penalty 1",
        "PARAMETER num_ctx 2048",
        "PARAMETER num_predict 24",
        'PARAMETER stop """<|im_end|>"""',
        'SYSTEM """Be brief."""',
    ):
        assert line in text
    source = text.split('TEMPLATE """')[1].split('"""')[0]
    talk: list[Message] = [{"role": "system", "content": "Be brief."}, *TALK]
    with closing(LlamaCpp(folder / "cards-F32.gguf")) as engine:
        ids = engine.tokenize(render(source, talk), add_special=True)
        assert list(ids) == render_prompt(talk, subject.tokenizer)
        assert list(ids) == list(engine.answer(talk, 1).prompt_ids or ())


@needs_ollama
def test_ollama_itself_reads_the_modelfile(subject: Subject, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    ollama.write(subject, folder, Options())
    commands, prompts = ask_ollama((folder / "Modelfile").read_text(), [TALK])
    assert ["stop", "\n\n"] in commands
    assert ["model", "./cards-F32.gguf"] in commands
    talk: list[Message] = [{"role": "system", "content": "Be brief."}, *TALK]
    [ids] = subject.tokenizer(prompts, add_special_tokens=False)["input_ids"]
    assert ids == render_prompt(talk, subject.tokenizer)


def test_the_window_has_room_for_the_longest_prompt_and_its_answer(subject: Subject) -> None:
    long: list[Message] = [{"role": "user", "content": "word " * 900}]
    assert ollama.context(replace(subject, prompts=(long,))) == 2048  # all that whet-nano knows


def test_a_prompt_that_a_modelfile_cannot_hold_goes_into_the_template(
    subject: Subject, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    ollama.write(replace(subject, system="Be\u00a0brief."), folder, Options())
    text = (folder / "Modelfile").read_text()
    assert '{{ or .System "Be\\u00a0brief." }}' in text
    assert "\nSYSTEM" not in text


def test_lm_studio_finds_the_file_two_folders_deep(subject: Subject, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    options = Options(repo="acme/cards-v1", quantize="Q8_0")
    notices = lmstudio.write(subject, folder, options)
    lmstudio.finish(subject, folder, options, [PROOF])
    [file] = folder.rglob("*.gguf")
    assert file.relative_to(folder).as_posix() == "acme/cards-v1/cards-Q8_0.gguf"
    card = (folder / "README.md").read_text()
    assert "lms import acme/cards-v1/cards-Q8_0.gguf --user-repo acme/cards-v1 -y -c" in card
    assert "Be brief." in card
    assert any("system prompt" in notice for notice in notices)
    with closing(LlamaCpp(file)) as engine:
        assert engine.facts().template == subject.template


@pytest.mark.parametrize("repo", ["cards", "../cards", "a/b/c", "acme/", "acme/..", "a b/c"])
def test_a_repository_name_that_leaves_the_folder_is_refused(
    repo: str, subject: Subject, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="expected OWNER/NAME"):
        lmstudio.write(subject, tmp_path, Options(repo=repo))
    assert not list(tmp_path.rglob("*.gguf"))
