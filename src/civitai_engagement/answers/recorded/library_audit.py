"""The answer of `audit_library`: what became of everything recorded, as observed and, for some, as Civitai shows it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from civitai_engagement.analysis.gains import gain_between
from civitai_engagement.analysis.unknown import NotObserved
from civitai_engagement.answers.answer import count, oldest, spoken, utc
from civitai_engagement.answers.insight.curves import Drawn, draw
from civitai_engagement.answers.now.live import LAG, see_post
from civitai_engagement.answers.recorded.audit_findings import (
    ComparedPostsLive,
    LiveComparison,
    RecentGain,
    StoredPosts,
    audited_post,
    compared,
)
from civitai_engagement.answers.recorded.audit_shape import (
    GROWING,
    MOST_TOLD,
    AuditKind,
    AuditOptions,
    LibraryAudit,
)
from civitai_engagement.errors import NotFound, Refused, UpstreamDown
from civitai_engagement.records.curves import Scope
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger

MOST_POSTS = 1_000
Progress = Callable[[int, int, str], Awaitable[None]]


async def audit_library(sources: Sources, wanted: AuditOptions, progress: Progress) -> LibraryAudit:
    """Audit what is recorded; one request to Civitai for each post that is checked.

    Raises:
        NotFound: Nothing is recorded, or none of the posts named.
        StoreDown: The database is not reachable, or still starting.
    """
    now = sources.clock.now()
    async with sources.store.reading() as ledger:
        stored_posts = await _stored_posts(ledger, wanted, now)
    checked = await _check(sources, stored_posts.ids[: wanted.compared], progress)
    return await asyncio.to_thread(_answer, stored_posts, checked, wanted, now)


async def _stored_posts(ledger: "Ledger", wanted: AuditOptions, now: datetime) -> StoredPosts:
    ids, absent, total = await _wanted(ledger, wanted)
    if not ids:
        raise NotFound("Nothing of that is recorded.", hint="record_civitai_post records posts.")
    scope = Scope(posts=tuple(ids))
    briefs = await ledger.curves.briefs(scope, limit=len(ids))
    drawn = await draw(ledger, briefs, since=now - GROWING)
    whole = await ledger.posts.gains(ids, now=now)
    lately = await asyncio.to_thread(_lately, drawn, whole, now)
    return StoredPosts(ids, absent, total, {one.id: one for one in briefs}, lately)


async def _wanted(ledger: "Ledger", wanted: AuditOptions) -> tuple[Sequence[int], Sequence[int], int]:
    """Name the posts to audit and those that are not recorded, and count all that are."""
    if wanted.posts is None:
        ids, total = await ledger.posts.newest(limit=MOST_POSTS)
        return ids, (), total
    missing = {number for _, number in await ledger.recordings.missing(posts=wanted.posts)}
    recorded = [one for one in wanted.posts if one not in missing]
    return recorded, [one for one in wanted.posts if one in missing], len(recorded)


def _lately(drawn: Sequence[Drawn], whole: Mapping[int, int], now: datetime) -> dict[int, RecentGain]:
    found = {one.brief.id: _recent(one, whole.get(one.brief.id), now) for one in drawn}
    return {post: gain for post, gain in found.items() if gain}


def _recent(one: Drawn, whole: int | None, now: datetime) -> RecentGain | None:
    if isinstance(one.curve, NotObserved):
        return None
    gain = gain_between(one.curve, now - GROWING, now)
    return None if isinstance(gain, NotObserved) else RecentGain(gain, whole)


async def _check(sources: Sources, ids: Sequence[int], progress: Progress) -> ComparedPostsLive:
    """Compare posts with Civitai, one by one; while it is down the others are not asked for."""
    posts: dict[int, LiveComparison] = {}
    seen_at: list[datetime | None] = []
    failed: list[str] = []
    for place, post_id in enumerate(ids):
        try:
            seen = await see_post(sources, post_id)
        except (UpstreamDown, Refused) as error:
            failed.append(f"post {post_id}: {error.message}")
            continue
        if seen.is_stored:
            failed.append(f"post {post_id} and the {len(ids) - place - 1} after it: {seen.notes[0]}")
            break
        async with sources.store.reading() as ledger:
            stored = await ledger.images.of_post(post_id)
        posts[post_id] = compared(stored, seen.media)
        seen_at.append(seen.as_of)
        await progress(place + 1, len(ids), f"post {post_id}")
    return ComparedPostsLive(posts, oldest(seen_at), tuple(failed))


def _answer(stored_posts: StoredPosts, checked: ComparedPostsLive, wanted: AuditOptions, now: datetime) -> LibraryAudit:
    audited = [audited_post(one, stored_posts, checked, now) for one in stored_posts.ids]
    found = [one for one in audited if one.kinds]
    numbers = Counter(kind for one in found for kind in one.kinds)
    urgent = sorted(found, key=lambda one: min(list(AuditKind).index(kind) for kind in one.kinds))
    told = {kind.value: numbers[kind] for kind in AuditKind if numbers[kind]}
    return LibraryAudit(
        summary=_summary(stored_posts, checked, told),
        as_of=utc(
            oldest(one.as_of for one in stored_posts.briefs.values())
            or oldest(one.confirmed_at for one in stored_posts.briefs.values())
        ),
        notes=_notes(stored_posts, checked, wanted),
        recorded=stored_posts.total,
        checked=len(checked.posts),
        found=told,
        posts=urgent[: wanted.limit],
        left_out=max(len(urgent) - wanted.limit, 0),
    )


def _summary(stored_posts: StoredPosts, checked: ComparedPostsLive, found: Mapping[str, int]) -> str:
    told = ", ".join(f"{number} {kind}" for kind, number in found.items()) or "nothing to report"
    when = f" at {spoken(checked.as_of)}" if checked.as_of else ""
    looked, others = len(checked.posts), len(stored_posts.ids) - len(checked.posts)
    newest = f"the newest {len(stored_posts.ids):,} of " if stored_posts.total > len(stored_posts.ids) else ""
    compared_now = f"{looked} compared with Civitai{when}, {others:,} only as stored"
    return f"Of {newest}{count(stored_posts.total, 'recorded post')}: {told}; {compared_now}."


WORDS = (
    "growing: gained reactions or comments in the last 7 days, as observed; forgotten: no counter moved in 30 days or "
    "more of looking; not observed lately: not in the last 2 days. The gain of 7 days is unknown (?) unless it was "
    "observed since the week began, or came out in it, and lately."
)
ABSENT = "Gone means that Civitai does not list it: deleted, unpublished, hidden or under review."


def _notes(stored_posts: StoredPosts, checked: ComparedPostsLive, wanted: AuditOptions) -> list[str]:
    gone = any(one.gone for one in checked.posts.values()) or any(one.missing for one in stored_posts.briefs.values())
    left = max(len(stored_posts.ids) - wanted.compared, 0)
    advice = "ask with larger checks" if wanted.posts else "name them, or ask with larger checks"
    doubts = {
        WORDS: True,
        ABSENT: gone,
        f"Not recorded, so not audited: {_some(stored_posts.absent)}.": stored_posts.absent,
        f"{count(left, 'post')} not compared with Civitai: {advice}.": left,
        LAG: checked.posts,
        f"Only the newest {MOST_POSTS:,} were looked at.": stored_posts.total > len(stored_posts.ids),
    }
    return [note for note, holds in doubts.items() if holds] + [f"Not compared: {one}" for one in checked.failed]


def _some(ids: Sequence[int]) -> str:
    more = len(ids) - MOST_TOLD
    return ", ".join(map(str, ids[:MOST_TOLD])) + (f" and {more} more" if more > 0 else "")
