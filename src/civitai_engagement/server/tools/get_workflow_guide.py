"""Explain how to record."""

from civitai_engagement.server.guide import Guide, workflow_guide
from civitai_engagement.server.tool import Card, Ctx

CARD = Card("Read the recording guide", asks_civitai=False)


async def get_workflow_guide(ctx: Ctx) -> Guide:  # noqa: ARG001 # every tool is called alike
    """How to record prompts, files and posts, in one call or step by step, and what to do when a call is refused."""
    return Guide(
        summary="How to record, find, change and delete; what to do when refused.", notes=[], guide=workflow_guide()
    )
