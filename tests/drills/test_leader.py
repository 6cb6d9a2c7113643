"""Three servers on one database: one leads, another takes over when it dies or is cut off, and the pace is kept."""

import asyncio
import re
import signal
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from mcp import Client

from civitai_engagement.clock import ManualClock
from civitai_engagement.ports import Lane
from civitai_engagement.sandbox import Item, World
from civitai_engagement.store.budget import SharedBudget
from civitai_engagement.store.store import Store

if TYPE_CHECKING:
    from tests.drills.conftest import Raise, Stand

NAMES = ("drill_a", "drill_b", "drill_c")  # each server is a user of its own, so that the database can tell who wrote
RATE = 2.0
POSTS, MEDIA = 80, 3
A_MINUTE = 60.0
AN_HOUR = 60 * A_MINUTE
WITNESS = """
create table witness (at timestamptz default clock_timestamp(), who text default session_user, run_id bigint,
    epoch bigint, observed bigint);
create function witness() returns trigger language plpgsql as $$
begin
    insert into witness (run_id, epoch, observed) values (new.run_id, new.epoch, new.observed - old.observed);
    return null;
end $$;
create trigger witness after update on runs for each row execute function witness();
"""
LEADER = """
select a.usename, a.pid from pg_locks as l join pg_stat_activity as a using (pid)
where l.locktype = 'advisory' and l.granted and l.classid = 4713 and l.objid = 0 and a.datname = current_database()
"""
PROGRESS = "select coalesce(sum(observed), 0) from runs where job = 'update_existing_stats'"


@dataclass
class Fleet:
    """Three servers, who of them leads, and how long each change of leadership took."""

    stand: "Stand"
    eye: "asyncpg.Connection[Any]"
    servers: dict[str, Process] = field(default_factory=dict)
    takeovers: dict[str, float] = field(default_factory=dict)
    never_two: bool = True

    async def start(self) -> None:
        for name in NAMES:
            self.servers[name] = await self.stand.process(
                "serve", "--transport", "http", "--port", "0",
                DATABASE_URL=as_user(self.stand.house.database_url, name),
                CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND=str(RATE),
            )  # fmt: skip

    async def door(self, name: str) -> str:
        """Read where a server listens from what it says at its start."""
        said = self.servers[name].stderr
        assert said
        while line := (await said.readline()).decode():
            if found := re.search(r"url='(http://[^/]+)/mcp'", line):
                return f"{found[1]}/mcp"
        raise EOFError(name)

    async def leader(self) -> tuple[str, int] | None:
        rows = await self.eye.fetch(LEADER)
        self.never_two &= len(rows) < 2
        return (rows[0]["usename"], rows[0]["pid"]) if rows else None

    async def new_leader(
        self, former: tuple[str, int] | None, how: str, *, within: float = A_MINUTE
    ) -> tuple[str, int]:
        began = time.perf_counter()
        async with asyncio.timeout(within):
            while (now := await self.leader()) in {None, former}:  # noqa: ASYNC110 # another process
                await asyncio.sleep(0.1)
        assert now is not None
        self.takeovers[how] = round(time.perf_counter() - began, 1)
        return now

    async def observed(self, media: int) -> None:
        """Wait until the run is so far."""
        async with asyncio.timeout(A_MINUTE):
            while await self.eye.fetchval(PROGRESS) < media:  # noqa: ASYNC110 # other processes make it
                await asyncio.sleep(0.1)

    async def witnessed(self) -> list[tuple[str, int, int, int]]:
        rows = await self.eye.fetch("select who, run_id, epoch, observed from witness order by at")
        return [tuple(row) for row in rows]

    async def end(self, name: str) -> str:
        """End a server in order, and give all it said."""
        server = self.servers.pop(name)
        server.terminate()
        return (await server.communicate())[1].decode()

    async def stop(self) -> None:
        for server in self.servers.values():
            with suppress(ProcessLookupError):
                server.kill()
            await server.communicate()


