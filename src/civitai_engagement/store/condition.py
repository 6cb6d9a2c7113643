"""The condition of the collection, read from its tables and from the disk."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from civitai_engagement.records.condition import (
    EVERY,
    Activity,
    Disk,
    Doubted,
    Facts,
    Leader,
    Present,
    RunReport,
    Statement,
    Unreadable,
)
from civitai_engagement.store.engines import Engines
from civitai_engagement.store.migrations import current, head
from civitai_engagement.store.queries import Connection, load
from civitai_engagement.store.repair import in_future

LATEST_RUNS = 40  # more than two days of four-hour rounds, most of a day of hourly ones
SLOWEST = 5
COUNTED_EXACTLY = 10_000  # rows of the history; some milliseconds


class Conditions:
    """The condition as one connection sees it.

    >>> facts = await ledger.conditions.facts(store.disk, present)
    >>> activity = await ledger.conditions.activity(now)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("condition")

    async def facts(self, disk: Disk | None, present: Present) -> Facts:
        """Read what the condition is judged by; of what is tracked only whether any of it lies in the future."""
        leader = await self._sql["leader"].one_or_none(self._connection)
        return Facts(
            runs=await self._runs(),
            leader=Leader(**leader) if leader else None,
            following_since=await self._sql["following_since"].value(self._connection),
            schema=await current(self._connection),
            newest_schema=head(),
            disk=disk,
            ahead=present.ahead,
            in_future=await in_future(self._connection, present),
            engine=await Engines(self._connection).in_force(),
        )

    async def _runs(self) -> tuple[RunReport, ...]:
        rows = await self._sql["runs"].all(self._connection, jobs=list(EVERY), most=LATEST_RUNS)
        return tuple(RunReport(**{**row, "coverage": _coverage(row["coverage"])}) for row in rows)

    async def activity(self, now: datetime) -> Activity:
        """Count what goes on; reads all that is tracked once, some milliseconds per 10,000 media."""
        since = {"day_ago": now - timedelta(days=1), "hour_ago": now - timedelta(hours=1)}
        counted: dict[str, Any] = {}
        asked: dict[str, dict[str, Any]] = {"lag": {"now": now}, "sent": since, "sizes": {"exactly": COUNTED_EXACTLY}}
        for name, values in asked.items():
            [row] = await self._sql[name].all(self._connection, **values)
            counted |= row
        doubted = await self._sql["doubted"].all(self._connection, **since)
        unreadable = await self._sql["unreadable"].all(self._connection, **since)
        return Activity(
            **counted,
            doubted=tuple(Doubted(**row) for row in doubted),
            unreadable=tuple(Unreadable(**row) for row in unreadable),
        )

    async def slowest(self) -> tuple[Statement, ...] | None:
        """Name our slowest statements; None where the server does not count statements."""
        schema = await self._sql["statements_schema"].value(self._connection)
        if schema is None:
            return None
        rows = await self._connection.fetch(_slowest_in(schema))
        return tuple(Statement(**row) for row in rows)


def _slowest_in(schema: str) -> str:
    """Ask for what this user asked of this database; commands that may carry a password are not statements."""
    place = '"' + schema.replace('"', '""') + '"'
    return f"""
        select left(query, 200) as beginning, calls, mean_exec_time as mean_ms
        from {place}.pg_stat_statements
        where dbid = (select oid from pg_database where datname = current_database())
            and userid = (select oid from pg_roles where rolname = current_user)
            and query ~* '^\\s*(select|insert|update|delete|with|merge)\\M'
        order by mean_exec_time desc
        limit {SLOWEST}
    """  # noqa: S608 # the extension's schema, quoted; there is no parameter for a name


def _coverage(stored: Any) -> dict[str, tuple[int, int]]:
    return {tier: (int(due), int(reached)) for tier, (due, reached) in stored.items()}


def disk_of(folder: Path) -> Disk | None:
    """Tell the room on the disk a folder is on; None where it cannot be told."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return Disk(free=usage.free, total=usage.total)
