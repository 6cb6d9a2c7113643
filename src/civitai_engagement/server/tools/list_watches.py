"""What is followed."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.recorded.watches import WatchList, watches
from civitai_engagement.server.tool import Card, Ctx

CARD = Card("List what is watched", asks_civitai=False)


async def list_watches(
    ctx: Ctx,
    *,
    limit: Annotated[int, Field(ge=1, le=200, description="Rows.")] = 100,
    offset: Annotated[int, Field(ge=0, le=1_000_000, description="To skip.")] = 0,
) -> WatchList:
    """Who and what is followed: the watch list of creators and posts, how many media are known, the last look,
    problems. For which users or posts you follow, track or watch already.
    """
    return await watches(ctx.request_context.lifespan_context, limit=limit, offset=offset)
