"""What every test may ask for: a clean environment, and a real Postgres made by the migrations."""

import asyncio
import gc
import itertools
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import hypothesis
import pytest
from httpx._config import create_ssl_context

from civitai_engagement.store.database import Database
from civitai_engagement.store.embedded import EmbeddedPostgres, temporary_folder
from civitai_engagement.store.queries import Connection

SLOW_FIXTURES = {"postgres", "database_url", "connection"}
SLOW_ROOMS = {"docker", "processes"}
UNMEASURED_ROOMS = {"studies", "worlds"}
OURS = ("CIVITAI_", "DATABASE_URL")
THEIR_OWN_DEPRECATIONS = (
    "ignore::DeprecationWarning",
    "ignore::PendingDeprecationWarning",
    r"error::DeprecationWarning:civitai_engagement(\..*)?$",
)
TEMPLATE = "made_by_the_migrations"
numbers = itertools.count(1)


# The same commit, the same verdict: generated examples are the same in each run, however it is started. `make explore`
# looks for others, at random; what it finds becomes an explicit example. No example has a deadline of its own.
hypothesis.settings.register_profile("always", max_examples=100, derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("quick", hypothesis.settings.get_profile("always"), max_examples=25)
hypothesis.settings.register_profile("explore", max_examples=500, deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("always")


def pytest_configure(config: pytest.Config) -> None:
    """Hear Ctrl-C: a run in the background was told to ignore it, and so would be the programs it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("any_versions"):
        for one in THEIR_OWN_DEPRECATIONS:
            config.addinivalue_line("filterwarnings", one)
    if config.getoption("dist", "no") == "no":  # who only hands the tests to workers needs none of what they import
        config.pluginmanager.import_plugin("house")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect no garbage while tests are collected, and never look through what was imported: none of it is any."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="Record the tools' schemas anew.")
    parser.addoption(
        "--any-versions", action="store_true", help="Let dependencies deprecate each other's ways, not ours."
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what needs Postgres or processes of its own; do not measure the coverage of hours simulated.

    Its lines are all covered by tests of their own, and measured the arithmetic takes twice as long.
    """
    for item in items:
        if UNMEASURED_ROOMS.intersection(item.path.parts):
            item.add_marker(pytest.mark.no_cover)
        if SLOW_FIXTURES.intersection(getattr(item, "fixturenames", ())) or SLOW_ROOMS.intersection(item.path.parts):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say last how many tests were skipped, and why."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(_why(one.longrepr) for one in skipped)
    if reasons:
        terminalreporter.section(f"{len(skipped)} tests skipped")
    for reason, number in reasons.most_common():
        terminalreporter.line(f"{number:4}  {reason}")


def _why(told: object) -> str:
    """Read the reason out of (file, line, reason)."""
    reason = told[2] if isinstance(told, tuple | list) else told
    return str(reason).removeprefix("Skipped: ")


@pytest.fixture(autouse=True)
def clean_environment(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep the developer's own settings, key and database out of the tests; and coverage out of the programs started
    by those marked `no_cover`: it doubles the time of a start."""
    unwanted = (*OURS, "COVERAGE") if request.node.get_closest_marker("no_cover") else OURS
    for name in [one for one in os.environ if one.startswith(unwanted)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session", autouse=True)
def certificates_read_once() -> Iterator[None]:
    """Let all HTTP clients share one TLS context: reading the authorities' certificates takes a tenth of a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", cache(create_ssl_context))
        yield


@pytest.fixture(scope="session")
def reachable_folder() -> Iterator[Path]:
    """A folder that the unprivileged user Postgres runs as under root can enter, unlike pytest's own."""
    with temporary_folder("tests") as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres(reachable_folder: Path) -> Iterator[str]:
    """The URL of a running Postgres, one for each worker of the test run, with a migrated template in it."""
    server = EmbeddedPostgres(reachable_folder / "home")
    url = asyncio.run(server.start())
    asyncio.run(make_template(url))
    yield url
    asyncio.run(server.stop())


async def make_template(url: str) -> None:
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


SHAPE = """
select md5(string_agg(part, ',' order by part))
from (
    select concat(relname, relkind, attname, atttypid, attnotnull) as part
    from pg_class
    join pg_attribute on attrelid = pg_class.oid
    where relnamespace = 'public'::regnamespace and not relispartition
    union all
    select concat(proname, prosrc, proconfig) from pg_proc where pronamespace = 'public'::regnamespace
    union all
    select version_num from alembic_version
) as parts
"""
EMPTY = """
do $$
declare
    one regclass;
begin
    perform pg_terminate_backend(pid)
    from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend';
    set local session_replication_role = replica; -- neither foreign keys nor the append-only audit are in the way
    for one in select oid from pg_class where relispartition and relkind = 'r' loop
        execute format('drop table %s', one);
    end loop;
    for one in
        select oid from pg_class
        where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'alembic_version'
    loop
        execute format('delete from %s', one);
    end loop;
    perform setval(oid::regclass, 1, false) from pg_class where relkind = 'S';
end
$$
"""
GROWTH = 2_000_000  # bytes


class Databases:
    """Databases made by the migrations, each for one test at a time: emptying one takes a tenth of making one."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: list[str] = []
        self._new_shape: str | None = None

    @asynccontextmanager
    async def one(self) -> AsyncIterator[str]:
        name = self._idle.pop() if self._idle else await self._new()
        yield in_database(self._url, name)
        if await self._is_as_new(name):
            self._idle.append(name)
        else:
            await _order(self._url, f"drop database {name} with (force)")

    async def _new(self) -> str:
        name = f"test_{os.getpid()}_{next(numbers)}"
        await _order(self._url, f"create database {name} template {TEMPLATE}")
        return name

    async def _is_as_new(self, name: str) -> bool:
        """Empty a database; one whose schema was changed, or that has grown, is not worth it."""
        connection = await asyncpg.connect(in_database(self._url, name))
        try:
            size = "select pg_database_size($1) - pg_database_size($2)"
            if await connection.fetchval(size, name, TEMPLATE) > GROWTH:
                return False
            if await connection.fetchval(SHAPE) != await self._shape():
                return False
            await connection.execute(EMPTY)
        finally:
            await connection.close()
        return True

    async def _shape(self) -> str:
        """Say in short what the schema of a new database is."""
        if self._new_shape is None:
            connection = await asyncpg.connect(in_database(self._url, TEMPLATE))
            self._new_shape = await connection.fetchval(SHAPE)
            await connection.close()
        return self._new_shape


async def _order(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def databases(postgres: str) -> Databases:
    return Databases(postgres)


@pytest.fixture
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """An empty, migrated database of one test's own."""
    async with databases.one() as url:
        yield url


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
