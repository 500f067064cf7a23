"""What is trained in the benchmark: optimizer steps of real examples, as token ids.

    alpaca    instructions with their answers, no shared prompt; mostly padding for the peer
    short     the same behind a system prompt of some fifty tokens
    labels    Banking77 with its 77 labels in the system prompt of every example
    document  eight questions to one passage, two passages a step
    dpo       a prompt with a chosen and a rejected answer

Both engines get the same ids in the same steps. Rendering is whet's, its masks proven; the
examples are shuffled once with seed 0, but those of `document`, whose passages stay together.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from whet.rows.proven import proven_examples
from whet.types import Example, Message

TEMPLATE = (
    "{% for m in messages %}{{ m.role + ': ' + m.content }}"
    "{{ eos_token if m.role == 'assistant' }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)
SHORT_PROMPT = (
    "You are a careful assistant of a small company. Answer briefly, in plain words and in the "
    "language of the question. If you do not know something, say so. Never invent names, numbers "
    "or sources. Do not use lists unless you are asked for one."
)
CHOICES = ("alpaca", "short", "labels", "document", "dpo")

Sequences = list[tuple[list[int], list[bool]]]


def steps(name: str, data: Path, tokenizer: Any, num_steps: int, batch: int) -> list[list[Any]]:
    """`num_steps` steps of `batch` examples; an example is a list of (tokens, trained) paths.

    Raises:
        ValueError: the data set has fewer examples than that.
    """
    examples = _read(name, data)
    if name != "document":
        random.Random(0).shuffle(examples)
    wanted = num_steps * batch
    if len(examples) < wanted:
        raise ValueError(f"{name} has {len(examples)} examples, {wanted} are wanted")
    stop_ids = (tokenizer.eos_token_id,)
    if name == "dpo":
        paths = [_pair(example, tokenizer, stop_ids) for example in examples[:wanted]]
    else:
        rendered = proven_examples(examples[:wanted], tokenizer, stop_ids)
        paths = [[(s.tokens.tolist(), s.trained.tolist()) for s in r.sequences] for r in rendered]
    return [paths[i : i + batch] for i in range(0, wanted, batch)]


def _pair(example: Example, tokenizer: Any, stop_ids: Sequence[int]) -> Sequences:
    """The chosen path, then the rejected one."""
    sides = [
        Example.of([*example.prompt, answer], example.source)
        for answer in (example.messages[-1], example.rejected[-1])
    ]
    rendered = proven_examples(sides, tokenizer, stop_ids)
    return [(r.sequences[0].tokens.tolist(), r.sequences[0].trained.tolist()) for r in rendered]


def _read(name: str, data: Path) -> list[Example]:
    if name in ("alpaca", "short"):
        return _alpaca(data, SHORT_PROMPT if name == "short" else None)
    return {"labels": _labels, "document": _documents, "dpo": _pairs}[name](data)


def _say(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def _alpaca(data: Path, system: str | None) -> list[Example]:
    path = data / "datasets/llamafactory_demo/alpaca_en_demo.json"
    found = []
    for number, row in enumerate(json.loads(path.read_text(encoding="utf-8")), 1):
        question = "\n".join(part for part in (row["instruction"], row["input"]) if part)
        messages = [_say("user", question), _say("assistant", row["output"])]
        first = [_say("system", system)] if system else []
        if row["output"].strip():
            found.append(Example.of([*first, *messages], f"{path.name}:{number}"))
    return found


def _labels(data: Path) -> list[Example]:
    folder = data / "datasets/banking77"
    labels = json.loads((folder / "categories.json").read_text(encoding="utf-8"))
    prompt = "Answer with the one label that fits the message:\n" + "\n".join(labels)
    with (folder / "train.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        Example.of(
            [_say("system", prompt), _say("user", row["text"]), _say("assistant", row["category"])],
            f"train.csv:{number}",
        )
        for number, row in enumerate(rows, 2)
    ]


def _documents(data: Path, questions: int = 8) -> list[Example]:
    """Passages of Shakespeare, each with some of its lines to be continued."""
    path = next((data / "text").glob("*shakespeare*"))
    text = path.read_text(encoding="utf-8")
    passages = [text[i : i + 2400] for i in range(0, len(text) - 2400, 2400)]
    found = []
    for number, passage in enumerate(passages):
        lines = [line for line in passage.splitlines()[1:-1] if len(line) > 30][:questions]
        for line in lines if len(lines) == questions else []:
            asked = f"Which line begins with {' '.join(line.split()[:3])!r}?"
            messages = [_say("system", passage), _say("user", asked), _say("assistant", line)]
            found.append(Example.of(messages, f"{path.name}:{number}"))
    return found


def _pairs(data: Path) -> list[Example]:
    path = data / "datasets/llamafactory_demo/dpo_en_demo.json"
    roles = {"human": "user", "gpt": "assistant", "system": "system"}
    found = []
    for number, row in enumerate(json.loads(path.read_text(encoding="utf-8")), 1):
        prompt = [_say(roles[turn["from"]], turn["value"]) for turn in row["conversations"]]
        chosen, rejected = (
            _say("assistant", row[side]["value"]) for side in ("chosen", "rejected")
        )
        if prompt[-1]["role"] == "user" and chosen["content"] and rejected["content"]:
            place = f"{path.name}:{number}"
            found.append(Example.of([*prompt, chosen], place, rejected=[rejected]))
    return found
