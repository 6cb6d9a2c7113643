"""The calls that are measured, each with what the bare server has to return in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from benchmarks.ledger import FIRST_IMAGE, FIRST_POST, PLACES, SIZES

Arguments = dict[str, Any]
FOUND = "civitai_engagement.answers.recorded.asset:FoundAsset"
POSTS = "civitai_engagement.answers.recorded.recorded_posts:RecordedPosts"
MEDIA = "civitai_engagement.answers.now.post_assets:PostAssets"
FETCHED_POST = 777
DIFFERENT = 200  # calls that ask for different things, so that none is answered from a warm corner


@dataclass(frozen=True, slots=True)
class Case:
    """One tool called with arguments that change from call to call; `model` is the type of its answer.

    `bound` is how many times the bare tool's time it may take; None where nothing was promised.
    """

    name: str
    tool: str
    model: str
    arguments: Sequence[Arguments]
    bound: float | None = None

    def params(self, number: int) -> Arguments:
        return {"name": self.tool, "arguments": self.arguments[number % len(self.arguments)]}

    def constant(self, number: int) -> Arguments:
        """Call the bare server in this one's place, the same at every number."""
        del number
        return {"name": self.name, "arguments": {}}


def cases(posts: int) -> list[Case]:
    """Name the calls over a ledger of so many posts."""
    random = Random(7)
    ids = [_some_image(random, posts) for _ in range(DIFFERENT)]
    numbers = [random.randrange(1, 10 * posts + 1) for _ in range(DIFFERENT)]
    named = [FIRST_POST + random.randrange(posts) for _ in range(DIFFERENT)]
    words = [{"text": f"near {random.choice(PLACES)}"} for _ in range(DIFFERENT)]
    pages = [{"limit": 50, "offset": offset} for offset in range(0, max(posts - 49, 1), 50)]
    url = "https://civitai.com/images/{}"
    fetched = {"post_id": str(FETCHED_POST), "limit": 100}
    return [
        Case("find_by_asset_id", "find_asset", FOUND, [{"asset_id": str(one)} for one in numbers], 2.0),
        Case("find_by_civitai_id", "find_asset", FOUND, [{"civitai_id": str(one)} for one in ids], 2.0),
        Case("find_by_civitai_url", "find_asset", FOUND, [{"civitai_url": url.format(one)} for one in ids], 2.0),
        Case("find_by_post_id", "find_asset", FOUND, [{"post_id": str(one)} for one in named], 2.0),
        Case("find_by_text", "find_asset", FOUND, words, 2.0),
        Case("list_50", "list_civitai_posts", POSTS, pages),
        Case("list_50_details", "list_civitai_posts", POSTS, [one | {"include_details": True} for one in pages], 3.0),
        Case(
            "list_by_text_details",
            "list_civitai_posts",
            POSTS,
            [one | {"limit": 50, "include_details": True} for one in words],
            3.0,
        ),
        Case("fetch_100", "fetch_civitai_post_assets", MEDIA, [fetched], 2.5),
        Case("fetch_100_details", "fetch_civitai_post_assets", MEDIA, [fetched | {"include_details": True}], 2.5),
    ]


def _some_image(random: Random, posts: int) -> int:
    place = random.randrange(posts)
    return FIRST_IMAGE + place * max(SIZES) + random.randrange(SIZES[place % len(SIZES)])


SIZED: dict[str, tuple[str, Arguments]] = {
    "find_asset": ("find_asset", {"asset_id": "1"}),
    "list_civitai_posts, default": ("list_civitai_posts", {}),
    "list_civitai_posts, limit 100": ("list_civitai_posts", {"limit": 100}),
    "list_civitai_posts, limit 100, details": ("list_civitai_posts", {"limit": 100, "include_details": True}),
    "fetch_civitai_post_assets, default": ("fetch_civitai_post_assets", {"post_id": str(FETCHED_POST)}),
    "fetch_civitai_post_assets, limit 100": ("fetch_civitai_post_assets", {"post_id": str(FETCHED_POST), "limit": 100}),
    "fetch_civitai_post_assets, limit 100, details": (
        "fetch_civitai_post_assets",
        {"post_id": str(FETCHED_POST), "limit": 100, "include_details": True},
    ),
}
