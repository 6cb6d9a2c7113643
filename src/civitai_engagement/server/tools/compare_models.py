"""Models beside each other."""

from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.answers.why.model_comparison import ModelComparison, ModelOptions, model_comparison
from civitai_engagement.answers.why.studied_media import hours_of
from civitai_engagement.inputs.named import creator_or_all
from civitai_engagement.inputs.times import instant
from civitai_engagement.records.findings import ModelKind
from civitai_engagement.server.tool import Card, Ctx, Name, Names, When
from civitai_engagement.setting_values import Toolset

CARD = Card("Compare models and LoRAs", asks_civitai=False, toolset=Toolset.WHY)


async def compare_models(
    ctx: Ctx,
    *,
    kind: Annotated[Literal["base", "checkpoint", "lora"], Field(description="What to compare.")] = "base",
    names: Annotated[Names | None, Field(max_length=10, description="Only these, also two by two.")] = None,
    creator: Annotated[Name, Field(description="Theirs beside others'; else all.")] = "",
    media_type: Annotated[Literal["image", "video"] | None, Field(description="Only these.")] = None,
    at_age: Annotated[When, Field(description="24h, 72h or 7d.")] = "72h",
    since: Annotated[When, Field(description="Published since.")] = "",
    limit: Annotated[int, Field(ge=1, le=60, description="Rows.")] = 20,
) -> ModelComparison:
    """Which model does better? Base models (Flux, Pony, SDXL, Illustrious), checkpoints or LoRAs by what the same
    creator's other media have, with interval, share of use and the naive ratio beside it. For which to use next.

    Steps, CFG, sampler: find_parameter_effects.
    """
    sources = ctx.request_context.lifespan_context
    question = ModelOptions(
        kind=ModelKind(kind),
        names=tuple(one.strip() for one in names or () if one.strip()),
        creator=await creator_or_all(sources, creator),
        media_type=media_type,
        since=instant("since", since),
        hours=hours_of("at_age", at_age),
        limit=limit,
    )
    return await model_comparison(sources, question)
