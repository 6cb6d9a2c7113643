"""One run of one job: it is claimed, done or resumed, and closed. Whatever starts jobs starts them here."""

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from time import perf_counter

from civitai_engagement.collect.active_run import ActiveRun, Step
from civitai_engagement.collect.registry import JOBS
from civitai_engagement.errors import Deposed, EngagementError, StoreDown
from civitai_engagement.records.condition import Job
from civitai_engagement.sources import Sources
from civitai_engagement.store.claims import Claim, Claims
from civitai_engagement.store.runs import Run

log = logging.getLogger(__name__)
HOUR = timedelta(hours=1)
LIVE_SHARE = 0.2  # of a tick's requests, left to those who wait for an answer


async def run_job(
    sources: Sources,
    claims: Claims,
    job: Job,
    tick_at: datetime,
    *,
    spent: int = 0,
    every: timedelta = HOUR,
    on_step: Step | None = None,
) -> Run | None:
    """Run one job for one tick; None where that is done already, or being run by somebody else.

    `spent` are the requests that other jobs of the same tick have sent; there is one tick in `every` so much time.

    Raises:
        Deposed: Another process took the run over.
        StoreDown: The database does not answer; the run stays open, to be resumed.
    """
    claim = await take(sources, claims, job, tick_at)
    if claim is None:
        return None
    try:
        async with claims.alive():
            active = ActiveRun(sources, claim, allowance=allowance(sources, spent=spent, every=every), on_step=on_step)
            return await _run(active, job)
    finally:
        with suppress(StoreDown):
            await claims.give_back(claim)


async def take(sources: Sources, claims: Claims, job: Job, tick_at: datetime) -> Claim | None:
    """Claim a run, once what was left open of earlier ticks is closed."""
    now = sources.clock.now()
    async with sources.store.writing() as ledger:
        await ledger.upkeep.close_abandoned(job=job, before=tick_at, now=now)
    return await claims.claim(job, tick_at, now)


def allowance(sources: Sources, *, spent: int = 0, every: timedelta = HOUR) -> int:
    """Say how many requests a run may send, so that the tick ends before the next and live answers find room.

    What the tick's runs have `spent` already is taken off; a quarter is left to each, so that none starves the next.
    """
    whole = max(int(sources.settings.requests_per_second * every.total_seconds() * (1 - LIVE_SHARE)), 1)
    return max(whole - spent, whole // 4, 1)


async def close(active: ActiveRun, *, seconds: float, error: str | None = None) -> Run:
    """Close a run, and tell of it in the log."""
    sources, claim = active.sources, active.claim
    async with sources.store.writing() as ledger:
        now, coverage = sources.clock.now(), active.coverage
        await ledger.runs.finish(claim, now=now, seconds=seconds, coverage=coverage, error=error)
        run = await ledger.runs.get(claim.run_id)
    log.info("run", extra={"job": run.job, "observed": run.observed, "requests": run.requests, "error": error})
    return run


async def _run(active: ActiveRun, job: Job) -> Run:
    started = perf_counter()
    error = await _attempt(active, job)
    return await close(active, seconds=perf_counter() - started, error=error)


async def _attempt(active: ActiveRun, job: Job) -> str | None:
    """Do a job; what Civitai does to us is written down, what the database does ends the run for now."""
    try:
        await JOBS[job].work(active)
    except (Deposed, StoreDown):
        raise
    except EngagementError as error:
        log.warning("a run was cut short", extra={"job": job, "reason": str(error)})
        return str(error)
    except Exception as error:
        log.exception("a run broke", extra={"job": job})
        return f"Broken: {type(error).__name__}. The log says more."
    return None
