"""The titles of posts, where they are at hand."""

from collections.abc import Sequence

from civitai_engagement.errors import BadSetup, StoreDown
from civitai_engagement.sources import Sources


async def titles_at_hand(sources: Sources, posts: Sequence[int]) -> dict[int, str]:
    """Give the titles that are stored; a live answer does not wait for a database."""
    if not sources.store.is_open or not posts:
        return {}
    try:
        async with sources.store.reading() as ledger:
            return await ledger.post_list.titles(sorted(set(posts)))
    except (StoreDown, BadSetup):
        return {}
