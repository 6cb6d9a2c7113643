"""How a media or a post is doing, as last believed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from civitai_engagement.records.media import Counters


@dataclass(frozen=True, slots=True)
class Engagement:
    """Latest believed counters, when they were true, and what was gained (reactions and comments) lately.

    A gain is None while its window is not covered by observations. `is_since_publication` says that all of it was
    published in the last seven days: its gains count from there. `known` of `of` media have
    counters; `unrecorded` of these came to a post after it was recorded.
    """

    counters: Counters | None
    as_of: datetime | None
    gain_24h: int | None = None
    gain_7d: int | None = None
    is_since_publication: bool = False
    known: int = 1
    of: int = 1
    unrecorded: int = 0
    unconfirmed: bool = False
    state: str = "present"


class DatabaseRow(Protocol):
    """A row of the database, as its driver gives it."""

    def __getitem__(self, key: str, /) -> Any: ...


def counters_of(row: DatabaseRow) -> Counters | None:
    """Read the six counters of a stored row; None while they are unknown."""
    if row["like_count"] is None:
        return None
    return Counters(
        like=row["like_count"],
        heart=row["heart_count"],
        laugh=row["laugh_count"],
        cry=row["cry_count"],
        dislike=row["dislike_count"],
        comment=row["comment_count"],
    )
