"""Watch posts."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.recorded.watches import WatchOutcomes, watched
from civitai_engagement.inputs.named import posts_of
from civitai_engagement.library.watching import watch
from civitai_engagement.records.watches import Names
from civitai_engagement.server.tool import Card, Ctx, Ids

CARD = Card("Watch posts", is_read_only=False, asks_civitai=False)


async def watch_post(
    ctx: Ctx, *, posts: Annotated[Ids, Field(min_length=1, max_length=50, description="Ids or URLs.")]
) -> WatchOutcomes:
    """Follow posts without recording them: watch and observe their numbers from now on. To track or monitor a single
    post.

    With media and prompts: record_civitai_post.
    """
    sources = ctx.request_context.lifespan_context
    return watched(await watch(sources, Names.posts(await posts_of(sources, posts))))
