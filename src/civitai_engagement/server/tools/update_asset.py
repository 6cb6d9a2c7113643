"""Change an asset."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from civitai_engagement.answers.recorded.recordings import RecordedAssetNow, asset_answer
from civitai_engagement.civitai.urls import parse_post
from civitai_engagement.inputs.recordings import (
    CLEAR,
    METADATA_MODE,
    ON_BEHALF_OF,
    changes_of,
    needed_id,
    noted,
    own_id,
    own_ids,
)
from civitai_engagement.inputs.subjects import image_of
from civitai_engagement.library.keeping import Note
from civitai_engagement.library.keeping import update_asset as change
from civitai_engagement.server.tool import Card, Ctx, Id, Ids
from civitai_engagement.settings import Toolset

CARD = Card("Change a recorded asset", is_read_only=False, asks_civitai=False, toolset=Toolset.LIBRARY)
FIELDS: Mapping[str, tuple[str, Any]] = {
    "civitai_id": ("image_id", None),
    "civitai_url": ("image_id", None),
    "post_id": ("post_id", None),
    "input_prompt_id": ("input_prompt_id", None),
    "output_prompt_id": ("output_prompt_id", None),
    "input_asset_ids": ("input_asset_ids", ()),
    "on_behalf_of": ("on_behalf_of", None),
    "metadata": ("metadata", {}),
}


async def update_asset(
    ctx: Ctx,
    *,
    asset_id: Annotated[Id, Field(description="Which asset.")],
    input_prompt_id: Annotated[Id, Field(description="The prompt it was made from.")] = "",
    output_prompt_id: Annotated[Id, Field(description="A prompt made from it.")] = "",
    civitai_id: Annotated[Id, Field(description="Its Civitai image: id or URL.")] = "",
    civitai_url: Annotated[Id, Field(description="URL of its image page.")] = "",
    post_id: Annotated[Id, Field(description="Its recorded post: id or URL.")] = "",
    input_asset_ids: Annotated[Ids | None, Field(description="Assets it was made from.")] = None,
    metadata: Annotated[dict[str, Any] | None, Field(description="An object.")] = None,
    metadata_mode: Annotated[Literal["merge", "replace"], METADATA_MODE] = "merge",
    on_behalf_of: Annotated[str, ON_BEHALF_OF] = "",
    clear: Annotated[Ids | None, CLEAR] = None,
) -> RecordedAssetNow:
    """Change a recorded asset: link it to its Civitai image, post and prompts. What is not given stays; only clear
    empties."""
    sources = ctx.request_context.lifespan_context
    host = sources.settings.civitai_host
    given = {
        "image_id": image_of(civitai_id, civitai_url, host),
        "post_id": parse_post(post_id, own_host=host) if post_id.strip() else None,
        "input_prompt_id": own_id("input_prompt_id", input_prompt_id),
        "output_prompt_id": own_id("output_prompt_id", output_prompt_id),
        "input_asset_ids": own_ids("input_asset_ids", input_asset_ids) or None,
        "on_behalf_of": on_behalf_of.strip() or None,
    }
    note = Note(noted(metadata), is_whole=metadata_mode == "replace")
    made, gone = await change(sources, needed_id("asset_id", asset_id), changes_of(given, clear, FIELDS), note)
    return asset_answer(
        made, base_url=sources.settings.civitai_base_url, did="up to date", cleared=clear or (), took_over=gone
    )
