"""The reference engine against transformers' own generation, and as a stranger loads a folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from parity_models import change_json, questions, write_base

from whet.engines.reference import open_judged, open_shipped
from whet.errors import DataError, ModelError
from whet.infer import LocalCompleter
from whet.models import nano
from whet.rows.render import render_prompt
from whet.types import Decoding

PROMPTS: Sequence[Any] = questions("Hello", "Say: yes", "What is a cat?")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(nano.folder(), tmp_path_factory.mktemp("nano") / "model"))


def test_greedy_answers_are_those_of_generate(folder: Path) -> None:
    engine = open_shipped(folder)
    for messages in PROMPTS:
        answer = engine.answer(messages, 12)
        ids = torch.tensor([answer.prompt_ids])
        made = engine.loaded.model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, do_sample=False
        )[0, ids.shape[1] :].tolist()
        assert list(answer.output_ids or ()) == [i for i in made if i not in (2, 0)]
        assert answer.stopped == (made[-1] in (2, 0))


def test_greedy_answers_are_those_that_were_judged(folder: Path) -> None:
    engine = open_judged(folder)
    loaded = engine.loaded
    completer = LocalCompleter(
        loaded.model, loaded.tokenizer, stop_ids=loaded.stop_ids, identity="",
        max_positions=loaded.max_positions,
    )  # fmt: skip
    judged = completer.complete(PROMPTS, Decoding(max_new_tokens=12))
    assert [engine.answer(messages, 12).text for messages in PROMPTS] == [j.text for j in judged]


def test_log_probabilities_are_a_softmax_at_every_position(folder: Path) -> None:
    engine = open_judged(folder)
    prompt = render_prompt(PROMPTS[0], engine.loaded.tokenizer)
    scores = engine.logprobs(prompt, [5, 6])
    assert scores.shape == (3, 3072) and scores.dtype == np.float32
    assert np.allclose(np.exp(scores).sum(axis=1), 1, atol=1e-5)
    longer = engine.logprobs([*prompt, 5], [6])
    assert np.allclose(scores[1:], longer, atol=1e-4)


def test_a_shipped_folder_stops_only_where_its_own_files_say(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    change_json(copy / "generation_config.json", eos_token_id=0)
    assert open_shipped(copy).facts().stop_ids == (0,)
    assert set(open_judged(copy).facts().stop_ids or ()) == {2, 0}


def test_facts_are_those_of_the_files(stories: Path, folder: Path) -> None:
    facts = open_shipped(folder).facts()
    assert facts.template == (folder / "chat_template.jinja").read_text()
    assert (facts.bos_id, facts.adds_bos, facts.eos_id) == (None, False, 2)
    assert (facts.vocabulary, facts.context) == (3072, 2048)
    told = open_shipped(stories).facts()
    assert (told.bos_id, told.template, told.vocabulary) == (1, "", 512)


def test_a_prompt_that_fills_the_context_is_refused(folder: Path) -> None:
    engine = open_judged(folder)
    with pytest.raises(ModelError, match="leaves no room"):
        engine.answer([{"role": "user", "content": "word " * 3000}], 4)


def test_what_the_template_refuses_is_the_templates_word(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "strict.jinja"
    text = (folder / "chat_template.jinja").read_text()
    file.write_text(
        "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        + text
    )
    engine = open_judged(folder, template=file)
    with pytest.raises(DataError, match="no system"):
        engine.answer([{"role": "system", "content": ""}, *PROMPTS[0]], 2)


def test_gemma_2_is_loaded_with_the_attention_that_caps_its_scores(tmp_path: Path) -> None:
    engine = open_judged(write_base("gemma2", tmp_path / "base"))
    assert engine.loaded.model.config._attn_implementation == "eager"
    assert engine.answer(PROMPTS[0], 2).prompt_ids


def test_a_folder_that_asks_for_code_is_not_opened(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    config = json.loads((copy / "config.json").read_text())
    config["auto_map"] = {"AutoModelForCausalLM": "evil.Model"}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="auto_map"):
        open_shipped(copy)
    with pytest.raises(ModelError, match="unknown dtype"):
        open_shipped(folder, dtype="int8")
