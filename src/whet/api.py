"""The Python API: the verbs of the command line as functions, loaded at first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whet.config import Config as Config
    from whet.verbs.chat import chat as chat
    from whet.verbs.check import check as check
    from whet.verbs.clean import clean as clean
    from whet.verbs.distill import distill as distill
    from whet.verbs.doctor import doctor as doctor
    from whet.verbs.eval import eval as eval
    from whet.verbs.export import export as export
    from whet.verbs.init import init as init
    from whet.verbs.report import report as report
    from whet.verbs.review import review as review
    from whet.verbs.run import run as run
    from whet.verbs.serve import serve as serve
    from whet.verbs.train import train as train
    from whet.verbs.verdict import verdict as verdict
    from whet.verbs.verify import verify as verify

VERBS = (
    "init", "check", "clean", "distill", "run", "train",
    "eval", "verdict", "review", "chat", "export", "verify", "serve",
    "report", "doctor",
)  # fmt: skip


def load(name: str) -> object:
    """The verb, or `Config`, of that name.

    Raises:
        AttributeError: whet has nothing of that name.
    """
    if name in VERBS:
        return getattr(import_module(f"whet.verbs.{name}"), name)
    if name == "Config":
        return import_module("whet.config").Config
    raise AttributeError(f"module 'whet' has no attribute {name!r}")
