"""The answer of `list_watches`: what is followed, what is known of it, and what is wrong with it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from civitai_engagement.analysis.cadence import next_round
from civitai_engagement.answers.answer import Answer, clean, count, oldest, row, spoken, utc
from civitai_engagement.records.watches import Watching, WatchKind
from civitai_engagement.sources import Sources

SILENT_AFTER = timedelta(days=2)


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
        return f"no media known yet: looked for at {spoken(next_round(now))}"
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
