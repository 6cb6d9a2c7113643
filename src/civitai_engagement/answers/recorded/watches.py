"""What is followed, and what became of wishes to follow or to stop, as answers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from civitai_engagement.answers.answer import Answer, clean, count, oldest, row, spoken, utc
from civitai_engagement.records.watches import Watching, WatchKind
from civitai_engagement.sources import Sources

if TYPE_CHECKING:  # rooms on one floor do not know each other; what was done is handed in
    from collections.abc import Mapping
    from typing import Protocol

    class Done(Protocol):
        """What became of some creators or posts, by name."""

        @property
        def kind(self) -> WatchKind: ...
        @property
        def statuses(self) -> Mapping[str, str]: ...
        @property
        def media(self) -> int: ...
        @property
        def kept(self) -> int: ...
        @property
        def recorded(self) -> tuple[str, ...]: ...


SILENT_AFTER = timedelta(days=2)


class WatchOutcomes(Answer):
    """What became of each, by name."""

    results: dict[str, str]

    def _lines(self) -> list[str]:
        return [row(name, status) for name, status in self.results.items()]


class ListedWatch(BaseModel):
    """One creator or post that is followed; `problem` stands where there is one."""

    kind: str
    name: str
    posts: int
    media: int
    last_observed_at: str | None
    since: str
    by: str
    recorded: bool | None = None
    listed_on_civitai: int | None = None
    problem: str | None = None


class WatchList(Answer):
    """What is followed, newest first."""

    watches: list[ListedWatch]
    count: int
    total: int
    next_offset: int | None

    def _lines(self) -> list[str]:
        head = "kind|name|posts|media|last observed|watched since|by|remark"
        return [head, *map(_line, self.watches)] if self.watches else []


def _line(one: ListedWatch) -> str:
    remarks = ["recorded"] if one.recorded else []
    remarks += [f"{one.listed_on_civitai} listed on Civitai"] if one.listed_on_civitai is not None else []
    remarks += [one.problem] if one.problem else []
    return row(
        one.kind, one.name, one.posts, one.media, one.last_observed_at, one.since, one.by, "; ".join(remarks) or "-"
    )


async def watches(sources: Sources, *, limit: int, offset: int) -> WatchList:
    """List what is followed.

    Raises:
        StoreDown: The database is not reachable, or still starting.
    """
    async with sources.store.reading() as ledger:
        page, total = await ledger.watches.page(limit=limit, offset=offset)
    now = sources.clock.now()
    listed = [_listed(one, now) for one in page]
    following = offset + len(page)
    return WatchList(
        summary=_summary(page, listed, total, offset),
        as_of=utc(oldest(one.last_observed_at for one in page)),
        notes=[],
        watches=listed,
        count=len(page),
        total=total,
        next_offset=following if page and following < total else None,
    )


def _summary(page: Sequence[Watching], listed: Sequence[ListedWatch], total: int, offset: int) -> str:
    if not total:
        return "Nothing is watched yet. Use watch_creator, watch_post or record_civitai_post."
    if not page:
        return f"Offset {offset} is past the end: {count(total, 'watch', 'watches')}."
    creators = sum(one.kind is WatchKind.CREATOR for one in page)
    here = "" if len(page) == total else f" (here {offset + 1} to {offset + len(page)})"
    troubled = sum(one.problem is not None for one in listed)
    trouble = f"; {count(troubled, 'problem')}" if troubled else ""
    kinds = f"{count(creators, 'creator')} and {count(len(page) - creators, 'post')}"
    return f"{count(total, 'watch', 'watches')}{here}: {kinds}{trouble}."


def _listed(one: Watching, now: datetime) -> ListedWatch:
    said: dict[str, Any] = {
        "kind": one.kind,
        "name": clean(one.label, 100),
        "posts": one.posts,
        "media": one.media,
        "last_observed_at": utc(one.last_observed_at),
        "since": utc(one.created_at),
        "by": clean(one.created_by, 60),
    }
    optional = {"recorded": one.is_recorded or None, "listed_on_civitai": one.listed, "problem": _problem(one, now)}
    return ListedWatch.model_validate(said | {name: value for name, value in optional.items() if value is not None})


def _problem(one: Watching, now: datetime) -> str | None:
    if unlisted := _unlisted(one):
        return unlisted
    if not one.media:
        return "no media known yet: the next collection looks"
    if one.missing:
        return f"{one.missing} of {one.media} media {'is' if one.missing == 1 else 'are'} no longer listed"
    if one.last_observed_at is None:
        return "not observed yet"
    return f"not observed since {spoken(one.last_observed_at)}" if now - one.last_observed_at > SILENT_AFTER else None


def _unlisted(one: Watching) -> str | None:
    """Say that Civitai was asked and lists nothing: of a creator, or of a post nothing is known of."""
    if one.renamed_to:
        name = clean(one.renamed_to, 100)
        return f"Civitai lists nothing under this name any more: renamed to {name}, which is followed"
    if one.looked_at is None or one.listed or (one.kind is WatchKind.POST and one.media):
        return None
    if one.kind is WatchKind.POST:
        return "Civitai lists no media of this post: is it written right, published and not hidden?"
    if not one.media:
        return "Civitai lists nothing of this name: is it written right?"
    return "Civitai lists nothing under this name any more (renamed? deleted?); known media stay followed by post"


def watched(done: "Done") -> WatchOutcomes:
    """Say what following did, and what happens next."""
    new = sum(status == "watching" for status in done.statuses.values())
    what = {WatchKind.CREATOR: "all their posts", WatchKind.POST: "all their media"}[done.kind]
    known = f"{count(done.media, 'media', 'media')} known so far; " if done.media else ""
    return WatchOutcomes(
        summary=(
            f"{_named(done)} watched{'' if new else ' already'}: {known}the next collection looks for {what} and "
            "observes them from then on."
        ),
        notes=[] if done.kind is WatchKind.POST else ["Whether Civitai has the name is seen then: list_watches tells."],
        results=dict(done.statuses),
    )


def unwatched(done: "Done") -> WatchOutcomes:
    """Say what stopping did, and what stays."""
    gone = sum(status == "unwatched" for status in done.statuses.values())
    left = f"{count(done.kept, 'media', 'media')} of {'theirs' if len(done.statuses) > 1 else 'it'}"
    doubts = {
        f"Recorded and staying so, with history: post {', '.join(done.recorded)}. delete_recording ends that.": bool(
            done.recorded
        ),
        f"{left} are still followed, being recorded or watched otherwise.": bool(done.kept),
    }
    return WatchOutcomes(
        summary=f"{_named(done)} {'no longer' if gone else 'not'} watched; observed history stays.",
        notes=[note for note, holds in doubts.items() if holds],
        results=dict(done.statuses),
    )


def _named(done: "Done") -> str:
    names = list(done.statuses)
    if len(names) > 3:
        return f"{len(names)} {done.kind}s are"
    one = len(names) == 1
    return f"{done.kind.capitalize()}{'' if one else 's'} {', '.join(names)} {'is' if one else 'are'}"
