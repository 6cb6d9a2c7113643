"""A made-up database of the older server, with the traps of the real one: filled by hand, row by row."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

START = datetime(2026, 4, 1, 8, tzinfo=UTC)
SCHEMA = """
create schema civitai;
set search_path to civitai;
create type asset_type as enum ('image', 'video');
create type asset_source as enum ('generated', 'upload');
create type post_status as enum ('pending', 'published', 'failed');
create table prompts (
    id bigserial primary key, content text not null, llm_model_provider text, llm_model text, purpose text,
    metadata jsonb, created_by text not null default current_user, updated_by text not null default current_user,
    on_behalf_of text, created_at timestamptz not null, updated_at timestamptz not null
);
create table civitai_posts (
    id bigserial primary key, civitai_id text not null unique, civitai_url text not null,
    civitai_account text default 'c29', status post_status not null default 'published', title text, description text,
    metadata jsonb, created_by text not null default current_user, updated_by text not null default current_user,
    on_behalf_of text, created_at timestamptz not null, updated_at timestamptz not null
);
create table assets (
    id bigserial primary key, asset_type asset_type not null, asset_source asset_source not null, uri text not null,
    sha256sum text not null unique, civitai_id text, civitai_url text, post_id bigint,
    input_prompt_id bigint references prompts, output_prompt_id bigint references prompts,
    input_asset_ids bigint[] not null default '{}', metadata jsonb,
    created_by text not null default current_user, updated_by text not null default current_user,
    on_behalf_of text, created_at timestamptz not null, updated_at timestamptz not null
);
create unique index on assets (civitai_id) where civitai_id is not null;
create table asset_stats (
    id bigserial primary key, asset_id bigint not null unique references assets,
    post_id bigint references civitai_posts,
    cry_count bigint not null default 0, laugh_count bigint not null default 0, like_count bigint not null default 0,
    dislike_count bigint not null default 0, heart_count bigint not null default 0,
    comment_count bigint not null default 0, civitai_created_at timestamptz, civitai_account text, on_behalf_of text,
    created_at timestamptz not null, updated_at timestamptz not null
);
create table events (
    id bigserial primary key, occurred_at timestamptz not null, actor text not null, table_name text not null,
    op text not null check (op in ('INSERT', 'UPDATE')), row_id bigint not null, old_data jsonb, new_data jsonb
);
"""
TABLES = ("prompts", "civitai_posts", "assets", "asset_stats", "events")


class OlderServer:
    """What people did with the older server, an hour after another.

    >>> prompt = await older.prompt("a lighthouse")
    >>> asset = await older.asset(civitai_id="501", input_prompt_id=prompt)
    >>> await older.sync(asset, like=3)
    """

    def __init__(self, connection: "asyncpg.Connection[Any]", url: str) -> None:
        self._connection = connection
        self.url = url
        self.now = START
        self.digests = 0

    async def prompt(self, content: str, **more: Any) -> int:
        return await self._insert("prompts", content=content, **more)

    async def post(self, civitai_id: str, **more: Any) -> int:
        url = f"https://civitai.com/posts/{civitai_id}"
        return await self._insert("civitai_posts", **{"civitai_id": civitai_id, "civitai_url": url, **more})

    async def asset(self, **more: Any) -> int:
        self.digests += 1
        plain = {
            "asset_type": "image",
            "asset_source": "generated",
            "uri": f"https://files.example/{self.digests}.png",
            "sha256sum": f"{self.digests:064x}",
        }
        return await self._insert("assets", **(plain | more))

    async def sync(self, asset_id: int, *, is_audited: bool = True, **counts: int) -> datetime:
        """Overwrite an asset's counters, as the older server does: what is not said becomes 0."""
        self.now += timedelta(hours=1)
        names = ("cry", "laugh", "like", "dislike", "heart", "comment")
        values = {f"{name}_count": counts.get(name, 0) for name in names}
        old = await self._connection.fetchrow(
            "select to_jsonb(s) as row from asset_stats s where asset_id = $1", asset_id
        )
        columns = ", ".join(values)
        row = await self._connection.fetchrow(
            f"insert into asset_stats as s (asset_id, civitai_created_at, created_at, updated_at, {columns}) "
            "values ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9) on conflict (asset_id) do update set updated_at = $3, "
            f"({columns}) = row ({', '.join(f'excluded.{name}' for name in values)}) returning id, to_jsonb(s) as row",
            *(asset_id, START - timedelta(days=1), self.now, *values.values()),
        )
        assert row is not None
        if is_audited:
            await self._connection.execute(
                "insert into events (occurred_at, actor, table_name, op, row_id, old_data, new_data) "
                "values ($1, 'civitai_owner', 'asset_stats', $2, $3, $4, $5)",
                *(self.now, "UPDATE" if old else "INSERT", row["id"], old and old["row"], row["row"]),
            )
        return self.now

    async def run(self, statement: str) -> None:
        await self._connection.execute(statement)

    async def everything(self) -> list[Any]:
        """Every row, to see that nothing was written."""
        return [await self._connection.fetch(f"select * from {table} order by id") for table in TABLES]

    async def _insert(self, table: str, **values: Any) -> int:
        self.now += timedelta(minutes=1)
        known = {"created_at": self.now, "updated_at": self.now, "created_by": "alice"} | values
        numbered = ", ".join(f"${place}" for place in range(1, len(known) + 1))
        statement = f"insert into {table} ({', '.join(known)}) values ({numbered}) returning id"
        made: int = await self._connection.fetchval(statement, *known.values())
        return made


@asynccontextmanager
async def older_server(postgres: str, name: str) -> AsyncIterator[OlderServer]:
    """Make an empty one beside the other databases of a server."""
    door = await asyncpg.connect(postgres)
    await door.execute(f"create database {name}")
    base, _, query = postgres.partition("?")
    url = f"{base.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
    connection = await asyncpg.connect(url)
    await connection.execute(SCHEMA)
    yield OlderServer(connection, url)
    await connection.close()
    await door.execute(f"drop database {name} with (force)")
    await door.close()
