"""What was seen but not believed, and what could not be read: kept, so that nothing is lost."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple

from civitai_engagement.records.media import Counters, Reject
from civitai_engagement.records.provenance import Route
from civitai_engagement.store.queries import Connection, fields, load


@dataclass(frozen=True, slots=True)
class Suspect:
    """Counters of one image that are not believed yet, and why."""

    image_id: int
    reason: str
    seen: Counters


@dataclass(frozen=True, slots=True)
class Doubt:
    """One read that was set aside: what it said, when, and by which route.

    `compared` and `fell` are those of the run it was read in: how many media it compared, and how many fell.
    """

    counters: Counters
    as_of: datetime
    route: Route
    compared: int = 0
    fell: int = 0


class Stubborn(NamedTuple):
    """An image that is doubted again and again, by one route only."""

    image_id: int
    post_id: int | None
    route: Route


class Doubts:
    """The doubts of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("doubts")

    async def suspect(
        self,
        suspects: Sequence[Suspect],
        *,
        route: Route,
        as_of: datetime,
        seen_at: datetime,
        run_id: int | None = None,
    ) -> None:
        """Keep counters that are not believed; seeing the same again at the same instant adds nothing."""
        if suspects:
            rows = [asdict(one) for one in suspects]
            await self._sql["suspect"].run(
                self._connection, rows=rows, route=route, as_of=as_of, seen_at=seen_at, run_id=run_id
            )

    async def standing(self, ids: Sequence[int]) -> dict[int, list[Doubt]]:
        """Give the doubted reads that are newer than what is believed, oldest first, by image id."""
        doubts: dict[int, list[Doubt]] = defaultdict(list)
        for row in await self._sql["standing"].all(self._connection, ids=list(ids)):
            seen = Counters(**row["seen"])
            doubts[row["image_id"]].append(Doubt(seen, row["as_of"], Route(row["route"]), row["compared"], row["fell"]))
        return doubts

    async def stubborn(self, *, before: datetime) -> list[Stubborn]:
        """Name the images doubted twice or more, first before an instant, and by one route only."""
        rows = await self._sql["stubborn"].all(self._connection, before=before)
        return [Stubborn(row["image_id"], row["post_id"], Route(row["route"])) for row in rows]

    async def reject(self, rejects: Sequence[Reject], *, seen_at: datetime) -> None:
        if rejects:
            rows = [fields(one) for one in rejects]
            await self._sql["reject"].run(self._connection, rows=rows, seen_at=seen_at)
