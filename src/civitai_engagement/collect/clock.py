"""Before a tick: is our clock right, and did one that was not leave anything in the future?"""

import logging

from civitai_engagement.clock import StandingClock
from civitai_engagement.observing import present, refuse_a_wrong_clock
from civitai_engagement.records.condition import InFuture
from civitai_engagement.sources import Sources

log = logging.getLogger(__name__)
# `--at` may name an instant long past by mistake: then all that came after it would seem to lie in the future.
MOST_RUNS_AT = 12


async def trust_the_clock(sources: Sources) -> None:
    """Find out, where it is not known, what time it is at Civitai's.

    Raises:
        ClockWrong: The clock is more than an hour off; nothing may be written.
    """
    refuse_a_wrong_clock(await sources.civitai.hear_the_time())


async def repair_the_future(sources: Sources) -> None:
    """Put right what a clock that was ahead left behind; mostly there is nothing."""
    now = present(sources)
    async with sources.store.reading() as ledger:
        found = await ledger.upkeep.in_future(now)
    if not found:
        return
    if isinstance(sources.clock, StandingClock) and found.runs > MOST_RUNS_AT:
        log.warning("much is stored as later than the instant named; it is left alone", extra=_told(found))
        return
    async with sources.store.writing() as ledger:
        await ledger.upkeep.repair(now)
    log.warning("what a clock that was ahead had stored as later than now was put right", extra=_told(found))


def _told(found: InFuture) -> dict[str, int]:
    return {"runs": found.runs, "leaders": found.leaders, "media": found.media, "due": found.due}
