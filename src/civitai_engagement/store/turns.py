"""Turns to ask Civitai, handed out by the database to all processes on it, one an interval."""

from datetime import datetime

from civitai_engagement.store.queries import Connection, load

_LANE = "all"


class Turns:
    """The turns of one connection; `interval` is the time between two, in seconds.

    >>> wait = await ledger.turns.take(interval)        # 0: it is ours
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("budget")

    async def take(self, interval: float) -> float:
        """Take a turn if one is free now, giving 0; else give the seconds to wait before asking again."""
        return float(await self._sql["take"].value(self._connection, lane=_LANE, seconds=interval))

    async def reserve(self, interval: float) -> tuple[datetime, float]:
        """Take the next turn, now or later; give until when it lasts, and the seconds until it comes."""
        [row] = await self._sql["reserve"].all(self._connection, lane=_LANE, seconds=interval)
        return row["until"], max(float(row["wait"]), 0.0)

    async def give_back(self, interval: float, *, until: datetime) -> None:
        """Let a reserved turn be free again."""
        await self._sql["give_back"].run(self._connection, lane=_LANE, seconds=interval, until=until)
