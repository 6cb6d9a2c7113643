"""A real PgBouncer before a Postgres, for as long as it is asked for."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
needs_pgbouncer = pytest.mark.skipif(PGBOUNCER is None, reason="needs PgBouncer (Debian: pgbouncer; `make system`)")
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


@asynccontextmanager
async def pooled(database_url: str, mode: str, folder: Path) -> AsyncIterator[str]:
    """Put a pooler before a database; `folder` is one that the owner of its socket can enter.

    >>> async with pooled(database_url, "session", reachable_folder) as url: ...
    """
    parts = urlsplit(database_url)
    where = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    own = free_port()
    file = folder / f"pgbouncer-{own}.ini"
    file.write_text(CONFIGURATION.format(socket=where["host"], port=where["port"], own=own, mode=mode))
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
