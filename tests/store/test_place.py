"""Where our tables go: as documented where nobody else is, and nowhere among others' unless that was chosen."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import asyncpg
import pytest

from civitai_engagement.errors import BadInput, BadSetup, StoreDown
from civitai_engagement.records.tables import metadata
from civitai_engagement.settings import ANY_DATABASE, OWN_DATABASE
from civitai_engagement.store.claims import Claims
from civitai_engagement.store.database import Database
from civitai_engagement.store.migrations import current, head
from civitai_engagement.store.place import FUNCTIONS, VERSIONS
from tests.conftest import in_database
from tests.older import SCHEMA as OLDER

Run = Callable[[str], Awaitable[Any]]
TABLES = "select count(*) from pg_class where relkind in ('r', 'p') and relnamespace = to_regnamespace('{}')"
STRANGERS = """
create table customers (id int); create table orders (id int); create table alembic_version (version_num text);
insert into alembic_version values ('0003')
"""


@pytest.fixture
async def url(postgres: str) -> AsyncIterator[str]:
    """A database with nothing in it, called `shop`."""
    door = await asyncpg.connect(postgres)
    await door.execute("create database shop")
    yield in_database(postgres, "shop")
    await door.execute("drop database shop with (force)")
    await door.execute("drop role if exists guest")
    await door.close()


@pytest.fixture
async def run(url: str) -> AsyncIterator[Run]:
    """Ask the database as its owner."""
    connection = await asyncpg.connect(url)

    async def ask(statement: str) -> Any:
        if statement.startswith("select"):
            return await connection.fetchval(statement)
        return await connection.execute(statement)

    yield ask
    await connection.close()


@asynccontextmanager
async def closing(connection: Any) -> AsyncIterator[Any]:
    try:
        yield connection
    finally:
        await connection.close()


async def opened(url: str, setting: str = ANY_DATABASE, adopt: str | None = None) -> str:
    """Open it as the program does, write and hold a claim, and say in which schema that was."""
    database = await Database.open(url, setting=setting, adopt=adopt)
    try:
        async with await Claims.open(database, holder="a:1") as claims:
            await claims.close()
        async with closing(await database.alone()) as connection:
            assert await current(connection) == head()
            await connection.execute("insert into api_budget (lane, next_at) values ('x', now())")
    finally:
        await database.close()
    return database.place.schema


@pytest.mark.parametrize("setting", [ANY_DATABASE, OWN_DATABASE])
async def test_an_empty_database_gets_our_tables_in_public_and_keeps_them_there(
    url: str, run: Run, setting: str
) -> None:
    assert await opened(url, setting) == "public"
    assert await run("select version_num from public.alembic_version") == head()
    await run("create table customers (id int)")
    await run("delete from api_budget")
    assert await opened(url) == "public"
    await run("delete from api_budget")
    assert await opened(url, OWN_DATABASE) == "public"
    assert await run("select to_regnamespace('engagement') is null")


async def test_a_database_of_others_gets_nothing_and_one_sentence_says_what_to_do(url: str, run: Run) -> None:
    await run(STRANGERS)
    with pytest.raises(BadSetup) as raised:
        await opened(url)
    assert str(raised.value) == (
        "DATABASE_URL leads to the database shop, which holds tables of others in schema public"
        " (alembic_version, customers, orders): nothing was written there. To keep ours beside them, in a schema"
        " `engagement`: `civitai-engagement migrate --adopt shop`. Else unset DATABASE_URL."
    )
    assert await run(TABLES.format("public")) == 3
    assert await run("select to_regnamespace('engagement') is null")


@pytest.mark.parametrize(
    "theirs",
    [
        "create table t (id int)",
        "create view v as select 1",
        "create materialized view m as select 1",
        "create table t (id int) partition by range (id)",
        "create table alembic_version (version_num text); insert into alembic_version values ('9f2a')",
        "create table images (id int); create table posts (id int)",
    ],
)
async def test_whatever_kind_of_table_others_have_is_left_alone(url: str, run: Run, theirs: str) -> None:
    await run(theirs)
    before = await run(TABLES.format("public"))
    with pytest.raises(BadSetup, match="holds tables of others"):
        await opened(url)
    assert await run(TABLES.format("public")) == before


@pytest.mark.parametrize(
    "theirs",
    [
        "create extension vector",
        "create schema auth; create table auth.users (id int)",
        "create schema auth; create table auth.t (id int); alter database shop set search_path to auth, public",
        "create table alembic_version (version_num text)",
        "create function f() returns int language sql as 'select 1'; create type mood as enum ('fine')",
        "create role rdsadmin; create table notes (id int); alter table notes owner to rdsadmin",
    ],
)
async def test_what_belongs_to_extensions_and_vendors_is_nobody_s_table(url: str, run: Run, theirs: str) -> None:
    await run(theirs)
    try:
        assert await opened(url) == "public"
    finally:
        await run("drop table if exists notes")
        await run("drop role if exists rdsadmin")


NAMED_LIKE_OURS = [
    "create type images as enum ('jpeg')",
    "create type posts as (id int)",
    "create domain runs as int",
    "create type prompts as range (subtype = int)",
    "create sequence assets",
    "create sequence posts_username",
    "create type image_stats_history_202605 as enum ('may')",
    "create function mentioning(wanted text) returns int language sql as 'select 1'",
    "create function mentioning(wanted int) returns int language sql as 'select 1'",
    "create function refuse_change() returns int language sql as 'select 1'",
    "create procedure gains(ids bigint[]) language sql as 'select 1'",
    "create aggregate gains(bigint) (sfunc = int8larger, stype = bigint)",
]


@pytest.mark.parametrize("theirs", NAMED_LIKE_OURS)
async def test_whatever_others_have_under_a_name_of_ours_is_left_alone(url: str, run: Run, theirs: str) -> None:
    await run(theirs)
    with pytest.raises(BadSetup, match="holds .* by others in schema public .*migrate --adopt shop"):
        await opened(url)
    assert await run(TABLES.format("public")) == 0
    assert await opened(url, OWN_DATABASE) == "engagement"
    assert await run(TABLES.format("public")) == 0


async def test_all_that_our_tables_need_a_name_for_is_looked_for(url: str, run: Run) -> None:
    await opened(url)
    found = await run(
        "select array(select relname::text from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p') and not relispartition"
        " union select proname::text from pg_proc where pronamespace = 'public'::regnamespace)"
    )
    assert set(found) - {VERSIONS} == set(FUNCTIONS) | set(metadata.tables)


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("my shop", "--adopt 'my shop'`"),
        ("shop; rm -rf $HOME", "--adopt 'shop; rm -rf $HOME'`"),
        ("it's", """--adopt 'it'"'"'s'`"""),
        ("-shop", "--adopt=-shop`"),
        ("Größe", "--adopt 'Größe'`"),
    ],
)
async def test_the_command_to_adopt_can_be_pasted_into_a_shell(postgres: str, name: str, spelled: str) -> None:
    there = in_database(postgres, quote(name))
    async with closing(await asyncpg.connect(postgres)) as door:
        await door.execute(f'create database "{name}"')
        async with closing(await asyncpg.connect(there)) as theirs:
            await theirs.execute("create table customers (id int)")
        with pytest.raises(BadSetup) as raised:
            await opened(there)
        await door.execute(f'drop database "{name}" with (force)')
    assert spelled in str(raised.value)


