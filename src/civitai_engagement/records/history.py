"""The believed history of a media as values: its changes, and until when each value was seen to hold."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from civitai_engagement.records.media import Counters
from civitai_engagement.records.provenance import Source


class Event(StrEnum):
    """Why a row of the history was written; `published` is never stored: answers begin with it."""

    PUBLISHED = "published"

    FIRST = "first"
    CHANGE = "change"
    GAP = "gap"
    FALL = "fall"
    CORRECTION = "correction"
    MISSING = "missing"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class StoredReading:
    """Counters from `at` on. `previous_at` is when the value before was last confirmed: the change lies between."""

    at: datetime
    counters: Counters
    event: str = Event.CHANGE
    previous_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """What is known of one media over time: its readings, oldest first, the last of which held until `confirmed_at`.

    `source` is why it is followed.
    """

    image_id: int
    readings: tuple[StoredReading, ...]
    confirmed_at: datetime | None
    published_at: datetime | None = None
    source: Source = Source.RECORDED


@dataclass(frozen=True, slots=True)
class Change:
    """One believed change of one media: the counters from `at` on and what they gained since `previous_at`.

    A first look has nothing before it: what the media had then came since `published_at`, where that is known.
    """

    image_id: int
    post_id: int | None
    username: str | None
    at: datetime
    previous_at: datetime | None
    event: str
    counters: Counters
    gains: Counters
    published_at: datetime | None = None
