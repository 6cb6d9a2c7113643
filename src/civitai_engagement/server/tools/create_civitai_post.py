"""Record a post by hand."""

from typing import Annotated, Any, Literal

from pydantic import Field

from civitai_engagement.answers.recorded.recordings import RecordedPostNow, post_answer
from civitai_engagement.civitai.urls import parse_post, post_url
from civitai_engagement.errors import BadInput
from civitai_engagement.inputs.recordings import MOST_TEXT, ON_BEHALF_OF, noted
from civitai_engagement.library.keeping import create_post
from civitai_engagement.records.library import PostDraft
from civitai_engagement.server.tool import POST, Card, Ctx, Id
from civitai_engagement.settings import Toolset

CARD = Card(
    "Record a post by hand", is_read_only=False, is_idempotent=False, asks_civitai=False, toolset=Toolset.LIBRARY
)


async def create_civitai_post(
    ctx: Ctx,
    *,
    civitai_id: Annotated[Id, POST],
    civitai_url: Annotated[Id, Field(description="Its URL; made from the id when not given.")] = "",
    status: Annotated[Literal["pending", "published", "failed"], Field(description="How far it is.")] = "published",
    title: Annotated[str, Field(max_length=MOST_TEXT, description="Its title.")] = "",
    description: Annotated[str, Field(max_length=MOST_TEXT, description="Its text.")] = "",
    metadata: Annotated[dict[str, Any] | None, Field(description="Anything else, as an object.")] = None,
    on_behalf_of: Annotated[str, ON_BEHALF_OF] = "",
) -> RecordedPostNow:
    """Record a post without asking Civitai, for posts that are not public yet. Assets are linked with update_asset.

    For a public post use record_civitai_post: one call, with all its media.
    """
    sources = ctx.request_context.lifespan_context
    host, base = sources.settings.civitai_host, sources.settings.civitai_base_url
    number = parse_post(civitai_id, own_host=host)
    if civitai_url.strip() and parse_post(civitai_url, own_host=host) != number:
        raise BadInput("civitai_id and civitai_url name different posts.", hint="Pass one of them.")
    draft = PostDraft(
        post_id=number,
        civitai_url=post_url(number, site=base),
        status=status,
        title=title.strip() or None,
        description=description.strip() or None,
        metadata=noted(metadata) or {},
        on_behalf_of=on_behalf_of.strip() or None,
    )
    return post_answer(await create_post(sources, draft))
