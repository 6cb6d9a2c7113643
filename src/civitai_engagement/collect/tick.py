"""One tick of the clock: every job that is to be run now, one after another, and what goes before and after them."""

from collections.abc import Iterable
from datetime import datetime

from civitai_engagement.collect.active_run import Step
from civitai_engagement.collect.alarms import announce
from civitai_engagement.collect.clock import repair_the_future, trust_the_clock
from civitai_engagement.collect.registry import JOBS
from civitai_engagement.collect.run_job import run_job
from civitai_engagement.collect.upkeep import upkeep
from civitai_engagement.records.condition import Job
from civitai_engagement.sources import Sources
from civitai_engagement.store.claims import Claims
from civitai_engagement.store.runs import Run


def due_jobs(now: datetime) -> dict[Job, datetime]:
    """Say which jobs are to be run at an instant, and for which tick each."""
    return {job: registered.grid(now) for job, registered in JOBS.items()}


async def run_tick(sources: Sources, claims: Claims, *, on_step: Step | None = None) -> list[Run]:
    """Run what is to be run now and is not done yet, nor being run by somebody else; gives the runs closed.

    Raises:
        ClockWrong: The clock of this machine is more than an hour off; nothing is written by it.
        Deposed: Another process took a run over.
        StoreDown: The database does not answer; the run stays open, to be resumed.
    """
    await begin_tick(sources)
    runs: list[Run] = []
    for job, tick_at in due_jobs(sources.clock.now()).items():
        spent = sum(run.requests for run in runs)
        run = await run_job(sources, claims, job, tick_at, spent=spent, on_step=on_step)
        if run is not None:
            runs.append(run)
    await end_tick(sources, runs)
    return runs


async def begin_tick(sources: Sources) -> None:
    """Make sure of the time before anything is written by it.

    Raises:
        ClockWrong: The clock of this machine is more than an hour off.
    """
    await trust_the_clock(sources)
    await repair_the_future(sources)


async def end_tick(sources: Sources, runs: Iterable[Run]) -> None:
    """Keep the ledger in order where anything was run, and tell of alarms."""
    if [*runs]:
        await upkeep(sources)
    await announce(sources, sources.clock.now())
