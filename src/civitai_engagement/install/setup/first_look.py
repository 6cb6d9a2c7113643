"""The first minute of a creator who is followed from now on: what Civitai shows of them, and when the next look is."""

from civitai_engagement.answers.recorded.following import watched
from civitai_engagement.library.watching import watch_and_look
from civitai_engagement.records.watches import Names
from civitai_engagement.sources import Sources


async def first_look(sources: Sources, name: str) -> list[str]:
    """Follow a creator and look at them at once; the lines are for a person.

    Raises:
        StoreDown: The database does not answer; nothing was changed.
    """
    done = await watch_and_look(sources, Names.creators([name]))
    answer = watched(done, sources.clock.now())
    return [answer.summary, *answer.notes]
