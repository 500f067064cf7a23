"""llama.cpp as an engine: facts, answers, log-probabilities, in a process that cannot hurt ours."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_models import (
    VOCABULARY,
    FolderWeights,
    configs,
    random_model,
    reference_logprobs,
    save_with_tokenizer,
)

from whet.artifacts.gguf import write_gguf
from whet.engines import llama_server
from whet.engines.llama_cpp import LlamaCpp, normalised
from whet.engines.llama_server import LlamaServer
from whet.errors import EndpointError, MissingExtraError, ModelError
from whet.models import nano
from whet.models.load import load_model

pytest.importorskip("xllamacpp")
pytestmark = pytest.mark.usefixtures("loopback")
QUESTION = [{"role": "user", "content": "Hello there"}]


@pytest.fixture(scope="module")
def nano_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("nano") / "nano.gguf"
    write_gguf(FolderWeights(nano.folder()), file)
    return file


@pytest.fixture(scope="module")
def engine(nano_gguf: Path) -> Iterator[LlamaCpp]:
    engine = LlamaCpp(nano_gguf, context=256, threads=1)
    yield engine
    engine.close()


def test_facts_are_those_of_the_judged_model(engine: LlamaCpp) -> None:
    loaded = load_model("whet-nano", dtype="float32")
    facts = engine.facts()
    assert facts.template == loaded.template
    assert facts.stop_ids == tuple(sorted(loaded.stop_ids))
    assert (facts.adds_bos, facts.bos_id) == (False, None)
    assert facts.eos_id == loaded.tokenizer.eos_token_id
    assert (facts.vocabulary, facts.context) == (VOCABULARY, loaded.max_positions)


def test_a_stop_token_that_only_the_file_names_is_told(tmp_path: Path) -> None:
    save_with_tokenizer(random_model(configs()["llama"]), tmp_path)
    (tmp_path / "generation_config.json").write_text(json.dumps({"eos_token_id": [2, 0, 77, 88]}))
    write_gguf(FolderWeights(tmp_path), tmp_path / "model.gguf")
    engine = LlamaCpp(tmp_path / "model.gguf", threads=1)
    try:
        assert engine.facts().stop_ids == (0, 2, 77, 88)
    finally:
        engine.close()


def test_an_answer_ends_at_the_limit_or_at_a_stop_token(engine: LlamaCpp) -> None:
    cut = engine.answer(QUESTION, 3)  # type: ignore[arg-type]
    whole = engine.answer(QUESTION, 60)  # type: ignore[arg-type]
    assert not cut.stopped
    assert whole.stopped
    assert cut.output_ids is not None
    assert whole.output_ids is not None
    assert whole.output_ids[:3] == cut.output_ids
    assert not set(whole.output_ids) & set(engine.facts().stop_ids or ())
    assert whole.text.startswith(cut.text)


def saying(token: int, folder: Path) -> Path:
    """A file of a model that says one token for ever."""
    model = random_model(configs()["llama"])
    head = model.lm_head.weight.data
    head.zero_()
    model.model.norm.weight.data.fill_(1.0)
    model.model.embed_tokens.weight.data[:, 0] = 50.0
    head[token, 0] = 50.0
    save_with_tokenizer(model, folder)
    write_gguf(FolderWeights(folder), folder / "model.gguf")
    return folder / "model.gguf"


def test_ids_are_told_where_tokens_are_parts_of_characters(
    engine: LlamaCpp, tmp_path: Path
) -> None:
    part = engine.tokenize("🙂")[0]
    other = LlamaCpp(saying(part, tmp_path), context=64, threads=1)
    try:
        answer = other.answer(QUESTION, 4)  # type: ignore[arg-type]
        assert answer.output_ids == (part,) * 4
        assert other.logprobs([5, 6], [7]).shape == (2, VOCABULARY)
    finally:
        other.close()


def test_log_probabilities_are_told_where_the_likeliest_token_ends_the_answer(
    tmp_path: Path,
) -> None:
    other = LlamaCpp(saying(2, tmp_path), context=64, threads=1)
    try:
        rows = other.logprobs([5, 6], [])
        assert rows[0].argmax() == 2
        answer = other.answer(QUESTION, 4)  # type: ignore[arg-type]
        assert (answer.text, answer.output_ids, answer.stopped) == ("", (), True)
    finally:
        other.close()


def test_nothing_is_added_to_the_ids_that_are_given(engine: LlamaCpp) -> None:
    loaded = load_model("whet-nano", dtype="float32")
    for prompt, answer in (([2], []), ([1, 421, 2, 0, 5], [0, 1, 2])):
        reference = reference_logprobs(loaded.model, prompt, answer)
        assert np.abs(engine.logprobs(prompt, answer) - reference).max() < 2e-4


def test_the_servers_sum_of_probabilities_is_mended() -> None:
    exact = np.log(np.full((1, 1000), 1e-3))
    assert np.allclose(normalised((exact + 1e-3).astype(np.float32)), exact, atol=1e-6)


def test_keys_in_half_precision_cost_what_exact_saves(nano_gguf: Path, engine: LlamaCpp) -> None:
    loaded = load_model("whet-nano", dtype="float32")
    prompt, answer = list(range(100, 160)), [7, 8, 9]
    reference = reference_logprobs(loaded.model, prompt, answer)
    half = LlamaCpp(nano_gguf, context=256, threads=1, exact=False)
    try:
        loss = np.abs(half.logprobs(prompt, answer) - reference).max()
    finally:
        half.close()
    assert np.abs(engine.logprobs(prompt, answer) - reference).max() < 2e-4 < loss < 0.1


def test_a_conversation_beyond_the_context_is_an_error(engine: LlamaCpp) -> None:
    with pytest.raises(EndpointError, match=r"refuses .* with 400: .*context"):
        engine.answer([{"role": "user", "content": "word " * 400}], 3)


def test_two_engines_run_at_once_and_each_has_its_port(engine: LlamaCpp, nano_gguf: Path) -> None:
    other = LlamaCpp(nano_gguf, context=256, threads=1)
    try:
        assert other.address != engine.address
        assert other.answer(QUESTION, 8) == engine.answer(QUESTION, 8)  # type: ignore[arg-type]
    finally:
        other.close()


def test_who_has_not_the_key_is_refused(engine: LlamaCpp) -> None:
    request = urllib.request.Request(f"{engine.address}/props")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request)


def test_llama_cpp_prints_nothing_here(nano_gguf: Path, capfd: pytest.CaptureFixture[str]) -> None:
    engine = LlamaCpp(nano_gguf, context=256, threads=1)
    engine.answer(QUESTION, 2)  # type: ignore[arg-type]
    engine.close()
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


def test_our_signals_stay_ours(nano_gguf: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    LlamaCpp(nano_gguf, context=256, threads=1).close()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x80\x04pickle", "is no GGUF file by its content"),
        (b"GGUF" + b"\xff" * 200, "llama.cpp cannot load it"),
        (None, "there is no such file"),
    ],
)
def test_a_broken_file_is_an_error_and_no_crash(
    content: bytes | None, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "model.gguf"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ModelError, match=said):
        LlamaCpp(file, threads=1)


def test_half_a_file_is_an_error(nano_gguf: Path, tmp_path: Path) -> None:
    content = nano_gguf.read_bytes()
    (tmp_path / "half.gguf").write_bytes(content[: len(content) // 2])
    with pytest.raises(
        ModelError, match=r"llama.cpp cannot load it: tensor .* .*model is corrupted"
    ):
        LlamaCpp(tmp_path / "half.gguf", threads=1)


def test_what_is_no_adapter_of_the_model_is_an_error_that_names_both(nano_gguf: Path) -> None:
    with pytest.raises(ModelError, match=r"nano.gguf with .*nano.gguf: .* to be 'adapter'"):
        LlamaCpp(nano_gguf, adapter=nano_gguf, threads=1)


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(process: int) -> bool:
    end = time.monotonic() + 20
    while alive(process) and time.monotonic() < end:
        time.sleep(0.05)
    return not alive(process)


def test_an_interrupt_while_a_file_is_loaded_leaves_no_timer_to_wait_for(
    nano_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted:
        def readline(self) -> bytes:
            raise KeyboardInterrupt

        def close(self) -> None: ...

    def start(log: Any) -> Any:
        process = start_as_ever(log)
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = Interrupted()  # type: ignore[assignment]
        return process

    start_as_ever = llama_server._start
    monkeypatch.setattr(llama_server, "_start", start)
    with pytest.raises(KeyboardInterrupt):
        llama_server.LlamaServer(nano_gguf)
    timers = [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
    for timer in timers:
        timer.join(1)
    assert not any(timer.is_alive() for timer in timers)


def test_a_server_that_died_is_an_error_that_names_it(nano_gguf: Path) -> None:
    server = LlamaServer(nano_gguf, context=256, threads=1)
    server._process.kill()
    server._process.wait()
    with pytest.raises(EndpointError, match="does not answer /props"):
        server.get("/props")
    server.close()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
def test_the_server_ends_with_its_engine_and_with_a_parent_that_is_killed(
    nano_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHET_API_KEY", "of whet's clients alone")
    server = LlamaServer(nano_gguf, context=256, threads=1)
    child = server._process.pid
    assert alive(child)
    assert b"WHET_API_KEY" not in Path(f"/proc/{child}/environ").read_bytes()
    server.close()
    assert gone(child)
    script = (
        "import sys, time; from pathlib import Path\n"
        "from whet.engines.llama_server import LlamaServer\n"
        "server = LlamaServer(Path(sys.argv[1]), context=256, threads=1)\n"
        "print(server._process.pid, flush=True); time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    parent: Any = subprocess.Popen(
        [sys.executable, "-c", script, str(nano_gguf)], stdout=subprocess.PIPE, env=environment
    )
    child = int(parent.stdout.readline())
    assert alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(child)


def test_without_the_package_the_message_is_the_command(
    nano_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"needs xllamacpp. Run: pip install 'whet\[exp"):
        LlamaCpp(nano_gguf)
