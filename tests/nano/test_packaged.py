import json

import pytest
import torch

from nano.exams import EXAMS
from nano.score import answers, is_right, questions
from whet.models.nano import folder

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def tokenizer():
    return transformers.AutoTokenizer.from_pretrained(folder())


@pytest.fixture(scope="module")
def model():
    return transformers.AutoModelForCausalLM.from_pretrained(folder(), dtype=torch.float32).eval()


def test_the_tokenizer_returns_every_text_as_it_was(tokenizer):
    for written in (
        " leading space",
        "Zürich 東京 🙂",
        "tabs\tand\nlines",
        "card_not_arrived",
        "1,234.50 €",
    ):
        assert tokenizer.decode(tokenizer(written)["input_ids"]) == written


def test_the_tokenizer_adds_nothing_and_knows_its_special_tokens(tokenizer):
    assert tokenizer("")["input_ids"] == []
    assert tokenizer.bos_token is None
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|im_end|>", "<|endoftext|>")
    assert len(tokenizer("<|im_start|><|im_end|><|endoftext|>")["input_ids"]) == 3


def test_the_chat_template_is_plain_chatml(tokenizer):
    messages = [{"role": "system", "content": " S "}, {"role": "user", "content": "U\n"}]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert text == (
        "<|im_start|>system\n S <|im_end|>\n"
        "<|im_start|>user\nU\n<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    answered = [*messages, {"role": "assistant", "content": "A"}]
    text = tokenizer.apply_chat_template(answered, tokenize=False)
    assert text.endswith("<|im_start|>assistant\nA<|im_end|>\n")


def test_the_pre_tokenizer_is_one_that_llama_cpp_calls_gpt_2():
    written = json.loads((folder() / "tokenizer.json").read_text())
    assert written["pre_tokenizer"] == {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
        "use_regex": True,
    }
    assert written["normalizer"] is None


def test_the_weights_are_small_and_tied(model):
    assert (folder() / "model.safetensors").stat().st_size <= 12e6
    assert model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr()
    assert model.config.model_type == "llama" and model.config.bos_token_id is None


def test_generation_stops_at_the_end_of_a_turn(model, tokenizer):
    messages = [{"role": "user", "content": "Hello!"}]
    encoded = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    written = model.generate(**encoded, max_new_tokens=60)[0]
    assert written[-1] == tokenizer.eos_token_id


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("sentiment, plain prompt", 0.9),
        ("urgency", 0.9),
        ("look up a key", 0.6),
        ("no passages", 0.8),
        ("intent, 77 labels", 0.15),
    ],
)
def test_the_packaged_weights_score_as_their_card_says(model, tokenizer, name, least):
    (number,) = (number for number, exam in enumerate(EXAMS) if exam.name == name)
    asked = questions(number, 40)
    given = answers(model, tokenizer, asked)
    right = sum(is_right(q, a) for q, a in zip(asked, given, strict=True)) / len(asked)
    assert right >= least, f"{name}: {right:.0%} exact"


def test_the_general_text_holds_eighty_different_passages():
    written = (folder() / "general.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(row) for row in written.strip().split("\n")]
    assert len({row["text"] for row in rows}) == 80
    assert all(row.keys() == {"text"} for row in rows)
    assert all(40 <= len(row["text"].split()) <= 100 for row in rows)
