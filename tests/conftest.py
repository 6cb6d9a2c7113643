"""What every test may ask for: a clean environment, and a real Postgres made by the migrations."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from civitai_engagement.store.database import Database
from civitai_engagement.store.embedded import EmbeddedPostgres
from civitai_engagement.store.queries import Connection

pytest_plugins = ["house"]
SLOW_FIXTURES = {"postgres", "database_url", "connection"}
SLOW_ROOMS = {"docker", "processes"}
OURS = ("CIVITAI_", "DATABASE_URL")
TEMPLATE = "made_by_the_migrations"
numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="Record the tools' schemas anew.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what needs Postgres or processes of its own."""
    for item in items:
        if SLOW_FIXTURES.intersection(getattr(item, "fixturenames", ())) or SLOW_ROOMS.intersection(item.path.parts):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the developer's own settings, key and database out of the tests."""
    for name in [one for one in os.environ if one.startswith(OURS)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def reachable_folder() -> Iterator[Path]:
    """A folder that the unprivileged user Postgres runs as under root can enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="civitai-engagement-tests-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@pytest.fixture(scope="session")
def postgres(reachable_folder: Path) -> Iterator[str]:
    """The URL of a running Postgres, one for each worker of the test run, with a migrated template in it."""
    server = EmbeddedPostgres(reachable_folder / "home")
    url = asyncio.run(server.start())
    asyncio.run(_make_template(url))
    yield url
    asyncio.run(server.stop())


async def _make_template(url: str) -> None:
    connection = await asyncpg.connect(url)
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # a test's data need not survive the machine
        await connection.execute(f"alter system set {setting} = off")
    await connection.execute("select pg_reload_conf()")
    await connection.execute(f"create database {TEMPLATE}")
    await connection.close()
    await (await Database.open(in_database(url, TEMPLATE))).close()


def in_database(url: str, name: str) -> str:
    """Point a URL to another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@pytest.fixture
async def database_url(postgres: str) -> AsyncIterator[str]:
    """A fresh, migrated database of one test's own."""
    name = f"test_{os.getpid()}_{next(numbers)}"
    connection = await asyncpg.connect(postgres)
    await connection.execute(f"create database {name} template {TEMPLATE}")
    yield in_database(postgres, name)
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest.fixture
async def connection(postgres: str) -> AsyncIterator[Connection]:
    """A connection inside a transaction that is rolled back."""
    database = await Database.open(in_database(postgres, TEMPLATE))
    taken = await database.acquire()
    transaction = taken.transaction()
    await transaction.start()
    yield taken
    await transaction.rollback()
    await database.release(taken)
    await database.close()
