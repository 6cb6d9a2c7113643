"""Media with the phrases of their prompts, read for one question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from civitai_engagement.analysis.features import phrases
from civitai_engagement.analysis.outcomes import CountedRows, counted_rows
from civitai_engagement.answers.why.made_rows import coverage_of
from civitai_engagement.records.made import LIVE_MEDIA, MadeCoverage, MadeMedia, MadeScope

if TYPE_CHECKING:
    from civitai_engagement.sources import Sources


@dataclass(frozen=True, slots=True)
class PhrasedMedia:
    """The media of a scope, the newest of it where there are many, with a count at the age asked for."""

    found: CountedRows
    coverage: MadeCoverage

    @property
    def posts(self) -> int:
        return len({one.post_id for one in self.found.rows})

    @property
    def is_whole(self) -> bool:
        return self.coverage.counted <= LIVE_MEDIA


async def phrased_media(sources: "Sources", scope: MadeScope, hours: int) -> PhrasedMedia:
    """Read a scope with its prompts, parted into phrases.

    Raises:
        BadInput: All its media were found by their success.
        StoreDown: The database is not reachable, or still starting.
    """
    async with sources.store.reading() as ledger:
        coverage = await coverage_of(ledger, scope)
        media = await ledger.features.made(scope, limit=LIVE_MEDIA)
        prompts = await ledger.features.prompts([one.image_id for one in media])
    return PhrasedMedia(counted_rows(_phrased(media, prompts), hours), coverage)


def _phrased(media: Sequence[MadeMedia], prompts: Mapping[int, tuple[str, str]]) -> list[MadeMedia]:
    """Part prompts into phrases; media of a post mostly share theirs."""
    parted = {text: phrases(text) for both in prompts.values() for text in both}
    return [_with(one, *(parted.get(text, ()) for text in prompts.get(one.image_id, ("", "")))) for one in media]


def _with(one: MadeMedia, written: tuple[str, ...], unwanted: tuple[str, ...]) -> MadeMedia:
    return replace(one, features=replace(one.features, phrases=written, negative_phrases=unwanted))
