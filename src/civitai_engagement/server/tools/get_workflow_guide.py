"""Explain how to record."""

from civitai_engagement.server.guide import Guide, workflow_guide
from civitai_engagement.server.tool import Card, Ctx
from civitai_engagement.setting_values import Toolset

CARD = Card("Read the recording guide", asks_civitai=False, toolset=Toolset.LIBRARY)


async def get_workflow_guide(ctx: Ctx) -> Guide:
    """How to record prompts, files and posts, in one call or step by step, and what to do when a call is refused."""
    return Guide(
        summary="How to record, find, change and delete; what to do when refused.",
        notes=[],
        guide=workflow_guide(ctx.request_context.lifespan_context.settings.listed),
    )
