"""Posts side by side at equal age."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.insight.compared_posts import MOST, ComparedPosts, compared_posts
from civitai_engagement.inputs.comparisons import comparison_of
from civitai_engagement.inputs.named import spelled_out
from civitai_engagement.server.tool import WHOSE, Card, Ctx, Ids, Name, When

CARD = Card("Compare posts at equal age", asks_civitai=False)


async def compare_posts(
    ctx: Ctx,
    *,
    posts: Annotated[Ids | None, Field(max_length=MOST, description="2 to 20: ids, URLs, latest 5.")] = None,
    images: Annotated[Ids | None, Field(max_length=MOST, description="Instead of posts.")] = None,
    creator: Annotated[Name, WHOSE] = "",
    at_age: Annotated[When, Field(description="Such as 90min, 24h, 7d.")] = "24h",
) -> ComparedPosts:
    """Which of two or more posts or images did better at the same age: side by side at 1 h, 4 h, 24 h, 7 d and
    `at_age`, with growth, half-life and who is ahead. To set one against another, this versus that; which beat
    which, was quicker, won.

    One against its creator's usual: rate_post.
    """
    sources = ctx.request_context.lifespan_context
    named = await spelled_out(sources, posts or (), creator)
    return await compared_posts(sources, comparison_of(named, images or (), at_age, sources.settings.civitai_host))
