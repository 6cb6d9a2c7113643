"""Behind a real PgBouncer: session mode works, the others are refused in a sentence that names the way out."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from civitai_engagement.errors import BadSetup
from civitai_engagement.settings import OWN_DATABASE
from civitai_engagement.store.claims import Claims
from civitai_engagement.store.database import POOL_SIZE, Database

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PGBOUNCER is None, reason="needs PgBouncer (Debian: pgbouncer; `make system`)"),
]
Pooled = Callable[[str], AbstractAsyncContextManager[str]]
CONFIGURATION = """
[databases]
* = host={socket} port={port} user=postgres

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = 20
logfile =
syslog = 0
"""


@pytest.fixture
def pooled(database_url: str, reachable_folder: Path) -> Pooled:
    """A pooler before the test's database: `async with pooled("session") as url: ...`."""
    parts = urlsplit(database_url)
    where = {name: values[-1] for name, values in parse_qs(parts.query).items()}

    @asynccontextmanager
    async def started(mode: str) -> AsyncIterator[str]:
        own = free_port()
        file = reachable_folder / f"pgbouncer-{own}.ini"
        text = CONFIGURATION.format(socket=where["host"], port=where["port"], own=own, mode=mode)
        file.write_text(text)
        file.chmod(0o644)
        process = subprocess.Popen(
            [str(PGBOUNCER), str(file)], user=owner_of(where["host"]), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await listening(own)
            yield f"postgresql://postgres@127.0.0.1:{own}{parts.path}"
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait)

    return started


def owner_of(folder: str) -> str | None:
    """Name who may use the server's socket, where we run as root: PgBouncer refuses to."""
    return pwd.getpwuid(Path(folder).stat().st_uid).pw_name if os.geteuid() == 0 else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def listening(port: int) -> None:
    async with asyncio.timeout(120):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.02)


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
