"""The tokenizer in the file: the ids that transformers gives, on text that is hard to cut."""

from __future__ import annotations

import json
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tiny_models import FolderWeights, random_model
from transformers import LlamaConfig

from whet.artifacts.gguf import write_gguf
from whet.artifacts.gguf.pretokenizer import PROBE, RULES, _words, rule_name
from whet.engines.llama_cpp import LlamaCpp
from whet.errors import ModelError
from whet.models import nano
from whet.models.load import load_tokenizer
from whet.rows.template import render_text

pytest.importorskip("xllamacpp")
pytestmark = pytest.mark.usefixtures("loopback")

TEXTS = (
    "Hello world", "  two leading blanks", " one", "trailing  ", "\n\n\nlines\n\n", "\ttab\t\ttabs",
    "a\r\nb\r\n", "don't I'VE we'll they'D", "3 33 333 3333 1234567890", "price: $1,234.56!!!",
    "émigré café naïve", "北京欢迎你 東京", "مرحبا بالعالم", "हिन्दी में", "🙂🙃👩\u200d👩",
    "x\u200by\u00a0z",
    "<s>[INST] x [/INST]", "<|im_start|>user\nhi<|im_end|>\n", "<unk>", "▁under▁score",
    "<|user|>\n hi <|end|>\n<|assistant|>\n", "def f(x):\n    return x**2  # ok\n\n\n        y",
    "https://example.com/a?b=c&d=%20", "𝔘𝔫𝔦 ﬁ Ⅷ ½", "ＦＵＬＬ width", "\x00\x01\x7f", "İı ß ẞ",
    " " * 40 + "forty", "<|endoftext|>", "a" * 300, "ꙮ ᚠᛇᚻ ፈ", "()[]{}<>||&&==!=", "!!??..,,;;::",
    "camelCaseHTTPServer snake_case_id", "ok<0x0A>ok", "", PROBE,
)  # fmt: skip
CHAT = [{"role": "user", "content": "  Is 2+2=4?\nYes — 北京 🙂 "}]


