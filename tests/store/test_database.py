"""One Postgres by its URL: how URLs may be written, and what its refusals become."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import psutil
import pytest

from civitai_engagement.errors import BadSetup, Broken, EngagementError, StoreDown
from civitai_engagement.store.connecting import connect, ours, where
from civitai_engagement.store.database import POOL_SIZE, Database
from civitai_engagement.store.queries import Connection
from civitai_engagement.store.store import Store
from civitai_engagement.store.url import Destination


def in_words(url: str) -> str:
    """Write it in the other form that libpq knows."""
    found = Destination.read(url, "it")
    [(host, port)] = found.hosts
    return f"host={host} port={port} dbname='{found.database}' user={found.user}"


@pytest.mark.parametrize(
    "written",
    [
        lambda url: url,
        lambda url: url.replace("postgresql://", "postgres://"),
        lambda url: url.replace("postgresql://", "postgresql+asyncpg://"),
        lambda url: f"{url}{'&' if '?' in url else '?'}sslmode=disable",
        lambda url: f"{url}{'&' if '?' in url else '?'}sslmode=prefer",
        lambda url: f"jdbc:{url}&currentSchema=public&prepareThreshold=0&tcpKeepAlive=true&ApplicationName=mine",
        lambda url: f"{url}&keepalives=1&keepalives_idle=30&fallback_application_name=x&client_encoding=LATIN1",
        lambda url: f"{url}&connect_timeout=15&target_session_attrs=read-write&options=-c%20jit%3Doff",
        lambda url: f" psql '{url}' ",
        in_words,
    ],
)
async def test_a_url_works_as_people_write_it(database_url: str, written: object) -> None:
    database = await Database.open(written(database_url))  # type: ignore[operator] # a function of the table above
    connection = await database.acquire()
    assert await connection.fetchval("select 1") == 1
    await database.release(connection)
    await database.close()


@pytest.fixture
async def silent() -> AsyncIterator[int]:
    """The port of a server that takes connections and says nothing."""
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for writer in held:
        writer.close()


async def test_of_several_hosts_the_first_that_answers_is_taken(database_url: str, silent: int) -> None:
    found = Destination.read(database_url, "it")
    [(host, port)] = found.hosts
    listed = f"host=127.0.0.1,127.0.0.1,{host}&port=1,{silent},{port}&connect_timeout=2"
    connection = await connect(f"postgresql://{found.user}@/{found.database}?{listed}")
    assert await connection.fetchval("select current_database()") == found.database
    await connection.close()


@pytest.mark.parametrize("sought", ["standby", "read-only"])
async def test_servers_none_of_which_is_what_is_asked_for_are_told(database_url: str, sought: str) -> None:
    with pytest.raises(
        StoreDown, match="None of the servers in DATABASE_URL is what its target_session_attrs asks for"
    ):
        await Database.open(f"{database_url}&target_session_attrs={sought}")


async def test_a_standby_is_preferred_and_not_needed(database_url: str) -> None:
    found = Destination.read(database_url, "it")
    [(host, port)] = found.hosts
    url = f"postgresql://{found.user}@/{found.database}?host={host},{host}&port={port}&targetServerType=preferSecondary"
    await (await Database.open(url)).close()


@pytest.mark.parametrize(
    ("url", "error", "said"),
    [
        ("postgresql://me:hush@127.0.0.1:1/none", StoreDown, "The database at 127.0.0.1:1 does not answer."),
        ("postgresql://me:hush@nowhere.invalid/none", StoreDown, "nowhere.invalid:5432 does not answer."),
        ("mysql://me:hush@127.0.0.1/none", BadSetup, "DATABASE_URL cannot be read. Write postgresql://"),
        ("just words", BadSetup, "DATABASE_URL cannot be read."),
        ("postgresql://me:hush@127.0.0.1:port/none", BadSetup, "DATABASE_URL cannot be read."),
        ("postgresql://me:hush#hush@127.0.0.1/none", BadSetup, "DATABASE_URL cannot be read."),
        ("postgresql://me:11#hush@127.0.0.1/none", BadSetup, "DATABASE_URL cannot be read."),
        ("postgresql://me:11/hush@127.0.0.1/none", BadSetup, "DATABASE_URL cannot be read."),
        ("postgresql://me:hush@hush@127.0.0.1/none", BadSetup, "DATABASE_URL cannot be read."),
        ("postgresql://[::1/none", BadSetup, "DATABASE_URL cannot be read."),
    ],
)
async def test_a_url_that_leads_nowhere_is_told_without_its_password(
    url: str, error: type[EngagementError], said: str
) -> None:
    with pytest.raises(error, match=re.escape(said)) as raised:
        await Database.open(url)
    assert "hush" not in str(raised.value)


async def test_a_database_that_does_not_exist_is_a_matter_of_setup(database_url: str) -> None:
    with pytest.raises(BadSetup, match=r"refuses us: .*Check DATABASE_URL"):
        await Database.open(re.sub(r"/test_\w+", "/no_such_database", database_url))


async def test_a_setting_the_server_does_not_know_is_named(database_url: str) -> None:
    with pytest.raises(BadSetup, match='DATABASE_URL holds .* parameter "no_such". Take that out of the URL'):
        await Database.open(f"{database_url}{'&' if '?' in database_url else '?'}no_such=0")


async def test_a_query_that_takes_too_long_ends_and_can_be_tried_again(database_url: str) -> None:
    store = Store(url=database_url, home=Path("unused"))

    async def dawdle() -> None:
        async with store.reading() as ledger:
            await ledger._connection.execute("set statement_timeout = '20ms'")
            await ledger._connection.fetchval("select pg_sleep(5)")

    with pytest.raises(StoreDown, match="took too long"):
        await dawdle()
    await store.close()


async def test_every_connection_of_the_pool_has_a_time_limit(database_url: str) -> None:
    store = Store(url=database_url, home=Path("unused"))
    async with store.reading() as ledger:
        assert await ledger._connection.fetchval("show statement_timeout") == "20s"
    await store.close()


@pytest.mark.parametrize(
    ("foreign", "error", "said"),
    [
        (asyncpg.CannotConnectNowError("x"), StoreDown, "still starting"),
        (asyncpg.ConnectionDoesNotExistError("x"), StoreDown, "does not answer"),
        (ConnectionResetError(), StoreDown, "does not answer"),
        (TimeoutError(), StoreDown, "does not answer"),
        (asyncpg.InterfaceError("x"), StoreDown, "does not answer"),
        (asyncpg.DiskFullError("x"), StoreDown, "out of room"),
        (asyncpg.TooManyConnectionsError("x"), StoreDown, "out of room"),
        (asyncpg.AdminShutdownError("x"), StoreDown, "shutting down"),
        (asyncpg.InvalidPasswordError("x"), BadSetup, "refuses us"),
        (asyncpg.UndefinedTableError("x"), Broken, "refused a statement: UndefinedTableError"),
    ],
)
def test_the_driver_s_errors_become_ours_with_their_cause(
    foreign: Exception, error: type[EngagementError], said: str
) -> None:
    with pytest.raises(error, match=said) as raised, ours("The database"):
        raise foreign
    assert raised.value.__cause__ is foreign


def test_our_own_errors_pass_as_they_are() -> None:
    with pytest.raises(ZeroDivisionError), ours("The database"):
        raise ZeroDivisionError


async def test_a_value_no_column_can_hold_is_our_fault_and_not_its_silence(database_url: str) -> None:
    store = Store(url=database_url, home=Path("unused"))
    with pytest.raises(Broken, match="refused a statement: DataError"):
        async with store.reading() as ledger:
            await ledger._connection.fetchval("select $1::bigint", 2**70)
    await store.close()


def test_a_database_is_named_without_who_may_enter() -> None:
    assert where("postgresql://me:hush@db.example:6543/x") == "The database at db.example:6543"
    assert where("postgresql:///x?host=/tmp") == "The database"


async def test_many_callers_open_the_database_once(database_url: str) -> None:
    store = Store(url=database_url, home=Path("unused"))
    states = [store.is_open]
    opened = await asyncio.gather(*(store.open() for _ in range(5)))
    states.append(store.is_open)
    await store.close()
    assert len({id(one) for one in opened}) == 1
    assert [*states, store.is_open] == [False, True, False]


async def test_a_database_that_was_away_is_found_again(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(url="postgresql://me@127.0.0.1:1/none", home=Path("unused"))
    with pytest.raises(StoreDown):
        await store.open()
    assert store.is_open is False
    monkeypatch.setattr(store, "_url", database_url)
    async with store.reading() as ledger:
        assert (await ledger.totals()).posts == 0
    await store.close()


async def test_connections_killed_while_idle_are_replaced(database_url: str) -> None:
    store = Store(url=database_url, home=Path("unused"))
    async with store.reading() as ledger:
        await ledger.totals()
        spare = ledger._connection
    killer = await asyncpg.connect(database_url)
    await killer.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
    await killer.close()
    await farewell(spare)
    async with store.reading() as ledger:
        assert (await ledger.totals()).posts == 0
    await store.close()


async def test_a_transaction_that_fails_keeps_nothing(database_url: str) -> None:
    store = Store(url=database_url, home=Path("unused"))
    insert = "insert into watches (kind, name, created_by, created_at) values ('post', '1', 'k', now())"

    async def fail() -> None:
        async with store.writing() as ledger:
            await ledger._connection.execute(insert)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with store.reading() as ledger:
        assert await ledger._connection.fetchval("select count(*) from watches") == 0
    await store.close()


def gone(process: int) -> None:
    """Wait until a process ended, whether or not its parent has asked after it."""
    with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
        psutil.Process(process).wait(timeout=5)


@pytest.mark.slow
async def test_an_embedded_postgres_that_was_killed_is_started_again_and_nothing_is_lost(
    reachable_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(url=None, home=reachable_folder / "killed")
    async with store.writing() as ledger:
        await ledger.posts.watch("post", "77", created_by="keeper", now=datetime(2026, 5, 1, tzinfo=UTC))
    postmaster = int((reachable_folder / "killed" / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    await asyncio.to_thread(gone, postmaster)
    async with store.reading() as ledger:
        assert await ledger._connection.fetchval("select name from watches") == "77"
    assert store.is_embedded
    assert [record.name for record in caplog.records if record.exc_info] == []
    await store.close()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url)
    yield opened
    async with asyncio.timeout(120):
        await opened.close()


async def farewell(connection: Connection) -> None:
    """Wait until what the server sent at the end is read: a driver cut off in mid-sentence is another test."""
    with suppress(asyncpg.InterfaceError):  # the pool knows already that it is lost
        while not connection.is_closed():  # noqa: ASYNC110 # the driver rings no bell
            await asyncio.sleep(0.01)


async def process_of(database: Database) -> int:
    connection = await database.acquire()
    process: int = await connection.fetchval("select pg_backend_pid()")
    await database.release(connection)
    return process


async def test_callers_one_after_the_other_use_one_connection(database: Database) -> None:
    assert len({await process_of(database) for _ in range(3)}) == 1


async def test_many_callers_at_once_all_get_their_turn(database: Database) -> None:
    async with asyncio.timeout(120):
        answered = await asyncio.gather(*(process_of(database) for _ in range(10 * POOL_SIZE)))
    assert 1 < len(set(answered)) <= POOL_SIZE
    async with asyncio.timeout(120):
        held = [await database.acquire() for _ in range(POOL_SIZE)]
        waiting = asyncio.create_task(database.acquire())
        while not database._waiting:  # noqa: ASYNC110 # the pool rings no bell
            await asyncio.sleep(0)
        await database.release(held.pop())
        held.append(await waiting)
    for connection in held:
        await database.release(connection)


@pytest.mark.parametrize("is_noticed", [True, False])
async def test_a_connection_lost_while_nobody_uses_it_is_replaced(
    database: Database, is_noticed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare, killer = await database.acquire(), await database.alone()
    lost: int = await spare.fetchval("select pg_backend_pid()")
    await database.release(spare)
    if is_noticed:
        await killer.execute("select pg_terminate_backend($1, 10000)", lost)
        await farewell(spare)
    else:
        monkeypatch.setattr("civitai_engagement.store.database.SPARE_SECONDS", -1)
        lost = await process_of(database)
    assert await process_of(database) != lost
    await killer.close()


async def test_a_connection_lost_in_use_is_not_kept(database: Database) -> None:
    connection, killer = await database.acquire(), await database.alone()
    lost = await connection.fetchval("select pg_backend_pid()")
    await killer.execute("select pg_terminate_backend($1, 10000)", lost)
    await farewell(connection)
    await database.release(connection)
    assert await process_of(database) != lost
    await killer.close()


async def test_what_a_caller_left_open_is_undone_before_the_next_one(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    connection = await database.acquire()
    await connection.execute("begin")
    await database.release(connection)
    following = await database.acquire()
    assert not following.is_in_transaction()
    await database.release(following)
    assert "active transaction" in caplog.text


@pytest.mark.usefixtures("deaf_to_cancellations")
async def test_nobody_waits_for_the_statement_of_a_caller_that_is_cancelled(database: Database) -> None:
    async def dawdle() -> None:
        connection = await database.acquire()
        acquired.set()
        try:
            await connection.execute("select pg_sleep(3)")
        finally:
            leaving.set()
            await database.release(connection)

    acquired, leaving, busy = asyncio.Event(), asyncio.Event(), await process_of(database)
    caller = asyncio.create_task(dawdle())
    await acquired.wait()
    caller.cancel()
    await leaving.wait()
    await asyncio.sleep(0)
    assert await process_of(database) != busy
    with pytest.raises(asyncio.CancelledError):
        await caller
