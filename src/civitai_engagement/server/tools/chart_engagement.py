"""A chart of counters over age or time."""

from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.answers.over_time.chart import ChartOptions, EngagementChart, charted
from civitai_engagement.answers.over_time.chart_lines import Counter
from civitai_engagement.answers.over_time.effect_chart import charted_effects
from civitai_engagement.inputs.comparisons import effects_of
from civitai_engagement.inputs.named import named_subjects
from civitai_engagement.inputs.times import instant
from civitai_engagement.server.apps import CHART
from civitai_engagement.server.tool import Card, Ctx, Ids, Name, When

CARD = Card("Chart engagement", asks_civitai=False, view=CHART)


async def chart_engagement(
    ctx: Ctx,
    *,
    posts: Annotated[Ids | None, Field(description="Up to 8: ids, URLs, latest 5; images by URL.")] = None,
    creator: Annotated[Name, Field(description="Name or @me.")] = "",
    by: Annotated[
        Literal["age", "time", "effect"], Field(description="age: since publication; effect: what goes with reactions.")
    ] = "time",
    counter: Annotated[Counter, Field(description="What counts.")] = "total",
    from_time: Annotated[When, Field(description="UTC; else 7 days back, by age all.")] = "",
    to_time: Annotated[When, Field(description="Else now.")] = "",
) -> EngagementChart:
    """Draw a graph: a line chart (PNG and numbers) of posts, images or a creator over time, or by age to compare; by
    effect, ratios with their intervals. To plot, visualize or see growth drawn; a curve, a diagram.

    As a table: get_engagement_history.
    """
    sources = ctx.request_context.lifespan_context
    named = await named_subjects(sources, posts or (), creator)
    if by == "effect":
        return await charted_effects(sources, effects_of(named, since=from_time))
    start, end = instant("from_time", from_time), instant("to_time", to_time, is_end=True)
    return await charted(sources, ChartOptions(tuple(dict.fromkeys(named)), by, counter, start, end))
