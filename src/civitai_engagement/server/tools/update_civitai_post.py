"""Change a recorded post."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from civitai_engagement.answers.recorded.recordings import RecordedPostNow, post_answer
from civitai_engagement.civitai.urls import parse_post
from civitai_engagement.inputs.recordings import CLEAR, METADATA_MODE, MOST_TEXT, ON_BEHALF_OF, changes_of, noted
from civitai_engagement.library.keeping import Note, update_post
from civitai_engagement.server.tool import POST, Card, Ctx, Id, Ids
from civitai_engagement.settings import Toolset

CARD = Card("Change a recorded post", is_read_only=False, asks_civitai=False, toolset=Toolset.LIBRARY)
FIELDS: Mapping[str, tuple[str, Any]] = {
    "title": ("title", None),
    "description": ("description", None),
    "on_behalf_of": ("on_behalf_of", None),
    "metadata": ("metadata", {}),
}


async def update_civitai_post(
    ctx: Ctx,
    *,
    post_id: Annotated[Id, POST],
    status: Annotated[Literal["pending", "published", "failed"] | None, Field(description="How far it is.")] = None,
    title: Annotated[str, Field(max_length=MOST_TEXT, description="Its title.")] = "",
    description: Annotated[str, Field(max_length=MOST_TEXT, description="Its text.")] = "",
    metadata: Annotated[dict[str, Any] | None, Field(description="An object.")] = None,
    metadata_mode: Annotated[Literal["merge", "replace"], METADATA_MODE] = "merge",
    on_behalf_of: Annotated[str, ON_BEHALF_OF] = "",
    clear: Annotated[Ids | None, CLEAR] = None,
) -> RecordedPostNow:
    """Change what is recorded of a post. What is not given stays; only clear empties."""
    sources = ctx.request_context.lifespan_context
    given = {
        "status": status,
        "title": title.strip() or None,
        "description": description.strip() or None,
        "on_behalf_of": on_behalf_of.strip() or None,
    }
    number = parse_post(post_id, own_host=sources.settings.civitai_host)
    note = Note(noted(metadata), is_whole=metadata_mode == "replace")
    made = await update_post(sources, number, changes_of(given, clear, FIELDS), note)
    return post_answer(made, did="up to date", cleared=clear or ())
