"""What was seen but not believed, and what could not be read: kept, so that nothing is lost."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from civitai_engagement.records.media import Counters, Reject
from civitai_engagement.store.queries import Connection, fields, load


@dataclass(frozen=True, slots=True)
class Suspect:
    """Counters of one image that are not believed yet, and why."""

    image_id: int
    reason: str
    seen: Counters


@dataclass(frozen=True, slots=True)
class Doubt:
    """One read that was set aside: what it said, when, and by which route."""

    counters: Counters
    as_of: datetime
    route: str


class Doubts:
    """The doubts of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("doubts")

    async def suspect(self, suspects: Sequence[Suspect], *, route: str, as_of: datetime, seen_at: datetime) -> None:
        if suspects:
            rows = [asdict(one) for one in suspects]
            await self._sql["suspect"].run(self._connection, rows=rows, route=route, as_of=as_of, seen_at=seen_at)

    async def standing(self, ids: Sequence[int]) -> dict[int, list[Doubt]]:
        """Give the doubted reads that are newer than what is believed, oldest first, by image id."""
        doubts: dict[int, list[Doubt]] = defaultdict(list)
        for row in await self._sql["standing"].all(self._connection, ids=list(ids)):
            doubts[row["image_id"]].append(Doubt(Counters(**row["seen"]), row["as_of"], row["route"]))
        return doubts

    async def reject(self, rejects: Sequence[Reject], *, seen_at: datetime) -> None:
        if rejects:
            rows = [fields(one) for one in rejects]
            await self._sql["reject"].run(self._connection, rows=rows, seen_at=seen_at)
