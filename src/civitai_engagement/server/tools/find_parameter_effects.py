"""What goes with reactions."""

from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.answers.why.parameter_effects import EffectOptions, ParameterEffects, parameter_effects
from civitai_engagement.answers.why.studied_media import hours_of
from civitai_engagement.inputs.named import creator_or_all
from civitai_engagement.inputs.times import instant
from civitai_engagement.server.tool import Card, Ctx, Name, Names, When
from civitai_engagement.setting_values import Toolset

CARD = Card("Find what goes with reactions", asks_civitai=False, toolset=Toolset.WHY)


async def find_parameter_effects(
    ctx: Ctx,
    *,
    creator: Annotated[Name, Field(description="Theirs beside others'; else all.")] = "",
    media_type: Annotated[Literal["image", "video"] | None, Field(description="Only these.")] = None,
    base_model: Annotated[Name, Field(max_length=60, description="Only media of it.")] = "",
    parameters: Annotated[Names | None, Field(max_length=20, description="Only these: steps, LoRA.")] = None,
    at_age: Annotated[When, Field(description="24h, 72h or 7d.")] = "72h",
    since: Annotated[When, Field(description="Published since.")] = "",
    limit: Annotated[int, Field(ge=1, le=60, description="Rows.")] = 20,
) -> ParameterEffects:
    """Why do some media do better? Which settings matter: steps, CFG, sampler, size, prompt length or LoRA that go with
    more reactions within the same creator: ratio, 95 % interval, and what cannot be told. For what works or helps and
    what is worth changing.

    Models against each other: compare_models.
    """
    sources = ctx.request_context.lifespan_context
    question = EffectOptions(
        creator=await creator_or_all(sources, creator),
        media_type=media_type,
        base_model=base_model.strip() or None,
        since=instant("since", since),
        hours=hours_of("at_age", at_age),
        parameters=tuple(one.strip() for one in parameters or () if one.strip()),
        limit=limit,
    )
    return await parameter_effects(sources, question)
