"""What people judge, frozen with a hash before the first vote.

    reviews/001/
        review.json    items, answers, rubric, raters: everything that a rater can be shown
        secret.json    the seed of sides and order, and the key of sessions; read by the owner only
        votes.sqlite   the history of votes

The digest of `review.json` names the history: an item, an answer or a criterion that changes after
the first vote makes another review, and the votes do not count for it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from whet.errors import RunError
from whet.rundir import read_json, write_json
from whet.types import content_id

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Item:
    """One question with the answer of each arm, as raters see them: masked already.

    `conversation` is (role, text) before the answer. `raw` holds, by arm, those answers in which
    a name was masked, as they were given.
    """

    id: str
    conversation: tuple[tuple[str, str], ...]
    gold: str
    answers: Mapping[str, str]
    criteria: tuple[str, ...] = ()
    raw: Mapping[str, str] = field(default_factory=dict)
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two arms that are compared. A preference above 0 is for `a`."""

    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Frozen:
    """A review. `votes_per_item` of the `raters` see each item; `repeats` of them once more."""

    run: str
    created: str
    split: str
    pairs: tuple[Pair, ...]
    items: tuple[Item, ...]
    num_judged: int
    raters: int
    votes_per_item: int
    repeats: float
    instructions: str = ""
    criteria: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    show_gold: bool = False

    @property
    def arms(self) -> tuple[str, ...]:
        """Every arm, in the order of the pairs."""
        return tuple(dict.fromkeys(arm for pair in self.pairs for arm in (pair.a, pair.b)))

    @property
    def digest(self) -> str:
        """The hash of all that can be shown."""
        return content_id(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return {"format": FORMAT, **plain}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Frozen:
        """The review as it was frozen.

        Raises:
            RunError: it has a newer format, or is no review.
        """
        found = dict(value)
        version = found.pop("format", None)
        if isinstance(version, int) and version > FORMAT:
            raise RunError(f"review.json has format {version}; this whet reads {FORMAT}. Upgrade.")
        try:
            items = tuple(_item(row) for row in found.pop("items"))
            pairs = tuple(Pair(**row) for row in found.pop("pairs"))
            lists: dict[str, Any] = {name: tuple(found.pop(name)) for name in ("criteria", "tags")}
            return Frozen(items=items, pairs=pairs, **lists, **found)
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"review.json is not a review of whet ({error!r}).") from None


def _item(row: Mapping[str, Any]) -> Item:
    found = dict(row)
    found["conversation"] = tuple((str(role), str(text)) for role, text in found["conversation"])
    found["criteria"] = tuple(found["criteria"])
    return Item(**found)


@dataclass(frozen=True, slots=True)
class Secret:
    """`seed` draws sides and order and names assignments; `sessions` signs cookies."""

    seed: bytes
    sessions: bytes


class ReviewFolder:
    """One folder under `reviews/` of a run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @staticmethod
    def all_of(run: Path) -> list[ReviewFolder]:
        """The reviews of a run, oldest first."""
        return [ReviewFolder(p.parent) for p in sorted(run.glob("reviews/*/review.json"))]

    @staticmethod
    def create(run: Path, frozen: Frozen) -> ReviewFolder:
        """Freezes a review under the next free number."""
        number = 1 + max(
            (int(p.name) for p in run.glob("reviews/*") if p.name.isdigit()), default=0
        )
        folder = ReviewFolder(run / "reviews" / f"{number:03d}")
        folder.path.mkdir(parents=True)
        keys = {"seed": secrets.token_hex(32), "sessions": secrets.token_hex(32)}
        write_json(folder.path / "secret.json", {"format": FORMAT, **keys}, mode=0o600)
        body = frozen.to_json()
        write_json(folder.path / "review.json", {**body, "digest": frozen.digest})
        return folder

    def frozen(self) -> Frozen:
        """What was frozen.

        Raises:
            RunError: it was changed since, so that no vote counts for it.
        """
        value = read_json(self.path / "review.json")
        told = value.pop("digest", None)
        frozen = Frozen.from_json(value)
        if frozen.digest != told:
            raise RunError(
                f"{self.path / 'review.json'}: changed since it was frozen (digest {told}, now"
                f" {frozen.digest}). Put it back as it was, or begin a new review: votes on other"
                " items, answers or criteria do not count."
            )
        return frozen

    def secret(self) -> Secret:
        """The seed and the key of sessions."""
        value = read_json(self.path / "secret.json")
        return Secret(bytes.fromhex(value["seed"]), bytes.fromhex(value["sessions"]))
