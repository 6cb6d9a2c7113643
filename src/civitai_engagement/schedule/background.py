"""The clock beside a server: it starts after the first answers, and what it needs is loaded only then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from civitai_engagement.runtime import Runtime

SETTLE_SECONDS = 5.0


@asynccontextmanager
async def keeping_time(runtime: Runtime) -> AsyncIterator[None]:
    """Run the jobs in the background for as long as this is open."""
    keeper = asyncio.create_task(_keep_time(runtime))
    try:
        yield
    finally:
        keeper.cancel()
        with suppress(asyncio.CancelledError):
            await keeper


async def _keep_time(runtime: Runtime) -> None:
    await asyncio.sleep(SETTLE_SECONDS)
    from civitai_engagement.schedule.scheduler import Scheduler

    await Scheduler(runtime).keep()
