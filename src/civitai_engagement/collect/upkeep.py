"""What keeps the ledger in order: partitions made ahead, old notes dropped, old history of strangers thinned."""

from datetime import datetime, timedelta

from civitai_engagement.sources import Sources

AHEAD = timedelta(days=31)


async def upkeep(sources: Sources) -> None:
    """Do what is due of it; each part is a transaction of its own."""
    now, settings = sources.clock.now(), sources.settings
    async with sources.store.writing() as ledger:
        await ledger.upkeep.make_room(now + AHEAD)
    async with sources.store.writing() as ledger:
        await ledger.upkeep.forget(before=now - timedelta(days=settings.keep_days))
    if settings.thin_after_days:
        before = now - timedelta(days=settings.thin_after_days)
        while await _thin(sources, before):
            pass


async def _thin(sources: Sources, before: datetime) -> int:
    async with sources.store.writing() as ledger:
        return await ledger.upkeep.thin(before=before)
