"""Record a file."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from civitai_engagement.answers.recorded.recordings import RecordedAssetNow, asset_answer
from civitai_engagement.civitai.urls import parse_post
from civitai_engagement.inputs.recordings import ON_BEHALF_OF, noted, own_id, own_ids
from civitai_engagement.inputs.subjects import image_of
from civitai_engagement.library.hashing import hash_file
from civitai_engagement.library.keeping import create_asset as keep
from civitai_engagement.records.library import AssetDraft
from civitai_engagement.records.media import MediaType
from civitai_engagement.server.tool import Card, Ctx, Id, Ids
from civitai_engagement.settings import Toolset

CARD = Card("Record a file", is_read_only=False, is_idempotent=False, toolset=Toolset.LIBRARY)


async def create_asset(
    ctx: Ctx,
    *,
    asset_url: Annotated[
        str,
        Field(
            min_length=1,
            max_length=4_000,
            description="An http(s) URL, or a local path (stdio only).",
        ),
    ],
    asset_type: Annotated[
        Literal["image", "video", "audio"], Field(description="What it is; checked against the file.")
    ],
    asset_source: Annotated[Literal["generated", "upload"], Field(description="How it came to be.")],
    input_prompt_id: Annotated[Id, Field(description="The prompt it was made from.")] = "",
    output_prompt_id: Annotated[Id, Field(description="A prompt made from it.")] = "",
    civitai_id: Annotated[Id, Field(description="Its Civitai image, once published: id or URL.")] = "",
    civitai_url: Annotated[Id, Field(description="URL of its image page.")] = "",
    post_id: Annotated[Id, Field(description="Its recorded post: id or URL.")] = "",
    input_asset_ids: Annotated[Ids | None, Field(description="Assets it was made from.")] = None,
    metadata: Annotated[dict[str, Any] | None, Field(description="Anything else, as an object.")] = None,
    on_behalf_of: Annotated[str, ON_BEHALF_OF] = "",
) -> RecordedAssetNow:
    """Record a file before or after it is on Civitai. It is read once, for its SHA-256 and to check its type.

    For what is published already, record_civitai_post records all media of a post in one call. Prompts, assets and
    posts referred to must be recorded. A file that cannot be read is not recorded.
    """
    sources = ctx.request_context.lifespan_context
    host = sources.settings.civitai_host
    draft = AssetDraft(
        asset_type=asset_type,
        asset_source=asset_source,
        asset_url=asset_url.strip(),
        image_id=image_of(civitai_id, civitai_url, host),
        post_id=parse_post(post_id, own_host=host) if post_id.strip() else None,
        input_prompt_id=own_id("input_prompt_id", input_prompt_id),
        output_prompt_id=own_id("output_prompt_id", output_prompt_id),
        input_asset_ids=own_ids("input_asset_ids", input_asset_ids),
        metadata=noted(metadata) or {},
        on_behalf_of=on_behalf_of.strip() or None,
    )
    digest = await hash_file(sources, draft.asset_url, MediaType(asset_type))
    made, same = await keep(sources, replace(draft, sha256sum=digest.sha256))
    return asset_answer(made, base_url=sources.settings.civitai_base_url, same_file=same)
