"""Our reading of Go's templates; the expectations are what Go's text/template 1.27 writes."""

from __future__ import annotations

import pytest
from ollama_reference import ask_ollama, needs_ollama

from whet.artifacts.ollama.go_render import render
from whet.artifacts.ollama.modelfile import Modelfile
from whet.errors import ModelError
from whet.types import Message

TALK: list[Message] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "One?"},
    {"role": "assistant", "content": "1"},
    {"role": "user", "content": "Two?"},
    {"role": "user", "content": "Three?"},
]
CASES = {
    "plain {{ .System }}{{ range .Messages }}{{ end }}": "plain Be brief.",
    "{{ range .Messages }}[{{ .Role }}:{{ .Content }}]{{ end }}": (
        "[system:Be brief.][user:One?][assistant:1][user:Two?\n\nThree?]"
    ),
    "{{ range $i, $m := .Messages }}{{ $i }}{{ $m.Role }} {{ end }}": (
        "0system 1user 2assistant 3user "
    ),
    "{{ range $i, $_ := .Messages }}{{ $last := eq (len (slice $.Messages $i)) 1 }}{{ $last }},"
    "{{ end }}": "false,false,false,true,",
    '{{ range .Messages }}{{ if eq .Role "user" "system" }}u{{ else if eq .Role "assistant" }}a'
    "{{ else }}?{{ end }}{{ end }}": "uuau",
    "a  {{- if .System }}\n b {{ end -}}  c{{ range .Messages }}{{ end }}": "a\n b c",
    "{{/* said to nobody */}}x{{ range .Messages }}{{ end }}": "x",
    "{{- /* nor this */ -}}  x{{ range .Messages }}{{ end }}": "x",
    '{{ $x := "a" }}{{ range .Messages }}{{ $x = .Role }}{{ end }}{{ $x }}': "user",
    '{{ $x := "a" }}{{ if true }}{{ $x := "b" }}{{ end }}{{ $x }}{{ range .Messages }}{{ end }}': (
        "a"
    ),
    '{{ if and .System (not false) (ne 1 2) }}{{ or "" "y" }}{{ end }}{{ range .Messages }}'
    "{{ end }}": "y",
    '{{ "{{" }} {{ "\\u00a0}}" }} {{ `raw "` }}{{ range .Messages }}{{ end }}': '{{ \u00a0}} raw "',
    "{{ (index .Messages 1).Content }}": None,
    "{{ len .Messages }}{{ lt 1 2 }}{{ ge 1 2 }}": "4truefalse",
    '{{ "\\U0001f9d1" }}{{ range .Messages }}{{ end }}': "\U0001f9d1",
}


@pytest.mark.parametrize("source", [s for s, text in CASES.items() if text is not None])
def test_a_template_writes_what_go_writes(source: str) -> None:
    assert render(source, TALK) == CASES[source]


@needs_ollama
@pytest.mark.parametrize("source", [s for s, text in CASES.items() if text is not None])
def test_ollama_writes_the_same(source: str) -> None:
    text = Modelfile("m.gguf", source, ()).text()
    assert ask_ollama(text, [TALK])[1] == [CASES[source]]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{{ if .System }}a", "not ended"),
        ("{{ range .Messages }}a", "not ended"),
        ("a{{ end }}", "too many"),
        ("{{ .System | json }}", "not read here"),
        ("{{ json .Messages }}", "calls json"),
        ("{{ (index .Messages 1).Content }}", "nothing is expected"),
        ("{{ .Tools }}", "does not give"),
        ("{{ $x }}", "not declared"),
        ("{{ $x = 1 }}", "not declared"),
        ("{{ (len .Messages }}", "not closed"),
        ("{{ }}", "without a value"),
        ('{{ "\\q" }}', "no string"),
    ],
)
def test_what_is_not_read_is_refused(source: str, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        render(source, TALK)
