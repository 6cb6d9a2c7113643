"""Alarms about the collection itself: what is wrong since when, and who was told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from civitai_engagement.store.queries import Connection, load


@dataclass(frozen=True, slots=True)
class Alarm:
    """One kind of trouble, of now or of the past. `announced_at` is the last time somebody was told that it began."""

    name: str
    since: datetime
    seen_at: datetime
    detail: str
    announced_at: datetime | None = None
    recovered_at: datetime | None = None

    @property
    def is_announced(self) -> bool:
        """Whether somebody was told of it since it began, rather than of an earlier time it was raised."""
        return self.announced_at is not None and self.announced_at >= self.since


class Alarms:
    """The alarms of one connection.

    >>> await alarms.see({"disk": "Only 0.4 GB of the database's disk are free."}, now=now)
    >>> await alarms.announced("disk", now=now)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("alarms")

    async def all(self) -> list[Alarm]:
        return [Alarm(**row) for row in await self._sql["all"].all(self._connection)]

    async def see(self, details: Mapping[str, str], *, now: datetime) -> None:
        """Keep what is wrong now, by name."""
        if details:
            names = list(details)
            await self._sql["see"].run(self._connection, names=names, details=list(details.values()), now=now)

    async def announced(self, name: str, *, now: datetime) -> None:
        await self._sql["announced"].run(self._connection, name=name, now=now)

    async def recovered(self, name: str, *, now: datetime) -> None:
        await self._sql["recovered"].run(self._connection, name=name, now=now)
