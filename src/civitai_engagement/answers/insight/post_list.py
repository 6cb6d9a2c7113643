"""The answer of `list_posts`: the posts of anyone followed, recorded or not, in an order."""

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel

from civitai_engagement.analysis.curves import HOUR, spoken_age
from civitai_engagement.answers.answer import Answer, clean, count, engagement, row, three_figures, utc
from civitai_engagement.answers.insight.curves import Drawn, draw
from civitai_engagement.answers.insight.post_rating import rated_best
from civitai_engagement.answers.insight.rating_shape import RatedAge
from civitai_engagement.answers.recorded.engagement import as_of
from civitai_engagement.answers.recorded.waiting import what_to_do
from civitai_engagement.civitai.urls import post_url
from civitai_engagement.records.curves import Scope
from civitai_engagement.records.filters import Subject
from civitai_engagement.records.media import by_name
from civitai_engagement.records.post_list import ObservedPost, ObservedPostFilter, PostListOrder, PostOrder
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger

TITLE_LIMIT = 60
WAY = "watch_creator follows all that somebody publishes, and looks at once."
CREATORS, PEERS = 5, 150  # whose posts are rated, and beside how many of their newest
DAY, MOST_RANKED = timedelta(days=1), 1_000
LEVELS = {"PG": 1, "PG-13": 2, "R": 4, "X": 8, "XXX": 16}
PACE = "Fastest is what was gained an hour observed in the last 24 hours, as get_top_movers ranks it; then the newest."
UNKNOWN = "A gain is ? where our observations do not cover its time; unknown is not 0."


@dataclass(frozen=True, slots=True)
class PostListOptions:
    """Which page of which posts, in which order."""

    wanted: ObservedPostFilter
    order: PostOrder = PostOrder.NEWEST
    limit: int = 20
    offset: int = 0


class PostRow(BaseModel):
    """One post with the latest counters of its media summed (null: unknown); `total` is reactions and comments.

    `times_typical` is against the median of its creator's others at equal age, `at_age`, as rate_post tells it.

    A gain is null where its time was not observed; of a post younger than it, it counts from the publication.
    """

    post_id: str
    title: str | None
    url: str
    creator: str | None
    published_at: str | None
    age_hours: float | None
    types: list[str]
    level: str | None
    media: int
    like: int | None
    heart: int | None
    laugh: int | None
    cry: int | None
    dislike: int | None
    comment: int | None
    total: int | None
    gain_24h: int | None
    gain_7d: int | None
    times_typical: float | None
    at_age: str | None
    is_recorded: bool
    as_of: str | None


class ListedPosts(Answer):
    """One page of posts; `count` is this page, `total` all that match. `post_page` is where each of them is shown."""

    order: str
    post_page: str
    posts: list[PostRow]
    count: int
    total: int
    next_offset: int | None

    def _lines(self) -> list[str]:
        if not self.posts:
            return []
        head = row("post", "title", "creator", "age", "total", "24 h", "7 d", "times typical", "at", "types")
        return [f"page: {self.post_page}", head, *map(_line, self.posts)]


def _line(one: PostRow) -> str:
    age = None if one.age_hours is None else spoken_age(one.age_hours * HOUR)
    types = " ".join(one.types)
    numbers = (one.total, one.gain_24h, one.gain_7d, one.times_typical, one.at_age)
    return row(one.post_id, one.title, one.creator, age, *numbers, types)


async def post_list(sources: Sources, options: PostListOptions) -> ListedPosts:
    """List posts of those who are followed.

    Raises:
        StoreDown: The database is not reachable, or still starting.
    """
    now = sources.clock.now()
    async with sources.store.reading() as ledger:
        order = PostListOrder(options.order, await _fastest(ledger, options, now))
        found, total = await ledger.post_list.page(
            options.wanted, order, now=now, limit=options.limit, offset=options.offset
        )
        rated = await _rated(ledger, found)
        hint = "" if total else await what_to_do(ledger, now, Subject(creator=options.wanted.creator), WAY)
    site, following = sources.settings.civitai_base_url, options.offset + len(found)
    return ListedPosts(
        summary=_summary(found, total, options, now) if total else f"{_none(options.wanted)} {hint}",
        as_of=utc(as_of([one.engagement for one in found])),
        notes=_notes(found, options.order),
        order=options.order.value,
        post_page=f"{site}/posts/{{post}}",
        posts=[_post(one, rated.get(one.post_id), now, site) for one in found],
        count=len(found),
        total=total,
        next_offset=following if found and following < total else None,
    )


