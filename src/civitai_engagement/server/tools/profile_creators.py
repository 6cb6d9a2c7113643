"""Creators side by side."""

from typing import Annotated

from pydantic import Field

from civitai_engagement.answers.why.creator_profiles import CreatorProfiles, creator_profiles
from civitai_engagement.inputs.named import creators_of
from civitai_engagement.server.tool import Card, Ctx, Names
from civitai_engagement.setting_values import Toolset

CARD = Card("Profile creators", asks_civitai=False, toolset=Toolset.WHY)


async def profile_creators(
    ctx: Ctx,
    *,
    creators: Annotated[Names | None, Field(max_length=50, description="Only these; else all followed.")] = None,
    limit: Annotated[int, Field(ge=1, le=50, description="Rows.")] = 20,
) -> CreatorProfiles:
    """How do creators differ? Engagement patterns of artists side by side: level, rhythm, reactions, discussion,
    growth; what successful ones share.

    One: summarize_creator.
    """
    sources = ctx.request_context.lifespan_context
    names = await creators_of(sources, creators or ())
    return await creator_profiles(sources, list(names.labels.values()), limit=limit)
