"""Every template at hand is proven; one that is broken is refused in its own words."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whet.errors import DataError, ModelError
from whet.models.files import find_folder
from whet.models.load import load_tokenizer
from whet.rows.proven import prove_template, proven_examples
from whet.rows.render import find_stop_ids
from whet.rows.sequence import RenderedExample
from whet.types import Example, Message

Load = Callable[..., Any]
STOPS = {
    "Qwen-Qwen2.5-7B-Instruct": ("qwen2.5", "<|im_end|>"),
    "gemma": (None, "<end_of_turn>"),
    "gemma_training": (None, "<end_of_turn>"),
    "google-gemma-2-2b-it": (None, "<end_of_turn>"),
    "llama3": (None, "<|eot_id|>"),
    "llama3_training": (None, "<|eot_id|>"),
    "meta-llama-Llama-3.1-8B-Instruct": (None, "<|eot_id|>"),
    "microsoft-Phi-3.5-mini-instruct": ("phi-3-mini", "<|end|>"),
    "mistralai-Mistral-Nemo-Instruct-2407": ("mistral-v1", "</s>"),
    "phi3": ("phi-3-mini", "<|end|>"),
    "phi3_training": ("phi-3-mini", "<|end|>"),
    "qwen2_5": ("qwen2.5", "<|im_end|>"),
    "qwen2_5_training": ("qwen2.5", "<|im_end|>"),
    "qwen3": ("qwen2.5", "<|im_end|>"),
    "qwen3_training": ("qwen2.5", "<|im_end|>"),
}
MARKS = ("<start_of_turn>", "<end_of_turn>", "<|eot_id|>", "<|start_header_id|>",
         "<|end_header_id|>", "<|python_tag|>")  # fmt: skip
WITH_TOOLS = [name for name in STOPS if "wen" in name or "Nemo" in name or "3.1" in name]
TURNS: tuple[Message, ...] = (
    {"role": "user", "content": "One, please?"},
    {"role": "assistant", "content": " First of all — 東京\n"},
    {"role": "user", "content": "Two?\n\nReally?"},
    {"role": "assistant", "content": "Second:\n  to none."},
)
SYSTEM: Message = {"role": "system", "content": "Be brief."}


@pytest.fixture(scope="session")
def with_marks(loaded_once: Load) -> Any:
    """Gemma's and Llama 3's tokenizers are not at hand; another one with their tokens added is."""
    found = copy.deepcopy(loaded_once("mistral-v1"))
    found.add_special_tokens({"additional_special_tokens": list(MARKS)})
    return found


@pytest.fixture
def fitted(tokenizer: Load, with_marks: Any, test_data: Path) -> Load:
    """A tokenizer that knows the marks of a template, with that template."""

    def load(template: str) -> Any:
        name, _ = STOPS[template]
        if name is not None:
            return tokenizer(name, template)
        file = test_data / "templates" / f"{template}.jinja"
        with_marks.chat_template = file.read_text(encoding="utf-8")
        return with_marks

    return load


def proven(tokenizer: Any, *messages: Message, **options: Any) -> RenderedExample:
    example = Example.of(messages, "d.jsonl:1", **options)
    return proven_examples([example], tokenizer, find_stop_ids(tokenizer))[0]


def learnt(row: RenderedExample, tokenizer: Any) -> str:
    return "".join(tokenizer.decode(s.tokens[s.trained].tolist()) for s in row.sequences)


def test_every_template_at_hand_is_tried(test_data: Path) -> None:
    assert sorted(file.stem for file in (test_data / "templates").glob("*.jinja")) == [*STOPS]


@pytest.mark.parametrize("template", STOPS)
def test_a_known_template_is_proven_over_several_turns(template: str, fitted: Load) -> None:
    loaded = fitted(template)
    text = learnt(proven(loaded, *TURNS), loaded)
    stop = STOPS[template][1]
    first, second, *rest = (part.strip() for part in text.split(stop))
    assert first.endswith("First of all — 東京") and second.endswith("Second:\n  to none.")
    assert "One" not in text and "Two" not in text and "".join(rest) in ("", "<|endoftext|>")


@pytest.mark.parametrize("name", ["mistral-v1", "phi-3-mini", "qwen2.5", "whet-nano"])
def test_a_tokenizer_is_proven_with_its_own_template(name: str, tokenizer: Load) -> None:
    loaded = load_tokenizer(find_folder(name)) if name == "whet-nano" else tokenizer(name)
    text = learnt(proven(loaded, SYSTEM, *TURNS), loaded)
    assert "First of all — 東京" in text and "Second:\n  to none." in text and "One" not in text


@pytest.mark.parametrize("template", STOPS)
def test_a_known_template_is_proven_with_a_system_message_or_refuses_it(
    template: str, fitted: Load
) -> None:
    loaded = fitted(template)
    if "gemma" in template:
        with pytest.raises(DataError, match=r"d.jsonl:1: .*System role not supported"):
            proven(loaded, SYSTEM, *TURNS)
    else:
        assert "brief" not in learnt(proven(loaded, SYSTEM, *TURNS), loaded)


@pytest.mark.parametrize("template", STOPS)
def test_thinking_in_the_text_is_learnt_as_the_server_writes_it(
    template: str, fitted: Load
) -> None:
    loaded = fitted(template)
    answers = [f"<think>\nhm {n}\n</think>\n\nAnswer {n}." for n in (1, 3)]
    turns: list[Message] = [*TURNS]
    turns[1] = {"role": "assistant", "content": answers[0]}
    turns[3] = {"role": "assistant", "content": answers[1]}
    row = proven(loaded, *turns)
    text = learnt(row, loaded)
    assert text.count("hm 1") == text.count("hm 3") == text.count("Answer 3.") == 1
    assert len(row.sequences) == (2 if template == "qwen3" else len(row.sequences))


@pytest.mark.parametrize("template", STOPS)
def test_thinking_of_its_own_is_learnt_or_its_loss_is_told(template: str, fitted: Load) -> None:
    loaded = fitted(template)
    thought: Message = {"role": "assistant", "content": "Four.", "reasoning_content": "two twos"}
    if "qwen3" in template:
        assert "two twos" in learnt(proven(loaded, TURNS[0], thought), loaded)
    else:
        with pytest.raises(DataError, match=r"messages\[1\]: the thinking 'two twos' is written"):
            proven(loaded, TURNS[0], thought)


@pytest.mark.parametrize("template", STOPS)
def test_tools_are_learnt_as_calls_or_their_loss_is_told(template: str, fitted: Load) -> None:
    loaded = fitted(template)
    function = {"name": "find", "arguments": {"city": "Rome", "days": 3}}
    call = {"type": "function", "id": "abcdefghi", "function": function}
    result: Message = {"role": "tool", "content": 'the "sun"', "tool_call_id": "abcdefghi"}
    tool = {"type": "function", "function": {"name": "find", "description": "", "parameters": {}}}
    turns: list[Message] = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        result,
        {"role": "assistant", "content": "It shines."},
    ]
    if template in WITH_TOOLS:
        text = learnt(proven(loaded, *turns, tools=[tool]), loaded)
        assert '"city": "Rome"' in text and "It shines." in text and "sun" not in text
    else:
        with pytest.raises(DataError, match=r"d.jsonl:1: "):
            proven(loaded, *turns, tools=[tool])


def test_words_beside_a_tool_call_that_the_template_drops_are_told(fitted: Load) -> None:
    loaded = fitted("meta-llama-Llama-3.1-8B-Instruct")
    call = {"type": "function", "function": {"name": "find", "arguments": {"city": "Rome"}}}
    turn: Message = {"role": "assistant", "content": "I look it up.", "tool_calls": [call]}
    tool = {"type": "function", "function": {"name": "find", "parameters": {}}}
    with pytest.raises(DataError, match=r"the answer 'I look it up.' is written as"):
        proven(loaded, TURNS[0], turn, tools=[tool])


CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' }}"
    "{{ m.content }}{{ '<|im_end|>' }}{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
MARKED = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' }}{% if m.role == 'assistant' %}"
    "{% generation %}{{ m.content + '<|im_end|>' }}{% endgeneration %}"
    "{% else %}{{ m.content + '<|im_end|>' }}{% endif %}{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
GUIDES = (
    "{% for m in messages %}{% if m.role == 'user' %}{{ '### Instruction:\\n' + m.content }}"
    "{{ '\\n\\n### Response:\\n' }}{% elif m.role == 'assistant' %}{{ m.content }}{{ '\\n\\n' }}"
    "{% endif %}{% endfor %}"
)
REPLY = "{{ m.content }}"
MARKED_REPLY = "{% generation %}{{ m.content + '<|im_end|>' }}{% endgeneration %}"


def reply(changed: str) -> str:
    """ChatML that writes assistant turns in another way."""
    only = f"{{% if m.role == 'assistant' %}}{changed}{{% else %}}{REPLY}{{% endif %}}"
    return CHATML.replace(REPLY, only)


def earlier(changed: str) -> str:
    """ChatML that writes earlier assistant turns in another way."""
    only = f"{{% if m.role == 'assistant' and not loop.last %}}{changed}{{% else %}}{REPLY}"
    return CHATML.replace(REPLY, only + "{% endif %}")


def marked(changed: str) -> str:
    """Marked ChatML that marks replies in another way."""
    return MARKED.replace(MARKED_REPLY, changed)


BROKEN: dict[str, tuple[str, str]] = {
    "the guides' own": (
        GUIDES,
        r"this template trains no end token, so the model would never stop; add "
        r"\{\{ eos_token \}\} after the answer \(it writes '\\n\\n' after the answer",
    ),
    "no stop token": (
        CHATML.replace("{{ '<|im_end|>' }}", ""),
        r"trains no end token, so the model would never stop",
    ),
    "the stop token of another model": (
        CHATML.replace("im_end", "eot_id"),
        r"it writes '<\|eot_id\|>\\n' after the answer, which holds no stop token of this ",
    ),
    "the end mark of another model before the stop token": (
        reply("{{ m.content + '<|end|>\\n' }}"),
        r"writes '<\|end\|>' between the answer and its stop token, .* made for another model",
    ),
    "replies twice": (
        reply(REPLY * 2),
        "writes each assistant message 2 times, so it would be learnt 2 times",
    ),
    "questions twice": (
        CHATML.replace(REPLY, REPLY + "{{ m.content if m.role == 'user' }}"),
        "writes each user message 2 times, so it would be read 2 times",
    ),
    "the stop token twice": (
        CHATML.replace("{{ '<|im_end|>' }}", "{{ '<|im_end|><|im_end|>' }}"),
        r"wrong for every row: '<\|im_end\|>' stands twice in a row",
    ),
    "replies in small letters": (
        reply("{{ m.content | lower }}"),
        "changes, cuts or leaves out replies: 'XANSWERX' is written as 'xanswerx",
    ),
    "replies cut short": (
        reply("{{ m.content[:9] }}"),
        "wrong for every row: .*the answer 'XSay1.*' is written as 'XSay1  Ye'",
    ),
    "replies with white space collapsed": (
        reply("{{ m.content.split() | join(' ') }}"),
        "wrong for every row: .*is written as 'XSay1 Yes: here, now.X'",
    ),
    "earlier replies left out": (
        earlier("{{ '...' }}"),
        r"wrong for every row: messages\[1\]: the template changes, cuts or leaves out the "
        "assistant message 'XSay1",
    ),
    "earlier replies in capitals": (
        earlier("{{ m.content | upper }}"),
        r"messages\[1\]: the template changes, cuts or leaves out the assistant message",
    ),
    "earlier turns forgotten": (
        CHATML.replace("in messages", "in messages[-2:]"),
        "changes, cuts or leaves out the user message|differently from how it asks",
    ),
    "questions in small letters": (
        CHATML.replace(REPLY, "{{ m.content | lower if m.role == 'user' else m.content }}"),
        r"messages\[0\]: the template changes, cuts or leaves out the user message 'XAsk1",
    ),
    "system messages left out": (
        CHATML.replace("%}{{ '<|im_start|>' + m", "if m.role != 'system' %}{{ '<|im_start|>' + m"),
        r"wrong for every row: messages\[0\]: the template .* leaves out the system message",
    ),
    "another head for replies than the generation prompt": (
        CHATML.replace("<|im_start|>assistant\\n' }}{% endif", "<|im_start|>bot\\n' }}{% endif"),
        "writes a reply differently from how it asks for one",
    ),
    "no reply": (reply(""), "leaves out replies: 'XANSWERX' is written as '<"),
    "marks without the stop token": (
        marked("{% generation %}{{ m.content }}{% endgeneration %}{{ '<|im_end|>' }}"),
        "wrong for every row: the template's generation markers close before the stop token",
    ),
    "marks without the reply": (
        marked("{{ m.content }}<|im_end|>{% generation %}{% endgeneration %}"),
        "generation markers leave out the reply 'XSay1",
    ),
    "marks in two parts": (
        marked("{% generation %}{{ m.content[:5] }}{% endgeneration %}{{ m.content[5:] }}"
               "{% generation %}<|im_end|>{% endgeneration %}"),
        "markers leave out '  Yes.*' in the midst of a reply",
    ),
    "marks that open late": (
        marked("Answer: " + MARKED_REPLY),
        "generation markers open after 'Answer: ', which the server does not ask with",
    ),
    "marks around questions": (
        MARKED.replace("{% else %}{{ m.content + '<|im_end|>' }}", "{% else %}" + MARKED_REPLY),
        "markers enclose user messages, so the model would learn to write them itself",
    ),
    "marks around everything": (
        "{% generation %}" + CHATML.replace("{% if add", "{% endgeneration %}{% if add"),
        "a generation marker opens too early",
    ),
    "marks around the system message": (
        MARKED.replace("m.role == 'assistant'", "m.role in ['assistant', 'system']"),
        "markers enclose system messages",
    ),
    "a name outside the sandbox": ("{{ ''.__class__.__mro__ }}", "does what templates may not"),
    "a broken tag": ("{% for %}", "broken at line 1"),
    "too much": (CHATML + "{{ 'x' * 17000000 }}", "wrote 17,.* characters for one conversation"),
    "no end with one turn": ("{% for i in range(99999) %}{% for j in range(99999) %}"
                             "{% endfor %}{% endfor %}", "ran for over .* it is refused"),
    "no end with several turns": (
        "{% if messages | length > 2 %}{% for i in range(99999) %}{% for j in range(99999) %}"
        "{% endfor %}{% endfor %}{% endif %}" + CHATML,
        "ran for over .* it is refused",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_a_template_is_refused_that_has(
    fault: str, tokenizer: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    template, sentence = BROKEN[fault]
    loaded = tokenizer("qwen2.5")
    if fault.startswith("no end"):
        monkeypatch.setattr("whet.rows.template.PROBE_TIMEOUT_S", 0.5)
    loaded.chat_template = template
    with pytest.raises(ModelError, match=sentence):
        prove_template(loaded, find_stop_ids(loaded), with_system=True)


def test_a_template_that_writes_bos_twice_is_refused(tokenizer: Load) -> None:
    loaded = tokenizer("mistral-v1")
    whole = (
        "{{ bos_token }}{% for m in messages %}{{ m.role + ': ' + m.content }}"
        "{{ eos_token if m.role == 'assistant' }}{% endfor %}"
        "{% if add_generation_prompt %}assistant: {% endif %}"
    )
    loaded.chat_template = whole
    prove_template(loaded, find_stop_ids(loaded), with_system=True)
    for doubled in ("{{ bos_token }}", "{{ bos_token + '\\n' }}"):
        loaded.chat_template = doubled + whole
        with pytest.raises(ModelError, match="wrong for every row: '<s>' stands twice in a row"):
            prove_template(loaded, find_stop_ids(loaded), with_system=False)


SOUND = {
    "ChatML": CHATML,
    "ChatML with marks": MARKED,
    "marks in a comment only": "{# {% generation %} would go here #}" + CHATML,
    "white space trimmed around every content": CHATML.replace(REPLY, "{{ m.content | trim }}"),
    "the guides' own, mended": GUIDES.replace("{{ m.content }}", "{{ m.content + eos_token }}"),
    "only one turn": "{% if messages | length > 2 %}{{ raise_exception('one turn') }}{% endif %}"
    + CHATML,
}


@pytest.mark.parametrize("name", SOUND)
def test_a_template_is_taken_that_is(name: str, tokenizer: Load) -> None:
    """White space that is trimmed is trimmed by the server as well: nothing differs."""
    loaded = tokenizer("qwen2.5")
    loaded.chat_template = SOUND[name]
    row = proven(
        loaded, {"role": "user", "content": " q \n"}, {"role": "assistant", "content": " a "}
    )
    assert learnt(row, loaded).replace("<|im_end|>", "").strip() == "a"


def test_a_lost_system_message_is_no_fault_where_no_row_has_one(tokenizer: Load) -> None:
    loaded = tokenizer("qwen2.5")
    loaded.chat_template = BROKEN["system messages left out"][0]
    assert proven(loaded, *TURNS)
    with pytest.raises(ModelError, match="leaves out the system message"):
        proven(loaded, SYSTEM, *TURNS)


def test_a_row_is_refused_whose_tools_the_template_leaves_out(tokenizer: Load) -> None:
    loaded = tokenizer("qwen2.5")
    loaded.chat_template = CHATML
    with pytest.raises(DataError, match=r"d.jsonl:1: the template leaves out the tools \(find\)"):
        proven(loaded, *TURNS, tools=[{"type": "function", "function": {"name": "find"}}])
