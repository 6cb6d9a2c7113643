"""The answer of `list_civitai_posts`: what is recorded, with how it is doing as of the last observation."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from civitai_engagement.answers.answer import TEXT_BYTES, Answer, clean, count, fit, row, spoken, utc
from civitai_engagement.answers.recorded.engagement import (
    NUMBERS,
    EngagementNow,
    GainSince,
    as_of,
    engagement_notes,
    engagement_now,
    gain_since,
    numbers,
)
from civitai_engagement.answers.recorded.listed_assets import (
    ASSETS_A_POST,
    STRUCTURE_BYTES,
    WHOLE,
    ListedAsset,
    fitting,
    listed_asset,
)
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.records.filters import PostFilter
    from civitai_engagement.store.posts import RecordedPost

TITLE_LIMIT, WHOLE_TITLE = 36, 120  # a page of fifty posts fits; with details titles are whole
DESCRIPTION_LIMIT, SHORT_DESCRIPTION = 200, 60
METADATA_BYTES, MOST_TAGS = 300, 5  # of each of more than ten posts
LEFT_OUT = "more_assets are left out of {}: pass civitai_id for all media of one post, or a smaller limit."


class ListedPost(BaseModel):
    """One recorded post. Its sums are over its media; `assets` (most reactions first) only with details.

    `gain_since` says from when gain_7d counts: the start of the seven days, or the publication where that lies in them
    (gain_24h then too, where it is younger than a day); it stands where that gain is known.

    `recorded_at` stands with details, and where the publication is unknown.
    """

    post_id: str
    civitai_id: str
    civitai_url: str
    title: str | None
    status: str
    creator: str | None
    created_by: str
    matched_by: str | None = None
    published_at: str | None
    recorded_at: str | None = None
    asset_count: int
    engagement: EngagementNow
    gain_since: GainSince | None = None
    tags: list[str] | None = None
    description: str | None = None
    assets: list[ListedAsset] | None = None
    more_assets: int | None = None
    on_behalf_of: str | None = None
    metadata: dict[str, Any] | None = None
    created_at: str | None = None
    updated_at: str | None = None


class RecordedPosts(Answer):
    """One page of recorded posts, newest first. `count` is this page, `total` all that match."""

    posts: list[ListedPost]
    count: int
    total: int
    limit: int
    offset: int
    next_offset: int | None

    def _lines(self) -> list[str]:
        if not self.posts:
            return []
        head = row("post", "title", "creator", "status", "published", "media", *NUMBERS)
        lines = [_post_line(one) for one in self.posts]
        room = TEXT_BYTES - len("\n".join([self.summary, head, *lines, *self.notes]).encode()) - 400
        return [head, *_with_assets(self.posts, lines, room)]


def _post_line(one: ListedPost) -> str:
    when = one.published_at or f"recorded {one.recorded_at}"
    words = row(one.title or "(no title)", one.creator)
    numbers_of = "|".join(["?" if each is None else str(each) for each in numbers(one.engagement)])
    return f"{one.post_id}|{words}|{one.status}|{when}|{one.asset_count}|{numbers_of}"


def _with_assets(posts: Sequence[ListedPost], lines: Sequence[str], room: int) -> list[str]:
    """Put the assets under their posts, the best of each first, as far as the room reaches."""
    detailed = [one for one in posts if one.assets]
    share = room // len(detailed) if detailed else 0
    out = ["under a post: asset id (Civitai id) type like heart laugh cry comment"] if detailed else []
    for one, line in zip(posts, lines, strict=True):
        kept = fit(map(_asset_cell, one.assets or ()), share - 80)
        left = one.asset_count - len(kept) if one.assets else 0
        more = [f"  (+{left} more: civitai_id={one.post_id}, or get_top_media)"] if left else []
        out += [line, *kept, *more]
    return out


def _asset_cell(one: ListedAsset) -> str:
    seen = one.engagement
    counted = f"{seen.like} {seen.heart} {seen.laugh} {seen.cry} {seen.comment}" if seen else "?"
    return f"  {one.asset_id} ({one.civitai_id or '-'}) {one.type} {counted}"


async def recorded_posts(
    sources: Sources, wanted: "PostFilter", *, details: bool, limit: int, offset: int
) -> RecordedPosts:
    """List recorded posts.

    Raises:
        StoreDown: The database is not reachable, or still starting.
    """
    async with sources.store.reading() as ledger:
        assets = ASSETS_A_POST if details else 0
        now = sources.clock.now()
        posts, total = await ledger.posts.page(wanted, now=now, limit=limit, offset=offset, assets=assets)
    following = offset + len(posts)
    listed = [_listed(one, wanted.creators) for one in posts]
    if details:
        listed = _detailed(listed, posts)
    return RecordedPosts(
        summary=_summary(posts, total, wanted, offset=offset),
        as_of=utc(as_of([one.engagement for one in posts])),
        notes=[*_notes(posts), *_left_out(listed)],
        posts=listed,
        count=len(posts),
        total=total,
        limit=limit,
        offset=offset,
        next_offset=following if posts and following < total else None,
    )


def _listed(one: "RecordedPost", creators: Sequence[str] | None) -> ListedPost:
    slim: dict[str, Any] = {
        "post_id": str(one.post_id),
        "civitai_id": str(one.post_id),
        "civitai_url": one.civitai_url,
        "title": clean(one.title, TITLE_LIMIT),
        "status": one.status,
        "creator": clean(one.username, 60),
        "created_by": one.created_by,
        "published_at": utc(one.published_at),
        "asset_count": one.asset_count,
        "engagement": engagement_now(one.engagement),
    }
    if since := gain_since(one.engagement):
        slim["gain_since"] = since
    if one.published_at is None:
        slim["recorded_at"] = utc(one.recorded_at)
    if creators is not None:
        slim["matched_by"] = "creator" if (one.username or "").lower() in creators else "recorder"
    return ListedPost(**slim)


def _detailed(listed: Sequence[ListedPost], posts: "Sequence[RecordedPost]") -> list[ListedPost]:
    """Add what is told with details; where there are many posts, their assets share the room that is left."""
    is_short = len(posts) > WHOLE
    whole = [each.model_copy(update=_details(one, is_short=is_short)) for each, one in zip(listed, posts, strict=True)]
    written = sum(len(one.model_dump_json(exclude_unset=True).encode()) + 1 for one in whole)
    assets = [[listed_asset(each) for each in one.assets] for one in posts]
    shown = fitting(assets, STRUCTURE_BYTES - written)
    return [
        one.model_copy(update={"assets": own[:number], "more_assets": one.asset_count - number})
        for one, own, number in zip(whole, assets, shown, strict=True)
    ]


def _details(one: "RecordedPost", *, is_short: bool) -> dict[str, Any]:
    recorded_at, metadata = utc(one.recorded_at), dict(one.metadata)
    tags = [tag for each in one.tags if (tag := clean(each, 40))]
    if is_short and len(json.dumps(metadata)) > METADATA_BYTES:
        metadata = {"left_out": "too long for a list of many posts: ask for this one"}
    return {
        "title": clean(one.title, TITLE_LIMIT if is_short else WHOLE_TITLE),
        "recorded_at": recorded_at,
        "tags": tags[:MOST_TAGS] if is_short else tags,
        "description": clean(one.description, SHORT_DESCRIPTION if is_short else DESCRIPTION_LIMIT),
        "assets": [],
        "more_assets": one.asset_count,
        "on_behalf_of": one.on_behalf_of,
        "metadata": metadata,
        "created_at": recorded_at,
        "updated_at": utc(one.updated_at),
    }


def _left_out(listed: Sequence[ListedPost]) -> list[str]:
    concerned = [one.post_id for one in listed if one.more_assets]
    return [LEFT_OUT.format(count(len(concerned), "post"))] if concerned else []


def _summary(posts: "Sequence[RecordedPost]", total: int, wanted: "PostFilter", *, offset: int) -> str:
    matching = " match" if _is_narrow(wanted) else ""
    if not total:
        nothing = "No recorded post matches." if matching else "Nothing is recorded yet."
        return f"{nothing} Record posts with record_civitai_post, by id or URL."
    if not posts:
        return f"Offset {offset} is past the end: {count(total, 'recorded post')}{matching}."
    every, sums = f"{count(total, 'recorded post')}{matching}", f"{_counted(posts)}{_when(posts)}"
    if len(posts) == total:
        return f"{every} with {sums}."
    these = "this one has" if len(posts) == 1 else f"these {len(posts)} have"
    return f"{every} (here {offset + 1} to {offset + len(posts)}, newest first); {these} {sums}."


def _counted(posts: "Sequence[RecordedPost]") -> str:
    known = [one.engagement.counters for one in posts if one.engagement.counters]
    if not known:
        return "counters not observed yet"
    reactions, comments = sum(one.reactions for one in known), sum(one.comment for one in known)
    return f"{count(reactions, 'reaction')} and {count(comments, 'comment')}"


def _is_narrow(wanted: "PostFilter") -> bool:
    return any(getattr(wanted, name) is not None for name in wanted.__slots__)


def _when(posts: "Sequence[RecordedPost]") -> str:
    observed_at = as_of([one.engagement for one in posts])
    return f", observed {spoken(observed_at)} or later" if observed_at else ""


def _notes(posts: "Sequence[RecordedPost]") -> list[str]:
    """Say each doubt once, with how many posts it concerns."""
    concerned: dict[str, list[str]] = defaultdict(list)
    for one in posts:
        for note in engagement_notes(one.engagement):
            concerned[note].append(str(one.post_id))
    return [note if len(ids) == len(posts) else f"{note} (post {_some(ids)})" for note, ids in concerned.items()]


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")
