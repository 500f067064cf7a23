from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from whet.distilling import Asking, Job, LocalTeacher
from whet.errors import ModelError
from whet.infer import FakeCompleter
from whet.types import Completion, Decoding, Messages
from whet.verbs.distill import distill


def jobs(*seeds: int) -> Callable[[], Job | None]:
    made = [
        Job(str(n), ({"role": "user", "content": f"q{n}"},), Decoding(seed=seed))
        for n, seed in enumerate(seeds)
    ]
    left = iter(made)
    return lambda: next(left, None)


def test_every_job_is_answered_once_whatever_its_decoding() -> None:
    completer = FakeCompleter(lambda messages: messages[-1]["content"].upper())
    teacher = LocalTeacher(completer, batch_size=3)
    found = [one for one in teacher.answers(jobs(0, 0, 1, 1, 1, 1, 0)) if one is not None]
    assert [one.job.key for one in found] == list("0123456")
    assert [one.completion.text for one in found if one.completion] == [f"Q{n}" for n in range(7)]


class Short(FakeCompleter):
    """Refuses a batch with a long prompt in it, as a model with a small context does."""

    def complete(self, prompts: Sequence[Messages], decoding: Decoding) -> list[Completion]:
        if any(len(messages[-1]["content"]) > 2 for messages in prompts):
            raise ModelError("prompt 1 does not fit")
        return super().complete(prompts, decoding)


def test_a_prompt_that_does_not_fit_fails_alone() -> None:
    teacher = LocalTeacher(Short(lambda messages: "ok"), batch_size=4)
    found = [one for one in teacher.answers(jobs(*[0] * 12)) if one is not None]
    assert [one.failure for one in found] == [""] * 10 + ["prompt 1 does not fit"] * 2


def test_whet_nano_teaches(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    prompts = tmp_path / "p.txt"
    prompts.write_text("Say hello.\nName a colour.\n")
    out = tmp_path / "out"
    asking = Asking("whet-nano", max_new_tokens=24)
    result = distill([prompts], out, asking)
    assert result.kept + sum(result.rejected.values()) == 2
    again = distill([prompts], out, asking)
    assert (again.kept, again.rejected) == (result.kept, result.rejected)
    lines = (out / "record" / "journal.jsonl").read_text().splitlines()
    assert len(lines) == 2, "the second time nothing was asked"
    teacher = json.loads((out / "record" / "manifest.json").read_text())["teacher"]
    assert teacher.startswith("whet-nano#")
