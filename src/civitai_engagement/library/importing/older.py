"""Import the database of the older server: recordings under new ids, and its audit replayed as history."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from civitai_engagement.analysis.belief import ReadingVerdict
from civitai_engagement.library.importing.outcome import LineOutcome, LineStatus, Tell
from civitai_engagement.library.importing.replay import ReplayedHistory, replay, told_at
from civitai_engagement.library.importing.translation import NewKeys, Translation, civitai_number, shown
from civitai_engagement.records.library import AssetDraft, Recording
from civitai_engagement.records.provenance import Route, Source
from civitai_engagement.sources import Sources
from civitai_engagement.store.inheritance import OldKey, Placed
from civitai_engagement.store.legacy_import import OlderAsset, OlderPost, OlderPrompt, OlderRead

if TYPE_CHECKING:  # handed in: this room does not open it
    from civitai_engagement.store.ledger import Ledger
    from civitai_engagement.store.legacy_import import OlderDatabase

HISTORY_READS = 20_000  # written in one transaction; the reads of one image stay together


@dataclass(frozen=True, slots=True)
class ImportedBefore:
    """What earlier runs imported."""

    prompts: Mapping[OldKey, int]
    assets: Mapping[OldKey, int]


class OlderImport:
    """One import. What is there already is recognised, so it can be killed and begun again.

    >>> async with OlderDatabase.opened(url) as older:
    ...     await OlderImport(sources, older, tell).run()
    """

    def __init__(self, sources: Sources, older: "OlderDatabase", tell: Tell) -> None:
        self._sources = sources
        self._older = older
        self._tell = tell
        self._moved = NewKeys()
        self._translation = Translation(older.name, self._moved)

    async def run(self) -> None:
        """Import everything, telling the outcome of each row.

        Raises:
            Retryable: Another import is running.
            StoreDown: One of the databases went away; what was told as imported is kept.
        """
        async with self._sources.store.reading() as ledger, ledger.inheritance.alone():
            known = await self._recorded()
            await self._prompts(known.prompts)
            await self._posts()
            await self._assets(known.assets)
            await self._links()
            await self._histories()

    async def rehearse(self, *, stored: bool) -> None:
        """Tell what a run would do; without `stored` there is no database of ours to look into yet."""
        known = await self._recorded() if stored else ImportedBefore({}, {})
        async for prompts in self._older.stream(OlderPrompt):
            self._would("prompt", self._unknown("prompt", prompts, known.prompts, self._moved.prompts))
        async for posts in self._older.stream(OlderPost):
            numbers = self._numbers(posts)
            new = await self._missing(numbers.values()) if stored else set(numbers.values())
            for one in posts:
                self._tell(_post_outcome(one, numbers.get(one.id), new, LineStatus.WOULD))
        async for assets in self._older.stream(OlderAsset):
            self._would("asset", self._unknown("asset", assets, known.assets, self._moved.assets))

    async def _recorded(self) -> "ImportedBefore":
        async with self._sources.store.reading() as ledger:
            inheritance = ledger.inheritance
            return ImportedBefore(await inheritance.prompts(), await inheritance.assets())

    async def _missing(self, posts: Iterable[int]) -> set[int]:
        async with self._sources.store.reading() as ledger:
            return {number for _, number in await ledger.recordings.missing(posts=posts)}

    def _would(self, kind: str, new: Sequence[Any]) -> None:
        for one in new:
            self._tell(LineOutcome(f"{kind} {one.id}", _given(one), LineStatus.WOULD, remark=self._remark(one)))

    def _numbers(self, posts: Iterable[OlderPost]) -> dict[int, int]:
        numbers = {one.id: number for one in posts if (number := civitai_number(one.civitai_id)) is not None}
        self._moved.posts.update(numbers)
        return numbers

    @property
    def _stamped(self) -> dict[str, Any]:
        return {"actor": self._sources.settings.recorded_by, "now": self._sources.clock.now()}

    async def _prompts(self, known: Mapping[OldKey, int]) -> None:
        async for batch in self._older.stream(OlderPrompt):
            new = self._unknown("prompt", batch, known, self._moved.prompts)
            async with self._sources.store.writing() as ledger:
                drafts = [self._translation.prompt(one) for one in new]
                placed = await ledger.inheritance.add_prompts(drafts, **self._stamped)
            self._place("prompt", new, placed, self._moved.prompts)

    async def _posts(self) -> None:
        async for batch in self._older.stream(OlderPost):
            numbers = self._numbers(batch)
            async with self._sources.store.writing() as ledger:
                drafts = [self._translation.post(one, numbers[one.id]) for one in batch if one.id in numbers]
                new = await ledger.inheritance.add_posts(drafts, **self._stamped)
            for one in batch:
                self._tell(_post_outcome(one, numbers.get(one.id), new))

    async def _assets(self, known: Mapping[OldKey, int]) -> None:
        async for batch in self._older.stream(OlderAsset):
            new = self._unknown("asset", batch, known, self._moved.assets)
            drafts = [self._translation.asset(one) for one in new]
            dates = {one.id: one.civitai_created_at for one in new}
            async with self._sources.store.writing() as ledger:
                placed = await ledger.inheritance.add_assets(drafts, dates, **self._stamped)
                await self._track(ledger, drafts)
            self._place("asset", new, placed, self._moved.assets)

    async def _track(self, ledger: "Ledger", drafts: Iterable[Recording[AssetDraft]]) -> None:
        images = [one.draft.image_id for one in drafts if one.draft.image_id is not None]
        await ledger.images.track(images, due_at=self._sources.clock.now(), source=Source.RECORDED)

    async def _links(self) -> None:
        async for batch in self._older.links():
            assets = self._moved.assets
            links = {assets[one]: [assets[part] for part in parts if part in assets] for one, parts in batch.items()}
            async with self._sources.store.writing() as ledger:
                await ledger.inheritance.link_assets(links)

    async def _histories(self) -> None:
        async for group in _grouped(self._older.reads(), HISTORY_READS):
            reads = {self._moved.assets[one[0].asset_id]: one for one in group if one[0].asset_id in self._moved.assets}
            async with self._sources.store.writing() as ledger:
                replays = await _inherited(ledger, reads, self._sources.clock.now())
            for asset_id, replayed in replays.items():
                self._tell(_replayed_outcome(reads[asset_id][0].asset_id, replayed))

    def _unknown(
        self, kind: str, batch: Sequence[Any], known: Mapping[OldKey, int], moved: dict[int, int]
    ) -> list[Any]:
        """Leave out what an earlier run imported."""
        for one in batch:
            if (found := known.get(OldKey(one.id, one.created_at))) is not None:
                moved[one.id] = found
                self._tell(LineOutcome(f"{kind} {one.id}", _given(one), LineStatus.ALREADY))
        return [one for one in batch if one.id not in moved]

    def _place(self, kind: str, batch: Sequence[Any], placed: Mapping[int, Placed], moved: dict[int, int]) -> None:
        for one in batch:
            place = placed[one.id]
            moved[one.id] = place.id
            status = LineStatus.IMPORTED if place.is_new else LineStatus.ALREADY
            self._tell(LineOutcome(f"{kind} {one.id}", _given(one), status, remark=self._remark(one)))

    def _remark(self, one: OlderPrompt | OlderAsset) -> str:
        return "; ".join(self._translation.gaps(one)) if isinstance(one, OlderAsset) else ""


def _given(one: OlderPrompt | OlderAsset) -> str:
    return shown(one.uri if isinstance(one, OlderAsset) else one.content)


def _post_outcome(
    one: OlderPost, number: int | None, new: set[int], done: LineStatus = LineStatus.IMPORTED
) -> LineOutcome:
    if number is None:
        remark = f"{shown(one.civitai_id)!r} is no id of a post on Civitai"
        return LineOutcome(f"post {one.id}", one.civitai_url, LineStatus.SKIPPED, remark=remark)
    status = done if number in new else LineStatus.ALREADY
    return LineOutcome(f"post {one.id}", one.civitai_url, status, number)


def _replayed_outcome(asset_id: int, replayed: ReplayedHistory) -> LineOutcome:
    remark = ", ".join(f"{number} {reason}" for reason, number in sorted(replayed.left_out.items()))
    status = LineStatus.IMPORTED if replayed.changes else LineStatus.ALREADY if replayed.latest else LineStatus.SKIPPED
    return LineOutcome(f"history of asset {asset_id}", f"{len(replayed.changes)} changes", status, remark=remark)


async def _inherited(
    ledger: "Ledger", reads: Mapping[int, Sequence[OlderRead]], now: datetime
) -> dict[int, ReplayedHistory]:
    """Replay the reads of assets, by their ids here, and write what is believed; assets not on Civitai are left out."""
    inheritance = ledger.inheritance
    images = await inheritance.images_of(reads)
    await ledger.images.lock(images.values())
    # Zeros with nothing stored were believed until read again; what was there before makes them the suspects they are.
    told = {image_id: at for asset_id, image_id in images.items() if (at := told_at(reads[asset_id])) is not None}
    await inheritance.doubt_zeros(told, reason=ReadingVerdict.UNBELIEVABLE, route=Route.POST, now=now)
    firsts, latest = await inheritance.beginnings(list(images.values())), await ledger.images.known([*images.values()])
    replays = {
        asset_id: replay(image_id, reads[asset_id], firsts.get(image_id), latest.get(image_id))
        for asset_id, image_id in images.items()
    }
    believed = {
        images[asset_id]: replayed.latest for asset_id, replayed in replays.items() if replayed.latest is not None
    }
    await inheritance.add_history([one for replayed in replays.values() for one in replayed.changes], believed)
    return replays


async def _grouped(items: AsyncIterator[list[OlderRead]], size: int) -> AsyncIterator[list[list[OlderRead]]]:
    group: list[list[OlderRead]] = []
    held = 0
    async for one in items:
        group.append(one)
        held += len(one)
        if held >= size:
            yield group
            group, held = [], 0
    if group:
        yield group
