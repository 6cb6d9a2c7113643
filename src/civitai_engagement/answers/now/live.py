"""What Civitai shows now: its numbers checked against the stored ones, and those instead while it is down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from civitai_engagement.analysis import belief
from civitai_engagement.answers.answer import count, oldest, spoken
from civitai_engagement.errors import BadSetup, StoreDown, UpstreamDown, UpstreamRefused
from civitai_engagement.records.media import Media, Reading
from civitai_engagement.records.provenance import Route
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.store.images import Known, StoredMedia

LAG = "Civitai's numbers can lag by up to 8 minutes; media it hides or still reviews are not listed."
ABSENT = (
    "That can mean: there is no such post; it is unpublished, scheduled, private or deleted; "
    "all its media are hidden, flagged or under review; or it is minutes old and not indexed yet."
)


@dataclass(frozen=True, slots=True)
class MediaNow:
    """Media as they are now, or as last stored when Civitai does not answer; what is not believed is unknown."""

    media: tuple[Media, ...]
    as_of: datetime | None
    notes: tuple[str, ...]
    is_stored: bool = False


async def see_post(sources: Sources, post_id: int, *, details: bool = False) -> MediaNow:
    """Look at a post with all its media, ordered by id.

    Raises:
        UpstreamDown: Civitai does not answer, and nothing is stored of this post.
        UpstreamRefused: Civitai refuses to answer, and nothing is stored of this post.
    """
    try:
        reading = await sources.civitai.post_media(post_id, with_meta=details)
        return await _checked(sources, post_id, reading, details=details)
    except (UpstreamDown, UpstreamRefused) as error:
        stored = await _stored(sources, post_id)
        if not stored:
            raise
        return _instead(stored, error)


async def _checked(sources: Sources, post_id: int, reading: Reading, *, details: bool) -> MediaNow:
    known = await known_media(sources, reading.media)
    first = seen(reading, known)
    if all(one.counters is not None or one.id not in known for one in first.media):
        return first
    try:
        return seen(await sources.civitai.post_media(post_id, with_meta=details, fresh=True), known)
    except (UpstreamDown, UpstreamRefused):
        if all(one.counters is None for one in first.media):
            raise
        return first


def seen(reading: Reading, known: "Mapping[int, Known]") -> MediaNow:
    """Take out of a reading what cannot be believed."""
    page = {one.id: one.counters for one in reading.media}
    verdicts = belief.judge_page(page, known, as_of=reading.as_of, route=Route.LIVE).verdicts
    doubted = {image_id for image_id, verdict in verdicts.items() if verdict is belief.ReadingVerdict.UNBELIEVABLE}
    fallen = sum(verdict is belief.ReadingVerdict.SUSPECT_FALL for verdict in verdicts.values())
    unknown = sum(counters is None for counters in page.values())
    media = tuple(replace(one, counters=None) if one.id in doubted else one for one in reading.media)
    return MediaNow(media, reading.as_of, (*_doubts(len(doubted), fallen, unknown), *reading.notes, LAG))


def _doubts(doubted: int, fallen: int, unknown: int) -> list[str]:
    notes = {
        "Civitai shows only zeros for {} that had more before: taken as unknown, not zero.": doubted,
        "Civitai shows less than was recorded for {}: reactions were withdrawn, or its count is behind.": fallen,
        "Civitai sent no counters for {}: unknown, not zero.": unknown,
    }
    return [note.format(count(number, "media", "media")) for note, number in notes.items() if number]


async def known_media(sources: Sources, media: Sequence[Media]) -> "dict[int, Known]":
    """Give what is stored of the counters of media by id; the database is waited for only where zeros need proof."""
    is_doubtful = any(one.counters is not None and one.counters.all_zero for one in media)
    if not media or not (sources.store.is_open or is_doubtful):
        return {}
    try:
        async with sources.store.reading() as ledger:
            return await ledger.images.known([one.id for one in media])
    except (StoreDown, BadSetup):
        return {}


async def _stored(sources: Sources, post_id: int) -> "list[StoredMedia]":
    try:
        async with sources.store.reading() as ledger:
            return await ledger.images.of_post(post_id)
    except (StoreDown, BadSetup):
        return []


def _instead(stored: "Sequence[StoredMedia]", error: UpstreamDown | UpstreamRefused) -> MediaNow:
    as_of = oldest(one.as_of for one in stored)
    when = f"as last recorded, {spoken(as_of)}" if as_of else "as last recorded"
    advice = "; try again in a minute." if isinstance(error, UpstreamDown) else "."
    note = f"{error.message} These are the numbers {when}, not live ones{advice}"
    return MediaNow(tuple(one.media for one in stored), as_of, (note,), is_stored=True)
