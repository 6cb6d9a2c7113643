"""Posts that users recorded, and what they follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from civitai_engagement.records.engagement import DatabaseRow, Engagement, counters_of
from civitai_engagement.records.filters import PostFilter
from civitai_engagement.store.queries import Connection, fields, given, load


@dataclass(frozen=True, slots=True)
class PostRecord:
    """A post to record. `authoritative` says that `published_at` comes from the post itself, not from its media.

    `title_unread` says that title, tags and date are still to be asked for.
    """

    post_id: int
    civitai_url: str
    title: str | None
    description: str | None
    username: str | None
    tags: tuple[str, ...]
    nsfw_level: int | None
    published_at: datetime | None
    authoritative: bool
    created_by: str
    status: str = "published"
    title_unread: bool = False


class PostAsset(NamedTuple):
    """One media of a recorded post; `engagement` is like, heart, laugh, cry, comment, or None while unknown."""

    asset_id: int
    image_id: int | None
    type: str
    engagement: list[int] | None


@dataclass(frozen=True, slots=True)
class RecordedPost:
    """A recorded post with the sums over its media; `assets` as far as they were asked for, most reactions first."""

    post_id: int
    civitai_url: str
    status: str
    title: str | None
    description: str | None
    username: str | None
    tags: tuple[str, ...]
    published_at: datetime | None
    recorded_at: datetime
    updated_at: datetime
    created_by: str
    on_behalf_of: str | None
    metadata: Mapping[str, Any]
    asset_count: int
    engagement: Engagement
    assets: tuple[PostAsset, ...] = ()


CONDITIONS = {
    "post_id": "p.post_id = :post_id",
    "status": "p.status = :status",
    "creators": "(lower(p.username) = any(:creators::text[]) or lower(p.created_by) = any(:recorders::text[]))",
    "recorders": "true",
    "start_time": "coalesce(p.published_at, p.recorded_at) >= :start_time",
    "end_time": "coalesce(p.published_at, p.recorded_at) <= :end_time",
    "on_behalf_of": "lower(p.on_behalf_of) = lower(:on_behalf_of)",
    "asset_type": "exists (select from assets as a where a.post_id = p.post_id and a.asset_type = :asset_type)",
    "text": "p.post_id in (select post_id from mentioning(:text))",
}


class Posts:
    """The recorded posts of one connection.

    >>> is_new = await posts.record(post, now=now)
    >>> page, total = await posts.page(PostFilter(status="pending"), now=now, limit=50, offset=0)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("posts")

    async def record(self, post: PostRecord, *, now: datetime) -> bool:
        """Record a post, or bring it up to date, and follow it; says whether it is new."""
        is_new: bool = await self._sql["upsert"].value(self._connection, now=now, **fields(post))
        await self.watch("post", str(post.post_id), created_by=post.created_by, now=now)
        return is_new

    async def watch(self, kind: str, name: str, *, created_by: str, now: datetime) -> None:
        await self._sql["watch"].run(self._connection, kind=kind, name=name, created_by=created_by, now=now)

    async def page(
        self, wanted: PostFilter, *, now: datetime, limit: int, offset: int, assets: int = 0
    ) -> tuple[list[RecordedPost], int]:
        """Give one page, newest first, each post with at most so many of its `assets`, and how many match in all.

        Their gains are those up to `now`.
        """
        values = given(wanted)
        conditions = [CONDITIONS[name] for name in values]
        page = self._sql["page"].where(*conditions)
        rows = await page.all(self._connection, now=now, limit=limit, offset=offset, most=assets, **values)
        if rows:
            return [_recorded(row) for row in rows], rows[0]["total"]
        return [], await self._sql["count"].where(*conditions).value(self._connection, **values)

    async def gains(self, ids: Sequence[int], *, now: datetime) -> dict[int, int]:
        """Give what recorded posts gained in the last seven days, by id; those of which it is unknown are left out."""
        rows = await self._sql["gains"].all(self._connection, ids=list(ids), now=now)
        return {row["post_id"]: row["gain_7d"] for row in rows if row["gain_7d"] is not None}

    async def newest(self, *, limit: int) -> tuple[list[int], int]:
        """Name the newest posts, and say how many there are in all."""
        rows = await self._sql["newest"].all(self._connection, limit=limit)
        return [row["post_id"] for row in rows], await self._sql["count"].value(self._connection)


def _recorded(row: DatabaseRow) -> RecordedPost:
    names = ("post_id", "civitai_url", "status", "title", "description", "username", "published_at", "recorded_at")
    return RecordedPost(
        **{name: row[name] for name in names},
        updated_at=row["updated_at"],
        created_by=row["created_by"],
        on_behalf_of=row["on_behalf_of"],
        metadata=row["metadata"],
        tags=tuple(row["tags"]),
        asset_count=row["asset_count"] or 0,
        engagement=sums_of(row),
        assets=_assets(row),
    )


def _assets(row: DatabaseRow) -> tuple[PostAsset, ...]:
    numbered = zip(row["types"] or (), row["assets"] or (), strict=True)
    return tuple(PostAsset(one[0], one[1], kind, one[2:] if one[2] is not None else None) for kind, one in numbered)


def sums_of(row: DatabaseRow) -> Engagement:
    """Read the sums over the media of a post, and of how many of them they are."""
    known = row["known_count"] or 0
    return Engagement(
        counters=counters_of(row),
        as_of=row["as_of"],
        gain_24h=row["gain_24h"] if row["known_24h"] == known else None,
        gain_7d=row["gain_7d"] if row["known_7d"] == known else None,
        is_since_publication=bool(row["is_since_publication"]),
        state="missing" if row["is_gone"] else "present",
        known=known,
        of=(row["media_count"] or 0) + (row["asset_count"] or 0) - (row["linked"] or 0),
        unrecorded=(row["media_count"] or 0) - (row["linked"] or 0),
    )
