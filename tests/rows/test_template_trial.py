"""A chat template that attacks is refused before this process renders it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from whet.errors import ModelError
from whet.models.load import load_tokenizer
from whet.rows.template_trial import try_template

PLAIN = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + eos_token }}{% endfor %}"

INSIDES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ messages.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('touch canary').read() }}",
    "{% if false %}{{ ''['__class__'] }}{% endif %}",
    "{{ ''|attr('__class__') }}",
    "{% set name = '__class__' %}{{ ''|attr(name) }}",
    "{{ lipsum['__globals__'] }}",
]


@pytest.mark.parametrize("attack", INSIDES)
def test_what_names_pythons_insides_is_refused_even_where_it_is_never_reached(attack: str) -> None:
    with pytest.raises(ModelError, match="does what templates may not"):
        try_template(PLAIN + attack)


def test_a_name_put_together_from_parts_is_stopped_by_the_sandbox() -> None:
    attack = "{% set u = '_' * 2 %}{{ (''|attr(u ~ 'class' ~ u)).mro() }}"
    with pytest.raises(ModelError, match="does what templates may not"):
        try_template(attack)


@pytest.mark.parametrize(
    "attack",
    [
        "{{ 'x' * 10**9 }}",
        "{{ 'x' * 10**11 }}",
        "{% set ns = namespace(t='x') %}{% for i in range(40) %}{% set ns.t = ns.t ~ ns.t %}"
        "{% endfor %}{{ ns.t }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(40) %}{% set ns.l = ns.l + ns.l %}"
        "{% endfor %}",
        "{% for i in range(99999) %}{{ 'x' * 1000 }}{% endfor %}",
    ],
    ids=["a gigabyte", "a hundred", "doubling text", "doubling list", "many pieces"],
)
def test_output_and_memory_are_bounded(attack: str) -> None:
    with pytest.raises(ModelError, match=r"bytes for one conversation|characters for one|ran for"):
        try_template(attack)


@pytest.mark.slow
@pytest.mark.parametrize(
    "attack",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{{ 9 ** (9 ** (9 ** 9)) }}",
    ],
)
def test_endless_work_is_stopped(attack: str) -> None:
    started = time.monotonic()
    with pytest.raises(ModelError, match="ran for over 10 s"):
        try_template(attack)
    assert time.monotonic() - started < 30


def test_real_templates_pass(test_data: Path) -> None:
    found = sorted((test_data / "templates").glob("*.jinja"))
    assert len(found) > 10
    for path in found:
        try_template(path.read_text(encoding="utf-8"), "<s>", "</s>")


def test_faults_that_are_no_attack_are_left_to_the_renderer() -> None:
    try_template("{{ raise_exception('no system role') }}")
    try_template("{% if %}")
    try_template("{{ messages[99]['content'] }}")


def test_a_tokenizer_with_such_a_template_is_not_loaded(stories: Path, tmp_path: Path) -> None:
    template = tmp_path / "bad.jinja"
    template.write_text(PLAIN + "{{ cycler.__init__.__globals__.os.popen('touch canary') }}")
    with pytest.raises(ModelError, match="Python's insides"):
        load_tokenizer(stories, template=template)
    assert not Path("canary").exists()
