"""The job `update_existing_stats`: what is due is asked for with the fewest requests, the most valuable first.

Planning and carrying out are two functions: one worker may do both, or many a shard of the plan each
(collect/sharding.py).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from civitai_engagement.analysis.planner import (
    SAMPLED,
    Due,
    DueImage,
    DuePost,
    PlannedRequest,
    RequestKind,
    RequestPlan,
    plan,
)
from civitai_engagement.analysis.shards import RefreshPlan
from civitai_engagement.collect.active_run import ActiveRun, Batch
from civitai_engagement.collect.confirm import MOST_IDS, ask_by_id, confirm, look_up
from civitai_engagement.collect.creators import walk_creator
from civitai_engagement.ports import Lane
from civitai_engagement.records.provenance import Route, Source
from civitai_engagement.store.followed import DueGroup

YOUNG = timedelta(hours=24)
SETTLING = timedelta(days=30)
MOVED = timedelta(days=7)
WORTH_A_TRY = 20  # things due: then one request to learn a cheaper way is little


@dataclass(frozen=True, slots=True)
class WatchedScope:
    """Of whom everything is kept, not only what is followed already."""

    posts: frozenset[int]
    creators: frozenset[str]

    def has(self, post: DuePost) -> bool:
        return post.post_id in self.posts or self.has_creator(post.username)

    def has_creator(self, username: str | None) -> bool:
        return username is not None and username in self.creators


async def update_existing_stats(active: ActiveRun) -> None:
    """Observe what is due, as far as the requests reach; what is not reached stays due, and is counted."""
    refresh = await plan_refresh(active)
    await carry_out(active, refresh.asks)
    await confirm(active)


async def plan_refresh(active: ActiveRun) -> RefreshPlan:
    """Choose what to ask, and note in the run how much is due."""
    due = await _due(active)
    await _learn_about_ids(active, due)
    chosen = await _plan(active, due)
    await active.plan(_by_tier(due))
    return RefreshPlan(_by_tier(due), chosen.asks, active.left)


async def carry_out(active: ActiveRun, asks: Sequence[PlannedRequest]) -> None:
    """Ask what was planned, each as far as the requests reach; what is due no more is not asked for again."""
    watched = await _watched(active)
    due = await _still_due(active, [one for ask in asks for one in ask.covers])
    for ask in asks:
        if active.left < ask.cost:
            continue
        if any(due[one.key] for one in ask.covers):
            await _ask(active, ask, watched)
        active.reach(await settled(active, ask.covers))


async def _due(active: ActiveRun) -> list[Due]:
    now, tick_at = active.sources.clock.now(), active.claim.tick_at
    async with active.sources.store.reading() as ledger:
        followed = ledger.followed
        posts = [_due_post(one, now) for one in await followed.due(now=now, tick_at=tick_at)]
        orphans = [DueImage(one, 1.0, "old") for one in await followed.orphans(now=now, tick_at=tick_at)]
    return [*posts, *orphans]


async def _watched(active: ActiveRun) -> WatchedScope:
    async with active.sources.store.reading() as ledger:
        followed = ledger.followed
        creators = {*await followed.watched_creators(), *await followed.former_names()}
        return WatchedScope(frozenset(await followed.watched_posts()), frozenset(creators))


async def _learn_about_ids(active: ActiveRun, due: Sequence[Due]) -> None:
    """Find out, where it would pay, whether this Civitai looks up a hundred ids at once; what comes back is kept."""
    if active.sources.civitai.supports_ids is None and len(due) >= WORTH_A_TRY:
        first = [one for one in due if isinstance(one, DuePost)][:MOST_IDS]
        images = await _images(active, PlannedRequest(RequestKind.IDS, tuple(first), 1))
        await look_up(active, images[:MOST_IDS])


async def _plan(active: ActiveRun, due: Iterable[Due]) -> RequestPlan:
    async with active.sources.store.reading() as ledger:
        listed = await ledger.followed.listed()
    return plan(
        due,
        listed,
        budget=max(active.left, 0),
        ids_supported=bool(active.sources.civitai.supports_ids),
        sampled_share=active.sources.settings.sampled_share,
    )


def _due_post(group: DueGroup, now: datetime) -> DuePost:
    return DuePost(group.post_id, group.creator, group.due, group.size, _worth(group, now), _tier(group, now))


def _tier(group: DueGroup, now: datetime) -> str:
    """Name what a post's media have in common: why they are followed, and how old the youngest due is."""
    if group.source is Source.SAMPLED:
        return SAMPLED
    age = now - group.published_at if group.published_at else timedelta()
    return "young" if age < YOUNG else "settling" if age < SETTLING else "old"


