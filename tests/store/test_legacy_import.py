import os
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from civitai_engagement.errors import BadInput, BadSetup, EngagementError, StoreDown
from civitai_engagement.store import legacy_import
from civitai_engagement.store.legacy_import import OlderAsset, OlderDatabase, OlderPrompt
from tests.older import START, OlderServer, older_server


@pytest.fixture
async def older(postgres: str) -> AsyncIterator[OlderServer]:
    async with older_server(postgres, f"kept_{os.getpid()}") as server:
        yield server


async def test_rows_come_in_batches_by_id(older: OlderServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legacy_import, "MOST_ROWS", 2)
    made = [await older.prompt(f"prompt {number}") for number in range(5)]
    async with OlderDatabase.opened(older.url, schema="civitai") as database:
        batches = [[one.id for one in batch] async for batch in database.stream(OlderPrompt)]
        size = await database.size()
    assert batches == [made[:2], made[2:4], made[4:]]
    assert size == 5


async def test_the_reads_of_an_asset_come_together_oldest_first(
    older: OlderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(legacy_import, "MOST_ROWS", 2)
    assets = [await older.asset(civitai_id=str(number)) for number in (501, 502)]
    for likes in (1, 2):
        for asset in assets:
            await older.sync(asset, like=likes)
    async with OlderDatabase.opened(older.url, schema="civitai") as database:
        reads = [
            [(one.asset_id, one.counters and one.counters.like) for one in asset] async for asset in database.reads()
        ]
    assert reads == [[(asset, 1), (asset, 2)] for asset in assets]


async def test_the_trail_may_name_its_tables_with_their_schema(older: OlderServer) -> None:
    await older.sync(await older.asset(civitai_id="501"), like=1)
    await older.run("update events set table_name = 'civitai.asset_stats'")
    async with OlderDatabase.opened(older.url, schema="civitai") as database:
        assert [len(asset) async for asset in database.reads()] == [1]


async def test_an_asset_brings_the_date_of_its_image(older: OlderServer) -> None:
    await older.sync(await older.asset(civitai_id="501"))
    async with OlderDatabase.opened(older.url, schema="civitai") as database:
        [[asset]] = [batch async for batch in database.stream(OlderAsset)]
    assert asset.civitai_created_at == START - timedelta(days=1)


async def test_what_is_written_there_meanwhile_is_not_seen(older: OlderServer) -> None:
    await older.prompt("before")
    async with OlderDatabase.opened(older.url, schema="civitai") as database:
        await older.prompt("after")
        assert [len(batch) async for batch in database.stream(OlderPrompt)] == [1]


async def test_nothing_can_be_written_there(older: OlderServer) -> None:
    with pytest.raises(EngagementError):
        async with OlderDatabase.opened(older.url, schema="civitai") as database:
            await database._connection.execute("delete from prompts")


async def cut_off(older: OlderServer) -> None:
    """Read while an administrator ends our connection."""
    async with OlderDatabase.opened(older.url, schema="civitai") as database:
        await older.run(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where pid <> pg_backend_pid() and datname = current_database()"
        )
        _ = [batch async for batch in database.stream(OlderPrompt)]


async def test_a_database_that_goes_away_is_a_reason_to_try_again(older: OlderServer) -> None:
    await older.prompt("x")
    with pytest.raises(StoreDown):
        await cut_off(older)


@pytest.mark.parametrize(
    "url",
    [
        "hunter2",
        "mysql://me:hunter2@127.0.0.1/x",
        "postgresql://me:hunter2@127.0.0.1:1/x",
        "postgresql://me:hunter2#3@127.0.0.1/x",
        "postgresql://me:11#hunter2@127.0.0.1/x",
        "postgresql://me:hunter2@127.0.0.1/x?sslmode=hunter2",
    ],
)
async def test_a_url_that_leads_nowhere_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(EngagementError) as refused:
        async with OlderDatabase.opened(url, schema="civitai"):
            pass
    assert "hunter2" not in str(refused.value)
    assert "DATABASE_URL" not in str(refused.value)


@pytest.mark.parametrize("mark", "#/?@")
@pytest.mark.parametrize("head", ["hunter", "1111"])
async def test_a_password_that_breaks_its_url_is_to_be_written_otherwise(head: str, mark: str) -> None:
    url = f"postgresql://me:{head}{mark}secret@127.0.0.1/x"
    with pytest.raises(BadSetup, match="^--from-database cannot be read. Write .* as %23 %2F %3F %40") as refused:
        async with OlderDatabase.opened(url, schema="civitai"):
            pass
    assert head not in str(refused.value)
    assert "secret" not in str(refused.value)


async def test_a_database_that_is_not_there_points_to_the_option(older: OlderServer) -> None:
    absent = older.url.replace(f"/kept_{os.getpid()}", "/absent")
    with pytest.raises(BadSetup, match="--from-database"):
        async with OlderDatabase.opened(absent, schema="civitai"):
            pass


async def test_the_driver_takes_a_url_with_a_driver_s_name(older: OlderServer) -> None:
    url = older.url.replace("postgresql://", "postgresql+asyncpg://")
    async with OlderDatabase.opened(url, schema="civitai") as database:
        assert database.name.startswith("kept_")


PRISMA = (
    "connection_limit=5&pool_timeout=0&connect_timeout=0&socket_timeout=3&pgbouncer=true&statement_cache_size=0"
    "&max_connection_lifetime=9&max_idle_connection_lifetime=0&single_use_connections=true"
    "&sslaccept=accept_invalid_certs"
)


def with_settings(url: str, settings: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{settings}"


async def test_the_older_server_s_own_url_will_do(older: OlderServer) -> None:
    url = with_settings(older.url, f"schema=civitai&{PRISMA}&application_name=mine&sslmode=prefer")
    async with OlderDatabase.opened(url) as database:
        assert await database._connection.fetchval("show application_name") == "mine"


@pytest.mark.parametrize("settings", ["schema=Odd%20one", "schema=x&schema=Odd+one", "schema=&schema=Odd one"])
async def test_the_schema_is_the_one_the_url_names(older: OlderServer, settings: str) -> None:
    await older.run('alter schema civitai rename to "Odd one"')
    async with OlderDatabase.opened(with_settings(older.url, settings)) as database:
        assert await database.size() == 0


async def test_a_schema_named_beside_the_url_is_the_one_that_counts(older: OlderServer) -> None:
    with pytest.raises(BadInput, match="Schema public of kept_"):
        async with OlderDatabase.opened(with_settings(older.url, "schema=civitai"), schema="public"):
            pass


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (
            "pool_size=5",
            'holds a setting the server refuses: unrecognized configuration parameter "pool_size". Take that out of',
        ),
        ("sslaccept=strict", 'unrecognized configuration parameter "sslaccept"'),
        ("statement_timeout=soon", 'invalid value for parameter "statement_timeout"'),
        ("pool", "cannot be read"),
    ],
)
async def test_what_the_server_does_not_know_in_a_url_is_named(older: OlderServer, setting: str, said: str) -> None:
    with pytest.raises(BadSetup, match=f"--from-database .*{said}"):
        async with OlderDatabase.opened(with_settings(older.url, setting)):
            pass
