"""Ask by another route, by which a doubted fall is proved and a vanished media is known to be gone: mostly by id."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from civitai_engagement.analysis.belief import HARD_PROOF_SPAN
from civitai_engagement.collect.active_run import UNANSWERED, ActiveRun, Batch
from civitai_engagement.ports import Lane
from civitai_engagement.records.media import Media, Reading
from civitai_engagement.records.provenance import Route, Source
from civitai_engagement.store.doubts import Stubborn

MOST_IDS = 100
MISSED_TICKS = 3


async def confirm(active: ActiveRun) -> None:
    """Ask for what is left in doubt: absent for three ticks, by id; fallen for eight hours by one route, by another."""
    now = active.sources.clock.now()
    async with active.sources.store.reading() as ledger:
        absent = await ledger.followed.absent(misses=MISSED_TICKS)
        stubborn = await ledger.doubts.stubborn(before=now - HARD_PROOF_SPAN + timedelta(minutes=5))
    await ask_by_id(active, absent, proves_absence=True)
    missing = set(absent)
    others = [one for one in stubborn if one.image_id not in missing]
    await ask_by_id(active, [one.image_id for one in others if one.route is not Route.IMAGE])
    await _ask_posts(active, _by_post(one for one in others if one.route is Route.IMAGE))


def _by_post(stubborn: Iterable[Stubborn]) -> dict[int, list[int]]:
    posts: dict[int, list[int]] = {}
    for one in stubborn:
        if one.post_id is not None:
            posts.setdefault(one.post_id, []).append(one.image_id)
    return posts


async def ask_by_id(active: ActiveRun, ids: Sequence[int], *, proves_absence: bool = False) -> None:
    """Ask for media by their ids as far as the allowance goes, a hundred at a time where Civitai can.

    Media that are not there count as missed; with `proves_absence`, as gone.
    """
    for start in range(0, len(ids), MOST_IDS):
        some = ids[start : start + MOST_IDS]
        if not await look_up(active, some, proves_absence=proves_absence):
            await _one_by_one(active, some, proves_absence=proves_absence)


async def look_up(active: ActiveRun, ids: Sequence[int], *, proves_absence: bool = False) -> bool:
    """Look up at most a hundred media at once; says whether Civitai can, also where it does not answer right now."""
    if not ids or active.left <= 0:
        return False
    try:
        reading = await active.sources.civitai.by_ids(ids, lane=Lane.BULK)
    except UNANSWERED as error:
        await active.fail(f"{len(ids)} media by their ids", error)
        return bool(active.sources.civitai.supports_ids)
    if reading is None or not reading.is_complete:
        return False
    await _keep(active, reading, ids, proves_absence=proves_absence)
    return True


async def _one_by_one(active: ActiveRun, ids: Sequence[int], *, proves_absence: bool) -> None:
    for image_id in ids:
        if active.left <= 0:
            return
        question = active.sources.civitai.image(image_id, lane=Lane.BULK)
        if reading := await active.answer(f"image {image_id}", question):
            await _keep(active, reading, [image_id], proves_absence=proves_absence)


async def _keep(active: ActiveRun, reading: Reading, asked: Sequence[int], *, proves_absence: bool) -> None:
    expected = frozenset(asked)
    gone = expected if proves_absence else frozenset()
    dated = replace(reading, media=tuple(map(_without_upload_time, reading.media)))
    await active.keep(Batch(dated, Route.IMAGE, Source.SAMPLED, expected=expected - gone, gone=gone, only=expected))


def _without_upload_time(media: Media) -> Media:
    """Leave out the date: asked by id Civitai tells the upload, which may be days before the post's publication."""
    return media if media.post_id is None else replace(media, created_at=None)


async def _ask_posts(active: ActiveRun, doubted: Mapping[int, Collection[int]]) -> None:
    """Ask for doubted media, by post, in the list of their post."""
    for post_id, ids in doubted.items():
        if active.left <= 0:
            return
        question = active.sources.civitai.post_media(post_id, lane=Lane.BULK)
        if reading := await active.answer(f"post {post_id}", question):
            await active.keep(Batch(reading, Route.POST, Source.SAMPLED, only=frozenset(ids)))
