"""A creator in sum."""

from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.answers.insight.creator_summary import creator_summary
from civitai_engagement.answers.insight.summary_shape import CreatorSummary, SummaryOptions
from civitai_engagement.inputs.named import AT_ME, creator_of
from civitai_engagement.inputs.times import zone_of
from civitai_engagement.server.tool import Card, Ctx, Name, When

CARD = Card("Sum up a creator", asks_civitai=False)


async def summarize_creator(
    ctx: Ctx,
    *,
    username: Annotated[Name, Field(description="Name, profile URL or @me.")] = AT_ME,
    period: Annotated[Literal["7d", "30d", "90d"], Field(description="Whole days.")] = "30d",
    compare_to: Annotated[Literal["previous", "none"], Field(description="The equal period before.")] = "previous",
    time_zone: Annotated[When, Field(description="IANA name.")] = "UTC",
) -> CreatorSummary:
    """How a creator or account does overall: likes, comments and posts of a week, month or quarter compared with the
    one before, growing or shrinking, average per post, best post, share by type and base model. For an overview,
    report or stats of somebody, or yourself.

    One post: rate_post.
    """
    sources = ctx.request_context.lifespan_context
    creator = await creator_of(sources, username)
    span = SummaryOptions(int(period.removesuffix("d")), zone_of(time_zone), is_compared=compare_to == "previous")
    return await creator_summary(sources, creator, span)
