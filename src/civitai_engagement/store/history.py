"""The history as it is read: how media moved between two instants, and what moved lately."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from civitai_engagement.records.engagement import DatabaseRow, counters_of
from civitai_engagement.records.filters import ChangePosition, Since, Subject
from civitai_engagement.records.history import Change, StoredReading, Track
from civitai_engagement.records.media import COUNTERS, Counters
from civitai_engagement.records.provenance import Source
from civitai_engagement.store.queries import Connection, given, load

MOST_MEDIA = 2_000
MOST_ROWS = 100_000
# The history is ordered by media; in time it only knows roughly where things lie. So it is searched slice by slice:
# an empty one costs next to nothing, a full one no more than a day's changes.
SLICES = (timedelta(hours=1), *(timedelta(days=days) for days in (*range(1, 32), 366)))
_DAWN = datetime(1970, 1, 1, tzinfo=UTC)


CONDITIONS = {
    "image_id": "i.id = :image_id",
    "post_id": "i.post_id = :post_id",
    "creator": "lower(i.username) = lower(:creator)",
}


class Looked(NamedTuple):
    """How many media are followed, and when one of them was last looked at; None: never."""

    media: int
    last_at: datetime | None


class History:
    """The history of one connection.

    >>> tracks = await history.tracks(Subject(post_id=77), since, until)
    >>> changes = await history.older(Subject(), ChangePosition(now, ID_MAX), limit=50)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("history")

    async def tracks(self, subject: Subject, since: datetime, until: datetime) -> list[Track] | None:
        """Give the tracks of the newest media of a subject; None where that is more than can be read at once."""
        values = given(subject)
        query = self._sql["tracks"].where(*_conditions(values))
        rows = await query.all(self._connection, since=since, until=until, media=MOST_MEDIA, rows=MOST_ROWS, **values)
        if len(rows) == MOST_ROWS:
            return None
        return [_track(list(group)) for _, group in groupby(rows, key=lambda row: row["id"])]

    async def snapshot(self) -> str:
        """Name what is committed by now, for a later `newer`."""
        name: str = await self._sql["snapshot"].value(self._connection)
        return name

    async def older(self, subject: Subject, before: ChangePosition, *, limit: int) -> list[Change]:
        """Give the latest changes before a place, newest first."""
        values = given(subject)
        if values:
            query = self._sql["older_of"].where(*_conditions(values))
            return _changes(
                await query.all(self._connection, at=before.at, place=before.image_id, limit=limit, **values)
            )
        return await self._older_of_all(before, limit)

    async def _older_of_all(self, before: ChangePosition, limit: int) -> list[Change]:
        found: list[DatabaseRow] = []
        high = before.at
        for low in (*(before.at - age for age in SLICES), _DAWN):
            values = {"low": low, "high": high, "at": before.at, "place": before.image_id, "limit": limit - len(found)}
            found += await self._sql["older"].all(self._connection, **values)
            if len(found) == limit:
                break
            high = low
        return _changes(found)

    async def looked(self, subject: Subject) -> Looked:
        """Say what there is of a subject that could move, and when it was last looked at."""
        values = given(subject)
        [row] = await self._sql["looked"].where(*_conditions(values)).all(self._connection, **values)
        return Looked._make(row)

    async def newer(self, subject: Subject, since: Since, *, limit: int) -> list[Change]:
        """Give the first changes that a reader has not seen, oldest first."""
        values = given(subject)
        rows = (
            await self._sql["newer"]
            .where(*_conditions(values))
            .all(
                self._connection,
                since=since.floor,
                seen=since.snapshot,
                at=since.place.at,
                place=since.place.image_id,
                limit=limit,
                **values,
            )
        )
        return _changes(rows)


def _conditions(values: Iterable[str]) -> list[str]:
    return [CONDITIONS[name] for name in values]


def _track(rows: Sequence[DatabaseRow]) -> Track:
    first = rows[0]
    return Track(
        image_id=first["id"],
        readings=tuple(_reading(row) for row in rows if row["collected_at"] is not None),
        confirmed_at=first["confirmed_at"],
        published_at=first["published_at"],
        source=Source(first["source"]),
    )


def _reading(row: DatabaseRow) -> StoredReading:
    return StoredReading(row["collected_at"], _counters(row), row["event"], row["previous_observed_at"])


def _counters(row: DatabaseRow) -> Counters:
    counters = counters_of(row)
    assert counters is not None  # noqa: S101 # the columns of the history are not null
    return counters


def _changes(rows: Sequence[DatabaseRow]) -> list[Change]:
    return [_change(row) for row in rows]


def _change(row: DatabaseRow) -> Change:
    gains: dict[str, Any] = {name: row[f"{name}_gain"] for name in COUNTERS}
    return Change(
        image_id=row["image_id"],
        post_id=row["post_id"],
        username=row["username"],
        at=row["collected_at"],
        previous_at=row["previous_observed_at"],
        event=row["event"],
        counters=_counters(row),
        gains=Counters(**gains),
        published_at=row["published_at"],
    )
