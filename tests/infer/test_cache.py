from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from whet.infer import CachedCompleter, FakeCompleter
from whet.types import Decoding, Message

GREEDY = Decoding()


def ask(*texts: str) -> list[list[Message]]:
    return [[{"role": "user", "content": text}] for text in texts]


def echo(identity: str = "fake") -> FakeCompleter:
    return FakeCompleter(lambda messages: messages[-1]["content"].upper(), identity)


def test_an_answer_is_computed_once_and_found_by_the_next_process(tmp_path: Path) -> None:
    fake = echo()
    first = CachedCompleter(fake, tmp_path)
    computed = first.complete(ask("a", "b", "a"), GREEDY)
    assert len(fake.asked) == 2
    second = CachedCompleter(echo(), tmp_path)
    assert second.complete(ask("b", "a", "b"), GREEDY) == [computed[i] for i in (1, 0, 1)]
    assert (second.num_hits, second.num_misses) == (3, 0)


def test_identity_decoding_and_messages_keep_answers_apart(tmp_path: Path) -> None:
    CachedCompleter(echo(), tmp_path).complete(ask("a"), GREEDY)
    for completer, prompts, decoding in [
        (echo("other"), ask("a"), GREEDY),
        (echo(), ask("b"), GREEDY),
        (echo(), ask("a"), Decoding(max_new_tokens=7)),
        (echo(), ask("a"), Decoding(choices=("A",))),
        (echo(), ask("a"), Decoding(stop=("x",))),
    ]:
        cached = CachedCompleter(completer, tmp_path)
        cached.complete(prompts, decoding)
        assert (cached.num_hits, cached.num_misses) == (0, 1)


def test_tools_keep_answers_apart_and_are_handed_on(tmp_path: Path) -> None:
    fake = echo()
    cached = CachedCompleter(fake, tmp_path)
    tools = ({"name": "weather"},)
    cached.complete(ask("a"), GREEDY)
    cached.complete(ask("a", "a"), GREEDY, [tools, ()])
    assert (cached.num_hits, cached.num_misses) == (1, 2)
    assert [list(offered) for offered in fake.offered] == [[], [{"name": "weather"}]]


def test_sampled_answers_are_not_kept(tmp_path: Path) -> None:
    cached = CachedCompleter(echo(), tmp_path)
    for _ in range(2):
        cached.complete(ask("a"), Decoding(temperature=1.0))
    assert (cached.num_hits, cached.num_misses) == (0, 2)
    assert not list(tmp_path.iterdir())


def test_a_torn_line_is_computed_again_and_spoils_no_other(tmp_path: Path) -> None:
    CachedCompleter(echo(), tmp_path).complete(ask("a", "b"), GREEDY)
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes().rstrip()[:-20])  # as a kill leaves it
    cached = CachedCompleter(echo(), tmp_path)
    assert [c.text for c in cached.complete(ask("a", "b"), GREEDY)] == ["A", "B"]
    assert (cached.num_hits, cached.num_misses) == (1, 1)
    last = CachedCompleter(echo(), tmp_path)
    last.complete(ask("a", "b"), GREEDY)
    assert (last.num_hits, last.num_misses) == (2, 0)


def test_what_another_writer_added_is_seen_before_computing(tmp_path: Path) -> None:
    one, two = CachedCompleter(echo(), tmp_path), CachedCompleter(echo(), tmp_path)
    two.complete(ask("x"), GREEDY)
    one.complete(ask("a"), GREEDY)
    two.complete(ask("a"), GREEDY)
    assert two.num_hits == 1


def test_a_crash_costs_one_chunk(tmp_path: Path) -> None:
    fake = FakeCompleter({"a": "A", "b": "B"})
    cached = CachedCompleter(fake, tmp_path, chunk_size=1)
    with pytest.raises(KeyError):
        cached.complete(ask("a", "b", "unknown"), GREEDY)
    again = CachedCompleter(fake, tmp_path)
    again.complete(ask("a", "b"), GREEDY)
    assert again.num_hits == 2


def _write(folder: Path, start: int) -> None:
    cached = CachedCompleter(echo(), folder, chunk_size=3)
    cached.complete(ask(*(f"text {i}" for i in range(start, start + 200))), GREEDY)


def test_two_processes_may_write_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write, args=(tmp_path, start)) for start in (0, 100)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    cached = CachedCompleter(echo(), tmp_path)
    cached.complete(ask(*(f"text {i}" for i in range(300))), GREEDY)
    assert cached.num_misses == 0
