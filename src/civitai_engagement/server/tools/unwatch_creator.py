"""Unwatch creators."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.recorded.following import WatchOutcomes, unwatched
from civitai_engagement.inputs.named import creators_of
from civitai_engagement.library.watching import unwatch
from civitai_engagement.server.tool import Card, Ctx, Names

CARD = Card("Unwatch creators", is_read_only=False, asks_civitai=False)


async def unwatch_creator(
    ctx: Ctx,
    *,
    usernames: Annotated[Names, Field(min_length=1, max_length=50, description="Names, profile URLs, @me.")],
) -> WatchOutcomes:
    """Stop following creators: unfollow a user, drop them from the list. Recordings stay."""
    sources = ctx.request_context.lifespan_context
    return unwatched(await unwatch(sources, await creators_of(sources, usernames)))
