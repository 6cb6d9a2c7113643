"""Curves as they are stored: posts and media in brief, how their sums moved, and which gained most lately."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from civitai_engagement.records.curves import Brief, FirstRow, Gained, Of, Rising, Scope, SumRow, SumRows
from civitai_engagement.records.engagement import DatabaseRow, counters_of
from civitai_engagement.records.rules import SHORTEST_RATE, SLACK
from civitai_engagement.store.queries import Connection, load

MOST = 1_000
STEP = ("at", "previous_observed_at", "reactions", "comments")
FIRST = ("first_at", "first_published_at", "first_reactions", "first_comments")
_ID = {Of.POSTS: "i.post_id", Of.IMAGES: "i.id"}
# Of all that is followed as many as are asked for, evenly over their dates of publication, the newest among them.
SAMPLED_OVER_TIME = """{id} in (
    select placed.id
    from (
        select dated.id, row_number() over (order by published_at, dated.id) as place, count(*) over () as total
        from (
            select {one} as id, min(one.published_at) as published_at
            from images as one
            join image_tracking as followed on followed.image_id = one.id and followed.source <> 'sampled'
            where {one} is not null
            group by 1
            having (:since::timestamptz is null or min(one.published_at) >= :since)
                and (:until::timestamptz is null or min(one.published_at) <= :until)
        ) as dated
    ) as placed
    where total <= :limit or place * :limit / total > (place - 1) * :limit / total
)"""


class Curves:
    """The curves of one connection.

    >>> briefs = await curves.briefs(Scope(creator="Ada"), limit=100)
    >>> steps = await curves.steps([one.id for one in briefs])
    >>> [row.reactions for row in steps[77].rows]
    [3, 9, 12]
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("curves")

    async def briefs(self, scope: Scope, *, of: Of = Of.POSTS, limit: int = MOST) -> list[Brief]:
        """Give the newest posts or media in brief, newest first; of all that is followed a sample over time."""
        conditions, values = _wanted(scope)
        values |= {"since": scope.published_since, "until": scope.published_until, "limit": limit}
        all_ = SAMPLED_OVER_TIME.format(id=_ID[of], one=_ID[of].replace("i.", "one."))
        query = self._sql["briefs"].where(*(conditions or [all_]))
        rows = await query.all(self._connection, by_image=of is Of.IMAGES, **values)
        return [_brief(row) for row in rows]

    async def steps(
        self, ids: Sequence[int], since: datetime | None = None, *, of: Of = Of.POSTS
    ) -> dict[int, SumRows]:
        """Give how the sums of posts, or single media, moved, by id, without the unobserved.

        What was before `since` is one row.
        """
        query = self._sql["steps"].where(f"{_ID[of]} = any(:ids::bigint[])")
        rows = await query.all(self._connection, ids=list(ids), since=since, by_image=of is Of.IMAGES)
        return {row["subject"]: _steps(row) for row in rows}

    async def gained(
        self, scope: Scope, since: datetime, until: datetime, *, of: Of = Of.POSTS, by: str = "gain", limit: int
    ) -> Rising:
        """Name what gained most after one instant and up to another, most first.

        By per_hour: most an hour observed; by age: first what was out before.
        """
        conditions, values = _wanted(scope)
        conditions = [*(conditions or ["t.source <> 'sampled'"]), *_published(scope)]
        values |= {"published_since": scope.published_since, "published_until": scope.published_until}
        query = self._sql["gained"].where(*conditions)
        values |= {"since": since, "until": until, "by_image": of is Of.IMAGES, "by": by, "limit": limit}
        values |= {"slack": SLACK, "shortest_rate": SHORTEST_RATE}
        rows = await query.planned(self._connection, **values)
        most = tuple(Gained(row["id"], row["gain"]) for row in rows)
        return Rising(most, *(rows[0][name] for name in ("rising", "unplaced", "young"))) if rows else Rising((), 0)


def _wanted(scope: Scope) -> tuple[list[str], dict[str, Any]]:
    """Say which media are in a scope, as conditions and their values; none where it is all that is followed."""
    if scope.posts is not None:
        return ["i.post_id = any(:posts::bigint[])"], {"posts": list(scope.posts)}
    if scope.images is not None:
        return ["i.id = any(:images::bigint[])"], {"images": list(scope.images)}
    if scope.creator is not None:
        return ["lower(i.username) = lower(:creator)"], {"creator": scope.creator}
    return [], {}


def _published(scope: Scope) -> list[str]:
    conditions = {
        "i.published_at >= :published_since": scope.published_since,
        "i.published_at <= :published_until": scope.published_until,
    }
    return [condition for condition, instant in conditions.items() if instant is not None]


def _brief(row: DatabaseRow) -> Brief:
    return Brief(
        id=row["id"],
        post_id=row["post_id"],
        username=row["username"],
        published_at=row["published_at"],
        types=tuple(row["types"]),
        base_models=tuple(row["base_models"]),
        media=row["media"],
        known=row["known"],
        missing=row["missing"],
        counters=counters_of(row),
        as_of=row["as_of"],
        changed_at=row["changed_at"],
        source=row["source"],
        confirmed_at=row["confirmed_at"],
    )


def _steps(row: DatabaseRow) -> SumRows:
    steps, firsts = ([row[name] or () for name in names] for names in (STEP, FIRST))
    return SumRows(
        rows=tuple(SumRow(*one) for one in zip(*steps, strict=True)),
        firsts=tuple(FirstRow(*one) for one in zip(*firsts, strict=True)),
        falls=row["falls"],
        gaps=row["gaps"],
        vanished=row["vanished"],
        joined=row["joined"],
    )
