"""The answer of `audit_library`: what became of everything recorded, as observed and, for some, as Civitai shows it."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import BaseModel

from civitai_engagement.analysis.gains import Gain, gain_between
from civitai_engagement.analysis.unknown import NotObserved
from civitai_engagement.answers.answer import Answer, clean, count, figures, oldest, row, spoken, utc
from civitai_engagement.answers.insight.curves import Drawn, draw
from civitai_engagement.answers.now.live import LAG, see_post
from civitai_engagement.answers.now.media import summed
from civitai_engagement.errors import NotFound, Refused, UpstreamDown
from civitai_engagement.records.curves import Brief, Scope
from civitai_engagement.records.media import Media
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.store.images import StoredMedia
    from civitai_engagement.store.ledger import Ledger

MOST_POSTS = 1_000
NEWEST, MOST_NAMED = 10, 50  # compared with Civitai, unless it is said how many
MOST_TOLD = 10  # ids of what is not recorded
GROWING = timedelta(days=7)
FORGOTTEN = timedelta(days=30)
LATE = timedelta(days=2)  # twice the longest time between two looks at what is recorded
Progress = Callable[[int, int, str], Awaitable[None]]


class AuditKind(StrEnum):
    """What an audit finds, what wants attention first."""

    GONE = "gone"
    PARTLY_GONE = "partly gone"
    RE_RATED = "re-rated"
    MORE_MEDIA = "with media not recorded"
    UNOBSERVED = "never observed"
    NOT_LATELY = "not observed lately"
    GROWING = "growing"
    FORGOTTEN = "forgotten"


class AuditedPost(BaseModel):
    """One post with what was found of it. `stored` and `live` are reactions and comments; null: unknown, not looked.

    `gain_7d` is null unless it was observed all week (or since it came out); `remark` tells what was seen of it.
    """

    post_id: str
    creator: str | None
    kinds: list[AuditKind]
    stored: int | None
    live: int | None
    gain_7d: int | None
    observed_at: str | None
    remark: str | None


class LibraryAudit(Answer):
    """Posts something was found of; `found` counts them by kind. `checked` were compared with Civitai now."""

    recorded: int
    checked: int
    found: dict[str, int]
    posts: list[AuditedPost]
    left_out: int

    def _lines(self) -> list[str]:
        head = "post|creator|found|stored|live|gain 7 d|observed|remark"
        left = [f"({self.left_out} more posts: ask with a larger limit)"] if self.left_out else []
        return [*([head] if self.posts else []), *map(_line, self.posts), *left]


def _line(one: AuditedPost) -> str:
    live = "-" if one.live is None else one.live
    found = ", ".join(one.kinds)
    return row(one.post_id, one.creator, found, one.stored, live, one.gain_7d, one.observed_at, one.remark or "")


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What is to be audited: these posts (None: all), the first `checks` of them against Civitai; `limit` rows."""

    posts: tuple[int, ...] | None = None
    checks: int | None = None
    limit: int = 40

    @property
    def compared(self) -> int:
        """How many are compared with Civitai; what was named is meant to be looked at."""
        if self.checks is not None:
            return self.checks
        return NEWEST if self.posts is None else MOST_NAMED


@dataclass(frozen=True, slots=True)
class RecentGain:
    """What was seen of a post to be gained in the last 7 days; `whole`: all of it, None where that is unknown."""

    gain: Gain
    whole: int | None


@dataclass(frozen=True, slots=True)
class StoredPosts:
    """What is stored of the recorded posts, newest first, and what they gained lately, as far as that was seen.

    `absent` were named but are not recorded.
    """

    ids: Sequence[int]
    absent: Sequence[int]
    total: int
    briefs: Mapping[int, Brief]
    lately: Mapping[int, RecentGain]


@dataclass(frozen=True, slots=True)
class LiveComparison:
    """What Civitai shows of one post beside what is stored: media gone, media not recorded, levels that changed."""

    gone: int = 0
    more: int = 0
    rated: tuple[str, ...] = ()
    total: int | None = None


@dataclass(frozen=True, slots=True)
class ComparedPostsLive:
    """The posts that were compared with Civitai, when, and why the others were not."""

    posts: Mapping[int, LiveComparison]
    as_of: datetime | None
    failed: tuple[str, ...]


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
    return _answer(stored_posts, checked, wanted, now)


async def _stored_posts(ledger: "Ledger", wanted: AuditOptions, now: datetime) -> StoredPosts:
    ids, absent, total = await _wanted(ledger, wanted)
    if not ids:
        raise NotFound("Nothing of that is recorded.", hint="record_civitai_post records posts.")
    scope = Scope(posts=tuple(ids))
    briefs = await ledger.curves.briefs(scope, limit=len(ids))
    drawn = await draw(ledger, briefs, since=now - GROWING)
    whole = await ledger.posts.gains(ids, now=now)
    lately = {one.brief.id: found for one in drawn if (found := _lately(one, whole.get(one.brief.id), now))}
    return StoredPosts(ids, absent, total, {one.id: one for one in briefs}, lately)