def as_user(url: str, name: str) -> str:
    """Name another user in a URL of the embedded server, whose socket trusts its own."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{name}@{parts.netloc.rpartition('@')[2]}"))


async def away_from_the_hour() -> None:
    """Let the hour turn first when it soon will: its tick closes the run of the hour before, which is drilled here."""
    left = AN_HOUR - time.time() % AN_HOUR
    if left < 3 * A_MINUTE:
        await asyncio.sleep(left + 1)


@pytest.fixture
async def fleet(raised: "Raise", tmp_path: Any) -> AsyncIterator[Fleet]:
    await away_from_the_hour()
    now = datetime.now(UTC)
    world, born_at = World.empty(now=now), now - timedelta(hours=5)
    for number in range(1, POSTS + 1):
        world.add_post(post_id=number, username=f"creator-{number}", items=[Item()] * MEDIA, published_at=born_at)
    clock = ManualClock(now - timedelta(hours=3))
    async with raised(world, clock) as stand:
        for first in range(1, POSTS + 1, 20):
            await stand.house.good("record_civitai_post", posts=[str(first + place) for place in range(20)])
        stand.log.times.clear()
        eye = await asyncpg.connect(stand.house.database_url)
        for name in NAMES:
            await eye.execute(f"create role {name} superuser login")
        await eye.execute(WITNESS)
        made = Fleet(stand, eye)
        await made.start()
        yield made
        await made.stop()
        for name in NAMES:
            await eye.execute(f"drop owned by {name}")
            await eye.execute(f"drop role {name}")
        await eye.close()


async def live_waits(fleet: Fleet, tmp_path: Any, times: int) -> list[float]:
    """How long live callers of one more process wait for a turn while the collection runs, in seconds."""
    store = Store(url=fleet.stand.house.database_url, home=tmp_path)
    await store.open()
    budget = SharedBudget(store, requests_per_second=RATE, spare=NoSpare())
    waits = []
    for _ in range(times):
        began = time.perf_counter()
        await budget.take(Lane.LIVE)
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(1)
    await store.close()
    return waits


class NoSpare:
    """A budget nobody is to ask."""

    async def take(self, lane: Lane) -> None:
        raise AssertionError(lane)


async def live_call(url: str, post_id: int) -> float:
    async with Client(url) as client:
        began = time.perf_counter()
        result = await client.call_tool("fetch_civitai_post_assets", {"post_id": post_id})
        assert not result.is_error
        return time.perf_counter() - began


@pytest.mark.drill
@pytest.mark.timeout(600)
async def test_leadership_moves_within_a_minute_and_nobody_writes_after_losing_it(fleet: Fleet, tmp_path: Any) -> None:
    first = await fleet.new_leader(None, "at the start")
    doors = {name: await fleet.door(name) for name in NAMES}
    await fleet.observed(20 * MEDIA)
    waits = await live_waits(fleet, tmp_path, 5)
    call = await live_call(next(url for name, url in doors.items() if name != first[0]), POSTS)

    fleet.servers[first[0]].kill()
    second = await fleet.new_leader(first, "after kill -9")
    assert second[0] != first[0]
    await fleet.observed(40 * MEDIA)

    await fleet.eye.execute("select pg_terminate_backend($1)", second[1])
    third = await fleet.new_leader(second, "after its clock connection was cut")
    await fleet.observed(60 * MEDIA)

    await fleet.eye.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = $1", third[0])
    await fleet.new_leader(third, "after all its connections were cut")
    await fleet.observed(POSTS * MEDIA)
    async with asyncio.timeout(A_MINUTE):
        while await fleet.eye.fetchval("select count(*) from runs where finished_at is null"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)

    await check(fleet)
    busiest = fleet.stand.log.most_within(5.0)
    fleet.stand.reports.tell(
        "Leader",
        takeovers_in_seconds=fleet.takeovers,
        requests=len(fleet.stand.log.times),
        most_requests_in_1_second=f"{fleet.stand.log.most_within(1.0)} (allowed {RATE:.0f})",
        most_requests_in_5_seconds=f"{busiest} (allowed {RATE * 5:.0f})",
        a_live_turn_waited=f"{max(waits):.2f} s at most (two intervals are {2 / RATE:.1f} s)",
        a_live_answer_took=f"{call:.2f} s",
        written_by=sorted({who for who, *_ in await fleet.witnessed()}),
    )
    assert busiest <= RATE * 5 + 1  # a span may catch one more at its edge
    assert max(waits) < 2 / RATE


INSIDE = """
select count(*) from pg_stat_activity as a
where usename = $1 and state = 'idle in transaction'
    and exists (select from pg_locks as l where l.pid = a.pid and l.classid = 4711 and l.granted)
