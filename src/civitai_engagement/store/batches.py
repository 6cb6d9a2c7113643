"""Many posts kept in a few statements, for imports; only posts that nothing is known of yet."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from civitai_engagement.records.media import Media
from civitai_engagement.store.posts import PostRecord
from civitai_engagement.store.queries import Connection, fields, load


class Batches:
    """Statements over many posts of one connection, inside a transaction that holds the lock of their images.

    >>> strange = await batches.strange({7: media})
    >>> await batches.add_posts(records, now=now)
    >>> await batches.add_assets({7: media}, created_by="ada", now=now)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("batches")

    async def recorded(self, post_ids: Sequence[int]) -> set[int]:
        """Name the posts that are recorded already with their media, and whose title is not still to be asked for."""
        rows = await self._sql["recorded"].all(self._connection, post_ids=list(post_ids))
        return {row["id"] for row in rows}

    async def strange(self, galleries: Mapping[int, Sequence[Media]]) -> set[int]:
        """Name the posts that nothing is known of yet."""
        pairs = [(post_id, one) for post_id, gallery in galleries.items() for one in gallery]
        rows = await self._sql["strange"].all(
            self._connection,
            post_ids=[post_id for post_id, _ in pairs],
            image_ids=[one.id for _, one in pairs],
            urls=[one.url for _, one in pairs],
        )
        return {row["id"] for row in rows}

    async def add_posts(self, posts: Sequence[PostRecord], *, now: datetime) -> None:
        """Record strange posts, and follow them."""
        rows = [fields(one) | {"published_at": _text(one.published_at)} for one in posts]
        await self._sql["add_posts"].run(self._connection, rows=rows, now=now)

    async def add_assets(self, galleries: Mapping[int, Sequence[Media]], *, created_by: str, now: datetime) -> None:
        """Record the media of strange posts as assets, with the prompts they were generated from."""
        media = [one for gallery in galleries.values() for one in gallery]
        ids = [one.id for one in media]
        await self._sql["lock_prompts"].run(self._connection, ids=ids)
        await self._sql["add_prompts"].run(self._connection, ids=ids, created_by=created_by, now=now)
        await self._sql["add_assets"].run(
            self._connection,
            ids=ids,
            types=[str(one.type) for one in media],
            urls=[one.url for one in media],
            post_ids=[post_id for post_id, gallery in galleries.items() for _ in gallery],
            created_by=created_by,
            now=now,
        )


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
