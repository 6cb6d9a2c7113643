"""Images as stored: what they are, how they were made, and every believed change of their counters."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from civitai_engagement.records.engagement import DatabaseRow, counters_of
from civitai_engagement.records.media import SIX, Birth, Counters, Generation, Media, MediaType
from civitai_engagement.records.provenance import Source
from civitai_engagement.records.rules import GAP_AFTER
from civitai_engagement.store.partitions import ensure_month, month_of, partition_name
from civitai_engagement.store.queries import Connection, array, integers, load
from civitai_engagement.store.transaction import locking

_COUNTERS = ("likes", "hearts", "laughs", "cries", "dislikes", "comments")
_SEEN = ("ids", *_COUNTERS)
_OBSERVED = (*_SEEN, "due_at", "unconfirmed", "events")
_DUE_WINDOWS = ("sources", "after", "until", "due_at")
_UNKNOWN = (None,) * len(_COUNTERS)


class Known(NamedTuple):
    """The latest believed counters of one image and when they were true."""

    counters: Counters
    as_of: datetime
    unconfirmed: bool


class Observation(NamedTuple):
    """Counters of one image that are believed, and when the image is to be looked at again."""

    image_id: int
    counters: Counters
    due_at: datetime | None
    unconfirmed: bool = False
    event: str | None = None


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What one page of observations did: images that moved, images tracked, observations older than ours."""

    changed: int = 0
    observed: int = 0
    stale: int = 0


class ImageAge(NamedTuple):
    """When an image was published, and why it is followed; `source` is None where it is not."""

    published_at: datetime | None
    source: Source | None


class DueWindow(NamedTuple):
    """When images that are followed for a reason are due: those published after one instant, and not after another."""

    source: Source
    after: datetime
    until: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReadingTimes:
    """One look at some images: when what was seen was true, when it was seen and why, and when to look again."""

    as_of: datetime
    observed_at: datetime
    source: Source
    due_windows: Sequence[DueWindow]


@dataclass(frozen=True, slots=True)
class KnownImages:
    """What is known of images, each by its id: `doubted` are those with reads set aside since the believed one."""

    ages: Mapping[int, ImageAge] = field(default_factory=dict)
    known: Mapping[int, Known] = field(default_factory=dict)
    doubted: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class SettleResult:
    """What a look settled: images that moved, posts whose counters did; and the `rest`, to be judged."""

    changed: int = 0
    posts: Sequence[int] = ()
    rest: KnownImages = field(default_factory=KnownImages)


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """One stored media with the time of its counters; `as_of` is None while they are unknown."""

    media: Media
    as_of: datetime | None


class Images:
    """The images of one connection.

    >>> await images.lock(ids)                              # inside a transaction
    >>> await images.describe(media, seen_at=now)
    >>> await images.observe(observations, as_of=as_of, observed_at=now, source=Source.RECORDED)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("images")

    async def lock(self, ids: Iterable[int]) -> None:
        """Keep other writers of these images waiting until this transaction ends, which holds no lock of images yet."""
        if statement := locking(ids):
            await self._connection.execute(statement)

    async def describe(
        self,
        media: Sequence[Media],
        *,
        seen_at: datetime,
        generation_read: bool = False,
    ) -> None:
        """Store what the media are and, where Civitai said so, how they were made.

        `generation_read` says that it was asked how: a media without parameters then has none, and is not asked again.
        """
        rows = [_image_row(item) for item in media]
        read_at = seen_at if generation_read else None
        await self._sql["upsert"].run(self._connection, rows=rows, seen_at=seen_at, generation_read_at=read_at)
        made = [(item.id, item.generation) for item in media if item.generation is not None]
        if made:
            await self._describe_generation(made)

    async def _describe_generation(self, made: Sequence[tuple[int, Generation]]) -> None:
        parameters = [_parameter_row(image_id, generation) for image_id, generation in made]
        resources = [row for image_id, generation in made for row in _resource_rows(image_id, generation)]
        counts = [len(generation.resources) for _, generation in made]
        await self._sql["upsert_parameters"].run(self._connection, rows=parameters)
        await self._sql["upsert_resources"].run(self._connection, rows=resources)
        await self._sql["trim_resources"].run(self._connection, ids=[image_id for image_id, _ in made], counts=counts)

    async def births(self, ids: Sequence[int], post_id: int) -> dict[int, Birth]:
        """Say of images, and of all others of a post, when they were published and first seen."""
        rows = await self._sql["births"].all(self._connection, ids=list(ids), post_id=post_id)
        return {row["id"]: Birth(row["published_at"], row["first_seen_at"]) for row in rows}

    async def looked_at(self, post_id: int) -> datetime | None:
        """Say when a post was last looked at for its own sake or its creator's; None where it never was."""
        last: datetime | None = await self._sql["looked_at"].value(self._connection, post_id=post_id)
        return last

    async def date(self, published_at: Mapping[int, datetime]) -> None:
        """Set the date of publication by image id."""
        if published_at:
            columns = {"ids": list(published_at), "published_at": list(published_at.values())}
            await self._sql["date"].run(self._connection, **columns)

    async def known(self, ids: Sequence[int]) -> dict[int, Known]:
        """Give the latest believed counters by image id; images without any are left out."""
        rows = await self._sql["known"].all(self._connection, ids=list(ids))
        return {row["image_id"]: _known(row) for row in rows if row["like_count"] is not None}

    async def observe(
        self, observations: Sequence[Observation], *, as_of: datetime, observed_at: datetime, source: Source
    ) -> WriteResult:
        """Keep what changed and update the tracking, in one statement; seeing the same again writes no history."""
        if not observations:
            return WriteResult()
        await ensure_month(self._connection, as_of)
        rows = sorted(observations, key=itemgetter(0))
        row = await self._sql["observe"].one_or_none(
            self._connection,
            as_of=as_of,
            observed_at=observed_at,
            source=source,
            gap_after=GAP_AFTER,
            **_observed_columns(rows),
        )
        return WriteResult(**row) if row else WriteResult()

    async def settle(self, seen: Mapping[int, Counters | None], look: ReadingTimes) -> SettleResult:
        """Keep the counters that fell in nothing, in one statement; of the other images look up what judging takes.

        Nothing is kept of a page of all zeros, which may be a failed read, nor in a month that has no partition yet.
        """
        if not seen:
            return SettleResult()
        rows = await self._sql["settle"].all(
            self._connection,
            partition=partition_name(month_of(look.as_of)),
            **_seen_columns(seen),
            **_arrays(_DUE_WINDOWS, zip(*look.due_windows, strict=True)),
            gap_after=GAP_AFTER,
            is_plausible=any(one is not None and not one.all_zero for one in seen.values()),
            as_of=look.as_of,
            observed_at=look.observed_at,
            source=look.source,
        )
        rest = [row for row in rows if row["id"] is not None]
        return SettleResult(rows[0]["changed"], tuple(rows[0]["posts"] or ()), _known_images(rest))

    async def track(self, ids: Sequence[int], *, due_at: datetime | None, source: Source) -> None:
        await self._sql["track"].run(self._connection, ids=sorted(ids), due_at=due_at, source=source)

    async def ages(self, ids: Sequence[int]) -> dict[int, ImageAge]:
        """Say of images that are described when they were published and why they are followed."""
        rows = await self._sql["ages"].all(self._connection, ids=list(ids))
        return {row["id"]: _age(row) for row in rows}

    async def postpone(self, due_at: Mapping[int, datetime | None]) -> None:
        """Set when images are to be looked at again; None: not until somebody asks."""
        if due_at:
            await self._sql["postpone"].run(self._connection, ids=list(due_at), due_at=list(due_at.values()))

    async def miss(self, due_at: Mapping[int, datetime | None]) -> None:
        """Count that images were expected in a list and were not there; looked for again at `due_at`."""
        if due_at:
            await self._sql["miss"].run(self._connection, ids=list(due_at), due_at=list(due_at.values()))

    async def vanish(self, due_at: Mapping[int, datetime | None], *, as_of: datetime) -> int:
        """Keep that images are not on Civitai any more; returns how many were there until now."""
        if not due_at:
            return 0
        await ensure_month(self._connection, as_of)
        columns = {"ids": list(due_at), "due_at": list(due_at.values())}
        return int(await self._sql["vanish"].value(self._connection, as_of=as_of, **columns))

    async def of_post(self, post_id: int) -> list[StoredMedia]:
        """Give the media of a post as last stored, ordered by id."""
        rows = await self._sql["of_post"].all(self._connection, post_id=post_id)
        return [StoredMedia(_media(row), row["as_of"]) for row in rows]


