"""Score a packaged model on held-out questions: `python -m nano.score --model
src/whet/models/nano`.

Answers are greedy and must be exact. Label names, intents, topics, invented words and wordings of
the held-out side were never in a training document.
"""

import argparse
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from .corpus import Source, seeded
from .corpus.refusals import REFUSAL
from .exams import EXAMS, NOT_REFUSED, Question


@dataclass(frozen=True)
class Score:
    """Exact matches of a skill with the half-width of a 95 % Wald interval, beside the score of a
    guess.
    """

    skill: str
    exact: float
    margin: float
    chance: float
    num_questions: int


def questions(exam_number: int, count: int) -> list[Question]:
    """The same questions every time."""
    exam = EXAMS[exam_number]
    return [exam.draw(Source(seeded(f"exam {exam.name} {i}"), held_out=True)) for i in range(count)]


@torch.no_grad()
def answers(model: Any, tokenizer: Any, asked: list[Question], batch_size: int = 16) -> list[str]:
    """Greedy answers, in the order of the questions; shortest prompts first, padded on the left."""
    texts = [
        tokenizer.apply_chat_template(q.messages, tokenize=False, add_generation_prompt=True)
        for q in asked
    ]
    found: dict[int, str] = {}
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        encoded = tokenizer(
            [texts[i] for i in chosen],
            return_tensors="pt",
            padding=True,
            padding_side="left",
            return_token_type_ids=False,
        )
        written = model.generate(**encoded, max_new_tokens=72, do_sample=False)[
            :, encoded["input_ids"].shape[1] :
        ]
        found |= dict(
            zip(chosen, tokenizer.batch_decode(written, skip_special_tokens=True), strict=True)
        )
    return [found[i] for i in range(len(texts))]


def is_right(question: Question, answer: str) -> bool:
    """Exact, but that a harmless question may have any answer except the refusal."""
    if question.answer == NOT_REFUSED:
        return answer != REFUSAL
    return answer == question.answer


def score(folder: Path, count: int, only: str = "", show: int = 0) -> list[Score]:
    """Scores by skill; `show` prints that many wrong answers of each."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    scores = []
    for number, exam in enumerate(EXAMS):
        if only and only not in exam.name:
            continue
        asked = questions(number, count)
        given = answers(model, tokenizer, asked)
        right = [is_right(question, answer) for question, answer in zip(asked, given, strict=True)]
        exact = sum(right) / count
        margin = 1.96 * math.sqrt(exact * (1 - exact) / count)
        chance = sum(question.chance for question in asked) / count
        scores.append(Score(exam.name, exact, margin, chance, count))
        print(f"{exam.name:32} {exact:6.1%} +- {margin:5.1%}   guess {chance:6.1%}", flush=True)
        wrong = [
            pair for pair, ok in zip(zip(asked, given, strict=True), right, strict=True) if not ok
        ]
        for question, answer in wrong[:show]:
            print(
                "   ---",
                json.dumps(question.messages),
                "\n   expected",
                repr(question.answer),
                "\n   got     ",
                repr(answer),
            )
    return scores


def main() -> None:
    """Read the command line and score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--only", default="", help="score only skills whose name contains this")
    parser.add_argument("--show", type=int, default=0, help="wrong answers to print for each skill")
    parser.add_argument("--json", type=Path, help="also write the scores here")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    scores = score(given.model, given.count, given.only, given.show)
    if given.json:
        given.json.write_text(json.dumps([asdict(row) for row in scores], indent=1) + "\n")


if __name__ == "__main__":
    main()
