"""What stands out."""

from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.answers.insight import unusual
from civitai_engagement.answers.insight.unusual_shape import UnusualThings
from civitai_engagement.inputs.named import subject_of
from civitai_engagement.records.curves import Of, Scope
from civitai_engagement.server.tool import Card, Ctx, Id, Name

CARD = Card("Find what is unusual", asks_civitai=False)


async def find_unusual(
    ctx: Ctx,
    *,
    creator: Annotated[Name, Field(description="Name or @me; else all.")] = "",
    post: Annotated[Id, Field(description="Only this: id, URL, latest.")] = "",
    image: Annotated[Id, Field(description="Only this: id or URL.")] = "",
    of: Annotated[Literal["posts", "images"], Field(description="What to judge.")] = "posts",
    limit: Annotated[int, Field(ge=1, le=50, description="Findings.")] = 20,
) -> UnusualThings:
    """What stands out: posts or images that blew up, went viral, suddenly jumped, stopped or stalled (bursts and stalls
    against their own curve), or did unexpectedly well or badly (far from their creator's usual at equal age). For
    anything strange, weird or off, a surprise, spike, outlier or anomaly.

    One post: rate_post. Merely rising: get_top_movers.
    """
    sources = ctx.request_context.lifespan_context
    one = await subject_of(sources, post=post, image=image, creator=creator)
    scope = Scope(
        posts=None if one.post_id is None else (one.post_id,),
        images=None if one.image_id is None else (one.image_id,),
        creator=one.creator,
    )
    return await unusual.find_unusual(sources, scope, of=Of.IMAGES if one.image_id else Of(of), limit=limit)
