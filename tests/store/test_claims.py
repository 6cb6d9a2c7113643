"""One leader among all processes, one runner of each run, and nothing written by whoever was relieved."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from civitai_engagement.errors import Deposed, StoreDown
from civitai_engagement.store import claims as claiming
from civitai_engagement.store import transaction as transactions
from civitai_engagement.store.claims import NOT_ALLOWED, Claim, Claims
from civitai_engagement.store.connecting import ours
from civitai_engagement.store.database import Database
from civitai_engagement.store.queries import Connection
from civitai_engagement.store.runs import Progress, Runs
from civitai_engagement.store.upkeep import Upkeep

TICK = datetime(2026, 5, 1, 12, tzinfo=UTC)
JOB = "update_existing_stats"


class Processes:
    """Several processes on one database."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self._url = url
        self._stack = stack
        self.databases: dict[str, Database] = {}

    async def start(self, holder: str, user: str = "postgres") -> Claims:
        database = self.databases[holder] = await Database.open(self._url.replace("//postgres@", f"//{user}@"))
        self._stack.push_async_callback(database.close)
        claims = await Claims.open(database, holder=holder)
        self._stack.push_async_callback(claims.close)
        return claims


@pytest.fixture
async def processes(database_url: str) -> AsyncIterator[Processes]:
    async with AsyncExitStack() as stack:
        yield Processes(database_url, stack)


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(database_url)
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=lambda _: "{}", decoder=str)
    yield connection
    await connection.close()


async def taken(claims: Claims, tick_at: datetime = TICK) -> Claim:
    claim = await claims.claim(JOB, tick_at, TICK)
    assert claim is not None
    return claim


async def finish(ledger: Connection, claim: Claim) -> None:
    await Runs(ledger).finish(claim, now=TICK, seconds=1, coverage={})


async def test_one_process_leads_until_its_connection_ends_and_then_another(
    processes: Processes, ledger: Connection
) -> None:
    first, second = await processes.start("a:1"), await processes.start("b:2")
    assert await first.lead(TICK)
    assert not await second.lead(TICK)
    assert await first.lead(TICK + timedelta(minutes=1))
    assert await ledger.fetchrow("select holder, since, seen_at from leadership") == (
        "a:1",
        TICK,
        TICK + timedelta(minutes=1),
    )
    await first.close()
    assert await second.lead(TICK + timedelta(minutes=2))
    assert not await (await processes.start("c:3")).lead(TICK)
    row = await ledger.fetchrow("select holder, since from leadership")
    assert row == ("b:2", TICK + timedelta(minutes=2))


async def test_a_leader_whose_connection_is_cut_learns_of_it(processes: Processes, ledger: Connection) -> None:
    first = await processes.start("a:1")
    await first.lead(TICK)
    await ledger.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'civitai-engagement clock'"
        " and datname = current_database()"
    )
    with pytest.raises(StoreDown):
        await first.lead(TICK)
    assert await (await processes.start("b:2")).lead(TICK)


SESSIONS = """
select count(distinct pid) from pg_locks as l
where classid = 4715 and database = (select oid from pg_database where datname = current_database())
    and objid = (select objid from pg_locks as own where own.pid = $1 and own.classid = 4715)
"""
AT_ONCE, NEVER = timedelta(0), timedelta(hours=1)


async def test_a_leader_that_falls_silent_loses_the_lead_and_all_its_sessions(
    processes: Processes, ledger: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = await processes.start("a:1"), await processes.start("b:2")
    assert await first.lead(TICK)
    claim = await taken(first)
    writing = await processes.databases["a:1"].acquire()
    await writing.execute("begin; select pg_advisory_xact_lock(4711, 3)")
    session = await writing.fetchval("select pg_backend_pid()")
    assert await ledger.fetchval(SESSIONS, session) == 3 - 1  # the clock's and the pool's
    assert not await second.lead(TICK, lease=NEVER)
    assert await second.lead(TICK, lease=AT_ONCE)
    assert await ledger.fetchval("select pg_try_advisory_lock(4711, 3)")
    assert await ledger.fetchval("select count(*) from pg_stat_activity where pid = $1", session) == 0
    assert await ledger.fetchval("select holder from leadership") == "b:2"
    assert (await taken(second)).epoch == claim.epoch + 1
    with pytest.raises(StoreDown):
        await first.lead(TICK)
    assert [one.message for one in caplog.records] == ["the leader fell silent; its sessions were ended"]
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError)):
        await writing.execute("commit")


