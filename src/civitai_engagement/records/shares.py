"""How the engagement of a creator is made up."""

from dataclasses import dataclass
from datetime import datetime

from civitai_engagement.records.media import Counters


@dataclass(frozen=True, slots=True)
class CreatorPosts:
    """How many posts of a creator are known; `username` is the name as they write it, None where nothing is stored."""

    username: str | None
    posts: int


@dataclass(frozen=True, slots=True)
class Share:
    """The media of one type and base model: the counters of the `known` of them, None while none are.

    `as_of` is when the oldest counters of those not gone from Civitai were confirmed.
    """

    type: str
    base_model: str | None
    media: int
    known: int
    counters: Counters | None
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Piece:
    """One media by what a share is of."""

    id: int
    type: str
    base_model: str | None
