"""Rank media."""

from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.answers.insight.top_media import TopMediaOptions, top_media
from civitai_engagement.answers.insight.top_media_shape import RankBy, TopMedia
from civitai_engagement.answers.insight.top_stored import top_stored
from civitai_engagement.inputs.listing import listing_of
from civitai_engagement.inputs.named import posts_of
from civitai_engagement.server.tool import Card, Ctx, Ids, Name, When

CARD = Card("Rank media, the best ever")


async def get_top_media(
    ctx: Ctx,
    *,
    posts: Annotated[Ids | None, Field(max_length=20, description="Only of these, live: ids, URLs, latest 5.")] = None,
    creator: Annotated[Name, Field(description="Else of a creator, @me; else of all followed.")] = "",
    period: Annotated[When, Field(max_length=20, description="Published in: 7d, 30d; all.")] = "all",
    by: Annotated[
        Literal["likes", "hearts", "likes_and_hearts", "comments", "total"],
        Field(description="total: all reactions and comments."),
    ] = "total",
    type: Annotated[  # noqa: A002 # the word users know
        Literal["image", "video", "audio"] | None, Field(description="Rank only this type.")
    ] = None,
    limit: Annotated[int, Field(ge=1, le=100, description="How many to name.")] = 10,
) -> TopMedia:
    """Which images, videos or audio are best, most liked, loved, commented, popular ever: of a creator, of all that is
    followed, or live of some posts. For the greatest hit, a favourite picture or clip, the top five or fifty, or
    whether videos or images do better (also at equal age).

    What rises lately: get_top_movers.
    """
    sources = ctx.request_context.lifespan_context
    if posts:
        numbers = await posts_of(sources, posts, creator)
        return await top_media(sources, numbers, by=RankBy(by), type_=type, limit=limit)
    asked = {"creator": creator, "type": type, "period": period}
    found = await listing_of(sources, asked, sort="most", limit=limit)
    return await top_stored(
        sources, found.wanted, TopMediaOptions(RankBy(by), type, limit, sources.settings.civitai_base_url)
    )
