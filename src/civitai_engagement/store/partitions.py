"""The history's monthly partitions: made before anything is written into their month."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from civitai_engagement.store.queries import Connection, array, load

LOCK = 0x0C1_71A2
Month: TypeAlias = tuple[int, int]


def month_of(instant: datetime) -> Month:
    utc = instant.astimezone(UTC)
    return utc.year, utc.month


def partition_name(month: Month) -> str:
    return f"image_stats_history_{month[0]:04d}_{month[1]:02d}"


def next_month(month: Month) -> Month:
    year, number = month
    return (year + 1, 1) if number == 12 else (year, number + 1)


async def ensure_month(connection: Connection, instant: datetime) -> None:
    """Make the partition that `instant` falls into, and the one after it, where they are missing.

    Nobody who reads or writes the history waits for it, nor it for them: a new table is made, and attached.
    """
    month = month_of(instant)
    wanted = [month, next_month(month)]
    if not await _missing(connection, wanted):
        return
    await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
    await connection.execute("set local lock_timeout = '5s'")
    for one in await _missing(connection, wanted):  # some, while we waited for whom else they were missing to
        await connection.execute(_attached(one))


async def _missing(connection: Connection, wanted: Sequence[Month]) -> list[Month]:
    names = array([partition_name(one) for one in wanted])
    existing = {row["name"] for row in await load("images")["partitions"].all(connection, names=names)}
    return [one for one in wanted if partition_name(one) not in existing]


def _attached(month: Month) -> str:
    name = partition_name(month)
    start, end = (f"{year:04d}-{number:02d}-01 00:00:00+00" for year, number in (month, next_month(month)))
    return (
        f"create table {name} (like image_stats_history including all); "
        f"alter table image_stats_history attach partition {name} for values from ('{start}') to ('{end}')"
    )
