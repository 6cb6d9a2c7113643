"""The assets of listed posts: all of a few posts; of many as much as their answer has room for, the best first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from civitai_engagement.store.posts import PostAsset

ASSETS_A_POST = 20  # Civitai's own limit of images a post
WHOLE = 10  # so many posts show all their media
STRUCTURE_BYTES = 79_000  # under 20,000 tokens at four bytes a token, with what stands around the posts


@dataclass(slots=True)
class AssetCounters:
    """What one asset had when it was last observed."""

    like: int
    heart: int
    laugh: int
    cry: int
    comment: int


@dataclass(slots=True)
class ListedAsset:
    """One recorded asset of a post; `engagement` is null where unknown, `civitai_id` where it is on no image."""

    asset_id: str
    civitai_id: str | None
    type: str
    engagement: AssetCounters | None


_WRITTEN = TypeAdapter(ListedAsset)


def listed_asset(one: "PostAsset") -> ListedAsset:
    civitai_id = None if one.image_id is None else str(one.image_id)
    counted = AssetCounters(*one.engagement) if one.engagement else None
    return ListedAsset(str(one.asset_id), civitai_id, one.type, counted)


def fitting(assets: Sequence[Sequence[ListedAsset]], room: int) -> list[int]:
    """Say how many assets each post may show within `room` bytes: one at least, and what a post leaves, others get.

    Up to ten posts show all they have.
    """
    if len(assets) <= WHOLE:
        return [len(one) for one in assets]
    sizes = [[len(_WRITTEN.dump_json(each)) + 1 for each in one] for one in assets]
    shown = [min(len(one), 1) for one in assets]
    left = room - sum(sum(one[:1]) for one in sizes)
    for place in range(1, ASSETS_A_POST):
        more = sum(one[place] for one in sizes if len(one) > place)
        if more > left:
            break
        left -= more
        shown = [min(len(one), place + 1) for one in assets]
    return shown
