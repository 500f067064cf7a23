"""The two engines with whet-nano behind the front, each started once, on a real port."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")

from gguf_files import make_gguf
from serving_server import Served, close_clients, running

NAME = "nano"


@pytest.fixture(scope="session")
def nano_folder() -> Path:
    from whet.models.files import find_folder

    return find_folder("whet-nano")


@pytest.fixture(scope="session")
def nano_gguf(nano_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_gguf(nano_folder, tmp_path_factory.mktemp("gguf") / "nano.gguf")


TOOLS_TEMPLATE = """\
{%- if tools %}<|im_start|>system
You may call these functions. Answer with {"name": function name, "parameters": its arguments}.
{%- for tool in tools %}
{{ tool | tojson }}
{%- endfor %}<|im_end|>
{% endif %}
{%- for message in messages %}
{%- if message.role == 'assistant' and message.tool_calls %}<|im_start|>assistant
{%- for call in message.tool_calls %}
{"name": "{{ call.function.name }}", "parameters": {{ call.function.arguments | tojson }}}
{%- endfor %}<|im_end|>
{% elif message.role == 'tool' %}<|im_start|>tool
{{ message.content }}<|im_end|>
{% else %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


@pytest.fixture(scope="session")
def tools_gguf(nano_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """whet-nano with a template that writes tools."""
    folder = tmp_path_factory.mktemp("tools") / "model"
    shutil.copytree(nano_folder, folder)
    (folder / "chat_template.jinja").write_text(TOOLS_TEMPLATE, encoding="utf-8")
    return make_gguf(folder, folder.parent / "tools.gguf")


def opened(engine: str, target: Any) -> Any:
    from whet.serving.opening import open_backend

    slots = 2 if engine == "llama.cpp" else None
    return open_backend(target, engine, context=None, slots=slots, say=lambda text: None)


@pytest.fixture(scope="session")
def transformers_server(loopback: None) -> Iterator[Served]:
    from whet.serving.target import Target

    with running(opened("transformers", Target(NAME, model="whet-nano"))) as server:
        yield server


@pytest.fixture(scope="session")
def llama_server(loopback: None, nano_gguf: Path) -> Iterator[Served]:
    pytest.importorskip("xllamacpp")
    from whet.serving.target import Target

    with running(opened("llama.cpp", Target(NAME, gguf=nano_gguf))) as server:
        yield server


@pytest.fixture(scope="session")
def tools_server(loopback: None, tools_gguf: Path) -> Iterator[Served]:
    pytest.importorskip("xllamacpp")
    from whet.serving.target import Target

    with running(opened("llama.cpp", Target(NAME, gguf=tools_gguf))) as server:
        yield server


@pytest.fixture(params=["transformers", "llama.cpp"])
def served(request: pytest.FixtureRequest) -> Served:
    name = {"transformers": "transformers_server", "llama.cpp": "llama_server"}[request.param]
    found: Served = request.getfixturevalue(name)
    return found


@pytest.fixture(scope="session", autouse=True)
def clients_are_closed() -> Iterator[None]:
    yield
    close_clients()
