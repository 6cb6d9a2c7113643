"""Forget what has served its time."""

from datetime import datetime

from civitai_engagement.records.condition import InFuture, Present
from civitai_engagement.store.partitions import ensure_month
from civitai_engagement.store.queries import Connection, load
from civitai_engagement.store.repair import in_future, repair


class Upkeep:
    """The upkeep of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("upkeep")

    async def make_room(self, instant: datetime) -> None:
        """Make the partitions that readings up to an instant go to."""
        await ensure_month(self._connection, instant)

    async def forget(self, *, before: datetime) -> None:
        """Drop runs, values in doubt and unreadable things older than an instant."""
        for what in ("forget_runs", "forget_suspects", "forget_rejects"):
            await self._sql[what].run(self._connection, before=before)

    async def close_abandoned(self, *, job: str, before: datetime, now: datetime) -> None:
        """Close a job's runs for ticks before an instant that nobody runs any more; what they left is still due."""
        await self._sql["close_abandoned"].run(self._connection, job=job, before=before, now=now)

    async def in_future(self, present: Present) -> InFuture:
        """Count what is stored as later than now."""
        return await in_future(self._connection, present)

    async def repair(self, present: Present) -> None:
        """Put right what a clock that was ahead left in the future."""
        await repair(self._connection, present)

    async def thin(self, *, before: datetime) -> int:
        """Merge a day's changes of strangers' media into one row; sums stay the same. Returns the rows merged away."""
        return int(await self._sql["thin"].value(self._connection, before=before))
