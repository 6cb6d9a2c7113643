"""What is followed: which media are due, by post and by creator, and what is expected where."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from civitai_engagement.records.made import FoundBy
from civitai_engagement.records.provenance import Source
from civitai_engagement.store.queries import Connection, load


class DueGroup(NamedTuple):
    """The media of one post that are due: how many of how many known, the youngest, the last to move, and why they
    are followed (the strongest reason). A watched post not read yet has none."""

    post_id: int
    creator: str | None
    due: int
    size: int
    published_at: datetime | None
    changed_at: datetime | None
    source: Source


class Followed:
    """What is followed, as one connection sees it.

    >>> groups = await followed.due(now=now, tick_at=tick_at)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("followed")

    async def due(self, *, now: datetime, tick_at: datetime) -> list[DueGroup]:
        """Give what is due and was not observed since the tick, by post."""
        rows = await self._sql["due"].all(self._connection, now=now, tick_at=tick_at)
        return [DueGroup._make(row)._replace(source=Source(row["source"])) for row in rows]

    async def unread_posts(self) -> list[int]:
        """Name the watched posts of which no media is known."""
        rows = await self._sql["unread_posts"].all(self._connection)
        return [row["post_id"] for row in rows]

    async def of_post(self, post_id: int) -> set[int]:
        """Name the media followed of a post."""
        return await self._ids("of_post", post_id=post_id)

    async def of_creator(self, creator: str) -> set[int]:
        """Name the media followed of a creator (lower case)."""
        return await self._ids("of_creator", creator=creator)

    async def seen(self, ids: Sequence[int]) -> dict[int, Source]:
        """Say which of the images are followed, and why."""
        rows = await self._sql["seen"].all(self._connection, ids=list(ids))
        return {row["image_id"]: Source(row["source"]) for row in rows}

    async def found(self, ids: Sequence[int], *, by: FoundBy) -> None:
        """Keep how sampled media were found; whoever was among the newest once was not found by success."""
        await self._sql["found"].run(self._connection, ids=list(ids), found_by=by)

    async def orphans(self, *, now: datetime, tick_at: datetime) -> list[int]:
        """Name the due images of which no post is known."""
        rows = await self._sql["orphans"].all(self._connection, now=now, tick_at=tick_at)
        return [row["image_id"] for row in rows]

    async def absent(self, *, misses: int) -> list[int]:
        """Name the images not listed so many times running, and not known to be gone."""
        rows = await self._sql["absent"].all(self._connection, misses=misses)
        return [row["image_id"] for row in rows]

    async def due_in_posts(self, post_ids: Sequence[int], *, now: datetime, tick_at: datetime) -> list[int]:
        """Name the due images of posts."""
        values = {"post_ids": list(post_ids), "now": now, "tick_at": tick_at}
        return [row["image_id"] for row in await self._sql["due_in_posts"].all(self._connection, **values)]

    async def due_of_posts(self, post_ids: Sequence[int], *, now: datetime, tick_at: datetime) -> dict[int, int]:
        """Say how many images are due of posts; those with none are left out."""
        values = {"post_ids": list(post_ids), "now": now, "tick_at": tick_at}
        return {row["post_id"]: row["due"] for row in await self._sql["due_of_posts"].all(self._connection, **values)}

    async def watched_creators(self) -> dict[str, datetime | None]:
        """Name the watched creators as they are called now, with the last time all their media were listed."""
        rows = await self._sql["watched_creators"].all(self._connection)
        return {row["name"]: row["listed_at"] for row in rows}

    async def former_names(self) -> set[str]:
        """Name the watched creators by names they had."""
        return {row["name"] for row in await self._sql["former_names"].all(self._connection)}

    async def as_written(self, creator: str) -> str:
        """Give a creator's name (lower case) as it is to be sent: as a user wrote it, else as Civitai spells it."""
        written: str = await self._sql["as_written"].value(self._connection, creator=creator)
        return written

    async def watched_posts(self) -> set[int]:
        return {row["post_id"] for row in await self._sql["watched_posts"].all(self._connection)}

    async def listed(self) -> dict[str, int]:
        """Say how many media Civitai lists of each creator it was counted for."""
        rows = await self._sql["listed"].all(self._connection)
        return {row["name"]: row["listed"] for row in rows}

    async def count_creator(self, creator: str, *, username: str, listed: int | None, now: datetime) -> bool:
        """Keep how many media Civitai lists of a creator, None where it lists none; says whether it did before."""
        values = {"name": creator, "username": username, "listed": listed, "now": now}
        was_listed: bool = await self._sql["count_creator"].value(self._connection, **values)
        return was_listed

    async def without_generation(self, *, limit: int) -> Mapping[int, int]:
        """Name the posts with recorded or watched media whose parameters were never asked for, and how many."""
        rows = await self._sql["without_generation"].all(self._connection, limit=limit)
        return {row["post_id"]: row["media"] for row in rows}

    async def _ids(self, name: str, **values: object) -> set[int]:
        return {row["image_id"] for row in await self._sql[name].all(self._connection, **values)}
