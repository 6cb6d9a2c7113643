"""Watch creators."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.operations.clock_kept import is_clock_kept
from civitai_engagement.answers.recorded.following import WatchOutcomes, watched
from civitai_engagement.inputs.named import creators_of
from civitai_engagement.library.watching import watch_and_look
from civitai_engagement.server.tool import Card, Ctx, Names

CARD = Card("Watch creators", is_read_only=False)


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
    done = await watch_and_look(sources, await creators_of(sources, usernames))
    return watched(done, sources.clock.now(), is_clock_kept=await is_clock_kept(sources))