async def test_a_runner_that_falls_silent_loses_its_run_and_all_its_sessions(
    processes: Processes, ledger: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = await processes.start("a:1"), await processes.start("b:2")
    claim = await taken(first)
    writing = await processes.databases["a:1"].acquire()
    await writing.execute("begin; select pg_advisory_xact_lock(4711, 3)")
    assert await second.claim(JOB, TICK, TICK, lease=NEVER) is None
    again = await second.claim(JOB, TICK, TICK, lease=AT_ONCE)
    assert again
    assert (again.run_id, again.epoch) == (claim.run_id, claim.epoch + 1)
    assert await ledger.fetchval("select pg_try_advisory_lock(4711, 3)")
    assert [one.message for one in caplog.records] == ["the runner fell silent; its sessions were ended"]
    with pytest.raises(StoreDown):
        await first.claim(JOB, TICK, TICK)


async def test_a_runner_gives_signs_of_life_while_it_works(
    processes: Processes, ledger: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "BEAT_SECONDS", 0.01)
    first = await processes.start("a:1")
    session = await first._connection.fetchval("select pg_backend_pid()")
    spoke = "select state_change from pg_stat_activity where pid = $1"
    before = await ledger.fetchval(spoke, session)
    async with first.alive(), asyncio.timeout(20):
        while await ledger.fetchval(spoke, session) == before:  # noqa: ASYNC110 # the server rings no bell
            await asyncio.sleep(0.01)
        await ledger.execute(
            "select pg_terminate_backend($1)", session
        )  # and is no trouble when nothing is left to keep


async def test_a_leader_that_may_not_be_ended_keeps_the_lead_and_that_is_said(
    processes: Processes, ledger: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    first = await processes.start("a:1")
    assert await first.lead(TICK)
    await ledger.execute("create role guest login; grant all on all tables in schema public to guest")
    try:
        second = await processes.start("b:2", user="guest")
        assert not await second.lead(TICK, lease=AT_ONCE)
        assert [one.message for one in caplog.records] == [f"the leader {NOT_ALLOWED}"]
        assert await first.lead(TICK)
        await second.close()
        await processes.databases["b:2"].close()
    finally:
        await ledger.execute("drop owned by guest; drop role guest")


async def test_who_stops_in_mid_write_keeps_nobody_waiting_for_long(
    processes: Processes, ledger: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "LIMITS", transactions.LIMITS.replace("60s", "50ms").replace("15s", "50ms"))
    await processes.start("a:1")
    database = processes.databases["a:1"]
    connection = await database.acquire()

    async def write() -> None:
        async with transactions.transaction(connection, images=[3]):
            await connection.execute("insert into api_budget (lane, next_at) values ('x', now())")
            while await ledger.fetchval("select count(*) from pg_locks where classid = 4711"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # the server ends it

    with pytest.raises(StoreDown), ours("The database"):
        await write()
    await database.release(connection)
    assert await ledger.fetchval("select count(*) from api_budget") == 0


async def test_a_lock_that_does_not_come_is_told_as_such(
    processes: Processes, ledger: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "LIMITS", transactions.LIMITS.replace("15s", "50ms"))

    async def write() -> None:
        async with transactions.transaction(ledger, images=[3]):
            raise AssertionError

    other = await processes.start("a:1")
    await other._connection.execute("begin; select pg_advisory_xact_lock(4711, 3)")
    with pytest.raises(StoreDown, match="Another writer was in the way"), ours("The database"):
        await write()


async def test_a_run_has_one_runner_and_is_done_once(processes: Processes, ledger: Connection) -> None:
    first, second = await processes.start("a:1"), await processes.start("b:2")
    claim = await taken(first)
    assert await second.claim(JOB, TICK, TICK) is None
    other_job = await second.claim("collect_new_images", TICK, TICK)
    assert other_job is not None
    await finish(ledger, claim)
    await first.give_back(claim)
    assert await second.claim(JOB, TICK, TICK) is None
    assert (await taken(second, TICK + timedelta(hours=1))).run_id != claim.run_id


async def test_an_unfinished_run_is_taken_over_and_its_former_runner_writes_nothing_more(
    processes: Processes, ledger: Connection
) -> None:
    first, second = await processes.start("a:1"), await processes.start("b:2")
    before, runs = await taken(first), Runs(ledger)
    await runs.plan(before, 100)
    await runs.advance(before, Progress(observed=40, requests=2, compared=40, fell=3))
    await first.close()
    after = await taken(second)
    assert (after.run_id, after.epoch, after.compared, after.fell) == (before.run_id, before.epoch + 1, 40, 3)
    with pytest.raises(Deposed):
        await runs.advance(before, Progress(observed=1))
    with pytest.raises(Deposed):
        await finish(ledger, before)
    await runs.plan(after, 60)
    await runs.advance(after, Progress(observed=60, requests=3))
    await finish(ledger, after)
    row = await ledger.fetchrow("select holder, epoch, planned, observed, requests, compared, fell from runs")
    assert row == ("b:2", 2, 100, 100, 5, 40, 3)


async def test_a_batch_of_a_run_that_was_taken_over_is_rolled_back_whole(
    processes: Processes, ledger: Connection
) -> None:
    first, second = await processes.start("a:1"), await processes.start("b:2")
    before = await taken(first)
    await first.give_back(before)
    await taken(second)

    async def batch() -> None:
        async with ledger.transaction():
            await ledger.execute("insert into rejects (subject, reason, raw, seen_at) values ('a', 'b', '', now())")
            await Runs(ledger).advance(before, Progress(observed=1))

    with pytest.raises(Deposed):
        await batch()
    assert await ledger.fetchval("select count(*) from rejects") == 0


async def test_runs_nobody_is_at_any_more_are_closed_and_those_under_way_are_not(
    processes: Processes, ledger: Connection
) -> None:
    first, second = await processes.start("a:1"), await processes.start("b:2")
    left, busy = await taken(first), await taken(second, TICK + timedelta(hours=1))
    await first.close()
    later = TICK + timedelta(hours=2)
    await Upkeep(ledger).close_abandoned(job=JOB, before=later, now=later)
    rows = await ledger.fetch("select run_id, finished_at, error is not null from runs order by tick_at")
    assert rows == [(left.run_id, later, True), (busy.run_id, None, False)]
