"""What is found of one post: as stored, as it moved lately, and as Civitai shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from civitai_engagement.analysis.gains import Gain
from civitai_engagement.answers.answer import clean, count, figures, utc
from civitai_engagement.answers.now.media import summed
from civitai_engagement.answers.recorded.audit_shape import FORGOTTEN, LATE, AuditedPost, AuditKind
from civitai_engagement.records.curves import Brief
from civitai_engagement.records.media import Media

if TYPE_CHECKING:
    from civitai_engagement.store.images import StoredMedia


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


def audited_post(post_id: int, stored_posts: StoredPosts, checked: ComparedPostsLive, now: datetime) -> AuditedPost:
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
