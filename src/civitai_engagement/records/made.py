"""Media as they were made, with what they had at each age: what is kept of them, and which of them are asked about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from civitai_engagement.records.features import Features

# The ages, in hours, at which counts are kept: as fine as growth is steep. Beyond the last nothing is projected.
AGES: Mapping[str, float] = MappingProxyType(
    {
        **{f"at_{hours}h": float(hours) for hours in (1, 2, 4, 6, 8, 12, 16, 24, 36, 48, 72)},
        **{f"at_{days}d": days * 24.0 for days in (4, 7, 10, 14, 20, 30, 40)},
    }
)
LIVE_MEDIA = 10_000  # as many are compared while somebody waits
STUDIED_MEDIA = 100_000  # as many, the newest, are everything that is followed


class FoundBy(StrEnum):
    """How a media came to us that nobody records or watches (any more).

    Among those found by success everything seems to matter less than it does: they do not count where causes are asked
    for.
    """

    FOLLOWED = "followed"
    NEWEST = "newest"
    SUCCESS = "success"


@dataclass(frozen=True, slots=True)
class Sampled:
    """What one media had: `counts` at each of the `AGES`, None where that is not known, and by its last look.

    A count between two looks is kept to a sixteenth.
    """

    counts: tuple[float | None, ...]
    latest: float | None = None
    latest_hours: float | None = None


UNSAMPLED = Sampled((None,) * len(AGES))


@dataclass(frozen=True, slots=True)
class MadeScope:
    """Which media are asked about; all None means everything that is followed or was found among the newest.

    `but_creator` leaves one creator out, so that theirs can be compared with others'. `base_model` is a base model or a
    family of them.

    >>> MadeScope(creator="Ada", media_type="image")
    """

    creator: str | None = None
    but_creator: str | None = None
    media_type: str | None = None
    base_model: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MadeMedia:
    """One media: where it stands in its post, how it was made, what it had, and when it was looked at last."""

    image_id: int
    post_id: int
    creator: str
    published_at: datetime
    kind: str
    level: int | None
    place: int
    post_size: int
    features: Features
    sampled: Sampled
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class MadeCoverage:
    """What there is in a scope: all `media`, and those that count. `as_of` is of the one looked at longest ago.

    Not counted are those found by their success, those of which it is not known how they were found, and those whose
    features are not kept yet.
    """

    media: int
    counted: int
    posts: int
    creators: int
    without_parameters: int
    by_success: int
    unknown: int
    unread: int
    as_of: datetime | None
