"""The schema: made by the migrations, equal to the models, and safe whoever comes first."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection as Sync

from civitai_engagement.errors import BadSetup
from civitai_engagement.records.tables import metadata
from civitai_engagement.store import migrations
from civitai_engagement.store.connecting import DatabaseAddress
from civitai_engagement.store.database import Database
from civitai_engagement.store.migrations import engine_for, head, is_part_of_schema, migrate, scripts

TOP = Path(__file__).resolve().parents[2]


@pytest.fixture
async def empty_url(postgres: str, database_url: str) -> AsyncIterator[str]:
    """A database with nothing in it."""
    name = f"{urlsplit(database_url).path.removeprefix('/')}_empty"
    connection = await asyncpg.connect(postgres)
    await connection.execute(f"create database {name}")
    yield re.sub(r"/test_\w+", f"/{name}", database_url)
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


async def within(url: str, work: Callable[[Sync], Any]) -> Any:
    engine = engine_for(DatabaseAddress(url))
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def moved(order: Callable[[Config, str], None], revision: str) -> Callable[[Sync], None]:
    def move(connection: Sync) -> None:
        config = Config()
        config.set_main_option("script_location", str(scripts()))
        config.attributes["connection"] = connection
        order(config, revision)

    return move


async def value(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def differences(connection: Sync) -> list[Any]:
    options = {"include_name": is_part_of_schema, "compare_type": True, "compare_server_default": False}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


async def test_the_models_are_what_the_migrations_make(database_url: str) -> None:
    assert await within(database_url, differences) == []


async def test_the_partitions_of_the_history_are_overlooked(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "create table image_stats_history_2026_03 partition of image_stats_history "
        "for values from ('2026-03-01') to ('2026-04-01')"
    )
    await connection.close()
    assert await within(database_url, differences) == []


async def test_a_drift_of_the_models_would_be_seen(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("alter table images drop column hash")
    await connection.close()
    assert [difference[0] for difference in await within(database_url, differences)] == ["add_column"]


def test_the_newest_file_is_alembic_s_head_and_there_is_one() -> None:
    config = Config()
    config.set_main_option("script_location", str(scripts()))
    assert ScriptDirectory.from_config(config).get_heads() == [head()]


async def test_an_empty_database_is_brought_up_to_date_and_then_left_alone(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await Database.open(empty_url)
    await first.close()
    assert first.revision == head() == await value(empty_url, "select version_num from alembic_version")

    async def never(url: str) -> None:
        raise AssertionError("nothing is left to do")

    monkeypatch.setattr(migrations, "_upgrade", never)
    again = await Database.open(empty_url)
    await again.close()
    assert again.revision == head()


async def test_down_and_up_again_leaves_the_same_schema(empty_url: str) -> None:
    await within(empty_url, moved(command.upgrade, "head"))
    await within(empty_url, moved(command.downgrade, "base"))
    left = "select count(*) from pg_class where relnamespace = 'public'::regnamespace and relname !~ '^alembic'"
    assert await value(empty_url, left) == 0
    await within(empty_url, moved(command.upgrade, "head"))
    assert await within(empty_url, differences) == []


async def test_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    program = f"""
import asyncio
from civitai_engagement.store.database import Database
async def main():
    database = await Database.open({empty_url!r})
    print(database.revision)
    await database.close()
asyncio.run(main())
"""
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    said = [await process.communicate() for process in processes]
    assert [out.decode().strip() for out, _ in said] == [head(), head()], said
    assert await within(empty_url, differences) == []


async def test_a_schema_of_a_newer_program_is_refused_and_left_as_it_is(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("update alembic_version set version_num = '9999'")
    await connection.close()
    with pytest.raises(BadSetup, match=r"schema 9999, this program knows .* Upgrade civitai-engagement"):
        await Database.open(database_url)
    assert await value(database_url, "select version_num from alembic_version") == "9999"


async def test_what_is_in_the_way_of_a_later_change_is_named_and_nothing_is_changed(empty_url: str) -> None:
    await within(empty_url, moved(command.upgrade, "0008"))
    await value(empty_url, "create sequence assets_civitai_file")
    with pytest.raises(BadSetup, match=r'schema public .* relation "assets_civitai_file" already exists\. Something'):
        await Database.open(empty_url)
    assert await value(empty_url, "select version_num from alembic_version") == "0008"


async def test_a_role_that_does_not_own_our_tables_is_told_so_when_they_have_to_change(empty_url: str) -> None:
    await within(empty_url, moved(command.upgrade, "0011"))
    await value(empty_url, "create role lodger login")
    await value(empty_url, "grant select, insert, update, delete on all tables in schema public to lodger")
    try:
        with pytest.raises(
            BadSetup, match=r"does not let us: must be owner of table watches\. Grant it to the role in"
        ):
            await Database.open(re.sub("//[^@]*@", "//lodger@", empty_url))
    finally:
        await value(empty_url, "drop owned by lodger")
        await value(empty_url, "drop role lodger")
    assert await value(empty_url, "select version_num from alembic_version") == "0011"


class OldServer:
    """A connection to a Postgres of another time."""

    def __init__(self, major: int) -> None:
        self._version = asyncpg.types.ServerVersion(major, 0, 0, "final", 0)

    def get_server_version(self) -> asyncpg.types.ServerVersion:
        return self._version


async def test_an_old_postgres_is_refused_before_anything_is_asked_of_it() -> None:
    with pytest.raises(BadSetup, match=r"is PostgreSQL 14; 15 or newer is needed. Upgrade it, or unset DATABASE_URL"):
        await migrate(OldServer(14), DatabaseAddress("unused"))  # type: ignore[arg-type] # it is asked for its version alone


async def test_alembic_by_hand_works_on_the_database_url(empty_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "alembic", "upgrade", "head",
        cwd=TOP, env={"DATABASE_URL": empty_url.replace("postgresql://", "postgresql+asyncpg://")},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    assert await value(empty_url, "select version_num from alembic_version") == head()
