"""Watch creators."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.recorded.watches import WatchOutcomes, watched
from civitai_engagement.inputs.named import creators_of
from civitai_engagement.library.watching import watch
from civitai_engagement.server.tool import Card, Ctx, Names

CARD = Card("Watch creators", is_read_only=False, asks_civitai=False)


async def watch_creator(
    ctx: Ctx,
    *,
    usernames: Annotated[Names, Field(min_length=1, max_length=50, description="Names, profile URLs, @me.")],
) -> WatchOutcomes:
    """Follow a creator or user: all their posts, present and future, are found and observed from now on. To watch,
    track or monitor somebody, yourself or a competitor.

    One post: watch_post.
    """
    sources = ctx.request_context.lifespan_context
    return watched(await watch(sources, await creators_of(sources, usernames)))
