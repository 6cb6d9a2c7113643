"""Record a prompt."""

from typing import Annotated, Any

from pydantic import Field

from civitai_engagement.answers.recorded.recordings import RecordedPromptNow, prompt_answer
from civitai_engagement.inputs.recordings import MOST_NAME, MOST_PROMPT, ON_BEHALF_OF, noted
from civitai_engagement.library.keeping import create_prompt as keep
from civitai_engagement.records.library import PromptDraft
from civitai_engagement.server.tool import Card, Ctx
from civitai_engagement.settings import Toolset

CARD = Card("Record a prompt", is_read_only=False, is_idempotent=False, asks_civitai=False, toolset=Toolset.LIBRARY)


async def create_prompt(
    ctx: Ctx,
    *,
    prompt_text: Annotated[str, Field(min_length=1, max_length=MOST_PROMPT, description="The prompt itself.")],
    llm_model_provider: Annotated[str, Field(max_length=MOST_NAME, description="Whose model it is for or from.")] = "",
    llm_model: Annotated[str, Field(max_length=MOST_NAME, description="Which model.")] = "",
    purpose: Annotated[str, Field(max_length=MOST_NAME, description="What it is for.")] = "",
    metadata: Annotated[dict[str, Any] | None, Field(description="Anything else, as an object.")] = None,
    on_behalf_of: Annotated[str, ON_BEHALF_OF] = "",
) -> RecordedPromptNow:
    """Record a prompt, so that assets can point to it (create_asset, update_asset: input_prompt_id, output_prompt_id).

    record_civitai_post keeps the prompts of what is published already.
    """
    draft = PromptDraft(
        content=prompt_text,
        llm_model_provider=llm_model_provider.strip() or None,
        llm_model=llm_model.strip() or None,
        purpose=purpose.strip() or None,
        metadata=noted(metadata) or {},
        on_behalf_of=on_behalf_of.strip() or None,
    )
    return prompt_answer(await keep(ctx.request_context.lifespan_context, draft))
