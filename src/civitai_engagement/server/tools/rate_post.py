"""One post against its creator's usual."""

from typing import Annotated

from civitai_engagement.answers.insight.post_rating import rate_post as answer
from civitai_engagement.answers.insight.rating_shape import PostRating
from civitai_engagement.inputs.named import post_of
from civitai_engagement.server.tool import POST, WHOSE, Card, Ctx, Id, Name

CARD = Card("Rate a post against its creator's usual", asks_civitai=False)


async def rate_post(ctx: Ctx, *, post: Annotated[Id, POST], creator: Annotated[Name, WHOSE] = "") -> PostRating:
    """Is a post doing well, badly or as usual? Against the creator's average: the median of their other posts at the
    same age, with interval. For whether the latest performs, is good, strong, a lot, normal, a success or a flop.

    Several: compare_posts. What is odd among all: find_unusual.
    """
    sources = ctx.request_context.lifespan_context
    return await answer(sources, await post_of(sources, post, creator))
