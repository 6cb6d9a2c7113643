"""Whether anybody looks: a leader is alive, or a round was run lately (cron and engines have no leader)."""

from datetime import timedelta

from civitai_engagement.observing import present
from civitai_engagement.sources import Sources

LATELY = timedelta(hours=5)


async def is_clock_kept(sources: Sources) -> bool:
    """Say whether looks happen by themselves, as far as the database tells.

    Raises:
        StoreDown: The database is not reachable, or still starting.
    """
    now = sources.clock.now()
    facts = await sources.store.facts(present(sources))
    is_run = any(one.started_at >= now - LATELY for one in facts.runs)
    return is_run or facts.living_leader(now) is not None
