"""What is due, and what may be asked to observe it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import fsum
from typing import NamedTuple

SAMPLED = "sampled"


class RequestKind(StrEnum):
    """How media are asked for."""

    CREATOR = "creator"
    POST = "post"
    IMAGE = "image"
    IDS = "ids"


class DuePost(NamedTuple):
    """The due media of one post: `due` of the `size` known in it, worth `value` (from 0 up) together."""

    post_id: int
    username: str | None
    due: int
    size: int
    value: float
    tier: str

    @property
    def key(self) -> int:
        return self.post_id


class DueImage(NamedTuple):
    """One due media that belongs to no post."""

    image_id: int
    value: float
    tier: str

    @property
    def key(self) -> int:
        """Negative, to be told from a post's."""
        return -self.image_id

    @property
    def username(self) -> None:
        return None

    @property
    def due(self) -> int:
        return 1

    @property
    def size(self) -> int:
        return 1


Due = DuePost | DueImage


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One thing to ask: a creator, a post, an image, or by their ids the due media of all that is covered.

    `cost` is in requests. Ids go out a hundred a call, the calls filled up across posts.
    """

    way: RequestKind
    covers: tuple[Due, ...]
    cost: int

    @property
    def username(self) -> str | None:
        """The creator to walk."""
        return self.covers[0].username if self.way is RequestKind.CREATOR else None

    @property
    def due(self) -> int:
        return sum(one.due for one in self.covers)

    @property
    def value(self) -> float:
        return fsum(one.value for one in self.covers)


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """What to ask, the most valuable per request first, and how many due media of each tier that reaches or not.

    `sampled_cost` are the requests of `cost` that only sampled media need.
    """

    asks: tuple[PlannedRequest, ...]
    cost: int
    sampled_cost: int
    planned: Mapping[str, int]
    unreached: Mapping[str, int]
