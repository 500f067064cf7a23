"""What is served, told apart by content, and the addresses and keys it is served under."""

from __future__ import annotations

import json
import socket
import struct
from pathlib import Path

import pytest

from whet.artifacts.gguf_summary import read_summary
from whet.errors import ArtifactError, ConfigError, ModelError
from whet.serving.opening import open_backend
from whet.serving.server.keys import keys_for
from whet.serving.target import Target, find_target
from whet.web.address import is_loopback, listen

KEY = "0123456789abcdef"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_a_folder_and_a_name_are_what_their_content_says(tmp_path: Path) -> None:
    gguf = write(tmp_path / "a" / "shop.gguf", "GGUF")
    assert find_target(gguf) == Target("shop", gguf=gguf)
    assert find_target(tmp_path / "a") == Target("a", gguf=gguf)
    model = write(tmp_path / "b" / "config.json", "{}").parent
    assert find_target(model) == Target("b", model=str(model))
    inside = write(tmp_path / "c" / "model" / "config.json", "{}").parent
    assert find_target(tmp_path / "c") == Target("c", model=str(inside))
    told = json.dumps({"base_model_name_or_path": "Qwen/Qwen3-0.6B"})
    adapter = write(tmp_path / "d" / "adapter_config.json", told).parent
    assert find_target(adapter) == Target("d", model="Qwen/Qwen3-0.6B", adapter=adapter)
    assert find_target("whet-nano") == Target("whet-nano", model="whet-nano")


def test_what_cannot_be_served_says_what_can(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no model"):
        find_target(tmp_path)
    with pytest.raises(ConfigError, match=r"expected a \.gguf file"):
        find_target(write(tmp_path / "x.bin", "x"))
    for name in ("p", "q"):
        write(tmp_path / "two" / f"{name}.gguf", "GGUF")
    with pytest.raises(ConfigError, match="2 GGUF files"):
        find_target(tmp_path / "two")
    write(tmp_path / "e" / "adapter_config.json", "{}")
    with pytest.raises(ModelError, match="which base"):
        find_target(tmp_path / "e")


def test_an_artifact_whose_files_changed_is_not_served(tmp_path: Path) -> None:
    from whet.artifacts.manifest import FORMAT, MANIFEST, files_of

    folder = write(tmp_path / "art" / "shop.gguf", "GGUF").parent
    files = [{"path": f.path, "sha256": f.sha256, "bytes": f.bytes} for f in files_of(folder)]
    manifest = {
        "format": FORMAT, "kind": "gguf", "name": "shop-7", "files": files,
        "base": {"name": "b", "identity": None}, "system": "Be kind.", "proof": [],
    }  # fmt: skip
    write(folder / MANIFEST, json.dumps(manifest))
    found = find_target(folder)
    assert (found.name, found.system) == ("shop-7", "Be kind.")
    write(folder / "shop.gguf", "GGUG")
    with pytest.raises(ArtifactError, match=r"shop\.gguf is not what was exported"):
        find_target(folder)
    write(folder / "shop.gguf", "GGUF")
    write(folder / "extra.json", "{}")
    with pytest.raises(ArtifactError, match=r"extra\.json"):
        find_target(folder)


@pytest.mark.parametrize("told", [{"slots": 0}, {"slots": -1}, {"context": 0}])
def test_no_slots_and_no_context_are_refused(told: dict[str, int], tmp_path: Path) -> None:
    gguf = Target("shop", gguf=tmp_path / "shop.gguf")
    with pytest.raises(ConfigError, match="expected 1 or more"):
        open_backend(gguf, "auto", **{"context": None, "slots": None, **told}, say=print)


def test_an_engine_that_cannot_run_the_target_says_which_can(tmp_path: Path) -> None:
    gguf = Target("shop", gguf=tmp_path / "shop.gguf")

    def opening(target: Target, engine: str) -> None:
        open_backend(target, engine, context=None, slots=None, say=lambda text: None)

    with pytest.raises(ConfigError, match=r"expected one of auto, llama\.cpp"):
        opening(gguf, "ollama")
    with pytest.raises(ConfigError, match=r"is a GGUF, which llama\.cpp runs"):
        opening(gguf, "transformers")
    with pytest.raises(ConfigError, match="whet export RUN --to gguf"):
        opening(Target("m", model="whet-nano"), "llama.cpp")


def gguf_bytes(*pairs: tuple[str, int, bytes]) -> bytes:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    body = b"".join(text(key) + struct.pack("<I", kind) + value for key, kind, value in pairs)
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs)) + body


def test_the_head_of_a_gguf_is_read_without_its_arrays(tmp_path: Path, nano_gguf: Path) -> None:
    header = read_summary(nano_gguf).keys
    assert header["general.architecture"] == "llama"
    assert header["llama.context_length"] == 2048
    assert "tokenizer.ggml.tokens" not in header
    file = tmp_path / "adapter.gguf"
    told = struct.pack("<Q", 7) + b"adapter"
    file.write_bytes(gguf_bytes(("general.type", 8, told)))
    with pytest.raises(ModelError, match="an adapter without its base"):
        open_backend(Target("a", gguf=file), "auto", context=None, slots=1, say=lambda text: None)


@pytest.mark.parametrize(
    "raw",
    [b"", b"PK\x03\x04", b"GGUF", b"GGUF" + struct.pack("<IQQ", 9, 0, 1),
     b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60), gguf_bytes(("a", 77, b"")),
     gguf_bytes(("a", 8, struct.pack("<Q", 2**40))), gguf_bytes(("a", 8, struct.pack("<Q", 9))),
     gguf_bytes(("a", 9, struct.pack("<IQ", 8, 2**50)))],
    ids=range(9),
)  # fmt: skip
def test_a_broken_head_is_refused_without_reading_far(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "x.gguf"
    file.write_bytes(raw)
    with pytest.raises(ModelError, match=r"x\.gguf"):
        read_summary(file)


@pytest.mark.parametrize(
    ("host", "is_one"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("[::1]", True), ("127.9.9.9", True),
     ("0.0.0.0", False), ("192.168.0.1", False), ("example.org", False), ("::", False)],
)  # fmt: skip
def test_loopback_addresses_are_known(host: str, is_one: bool) -> None:
    assert is_loopback(host) == is_one


def test_other_addresses_need_a_key_and_keys_have_a_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WHET_API_KEY", raising=False)
    assert keys_for("127.0.0.1", None) == ()
    with pytest.raises(ConfigError, match="other machines"):
        keys_for("0.0.0.0", None)
    monkeypatch.setenv("WHET_API_KEY", KEY)
    assert keys_for("0.0.0.0", None) == (KEY,)
    file = write(tmp_path / "keys", f"# two teams\n{KEY}\n\n{KEY}2\n")
    assert keys_for("0.0.0.0", file) == (KEY, f"{KEY}2")
    for bad in ("short", KEY + "é", KEY[:8] + " " + KEY[8:]):
        with pytest.raises(ConfigError, match="at least 16 printable ASCII"):
            keys_for("127.0.0.1", write(tmp_path / "bad", bad))
    with pytest.raises(ConfigError, match="holds no key"):
        keys_for("127.0.0.1", write(tmp_path / "empty", "# none\n"))
    with pytest.raises(ConfigError, match="cannot be read"):
        keys_for("127.0.0.1", tmp_path / "absent")


def test_a_port_in_use_says_so(loopback: None) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigError, match="in use by another program"),
    ):
        listen("127.0.0.1", taken.getsockname()[1])
