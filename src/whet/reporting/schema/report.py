"""What `report.json` holds, key by key.

Every key is present unless it says that it may be missing, and holds a value unless its type
names None. Figures are raw: shares between 0 and 1, seconds, bytes, losses in nats per token.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NotRequired, cast

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from whet.errors import RunError
from whet.reporting.schema.details import Details
from whet.reporting.schema.measures import Comparison as Comparison
from whet.reporting.schema.measures import Measured, Verdict
from whet.types import Outcome

SCHEMA_VERSION = 1
MAX_FAULTS = 20


class Model(TypedDict):
    """The model that was judged, or that would have been trained."""

    name: str
    """As the configuration names it."""
    identity: str
    """Weights, template and precision in one string; `-nf4` where linear layers are in 4 bits."""
    num_parameters: int | None
    """All parameters, adapters not counted; None for an endpoint."""


class Waiver(TypedDict):
    """Who let a gate go, and why."""

    by: str
    """A person's name."""
    reason: str
    """In that person's words."""


class Gate(TypedDict):
    """One check that must hold before shipping, for one candidate."""

    name: str
    """forgetting, refusals, format, latency, or the user's own."""
    candidate: str
    """The arm that was checked."""
    result: Outcome
    """pass, fail, inconclusive or not_run."""
    evidence: str
    """What was measured, in one or two sentences."""
    numbers: NotRequired[dict[str, Any]]
    """What it was judged by: value, low, high, and margin, floor or p95_ms; parts of a gate each
    under their name. May be missing."""
    required: bool
    """Whether it can stop a release."""
    waived_by: Waiver | None
    """Set where a person let it go."""


class Looks(TypedDict):
    """How often these test items have been looked at, this time included."""

    number: int | None
    """1 for the first look; None where test items were not looked at."""
    level: float | None
    """The two-sided level that this look is read at."""
    items: int
    """Items that were judged, of whatever split."""
    note: str
    """A sentence; empty where there is nothing to add."""


class Rows(TypedDict):
    """Rows by split."""

    train: int
    """Rows that training may see."""
    validation: int
    """Rows for choices and early stopping."""
    test: int
    """Rows that only a look may see."""


class Data(TypedDict):
    """Which data it was."""

    version: str
    """Hash of the content of all splits."""
    rows: Rows
    """Rows by split."""
    format: str
    """What kind of rows the files held."""
    reason: str
    """Why that format was taken."""
    items_digest: NotRequired[str | None]
    """Hash of the judged items. Two reports may be compared where it is equal. May be missing."""


class Cost(TypedDict):
    """Money, where `cost.per_hour` gives a price."""

    currency: str
    """The name of the money."""
    per_hour: float | None
    """Price of an hour of the machine; None: only time is known."""
    training: float | None
    """What the training cost."""
    per_1000: dict[str, float | None]
    """What 1,000 answers cost, by arm."""
    payback_answers: int | None
    """Answers after which training has paid back; None where it never does or is not known."""
    payback_of: NotRequired[tuple[str, str] | None]
    """The candidate and the baseline whose answers pay back, or do not. May be missing."""
    upkeep_per_month: NotRequired[float | None]
    """What keeping a trained model alive takes a month; None where it is not given."""
    payback_per_month: NotRequired[int | None]
    """Answers a month from which cheaper answers pay for the upkeep; None as above."""
    note: str
    """What the figures leave out; empty where there is nothing to add."""


class Time(TypedDict):
    """Wall time."""

    total_s: float
    """The whole run."""
    stages: dict[str, float]
    """Seconds by stage, in the order they ran."""


class Report(TypedDict):
    """`report.json`."""

    schema_version: int
    """1."""
    run: NotRequired[str]
    """Name of the run folder. May be missing."""
    created: NotRequired[str]
    """When, in UTC. May be missing."""
    verdict: Verdict | None
    """None where only validation items were seen."""
    reasons: list[str]
    """Sentences, the weightiest first."""
    next: str
    """What to do now."""
    task: str
    """What the model is for; empty where the configuration does not say."""
    model: Model
    """The model."""
    adapter: str | None
    """Path of the adapter in the run folder."""
    arms: dict[str, dict[str, Measured]]
    """Every arm and metric on the split that was judged."""
    comparisons: list[Comparison]
    """Every comparison that was made."""
    gates: list[Gate]
    """Every gate of every candidate."""
    looks: Looks
    """How often these items were looked at."""
    data: Data
    """Which data it was."""
    cost: Cost
    """Money."""
    time: Time
    """Wall time."""
    details: Details
    """What stands behind the verdict."""


class RunRow(TypedDict):
    """One line of `whet report list`."""

    run: str
    """Name of the run folder."""
    verb: str
    """The verb that made it."""
    state: str
    """running, complete, interrupted or failed."""
    created: str
    """When, in UTC."""
    verdict: str | None
    """As `reading` words it; None where there is no report."""
    effect: str | None
    """The headline's difference with its interval; None where nothing was compared."""


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


def check_report(value: Any) -> Report:
    """The value itself, once it is known to be a report that this version reads.

    Raises:
        RunError: it is newer, or a key is missing or of the wrong type; every fault is told.
    """
    version = value.get("schema_version") if isinstance(value, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise RunError(
            f"report.json: schema version {version}, this whet reads {SCHEMA_VERSION}."
            " Upgrade whet."
        )
    try:
        _adapter().validate_python(value)
    except ValidationError as error:
        raise RunError("\n".join(_faults(error))) from None
    return cast(Report, value)


def _faults(error: ValidationError) -> list[str]:
    faults = [
        f"report.json: {'.'.join(str(part) for part in fault['loc']) or '(whole)'}: {fault['msg']}."
        for fault in error.errors(include_url=False, include_input=False)
    ]
    more = len(faults) - MAX_FAULTS
    told = faults[:MAX_FAULTS] + ([f"... and {more} more."] if more > 0 else [])
    return [*told, "Make it again with `whet verdict RUN`."]
