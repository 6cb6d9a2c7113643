"""The history's monthly partitions: made before anything is written into their month."""

from datetime import UTC, datetime

from civitai_engagement.store.queries import Connection, array, load

LOCK = 0x0C1_71A2


def month_of(instant: datetime) -> tuple[int, int]:
    utc = instant.astimezone(UTC)
    return utc.year, utc.month


def partition_name(month: tuple[int, int]) -> str:
    return f"image_stats_history_{month[0]:04d}_{month[1]:02d}"


def next_month(month: tuple[int, int]) -> tuple[int, int]:
    year, number = month
    return (year + 1, 1) if number == 12 else (year, number + 1)


async def ensure_month(connection: Connection, instant: datetime) -> None:
    """Make the partition that `instant` falls into, and the one after it, where they are missing."""
    month = month_of(instant)
    wanted = [month, next_month(month)]
    names = [partition_name(one) for one in wanted]
    existing = {row["name"] for row in await load("images")["partitions"].all(connection, names=array(names))}
    missing = [one for one in wanted if partition_name(one) not in existing]
    if not missing:
        return
    await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
    await connection.execute("set local lock_timeout = '5s'")
    for one in missing:
        await connection.execute(_create(one))


def _create(month: tuple[int, int]) -> str:
    following = next_month(month)
    start, end = (f"{year:04d}-{number:02d}-01 00:00:00+00" for year, number in (month, following))
    return (
        f"create table if not exists {partition_name(month)} partition of image_stats_history "
        f"for values from ('{start}') to ('{end}')"
    )
