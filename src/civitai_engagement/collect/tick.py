"""One tick of the clock: each job is claimed, done or resumed, and its run closed."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

from civitai_engagement.analysis.cadence import due_tick, round_tick
from civitai_engagement.collect.alarms import announce
from civitai_engagement.collect.clock import repair_the_future, trust_the_clock
from civitai_engagement.collect.discover import collect_new_images
from civitai_engagement.collect.refresh import update_existing_stats
from civitai_engagement.collect.shift import Shift, Step
from civitai_engagement.collect.upkeep import upkeep
from civitai_engagement.errors import Deposed, EngagementError, StoreDown
from civitai_engagement.sources import Sources
from civitai_engagement.store.claims import Claims
from civitai_engagement.store.runs import Run

log = logging.getLogger(__name__)
TICK_SECONDS = 3600
LIVE_SHARE = 0.2  # of a tick's requests, left to those who wait for an answer
Job = Callable[[Shift], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Duty:
    """A job and the tick it is to be run for."""

    name: str
    tick_at: datetime
    work: Job


def duties(now: datetime) -> list[Duty]:
    """Say what is to be run at an instant; a four-hour round that was missed is still to be run until the next one."""
    return [
        Duty("update_existing_stats", due_tick(now), update_existing_stats),
        Duty("collect_new_images", round_tick(now), collect_new_images),
    ]


async def run_tick(sources: Sources, claims: Claims, *, on_step: Step | None = None) -> list[Run]:
    """Run what is to be run now and is not done yet, nor being run by somebody else; gives the runs closed.

    Raises:
        ClockWrong: The clock of this machine is more than an hour off; nothing is written by it.
        Deposed: Another process took a run over.
        StoreDown: The database does not answer; the run stays open, to be resumed.
    """
    await trust_the_clock(sources)
    await repair_the_future(sources)
    runs: list[Run] = []
    for duty in duties(sources.clock.now()):
        now = sources.clock.now()
        await _close_abandoned(sources, duty, now)
        claim = await claims.claim(duty.name, duty.tick_at, now)
        if claim is None:
            continue
        try:
            allowance = _allowance(sources, spent=sum(run.requests for run in runs))
            async with claims.alive():
                runs.append(await _run(Shift(sources, claim, allowance=allowance, on_step=on_step), duty.work))
        finally:
            with suppress(StoreDown):
                await claims.give_back(claim)
    if runs:
        await upkeep(sources)
    await announce(sources, sources.clock.now())
    return runs


async def _run(shift: Shift, work: Job) -> Run:
    started, sources, claim = perf_counter(), shift.sources, shift.claim
    error = await _attempt(shift, work)
    async with sources.store.writing() as ledger:
        seconds = perf_counter() - started
        now = sources.clock.now()
        await ledger.runs.finish(claim, now=now, seconds=seconds, coverage=shift.coverage, error=error)
        run = await ledger.runs.get(claim.run_id)
    log.info("run", extra={"job": run.job, "observed": run.observed, "requests": run.requests, "error": error})
    return run


async def _attempt(shift: Shift, work: Job) -> str | None:
    """Do a job; what Civitai does to us is written down, what the database does ends the run for now."""
    try:
        await work(shift)
    except (Deposed, StoreDown):
        raise
    except EngagementError as error:
        log.warning("a run was cut short", extra={"job": shift.claim.job, "reason": str(error)})
        return str(error)
    except Exception as error:
        log.exception("a run broke", extra={"job": shift.claim.job})
        return f"Broken: {type(error).__name__}. The log says more."
    return None


def _allowance(sources: Sources, *, spent: int) -> int:
    """Say how many requests a run may send, so that the tick ends before the next and live answers find room.

    What the tick's runs have `spent` already is taken off; a quarter is left to each, so that none starves the next.
    """
    whole = max(int(sources.settings.requests_per_second * TICK_SECONDS * (1 - LIVE_SHARE)), 1)
    return max(whole - spent, whole // 4, 1)


async def _close_abandoned(sources: Sources, duty: Duty, now: datetime) -> None:
    async with sources.store.writing() as ledger:
        await ledger.upkeep.close_abandoned(job=duty.name, before=duty.tick_at, now=now)
