"""The upload: what huggingface_hub sends, to a hub that this test is."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from whet.artifacts.pushing import push, require_repo
from whet.errors import ConfigError, EndpointError
from whet.progress import Silent

pytest.importorskip("huggingface_hub")
OID = "0" * 40


class Hub(ThreadingHTTPServer):
    """The routes that an upload of small files needs; `refuses` answers 403 to the commit."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Routes)
        self.made: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.there = [".gitattributes"]
        self.refuses = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Routes(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/api/repos/create":
            self.server.made.append(json.loads(body))
            self._say({"url": f"{self.server.address}/acme/cards", "name": "acme/cards"})
        elif self.path == "/api/validate-yaml":
            self._say({"errors": [], "warnings": []})
        elif self.path.endswith("/preupload/main"):
            asked = json.loads(body)["files"]
            told = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in asked
            ]
            self._say({"files": told})
        elif self.path.endswith("/commit/main") and not self.server.refuses:
            self._commit(body)
        else:
            self._say({"error": "You may not write here"}, 403)

    def do_GET(self) -> None:
        if "/tree/" in self.path:
            there = [{"type": "file", "path": p, "size": 1, "oid": OID} for p in self.server.there]
            self._say(there)
        else:
            self._say({"id": "acme/cards", "sha": OID, "siblings": []})

    def _commit(self, body: bytes) -> None:
        for line in body.splitlines():
            entry = json.loads(line)
            if entry["key"] == "file":
                value = entry["value"]
                self.server.files[value["path"]] = base64.b64decode(value["content"])
        url = f"{self.server.address}/acme/cards/commit/{OID}"
        self._say({"success": True, "commitOid": OID, "commitUrl": url, "hookOutput": ""})

    def _say(self, value: Any, status: int = 200) -> None:
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@pytest.fixture
def hub(loopback: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", "hf_not_a_real_token")
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "README.md").write_text("---\ntags: [whet]\n---\n# cards\n")
    (tmp_path / "adapter_config.json").write_text("{}")
    (tmp_path / "whet-manifest.json").write_text("{}")
    return tmp_path


def test_a_push_makes_a_private_repository_and_one_commit(hub: Hub, folder: Path) -> None:
    address = push(folder, "acme/cards", Silent(), endpoint=hub.address)
    assert address.endswith(f"/acme/cards/commit/{OID}")
    [made] = hub.made
    assert (made["organization"], made["name"], made["visibility"]) == ("acme", "cards", "private")
    assert {name: (folder / name).read_bytes() for name in hub.files} == hub.files
    assert set(hub.files) == {"README.md", "adapter_config.json", "whet-manifest.json"}


def test_files_of_another_model_in_the_repository_are_refused(hub: Hub, folder: Path) -> None:
    hub.there += ["adapter_config.json", "README.md", "LICENSE"]
    push(folder, "acme/cards", Silent(), endpoint=hub.address)
    hub.files.clear()
    hub.there.append("model.safetensors")
    with pytest.raises(EndpointError, match=r"acme/cards holds model\.safetensors, which"):
        push(folder, "acme/cards", Silent(), endpoint=hub.address)
    assert not hub.files


def test_a_hub_that_refuses_is_told_and_the_folder_stays(hub: Hub, folder: Path) -> None:
    hub.refuses = True
    with pytest.raises(EndpointError, match=r"the upload failed.*is whole"):
        push(folder, "acme/cards", Silent(), endpoint=hub.address)
    assert not hub.files
    assert len(list(folder.iterdir())) == 3


def test_a_hub_that_is_not_there_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, loopback: None
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with pytest.raises(EndpointError, match="the upload failed"):
        push(folder, "acme/cards", Silent(), endpoint="http://127.0.0.1:9")


def test_an_upload_says_what_and_where_to_before_anything_is_made() -> None:
    with pytest.raises(ConfigError, match="--repo OWNER/NAME"):
        require_repo(None, has_hub=True, push=True)
    with pytest.raises(ConfigError, match="add hub"):
        require_repo("acme/cards", has_hub=False, push=True)
    with pytest.raises(ConfigError, match="expected OWNER/NAME"):
        require_repo("../cards", has_hub=True, push=True)
    require_repo("acme/cards", has_hub=True, push=True)
