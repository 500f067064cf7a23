"""The main job on real data: Banking77, a real pre-trained model, adapters made elsewhere."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

import whet
from whet.rundir import read_json

ROOT = Path(__file__).resolve().parents[1]

PLAIN_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'assistant' %}{{ message['content'] }}"
    "{{ eos_token }}{% else %}{{ message['content'] }}\n{% endif %}{% endfor %}"
)


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_banking77_is_learnt_and_beats_the_prompt(test_data: Path, tmp_path: Path) -> None:
    banking = script("banking77")
    out = tmp_path / "banking77"
    banking.prepare(test_data / "datasets" / "banking77", out)
    result = whet.run(out)
    tuned = result.report["arms"]["tuned"]["exact_match"]
    assert tuned["n"] == 1000 and tuned["value"] >= 0.60
    pair = next(c for c in result.report["comparisons"] if (c["a"], c["b"]) == ("tuned", "prompt"))
    assert pair["difference"] >= 0.30
    assert pair["low"] is not None and pair["low"] >= 0.25
    assert banking.tfidf_accuracy(out, result.run) > 0.75


def test_shakespeare_is_learnt_and_stories_are_forgotten(
    test_data: Path, stories: Path, tmp_path: Path
) -> None:
    text = (test_data / "text" / "tiny_shakespeare.txt").read_text(encoding="utf-8")
    speeches = [s.split("\n", 1) for s in text.split("\n\n") if "\n" in s][:400]
    rows = [{"input": who, "output": said[:120]} for who, said in speeches]
    (tmp_path / "plays.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "plain.jinja").write_text(PLAIN_TEMPLATE)
    (tmp_path / "stories.txt").write_text(_own_stories(stories))
    (tmp_path / "whet.yaml").write_text(
        f"""\
model: {json.dumps(str(stories))}
template: plain.jinja
data: {{train: plays.jsonl, split: {{validation: 0.2, test: 0.2}}, on_leak: drop_train}}
few_shot: {{counts: [1]}}
train: {{method: full, epochs: 2, batch_size: 8, learning_rate: 3e-3, dtype: float32}}
eval: {{metrics: [token_f1], primary: token_f1, validation_items: 10}}
gates: {{forgetting: {{text: stories.txt}}}}
generate: {{max_new_tokens: 16}}
"""
    )
    result = whet.run(tmp_path, train_anyway=True)
    training = result.report["details"]["training"]
    assert training is not None
    losses = [loss for _, loss in training["validation_losses"]]
    assert min(losses) < losses[0] - 0.3, "the held-out loss falls"
    measured = read_json(result.run / "gates.json")["tuned"]["forgetting"]
    before, after = (sum(measured[key]) for key in ("before", "after"))
    assert after > before, "the loss on its own stories rises"
    gate = next(g for g in result.report["gates"] if g["name"] == "forgetting")
    assert gate["result"] == "fail"
    assert not str(result.verdict).startswith("ship")


def _own_stories(folder: Path, count: int = 20) -> str:
    """Texts that the model itself writes, each about a hundred tokens."""
    import torch

    from whet.models.load import load_model

    loaded = load_model(folder)
    torch.manual_seed(0)
    start = torch.tensor([[1]] * count)
    written = loaded.model.generate(
        start, attention_mask=torch.ones_like(start), do_sample=True, max_new_tokens=100,
        pad_token_id=2,
    )  # fmt: skip
    texts = loaded.tokenizer.batch_decode(written, skip_special_tokens=True)
    return "\n\n".join(text.strip().replace("\n\n", "\n") for text in texts)


def test_an_adapter_trained_by_peft_gets_a_full_verdict(project: Path) -> None:
    import torch
    from peft import LoraConfig, get_peft_model

    from whet.models.load import load_model

    loaded = load_model("whet-nano")
    config = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(loaded.model, config).train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=5e-3)
    for word, sound in [("cat", "meow"), ("dog", "woof"), ("bird", "tweet")] * 4:
        messages = [
            {"role": "user", "content": f"I saw a {word} in park 3."},
            {"role": "assistant", "content": sound},
        ]
        text = loaded.tokenizer.apply_chat_template(messages, tokenize=False)
        batch = loaded.tokenizer(text, return_tensors="pt")
        loss = model(**batch, labels=batch["input_ids"]).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(project / "elsewhere")
    result = whet.eval(project, split="test", adapter=project / "elsewhere")
    assert result.verdict is not None
    assert {g["name"] for g in result.report["gates"] if g["required"]} == {"forgetting"}
    assert result.report["adapter"] == str(project / "elsewhere")
