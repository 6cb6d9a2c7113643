"""Keeps time in one process of many: waits to lead, and while it does, runs what each tick asks for."""

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

from civitai_engagement.analysis.condition import is_far
from civitai_engagement.collect.engine import EngineRule
from civitai_engagement.collect.tick import run_tick
from civitai_engagement.errors import ClockWrong, Deposed, EngagementError, StoreDown
from civitai_engagement.runtime import Runtime
from civitai_engagement.setting_values import Engine
from civitai_engagement.store.claims import LEASE, Claims, this_process

log = logging.getLogger(__name__)
LOOK_SECONDS = 10.0  # so often a process looks whether it can lead, or still does
MOST_DELAY = 120.0  # installations do not all ask Civitai at the full hour


def hourly() -> BaseTrigger:
    return CronTrigger(minute=0, timezone=UTC)


class Scheduler:
    """One process's clock.

    >>> await Scheduler(runtime).keep()         # until cancelled
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        trigger: BaseTrigger | None = None,
        look: float = LOOK_SECONDS,
        lease: timedelta = LEASE,
        most_delay: float = MOST_DELAY,
    ) -> None:
        self._runtime = runtime
        self._trigger = trigger or hourly()
        self._look = look
        self._lease = lease
        self._delay = Random().uniform(0, most_delay)  # noqa: S311 # spreads installations; no secret
        self._holder = this_process()
        self._rule = EngineRule(runtime, Engine.APSCHEDULER, by=self._holder)
        self._quiet_because: str | None = None

    async def keep(self) -> None:
        """Lead whenever nobody else does and the engine is ours; a lost database is waited for."""
        while True:
            try:
                if await self._may_lead():
                    async with await self._runtime.store.claims(self._holder) as claims:
                        await self._hold(claims)
            except EngagementError as error:
                log.warning("the clock waits for the database", extra={"reason": str(error)})
            await asyncio.sleep(self._look)

    async def _hold(self, claims: Claims) -> None:
        """Wait for our turn to lead, then lead until our connection ends, or another engine is chosen."""
        while not await self._leads(claims):
            if not await self._may_lead():
                return
            await asyncio.sleep(self._look)
        log.info("this process keeps the clock", extra={"holder": self._holder})
        ticking = asyncio.create_task(self._tick_on(claims))
        try:
            while await self._leads(claims) and await self._may_lead():  # noqa: ASYNC110 # both are told by the database
                await asyncio.sleep(self._look)
        finally:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking

    async def _may_lead(self) -> bool:
        """Look which engine is in force; say why where that makes us quiet."""
        with suppress(StoreDown):  # then what was known last holds, and our own connection says what is wrong
            reason = await self._rule.forbids()
            if reason is not None and reason != self._quiet_because:
                log.warning("this process keeps no clock", extra={"reason": reason})
            self._quiet_because = reason
        return self._quiet_because is None

    async def _leads(self, claims: Claims) -> bool:
        return await claims.lead(self._now(), lease=self._lease)

    async def _tick_on(self, claims: Claims) -> None:
        """Catch up at once, then follow the trigger."""
        scheduler = AsyncIOScheduler(timezone=UTC)
        scheduler.add_job(
            self._later, self._trigger, args=[claims], coalesce=True, max_instances=1, misfire_grace_time=3600
        )
        scheduler.start()
        try:
            await self._tick(claims)
            await asyncio.Event().wait()
        finally:
            scheduler.shutdown(wait=False)

    def _now(self) -> datetime:
        """Tell others when we were here by Civitai's time, where our clock is known to be wrong."""
        ahead = self._runtime.clock_ahead
        return self._runtime.clock.now() - (ahead if ahead is not None and is_far(ahead) else timedelta())

    async def _later(self, claims: Claims) -> None:
        await asyncio.sleep(self._delay)
        await self._tick(claims)

    async def _tick(self, claims: Claims) -> None:
        """Run what is due; a database that does not answer is tried again, for the tick stays open."""
        while True:
            try:
                await run_tick(self._runtime, claims)
            except Deposed as error:
                log.warning("this process was relieved", extra={"reason": str(error)})
            except StoreDown as error:
                log.warning("a tick waits for the database", extra={"reason": str(error)})
                await asyncio.sleep(self._look)
                continue
            except ClockWrong as error:
                log.error("nothing is collected", extra={"reason": str(error)})  # noqa: TRY400 # no fault of ours
            except Exception:
                log.exception("a tick broke")
            return
