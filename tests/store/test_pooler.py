"""Behind a real PgBouncer: session mode works, the others are refused in a sentence that names the way out."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import asyncpg
import pytest

from civitai_engagement.errors import BadSetup
from civitai_engagement.settings import OWN_DATABASE
from civitai_engagement.store.claims import Claims
from civitai_engagement.store.database import POOL_SIZE, Database
from tests import pooler

pytestmark = [pytest.mark.slow, pooler.needs_pgbouncer]
Pooled = Callable[[str], AbstractAsyncContextManager[str]]


@pytest.fixture
def pooled(database_url: str, reachable_folder: Path) -> Pooled:
    """A pooler before the test's database: `async with pooled("session") as url: ...`."""
    return lambda mode: pooler.pooled(database_url, mode, reachable_folder)


async def open_close(url: str, setting: str = OWN_DATABASE) -> None:
    await (await Database.open(url, setting=setting)).close()


@pytest.mark.parametrize("printed", ["", "?pgbouncer=true&connect_timeout=15", "?connection_limit=1&sslmode=prefer"])
async def test_session_mode_works_with_what_vendors_print(pooled: Pooled, printed: str) -> None:
    async with pooled("session") as url:
        database = await Database.open(f"{url}{printed}")
        taken = [await database.acquire() for _ in range(POOL_SIZE)]
        for one in taken:
            assert await one.fetchval("show statement_timeout") == "20s"
            assert await one.fetchval("show search_path") == "public"
            assert await one.fetchval("select count(*) from posts") == 0
            await database.release(one)
        async with await Claims.open(database, holder="a:1") as claims:
            assert claims.holder == "a:1"
        await database.close()


@pytest.mark.parametrize("mode", ["transaction", "statement"])
@pytest.mark.parametrize("printed", ["", "?pgbouncer=true"])
async def test_other_modes_are_refused_by_a_sentence_that_names_the_direct_address(
    pooled: Pooled, mode: str, printed: str
) -> None:
    async with pooled(mode) as url:
        for _ in range(2):  # the second time, sessions of the first lie about
            with pytest.raises(BadSetup) as raised:
                await open_close(f"{url}{printed}")
            assert str(raised.value) == (
                "CIVITAI_ENGAGEMENT_DATABASE_URL leads through a pooler in transaction mode, which keeps no session for"
                " us. Use the direct address or session mode (Supabase: port 5432; Neon: the host without -pooler;"
                " DigitalOcean: port 25060). docs/databases.md says what each vendor's URL needs."
            )


async def test_a_refusal_leaves_nothing_behind_that_another_process_would_stumble_over(pooled: Pooled) -> None:
    async with pooled("transaction") as url:
        with pytest.raises(BadSetup):
            await open_close(url)
        connection = await asyncpg.connect(url, statement_cache_size=0)
        assert await connection.fetchval("select count(*) from pg_prepared_statements where name <> ''") == 0
        await connection.close()


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("?options=-csearch_path%3Dx", "holds a setting the server refuses: unsupported startup parameter"),
        ("?sslmode=require", "asks for TLS, and the server offers none. Take sslmode out"),
        ("?sslmode=verify-full", "cannot be used: root certificate file"),
        ("?sslmode=require&channel_binding=require", "asks for channel_binding=require, which the driver"),
        ("?sslmode=strict", "cannot be used: `sslmode` parameter must be one of"),
    ],
)
async def test_what_cannot_be_done_is_said(pooled: Pooled, printed: str, said: str) -> None:
    async with pooled("session") as url:
        with pytest.raises(BadSetup) as raised:
            await open_close(f"{url}{printed}")
    assert f"{OWN_DATABASE} {said}" in str(raised.value)
    assert "\n" not in str(raised.value)
