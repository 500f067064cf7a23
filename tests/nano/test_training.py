import json

import pytest
import torch

from nano import pretrain as pretraining
from nano.batches import SHAPES, make_batch
from nano.corpus import document
from nano.model import Nano, NanoConfig
from nano.muon import orthogonalise
from nano.package import MAX_DIFFERENCE, package
from nano.pretrain import Recipe, learning_rate_factor
from nano.tokenizer import FIRST_WEIGHT, IM_END, IM_START, encode, train_tokenizer

SMALL = NanoConfig(
    vocab_size=512,
    hidden_size=64,
    intermediate_size=96,
    num_hidden_layers=2,
    num_attention_heads=2,
    num_key_value_heads=1,
)


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(seed=0, vocab_size=SMALL.vocab_size, num_documents=500)


def test_only_plain_text_and_the_words_of_the_assistant_are_learned(tokenizer):
    messages = [
        {"role": "system", "content": "Say yes."},
        {"role": "user", "content": "now"},
        {"role": "assistant", "content": "yes"},
    ]
    encoded = encode(tokenizer, messages)
    learned = [token for token, w in zip(encoded.ids, encoded.weights, strict=True) if w > 0]
    assert tokenizer.decode(learned, skip_special_tokens=False) == f"yes{IM_END}"
    assert [w for w in encoded.weights if w > 0] == [FIRST_WEIGHT, *[1.0] * (len(learned) - 1)]
    whole = tokenizer.decode(encoded.ids, skip_special_tokens=False)
    assert whole.startswith(f"{IM_START}system\nSay yes.{IM_END}\n{IM_START}user\n")


def test_a_batch_is_fixed_by_its_step_and_learns_next_tokens_within_one_document(tokenizer):
    batch = make_batch(tokenizer, seed=0, step=5, late=0.5, prompt_share=0.1)
    again = make_batch(tokenizer, seed=0, step=5, late=0.5, prompt_share=0.1)
    assert torch.equal(batch.tokens_BT, again.tokens_BT)
    assert torch.equal(batch.positions, again.positions)
    tokens, documents = batch.tokens_BT.flatten(), batch.documents_BT.flatten()
    assert torch.equal(tokens[batch.positions + 1], batch.targets)
    assert torch.equal(documents[batch.positions + 1], documents[batch.positions])
    assert tuple(batch.tokens_BT.shape) in {(s.num_rows, s.num_tokens) for s in SHAPES}


def test_documents_in_one_row_do_not_see_each_other():
    torch.manual_seed(0)
    model = Nano(SMALL).eval()
    first, second = torch.randint(512, (1, 9)), torch.randint(512, (1, 7))
    together = torch.cat([first, second], dim=1)
    documents = torch.tensor([[0] * 9 + [1] * 7])
    with torch.no_grad():
        packed = model(together, documents)[:, 9:]
        alone = model(second, torch.zeros_like(second))
    torch.testing.assert_close(packed, alone, atol=1e-4, rtol=0)


@pytest.mark.parametrize("shape", [(3, 16, 16), (2, 8, 24), (2, 24, 8)])
def test_orthogonalise_brings_singular_values_near_one(shape):
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalise(torch.randn(shape)))
    assert values.min() > 0.3 and values.max() < 1.6, values


def test_the_learning_rate_rises_stays_and_falls_to_nearly_nothing():
    recipe = Recipe(num_steps=1000, warmup_steps=50, decay_fraction=0.4)
    assert learning_rate_factor(recipe, 0) == 1 / 50
    assert learning_rate_factor(recipe, 300) == 1
    assert learning_rate_factor(recipe, 800) == 0.5
    assert 0 < learning_rate_factor(recipe, 999) < 0.01


@pytest.fixture
def quick(monkeypatch):
    """The same code without the compiler, in one small shape."""
    monkeypatch.setattr(torch, "compile", lambda function, **options: function)
    monkeypatch.setattr("nano.batches.SHAPES", (SHAPES[0].__class__(2, 256, 0, 1, 1),))
    monkeypatch.setattr(pretraining, "train_tokenizer", lambda *_: train_tokenizer(0, 512, 300))


def losses(folder):
    rows = (folder / "metrics.jsonl").read_text().strip().split("\n")
    return [json.loads(row)["train/loss"] for row in rows]


def test_a_resumed_run_continues_to_the_same_weights(quick, tmp_path):
    def run(name, steps):
        recipe = Recipe(num_steps=steps, warmup_steps=2, decay_fraction=1e-9)
        pretraining.pretrain(tmp_path / name, SMALL, recipe, "cpu", save_every_s=1e9)

    run("whole", 6)
    run("parts", 3)
    run("parts", 6)
    whole = pretraining.load_file(tmp_path / "whole" / "state.safetensors")
    parts = pretraining.load_file(tmp_path / "parts" / "state.safetensors")
    assert whole.keys() == parts.keys()
    for name, tensor in whole.items():
        torch.testing.assert_close(
            parts[name], tensor, msg=lambda text, name=name: f"{name}: {text}"
        )


def test_training_lowers_the_loss_and_its_package_equals_it(quick, tmp_path):
    recipe = Recipe(num_steps=60, warmup_steps=5)
    pretraining.pretrain(tmp_path / "run", SMALL, recipe, "cpu", save_every_s=1e9)
    seen = losses(tmp_path / "run")
    assert seen[-1] < seen[0] - 0.5, seen
    assert package(tmp_path / "run", tmp_path / "out") < MAX_DIFFERENCE


def test_prompts_of_the_corpus_fit_the_model(tokenizer):
    longest = max(len(encode(tokenizer, document(0, i, late=1.0)[1]).ids) for i in range(300))
    assert longest < NanoConfig().max_position_embeddings
