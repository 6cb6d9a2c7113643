"""What people wrote under an image or a post."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.why.comment_tones import ReadComments
from civitai_engagement.answers.why.comment_tones import read_comments as answer
from civitai_engagement.errors import BadInput
from civitai_engagement.inputs.named import subject_of
from civitai_engagement.server.tool import Card, Ctx, Id
from civitai_engagement.setting_values import Toolset

CARD = Card("Read comments", toolset=Toolset.WHY)


async def read_comments(
    ctx: Ctx,
    *,
    post: Annotated[Id, Field(description="A post's own thread.")] = "",
    image: Annotated[Id, Field(description="Or one image's: id or URL.")] = "",
    limit: Annotated[int, Field(ge=1, le=100, description="Texts.")] = 20,
) -> ReadComments:
    """What do people say? Comments and feedback with tone (praise, criticism) and requests. Needs a key and
    COMMENTS=true.
    """
    sources = ctx.request_context.lifespan_context
    subject = await subject_of(sources, post=post, image=image)
    if subject.is_anybody:
        raise BadInput("Nothing to read comments of is named.", hint="Pass a post or an image.")
    return await answer(sources, subject, limit=limit)
