"""Every error a user can meet: one base class, one class an area.

Each class is also the standard-library error it is, so `except ValueError` does what a caller
of the Python API expects. The command line turns any `WhetError` into one message and exit
status 2; nothing else is caught there, because anything else is our own bug.
"""

from __future__ import annotations

from collections.abc import Sequence


class WhetError(Exception):
    """A mistake that a user can mend. The message says what, where, what was seen, what to do."""


class ConfigError(WhetError, ValueError):
    """`whet.yaml` or an override is wrong. All faults of a file are told together."""

    def __init__(self, faults: str | Sequence[str]) -> None:
        self.faults = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(self.faults))


class DataError(WhetError, ValueError):
    """Rows cannot be used as they are. `faults` holds one line a fault, worst first."""

    def __init__(self, faults: str | Sequence[str]) -> None:
        self.faults = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(self.faults))


class ModelError(WhetError, ValueError):
    """A model, tokenizer, chat template or adapter cannot be loaded or does not fit."""


class RunError(WhetError, RuntimeError):
    """A run folder is locked, incomplete, of a newer format, or not a run."""


class TrainingError(WhetError, RuntimeError):
    """Training cannot go on: the message names the step and, where known, the rows."""


class ArtifactError(WhetError, RuntimeError):
    """An export cannot be made, or an artifact is not what its manifest says."""


class EndpointError(WhetError, RuntimeError):
    """An HTTP endpoint refused, timed out or answered something that is no completion.

    `status` is the HTTP status of the last answer, None where there was none.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(message)


class MissingExtraError(WhetError, ImportError):
    """A package that an extra installs is missing; the message is the command that installs it."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {package}. Run: pip install 'whet[{extra}]'")


class Interrupted(WhetError):
    """The user or the system asked to stop, and the state on disk is whole. Exit status 130."""
