from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from whet.infer import LocalCompleter
from whet.infer.attention import attention_of
from whet.infer.batch import AnswerBatch, Room
from whet.infer.past import NO_PREFIX
from whet.infer.prompts import encode_prompts
from whet.infer.reader import Reader
from whet.types import Decoding, Message

PREFIX = [0, *range(40, 59)]
SUFFIXES = [[5, 6, 7], list(range(100, 117)), [8], [9, 9, 9, 9, 9]]
ARCHITECTURES = ["llama", "mistral", "gemma2", "gemma3_text", "gpt2"]


def reference(model: Any, tokens: list[int]) -> torch.Tensor:
    with torch.no_grad():
        return model(torch.tensor([tokens])).logits[0, -1].float()


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("shared", [True, False])
def test_rows_that_join_and_leave_have_the_logits_of_each_alone(
    name: str, shared: bool, make_model: Callable[[str], Any]
) -> None:
    """A short row, then a longer one, then two shorter ones; then the longest leaves."""
    model, twin = make_model(name), make_model(name)
    reader = Reader(model)
    suffixes = SUFFIXES if shared else [PREFIX + suffix for suffix in SUFFIXES]
    said: list[list[int]] = [[] for _ in SUFFIXES]

    def compare() -> None:
        for place, row in enumerate(batch.numbers):
            expected = reference(twin, PREFIX + SUFFIXES[row] + said[row])
            torch.testing.assert_close(batch.logits_BV[place], expected, rtol=1e-4, atol=2e-4)

    def say(live: set[int]) -> None:
        tokens = [20 + row + len(said[row]) for row in batch.numbers]
        for row, token in zip(batch.numbers, tokens, strict=True):
            said[row].append(token)
        batch.step(torch.tensor(tokens), live)
        compare()

    with attention_of(model), torch.inference_mode():
        prefix = reader.read_prefix(PREFIX) if shared else NO_PREFIX
        batch = AnswerBatch(reader, prefix, suffixes, [20] * 4)
        for joined in ([0], [1], [2, 3]):
            batch.join(joined)
            compare()
            say({0, 1, 2, 3})
        say({0, 2, 3})
        assert batch.numbers == [0, 2, 3]
        assert batch.num_columns == len(suffixes[0]) + len(said[0]), "the padding went"
        say({0, 2, 3})
        say(set())
    assert batch.numbers == []


def prompts_of(count: int) -> list[list[Message]]:
    system = "You are a helpful bank clerk who answers briefly and politely."
    return [
        [
            {"role": "system", "content": system},
            {"role": "user", "content": "where is my card " * (i * 5 % 4) + f"number {i}?"},
        ]
        for i in range(count)
    ]


STOPS = tuple(range(1, 265, 9))


@pytest.mark.parametrize(
    ("name", "rows", "tokens"),
    [("llama", 4, 16_384), ("llama", 8, 400), ("llama", 1, 1), ("mistral", 4, 16_384),
     ("gpt2", 4, 16_384)],
)  # fmt: skip
def test_answers_of_all_lengths_are_those_of_generate_one_by_one(
    name: str, rows: int, tokens: int, make_model: Callable[[str], Any], tokenizer: Any
) -> None:
    model = make_model(name)
    prompts = prompts_of(14)
    local = LocalCompleter(
        model, tokenizer, stop_ids=STOPS, identity="x", batch_rows=rows, batch_tokens=tokens
    )
    found = local.complete(prompts, Decoding(max_new_tokens=24))
    for ids, completion in zip(encode_prompts(prompts, tokenizer), found, strict=True):
        inputs = torch.tensor([ids])
        whole = model.generate(
            inputs,
            attention_mask=torch.ones_like(inputs),
            do_sample=False,
            max_new_tokens=24,
            eos_token_id=list(STOPS),
            pad_token_id=1,
        )[0, len(ids) :].tolist()
        assert completion.num_output_tokens == len(whole)
        kept = [token for token in whole if token not in STOPS]
        assert completion.text == tokenizer.decode(kept, skip_special_tokens=True)
    assert len({completion.num_output_tokens for completion in found}) > 4, "all lengths"


def test_one_long_answer_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, make_model: Callable[[str], Any], tokenizer: Any
) -> None:
    """Four answers of 40 tokens among 40 short ones: batch by batch they would take 160 steps."""
    steps: list[int] = []
    plain = Reader.step

    def counted(self: Reader, past: Any, tokens_B: torch.Tensor, *rest: Any) -> torch.Tensor:
        steps.append(len(tokens_B))
        logits = plain(self, past, tokens_B, *rest)
        logits[:, 1] = 1e4  # every answer ends here ...
        if len(steps) < 40:
            logits[:1, 1] = -1e4  # ... but that of the first row, which has 40 steps to go
        return logits

    monkeypatch.setattr(Reader, "step", counted)
    local = LocalCompleter(
        make_model("llama"), tokenizer, stop_ids=(1,), identity="x", batch_rows=4
    )
    found = local.complete(prompts_of(24), Decoding(max_new_tokens=60))
    assert max(completion.num_output_tokens for completion in found) > 40
    assert len(steps) < 50, "the others were answered beside the long one"


@given(
    st.lists(st.integers(1, 50), max_size=30),
    st.integers(0, 8),
    st.integers(0, 60),
    st.integers(1, 8),
    st.integers(1, 200),
)
def test_no_more_rows_are_let_in_than_there_is_room_for(
    lengths: list[int], num_rows: int, width: int, rows: int, tokens: int
) -> None:
    waiting = deque(sorted(range(len(lengths)), key=lambda row: -lengths[row]))
    count = Room(rows, tokens).take(waiting, lengths, num_rows, width)
    assert 0 <= count <= len(waiting)
    if count:
        widest = max(width, lengths[waiting[0]])
        assert num_rows + count <= rows
        assert num_rows + count == 1 or (num_rows + count) * widest <= tokens
    else:
        assert not waiting or num_rows, "an empty batch always takes somebody in"
