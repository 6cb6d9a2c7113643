"""The hours of the day."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.insight.peak_hours import PeakHours
from civitai_engagement.answers.insight.peak_hours import find_peak_hours as answer
from civitai_engagement.inputs.named import creator_or_all
from civitai_engagement.inputs.times import zone_of
from civitai_engagement.server.tool import Card, Ctx, Name, When

CARD = Card("Find peak hours", asks_civitai=False)


async def find_peak_hours(
    ctx: Ctx,
    *,
    creator: Annotated[Name, Field(description="Name or @me; else all.")] = "",
    time_zone: Annotated[When, Field(description="IANA name, such as Europe/Berlin.")] = "UTC",
) -> PeakHours:
    """When to post: which hours and days of the week did better, and when people are active, react and likes come in;
    only where that beats chance, else the flat view. For the best time to publish or upload: morning, evening,
    night, weekend.
    """
    sources = ctx.request_context.lifespan_context
    name = await creator_or_all(sources, creator)
    return await answer(sources, name, zone_of(time_zone))
