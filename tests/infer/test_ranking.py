from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.infer import LocalCompleter
from whet.infer.past import NO_PREFIX
from whet.infer.prompts import encode_choices, encode_prompts
from whet.infer.ranking import rank
from whet.infer.trie import build_trie
from whet.types import Decoding, FinishReason, Message

CHOICES = (
    "card",
    "card_arrival",
    "card_linking",
    "card_payment_fee_charged",
    "refund",
    "reverted",
    "r",
    "top_up",
)


def prompts_of(count: int) -> list[list[Message]]:
    system = "Name the intent of the customer's message."
    return [
        [
            {"role": "system", "content": system},
            {"role": "user", "content": "a" * (1 + 7 * i % 11) + str(i)},
        ]
        for i in range(count)
    ]


def separately(model: Any, tokenizer: Any, prompts: Any, choices: Any, stops: Any) -> np.ndarray:
    """Every prompt with every choice in a forward pass of its own."""
    table = np.zeros((len(prompts), len(choices)))
    answers = encode_choices(choices, tokenizer, stops)
    for row, ids in enumerate(encode_prompts(prompts, tokenizer)):
        for column, answer in enumerate(answers):
            with torch.no_grad():
                logits = model(torch.tensor([[*ids, *answer]])).logits[0].double()
            log_probs = logits.log_softmax(-1)[len(ids) - 1 :]
            said = sum(log_probs[i, token] for i, token in enumerate(answer))
            table[row, column] = said + log_probs[-1, list(stops)].logsumexp(0)
    return table


@pytest.mark.parametrize("name", ["llama", "mistral", "gemma2", "qwen3"])
def test_log_probs_equal_scoring_each_choice_separately(
    name: str, make_model: Callable[[str], Any], tokenizer: Any
) -> None:
    model, stops = make_model(name), (1, 4)
    local = LocalCompleter(model, tokenizer, stop_ids=stops, identity="tiny", batch_rows=4)
    found = local.choice_log_probs(prompts_of(9), CHOICES)
    expected = separately(model, tokenizer, prompts_of(9), CHOICES, stops)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


MANY = tuple(f"{a}{b}{c}" for a in "abcde" for b in "fghij" for c in "klmno")


@pytest.fixture
def ending(tokenizer: Any) -> list[int]:
    """Stop tokens so many that a model ends an answer as readily as it goes on."""
    letters = {tokenizer.convert_tokens_to_ids(letter) for letter in "abcdefghijklmno"}
    return sorted(set(range(265)) - letters)


@pytest.mark.parametrize("sharpness", [0.05, 0.3, 1.0, 6.0])
@pytest.mark.parametrize("choices", [CHOICES, MANY])
def test_the_answer_is_the_likeliest_choice_however_sure_the_model_is(
    sharpness: float,
    choices: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    make_model: Callable[[str], Any],
    tokenizer: Any,
) -> None:
    """Few nodes a round, and stop tokens that decide much, so that good leaves come late."""
    monkeypatch.setattr("whet.infer.ranking.MAX_WIDTH", 4)
    model = make_model("llama")
    with torch.no_grad():
        model.model.norm.weight *= sharpness
    local = LocalCompleter(model, tokenizer, stop_ids=(1,), identity="tiny", batch_rows=16)
    prompts = prompts_of(40)
    best = local.choice_log_probs(prompts, choices).argmax(axis=1)
    found = local.complete(prompts, Decoding(choices=choices))
    assert [completion.text for completion in found] == [choices[i] for i in best]
    assert {completion.finish_reason for completion in found} == {FinishReason.CHOICE}


