"""Posts and single media as their curves are drawn: what they are, and how their sums moved."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from civitai_engagement.records.media import Counters
from civitai_engagement.records.provenance import Source


class Of(StrEnum):
    """What is drawn: whole posts, or the media in them."""

    POSTS = "posts"
    IMAGES = "images"

    @property
    def thing(self) -> str:
        """Name one of them: post, image."""
        return self.value.removesuffix("s")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which posts or media: some by id, or a creator's; all None means everything recorded or watched.

    `published_since` and `published_until` narrow it, both included.

    >>> Scope(creator="Ada", published_since=now - timedelta(days=90))
    """

    posts: tuple[int, ...] | None = None
    images: tuple[int, ...] | None = None
    creator: str | None = None
    published_since: datetime | None = None
    published_until: datetime | None = None

    @classmethod
    def naming(cls, of: Of, ids: tuple[int, ...]) -> "Scope":
        return cls(posts=ids) if of is Of.POSTS else cls(images=ids)


@dataclass(frozen=True, slots=True)
class Brief:
    """One post, or one media, in a few facts; `id` is that of what it is.

    `published_at` is the earliest of its media. `counters` are summed over the `known` of `media` media whose counters
    are known; None while none are. `as_of` is when the oldest counters of media not gone were confirmed; `missing` are
    those gone from Civitai; `confirmed_at` is when the last counters of any were, gone or not. `changed_at` is when a
    counter last moved, or was first seen. `source` is the strongest reason why it is followed: recorded, watched or
    sampled.
    """

    id: int
    post_id: int | None
    username: str | None
    published_at: datetime | None
    types: tuple[str, ...]
    base_models: tuple[str, ...]
    media: int
    known: int
    missing: int
    counters: Counters | None
    as_of: datetime | None
    changed_at: datetime | None
    source: Source
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SumRow:
    """The sums from `collected_at` on; those before last held at `previous_observed_at` (None for the first)."""

    collected_at: datetime
    previous_observed_at: datetime | None
    reactions: int
    comments: int


@dataclass(frozen=True, slots=True)
class FirstRow:
    """What one media had when it was first seen, and when it was published."""

    at: datetime
    published_at: datetime | None
    reactions: int
    comments: int


@dataclass(frozen=True, slots=True)
class SumRows:
    """How the sums of one post or media moved, oldest first, and how often what deserves a doubt happened to it.

    `firsts` are its media as they were first seen; `joined` of them after others and more than a day after their
    publication: when they gained what they had then is not known.
    """

    rows: tuple[SumRow, ...]
    firsts: tuple[FirstRow, ...] = ()
    falls: int = 0
    gaps: int = 0
    vanished: int = 0
    joined: int = 0


@dataclass(frozen=True, slots=True)
class Gained:
    """What one post or media gained (reactions and comments) in the rows of a window."""

    id: int
    gain: int


@dataclass(frozen=True, slots=True)
class Rising:
    """What gained most, most first; how many gained anything at all, and of how many that cannot be placed in time.

    `young` of that number came out in the window: asked for by age only.
    """

    most: tuple[Gained, ...]
    number: int
    unplaced: int = 0
    young: int = 0
