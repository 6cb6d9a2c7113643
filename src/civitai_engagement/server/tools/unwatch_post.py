"""Unwatch posts."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.recorded.following import WatchOutcomes, unwatched
from civitai_engagement.inputs.named import posts_of
from civitai_engagement.library.watching import unwatch
from civitai_engagement.records.watches import Names
from civitai_engagement.server.tool import Card, Ctx, Ids

CARD = Card("Unwatch posts", is_read_only=False, asks_civitai=False)


async def unwatch_post(
    ctx: Ctx, *, posts: Annotated[Ids, Field(min_length=1, max_length=50, description="Ids or URLs.")]
) -> WatchOutcomes:
    """Stop following posts: unfollow, drop from the list, no longer watch them. Recordings stay (delete_recording)."""
    sources = ctx.request_context.lifespan_context
    return unwatched(await unwatch(sources, Names.posts(await posts_of(sources, posts))))
