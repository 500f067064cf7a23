"""`whet chat`: several models asked the same, and files of questions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from tests_exports import make_animals, make_run

from whet.artifacts.opening import is_artifact
from whet.cli.chatting import converse
from whet.engines.completer import EngineCompleter
from whet.engines.engine import Answer, Facts
from whet.errors import ArtifactError, ConfigError, Interrupted, ModelError
from whet.infer import FakeCompleter
from whet.progress import Silent
from whet.types import Completer, Decoding, Messages
from whet.verbs.chat import Chat, chat
from whet.verbs.chat_file import answer_file
from whet.verbs.export import export

SYSTEMS: dict[str, str | None] = {"base": "Be brief.", "tuned": None}


def fake(name: str) -> FakeCompleter:
    return FakeCompleter(lambda messages: f"{name} heard {messages[-1]['content']}")


def fakes() -> dict[str, FakeCompleter]:
    return {"base": fake("base"), "tuned": fake("tuned")}


def questions(folder: Path, count: int) -> Path:
    rows = [{"messages": [{"role": "user", "content": f"q{n}"}]} for n in range(count)]
    rows[-1]["messages"].append({"role": "assistant", "content": "known"})
    path = folder / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_session_keeps_each_models_own_history() -> None:
    models = fakes()
    session = Chat(dict(models), SYSTEMS, Decoding())
    heard: list[tuple[str, str]] = []
    session.say("one", lambda name, piece: heard.append((name, piece)))
    assert heard == [("base", "base heard one"), ("tuned", "tuned heard one")]
    session.say("two")
    roles = [[m["role"] for m in model.asked[-1]] for model in models.values()]
    assert roles == [["system", "user", "assistant", "user"], ["user", "assistant", "user"]]
    session.reset()
    session.say("three")
    assert len(models["tuned"].asked[-1]) == 1


def test_an_answer_that_was_stopped_leaves_no_half_history() -> None:
    def stopped(_: Messages) -> str:
        raise KeyboardInterrupt

    models = {"base": fake("base"), "tuned": FakeCompleter(stopped)}
    session = Chat(dict(models), SYSTEMS, Decoding())
    with pytest.raises(KeyboardInterrupt):
        session.say("one")
    assert session.histories == {}


def test_one_message_is_answered_by_each_model_on_its_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    models = {"base": fake("base"), "tuned": FakeCompleter({"hi\x1b": ""})}
    converse(Chat(dict(models), SYSTEMS, Decoding()), "hi\x1b", as_json=False)
    assert capsys.readouterr().out == "base   base heard hi\\x1b\ntuned  \n"


def test_every_row_of_a_file_is_answered_in_its_place(tmp_path: Path) -> None:
    models, out = fakes(), tmp_path / "out.jsonl"
    done = answer_file(dict(models), SYSTEMS, Decoding(), questions(tmp_path, 20), out)
    rows = lines(out)
    assert (done.rows, done.asked, len(rows)) == (20, 20, 20)
    assert rows[3]["answers"] == {"base": "base heard q3", "tuned": "tuned heard q3"}
    assert rows[19]["messages"] == [{"role": "user", "content": "q19"}]
    assert models["base"].asked[0][0] == {"role": "system", "content": "Be brief."}


def test_rows_of_text_and_rows_that_repeat_are_each_answered(tmp_path: Path) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text('{"text": "a"}\n{"text": "b"}\n{"text": "a"}\n')
    answer_file({"m": fake("m")}, {"m": None}, Decoding(), path, out)
    assert [row["answers"] for row in lines(out)] == [
        {"m": "m heard a"},
        {"m": "m heard b"},
        {"m": "m heard a"},
    ]


class StopsAfter(Silent):
    """Asks to stop once so many batches have begun."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def should_stop(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_stopped_work_is_kept_and_gone_on_with(tmp_path: Path) -> None:
    source, out = questions(tmp_path, 40), tmp_path / "out.jsonl"
    with pytest.raises(Interrupted):
        answer_file(dict(fakes()), SYSTEMS, Decoding(), source, out, progress=StopsAfter(1))
    assert len(lines(out)) == 16
    with out.open("a") as file:
        file.write('{"source": "cut')  # as a crash leaves it
    done = answer_file(dict(fakes()), SYSTEMS, Decoding(), source, out, resume=True)
    assert (done.rows, done.asked) == (40, 24)
    whole = tmp_path / "whole.jsonl"
    answer_file(dict(fakes()), SYSTEMS, Decoding(), source, whole)
    assert out.read_bytes() == whole.read_bytes()


def test_an_output_is_not_overwritten_nor_mixed_with_another(tmp_path: Path) -> None:
    source, out = questions(tmp_path, 3), tmp_path / "out.jsonl"
    answer_file(dict(fakes()), SYSTEMS, Decoding(), source, out)
    before = out.read_bytes()
    with pytest.raises(ConfigError, match="not overwritten"):
        answer_file(dict(fakes()), SYSTEMS, Decoding(), source, out)
    source.write_text('{"text": "other"}\n' * 3)
    with pytest.raises(ConfigError, match="of another input"):
        answer_file(dict(fakes()), SYSTEMS, Decoding(), source, out, resume=True)
    assert out.read_bytes() == before


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run, and the folder of what was exported of it."""
    place = tmp_path_factory.mktemp("exported")
    run = make_run(make_animals(place / "animals"))
    export(run, to="merged,gguf", out=place / "out", num_prompts=1)
    return run, place / "out"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["merged", "gguf"])
def test_an_artifact_answers_as_its_run_does(kind: str, exported: tuple[Path, Path]) -> None:
    run, out = exported
    wanted = chat(run).say("I saw a cat in park 3.")["tuned"]
    session = chat(out / kind)
    session.decoding = Decoding(max_new_tokens=6)
    with closing(session):
        [(name, answer)] = session.say("I saw a cat in park 3.").items()
    assert answer == wanted
    assert session.prompts[name] == "Name the sound."


@pytest.mark.slow
def test_an_artifact_that_was_changed_is_not_asked(
    exported: tuple[Path, Path], tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(exported[1] / "merged", copy)
    with (copy / "config.json").open("a") as file:
        file.write("\n")
    with pytest.raises(ArtifactError, match=r"(?s)not what it was.*config\.json"):
        chat(copy)


class Parrot:
    """An engine that says what it was asked."""

    name = "parrot"

    def facts(self) -> Facts:
        return Facts()

    def answer(self, messages: Messages, max_new_tokens: int) -> Answer:
        return Answer(messages[-1]["content"], stopped=False)

    def logprobs(self, prompt: Sequence[int], answer: Sequence[int]) -> None:
        return None

    def close(self) -> None:
        pass


def test_an_engine_gives_greedy_answers_cut_at_stop_strings() -> None:
    models: dict[str, Completer] = {"parrot": EngineCompleter(Parrot())}
    session = Chat(models, {"parrot": None}, Decoding(stop=("STOP",)))
    assert session.say("one STOP two") == {"parrot": "one "}
    session.decoding = Decoding(temperature=0.7)
    with pytest.raises(ModelError, match="greedy answers only"):
        session.say("hello")


def test_a_folder_that_is_nothing_of_ours_is_no_artifact(tmp_path: Path) -> None:
    assert not is_artifact(tmp_path)
    with pytest.raises(ConfigError):
        chat(tmp_path / "whet.yaml")
