"""Which words of prompts go with reactions."""

from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.answers.why.prompt_patterns import PatternOptions, PromptPatterns, prompt_patterns
from civitai_engagement.answers.why.studied_media import hours_of
from civitai_engagement.inputs.named import creator_or_all
from civitai_engagement.inputs.times import instant
from civitai_engagement.server.tool import Card, Ctx, Name, When
from civitai_engagement.setting_values import Toolset

CARD = Card("Find prompt words that go with reactions", asks_civitai=False, toolset=Toolset.WHY)


async def find_prompt_patterns(
    ctx: Ctx,
    *,
    creator: Annotated[Name, Field(description="Theirs; else all.")] = "",
    negative: Annotated[bool, Field(description="Negative prompts.")] = False,
    pairs: Annotated[bool, Field(description="Phrases two by two, too.")] = False,
    contains: Annotated[Name, Field(max_length=60, description="Only phrases with this.")] = "",
    media_type: Annotated[Literal["image", "video"] | None, Field(description="Only these.")] = None,
    base_model: Annotated[Name, Field(max_length=60, description="Only media of it.")] = "",
    at_age: Annotated[When, Field(description="24h, 72h or 7d.")] = "72h",
    since: Annotated[When, Field(description="Published since.")] = "",
    limit: Annotated[int, Field(ge=1, le=60, description="Rows.")] = 20,
) -> PromptPatterns:
    """Which prompt words, tags or phrases (also negative prompt) go with more reactions: keywords to write or drop."""
    sources = ctx.request_context.lifespan_context
    question = PatternOptions(
        creator=await creator_or_all(sources, creator),
        media_type=media_type,
        base_model=base_model.strip() or None,
        since=instant("since", since),
        hours=hours_of("at_age", at_age),
        negative=negative,
        pairs=pairs,
        contains=contains.strip(),
        limit=limit,
    )
    return await prompt_patterns(sources, question)
