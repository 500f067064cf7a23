"""TRL's SFTTrainer or DPOTrainer on a PEFT model, stopped between steps.

Options: `micro_batch`, `gradient_checkpointing`, `grouped` (the examples of a step in the order of
their length, so that micro-batches hold little padding), `autocast` (float32 weights under bfloat16
autocast, TRL's default, instead of bfloat16 weights), `liger`, `attention` and `unsloth` (GPU; the
model is Unsloth's, the trainer TRL's as Unsloth patches it; written from its documentation and not
run yet).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Thread
from typing import Any

from benchmarks.training.job import Job, Talk, serve
from benchmarks.training.shapes import random_model


def build(job: Job) -> Callable[[Talk], Iterator[dict[str, Any]]]:
    """A session of the trainer whose optimizer steps hold the job's examples."""
    if job.options.get("unsloth"):
        import unsloth  # noqa: F401 -- patches what is imported after it

    import datasets
    import torch
    import transformers
    from transformers import TrainerCallback
    from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

    datasets.disable_progress_bars()
    transformers.logging.set_verbosity_error()
    model = _unsloth_model(job) if job.options.get("unsloth") else _peft_model(job)
    batch = len(job.steps[0])
    micro = min(batch, job.options["micro_batch"])
    common: dict[str, Any] = {
        "output_dir": tempfile.mkdtemp(),
        "per_device_train_batch_size": micro,
        "gradient_accumulation_steps": batch // micro,
        "max_steps": len(job.steps),
        "learning_rate": job.learning_rate,
        "lr_scheduler_type": "constant",
        "optim": "adamw_torch",
        "max_grad_norm": 1.0,
        "weight_decay": 0.0,
        "bf16": job.dtype == "bfloat16",
        "fp16": False,
        "gradient_checkpointing": job.options["gradient_checkpointing"],
        "train_sampling_strategy": "sequential",
        "max_length": None,
        "report_to": "none",
        "save_strategy": "no",
        "logging_strategy": "no",
        "disable_tqdm": True,
        "use_cpu": job.device == "cpu",
        "use_liger_kernel": bool(job.options.get("liger")),
        "dataloader_pin_memory": False,
    }
    examples = [example for step in job.steps for example in _ordered(step, job.options)]
    done: SimpleQueue[dict[str, Any] | BaseException] = SimpleQueue()
    go: SimpleQueue[None] = SimpleQueue()
    counted = {"loss": 0.0, "executed_tokens": 0}

    class Pause(TrainerCallback):  # type: ignore[misc]
        """Waits before each step and reports after it."""

        def on_step_begin(self, *args: Any, **kwargs: Any) -> None:
            go.get()
            counted.update(loss=0.0, executed_tokens=0)

        def on_step_end(self, *args: Any, **kwargs: Any) -> None:
            done.put(dict(counted))

    class Counted:
        """Adds up what the micro-batches of a step report."""

        def training_step(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            loss = super().training_step(model, inputs, *args, **kwargs)  # type: ignore[misc]
            counted["loss"] += float(loss)
            counted["executed_tokens"] += inputs["input_ids"].numel()
            return loss

    if job.objective == "dpo":

        class Trainer(Counted, DPOTrainer):  # type: ignore[misc]
            def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
                return dataset

        config, rows = DPOConfig(**common, beta=0.1), [_pair(example) for example in examples]
    else:

        class Trainer(Counted, SFTTrainer):  # type: ignore[misc,no-redef]
            pass

        config, rows = SFTConfig(**common), [_row(example) for example in examples]
    trainer = Trainer(
        model=model,
        args=config,
        train_dataset=datasets.Dataset.from_list(rows),
        processing_class=_tokenizer(),
        callbacks=[Pause()],
    )

    def work() -> None:
        torch.set_num_threads(job.options["num_threads"])
        try:
            trainer.train()
        except BaseException as error:  # handed over to the waiting thread
            done.put(error)

    def session(talk: Talk) -> Iterator[dict[str, Any]]:
        Thread(target=work, daemon=True).start()
        for step in job.steps:
            talk.wait()
            go.put(None)
            found = done.get()
            if not isinstance(found, dict):
                raise found
            learnt = sum(sum(path[1]) for example in step for path in example)
            yield {**found, "loss_tokens": learnt}

    return session


def _peft_model(job: Job) -> Any:
    import torch
    from peft import PeftModel

    dtype = torch.float32 if job.options.get("autocast") else getattr(torch, job.dtype)
    base = random_model(job.shape, dtype, job.device)
    if "attention" in job.options:
        base.set_attn_implementation(job.options["attention"])
    return PeftModel.from_pretrained(base, job.adapter, is_trainable=True)


def _unsloth_model(job: Job) -> Any:
    """The same weights through Unsloth's loader, with the same starting adapter."""
    import torch
    from peft import load_peft_weights, set_peft_model_state_dict
    from unsloth import FastLanguageModel

    folder = tempfile.mkdtemp()
    random_model(job.shape, getattr(torch, job.dtype), job.device).save_pretrained(folder)
    _tokenizer().save_pretrained(folder)
    longest = max(len(path[0]) for step in job.steps for example in step for path in example)
    model, _ = FastLanguageModel.from_pretrained(
        folder, max_seq_length=longest, dtype=getattr(torch, job.dtype), load_in_4bit=False
    )
    checkpointing = "unsloth" if job.options["gradient_checkpointing"] else False
    model = FastLanguageModel.get_peft_model(
        model, r=16, lora_alpha=16, use_gradient_checkpointing=checkpointing
    )
    set_peft_model_state_dict(model, load_peft_weights(job.adapter))
    return model


def _tokenizer() -> Any:
    """One that pads with id 0; the rows are ids already."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(WordLevel({"<end>": 0}, unk_token="<end>"))  # noqa: S106 -- no password
    return PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<end>", pad_token="<end>")  # noqa: S106


def _ordered(step: list[Any], options: dict[str, Any]) -> list[Any]:
    if not options.get("grouped"):
        return step
    return sorted(step, key=lambda example: max(len(path[0]) for path in example))


def _row(example: Any) -> dict[str, list[int]]:
    ((tokens, trained),) = example
    labels = [token if learnt else -100 for token, learnt in zip(tokens, trained, strict=True)]
    return {"input_ids": tokens, "labels": labels}


def _pair(example: Any) -> dict[str, list[int]]:
    (chosen, learnt), (rejected, _) = example
    start = learnt.index(True)
    return {
        "prompt_ids": chosen[:start],
        "chosen_ids": chosen[start:],
        "rejected_ids": rejected[start:],
    }


if __name__ == "__main__":
    serve(build)
