"""Which posts to list, as people write it; for tools and commands alike."""

from collections.abc import Mapping

from civitai_engagement.answers.insight.post_list import LEVELS, PostListOptions
from civitai_engagement.inputs.named import creator_or_all
from civitai_engagement.inputs.times import age_of
from civitai_engagement.records.post_list import ObservedPostFilter, PostOrder
from civitai_engagement.sources import Sources


async def listing_of(
    sources: Sources, asked: Mapping[str, str | None], *, sort: str, limit: int, offset: int = 0
) -> PostListOptions:
    """Read whose posts are meant, of which words, type, level and period.

    Raises:
        BadInput: One of them cannot be read.
    """
    period = (asked.get("period") or "all").strip().lower()
    since = None if period == "all" else sources.clock.now() - age_of("period", period)
    words, level = (asked.get("title") or "").split(), asked.get("level")
    wanted = ObservedPostFilter(
        creator=await creator_or_all(sources, asked.get("creator") or ""),
        title=tuple(words) or None,
        type=asked.get("type"),
        level=LEVELS[level] if level else None,
        since=since,
    )
    return PostListOptions(wanted, PostOrder(sort), limit, offset)
