"""lm-eval's checks of IFEval's instructions, loaded without the network and made repeatable."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

from whet.errors import MissingExtraError

NEEDED = ("langdetect", "immutabledict", "nltk")


def has_sentences() -> bool:
    """Whether NLTK's `punkt_tab`, which some instructions are checked with, is on this machine."""
    if find_spec("nltk") is None:
        return False
    import nltk

    try:
        nltk.data.find("tokenizers/punkt_tab")
    except LookupError:
        return False
    return True


def checker() -> Any:
    """The module with `process_results` and `agg_inst_level_acc`.

    On import it would fetch NLTK data that is missing; here nothing is fetched, and prompts that
    need it are left out (`files.read_ifeval`). Its language detector draws at random: it is
    seeded, so that an answer has one score.

    Raises:
        MissingExtraError: a package that the checks use is missing.
    """
    for package in NEEDED:
        if find_spec(package) is None:
            raise MissingExtraError(package, "bench", "IFEval")
    import langdetect
    import nltk

    langdetect.DetectorFactory.seed = 0
    fetch, nltk.download = nltk.download, _fetch_nothing
    try:
        return importlib.import_module("lm_eval.tasks.ifeval.utils")
    finally:
        nltk.download = fetch


def _fetch_nothing(*_: Any, **__: Any) -> bool:
    return False