def test_a_sure_model_computes_few_nodes(
    monkeypatch: pytest.MonkeyPatch,
    ending: list[int],
    make_model: Callable[[str], Any],
    tokenizer: Any,
) -> None:
    from whet.infer.reader import Reader

    seen: list[int] = []
    plain = Reader.branch

    def counted(self: Reader, past: Any, tokens: torch.Tensor, *rest: Any) -> torch.Tensor:
        seen.append(tokens.numel())
        return plain(self, past, tokens, *rest)

    monkeypatch.setattr(Reader, "branch", counted)
    model = make_model("llama")
    with torch.no_grad():
        model.model.norm.weight *= 8
    local = LocalCompleter(model, tokenizer, stop_ids=ending, identity="tiny")
    local.choice_log_probs(prompts_of(10), MANY)
    every = sum(seen)
    seen.clear()
    local.complete(prompts_of(10), Decoding(choices=MANY))
    assert every == 10 * (5 + 25 + 125)
    assert sum(seen) < every / 3


def test_the_probability_of_all_answers_of_one_token_and_their_stop_is_below_one(
    make_model: Callable[[str], Any], tokenizer: Any
) -> None:
    """They are disjoint events, so nothing was normalised by length."""
    local = LocalCompleter(make_model("llama"), tokenizer, stop_ids=(1,), identity="tiny")
    found = local.choice_log_probs(prompts_of(3), ["a", "b", "c", "ab", "abc", "card"])
    assert (np.exp(found).sum(axis=1) < 1).all()


def test_choices_take_room_in_the_context(make_model: Callable[[str], Any], tokenizer: Any) -> None:
    from whet.errors import ModelError

    prompts = prompts_of(1)
    length = len(encode_prompts(prompts, tokenizer)[0])
    local = LocalCompleter(
        make_model("llama"), tokenizer, stop_ids=(1,), identity="tiny", max_positions=length + 3
    )
    assert local.complete(prompts, Decoding(choices=("abc", "de")))
    with pytest.raises(ModelError, match="4 tokens of answer"):
        local.complete(prompts, Decoding(choices=("abcd", "e")))


class TableReader:
    """Logits of a node from a table [B, N, V] instead of a model."""

    device = torch.device("cpu")
    max_logits = 2**20

    def __init__(self, table: np.ndarray) -> None:
        self.table = torch.from_numpy(table)
        self.vocab_size = table.shape[2]

    def read(self, *_: Any) -> Any:
        past = SimpleNamespace(keep=lambda rows: None, select=lambda index: None)
        return past, self.table[:, 0]


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.floats(0.1, 6.0))
@settings(max_examples=60, deadline=None)
def test_no_branch_is_left_that_holds_the_best_choice(
    seed: int, num_choices: int, sharpness: float
) -> None:
    """Any probabilities at all, against adding up every path."""
    random = np.random.default_rng(seed)
    lengths = random.integers(1, 6, num_choices)
    rows = list(dict.fromkeys(tuple(random.integers(1, 5, n).tolist()) for n in lengths))
    trie = build_trie([str(row) for row in rows], rows)
    reader = TableReader(sharpness * random.normal(size=(7, trie.num_nodes, 6)))

    def expand(search: Any, nodes_BW: np.ndarray) -> None:
        known = np.minimum(nodes_BW, trie.num_nodes - 1)
        search._columns = torch.cat([search._columns, torch.from_numpy(nodes_BW)], dim=1)
        search.observe(nodes_BW, reader.table[search._rows[:, None], known])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("whet.infer.ranking._Search.expand", expand)
        patch.setattr("whet.infer.ranking.MAX_WIDTH", 2)
        patch.setattr("whet.infer.ranking.FIRST_WIDTH", 1)
        found = rank(reader, NO_PREFIX, [[0]] * 7, trie, [0, 5])  # type: ignore[arg-type]
    log_probs = reader.table.log_softmax(-1)
    expected = np.zeros((7, len(rows)))
    for column, row in enumerate(rows):
        way = np.nonzero(trie.closure[:, trie.ends[column]])[0]
        for node, token in zip(way, row, strict=False):
            expected[:, column] += log_probs[:, node, token].numpy()
        expected[:, column] += log_probs[:, way[-1], [0, 5]].logsumexp(-1).numpy()
    assert (found.argmax(1) == expected.argmax(1)).all()
    computed = np.isfinite(found)
    np.testing.assert_allclose(found[computed], expected[computed], rtol=1e-9)
