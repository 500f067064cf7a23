from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedModel

from whet.errors import ModelError
from whet.infer.attention import attention_of
from whet.infer.past import NO_PREFIX
from whet.infer.reader import Reader, batches, common_prefix

ARCHITECTURES = ["llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3_text", "phi3", "gpt2"]
PREFIX = [0, *range(40, 59)]
SUFFIXES = [[5, 6, 7], [8], list(range(100, 117)), [9, 9]]
NEXT = [[11, 12], [13, 14], [15, 16], [17, 18]]


def reference(model: Any, tokens: list[int]) -> torch.Tensor:
    with torch.no_grad():
        return model(torch.tensor([tokens])).logits[0].float()


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("shared", [True, False])
def test_batched_logits_equal_those_of_each_row_alone(
    name: str, shared: bool, make_model: Callable[[str], Any]
) -> None:
    model = make_model(name)
    reader = Reader(model)
    suffixes = SUFFIXES if shared else [PREFIX + suffix for suffix in SUFFIXES]
    with attention_of(model), torch.inference_mode():
        prefix = reader.read_prefix(PREFIX) if shared else NO_PREFIX
        past, logits = reader.read(prefix, suffixes)
        steps = [logits]
        widths = torch.tensor([len(suffix) for suffix in suffixes])
        for step in range(2):
            tokens = torch.tensor([pair[step] for pair in NEXT])
            positions = prefix.length + widths + step
            steps.append(reader.step(past, tokens, positions, widths.max() - widths))
    for row, suffix in enumerate(SUFFIXES):
        expected = reference(model, PREFIX + suffix + NEXT[row])[-3:]
        found = torch.stack([step[row] for step in steps])
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=2e-4)


@pytest.mark.parametrize("name", ["llama", "gemma2"])
def test_a_branch_sees_what_it_is_shown_and_nothing_else(
    name: str, make_model: Callable[[str], Any]
) -> None:
    """Two alternatives after the same prompt, in one pass."""
    model = make_model(name)
    reader = Reader(model)
    with attention_of(model), torch.inference_mode():
        prefix = reader.read_prefix(PREFIX)
        past, _ = reader.read(prefix, [[5, 6], [7, 8]])
        tokens = torch.tensor([[20, 21, 30]] * 2)  # 20 21 is one branch, 30 the other
        start = len(PREFIX) + 2
        positions = torch.tensor([[start, start + 1, start]] * 2)
        tree = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 0, 1]], dtype=torch.bool)
        visible = torch.cat([torch.ones(3, 2, dtype=torch.bool), tree], dim=1)[None]
        logits = reader.branch(past, tokens, positions, visible)
    for row, prompt in enumerate([[5, 6], [7, 8]]):
        one = reference(model, [*PREFIX, *prompt, 20, 21])[-2:]
        two = reference(model, [*PREFIX, *prompt, 30])[-1:]
        torch.testing.assert_close(logits[row], torch.cat([one, two]), rtol=1e-4, atol=2e-4)


def test_long_queries_are_computed_in_slices_with_the_same_result(
    monkeypatch: pytest.MonkeyPatch, make_model: Callable[[str], Any]
) -> None:
    model = make_model("gemma2")
    reader = Reader(model)
    monkeypatch.setattr("whet.infer.attention.MAX_SCORES", 500)
    with attention_of(model), torch.inference_mode():
        _, logits = reader.read(reader.read_prefix(PREFIX), SUFFIXES)
    expected = torch.stack([reference(model, PREFIX + suffix)[-1] for suffix in SUFFIXES])
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=2e-4)


def test_the_model_is_left_as_it_was_found(make_model: Callable[[str], Any]) -> None:
    model = make_model("llama").train()
    before = model.config._attn_implementation
    with pytest.raises(KeyboardInterrupt), attention_of(model):
        assert not model.training
        raise KeyboardInterrupt
    assert model.training
    assert model.config._attn_implementation == before


def test_a_model_without_the_attention_interface_is_refused(
    make_model: Callable[[str], Any],
) -> None:
    class Old(type(make_model("llama"))):  # type: ignore[misc]
        _supports_attention_backend = False

    old: PreTrainedModel = Old(make_model("llama").config)
    with pytest.raises(ModelError, match="attention interface"):
        Reader(old)


def test_common_prefix_leaves_every_prompt_a_token_of_its_own() -> None:
    head = list(range(20))
    assert common_prefix([[*head, 1], [*head, 2, 3]]) == head
    assert common_prefix([head, [*head, 2, 3]]) == head[:-1]
    assert common_prefix([head]) == []
    assert common_prefix([[1, 2], [1, 3]]) == []


@given(st.lists(st.integers(1, 50), max_size=30), st.integers(1, 100), st.integers(1, 8))
def test_batches_hold_every_index_once_within_their_limits(
    lengths: list[int], max_tokens: int, max_rows: int
) -> None:
    found = list(batches(lengths, max_tokens, max_rows))
    assert sorted(index for batch in found for index in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) <= max_rows
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= max_tokens


@pytest.mark.parametrize("window", [30, 31, 40, 41])
def test_a_window_hides_what_lies_outside_it_and_costs_nothing_inside(
    window: int, monkeypatch: pytest.MonkeyPatch, make_model: Callable[[str], Any]
) -> None:
    """The longest row has 37 tokens; up to a window of 36 some token cannot see the first one."""
    from whet.infer import attention

    calls: list[int] = []
    flash = attention._flash

    def counted(*args: Any, **named: Any) -> Any:
        calls.append(1)
        return flash(*args, **named)

    monkeypatch.setattr(attention, "_flash", counted)
    model = make_model("mistral")
    model.config.sliding_window = window
    for module in model.modules():
        if hasattr(module, "sliding_window"):
            module.sliding_window = window
    reader = Reader(model)
    with attention_of(model), torch.inference_mode():
        _, logits = reader.read(reader.read_prefix(PREFIX), SUFFIXES)
    expected = torch.stack([reference(model, PREFIX + suffix)[-1] for suffix in SUFFIXES])
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=2e-4)
    assert bool(calls) == (window > 36)
