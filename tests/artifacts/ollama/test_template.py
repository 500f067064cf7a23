"""Chat templates as templates of Ollama's: the same prompts, or a refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ollama_reference import ask_ollama, needs_ollama

from whet.artifacts.ollama.go_render import render
from whet.artifacts.ollama.modelfile import Modelfile
from whet.artifacts.ollama.template import ollama_template
from whet.errors import ModelError
from whet.models.files import find_folder
from whet.models.load import load_tokenizer
from whet.rows.template import render_text
from whet.types import Message

SYSTEM = "Answer in {one} word."
TALK: list[Message] = [
    {"role": "user", "content": "Where is my card?"},
    {"role": "assistant", "content": "On its way, {{ soon }}."},
    {"role": "user", "content": 'And "the PIN"?'},
]
EVERY = (
    "Qwen-Qwen2.5-7B-Instruct",
    "gemma",
    "google-gemma-2-2b-it",
    "llama3",
    "meta-llama-Llama-3.1-8B-Instruct",
    "microsoft-Phi-3.5-mini-instruct",
    "mistralai-Mistral-Nemo-Instruct-2407",
    "phi3",
    "qwen2_5",
    "qwen3",
    "qwen3_training",
)
WITHOUT_SYSTEM = ("gemma", "google-gemma-2-2b-it")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    loaded = load_tokenizer(find_folder("whet-nano"))
    loaded.bos_token = "<|endoftext|>"
    return loaded


def with_template(tokenizer: Any, source: str) -> Any:
    tokenizer.chat_template = source
    return tokenizer


@pytest.mark.parametrize("name", EVERY)
def test_a_familys_template_is_written_the_same(name: str, tokenizer: Any, test_data: Path) -> None:
    source = (test_data / "templates" / f"{name}.jinja").read_text()
    made = ollama_template(with_template(tokenizer, source), bos=None)
    talks = [TALK]
    if name not in WITHOUT_SYSTEM:
        talks.append([{"role": "system", "content": SYSTEM}, *TALK])
    for talk in talks:
        assert render(made.source, talk) == render_text(tokenizer, talk, generation_prompt=True)


@needs_ollama
@pytest.mark.parametrize("name", EVERY)
def test_ollama_itself_writes_the_same(name: str, tokenizer: Any, test_data: Path) -> None:
    source = (test_data / "templates" / f"{name}.jinja").read_text()
    made = ollama_template(with_template(tokenizer, source), bos=None)
    system = None if name in WITHOUT_SYSTEM else SYSTEM
    head: list[Message] = [{"role": "system", "content": system}] if system else []
    wanted = render_text(tokenizer, [*head, *TALK], generation_prompt=True)
    text = Modelfile("m.gguf", made.source, (), system=system).text()
    asked = [TALK, [*head, *TALK]]  # the system prompt by SYSTEM, and by the request
    assert ask_ollama(text, asked)[1] == [wanted, wanted]


def test_the_token_that_llama_cpp_puts_first_is_left_out(tokenizer: Any, test_data: Path) -> None:
    source = (test_data / "templates" / "llama3.jinja").read_text()
    made = ollama_template(with_template(tokenizer, source), bos="<|endoftext|>")
    wanted = render_text(tokenizer, TALK, generation_prompt=True)
    assert wanted == "<|endoftext|>" + render(made.source, TALK)


def test_a_template_without_the_token_that_is_put_first_is_refused(tokenizer: Any) -> None:
    loaded = load_tokenizer(find_folder("whet-nano"))
    with pytest.raises(ModelError, match="does not begin with '<s>'"):
        ollama_template(loaded, bos="<s>")


def test_a_system_prompt_that_a_modelfile_cannot_hold_stands_in_the_template() -> None:
    loaded = load_tokenizer(find_folder("whet-nano"))
    system = 'Be\u200bbrief: """yes""" {{ or }} no.\U000e0041'
    made = ollama_template(loaded, bos=None, system=system)
    wanted = render_text(
        loaded, [{"role": "system", "content": system}, *TALK], generation_prompt=True
    )
    assert render(made.source, TALK) == wanted
    Modelfile("m.gguf", made.source, ()).text()


@needs_ollama
def test_ollama_reads_such_a_system_prompt_whole() -> None:
    loaded = load_tokenizer(find_folder("whet-nano"))
    system = 'Be\u200bbrief: """yes""" {{ or }} no.\U000e0041'
    made = ollama_template(loaded, bos=None, system=system)
    text = Modelfile("m.gguf", made.source, ()).text()
    wanted = render_text(
        loaded, [{"role": "system", "content": system}, *TALK], generation_prompt=True
    )
    assert ask_ollama(text, [TALK])[1] == [wanted]


NUMBERED = (
    "{% for m in messages %}{{ loop.index }}. {{ m.role }}: {{ m.content }}{{ eos_token }}\n"
    "{% endfor %}{% if add_generation_prompt %}{{ messages|length + 1 }}. assistant: {% endif %}"
)
UPPER = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content|replace('?', '!') }}{{ eos_token }}"
    "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
)


@pytest.mark.parametrize("source", [NUMBERED, UPPER], ids=["numbers turns", "changes contents"])
def test_a_template_that_go_cannot_say_is_refused(source: str, tokenizer: Any) -> None:
    with pytest.raises(ModelError, match="chat template"):
        ollama_template(with_template(tokenizer, source), bos=None)


def test_a_prompt_of_the_project_that_would_differ_is_refused(tokenizer: Any) -> None:
    source = (
        "{% for m in messages %}<{{ m.role }}>{{ m.content[:20] }}{{ eos_token }}"
        "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    short: list[Message] = [{"role": "user", "content": "x" * 40}]
    with pytest.raises(ModelError):
        ollama_template(with_template(tokenizer, source), bos=None, prompts=[short])


def test_what_ollama_cannot_do_is_told(tokenizer: Any, test_data: Path) -> None:
    source = (test_data / "templates" / "gemma.jinja").read_text()
    notices = " ".join(ollama_template(with_template(tokenizer, source), bos=None).notices)
    assert "white space" in notices
    assert "no system message" in notices
