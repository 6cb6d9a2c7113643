"""One tick of the clock: each job is claimed, done or resumed, and its run closed."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

from civitai_engagement.analysis.cadence import due_tick, night_tick, round_tick
from civitai_engagement.collect.active_run import ActiveRun, Step
from civitai_engagement.collect.alarms import announce
from civitai_engagement.collect.clock import repair_the_future, trust_the_clock
from civitai_engagement.collect.discover import collect_new_images
from civitai_engagement.collect.keep_features import keep_features
from civitai_engagement.collect.refresh import update_existing_stats
from civitai_engagement.collect.study import study_engagement
from civitai_engagement.collect.upkeep import upkeep
from civitai_engagement.errors import Deposed, EngagementError, StoreDown
from civitai_engagement.sources import Sources
from civitai_engagement.store.claims import Claims
from civitai_engagement.store.runs import Run

log = logging.getLogger(__name__)
TICK_SECONDS = 3600
LIVE_SHARE = 0.2  # of a tick's requests, left to those who wait for an answer
Job = Callable[[ActiveRun], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class DueJob:
    """A job and the tick it is to be run for."""

    name: str
    tick_at: datetime
    work: Job


def due_jobs(now: datetime) -> list[DueJob]:
    """Say what is to be run at an instant; a round, or a night, that was missed is still to be run until the next."""
    return [
        DueJob("update_existing_stats", due_tick(now), update_existing_stats),
        DueJob("collect_new_images", round_tick(now), collect_new_images),
        DueJob("keep_features", due_tick(now), keep_features),
        DueJob("study_engagement", night_tick(now), study_engagement),
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
    for due_job in due_jobs(sources.clock.now()):
        now = sources.clock.now()
        await _close_abandoned(sources, due_job, now)
        claim = await claims.claim(due_job.name, due_job.tick_at, now)
        if claim is None:
            continue
        try:
            allowance = _allowance(sources, spent=sum(run.requests for run in runs))
            async with claims.alive():
                active = ActiveRun(sources, claim, allowance=allowance, on_step=on_step)
                runs.append(await _run(active, due_job.work))
        finally:
            with suppress(StoreDown):
                await claims.give_back(claim)
    if runs:
        await upkeep(sources)
    await announce(sources, sources.clock.now())
    return runs


async def _run(active: ActiveRun, work: Job) -> Run:
    started, sources, claim = perf_counter(), active.sources, active.claim
    error = await _attempt(active, work)
    async with sources.store.writing() as ledger:
        seconds = perf_counter() - started
        now = sources.clock.now()
        await ledger.runs.finish(claim, now=now, seconds=seconds, coverage=active.coverage, error=error)
        run = await ledger.runs.get(claim.run_id)
    log.info("run", extra={"job": run.job, "observed": run.observed, "requests": run.requests, "error": error})
    return run


async def _attempt(active: ActiveRun, work: Job) -> str | None:
    """Do a job; what Civitai does to us is written down, what the database does ends the run for now."""
    try:
        await work(active)
    except (Deposed, StoreDown):
        raise
    except EngagementError as error:
        log.warning("a run was cut short", extra={"job": active.claim.job, "reason": str(error)})
        return str(error)
    except Exception as error:
        log.exception("a run broke", extra={"job": active.claim.job})
        return f"Broken: {type(error).__name__}. The log says more."
    return None


def _allowance(sources: Sources, *, spent: int) -> int:
    """Say how many requests a run may send, so that the tick ends before the next and live answers find room.

    What the tick's runs have `spent` already is taken off; a quarter is left to each, so that none starves the next.
    """
    whole = max(int(sources.settings.requests_per_second * TICK_SECONDS * (1 - LIVE_SHARE)), 1)
    return max(whole - spent, whole // 4, 1)


async def _close_abandoned(sources: Sources, due_job: DueJob, now: datetime) -> None:
    async with sources.store.writing() as ledger:
        await ledger.upkeep.close_abandoned(job=due_job.name, before=due_job.tick_at, now=now)
