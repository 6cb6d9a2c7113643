"""Follow creators and posts, and stop following them; what was observed stays either way."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from civitai_engagement.library.first_look import look_at_once
from civitai_engagement.records.watches import FirstLook, KnownMedia, Names, WatchKind
from civitai_engagement.sources import Sources


class WatchStatus(StrEnum):
    """What became of a request to follow or to stop."""

    FOLLOWED = "watching"
    FOLLOWED_BEFORE = "watched already"
    UNFOLLOWED = "unwatched"
    NOT_FOLLOWED = "was not watched"


@dataclass(frozen=True, slots=True)
class WatchResult:
    """What became of some creators or posts, by the name as it was written.

    `media` of theirs are tracked by now; `kept` of these are still looked at often, being recorded or watched
    otherwise. `recorded` names posts that are recorded. `looks` is what came of looking at once, and `known` what is
    stored of each by then.
    """

    kind: WatchKind
    statuses: Mapping[str, WatchStatus]
    media: int
    kept: int = 0
    recorded: tuple[str, ...] = ()
    looks: tuple[FirstLook, ...] = ()
    known: Mapping[str, KnownMedia] = field(default_factory=dict)


async def watch(sources: Sources, wanted: Names) -> WatchResult:
    """Follow creators or posts; their media that were only sampled are due at once.

    Raises:
        StoreDown: The database does not answer; nothing was changed.
    """
    now = sources.clock.now()
    async with sources.store.writing() as ledger:
        ids = await ledger.watches.media(wanted)
        await ledger.images.lock(ids)  # before the watch: who records or deletes a post takes both in this order
        new = await ledger.watches.add(wanted, created_by=sources.settings.recorded_by, now=now)
        await ledger.watches.raise_(ids, now=now)
    return WatchResult(wanted.kind, _statuses(wanted, new, WatchStatus.FOLLOWED, WatchStatus.FOLLOWED_BEFORE), len(ids))


async def watch_and_look(sources: Sources, wanted: Names) -> WatchResult:
    """Follow creators or posts, and look at them at once.

    Raises:
        StoreDown: The database does not answer.
    """
    followed = await watch(sources, wanted)
    looks = await look_at_once(sources, wanted)
    async with sources.store.reading() as ledger:
        known = await ledger.watches.known(wanted)
    by_label = {label: known[name] for name, label in wanted.labels.items() if name in known}
    return replace(followed, looks=looks, known=by_label)


async def unwatch(sources: Sources, wanted: Names) -> WatchResult:
    """Stop following; what is neither recorded nor watched otherwise is looked at as seldom as a stranger's media.

    Raises:
        StoreDown: The database does not answer; nothing was changed.
    """
    async with sources.store.writing() as ledger:
        ids = await ledger.watches.media(wanted)
        await ledger.images.lock(ids)
        gone = await ledger.watches.remove(wanted)
        kept = await ledger.watches.lower(ids)
        recorded = await ledger.watches.recorded(wanted)
    statuses = _statuses(wanted, gone, WatchStatus.UNFOLLOWED, WatchStatus.NOT_FOLLOWED)
    return WatchResult(wanted.kind, statuses, len(ids), kept, tuple(sorted(recorded, key=int)))


def _statuses(wanted: Names, those: set[str], then: WatchStatus, otherwise: WatchStatus) -> dict[str, WatchStatus]:
    return {label: then if name in those else otherwise for name, label in wanted.labels.items()}
