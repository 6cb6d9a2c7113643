"""What gained most."""

from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.analysis.movers import By
from civitai_engagement.answers.insight.movers_shape import MoverOptions, TopMovers
from civitai_engagement.answers.insight.top_movers import top_movers
from civitai_engagement.inputs.named import creator_or_all
from civitai_engagement.inputs.times import age_of
from civitai_engagement.records.curves import Of, Scope
from civitai_engagement.server.tool import Card, Ctx, Name, When

CARD = Card("Rank what gains most", asks_civitai=False)


async def get_top_movers(
    ctx: Ctx,
    *,
    window: Annotated[When, Field(max_length=10, description="1h to 30d.")] = "24h",
    creator: Annotated[Name, Field(description="Only this creator.")] = "",
    of: Annotated[Literal["posts", "images"], Field(description="To rank.")] = "posts",
    by: Annotated[Literal["gain", "per_hour", "age"], Field(description="age: against its age.")] = "gain",
    limit: Annotated[int, Field(ge=1, le=50, description="Rows.")] = 10,
) -> TopMovers:
    """What is rising: posts or images that gained or moved most in the last hours, today or this week, old ones too; in
    all, per observed hour, against age and creator's usual. For what is hot, trending, climbing, picking up, taking
    off, fastest.

    Best ever: get_top_media.
    """
    sources = ctx.request_context.lifespan_context
    name = await creator_or_all(sources, creator)
    options = MoverOptions(age_of("window", window), Of(of), By(by), limit)
    return await top_movers(sources, Scope(creator=name), options)
