"""What a user follows: creators and posts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WatchKind(StrEnum):
    """What can be followed."""

    CREATOR = "creator"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Names:
    """Creators or posts, each by the name it is kept under, with the name as it was written.

    >>> Names.creators(["Ada", "ada"]).labels
    {'ada': 'Ada'}
    """

    kind: WatchKind
    labels: dict[str, str]

    @classmethod
    def creators(cls, usernames: Iterable[str]) -> "Names":
        labels: dict[str, str] = {}
        for username in usernames:
            labels.setdefault(username.lower(), username)
        return cls(WatchKind.CREATOR, labels)

    @classmethod
    def posts(cls, ids: Iterable[int]) -> "Names":
        return cls(WatchKind.POST, {str(one): str(one) for one in ids})

    @property
    def post_ids(self) -> list[int]:
        return [int(name) for name in self.labels] if self.kind is WatchKind.POST else []

    @property
    def usernames(self) -> list[str]:
        """The creators, in lower case."""
        return list(self.labels) if self.kind is WatchKind.CREATOR else []


@dataclass(frozen=True, slots=True)
class NotListed:
    """Something watched of which Civitai lists nothing, with the name its media bear by now, if any."""

    kind: WatchKind
    label: str
    renamed_to: str | None


@dataclass(frozen=True, slots=True)
class Watching:
    """One watch and what is known of its media.

    `listed` is how many Civitai lists of a creator; None is unknown, and where it was `looked_at` none at all.
    """

    kind: WatchKind
    name: str
    label: str
    created_by: str
    created_at: datetime
    media: int
    posts: int
    missing: int
    last_observed_at: datetime | None
    listed: int | None
    renamed_to: str | None
    looked_at: datetime | None
    is_recorded: bool


class LookOutcome(StrEnum):
    """What came of a look at once."""

    LOOKED = "looked at"
    KNOWN = "known before"
    PARTLY = "looked at in part"
    NOTHING = "Civitai lists nothing"
    NOT_REACHED = "not reached in time"
    UNCHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What came of a look at once at a creator or a post, by the name as it was written; `why` it was not whole."""

    label: str
    outcome: LookOutcome
    media: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class KnownMedia:
    """What is stored of the media of a creator or a post; `total` is over the `known` whose counters are known.

    `due_at` is when the first of them is looked at again.
    """

    posts: int
    media: int
    known: int
    total: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class WatchStanding:
    """Since when something is followed, when Civitai was asked for it last, and how many media it listed then."""

    created_at: datetime
    looked_at: datetime | None
    listed: int | None

    @property
    def has_looked_in_vain(self) -> bool:
        return self.looked_at is not None and not self.listed
