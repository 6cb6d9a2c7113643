"""Posts by what is observed of their media, recorded or not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from civitai_engagement.records.engagement import DatabaseRow, counters_of
from civitai_engagement.records.post_list import (
    ObservedKind,
    ObservedMedia,
    ObservedPost,
    ObservedPostFilter,
    PostListOrder,
)
from civitai_engagement.store.posts import sums_of
from civitai_engagement.store.queries import Connection, load

FOLLOWED = "t.source <> 'sampled'"
CREATOR = "lower(i.username) = lower(:creator)"
TITLE = "i.post_id in (select r.post_id from posts as r where r.title ilike all(:title::text[]))"


class PostList:
    """The list of posts of one connection.

    >>> page, total = await post_list.page(ObservedPostFilter(creator="Ada"), PostListOrder(), now=now, limit=20)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("post_list")

    async def page(
        self, wanted: ObservedPostFilter, order: PostListOrder, *, now: datetime, limit: int, offset: int = 0
    ) -> tuple[list[ObservedPost], int]:
        """Give one page, first in that order first, and how many there are in all; gains are those up to `now`."""
        conditions, values = _wanted(wanted)
        page = self._sql["page"].where(*conditions)
        place = {"by": order.by.value, "ranked": list(order.ranked), "limit": limit, "offset": offset}
        rows = await page.all(self._connection, now=now, **place, **values)
        counted = rows
        if offset and not rows:  # past the end: each row says how many there are
            counted = await page.all(self._connection, now=now, **{**place, "limit": 1, "offset": 0}, **values)
        return [_observed(row) for row in rows], counted[0]["all_posts"] if counted else 0

    async def media(self, wanted: ObservedPostFilter, *, by: str, limit: int) -> list[ObservedMedia]:
        """Give the media with most likes, hearts, likes_and_hearts, comments or total, most first."""
        conditions, values = _wanted(wanted)
        rows = await self._sql["media"].where(*conditions).all(self._connection, by=by, limit=limit, **values)
        return [_media(row) for row in rows]

    async def kinds(self, wanted: ObservedPostFilter, *, newest: int) -> list[ObservedKind]:
        """Sum all of them up by their type."""
        conditions, values = _wanted(wanted)
        rows = await self._sql["kinds"].where(*conditions).all(self._connection, newest=newest, **values)
        return [_kind(row) for row in rows]

    async def titles(self, post_ids: Sequence[int]) -> dict[int, str]:
        """Give the titles of posts, where they are known."""
        rows = await self._sql["titles"].all(self._connection, posts=list(post_ids))
        return {row["post_id"]: row["title"] for row in rows}


def _media(row: DatabaseRow) -> ObservedMedia:
    counters = counters_of(row)
    assert counters is not None  # noqa: S101 # only those with counters are ranked
    names = ("id", "url", "type", "post_id", "username", "published_at", "title", "as_of")
    return ObservedMedia(**{name: row[name] for name in names}, counters=counters)


def _kind(row: DatabaseRow) -> ObservedKind:
    names = ("type", "media", "known", "posts")
    return ObservedKind(**{name: row[name] for name in names}, counters=counters_of(row), newest=tuple(row["newest"]))


def _wanted(wanted: ObservedPostFilter) -> tuple[list[str], dict[str, Any]]:
    values: dict[str, Any] = {name: getattr(wanted, name) for name in ("type", "level", "since", "until")}
    conditions = [CREATOR if wanted.creator else FOLLOWED]
    if wanted.creator:
        values["creator"] = wanted.creator
    if wanted.title:
        conditions.append(TITLE)
        values["title"] = [f"%{_literal(word)}%" for word in wanted.title]
    return conditions, values


def _literal(word: str) -> str:
    """Take the meaning from what a pattern would read as a wildcard."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _observed(row: DatabaseRow) -> ObservedPost:
    names = ("post_id", "username", "title", "published_at", "level", "is_recorded")
    return ObservedPost(**{name: row[name] for name in names}, types=tuple(row["types"]), engagement=sums_of(row))