@contextmanager
def in_llama_cpp(source: Path, folder: Path) -> Iterator[tuple[LlamaCpp, tuple[str, ...]]]:
    tokenizer = load_tokenizer(source)
    size = -(-(max(tokenizer.get_vocab().values()) + 1) // 64) * 64
    config = LlamaConfig(
        vocab_size=size, hidden_size=32, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, max_position_embeddings=512, tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    random_model(config).save_pretrained(folder)
    for file in source.iterdir():
        if file.suffix in (".json", ".jinja") and file.stem not in ("config", "generation_config"):
            shutil.copyfile(file, folder / file.name)
    notices = write_gguf(FolderWeights(folder), folder / "model.gguf", "F16")
    engine = LlamaCpp(folder / "model.gguf", threads=1)
    try:
        yield engine, notices
    finally:
        engine.close()


def different(engine: LlamaCpp, tokenizer: Any, *, add_special: bool = False) -> list[str]:
    return [
        text
        for text in TEXTS
        if engine.tokenize(text, add_special=add_special)
        != tuple(tokenizer(text, add_special_tokens=add_special)["input_ids"])
    ]


@pytest.mark.parametrize("name", ["gpt2", "mistral-v1", "phi-3-mini"])
def test_llama_cpp_gives_the_ids_that_transformers_gives(
    name: str, test_data: Path, tmp_path: Path
) -> None:
    source = test_data / "tokenizers" / name
    tokenizer = load_tokenizer(source)
    with in_llama_cpp(source, tmp_path) as (engine, _):
        assert different(engine, tokenizer) == []
        if tokenizer.chat_template:
            prompt = render_text(tokenizer, CHAT, generation_prompt=True)  # type: ignore[arg-type]
            expected = tuple(tokenizer(prompt, add_special_tokens=False)["input_ids"])
            assert engine.answer(CHAT, 1).prompt_ids == expected  # type: ignore[arg-type]


@pytest.mark.slow
def test_qwens_ids_differ_only_where_text_is_not_normalised(
    test_data: Path, tmp_path: Path
) -> None:
    source = test_data / "tokenizers" / "qwen2.5"
    tokenizer = load_tokenizer(source)
    with in_llama_cpp(source, tmp_path) as (engine, notices):
        parted = different(engine, tokenizer, add_special=True)
        assert parted
        assert all(not unicodedata.is_normalized("NFC", text) for text in parted)
        assert any("form NFC" in notice for notice in notices)
        assert any("also ends answers at </s>" in notice for notice in notices)
        prompt = render_text(tokenizer, CHAT, generation_prompt=True)  # type: ignore[arg-type]
        expected = tuple(tokenizer(prompt, add_special_tokens=False)["input_ids"])
        assert engine.answer(CHAT, 1).prompt_ids == expected  # type: ignore[arg-type]


def test_bos_is_put_before_a_prompt_as_by_transformers_and_never_twice(
    test_data: Path, tmp_path: Path
) -> None:
    source = piece_tokenizer(test_data, tmp_path / "source")
    tokenizer = load_tokenizer(source)
    with in_llama_cpp(source, tmp_path / "model") as (engine, _):
        assert different(engine, tokenizer, add_special=True) == []
        ids = engine.answer(CHAT, 1).prompt_ids  # type: ignore[arg-type]
        prompt = render_text(tokenizer, CHAT, generation_prompt=True)  # type: ignore[arg-type]
        assert ids == tuple(tokenizer(prompt, add_special_tokens=False)["input_ids"])
        assert ids is not None
        assert ids.count(tokenizer.bos_token_id) == 1
        assert engine.facts().bos_id == tokenizer.bos_token_id


def test_without_bos_in_the_template_none_is_added(test_data: Path, tmp_path: Path) -> None:
    source = piece_tokenizer(test_data, tmp_path / "source")
    (source / "chat_template.jinja").write_text(
        "{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}"
    )
    with in_llama_cpp(source, tmp_path / "model") as (engine, notices):
        assert engine.facts().adds_bos is False
        assert any("does not begin with BOS" in notice for notice in notices)


def data_with(rule: Any) -> dict[str, Any]:
    """whet-nano's vocabulary under another rule."""
    data: dict[str, Any] = json.loads((nano.folder() / "tokenizer.json").read_text())
    data["pre_tokenizer"] = dict(rule.pre_tokenizer)
    data["model"]["ignore_merges"] = rule.ignore_merges
    return data


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_cuts_in_llama_cpp_as_its_definition_here_does(rule: Any, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(nano.folder(), source, ignore=shutil.ignore_patterns("*.safetensors", "__*"))
    (source / "tokenizer.json").write_text(json.dumps(data_with(rule)))
    with in_llama_cpp(source, tmp_path / "model") as (engine, _):
        assert different(engine, load_tokenizer(source)) == []


def test_no_two_rules_cut_the_probe_alike() -> None:
    cuts = {(rule.ignore_merges, tuple(_words(rule.pre_tokenizer) or ())) for rule in RULES}
    assert len(cuts) == len(RULES)


def test_a_rule_is_found_however_it_is_spelt(tmp_path: Path) -> None:
    data = data_with(RULES[0])
    data["pre_tokenizer"] = {
        "type": "Sequence",
        "pretokenizers": [
            {
                "type": "Split",
                "pattern": {
                    "Regex": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+"
                    r"|\s+(?!\S)|\s+"
                },
                "behavior": "Isolated",
                "invert": False,
            },
            {
                "type": "ByteLevel",
                "add_prefix_space": False,
                "trim_offsets": True,
                "use_regex": False,
            },
        ],
    }
    assert rule_name(data, tmp_path) == "gpt-2"


def test_an_unknown_rule_is_refused_by_name_of_what_it_is(tmp_path: Path) -> None:
    data = data_with(RULES[0])
    data["pre_tokenizer"]["add_prefix_space"] = True
    with pytest.raises(ModelError, match=r"a rule that is not known here.*add_prefix_space.*gpt-2"):
        rule_name(data, tmp_path / "tokenizer.json")


def piece_tokenizer(test_data: Path, folder: Path, **changed: Any) -> Path:
    """A small tokenizer of SentencePiece's kind with other parts."""
    ignored = shutil.ignore_patterns("*.safetensors", "golden.json")
    shutil.copytree(test_data / "models" / "stories260K-hf", folder, ignore=ignored)
    data = json.loads((folder / "tokenizer.json").read_text()) | changed
    (folder / "tokenizer.json").write_text(json.dumps(data))
    (folder / "chat_template.jinja").write_text(
        "{{ bos_token }}{% for m in messages %}{{ m.content }}{{ eos_token if m.role == "
        "'assistant' }}{% endfor %}"
    )
    return folder


BLANKS = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
METASPACE = {"type": "Metaspace", "replacement": "▁", "split": False}


@pytest.mark.parametrize(
    ("normalizer", "pre_tokenizer"),
    [
        (BLANKS, None),  # Gemma's
        (BLANKS, {
            "type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious",
            "invert": False,
        }),
        (None, METASPACE | {"prepend_scheme": "always"}),
        (None, METASPACE | {"prepend_scheme": "never"}),
    ],
)  # fmt: skip
def test_each_way_of_putting_blanks_is_kept(
    normalizer: Any, pre_tokenizer: Any, test_data: Path, tmp_path: Path
) -> None:
    parts = {"normalizer": normalizer, "pre_tokenizer": pre_tokenizer}
    source = piece_tokenizer(test_data, tmp_path / "source", **parts)
    leading = (pre_tokenizer or {}).get("prepend_scheme") == "always"
    with in_llama_cpp(source, tmp_path / "model") as (engine, notices):
        parted = different(engine, load_tokenizer(source))
        assert [text for text in parted if not (leading and text[:1] in (" ", "▁"))] == []
        assert bool(parted) == leading
        assert any("begins with a blank" in notice for notice in notices) == leading


def test_a_blank_before_the_first_word_only_is_right_in_conversations(
    test_data: Path, tmp_path: Path
) -> None:
    parts = {"normalizer": None, "pre_tokenizer": METASPACE | {"prepend_scheme": "first"}}
    source = piece_tokenizer(test_data, tmp_path / "source", **parts)
    tokenizer = load_tokenizer(source)
    with in_llama_cpp(source, tmp_path / "model") as (engine, notices):
        prompt = render_text(tokenizer, CHAT, generation_prompt=True)  # type: ignore[arg-type]
        expected = tuple(tokenizer(prompt, add_special_tokens=False)["input_ids"])
        assert engine.answer(CHAT, 1).prompt_ids == expected  # type: ignore[arg-type]
        assert any("before the first word of a text only" in notice for notice in notices)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"normalizer": {"type": "NFKC"}}, "treats blanks in a way"),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "treats blanks in a way"),
        ({"model": {"type": "Unigram", "vocab": []}}, "is a Unigram tokenizer"),
    ],
)
def test_what_llama_cpp_has_not_is_refused(
    changed: dict[str, Any], said: str, test_data: Path, tmp_path: Path
) -> None:
    from whet.artifacts.gguf.tokenizer import read_vocabulary

    source = piece_tokenizer(test_data, tmp_path / "source", **changed)
    with pytest.raises(ModelError, match=said):
        read_vocabulary(source, 512, begins_special=True)


def test_more_ids_than_rows_of_the_embedding_are_refused(test_data: Path) -> None:
    from whet.artifacts.gguf.tokenizer import read_vocabulary

    with pytest.raises(ModelError, match="ids up to 50256, but the embedding has 50000 rows"):
        read_vocabulary(test_data / "tokenizers" / "gpt2", 50000, begins_special=False)
