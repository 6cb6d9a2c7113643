"""Find one asset."""

import re
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.answers.recorded.asset import FoundAsset, asset
from civitai_engagement.civitai.urls import AddressKind, parse_any, parse_image, parse_post
from civitai_engagement.errors import BadInput
from civitai_engagement.inputs.recordings import own_id
from civitai_engagement.records.filters import AssetFilter
from civitai_engagement.server.tool import Card, Ctx, Id

CARD = Card("Find an asset", may_be_brief=True)  # it asks Civitai only for what is not recorded
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_MEDIA_FILE = re.compile(
    r"^(?:https?://)?image[\w-]*\.civitai\.com/|\.(jpe?g|png|webp|gif|avif|mp4|webm|mp3|wav)/?(?:[?#].*)?$",
    re.IGNORECASE,
)


async def find_asset(
    ctx: Ctx,
    *,
    asset_id: Annotated[Id, Field(description="The asset's own id, as list_civitai_posts gives it.")] = "",
    sha256sum: Annotated[Id, Field(description="SHA-256 of the file, 64 hex digits.")] = "",
    civitai_id: Annotated[Id, Field(description="Id of the Civitai image or video.")] = "",
    civitai_url: Annotated[Id, Field(description="URL of a Civitai image page, post page or media file.")] = "",
    post_id: Annotated[Id, Field(description="Its Civitai post: id or URL.")] = "",
    on_behalf_of: Annotated[str, Field(description="Only recorded for this person.")] = "",
    asset_type: Annotated[Literal["image", "video", "audio"] | None, Field(description="Only this type.")] = None,
    text: Annotated[
        str, Field(max_length=500, description='Words in its prompts or its post; "a phrase", -without.')
    ] = "",
) -> FoundAsset:
    """What an image, video or file is and how it was made: prompt, seed, sampler, steps, model and other settings, its
    post, engagement and gains. For a picture or image URL, recorded or not (then what Civitai has now), or whether a
    file or hash is recorded already.

    Give at least one criterion; all given must hold.
    """
    sources = ctx.request_context.lifespan_context
    host = sources.settings.civitai_host
    wanted = AssetFilter(
        asset_id=own_id("asset_id", asset_id),
        sha256sum=_digest(sha256sum) if sha256sum.strip() else None,
        image_id=parse_image(civitai_id, own_host=host) if civitai_id.strip() else None,
        post_id=parse_post(post_id, own_host=host) if post_id.strip() else None,
        on_behalf_of=on_behalf_of.strip() or None,
        asset_type=asset_type,
        text=text.strip() or None,
    )
    if civitai_url.strip():
        wanted = _with_url(wanted, civitai_url.strip(), host)
    if wanted == AssetFilter():
        raise BadInput(
            "find_asset needs a criterion.", hint="Pass asset_id, sha256sum, civitai_id, civitai_url, post_id or text."
        )
    return await asset(sources, wanted)


def _digest(text: str) -> str:
    digest = text.strip().removeprefix("sha256:")
    if not _SHA256.fullmatch(digest):
        raise BadInput("sha256sum is not 64 hex digits.", hint="Pass the SHA-256 of the file itself.")
    return digest.lower()


def _with_url(wanted: AssetFilter, url: str, host: str) -> AssetFilter:
    """Read a page of an image or a post, or take a file's own address; it must agree with the other criteria."""
    if _MEDIA_FILE.search(url):
        return replace(wanted, asset_url=url)
    found = parse_any(url, own_host=host)
    named = AssetFilter(image_id=found.id) if found.kind is AddressKind.IMAGE else AssetFilter(post_id=found.id)
    _refuse_contradiction(wanted.image_id, named.image_id, AddressKind.IMAGE)
    _refuse_contradiction(wanted.post_id, named.post_id, AddressKind.POST)
    return replace(wanted, image_id=named.image_id or wanted.image_id, post_id=named.post_id or wanted.post_id)


def _refuse_contradiction(given: int | None, named: int | None, kind: AddressKind) -> None:
    if None not in {given, named} and given != named:
        raise BadInput(f"civitai_url names {kind} {named}, another criterion {kind} {given}.", hint="Pass one of them.")
