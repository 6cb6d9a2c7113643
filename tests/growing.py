"""Media whose history is written down as it would have been observed, for answers over many posts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from civitai_engagement.store.partitions import ensure_month

HOUR = timedelta(hours=1)
EMPTY = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Grown:
    """One media: `likes` by the age in hours they were first seen at; the last were still seen at `seen_to`.

    Looked at once an hour: before each change the old likes had held until an hour earlier (or `every` hours).

    >>> Grown(770, post=77, born=START, likes=((1, 4), (24, 30)), seen_to=48)
    """

    id: int
    post: int
    born: datetime
    likes: Sequence[tuple[float, int]]
    seen_to: float
    creator: str | None = "Ana"
    type: str = "image"
    base_model: str | None = "Flux.1 D"
    comments: int = 0
    every: float = 1.0

    @property
    def image(self) -> tuple[object, ...]:
        url = f"https://image.example/{self.id}"
        seen = self.born + (self.likes[0][0] if self.likes else 0) * HOUR
        return (self.id, self.post, self.creator, url, self.type, self.base_model, self.born, self.born, seen)

    @property
    def tracking(self) -> tuple[object, ...]:
        seen = self.born + self.seen_to * HOUR if self.likes else None
        known = (self.likes[-1][1], 0, 0, 0, 0, self.comments) if self.likes else (None,) * 6
        changed = self.born + self.likes[-1][0] * HOUR if self.likes else None
        return (self.id, *known, seen, seen, changed, "recorded")

    @property
    def history(self) -> list[tuple[object, ...]]:
        before = [(None, 0), *self.likes]
        return [
            self._row(hours, likes, likes - earlier, None if at is None else max(at, hours - self.every))
            for (at, earlier), (hours, likes) in zip(before, self.likes, strict=False)
        ]

    def _row(self, hours: float, likes: int, gain: int, held: float | None) -> tuple[object, ...]:
        event = "first" if held is None else "fall" if gain < 0 else "change"
        previous = None if held is None else self.born + held * HOUR
        comments = (self.comments, self.comments if held is None else 0)
        return (self.id, self.born + hours * HOUR, likes, gain, *comments, *EMPTY, *EMPTY, previous, event)


IMAGE = ("id", "post_id", "username", "url", "type", "base_model", "created_at", "published_at", "first_seen_at")
COUNTERS = ("like_count", "heart_count", "laugh_count", "cry_count", "dislike_count", "comment_count")
TRACKING = ("image_id", *COUNTERS, "as_of", "last_observed_at", "changed_at", "source")
OTHERS = ("heart", "laugh", "cry", "dislike")
HISTORY = (
    *("image_id", "collected_at", "like_count", "like_gain", "comment_count", "comment_gain"),
    *(f"{name}_{what}" for what in ("count", "gain") for name in OTHERS),
    *("previous_observed_at", "event"),
)


async def write(database_url: str, grown: Sequence[Grown]) -> None:
    """Write them into a ledger, as recorded."""
    connection = await asyncpg.connect(database_url)
    try:
        history = [row for one in grown for row in one.history]
        async with connection.transaction():
            for month in {(at.year, at.month): at for row in history if isinstance(at := row[1], datetime)}.values():
                await ensure_month(connection, month)
        await connection.copy_records_to_table("images", records=[one.image for one in grown], columns=IMAGE)
        tracking = [one.tracking for one in grown]
        await connection.copy_records_to_table("image_tracking", records=tracking, columns=TRACKING)
        await connection.copy_records_to_table("image_stats_history", records=history, columns=HISTORY)
    finally:
        await connection.close()
