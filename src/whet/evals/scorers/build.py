"""From a project's `eval` section to its scorers, with every fault of it told at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from whet.config import Config, EvalConfig
from whet.errors import ConfigError, DataError
from whet.evals.scorers.catalogue import METRICS, SAID, Better, better, is_measured
from whet.evals.scorers.extraction import extraction
from whet.evals.scorers.forms import fits_schema
from whet.evals.scorers.grounding.citations import citation_precision, citation_support
from whet.evals.scorers.grounding.faithfulness import Truth, faithfulness, no_hallucination
from whet.evals.scorers.likeness.rouge import rouge
from whet.evals.scorers.matching import contains, exact_match, finds_regex, length, token_f1
from whet.evals.scorers.numeric import within_tolerance
from whet.evals.scorers.own import own_file, own_scorer
from whet.evals.scorers.rules import off_domain, persona
from whet.evals.scorers.scored import Scorer
from whet.evals.scorers.tool_calls import tool_call_f1, tool_call_match, tool_name_match
from whet.types import Example


@dataclass(frozen=True, slots=True)
class Setup:
    """What scorers are made from. `form` is what `format` means; `documents` of `rag.documents`."""

    settings: EvalConfig
    root: Path
    form: Scorer | None = None
    documents: Path | None = None

    @staticmethod
    def of(config: Config, root: Path, form: Scorer | None) -> Setup:
        """The setup of a project."""
        documents = root / Path(config.rag.documents).expanduser() if config.rag else None
        return Setup(config.eval, root, form, documents)


SCORERS: dict[str, Scorer] = {
    "exact_match": exact_match,
    "accuracy": exact_match,  # the same question, asked where the answers are a closed set
    "contains": contains,
    "token_f1": token_f1,
    "tool_call_match": tool_call_match,
    "tool_name_match": tool_name_match,
    "tool_call_f1": tool_call_f1,
    "rouge1": rouge("1"),
    "rouge2": rouge("2"),
    "rougeL": rouge("l"),
    "citation_support": citation_support,
    "citation_precision": citation_precision,
    "length": length,
}
"""Those that need no setting."""


def asked(settings: EvalConfig) -> list[str]:
    """The metrics that are scored, each once, the primary one among them."""
    first = [settings.primary] if settings.primary not in (None, *settings.metrics) else []
    names = dict.fromkeys([*map(str, first), *settings.metrics])
    return [name for name in names if name not in SAID]


def leading(settings: EvalConfig) -> str:
    """The metric that choices go by: the primary one, else the first where more is better.

    Where a judge or people decide it is the first, too: they speak after the answers.

    Raises:
        ConfigError: there is none.
    """
    for name in filter(None, (settings.primary, *settings.metrics)):
        if better(name) is Better.MORE and name not in SAID:
            return name
    raise ConfigError(
        f"eval.metrics: of {', '.join(settings.metrics)} none is better with more, so nothing"
        " could be chosen by it. Add one, e.g. exact_match."
    )


def build(setup: Setup) -> dict[str, Scorer]:
    """A scorer for every metric of the project, those that are measured apart.

    Raises:
        ConfigError: with every fault at once: an unknown metric, a setting that is missing, a
            file that cannot be used, a primary metric where more is not better.
        MissingExtraError: a package that a metric needs is not installed.
    """
    faults: list[str] = _name_faults(setup.settings)
    found: dict[str, Scorer] = {}
    for name in asked(setup.settings):
        try:
            if not is_measured(name):
                found[name] = scorer(name, form=setup.form, setup=setup)
            elif name == "bertscore" and setup.settings.bertscore is None:
                faults.append(_needs(name, "bertscore", "{model: FOLDER}"))
        except (ConfigError, DataError) as error:
            faults += error.faults
    try:
        leading(setup.settings)
    except ConfigError as error:
        faults += error.faults
    if faults:
        raise ConfigError(list(dict.fromkeys(faults)))
    return found


def _name_faults(settings: EvalConfig) -> list[str]:
    faults = [
        f"eval.scorers.{name}: there is a metric of that name already. Choose another name."
        for name in settings.scorers
        if name in METRICS
    ]
    primary = settings.primary
    if primary is not None and better(primary) is not Better.MORE:
        way = "less is better" if better(primary) is Better.LESS else "neither way is better"
        faults.append(
            f"eval.primary: {primary}: {way}, and a verdict is about what there is more of. Name"
            " another, and keep it under eval.metrics."
        )
    return faults


def scorer(name: str, *, form: Scorer | None = None, setup: Setup | None = None) -> Scorer:
    """The scorer of that name. `form` is what `format` means in this project.

    Raises:
        ConfigError: The name is unknown, is measured with a model, or lacks a setting that it
            needs.
    """
    if setup is not None and name in setup.settings.scorers:
        return own_scorer(name, setup.settings.scorers[name], setup.root)
    if name == "format":
        if form is None:
            raise ConfigError(
                "eval.metrics: format needs a form to compare with. Name one under gates.format."
            )
        return form
    if name in SCORERS:
        return SCORERS[name]
    if name in _WITH_SETTINGS:
        return _WITH_SETTINGS[name](setup or Setup(EvalConfig(), Path()))
    if name in METRICS:
        raise ConfigError(f"{name}: needs a model, and is measured in a run only.")
    known = ", ".join(sorted((*METRICS, *(setup.settings.scorers if setup else ()))))
    raise ConfigError(f"eval.metrics: there is no metric {name!r}. Known: {known}.")


def _needs(metric: str, key: str, value: str) -> str:
    return f"eval.metrics: {metric} needs eval.{key}. Add it: eval.{key}: {value}."


def _regex(setup: Setup) -> Scorer:
    if setup.settings.regex is None:
        raise ConfigError(_needs("regex", "regex", "PATTERN"))
    return finds_regex(setup.settings.regex)


def _json_schema(setup: Setup) -> Scorer:
    if setup.settings.json_schema is None:
        raise ConfigError(_needs("json_schema", "json_schema", "FILE"))
    return fits_schema(setup.root / setup.settings.json_schema)


def _persona(setup: Setup) -> Scorer:
    if setup.settings.persona is None:
        raise ConfigError(_needs("persona", "persona", "{forbidden: [...]}"))
    return persona(setup.settings.persona)


def _off_domain(setup: Setup) -> Scorer:
    if setup.settings.off_domain is None:
        raise ConfigError(_needs("off_domain", "off_domain", "{words: [...]}"))
    return off_domain(setup.settings.off_domain)


def _bleu(setup: Setup) -> Scorer:
    from whet.evals.scorers.likeness.sacre import sentence_bleu

    return sentence_bleu(setup.settings.bleu.tokenize)


def _chrf(setup: Setup) -> Scorer:
    from whet.evals.scorers.likeness.sacre import sentence_chrf

    return sentence_chrf(setup.settings.chrf.word_order)


def truth_of(setup: Setup) -> Truth:
    """What an item's answers may rest on.

    Raises:
        ConfigError: no truth is named, or its file cannot be read.
        DataError: the documents cannot be read.
    """
    truth = setup.settings.truth
    if truth is None:
        raise ConfigError(_needs("faithfulness and no_hallucination", "truth", "{columns: [...]}"))
    if truth.columns:
        return lambda example: _of_columns(example, truth.columns)
    if truth.file is not None:
        text = _read(setup.root / truth.file, "eval.truth.file")
        return lambda _: text
    if setup.documents is None:
        raise ConfigError("eval.truth.documents: there are none. Name a folder: rag.documents.")
    text = _documents(setup.documents)
    return lambda _: text


def _of_columns(example: Example, columns: tuple[str, ...]) -> str:
    """The columns as lines `name: value`; those that an item lacks are left out."""
    found = ((name, example.fields.get(name)) for name in columns)
    return "\n".join(f"{name}: {value}" for name, value in found if value not in (None, ""))


def _read(path: Path, key: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{key}: {path}: {error.strerror or error}.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{key}: {path}: not UTF-8 at byte {error.start}.") from None


@cache
def _documents(folder: Path) -> str:
    from whet.retrieval import read_documents

    documents = read_documents(folder).documents
    return "\n\n".join(f"{document.title}\n{document.text}" for document in documents)


_WITH_SETTINGS: Mapping[str, Callable[[Setup], Scorer]] = {
    "numeric": lambda setup: within_tolerance(setup.settings.numeric),
    "extraction_f1": lambda setup: extraction("f1", setup.settings.extraction.fields),
    "extraction_precision": lambda setup: extraction("precision", setup.settings.extraction.fields),
    "extraction_recall": lambda setup: extraction("recall", setup.settings.extraction.fields),
    "bleu": _bleu,
    "chrf": _chrf,
    "regex": _regex,
    "json_schema": _json_schema,
    "faithfulness": lambda setup: faithfulness(truth_of(setup)),
    "no_hallucination": lambda setup: no_hallucination(truth_of(setup)),
    "persona": _persona,
    "off_domain": _off_domain,
}


def files_of(setup: Setup) -> dict[str, str]:
    """The digest of every file that scores depend on, by the key that names it.

    Raises:
        ConfigError: one is missing.
    """
    settings = setup.settings
    paths = {
        f"eval.scorers.{name}": own_file(name, place, setup.root)
        for name, place in settings.scorers.items()
    }
    if settings.json_schema is not None:
        paths["eval.json_schema"] = setup.root / settings.json_schema
    if settings.truth is not None and settings.truth.file is not None:
        paths["eval.truth.file"] = setup.root / settings.truth.file
    found = {key: _digest(path.read_bytes()) for key, path in paths.items()}
    if settings.truth is not None and settings.truth.documents and setup.documents is not None:
        found["eval.truth.documents"] = _digest(_documents(setup.documents).encode())
    return found


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
