"""What moved."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.over_time.changes import Changes, changes
from civitai_engagement.inputs.named import subject_of
from civitai_engagement.server.tool import Card, Ctx, Id, Name, When

CARD = Card("List what moved", asks_civitai=False)


async def list_changes(
    ctx: Ctx,
    *,
    cursor: Annotated[When, Field(max_length=2_000, description="From an answer.")] = "",
    limit: Annotated[int, Field(ge=1, le=200, description="Rows.")] = 50,
    post: Annotated[Id, Field(description="Only this post.")] = "",
    creator: Annotated[Name, Field(description="Only this creator.")] = "",
) -> Changes:
    """What is new since last time: each change of likes and comments that came in, newest first. For news,
    activity, what happened lately or was missed: newer_cursor gives only what moved since; older_cursor pages back.
    Ranked: get_top_movers.
    """
    sources = ctx.request_context.lifespan_context
    subject = await subject_of(sources, post=post, creator=creator)
    return await changes(sources, subject, cursor=cursor.strip(), limit=limit)
