"""Bring back what the audit kept: undo the last change of a recording or its deletion, or all since a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from civitai_engagement.errors import BadInput, NotFound
from civitai_engagement.library.auditing import Auditor
from civitai_engagement.library.keeping import follow, refuse_dangling, refuse_second, rewritten
from civitai_engagement.records.library import AuditEntry, Recording, RecordingKind, Stamp
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger
    from civitai_engagement.store.recordings import DraftRepository

HINT = "What was recorded anew since it was deleted comes back with `since`, a time before the deletion."


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back: some fields of a recording, or all of one that was deleted.

    `assets` came back with their post; `left` could not, each with the reason.
    """

    kind: RecordingKind
    id: int
    fields: tuple[str, ...] = ()
    was_deleted: bool = False
    assets: tuple[int, ...] = ()
    left: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Former:
    """How a recording was; `is_whole` where that says all of it, and not only what changed since."""

    said: Mapping[str, Any]
    is_whole: bool = False


async def restore(sources: Sources, kind: RecordingKind, number: int, since: datetime | None = None) -> Restored:
    """Undo the last change or the deletion of a recording; with `since`, all of them from then on.

    Raises:
        NotFound: The audit knows of nothing to undo.
        BadInput: What it refers to is gone, or its Civitai image has another asset now.
    """
    async with sources.store.writing() as ledger:
        entries = await ledger.recordings.audited(kind, number)
        wanted = [one for one in entries if one.at >= since] if since else entries[:1]
        former = former_of(kind, number, wanted)
        again = _Again(sources, ledger)
        if wanted[0].action == "delete":
            return await again.revive(kind, number, former, wanted[0].at)
        return await again.give_back(kind, number, former)


def former_of(kind: RecordingKind, number: int, undone: Sequence[AuditEntry]) -> Former:
    """Say how a recording was before all of these, newest first.

    Raises:
        NotFound: There are none, or it was not there then.
    """
    former: Former | None = Former({})
    for one in undone:
        if one.action == "create":
            former = None
        elif one.action == "delete":
            former = Former(one.before, is_whole=True)
        elif former is not None:
            former = Former({**former.said, **one.before}, is_whole=former.is_whole)
    if former is None or former == Former({}):
        raise NotFound(f"{kind.capitalize()} {number} was neither changed nor deleted then.", hint=HINT)
    return former


class _Again:
    """Puts back, within one transaction, what was."""

    def __init__(self, sources: Sources, ledger: "Ledger") -> None:
        self._sources = sources
        self._ledger = ledger
        self._auditor = Auditor(sources, ledger.recordings)

    async def give_back(self, kind: RecordingKind, number: int, former: Former) -> Restored:
        """Give fields of a recording that is there the values they had."""
        repository: DraftRepository[Any] = self._ledger.recordings.repository(kind)
        changes = repository.values(former.said, is_whole=former.is_whole)
        now_of = await self._ledger.recordings.images_of(kind, number) if "image_id" in changes else []
        wanted = [changes["image_id"]] if changes.get("image_id") is not None else []
        await self._ledger.images.lock(sorted({*now_of, *wanted}))
        if kind is RecordingKind.ASSET:
            await self._link(number, changes)
        before = await repository.take(number)
        after = await rewritten(self._sources, repository, self._ledger, number, changes=changes)
        await self._ledger.watches.lower([one for one in now_of if one not in wanted])
        names = [one for one in changes if before and getattr(before.draft, one) != getattr(after.draft, one)]
        return Restored(kind, number, fields=tuple(names))

    async def revive(self, kind: RecordingKind, number: int, former: Former, at: datetime) -> Restored:
        """Record again, under its id, what was deleted; a post with the assets that went with it."""
        recordings, ledger = self._ledger.recordings, self._ledger
        parts = await recordings.deleted_with(number, at) if kind is RecordingKind.POST else []
        known = await ledger.followed.of_post(number) if kind is RecordingKind.POST else []
        named = [one.get("image_id") for one in (former.said, *(part.before for part in parts))]
        await ledger.images.lock(sorted({*known, *(one for one in named if one is not None)}))
        await self._add(kind, number, former.said)
        left = await self._add_parts(parts)
        if kind is RecordingKind.POST:
            actor, now = self._auditor.actor, self._auditor.now
            await ledger.posts.watch("post", str(number), created_by=actor, now=now)
            await ledger.watches.raise_(sorted(known), now=now)
        back = tuple(part.id for part in parts if part.id not in left)
        return Restored(kind, number, was_deleted=True, assets=back, left=left)

    async def _add_parts(self, parts: Sequence[AuditEntry]) -> dict[int, str]:
        """Record assets of a post again; gives those that cannot be, with the reason."""
        left: dict[int, str] = {}
        for part in parts:
            try:
                await self._add(RecordingKind.ASSET, part.id, part.before)
            except BadInput as error:
                left[part.id] = error.message
        rest = [part for part in parts if part.id in left]
        is_worth_another_try = 0 < len(rest) < len(parts)  # one may be made from another that came after it
        return await self._add_parts(rest) if is_worth_another_try else left

    async def _add(self, kind: RecordingKind, number: int, said: Mapping[str, Any]) -> None:
        repository: DraftRepository[Any] = self._ledger.recordings.repository(kind)
        values = repository.values(said, is_whole=True)
        if kind is RecordingKind.ASSET:
            await self._link(number, values)
        entries = await self._ledger.recordings.audited(kind, number)
        first = next((one for one in reversed(entries) if one.action == "create"), entries[0])
        made = Recording(number, repository.draft(**values), Stamp(first.actor, first.at, self._auditor.now))
        await repository.add_again(made)
        await self._auditor.created(kind, made)

    async def _link(self, number: int, values: Mapping[str, Any]) -> None:
        """Refuse an asset whose image has another one now, or that refers to what is gone; follow its image."""
        if (image_id := values.get("image_id")) is not None:
            await refuse_second(self._ledger, image_id, but=number)
            await follow(self._ledger, image_id, self._auditor.now)
        await refuse_dangling(self._ledger.recordings, values)
