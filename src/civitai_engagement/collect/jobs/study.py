"""The job `study_engagement`: each night, what goes with reactions among media too many to compare while one waits."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from civitai_engagement.analysis.outcomes import counted_rows
from civitai_engagement.collect.active_run import ActiveRun
from civitai_engagement.records.features import MadeRow
from civitai_engagement.records.findings import EVERYTHING, STUDIED_AT, Study
from civitai_engagement.records.made import LIVE_MEDIA, STUDIED_MEDIA, MadeScope
from civitai_engagement.store.runs import Progress

log = logging.getLogger(__name__)
Studying = Callable[[Sequence[MadeRow]], dict[str, dict[str, Any]]]


async def study_engagement(active: ActiveRun) -> None:
    """Study everything that is followed, where it is more than is compared live; what was cut short goes on."""
    study = _studying()
    if study is None:
        log.info("nothing is studied without numpy and scipy", extra={"job": active.claim.job})
        return
    async with active.sources.store.reading() as ledger:
        is_much = await ledger.features.size(MadeScope(), limit=LIVE_MEDIA + 1) > LIVE_MEDIA
    for hours in STUDIED_AT if is_much else ():
        await _study(active, hours, study)
    async with active.sources.store.writing() as ledger:
        await ledger.runs.advance(active.claim, Progress())
        await ledger.findings.forget(before=active.claim.tick_at)


async def _study(active: ActiveRun, hours: int, study: Studying) -> None:
    """Study what media had at one age, in a thread, with no connection held; what this run has found stays."""
    async with active.sources.store.reading() as ledger:
        known = await ledger.findings.get("parameters", EVERYTHING, hours)
        if known is not None and known.made_at >= active.claim.tick_at:
            return
        media = await ledger.features.made(MadeScope(), limit=STUDIED_MEDIA)
    made_at, started = active.sources.clock.now(), perf_counter()
    rows = counted_rows(media, hours).rows
    del media  # as much again as the rows
    found = await asyncio.to_thread(study, rows)
    seconds = perf_counter() - started
    creators = len({one.creator.lower() for one in rows})
    async with active.sources.store.writing() as ledger:
        await ledger.runs.advance(active.claim, Progress(observed=len(rows)))
        for question, told in found.items():
            await ledger.findings.keep(Study(question, EVERYTHING, hours, made_at, len(rows), creators, told, seconds))


def _studying() -> Studying | None:
    """Load what computes, which only the extra `why` brings."""
    try:
        from civitai_engagement.modelling.studied import study
    except ModuleNotFoundError:
        return None
    return study
