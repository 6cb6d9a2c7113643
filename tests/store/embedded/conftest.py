"""A place on disk that Postgres can reach whoever runs the tests, and a count of what is left running there."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from civitai_engagement.store.embedded import EmbeddedPostgres
from civitai_engagement.store.embedded.postmaster import Postmaster

GUEST = """
import asyncio, sys
from pathlib import Path
from civitai_engagement.store.embedded import EmbeddedPostgres

async def main():
    print("begun", flush=True)
    async with EmbeddedPostgres(Path(sys.argv[1])) as url:
        print(url, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of its own for one test; whatever Postgres still runs there ends with the test."""
    folder = _reachable_folder()
    yield folder
    for process in _postgres_in(folder):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    for pid_file in folder.rglob("postmaster.pid"):
        killed = Postmaster.read(pid_file.parent)
        shutil.rmtree(killed.socket_folder if killed else "", ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def pattern() -> Iterator[Path]:
    """A stopped database to copy, for tests that are not about the first start."""
    folder = _reachable_folder()

    async def make() -> None:
        async with EmbeddedPostgres(folder / "home") as url:
            await _ask(url, "create table note (id int primary key)")

    asyncio.run(make())
    yield folder / "home"
    shutil.rmtree(folder)


@pytest.fixture
def furnished(place: Path, pattern: Path) -> Path:
    """A home that holds a stopped database with an empty table `note`."""
    subprocess.run(["cp", "-a", str(pattern), str(place / "home")], check=True)
    return place / "home"


@pytest.fixture
def postgres_in() -> Callable[[Path], list[psutil.Process]]:
    """Every living process of Postgres that works in a folder."""
    return _postgres_in


@pytest.fixture
def ask() -> Callable[..., Awaitable[Any]]:
    """One statement on a connection of its own: `await ask(url, statement, *arguments)`."""
    return _ask


@pytest.fixture
async def invite() -> AsyncIterator[Callable[..., Awaitable[asyncio.subprocess.Process]]]:
    """Another process that prints `begun`, then the URL, and stays until its standard input ends."""
    guests = []

    async def spawn(home: Path, python: str = sys.executable, **options: Any) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        command = (python, "-c", GUEST, str(home))
        guest = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe, **options)
        guests.append(guest)
        return guest

    yield spawn
    for guest in guests:
        with suppress(ProcessLookupError):
            guest.kill()
        await guest.communicate(b"")


def _reachable_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="engagement-test-")).resolve()
    folder.chmod(0o711)
    return folder


def _postgres_in(folder: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _works_in(process, folder)]


def _works_in(process: psutil.Process, folder: Path) -> bool:
    with suppress(psutil.Error):
        program, *arguments = process.cmdline() or [""]
        postgres = Path(program).name.startswith(("postgres", "initdb", "pg_ctl"))
        return postgres and any(str(folder) in word for word in (process.cwd(), *arguments))
    return False


async def _ask(url: str, statement: str, *arguments: object) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement, *arguments)
    finally:
        await connection.close()
