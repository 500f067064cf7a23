"""The subject of an export, put together from what was named; no weights are loaded for it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from whet.artifacts.subject import Subject
from whet.rundir import RunDir, read_json
from whet.stages.base_model import model_name, require_models
from whet.stages.exporting.asked import Asked, asked_of, template_file
from whet.stages.exporting.named import Named

TEMPLATE = "chat_template.jinja"


def subject_of(named: Named, num_prompts: int) -> Subject:
    """What is exported: weights, template and stop tokens as they were judged.

    Raises:
        ModelError: the base is not to be had, or the adapter was made for another one.
    """
    require_models()
    from whet.models.adapter import adapter_digest, check_origin
    from whet.models.files import find_folder, read_config
    from whet.models.load import (
        FOUR_BITS,
        identity_of,
        load_tokenizer,
        stored_stop_ids,
        template_text,
    )

    model, trained, adapter = _places(named)
    folder = trained or find_folder(model)
    read_config(folder)
    template, notices = _template(named, folder, adapter)
    tokenizer = load_tokenizer(folder, template=template)
    text = template_text(tokenizer)
    identity = identity_of(folder, text)
    four_bit = _in_four_bits(adapter)
    if adapter is not None:
        check_origin(adapter, model, identity + FOUR_BITS * four_bit)
    judged = _judged_in(named)
    asked = asked_of(named.project, named.run, num_prompts) if named.project else Asked()
    return Subject(
        name=_name(named),
        model=named.project.config.model if named.project else model,
        folder=folder,
        identity=identity,
        tokenizer=tokenizer,
        template=text,
        stop_ids=stored_stop_ids(folder, tokenizer),
        adapter=adapter,
        adapter_digest=None if adapter is None else adapter_digest(adapter),
        four_bit=four_bit,
        template_file=template,
        run=None if judged is None else judged.path.resolve(),
        system=asked.system,
        prompts=asked.prompts,
        decoding=asked.decoding,
        metric_name=asked.metric_name,
        metric=asked.metric,
        report=_report(judged),
        notices=(*notices, *asked.notices, *_told(named, four_bit)),
    )


def _places(named: Named) -> tuple[str, Path | None, Path | None]:
    """(Name of the base, folder of a model trained in full, folder of the adapter)."""
    if named.project is None:
        assert named.model is not None, "without a project a model is named"
        return named.model, None, named.adapter
    model = model_name(named.project)
    if named.adapter is not None:
        return model, None, named.adapter
    assert named.run is not None, "without a run an adapter is named"
    if (named.run.model / "config.json").is_file():
        return model, named.run.model.resolve(), None
    return model, None, named.run.adapter.resolve()


def _template(
    named: Named, folder: Path, adapter: Path | None
) -> tuple[Path | None, tuple[str, ...]]:
    """The template that goes over the model's own: the project's, else the adapter's.

    An adapter from elsewhere was trained with the template in its own folder.
    """
    if named.project is not None:
        return template_file(named.project), ()
    own = None if adapter is None else adapter / TEMPLATE
    if own is None or not own.is_file():
        return None, ()
    base = folder / TEMPLATE
    if base.is_file() and base.read_bytes() == own.read_bytes():
        return None, ()
    return own, ("the chat template is the one in the adapter's folder: it was trained with it",)


def _in_four_bits(adapter: Path | None) -> bool:
    """As the adapter says of itself, whoever made it."""
    from whet.models.adapter import was_trained_in_four_bits

    return adapter is not None and was_trained_in_four_bits(adapter)


def _name(named: Named) -> str:
    """A name that every file system and server takes."""
    if named.project is not None:
        run = _judged_in(named)
        text = named.project.root.name + (f"-{run.path.name}" if run else "")
    else:
        text = Path(str(named.adapter or named.model)).name
    name = re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")
    return name[:64] or "model"


def _judged_in(named: Named) -> RunDir | None:
    """The run that trained and judged what is exported: not of an adapter from elsewhere."""
    run = named.run
    is_its_own = run is None or named.adapter in (None, run.adapter.resolve())
    return run if is_its_own else None


def _report(run: RunDir | None) -> dict[str, Any] | None:
    if run is None or not run.report_json.is_file():
        return None
    report: dict[str, Any] = read_json(run.report_json)
    return report


def _told(named: Named, four_bit: bool) -> list[str]:
    """What a user should know before shipping this."""
    said = []
    if four_bit:
        said.append(
            "the adapter was trained and judged on a base in 4 bits (NF4); what is exported has the"
            " base's own precision, so its answers may differ where the rounding decided"
        )
    run = _judged_in(named)
    report = _report(run)
    if named.run is not None and run is None:
        said.append("the adapter is not the one that this run judged: whet eval --adapter")
    elif run is not None and report is None:
        said.append("this run was not evaluated: nothing says that it is better than a prompt")
    elif report is not None and str(report.get("verdict")) not in ("ship", "ship_with_rag"):
        said.append(f"the verdict of this run is {report.get('verdict')}, not ship")
    return said
