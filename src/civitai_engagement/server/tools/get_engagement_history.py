"""Counters over time."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.analysis.steps import STEPS
from civitai_engagement.answers.over_time.history import history
from civitai_engagement.answers.over_time.history_shape import EngagementHistory, HistoryOptions
from civitai_engagement.inputs.named import one_subject
from civitai_engagement.inputs.times import instant
from civitai_engagement.server.tool import Card, Ctx, Id, Name, When

CARD = Card("Show the history of counters", asks_civitai=False)


async def get_engagement_history(
    ctx: Ctx,
    *,
    post: Annotated[Id, Field(description="Id, URL or latest.")] = "",
    image: Annotated[Id, Field(description="Id or URL.")] = "",
    creator: Annotated[Name, Field(description="Name or @me.")] = "",
    from_time: Annotated[When, Field(description="ISO 8601, UTC; else 7 days back.")] = "",
    to_time: Annotated[When, Field(description="Else now.")] = "",
    step: Annotated[Literal["auto", "hour", "4h", "day", "week"], Field(description="Time between rows.")] = "auto",
) -> EngagementHistory:
    """How a post, image or creator grew over time: a timeline of likes, hearts and comments by the hour or day, with
    growth per hour, gaps and falls. For progress, daily numbers, the first 24 hours, yesterday or since a day, when
    it slowed down, stopped or dropped.

    Drawn: chart_engagement.
    """
    sources = ctx.request_context.lifespan_context
    subject = await one_subject(sources, post=post, image=image, creator=creator)
    length: timedelta | None = STEPS.get(step)
    window = HistoryOptions(instant("from_time", from_time), instant("to_time", to_time, is_end=True), length)
    return await history(sources, subject, window)
