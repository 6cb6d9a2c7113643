"""Compute a digest."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.answer import Answer
from civitai_engagement.library.hashing import hash_file, is_url
from civitai_engagement.server.tool import Card, Ctx
from civitai_engagement.setting_values import Toolset

CARD = Card("Compute the SHA-256 of a file", toolset=Toolset.LIBRARY)


class Digest(Answer):
    """The SHA-256 of a file's bytes, its size in bytes, and what its content says it is."""

    success: bool
    path: str
    source_type: str
    sha256sum: str
    size: int
    mime: str | None


async def calculate_sha256(
    ctx: Ctx,
    *,
    path: Annotated[
        str, Field(min_length=1, description="An http(s) URL of a public host, or a local path (stdio only).")
    ],
) -> Digest:
    """The SHA-256 of a file, to find it with find_asset or to compare. Local files only below the allowed folders."""
    digest = await hash_file(ctx.request_context.lifespan_context, path.strip(), None)
    return Digest(
        summary=f"SHA-256 {digest.sha256} ({digest.size:,} bytes{f', {digest.mime}' if digest.mime else ''}).",
        notes=[],
        success=True,
        path=path,
        source_type="url" if is_url(path.strip()) else "file",
        sha256sum=digest.sha256,
        size=digest.size,
        mime=digest.mime,
    )
