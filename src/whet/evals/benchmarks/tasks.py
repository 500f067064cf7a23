"""Benchmarks as lm-eval tasks on local rows.

Prompts, worked examples, stop strings and scores are those of the tasks that lm-eval ships (MMLU
version 1.0, GSM8K 3.0, IFEval 4.0; MIT): only where the rows come from is ours. A test compares
each with the file in the installed lm-eval. Imports lm_eval: import it inside a function.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

from whet.errors import ConfigError
from whet.evals.benchmarks.files import LETTERS, Benchmark, Doc, Part

SHOT_SEED = 1234
"""lm-eval's own default seed for drawing worked examples."""

PRIMARY = {
    "mmlu": ("acc", "none"),
    "gsm8k": ("exact_match", "flexible-extract"),
    "ifeval": ("prompt_level_strict_acc", "none"),
}
"""The score of an item that is pooled: its name in lm-eval, and the filter of the answer."""

MMLU: dict[str, Any] = {
    "output_type": "multiple_choice",
    "test_split": "test",
    "fewshot_split": "dev",
    "fewshot_config": {"sampler": "first_n"},
    "doc_to_text": "{{question.strip()}}\nA. {{choices[0]}}\nB. {{choices[1]}}\n"
    "C. {{choices[2]}}\nD. {{choices[3]}}\nAnswer:",
    "doc_to_choice": list(LETTERS),
    "doc_to_target": "answer",
    "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
}

GSM8K: dict[str, Any] = {
    "output_type": "generate_until",
    "training_split": "train",
    "fewshot_split": "train",
    "test_split": "test",
    "doc_to_text": "Question: {{question}}\nAnswer:",
    "doc_to_target": "{{answer}}",
    "metric_list": [
        {
            "metric": "exact_match",
            "aggregation": "mean",
            "higher_is_better": True,
            "ignore_case": True,
            "ignore_punctuation": False,
            "regexes_to_ignore": [",", "\\$", "(?s).*#### ", "\\.$"],
        }
    ],
    "generation_kwargs": {
        "until": ["Question:", "</s>", "<|im_end|>"],
        "do_sample": False,
        "temperature": 0.0,
    },
    "repeats": 1,
    "num_fewshot": 5,
    "filter_list": [
        {
            "name": "strict-match",
            "filter": [
                {"function": "regex", "regex_pattern": "#### (\\-?[0-9\\.\\,]+)"},
                {"function": "take_first"},
            ],
        },
        {
            "name": "flexible-extract",
            "filter": [
                {
                    "function": "regex",
                    "group_select": -1,
                    "regex_pattern": "(-?[$0-9.,]{2,})|(-?[0-9]+)",
                },
                {"function": "take_first"},
            ],
        },
    ],
}

IFEVAL: dict[str, Any] = {
    "output_type": "generate_until",
    "test_split": "train",
    "num_fewshot": 0,
    "doc_to_text": "prompt",
    "doc_to_target": 0,
    "generation_kwargs": {
        "until": [],
        "do_sample": False,
        "temperature": 0.0,
        "max_gen_toks": 1280,
    },
}

HUMANEVAL: dict[str, Any] = {
    "until": ["\nclass", "\ndef", "\n#", "\nif", "\nprint"],
    "max_gen_toks": 1024,
    "do_sample": False,
}
"""How lm-eval's task `humaneval` asks; whet runs the code itself, in its own sandbox."""


def tasks(benchmark: Benchmark, shots: int | None = None) -> dict[str, Any]:
    """lm-eval tasks by name, over the rows of the benchmark; `shots` None is lm-eval's default.

    Raises:
        ConfigError: more worked examples are asked for than the files have.
    """
    return {name: _task(benchmark.name, name, part, shots) for name, part in _named(benchmark)}


def _named(benchmark: Benchmark) -> list[tuple[str, Part]]:
    return [
        (f"mmlu_{name}" if benchmark.name == "mmlu" else name, part)
        for name, part in benchmark.parts.items()
    ]


def _task(kind: str, name: str, part: Part, shots: int | None) -> Any:
    from lm_eval.api.task import ConfigurableTask

    config = settings(kind, name, shots)
    wanted = config.get("num_fewshot") or 0
    if wanted > len(part.shots):
        raise ConfigError(_too_few(kind, name, wanted, len(part.shots)))
    splits = {config["test_split"]: list(part.docs.values())}
    if part.shots:
        splits[config["fewshot_split"]] = list(part.shots)
    elif kind != "ifeval":
        config = {k: v for k, v in config.items() if k not in ("fewshot_split", "training_split")}
        config["fewshot_config"] = {}
    with quiet():
        made = ConfigurableTask(config={**config, "custom_dataset": lambda **_: _dataset(splits)})
        made.set_fewshot_seed(SHOT_SEED)
    return made


def settings(kind: str, name: str, shots: int | None = None) -> dict[str, Any]:
    """The configuration of a task, without its rows."""
    if kind == "mmlu":
        subject = name.removeprefix("mmlu_").replace("_", " ")
        told = f"The following are multiple choice questions (with answers) about {subject}.\n\n"
        own = {**MMLU, "description": told}
    elif kind == "gsm8k":
        own = dict(GSM8K)
    else:
        own = {**IFEVAL, **ifeval_scores()}
    if shots is not None and kind != "ifeval":
        own["num_fewshot"] = shots
    return {"task": name, "dataset_path": "json", **own}


def ifeval_scores() -> dict[str, Any]:
    """lm-eval's own checks of IFEval's instructions."""
    from whet.evals.benchmarks.instructions import checker

    with quiet():  # it prints that it fetched what it did not
        utils = checker()
    per_prompt = {"aggregation": "mean", "higher_is_better": True}
    per_instruction = {"aggregation": utils.agg_inst_level_acc, "higher_is_better": True}
    return {
        "process_results": utils.process_results,
        "metric_list": [
            {"metric": "prompt_level_strict_acc", **per_prompt},
            {"metric": "inst_level_strict_acc", **per_instruction},
            {"metric": "prompt_level_loose_acc", **per_prompt},
            {"metric": "inst_level_loose_acc", **per_instruction},
        ],
    }


def _dataset(splits: Mapping[str, Sequence[Doc]]) -> Any:
    import datasets

    return {name: datasets.Dataset.from_list(list(rows)) for name, rows in splits.items()}


def _too_few(kind: str, name: str, wanted: int, there: int) -> str:
    beside = "dev/SUBJECT_dev.csv" if kind == "mmlu" else "train.jsonl beside the test file"
    return (
        f"gates.ability.{kind}: {name} shows {wanted} worked examples, and there are {there}. Put"
        f" {beside}, or set gates.ability.shots: 0."
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Within it lm-eval draws no bars and logs nothing; what it raises comes through."""
    logger = logging.getLogger("lm_eval")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
