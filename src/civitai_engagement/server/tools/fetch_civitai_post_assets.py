"""Look at a post now."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.now.post_assets import PostAssets, post_assets
from civitai_engagement.inputs.named import post_of
from civitai_engagement.server.tool import POST, Card, Ctx, Id

CARD = Card("Read a post's numbers now")


async def fetch_civitai_post_assets(
    ctx: Ctx,
    *,
    post_id: Annotated[Id, POST],
    limit: Annotated[int, Field(ge=1, le=100, description="Media a page.")] = 50,
    page: Annotated[int, Field(ge=1, description="Page, from 1.")] = 1,
    include_details: Annotated[
        bool, Field(description="Also base model, model versions and generation parameters of each.")
    ] = False,
) -> PostAssets:
    """How many likes, hearts, other reactions and comments a post has by now, live: in all, and each image, video and
    audio in it. For any public post, also somebody else's; stores nothing.

    To judge it: rate_post. To rank: get_top_media.
    """
    sources = ctx.request_context.lifespan_context
    number = await post_of(sources, post_id)
    return await post_assets(sources, number, limit=limit, page=page, details=include_details)
