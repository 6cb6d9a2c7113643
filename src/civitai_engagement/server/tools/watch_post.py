"""Watch posts."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.operations.clock_kept import is_clock_kept
from civitai_engagement.answers.recorded.following import WatchOutcomes, watched
from civitai_engagement.inputs.named import posts_of
from civitai_engagement.library.watching import watch_and_look
from civitai_engagement.records.watches import Names
from civitai_engagement.server.tool import Card, Ctx, Ids

CARD = Card("Watch posts", is_read_only=False)


async def watch_post(
    ctx: Ctx, *, posts: Annotated[Ids, Field(min_length=1, max_length=50, description="Ids or URLs.")]
) -> WatchOutcomes:
    """Follow posts without recording them: watch and observe their numbers from now on. To track or monitor a single
    post.

    With media and prompts: record_civitai_post.
    """
    sources = ctx.request_context.lifespan_context
    done = await watch_and_look(sources, Names.posts(await posts_of(sources, posts)))
    return watched(done, sources.clock.now(), is_clock_kept=await is_clock_kept(sources))