def _worth(group: DueGroup, now: datetime) -> float:
    """Weigh a post's due media: the young before the old, those that moved lately before those at rest."""
    age = now - group.published_at if group.published_at else timedelta()
    youth = 8.0 if age < YOUNG else 3.0 if age < MOVED else 1.0
    moving = 2.0 if group.changed_at and now - group.changed_at < MOVED else 1.0
    ours = 1.0 if group.source is Source.SAMPLED else 4.0
    return group.due * youth * moving * ours


def _by_tier(covers: Iterable[Due]) -> Counter[str]:
    tiers = Counter[str]()
    for one in covers:
        tiers[one.tier] += one.due
    return tiers


async def settled(active: ActiveRun, covers: Sequence[Due]) -> Counter[str]:
    """Count what was asked about and is due no more, by tier: a list may lack media without a word."""
    due = await _still_due(active, covers)
    tiers = Counter[str]()
    for one in covers:
        tiers[one.tier] += max(one.due - due[one.key], 0)
    return tiers


async def _ask(active: ActiveRun, ask: PlannedRequest, watched: WatchedScope) -> None:
    match ask.way:
        case RequestKind.CREATOR:
            is_watched = watched.has_creator(ask.username)
            source = Source.WATCHED if is_watched else Source.SAMPLED
            await walk_creator(active, ask.username or "", source=source, is_watched=is_watched)
        case RequestKind.POST:
            await _refresh_post(active, ask.covers[0], watched)
        case RequestKind.IMAGE | RequestKind.IDS:
            await ask_by_id(active, await _images(active, ask))


async def _still_due(active: ActiveRun, covers: Iterable[Due]) -> Counter[int]:
    """Count what is due of posts and images, by their keys."""
    now, tick_at = active.sources.clock.now(), active.claim.tick_at
    posts = [one.post_id for one in covers if isinstance(one, DuePost)]
    images = [one.image_id for one in covers if isinstance(one, DueImage)]
    async with active.sources.store.reading() as ledger:
        of_posts = await ledger.followed.due_of_posts(posts, now=now, tick_at=tick_at)
        single = await ledger.followed.orphans(now=now, tick_at=tick_at) if images else []
    return Counter(of_posts) + Counter({-one: 1 for one in single})


async def _refresh_post(active: ActiveRun, due: Due, watched: WatchedScope) -> None:
    assert isinstance(due, DuePost)  # noqa: S101 # the planner asks by post for nothing else
    post_id, is_watched = due.post_id, watched.has(due)
    async with active.sources.store.reading() as ledger:
        followed = await ledger.followed.of_post(post_id)
    reading = await active.answer(f"post {post_id}", active.sources.civitai.post_media(post_id, lane=Lane.BULK))
    if reading is None:
        return
    expected = followed if reading.is_complete else frozenset[int]()
    source, only = (Source.WATCHED, None) if is_watched else (Source.SAMPLED, followed)
    await active.keep(Batch(reading, Route.POST, source, expected=expected, only=only))


async def _images(active: ActiveRun, ask: PlannedRequest) -> list[int]:
    now, tick_at = active.sources.clock.now(), active.claim.tick_at
    posts = [one.post_id for one in ask.covers if isinstance(one, DuePost)]
    single = [one.image_id for one in ask.covers if isinstance(one, DueImage)]
    async with active.sources.store.reading() as ledger:
        return [*single, *await ledger.followed.due_in_posts(posts, now=now, tick_at=tick_at)]