async def test_a_database_chosen_for_us_keeps_ours_beside_those_of_others(url: str, run: Run) -> None:
    await run(STRANGERS)
    assert await opened(url, OWN_DATABASE) == "engagement"
    assert await run("select version_num from engagement.civitai_engagement_version") == head()
    assert await run("select version_num from public.alembic_version") == "0003"
    assert await run(TABLES.format("public")) == 3
    await run("delete from engagement.api_budget")
    assert await opened(url) == "engagement"  # ours are there now, whichever setting leads to them


async def test_adopting_names_the_database_and_is_done_once(url: str, run: Run) -> None:
    await run(STRANGERS)
    with pytest.raises(BadInput, match="This is the database shop, and not ship. Nothing was done."):
        await opened(url, adopt="ship")
    assert await run("select to_regnamespace('engagement') is null")
    assert await opened(url, adopt="shop") == "engagement"
    await run("delete from engagement.api_budget")
    assert await opened(url, adopt="shop") == "engagement"
    assert await run(TABLES.format("public")) == 3


async def test_a_schema_of_that_name_that_is_somebody_else_s_is_left_alone(url: str, run: Run) -> None:
    await run(f"{STRANGERS}; create schema engagement; create table engagement.rings (id int)")
    with pytest.raises(BadSetup, match=r"database shop holds tables of others in schema engagement \(rings\)"):
        await opened(url, OWN_DATABASE)


