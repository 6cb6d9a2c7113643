"""What users follow, and how often its media are looked at for that."""

from collections.abc import Sequence
from datetime import datetime

from civitai_engagement.records.engagement import DatabaseRow
from civitai_engagement.records.provenance import Source
from civitai_engagement.records.watches import KnownMedia, Names, NotListed, Watching, WatchKind, WatchStanding
from civitai_engagement.store.queries import Connection, load


class Watches:
    """The watches of one connection.

    >>> new = await watches.add(Names.creators(["Ada"]), created_by="me", now=now)
    >>> page, total = await watches.page(limit=100, offset=0)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("watches")

    async def add(self, wanted: Names, *, created_by: str, now: datetime) -> set[str]:
        """Follow; gives the names that were not followed yet."""
        rows = await self._sql["add"].all(
            self._connection,
            kind=wanted.kind,
            names=list(wanted.labels),
            labels=list(wanted.labels.values()),
            created_by=created_by,
            now=now,
        )
        return {row["name"] for row in rows}

    async def remove(self, wanted: Names) -> set[str]:
        """Stop following; gives the names that were followed."""
        rows = await self._sql["remove"].all(self._connection, kind=wanted.kind, names=list(wanted.labels))
        return {row["name"] for row in rows}

    async def recorded(self, wanted: Names) -> set[str]:
        """Give the names of posts that are recorded."""
        rows = await self._sql["recorded"].all(self._connection, posts=wanted.post_ids)
        return {row["name"] for row in rows}

    async def media(self, wanted: Names) -> list[int]:
        """Give the ids of all tracked media of these posts or creators."""
        rows = await self._sql["media"].all(self._connection, posts=wanted.post_ids, creators=wanted.usernames)
        return [row["id"] for row in rows]

    async def raise_(self, ids: Sequence[int], *, now: datetime, source: Source = Source.WATCHED) -> None:
        """Look at media that were only sampled as at watched or recorded ones, at once; the images must be locked."""
        await self._sql["raise"].run(self._connection, ids=list(ids), now=now, source=source)

    async def lower(self, ids: Sequence[int]) -> int:
        """Only sample media that are neither recorded nor watched any more; says how many of the others there are."""
        kept: int = await self._sql["lower"].value(self._connection, ids=list(ids))
        return kept

    async def page(self, *, limit: int, offset: int) -> tuple[list[Watching], int]:
        """Give one page, newest first, and how many there are in all."""
        rows = await self._sql["page"].all(self._connection, limit=limit, offset=offset)
        total: int = rows[0]["total"] if rows else await self._sql["count"].value(self._connection)
        return [_watching(row) for row in rows], total

    async def not_listed(self, *, limit: int) -> list[NotListed]:
        """Name what was looked for and is not there."""
        rows = await self._sql["not_listed"].all(self._connection, limit=limit)
        return [NotListed(WatchKind(row["kind"]), row["label"], row["renamed_to"]) for row in rows]

    async def follows_creator(self, name: str) -> bool:
        """Say whether a creator is followed, by their name in lower case."""
        found: bool = await self._sql["follows_creator"].value(self._connection, name=name)
        return found

    async def listed_before(self, wanted: Names) -> dict[str, int]:
        """Say how many media Civitai listed of the creators it was asked for before and listed any of."""
        rows = await self._sql["listed_before"].all(self._connection, creators=wanted.usernames)
        return {row["name"]: row["listed"] for row in rows}

    async def known(self, wanted: Names) -> dict[str, KnownMedia]:
        """Sum up what is stored of their media, by the names they are followed by; those without any are left out."""
        rows = await self._sql["known"].all(
            self._connection, names=list(wanted.labels), posts=wanted.post_ids, by_post=wanted.kind is WatchKind.POST
        )
        return {row["name"]: KnownMedia(*(row[name] for name in KnownMedia.__slots__)) for row in rows}

    async def standing(self, kind: WatchKind, name: str) -> WatchStanding | None:
        """Say how it stands with a creator (lower case) or a post; None where it is not followed."""
        row = await self._sql["standing"].one_or_none(self._connection, kind=kind.value, name=name)
        return WatchStanding(**row) if row else None

    async def look(self, post_id: int, *, now: datetime) -> None:
        """Note that Civitai was asked for a watched post."""
        await self._sql["look"].run(self._connection, name=str(post_id), now=now)


def _watching(row: DatabaseRow) -> Watching:
    names = [name for name in Watching.__slots__ if name != "kind"]
    return Watching(kind=WatchKind(row["kind"]), **{name: row[name] for name in names})
