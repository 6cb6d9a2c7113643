"""What Civitai shows of something that is not recorded."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from civitai_engagement.answers.answer import count
from civitai_engagement.answers.now.live import MediaNow, known_media, see_post, seen
from civitai_engagement.answers.now.media import (
    Stats,
    asset_row,
    totals,
)
from civitai_engagement.answers.recorded.asset_shape import (
    ONLY_OURS,
    LiveLook,
    LivePost,
)
from civitai_engagement.errors import Refused, UpstreamDown
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.records.filters import AssetFilter


@dataclass(frozen=True, slots=True)
class _LiveContext:
    """What is shown of something not recorded, and all it was seen through."""

    live: LiveLook
    through: tuple[MediaNow, ...] = ()


async def live_context(sources: Sources, wanted: "AssetFilter") -> _LiveContext:
    if wanted.image_id is not None:
        return await _look_at_image(sources, wanted.image_id)
    if wanted.post_id is not None:
        return await _look_at_post(sources, wanted.post_id)
    by = " and ".join(f"by {words}" for name, words in ONLY_OURS.items() if getattr(wanted, name) is not None)
    why_not = f"Only what is recorded can be found {by}; list_civitai_posts shows what is."
    return _LiveContext(LiveLook(why_not=why_not))


async def _look_at_image(sources: Sources, image_id: int) -> _LiveContext:
    try:
        reading = await sources.civitai.image(image_id, with_meta=True)
    except (UpstreamDown, Refused) as error:
        return _LiveContext(LiveLook(why_not=str(error)))
    shown = seen(reading, await known_media(sources, reading.media))
    if not shown.media:
        why_not = f"Civitai shows no image {image_id}: there is none, or it is hidden or not public yet."
        return _LiveContext(LiveLook(why_not=why_not))
    return await _with_its_post(sources, shown)


async def _with_its_post(sources: Sources, shown: MediaNow) -> _LiveContext:
    image = asset_row(shown.media[0], details=True)
    if shown.media[0].post_id is None:
        return _LiveContext(LiveLook(image=image, why_not="Civitai does not say which post it belongs to."), (shown,))
    post = await _look_at_post(sources, shown.media[0].post_id)
    return _LiveContext(post.live.model_copy(update={"image": image}), (shown, *post.through))


async def _look_at_post(sources: Sources, post_id: int) -> _LiveContext:
    try:
        shown = await see_post(sources, post_id)
    except (UpstreamDown, Refused) as error:
        return _LiveContext(LiveLook(why_not=str(error)))
    if not shown.media:
        return _LiveContext(LiveLook(why_not=f"Civitai lists no media for post {post_id}."))
    url = f"{sources.settings.civitai_base_url}/posts/{post_id}"
    sums = totals(shown.media)
    post = LivePost(post_id=str(post_id), civitai_url=url, is_stored=shown.is_stored, totals=sums)
    return _LiveContext(LiveLook(post=post), (shown,))


def names_one_thing(wanted: "AssetFilter") -> bool:
    """Only then does no match mean that it is not recorded: of several criteria one may hold."""
    return [name for name in wanted.__slots__ if getattr(wanted, name) is not None] in (["image_id"], ["post_id"])


def what_is_shown(look: LiveLook) -> str | None:
    if look.image is not None:
        belongs = f" and belongs to post {look.post.post_id}" if look.post else ""
        what = f"{look.image.type} {look.image.civitai_image_id} now {_shown(look.image.engagement_stats)}"
        return f"Civitai shows {what}{belongs}"
    if look.post is not None:
        where = "last stored, not live, is" if look.post.is_stored else "Civitai shows"
        return f"{where} post {look.post.post_id} with {look.post.totals.media} media"
    return None


def _shown(counted: Stats | None) -> str:
    if counted is None:
        return "with unknown counters"
    reactions = counted.like + counted.heart + counted.laugh + counted.cry
    return f"with {count(reactions, 'reaction')} and {count(counted.comment, 'comment')}"
