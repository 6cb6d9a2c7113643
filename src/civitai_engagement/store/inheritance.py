"""What an older database leaves us, written into the ledger: recordings under new ids, and the history of counters."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from civitai_engagement.errors import Retryable
from civitai_engagement.records.engagement import counters_of
from civitai_engagement.records.library import AssetDraft, PostDraft, PromptDraft, Recording
from civitai_engagement.records.media import Counters
from civitai_engagement.records.provenance import Route
from civitai_engagement.store.images import Known
from civitai_engagement.store.partitions import ensure_month, month_of
from civitai_engagement.store.queries import Connection, fields, load
from civitai_engagement.store.transaction import UNUSABLE


@dataclass(frozen=True, slots=True)
class InheritedChange:
    """One row of the history: the counters of an image at an instant, and what was gained since they were last seen."""

    image_id: int
    collected_at: datetime
    counters: Counters
    gains: Counters
    previous_observed_at: datetime | None
    event: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a recording of the older database is now; `is_new` says that it was not there before."""

    id: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class OldKey:
    """By what an imported recording is recognised: its older id and the instant it was made."""

    id: int
    recorded_at: datetime


class Inheritance:
    """The writer of one connection. Recordings come under their older ids, and are told their new ones.

    >>> placed = await inheritance.add_prompts(recordings, actor="ada", now=now)
    >>> await inheritance.add_assets(recordings, dates, actor="ada", now=now)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("inheritance")

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Be the one import of an older database that runs.

        Raises:
            Retryable: Another is running.
        """
        if not await self._sql["lock"].value(self._connection):
            raise Retryable("Another import is running.", hint="Wait until it has ended, then run this one again.")
        try:
            yield
        finally:
            with suppress(OSError, *UNUSABLE):  # a connection that is gone has let go by itself
                await self._sql["unlock"].run(self._connection)

    async def prompts(self) -> dict[OldKey, int]:
        """Tell which prompts were imported."""
        return await self._known("known_prompts")

    async def assets(self) -> dict[OldKey, int]:
        """Tell which assets were imported."""
        return await self._known("known_assets")

    async def _known(self, query: str) -> dict[OldKey, int]:
        rows = await self._sql[query].all(self._connection)
        return {OldKey(row["old_id"], row["recorded_at"]): row["id"] for row in rows}

    async def add_prompts(
        self, recordings: Sequence[Recording[PromptDraft]], *, actor: str, now: datetime
    ) -> dict[int, Placed]:
        rows = [_row(one) for one in recordings]
        return _placed(await self._sql["add_prompts"].all(self._connection, rows=rows, actor=actor, now=now))

    async def add_posts(self, recordings: Sequence[Recording[PostDraft]], *, actor: str, now: datetime) -> set[int]:
        """Record posts; names those that are new by their Civitai id."""
        rows = await self._sql["add_posts"].all(
            self._connection, rows=[_row(one) for one in recordings], actor=actor, now=now
        )
        return {row["post_id"] for row in rows if row["is_new"]}

    async def add_assets(
        self,
        recordings: Sequence[Recording[AssetDraft]],
        dates: Mapping[int, datetime | None],
        *,
        actor: str,
        now: datetime,
    ) -> dict[int, Placed]:
        """Record assets and the images they are on Civitai; `dates` are those of the images, by older asset id."""
        rows = [_row(one) | {"civitai_created_at": _text(dates[one.id])} for one in recordings]
        await self._sql["add_images"].run(self._connection, rows=rows)
        return _placed(await self._sql["add_assets"].all(self._connection, rows=rows, actor=actor, now=now))

    async def link_assets(self, links: Mapping[int, Sequence[int]]) -> None:
        """Say what assets were made from, by new ids."""
        rows = [{"asset_id": one, "input_asset_ids": list(parts)} for one, parts in links.items()]
        await self._sql["link_assets"].run(self._connection, rows=rows)

    async def images_of(self, asset_ids: Iterable[int]) -> dict[int, int]:
        """Tell which Civitai images assets are."""
        rows = await self._sql["images_of"].all(self._connection, ids=list(asset_ids))
        return {row["id"]: row["image_id"] for row in rows}

    async def doubt_zeros(self, more_at: Mapping[int, datetime], *, reason: str, route: Route, now: datetime) -> None:
        """Set aside what began here with zeros seen once only, though there was more before; the images are locked."""
        times = {"ids": list(more_at), "more_at": list(more_at.values()), "now": now}
        await self._sql["doubt_zeros"].run(self._connection, reason=reason, route=route, **times)

    async def beginnings(self, image_ids: Sequence[int]) -> dict[int, Known]:
        """Give the first row of the history of images that have one."""
        rows = await self._sql["beginnings"].all(self._connection, ids=list(image_ids))
        return {
            row["image_id"]: Known(counters, row["collected_at"], unconfirmed=False)
            for row in rows
            if (counters := counters_of(row)) is not None
        }

    async def add_history(self, changes: Sequence[InheritedChange], latest: Mapping[int, Known]) -> None:
        """Write changes, and let the latest counters of each image be what is believed."""
        for instant in {month_of(one.collected_at): one.collected_at for one in changes}.values():
            await ensure_month(self._connection, instant)
        await self._sql["add_history"].run(self._connection, rows=[_change_row(one) for one in changes])
        rows = [
            {"image_id": image_id, "as_of": known.as_of.isoformat()} | _named(known.counters, "count")
            for image_id, known in sorted(latest.items())
        ]
        await self._sql["advance"].run(self._connection, rows=rows)
        await load("features")["outdate"].run(self._connection, ids=sorted({one.image_id for one in changes}))


def _row(one: Recording[Any]) -> dict[str, Any]:
    stamp = {"created_by": one.stamp.created_by, "recorded_at": _text(one.stamp.recorded_at)}
    return fields(one.draft) | stamp | {"updated_at": _text(one.stamp.updated_at), "old_id": one.id}


def _placed(rows: Iterable[Any]) -> dict[int, Placed]:
    return {row["old_id"]: Placed(row["id"], row["is_new"]) for row in rows}


def _change_row(one: InheritedChange) -> dict[str, Any]:
    return {
        "image_id": one.image_id,
        "collected_at": _text(one.collected_at),
        "previous_observed_at": _text(one.previous_observed_at),
        "event": one.event,
        **_named(one.counters, "count"),
        **_named(one.gains, "gain"),
    }


def _named(counters: Counters, what: str) -> dict[str, int]:
    return {f"{name}_{what}": value for name, value in asdict(counters).items()}


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
