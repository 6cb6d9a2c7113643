"""The database of the older server (civitai-records), read only: its tables as values, streamed in one snapshot."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self, TypeVar

import asyncpg

from civitai_engagement.errors import BadInput
from civitai_engagement.records.media import Counters
from civitai_engagement.store.connecting import connect, ours, where
from civitai_engagement.store.queries import Connection, load
from civitai_engagement.store.url import schema_of

MOST_ROWS = 2000
MOST_COUNT = 2**31 - 1
NAME, SETTING = "The older database", "--from-database"
SCHEMA = "civitai"


@dataclass(frozen=True, slots=True)
class OlderPrompt:
    """A prompt as the older server kept it."""

    id: int
    content: str
    llm_model_provider: str | None
    llm_model: str | None
    purpose: str | None
    metadata: Mapping[str, Any]
    created_by: str
    on_behalf_of: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class OlderPost:
    """A post as the older server kept it: `id` is its own, `civitai_id` any text."""

    id: int
    civitai_id: str
    civitai_url: str
    civitai_account: str | None
    status: str
    title: str | None
    description: str | None
    metadata: Mapping[str, Any]
    created_by: str
    on_behalf_of: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class OlderAsset:
    """An asset as the older server kept it; `post_id` is an older post's own id and may lead nowhere."""

    id: int
    asset_type: str
    asset_source: str
    uri: str
    sha256sum: str
    civitai_id: str | None
    civitai_url: str | None
    post_id: int | None
    input_prompt_id: int | None
    output_prompt_id: int | None
    metadata: Mapping[str, Any]
    created_by: str
    on_behalf_of: str | None
    created_at: datetime
    updated_at: datetime
    civitai_created_at: datetime | None


@dataclass(frozen=True, slots=True)
class OlderRead:
    """The counters an asset had at an instant; None where they cannot be read."""

    asset_id: int
    at: datetime
    counters: Counters | None


Older = TypeVar("Older", OlderPrompt, OlderPost, OlderAsset)


class OlderDatabase:
    """One snapshot of an older database.

    >>> async with OlderDatabase.opened(url) as older:
    ...     async for prompts in older.stream(OlderPrompt): ...
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._sql = load("legacy_import")
        self.name = name

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, *, schema: str | None = None) -> AsyncIterator[Self]:
        """Connect, and look at it as it is now; nothing can be written. The URL may name the schema as Prisma's do.

        Raises:
            BadSetup: It refuses us.
            BadInput: The URL cannot be read, or there are no tables of the older server.
            StoreDown: It does not answer.
        """
        connection = await _connected(url)
        try:
            with ours(NAME):
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    older = cls(connection, await connection.fetchval("select current_database()"))
                    await older._look_into(schema or schema_of(url, SETTING) or SCHEMA)
                    yield older
        finally:
            await connection.close()

    async def _look_into(self, schema: str) -> None:
        await self._connection.execute("select set_config('search_path', quote_ident($1), true)", schema)
        missing = [row["name"] for row in await self._sql["missing"].all(self._connection)]
        if missing:
            hint = "Name the schema of the older server's tables with --schema."
            raise BadInput(f"Schema {schema} of {self.name} has no table {', '.join(missing)}.", hint=hint)

    async def size(self) -> int:
        """Count the rows there are to import."""
        rows: int = await self._sql["sizes"].value(self._connection)
        return rows

    async def stream(self, kind: type[Older]) -> AsyncIterator[list[Older]]:
        """Give all of one kind in batches, by id."""
        names = [one.name for one in fields(kind)]
        async for rows in self._batches({OlderPrompt: "prompts", OlderPost: "posts", OlderAsset: "assets"}[kind]):
            yield [kind(**{name: _plain(name, row[name]) for name in names}) for row in rows]

    async def links(self) -> AsyncIterator[dict[int, list[int]]]:
        """Give what assets were made from, by asset id, in batches."""
        async for rows in self._batches("links"):
            yield {row["id"]: row["input_asset_ids"] for row in rows}

    async def reads(self) -> AsyncIterator[list[OlderRead]]:
        """Give the counters of one asset after another, oldest first."""
        one: list[OlderRead] = []
        async for rows in self._batches("reads"):
            for read in map(_read, rows):
                if one and one[0].asset_id != read.asset_id:
                    yield one
                    one = []
                one.append(read)
        if one:
            yield one

    async def _batches(self, query: str) -> AsyncIterator[list[asyncpg.Record]]:
        cursor = await self._connection.cursor(self._sql[query].sql)
        while rows := await _fetched(cursor):
            yield rows


async def _fetched(cursor: "asyncpg.cursor.Cursor[asyncpg.Record]") -> list[asyncpg.Record]:
    with ours(NAME):
        return await cursor.fetch(MOST_ROWS)


async def _connected(url: str) -> Connection:
    with ours(where(url, NAME), setting=SETTING):
        connection = await connect(url, setting=SETTING)
        await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)
    return connection


def _plain(name: str, value: Any) -> Any:
    if name != "metadata" or isinstance(value, dict):
        return value
    return {} if value is None else {"value": value}


def _read(row: asyncpg.Record) -> OlderRead:
    counts = {name.name: row[f"{name.name}_count"] for name in fields(Counters)}
    is_whole = all(value is not None and 0 <= value <= MOST_COUNT for value in counts.values())
    return OlderRead(row["asset_id"], row["read_at"], Counters(**counts) if is_whole else None)