@pytest.mark.parametrize("named", ["sslmode=prefer", "schema=civitai"])
async def test_the_older_server_s_database_is_recognised(url: str, run: Run, named: str) -> None:
    await run(OLDER)
    with pytest.raises(BadSetup) as raised:
        await opened(f"{url}{'&' if '?' in url else '?'}{named}")
    assert "the older server's database shop (schema civitai): nothing was written" in str(raised.value)
    assert "civitai-engagement import --from-database URL" in str(raised.value)
    assert await run(TABLES.format("public")) == 0
    assert await opened(url, adopt="shop") == "engagement"


async def test_a_schema_the_url_names_is_looked_into(url: str, run: Run) -> None:
    await run("create schema app; create table app.users (id int)")
    named = f"{url}{'&' if '?' in url else '?'}schema=app"
    with pytest.raises(BadSetup, match=r"in schema app \(users\)"):
        await opened(named)


async def guest_of(url: str, run: Run, *grants: str) -> str:
    await run("create role guest login password 'guest'")
    for grant in grants:
        await run(grant)
    return re.sub(r"//[^@]*@", "//guest:guest@", url)


async def test_a_role_that_may_not_make_tables_is_told_what_to_grant(url: str, run: Run) -> None:
    guest = await guest_of(url, run)
    for setting in (ANY_DATABASE, OWN_DATABASE):
        with pytest.raises(
            BadSetup, match='role guest may not make tables in schema .* create on schema .* to "guest"`. docs'
        ):
            await opened(guest, setting)
    await run("create schema engagement authorization guest")
    assert await opened(guest, OWN_DATABASE) == "engagement"


async def test_a_role_that_may_make_schemas_makes_ours_where_it_was_chosen(url: str, run: Run) -> None:
    guest = await guest_of(url, run, "grant create on database shop to guest")
    with pytest.raises(BadSetup, match=r"may not make tables in schema public.*migrate --adopt shop"):
        await opened(guest)
    assert await opened(guest, OWN_DATABASE) == "engagement"


async def test_a_role_may_use_tables_that_somebody_else_made(url: str, run: Run) -> None:
    await (await Database.open(url)).close()
    guest = await guest_of(url, run, "grant select, insert, update, delete on all tables in schema public to guest")
    assert await opened(guest) == "public"


@pytest.mark.parametrize("spoiling", ["drop schema public", "alter database shop set search_path to nowhere"])
async def test_a_missing_schema_is_one_sentence_or_is_made_where_it_was_chosen(
    url: str, run: Run, spoiling: str
) -> None:
    await run(spoiling)
    with pytest.raises(BadSetup, match="may not make tables in schema public .*create schema if not exists public"):
        await opened(url)
    assert await opened(url, OWN_DATABASE) == "engagement"


async def test_a_read_only_database_without_our_tables_says_so(url: str, run: Run) -> None:
    await run("alter database shop set default_transaction_read_only = on")
    with pytest.raises(StoreDown, match="The database shop takes no writes, so our tables cannot be made in it"):
        await opened(url)


async def test_a_read_only_database_with_our_tables_can_be_read(url: str, run: Run) -> None:
    await (await Database.open(url)).close()
    await run("alter database shop set default_transaction_read_only = on")
    database = await Database.open(url)
    connection = await database.acquire()
    assert await connection.fetchval("select count(*) from posts") == 0
    await database.release(connection)
    await database.close()
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await opened(url)


async def test_the_schema_stays_set_on_each_connection(url: str, run: Run) -> None:
    await run(STRANGERS)
    database = await Database.open(url, setting=OWN_DATABASE)
    taken = [await database.acquire() for _ in range(3)] + [await database.alone()]
    assert {await one.fetchval("show search_path") for one in taken} == {"engagement"}
    for one in taken[:3]:
        await database.release(one)
    await taken[3].close()
    await database.close()
    assert urlsplit(url).path == "/shop"