def _image_row(item: Media) -> dict[str, Any]:
    names = ("id", "post_id", "username", "url", "type", "width", "height", "hash", "nsfw", "nsfw_level")
    row = {name: getattr(item, name) for name in (*names, "browsing_level", "base_model")}
    created_at = item.created_at.isoformat() if item.created_at else None
    return row | {"model_version_ids": item.model_version_ids, "created_at": created_at}


def _parameter_row(image_id: int, generation: Generation) -> dict[str, Any]:
    row = {name: getattr(generation, name) for name in generation.__slots__ if name != "resources"}
    return row | {"image_id": image_id}


def _resource_rows(image_id: int, generation: Generation) -> list[dict[str, Any]]:
    return [
        asdict(resource) | {"image_id": image_id, "position": position}
        for position, resource in enumerate(generation.resources)
    ]


def _seen_columns(seen: Mapping[int, Counters | None]) -> dict[str, str]:
    counters = [_UNKNOWN if one is None else SIX(one) for one in seen.values()]
    return dict(zip(_SEEN, map(integers, (seen, *zip(*counters, strict=True))), strict=True))


def _observed_columns(rows: Sequence[Observation]) -> dict[str, str]:
    ids, counters, *rest = zip(*rows, strict=True)
    return _arrays(_OBSERVED, (ids, *zip(*map(SIX, counters), strict=True), *rest))


def _arrays(names: Iterable[str], columns: Iterable[Collection[object]]) -> dict[str, str]:
    return dict(zip(names, map(array, columns), strict=True))


def _known_images(rows: Sequence[DatabaseRow]) -> KnownImages:
    return KnownImages(
        ages={row["id"]: _age(row) for row in rows},
        known={row["id"]: _known(row) for row in rows if row["like_count"] is not None},
        doubted=tuple(row["id"] for row in rows if row["is_doubted"]),
    )


def _age(row: DatabaseRow) -> ImageAge:
    return ImageAge(row["published_at"], Source(row["source"]) if row["source"] else None)


def _known(row: DatabaseRow) -> Known:
    counters = counters_of(row)
    assert counters is not None  # noqa: S101 # the caller left rows without counters out
    return Known(counters, row["as_of"], row["unconfirmed"])


def _media(row: DatabaseRow) -> Media:
    names = ("id", "url", "post_id", "width", "height", "hash", "nsfw", "nsfw_level", "browsing_level", "created_at")
    values = {name: row[name] for name in (*names, "username", "base_model")}
    return Media(
        **values,
        type=MediaType(row["type"]),
        model_version_ids=tuple(row["model_version_ids"]),
        counters=counters_of(row),
    )
