"""One process's clock: who keeps it, what it does at a tick, and what it makes of trouble."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from civitai_engagement.collect.engine import EngineRule
from civitai_engagement.errors import Deposed, StoreDown
from civitai_engagement.schedule import background, scheduler
from civitai_engagement.schedule.scheduler import Scheduler, hourly
from civitai_engagement.setting_values import Engine

if TYPE_CHECKING:
    from civitai_engagement.runtime import Runtime
    from tests.house import House

HOUR = timedelta(hours=1)
NEVER = CronTrigger(year=2000)
CUT = """
select pg_terminate_backend(pid) from pg_stat_activity
where application_name = 'civitai-engagement clock' and datname = current_database()
"""
LEADS = """
select from pg_locks where locktype = 'advisory' and granted and (classid, objid) = (4713::oid, 0::oid)
    and database = (select oid from pg_database where datname = current_database())
"""
FINISHED = "select tick_at from runs where job = 'update_existing_stats' and finished_at is not null order by tick_at"


async def until(happened: Callable[[], Coroutine[Any, Any, object]]) -> None:
    """Wait for what another task brings about."""
    async with asyncio.timeout(120):
        while not await happened():  # noqa: ASYNC110 # it happens in the database
            await asyncio.sleep(0.01)


@asynccontextmanager
async def kept(keeper: Scheduler) -> AsyncIterator[None]:
    task = asyncio.create_task(keeper.keep())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def ours(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Give what we said: on a busy machine the library that rings the bell says that it was late."""
    said = [one for one in caplog.records if one.name.startswith("civitai_engagement")]
    return [(one.levelname, one.getMessage()) for one in said]


def keeper_on(runtime: "Runtime", seconds: float | None = None) -> Scheduler:
    """Make a clock that ticks so often (None: only at its start), and looks who leads every few milliseconds."""
    trigger = IntervalTrigger(seconds=seconds) if seconds else NEVER
    return Scheduler(runtime, trigger=trigger, look=0.02, most_delay=0)


def test_the_clock_ticks_at_every_full_hour_of_utc() -> None:
    assert str(hourly()) == "cron[minute='0']"


async def test_it_catches_up_at_its_start_and_follows_the_trigger_after(house: "House") -> None:
    async def ticks() -> list[Any]:
        return [at for (at,) in await house.rows(FINISHED)]

    async def holders() -> list[Any]:
        return await house.rows("select holder from leadership")

    start = house.clock.now()
    async with kept(keeper_on(house.runtime, seconds=0.05)):
        await until(ticks)
        house.advance(hours=1)

        async def two() -> bool:
            return len(await ticks()) == 2

        await until(two)
    assert await ticks() == [start, start + HOUR]
    assert len(await holders()) == 1


async def test_of_two_one_ticks_and_when_it_ends_or_is_cut_off_the_clock_goes_on(
    house: "House", monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ticked: list[str] = []

    async def note(_: object, claims: Any) -> None:
        ticked.append(claims.holder)

    def ticks(number: int) -> Callable[[], Coroutine[Any, Any, bool]]:
        async def happened() -> bool:
            return len(ticked) >= number

        return happened

    monkeypatch.setattr(scheduler, "run_tick", note)
    monkeypatch.setattr(scheduler, "this_process", iter(["first:1", "second:2"]).__next__)
    caplog.set_level(logging.WARNING, logger="civitai_engagement.schedule")
    async with AsyncExitStack() as later:
        async with kept(keeper_on(house.runtime)):
            await until(ticks(1))
            await later.enter_async_context(kept(keeper_on(house.another())))
            await asyncio.sleep(0.1)
            assert ticked == ["first:1"]
        await until(ticks(2))
        assert ticked == ["first:1", "second:2"]
        await house.run(CUT)
        await until(ticks(3))
    assert ticked[2:] == ["second:2"]
    assert {message for _, message in ours(caplog)} == {"the clock waits for the database"}
    assert "hush" not in caplog.text


async def test_trouble_in_a_tick_is_told_and_only_a_lost_database_is_tried_again(
    house: "House", monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    troubles = [StoreDown("It is down."), StoreDown("It is down."), Deposed("Another has it."), KeyError("odd")]
    left = list(troubles)

    async def fail(*_: object) -> None:
        if left:
            raise left.pop(0)

    monkeypatch.setattr(scheduler, "run_tick", fail)
    caplog.set_level(logging.WARNING, logger="civitai_engagement.schedule")
    async with kept(keeper_on(house.runtime, seconds=0.03)):

        async def over() -> bool:
            return not left

        await until(over)
    assert ours(caplog) == [
        ("WARNING", "a tick waits for the database"),
        ("WARNING", "a tick waits for the database"),
        ("WARNING", "this process was relieved"),
        ("ERROR", "a tick broke"),
    ]


async def test_a_database_that_is_down_is_waited_for(live: "House", caplog: pytest.LogCaptureFixture) -> None:
    async def told() -> bool:
        return ours(caplog).count(("WARNING", "the clock waits for the database")) > 1

    async with kept(keeper_on(live.runtime)):
        await until(told)
    assert "hush-hush" not in caplog.text


async def test_a_clock_of_a_process_that_was_told_nothing_stops_when_airflow_is_chosen_and_says_why(
    house: "House", caplog: pytest.LogCaptureFixture
) -> None:
    async def choose(engine: Engine) -> None:
        await EngineRule(house.another(engine=engine), engine, by="host:7").forbids()

    async def leads() -> bool:
        return await house.rows(LEADS) != []

    async def is_quiet() -> bool:
        return not await leads()

    caplog.set_level(logging.WARNING, logger="civitai_engagement.schedule")
    async with kept(keeper_on(house.runtime)):
        await until(leads)
        await choose(Engine.AIRFLOW)
        await until(is_quiet)
        assert ours(caplog) == [("WARNING", "this process keeps no clock")]
        reason = vars(caplog.records[-1])["reason"]
        assert reason == "the engine in force is airflow, set by host:7, 2026-05-01 12:00 UTC"
        await choose(Engine.APSCHEDULER)
        await until(leads)
    assert len(ours(caplog)) == 1


async def test_a_process_that_was_told_to_keeps_its_clock_whatever_is_chosen(house: "House") -> None:
    async def ticks() -> list[Any]:
        return await house.rows(FINISHED)

    await EngineRule(house.another(engine=Engine.AIRFLOW), Engine.AIRFLOW, by="host:7").forbids()
    async with kept(keeper_on(house.another(engine=Engine.APSCHEDULER))):
        await until(ticks)
    assert await house.rows("select engine from chosen_engine") == [("apscheduler",)]


async def test_beside_a_server_the_clock_starts_after_the_first_answers_and_ends_with_it(
    house: "House", monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ticks() -> list[Any]:
        return await house.rows(FINISHED)

    monkeypatch.setattr(background, "SETTLE_SECONDS", 3600)
    async with background.keeping_time(house.runtime):
        await asyncio.sleep(0)
    assert await ticks() == []

    monkeypatch.setattr(background, "SETTLE_SECONDS", 0.01)
    async with background.keeping_time(house.runtime):
        await until(ticks)
    assert await house.rows(CUT) == []  # nothing holds the clock any more
