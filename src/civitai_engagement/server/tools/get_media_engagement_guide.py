"""Explain how to work with engagement."""

from civitai_engagement.server.guide import Guide, engagement_guide
from civitai_engagement.server.tool import Card, Ctx

CARD = Card("Read the engagement guide", asks_civitai=False)


async def get_media_engagement_guide(ctx: Ctx) -> Guide:
    """How this works and how to use it: what you can ask, which tool when, what metrics and numbers mean and how they
    are calculated (positive ratio, discussion depth, controversy), what Civitai does not give (views), and help when
    something fails. Read it once when unsure where to start or begin.
    """
    return Guide(
        summary="Which tool answers which question, what the metrics mean, what to do when a call fails.",
        notes=[],
        guide=engagement_guide(ctx.request_context.lifespan_context.settings.listed),
    )
