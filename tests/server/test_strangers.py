"""Started by a host in somebody else's project: its `.env` is not read, its database gets nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from civitai_engagement.store.database import Database
from civitai_engagement.store.migrations import head
from tests.conftest import in_database

if TYPE_CHECKING:  # pytest loads it by itself
    from collections.abc import AsyncIterator

    from tests.server.conftest import Program

pytestmark = pytest.mark.slow
TABLES = "select string_agg(relname, ' ' order by relname) from pg_class where relkind = 'r' and relnamespace = 2200"


@pytest.fixture
async def shop(postgres: str) -> "AsyncIterator[str]":
    """The database of somebody's shop."""
    door = await asyncpg.connect(postgres)
    await door.execute("create database shop")
    url = in_database(postgres, "shop")
    await ask(url, "create table customers (id int)")
    yield url
    await door.execute("drop database shop with (force)")
    await door.close()


async def ask(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_the_env_file_of_a_project_is_not_read_and_that_is_said(
    program: "Program", furnished: Path, shop: str
) -> None:
    (program.folder / ".env").write_text(f"DATABASE_URL={shop}\nCIVITAI_ENGAGEMENT_LOG_FORMAT=json\n")
    code, _, said = await program.run("status")
    [only] = said.splitlines()
    assert (code, await ask(shop, TABLES)) == (0, "customers")
    assert ".env sets DATABASE_URL, CIVITAI_ENGAGEMENT_LOG_FORMAT and is not read: move what is" in only
    assert str(furnished / ".env") in only


async def test_the_database_of_a_project_gets_nothing_and_live_tools_work(program: "Program", shop: str) -> None:
    async with program.having(DATABASE_URL=shop).client() as client:
        live = await client.call_tool("fetch_civitai_post_assets", {"post_id": 77})
        stored = await client.call_tool("list_civitai_posts", {})
    assert not live.is_error
    assert stored.is_error
    assert "holds tables of others in schema public (customers): nothing was written" in str(stored.content)
    assert "civitai-engagement migrate --adopt shop" in str(stored.content)
    assert await ask(shop, TABLES) == "customers"


async def test_adopting_is_a_command_that_names_the_database(program: "Program", shop: str) -> None:
    theirs = program.having(DATABASE_URL=shop)
    assert (await theirs.run("migrate"))[0] == 1
    assert (await theirs.run("migrate", "--adopt", "ship"))[0] == 1
    assert await theirs.run("migrate", "--adopt", "shop") == (0, "Our tables are in the schema engagement.\n", "")
    assert await theirs.run("migrate") == (0, f"The schema is at {head()}.\n", "")
    assert await ask(shop, TABLES) == "customers"


async def test_a_chosen_database_goes_first_and_is_not_asked_about(
    program: "Program", database_url: str, shop: str
) -> None:
    chosen = program.having(DATABASE_URL=database_url, CIVITAI_ENGAGEMENT_DATABASE_URL=shop)
    code, printed, _ = await chosen.run("status", "--json")
    assert (code, '"database": "CIVITAI_ENGAGEMENT_DATABASE_URL"' in printed) == (0, True)
    assert await ask(shop, "select to_regclass('engagement.posts') is not null")


async def test_with_a_read_only_database_what_is_stored_is_read_and_live_tools_work(
    program: "Program", shop: str
) -> None:
    await (await Database.open(shop, setting="own")).close()
    await ask(shop, "alter database shop set default_transaction_read_only = on")
    async with program.having(DATABASE_URL=shop).client() as client:
        listed = await client.call_tool("list_civitai_posts", {})
        live = await client.call_tool("fetch_civitai_post_assets", {"post_id": 77})
        refused = await client.call_tool("watch_creator", {"usernames": ["ana"]})
    assert (listed.is_error, live.is_error, refused.is_error) == (False, False, True)
    assert "takes no writes: it is read-only" in str(refused.content)
    assert "Error executing" not in str(refused.content)
