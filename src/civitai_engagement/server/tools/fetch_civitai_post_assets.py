"""Look at a post now."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.post_assets import PostAssets, post_assets
from civitai_engagement.civitai.urls import parse_post
from civitai_engagement.server.tool import POST, Card, Ctx, Id

CARD = Card("Look at a post's engagement now")


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
    """Every image, video and audio of a Civitai post with its reactions and comments, live, at all content levels.

    For any public post, recorded or not; stores nothing. Totals are over the whole post. To rank: get_top_media.
    """
    sources = ctx.request_context.lifespan_context
    number = parse_post(post_id, own_host=sources.settings.civitai_host)
    return await post_assets(sources, number, limit=limit, page=page, details=include_details)
