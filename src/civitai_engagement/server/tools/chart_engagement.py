"""A chart of counters over age or time."""

from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.answers.chart import EngagementChart, Wanted, charted
from civitai_engagement.answers.curves import Counter
from civitai_engagement.server.apps import CHART
from civitai_engagement.server.arguments import instant, subjects_of
from civitai_engagement.server.tool import Card, Ctx, Ids

CARD = Card("Chart engagement", asks_civitai=False, view=CHART)


async def chart_engagement(
    ctx: Ctx,
    *,
    posts: Annotated[Ids, Field(description="Ids or URLs.")] = [],  # noqa: B006 # never changed
    images: Annotated[Ids, Field(description="Ids or URLs.")] = [],  # noqa: B006 # never changed
    creator: Annotated[str, Field(description="Name.")] = "",
    by: Annotated[Literal["time", "age"], Field(description="age: since publication.")] = "time",
    counter: Annotated[Counter, Field(description="What to count.")] = "total",
    from_time: Annotated[str, Field(description="UTC; else 7 days back, by age the whole life.")] = "",
    to_time: Annotated[str, Field(description="Else now.")] = "",
) -> EngagementChart:
    """A line chart (PNG and numbers) of up to 8 posts, images or a creator."""
    sources = ctx.request_context.lifespan_context
    subjects = subjects_of(posts, images, creator, host=sources.settings.civitai_host)
    wanted = Wanted(subjects, by, counter, instant("from_time", from_time), instant("to_time", to_time, is_end=True))
    return await charted(sources, wanted)
