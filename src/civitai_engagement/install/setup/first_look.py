"""The first minute of a creator who is followed from now on: what Civitai lists of them, in a few lines."""

from civitai_engagement.answers.answer import clean, count
from civitai_engagement.library.watching import watch
from civitai_engagement.ports import Lane
from civitai_engagement.records.media import Reading
from civitai_engagement.records.watches import Names
from civitai_engagement.sources import Sources

BEST = 3


async def first_look(sources: Sources, name: str) -> list[str]:
    """Follow a creator and look at their newest media once; the lines are for a person.

    Raises:
        StoreDown: The database does not answer; nothing was changed.
        UpstreamDown: Civitai does not answer; they are followed all the same.
    """
    result = await watch(sources, Names.creators([name]))
    (status,) = result.statuses.values()
    said = [f"{clean(name, 100)}: {status}."]
    pages = sources.civitai.creator_pages(name, lane=Lane.LIVE)
    async for page in pages:
        return said + _told(name, page)
    return said + _told(name, None)


def _told(name: str, page: Reading | None) -> list[str]:
    if page is None or not page.media:
        return [f"Civitai lists nothing of {clean(name, 100)}: is the name written as in the address of the profile?"]
    posts = count(len({one.post_id for one in page.media}), "post")
    begun = "" if page.is_complete else "the newest "
    told = f"Civitai lists {begun}{count(len(page.media), 'media', 'media')} in {posts}; the best of them:"
    known = sorted(((one.counters.total, one.id) for one in page.media if one.counters), reverse=True)
    return [told, *(f"  image {number}: {total:,} reactions and comments" for total, number in known[:BEST])]
