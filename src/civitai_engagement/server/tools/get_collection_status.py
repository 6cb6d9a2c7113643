"""Tell how collecting goes."""

from civitai_engagement.answers.operations.collection import CollectionStatus, collection_status
from civitai_engagement.server.tool import Card, Ctx

CARD = Card("Check the collection", asks_civitai=False)


async def get_collection_status(ctx: Ctx) -> CollectionStatus:
    """Whether collecting works: is it running, is data up to date, when was Civitai last asked, and what to do if not.
    For numbers that are old, missing or stuck, or when something is wrong or broken.
    """
    return await collection_status(ctx.request_context.lifespan_context)