async def _fastest(ledger: "Ledger", options: PostListOptions, now: datetime) -> tuple[int, ...]:
    """Rank them by what they gained an hour observed, as get_top_movers does."""
    if options.order is not PostOrder.FASTEST:
        return ()
    scope = Scope(creator=options.wanted.creator)
    rising = await ledger.curves.gained(scope, now - DAY, now, by="per_hour", limit=MOST_RANKED)
    return tuple(one.id for one in rising.most if one.gain > 0)


async def _rated(ledger: "Ledger", found: Sequence[ObservedPost]) -> dict[int, RatedAge]:
    """Rate the posts of the creators met first, each beside the newest of theirs."""
    creators = list(dict.fromkeys(one.username.lower() for one in found if one.username))[:CREATORS]
    briefs = [one for name in creators for one in await ledger.curves.briefs(Scope(creator=name), limit=PEERS)]
    drawn = await draw(ledger, briefs)
    return await asyncio.to_thread(_ratings, drawn, {one.post_id for one in found})


def _ratings(drawn: Sequence[Drawn], wanted: AbstractSet[int]) -> dict[int, RatedAge]:
    groups: dict[str, list[Drawn]] = {}
    for one in drawn:
        groups.setdefault((one.brief.username or "").lower(), []).append(one)
    told = {
        post.brief.id: rated_best(post, [one for one in group if one is not post])
        for group in groups.values()
        for post in group
        if post.brief.id in wanted
    }
    return {number: rating for number, rating in told.items() if rating}


def _post(one: ObservedPost, rated: RatedAge | None, now: datetime, site: str) -> PostRow:
    counters = one.engagement.counters
    age = None if one.published_at is None else max(0.0, (now - one.published_at) / HOUR)
    return PostRow(
        post_id=str(one.post_id),
        title=clean(one.title, TITLE_LIMIT),
        url=post_url(one.post_id, site=site),
        creator=clean(one.username, 60),
        published_at=utc(one.published_at),
        age_hours=three_figures(age),
        types=list(one.types),
        level=next((name for name, bits in LEVELS.items() if bits == one.level), None),
        media=one.engagement.of,
        **by_name(counters),
        total=None if counters is None else counters.total,
        gain_24h=one.engagement.gain_24h,
        gain_7d=one.engagement.gain_7d,
        times_typical=rated.ratio if rated else None,
        at_age=rated.age if rated else None,
        is_recorded=one.is_recorded,
        as_of=utc(one.engagement.as_of),
    )


def _none(wanted: ObservedPostFilter) -> str:
    if wanted.creator is None or wanted != ObservedPostFilter(creator=wanted.creator):
        return "No post that is followed here matches."
    return f"Nothing of {clean(wanted.creator, 60)} is stored."


def _summary(found: Sequence[ObservedPost], total: int, options: PostListOptions, now: datetime) -> str:
    whose = f" of {clean(options.wanted.creator, 60)}" if options.wanted.creator else ""
    if not found:
        return f"Offset {options.offset} is past the end: {count(total, 'post')}{whose}."
    shown = "" if len(found) == total else f" (here {options.offset + 1} to {options.offset + len(found)})"
    return f"{count(total, 'post')}{whose}{shown}, {_ordered(options.order)}: first {_first(found[0], now)}."


def _ordered(order: PostOrder) -> str:
    return {PostOrder.NEWEST: "newest first", PostOrder.MOST: "most first", PostOrder.FASTEST: "fastest first"}[order]


def _first(one: ObservedPost, now: datetime) -> str:
    named = f'"{clean(one.title, TITLE_LIMIT)}" ({one.post_id})' if one.title else str(one.post_id)
    aged = "" if one.published_at is None else f", {spoken_age(now - one.published_at)} old"
    has = engagement(one.engagement.counters.total) if one.engagement.counters else "counters not observed yet"
    return f"{named}{aged}, with {has}"


def _notes(found: Sequence[ObservedPost], order: PostOrder) -> list[str]:
    gains = [gain for one in found for gain in (one.engagement.gain_24h, one.engagement.gain_7d)]
    said = {PACE: bool(found) and order is PostOrder.FASTEST, UNKNOWN: None in gains}
    return [note for note, holds in said.items() if holds]
