"""Rank media."""

from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.answers.insight.top_media import RankBy, TopMedia, top_media
from civitai_engagement.inputs.named import posts_of
from civitai_engagement.server.tool import Card, Ctx, Ids

CARD = Card("Rank the media of posts")


async def get_top_media(
    ctx: Ctx,
    *,
    posts: Annotated[Ids, Field(min_length=1, max_length=20, description="Civitai posts: ids or URLs.")],
    by: Annotated[
        Literal["likes", "hearts", "likes_and_hearts", "comments", "total"],
        Field(description="What to rank by; total is all reactions and comments."),
    ] = "total",
    type: Annotated[  # noqa: A002 # the word users know
        Literal["image", "video", "audio"] | None, Field(description="Rank only this type.")
    ] = None,
    limit: Annotated[int, Field(ge=1, le=100, description="How many to name.")] = 10,
) -> TopMedia:
    """Which images, videos or audio of one or several posts are best, live: most liked, loved, commented, popular ever.
    For the greatest hit, a favourite picture or clip, the top five, or whether videos or images do better (also at
    equal age).

    What rises lately: get_top_movers.
    """
    sources = ctx.request_context.lifespan_context
    numbers = await posts_of(sources, posts)
    return await top_media(sources, numbers, by=RankBy(by), type_=type, limit=limit)