async def _wanted(ledger: "Ledger", wanted: AuditOptions) -> tuple[Sequence[int], Sequence[int], int]:
    """Name the posts to audit and those that are not recorded, and count all that are."""
    if wanted.posts is None:
        ids, total = await ledger.posts.newest(limit=MOST_POSTS)
        return ids, (), total
    missing = {number for _, number in await ledger.recordings.missing(posts=wanted.posts)}
    recorded = [one for one in wanted.posts if one not in missing]
    return recorded, [one for one in wanted.posts if one in missing], len(recorded)


def _lately(one: Drawn, whole: int | None, now: datetime) -> RecentGain | None:
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


def compared(stored: "Sequence[StoredMedia]", live: Sequence[Media]) -> LiveComparison:
    """Set what Civitai shows of a post beside what is stored of it."""
    before = {one.media.id: one.media for one in stored}
    now = {one.id: one for one in live}
    known = [one.counters for one in live if one.counters is not None]
    sums = summed(known) if len(known) == len(live) else None
    return LiveComparison(
        gone=len(before.keys() - now.keys()),
        more=len(now.keys() - before.keys()),
        rated=tuple(sorted(filter(None, (_rerated(before[one], now[one]) for one in before.keys() & now.keys())))),
        total=sums.total if sums else None,
    )


def _rerated(before: Media, now: Media) -> str | None:
    levels = (before.nsfw_level, now.nsfw_level)
    if None in levels or levels[0] == levels[1]:
        return None
    return f"{clean(levels[0], 20)} to {clean(levels[1], 20)}"


def _answer(stored_posts: StoredPosts, checked: ComparedPostsLive, wanted: AuditOptions, now: datetime) -> LibraryAudit:
    audited = [_audited(one, stored_posts, checked, now) for one in stored_posts.ids]
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


def _there(briefs: Collection[Brief]) -> Collection[Brief]:
    """Give those not gone whole; where all are gone, all."""
    return [one for one in briefs if one.as_of is not None] or briefs


@dataclass(frozen=True, slots=True)
class AuditedSides:
    """One post as stored, as it moved lately and, where it was compared, as Civitai shows it."""

    brief: Brief | None
    lately: RecentGain | None
    live: LiveComparison | None

    @property
    def media(self) -> int:
        return self.brief.media if self.brief else 0

    @property
    def gone(self) -> int:
        """What Civitai shows now counts before what was last observed."""
        if self.live:
            return self.live.gone
        return self.brief.missing if self.brief else 0


def _audited(post_id: int, stored_posts: StoredPosts, checked: ComparedPostsLive, now: datetime) -> AuditedPost:
    sides = AuditedSides(stored_posts.briefs.get(post_id), stored_posts.lately.get(post_id), checked.posts.get(post_id))
    brief, live, lately = sides.brief, sides.live, sides.lately
    return AuditedPost(
        post_id=str(post_id),
        creator=clean(brief.username, 60) if brief else None,
        kinds=[*_standing(sides), *_moving(brief, lately, now)],
        stored=brief.counters.total if brief and brief.counters else None,
        live=live.total if live else None,
        gain_7d=lately.whole if lately else None,
        observed_at=utc(brief.as_of or brief.confirmed_at) if brief else None,
        remark="; ".join(_remarks(sides)) or None,
    )


def _standing(sides: AuditedSides) -> list[AuditKind]:
    """Say what became of the media themselves."""
    live = sides.live or LiveComparison()
    found = {
        AuditKind.GONE: 0 < sides.gone == sides.media,
        AuditKind.PARTLY_GONE: 0 < sides.gone < sides.media,
        AuditKind.RE_RATED: live.rated,
        AuditKind.MORE_MEDIA: live.more,
    }
    return [kind for kind, holds in found.items() if holds]


def _moving(brief: Brief | None, lately: RecentGain | None, now: datetime) -> list[AuditKind]:
    """Say whether it is looked at, and moves; what is gone does not count."""
    if brief is None or brief.counters is None:
        return [AuditKind.UNOBSERVED]
    if brief.as_of is None:
        return []
    stood_still = brief.as_of - (brief.changed_at or brief.as_of)
    found = {
        AuditKind.NOT_LATELY: now - brief.as_of > LATE,
        AuditKind.GROWING: lately and lately.gain.amount > 0,
        AuditKind.FORGOTTEN: stood_still >= FORGOTTEN,
    }
    return [kind for kind, holds in found.items() if holds]


def _remarks(sides: AuditedSides) -> list[str]:
    live, known = sides.live or LiveComparison(), sides.brief.known if sides.brief else 0
    gain = sides.lately.gain if sides.lately and sides.lately.whole is None else None
    said = {
        f"{sides.gone} of {count(sides.media, 'media', 'media')} not on Civitai": sides.gone,
        f"{count(len(live.rated), 'media', 'media')} from {', '.join(dict.fromkeys(live.rated))}": live.rated,
        f"{live.more} more on Civitai": live.more,
        f"{known} of {sides.media} media known": 0 < known < sides.media,
        gain and f"{gain.amount:,} gained in {figures(gain.hours)} h observed": gain and gain.amount > 0,
    }
    return [words for words, holds in said.items() if words and holds]


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
