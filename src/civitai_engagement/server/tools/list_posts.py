"""List posts, recorded or not."""

from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.answers.insight.post_list import ListedPosts, post_list
from civitai_engagement.inputs.listing import listing_of
from civitai_engagement.server.tool import Card, Ctx, Name, When

CARD = Card("List posts of anyone followed", asks_civitai=False)


async def list_posts(
    ctx: Ctx,
    *,
    creator: Annotated[Name, Field(description="Name, URL or @me; else all that is followed.")] = "",
    sort: Annotated[
        Literal["newest", "most", "fastest"], Field(description="Order; fastest: gain an hour.")
    ] = "newest",
    title: Annotated[str, Field(max_length=200, description="Words of the title.")] = "",
    type: Annotated[  # noqa: A002 # the word users know
        Literal["image", "video", "audio"] | None, Field(description="Only with such media.")
    ] = None,
    level: Annotated[Literal["PG", "PG-13", "R", "X", "XXX"] | None, Field(description="Only of this level.")] = None,
    period: Annotated[When, Field(max_length=20, description="Published in: 24h, 7d, 30d; all.")] = "all",
    limit: Annotated[int, Field(ge=1, le=100, description="Posts a page.")] = 20,
    offset: Annotated[int, Field(ge=0, le=1_000_000, description="Posts to skip.")] = 0,
) -> ListedPosts:
    """What somebody, or I, posted lately, and how it went: posts of anyone followed, recorded or not, newest, most or
    fastest first, with title, link, age, counters and gains. Which post was called so; what came out this week; my
    latest uploads.

    By words of a prompt: list_civitai_posts.
    """
    sources = ctx.request_context.lifespan_context
    asked = {"creator": creator, "title": title, "type": type, "level": level, "period": period}
    return await post_list(sources, await listing_of(sources, asked, sort=sort, limit=limit, offset=offset))
