"""Audit what is recorded."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.recorded import library_audit
from civitai_engagement.answers.recorded.audit_shape import AuditOptions, LibraryAudit
from civitai_engagement.inputs.named import posts_of
from civitai_engagement.server.tool import Card, Ctx, Ids

CARD = Card("Audit the library")


async def audit_library(
    ctx: Ctx,
    *,
    posts: Annotated[Ids | None, Field(max_length=50, description="Only these: ids or URLs.")] = None,
    checks: Annotated[
        int | None,
        Field(ge=0, le=50, description="Newest compared with Civitai, 1 s each; default 10 or all named."),
    ] = None,
    limit: Annotated[int, Field(ge=1, le=100, description="Rows.")] = 40,
) -> LibraryAudit:
    """Check the whole library: recorded posts that are gone, missing, deleted, hidden, taken down or re-rated (mature)
    on Civitai, still gaining, forgotten or not observed lately; stored numbers against live. For whether all is
    still there, online and in order.
    """
    sources = ctx.request_context.lifespan_context
    ids = tuple(await posts_of(sources, posts or ()))
    return await library_audit.audit_library(sources, AuditOptions(ids or None, checks, limit), ctx.report_progress)
