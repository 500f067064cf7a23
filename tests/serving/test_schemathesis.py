"""Generated requests, good and bad, on every route and both engines: no server error, ever.

25 cases a kind on the routes with parameters by default; 500 a kind on every route with -m slow.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

schemathesis = pytest.importorskip("schemathesis")

from serving_server import Served, running  # noqa: E402

NAME = "nano"
ROUTES = [
    ("/health", "get"),
    ("/ready", "get"),
    ("/v1/models", "get"),
    ("/v1/models/{name}", "get"),
    ("/v1/chat/completions", "post"),
    ("/v1/completions", "post"),
]
ALLOWED = {200, 400, 404, 405, 413, 422}


@pytest.fixture(scope="module", params=["transformers", "llama.cpp"])
def small(
    request: pytest.FixtureRequest, loopback: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server with a context of 64 tokens, so that no case takes long."""
    from whet.serving.opening import open_backend
    from whet.serving.target import Target

    if request.param == "llama.cpp":
        pytest.importorskip("xllamacpp")
        gguf: Path = request.getfixturevalue("tools_gguf")
        target = Target(NAME, gguf=gguf)
    else:
        target = Target(NAME, model="whet-nano")
    backend = open_backend(target, request.param, context=64, slots=None, say=lambda text: None)
    with running(backend) as served:
        yield served


def describe(app: Any) -> dict[str, Any]:
    """The OpenAPI description of the routes, with the bodies that they read."""
    from pydantic.json_schema import models_json_schema

    from whet.serving.surface.fields import ChatBody, CompletionBody

    bodies = {"/v1/chat/completions": ChatBody, "/v1/completions": CompletionBody}
    found = app.openapi()
    kinds = [(kind, "validation") for kind in bodies.values()]
    _, shared = models_json_schema(kinds, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    found.setdefault("components", {}).setdefault("schemas", {}).update(shared["$defs"])
    for path, kind in bodies.items():
        shared["$defs"][kind.__name__]["properties"]["model"] = {
            "type": "string", "const": app.state.desk.backend.about.id,
        }  # fmt: skip
        schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
        found["paths"][path]["post"]["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return found


def fuzz(served: Served, path: str, method: str, mode: Any, num_cases: int) -> set[int]:
    schema = schemathesis.openapi.from_dict(describe(served.app))
    operation = schema[path][method]
    seen: set[int] = set()

    @settings(
        max_examples=num_cases, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        response = case.call(base_url=served.url, timeout=60)
        seen.add(response.status_code)
        assert response.status_code in ALLOWED, (case.body, response.status_code, response.text)
        if response.status_code >= 400:
            error = response.json()["error"]
            assert set(error) == {"message", "type", "param", "code"}
        assert "x-request-id" in response.headers

    with suppress(Unsatisfiable):  # a route without parameters has no wrong ones
        one()
    return seen


def modes() -> list[Any]:
    return list(schemathesis.GenerationMode)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("path", "method"), ROUTES[-3:], ids=lambda value: value)
def test_no_generated_request_makes_a_server_error(small: Served, path: str, method: str) -> None:
    for mode in modes():
        fuzz(small, path, method, mode, 25)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("path", "method"), ROUTES, ids=lambda value: value)
def test_five_hundred_generated_requests_make_no_server_error(
    small: Served, path: str, method: str
) -> None:
    seen: set[int] = set()
    for mode in modes():
        seen |= fuzz(small, path, method, mode, 500)
    assert seen & {200, 404}
    if method == "post":
        assert 400 in seen
        assert 200 in seen  # good requests are among them: the engine itself was reached
