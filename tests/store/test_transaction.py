"""A transaction of the store: its locks, its end, and what of it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime

import asyncpg
import pytest

from civitai_engagement.store.database import Database
from civitai_engagement.store.events import CHANNEL, POSTS_A_MESSAGE
from civitai_engagement.store.images import Images
from civitai_engagement.store.partitions import ensure_month
from civitai_engagement.store.transaction import SHARDS, transaction

Connection = asyncpg.Connection  # what the driver gives
WRITE = "insert into watches (kind, name, created_by, created_at) values ('post', '7', 'ada', now())"
COUNT = "select count(*) from watches"
FAR = datetime(2031, 5, 5, tzinfo=UTC)
WAITING = "select exists (select from pg_locks where not granted)"
ASLEEP = "select exists (select from pg_stat_activity where pid = $1 and wait_event = 'PgSleep')"
TOUCH = "delete from image_stats_history where image_id = -1"


@pytest.fixture
async def pair(database_url: str) -> AsyncIterator[tuple[Connection, Connection]]:
    async with AsyncExitStack() as stack:
        opened = [await asyncpg.connect(database_url) for _ in range(2)]
        for one in opened:
            stack.push_async_callback(one.close)
        yield opened[0], opened[1]


async def write(connection: Connection, *statements: str, posts: Iterable[int] = ()) -> None:
    async with transaction(connection) as changed:
        changed.update(posts)
        for statement in statements:
            await connection.execute(statement)


async def test_all_of_it_is_kept_or_nothing(pair: tuple[Connection, Connection]) -> None:
    writer, reader = pair
    with pytest.raises(asyncpg.DivisionByZeroError):
        await write(writer, WRITE, "select 1 / 0")
    assert (await reader.fetchval(COUNT), writer.is_in_transaction()) == (0, False)
    with pytest.raises(asyncpg.UniqueViolationError):
        await write(writer, WRITE, WRITE)
    assert await reader.fetchval(COUNT) == 0
    async with transaction(writer):
        await writer.execute(WRITE)
        assert await reader.fetchval(COUNT) == 0
    assert await reader.fetchval(COUNT) == 1


async def sleep_in_a_transaction(connection: Connection) -> None:
    async with transaction(connection, images=[1]):
        await connection.execute(WRITE)
        await connection.execute("select pg_sleep(60)")


async def cancel_asleep(writer: Connection, reader: Connection) -> None:
    """Cancel a transaction in its statement: Postgres does not hear of it when the statement has not begun."""
    task = asyncio.create_task(sleep_in_a_transaction(writer))
    while not await reader.fetchval(ASLEEP, writer.get_server_pid()):  # noqa: ASYNC110 # Postgres rings no bell
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_one_that_is_cancelled_keeps_nothing_and_leaves_its_connection_usable(
    pair: tuple[Connection, Connection],
) -> None:
    writer, reader = pair
    await cancel_asleep(writer, reader)
    assert await reader.fetchval(COUNT) == 0
    async with asyncio.timeout(120), transaction(reader, images=[1]):
        await reader.execute(WRITE)
    assert await writer.fetchval(COUNT) == 1


@pytest.mark.usefixtures("deaf_to_cancellations")
@pytest.mark.parametrize("patience", [60, 0.1], ids=["waits for the statement", "gives the connection up"])
async def test_one_whose_cancellation_postgres_does_not_hear_ends_with_the_time_of_its_statement(
    pair: tuple[Connection, Connection], monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    monkeypatch.setattr("civitai_engagement.store.transaction.ROLLBACK_SECONDS", patience)
    writer, reader = pair
    await writer.execute("set statement_timeout = '1s'")
    await cancel_asleep(writer, reader)
    async with asyncio.timeout(120), transaction(reader, images=[1]):
        assert await reader.fetchval(COUNT) == 0
    assert writer.is_closed() == (patience < 1)


async def test_when_the_connection_is_lost_that_is_what_is_said(pair: tuple[Connection, Connection]) -> None:
    writer, reader = pair
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError)):
        await write(writer, WRITE, "select pg_terminate_backend(pg_backend_pid())")
    assert await reader.fetchval(COUNT) == 0


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url)
    yield database
    await database.close()


async def test_what_went_wrong_is_said_even_when_the_connection_is_lost_with_it(pool: Database) -> None:
    connection = await pool.acquire()
    pid, killer = await connection.fetchval("select pg_backend_pid()"), await pool.alone()

    async def fail() -> None:
        async with transaction(connection):
            await killer.execute("select pg_terminate_backend($1, 10000)", pid)
            with suppress(asyncpg.InterfaceError):  # the pool has heard of it
                while not connection.is_closed():  # noqa: ASYNC110 # the driver rings no bell
                    await asyncio.sleep(0.01)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await pool.release(connection)
    await killer.close()


async def test_one_that_is_cancelled_while_it_waits_for_its_locks_ends_at_once_and_without_a_word(
    pool: Database, caplog: pytest.LogCaptureFixture
) -> None:
    holder, waiter = await pool.acquire(), await pool.acquire()

    async def wait() -> None:
        async with transaction(waiter, images=[6]):
            pytest.fail("both hold the lock")

    async with asyncio.timeout(120), transaction(holder, images=[6]):
        waiting = asyncio.create_task(wait())
        while not await holder.fetchval(WAITING):  # noqa: ASYNC110 # Postgres rings no bell
            await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not waiter.is_in_transaction()
    for one in (holder, waiter):
        await pool.release(one)
    assert caplog.messages == []


async def test_one_whose_failure_was_overlooked_is_not_taken_for_kept(pair: tuple[Connection, Connection]) -> None:
    writer, reader = pair

    async def overlook() -> None:
        async with transaction(writer):
            await writer.execute(WRITE)
            with suppress(asyncpg.DivisionByZeroError):
                await writer.execute("select 1 / 0")

    with pytest.raises(asyncpg.InFailedSQLTransactionError, match="nothing was kept"):
        await overlook()
    assert await reader.fetchval(COUNT) == 0


async def test_writers_of_the_same_images_take_turns_and_others_do_not_wait(
    pair: tuple[Connection, Connection],
) -> None:
    first, second = pair
    await second.execute("set statement_timeout = '200ms'")

    async def lock(*from_the_start: int, later: Sequence[int] = ()) -> None:
        async with transaction(second, images=from_the_start):
            await Images(second).lock(later)

    async with transaction(first, images=[5, 6, 5 + SHARDS]):
        await lock(4, 7, later=[8])
        with pytest.raises(asyncpg.QueryCanceledError):
            await lock(4, 6)
        with pytest.raises(asyncpg.QueryCanceledError):
            await lock(4, 7, later=[5])
    await lock(4, 6)
    await lock(4, later=[5])


async def test_only_a_hasty_one_returns_before_it_is_on_disk(pair: tuple[Connection, Connection]) -> None:
    writer, _ = pair
    await writer.execute("set synchronous_commit = on")
    for is_hasty, how in ((False, "on"), (True, "off"), (False, "on")):
        async with transaction(writer, is_hasty=is_hasty):
            assert await writer.fetchval("show synchronous_commit") == how


async def test_changed_posts_are_told_once_all_is_kept_and_never_of_what_was_not(
    pair: tuple[Connection, Connection],
) -> None:
    writer, reader = pair
    said: list[str] = []

    def hear(*message: object) -> None:
        said.append(str(message[-1]))

    await reader.add_listener(CHANNEL, hear)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await write(writer, "select 1 / 0", posts=[6])
    await write(writer, WRITE)
    await write(writer, posts=[9, 8])
    await write(writer, posts=range(10**10, 10**10 + POSTS_A_MESSAGE + 1))
    await reader.execute("select 1")
    heard = [json.loads(one) for one in said]
    assert [len(one) for one in heard] == [2, POSTS_A_MESSAGE, 1]
    assert heard[0] == [8, 9]
    await reader.remove_listener(CHANNEL, hear)


async def test_two_writers_who_touched_the_history_both_get_a_place_for_a_month_without_one(
    pair: tuple[Connection, Connection],
) -> None:
    met = asyncio.Barrier(2)

    async def touch_and_make(connection: Connection) -> None:
        async with transaction(connection):
            await connection.execute(TOUCH)
            await met.wait()
            await ensure_month(connection, FAR)

    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        for one in pair:
            group.create_task(touch_and_make(one))
    places = "select relid::text from pg_partition_tree('image_stats_history') where isleaf order by 1"
    made = [row["relid"] for row in await pair[0].fetch(places)]
    assert [one for one in made if "2031" in one] == ["image_stats_history_2031_05", "image_stats_history_2031_06"]


async def test_a_new_month_waits_for_no_reader_and_is_like_any_other(pair: tuple[Connection, Connection]) -> None:
    writer, reader = pair
    await writer.execute("set statement_timeout = '2s'")
    await ensure_month(writer, datetime(2031, 1, 1, tzinfo=UTC))
    async with transaction(reader):
        await reader.fetchval("select count(*) from image_stats_history")
        await reader.execute(TOUCH)
        async with transaction(writer):
            await ensure_month(writer, FAR)
    shape = """
        select string_agg(format('%s %s', replace(conname, month, ''), pg_get_constraintdef(oid)), ',' order by 1)
        from pg_constraint, (values ('2031_01'), ('2031_05')) as m (month)
        where conrelid = ('image_stats_history_' || month)::regclass
        group by month
    """
    assert len({row[0] for row in await reader.fetch(shape)}) == 1
    indexes = "select count(*) from pg_index where indrelid = $1::text::regclass"
    assert {await reader.fetchval(indexes, f"image_stats_history_2031_0{month}") for month in (1, 5)} == {2}