"""
WAITS = """
select count(*) from pg_stat_activity
where usename = $1 and wait_event_type = 'Lock' and query ilike '%update runs%'
"""
SESSIONS = "select count(*) from pg_stat_activity where usename = $1"


async def stop_inside_a_page(fleet: Fleet, name: str) -> None:
    """Hold a page's transaction where it says what it did, stop its process, and let the database go on."""
    door = await asyncpg.connect(fleet.stand.house.database_url)
    transaction = door.transaction()
    await transaction.start()
    await door.execute("select from runs for update")
    async with asyncio.timeout(A_MINUTE):
        while not await fleet.eye.fetchval(WAITS, name):  # noqa: ASYNC110 # another process
            await asyncio.sleep(0.02)
    fleet.servers[name].send_signal(signal.SIGSTOP)
    await transaction.rollback()
    await door.close()
    async with asyncio.timeout(A_MINUTE):
        while not await fleet.eye.fetchval(INSIDE, name):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.drill
@pytest.mark.timeout(600)
async def test_a_leader_stopped_inside_a_page_is_followed_and_writes_nothing_when_it_wakes(fleet: Fleet) -> None:
    first = await fleet.new_leader(None, "at the start")
    await fleet.observed(20 * MEDIA)
    await stop_inside_a_page(fleet, first[0])
    second = await fleet.new_leader(first, "after SIGSTOP inside a page", within=2 * A_MINUTE)
    left = await fleet.eye.fetchval(SESSIONS, first[0])
    await fleet.observed(40 * MEDIA)

    woken_at = await fleet.eye.fetchval("select clock_timestamp()")
    fleet.servers[first[0]].send_signal(signal.SIGCONT)
    async with asyncio.timeout(A_MINUTE):
        while not await fleet.eye.fetchval(SESSIONS, first[0]):  # noqa: ASYNC110 # it comes back, to wait its turn
            await asyncio.sleep(0.1)
    await fleet.observed(POSTS * MEDIA)
    after = await fleet.eye.fetchval("select count(*) from witness where who = $1 and at > $2", first[0], woken_at)
    await check(fleet)
    said = await fleet.end(first[0])
    fleet.stand.reports.tell(
        "A leader stopped inside a page",
        taken_over_after=f"{fleet.takeovers['after SIGSTOP inside a page']} s (at most 120)",
        sessions_it_had_left=left,
        written_by_it_after_it_woke=after,
        tracebacks=said.count("Traceback"),
        said_when_it_woke=re.findall(r"WARNING \S+ (.*?)(?: \w+=|$)", said, re.MULTILINE)[:2],
    )
    assert (left, after) == (0, 0)
    assert second[0] != first[0]
    assert "Traceback" not in said


async def check(fleet: Fleet) -> None:
    """One leader at any time, each run once, every media once, and no write of an epoch after a higher one's."""
    assert fleet.never_two
    written = await fleet.witnessed()
    for run_id in {run_id for _, run_id, _, _ in written}:
        epochs = [epoch for _, run, epoch, _ in written if run == run_id]
        assert epochs == sorted(epochs)
    by_epoch = {(run_id, epoch): who for who, run_id, epoch, _ in written}
    assert all(by_epoch[run_id, epoch] == who for who, run_id, epoch, _ in written)
    ticks = await fleet.eye.fetch(
        "select job, tick_at, count(*), sum(observed) as observed, max(epoch) as epoch, bool_or(error is not null) as ill "  # noqa: E501 # one sentence
        "from runs group by 1, 2"
    )
    assert all(row["count"] == 1 and not row["ill"] for row in ticks)
    refreshed = [row["observed"] for row in ticks if row["job"] == "update_existing_stats"]
    assert sum(refreshed) == POSTS * MEDIA
    unseen = "select count(*) from image_tracking where last_observed_at < (select min(tick_at) from runs)"
    assert await fleet.eye.fetchval(unseen) == 0
