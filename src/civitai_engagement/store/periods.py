"""What posts gained in periods, and what they have: over all that is stored of a creator, however much that is."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from civitai_engagement.records.engagement import DatabaseRow
from civitai_engagement.records.periods import PeriodGain, PostPeriods, PostTotal
from civitai_engagement.store.queries import Connection, load

_PARTS = ("gain", "is_whole", "unplaced", "joined")


class Periods:
    """The periods of one connection.

    >>> posts = await periods.of_creator("Ada", [(monday, sunday)], near=timedelta(days=1), slack=6)
    >>> sum(one.gains[0].gain or 0 for one in posts)
    314
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("periods")

    async def of_creator(
        self, creator: str, spans: Sequence[tuple[datetime, datetime]], *, near: timedelta, slack: int
    ) -> list[PostPeriods]:
        """Say of each post what it gained in each span.

        A look `near` its end stands for the end; unplaced is what may have come a `slack`th of the span before it, and
        of a post seen for less than such a part nothing is said.
        """
        starts, ends = zip(*spans, strict=True)
        values = {"starts": starts, "ends": ends, "since": min(starts), "near": near, "slack": slack}
        rows = await self._sql["of_creator"].planned(self._connection, creator=creator, **values)
        return [_post(row) for row in rows]

    async def totals_of_creator(self, creator: str) -> list[PostTotal]:
        """Give what each post has now, in no order; without those of which nothing is known."""
        rows = await self._sql["totals_of_creator"].all(self._connection, creator=creator)
        return [PostTotal(row["total"], row["is_whole"]) for row in rows]


def _post(row: DatabaseRow) -> PostPeriods:
    parts = zip(*(row[name] for name in _PARTS), strict=True)
    return PostPeriods(row["post_id"], row["published_at"], row["began_at"], tuple(PeriodGain(*part) for part in parts))
