"""The Modelfile's grammar, as Ollama's own parser reads it."""

from __future__ import annotations

import pytest
from ollama_reference import ask_ollama, needs_ollama

from whet.artifacts.ollama.modelfile import Modelfile, can_hold, stop_parameters
from whet.errors import ModelError

FILE = Modelfile(
    file="house-v1-Q8_0.gguf",
    template='{{ range .Messages }}a "quoted" \n\t\tb{{ .Content }}{{ end }}\n',
    parameters=(
        ("temperature", "0.7"),
        ("num_ctx", "4096"),
        *stop_parameters(["<|im_end|>", "</s>", '"', "\n\n", "</s>"]),
    ),
    system='Say "yes".\n\nOr no.',
    remarks=("made by hand",),
)
COMMANDS = [
    ["model", "./house-v1-Q8_0.gguf"],
    ["template", FILE.template],
    ["temperature", "0.7"],
    ["num_ctx", "4096"],
    ["stop", "<|im_end|>"],
    ["stop", "</s>"],
    ["stop", '"'],
    ["stop", "\n\n"],
    ["system", 'Say "yes".\n\nOr no.'],
]


def test_a_modelfile_says_where_how_and_until_when() -> None:
    text = FILE.text()
    assert text.startswith('# made by hand\nFROM ./house-v1-Q8_0.gguf\nTEMPLATE """{{ range')
    assert 'PARAMETER stop """<|im_end|>"""\n' in text
    assert text.count("PARAMETER stop") == 4
    assert text.endswith('SYSTEM """Say "yes".\n\nOr no."""\n')


@needs_ollama
def test_ollama_reads_every_command_as_it_was_meant() -> None:
    assert ask_ollama(FILE.text(), [])[0] == COMMANDS


@pytest.mark.parametrize("text", ['three """ quotes', "no\u00a0break", "zero\u200bwidth", "a\rb"])
def test_what_ollama_would_drop_or_cut_is_refused(text: str) -> None:
    assert not can_hold(text)
    with pytest.raises(ModelError, match="cannot hold"):
        Modelfile("m.gguf", "{{ .Prompt }}", (), system=text).text()
