"""Whole tables in one snapshot, streamed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg

from civitai_engagement.records.filters import ExportFilter
from civitai_engagement.store.queries import Connection, given, load

MOST_ROWS = 2000


CONDITIONS = {
    "posts": {"creator": "lower(p.username) = lower(:creator)", "post_id": "p.post_id = :post_id"},
    "assets": {
        "creator": "lower(coalesce(i.username, p.username)) = lower(:creator)",
        "post_id": "a.post_id = :post_id",
    },
    "history": {
        "creator": "lower(i.username) = lower(:creator)",
        "post_id": "i.post_id = :post_id",
        "since": "h.collected_at >= :since",
    },
    "features": {"creator": "lower(i.username) = lower(:creator)", "post_id": "i.post_id = :post_id"},
    "findings": {},
}


class Exports:
    """The exports of one connection.

    >>> async with exports.snapshot() as as_of:
    ...     async for rows in exports.stream("posts", ExportFilter(creator="ada")): ...
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("export")

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[datetime]:
        """Look at one instant, however long it takes; nothing can be written."""
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            await self._connection.execute("set local statement_timeout = 0")
            yield await self._sql["now"].value(self._connection)

    async def stream(self, what: str, wanted: ExportFilter) -> AsyncIterator[list[asyncpg.Record]]:
        """Give the rows in batches; memory does not grow with their number."""
        values = given(wanted)
        query = self._sql[what].where(*(CONDITIONS[what][name] for name in values))
        cursor = await self._connection.cursor(query.sql, *(values[name] for name in query.parameters))
        while rows := await cursor.fetch(MOST_ROWS):
            yield rows
