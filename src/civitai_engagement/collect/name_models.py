"""Versions of models that media name by number only are asked for by and by; a name is kept for days."""

from datetime import timedelta

from civitai_engagement.collect.active_run import UNANSWERED, ActiveRun
from civitai_engagement.ports import Lane
from civitai_engagement.store.runs import Progress

NAMES_LAST = timedelta(days=30)
MOST_A_ROUND = 50  # a request each


async def name_models(active: ActiveRun) -> None:
    """Ask for names that are not known yet, or were asked for long ago, after everything else and in its budget."""
    before = active.sources.clock.now() - NAMES_LAST
    async with active.sources.store.reading() as ledger:
        wanted = await ledger.model_names.unnamed(before=before, limit=max(min(MOST_A_ROUND, active.left), 0))
    for version_id in wanted:
        await _name(active, version_id)


async def _name(active: ActiveRun, version_id: int) -> None:
    try:
        known = await active.sources.civitai.model_version(version_id, lane=Lane.BULK)
    except UNANSWERED as error:
        await active.fail(f"model version {version_id}", error)
        return
    active.left -= 1
    async with active.sources.store.writing() as ledger:
        await ledger.model_names.keep(version_id, known, now=active.sources.clock.now())
        await ledger.runs.advance(active.claim, Progress(requests=1))
