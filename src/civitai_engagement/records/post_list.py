"""Posts of those who are followed: which are asked for, in which order, and what is stored of each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from civitai_engagement.records.engagement import Engagement
from civitai_engagement.records.media import Counters


class PostOrder(StrEnum):
    """Newest first, most reactions and comments first, or most gained an hour in the last 24 hours first."""

    NEWEST = "newest"
    MOST = "most"
    FASTEST = "fastest"


@dataclass(frozen=True, slots=True)
class PostListOrder:
    """By what posts are ordered; those of `ranked` come first, as they stand there."""

    by: PostOrder = PostOrder.NEWEST
    ranked: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ObservedPostFilter:
    """Which posts to list; None means any: without a creator, all that is recorded or followed.

    Every one of the `title` words stands in the title; `level` is the highest content level of a post's media.
    """

    creator: str | None = None
    title: tuple[str, ...] | None = None
    type: str | None = None
    level: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ObservedPost:
    """A post as its observed media tell it, recorded or not; of one not recorded the title may not be known."""

    post_id: int
    username: str | None
    title: str | None
    published_at: datetime | None
    types: tuple[str, ...]
    level: int | None
    engagement: Engagement
    is_recorded: bool


@dataclass(frozen=True, slots=True)
class ObservedMedia:
    """One media with its latest believed counters, and the title of its post where that is known."""

    id: int
    url: str
    type: str
    post_id: int | None
    username: str | None
    published_at: datetime | None
    title: str | None
    as_of: datetime | None
    counters: Counters


@dataclass(frozen=True, slots=True)
class ObservedKind:
    """All media of one type, summed over the `known` whose counters are known; the ids of the `newest` of them."""

    type: str
    media: int
    known: int
    posts: int
    counters: Counters | None
    newest: tuple[int, ...]
