"""The tracks of a post, an image or a creator, as they are to be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from civitai_engagement.analysis.held import from_publication
from civitai_engagement.answers.recorded.waiting import what_to_do
from civitai_engagement.errors import BadInput, NotFound
from civitai_engagement.records.history import Event, Track
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.records.filters import Subject


MOST_MEDIA = 2_000  # the store reads no more of one subject
DAY = timedelta(hours=24)
ROUND = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class SubjectTracks:
    """The tracks of a subject as they are told, from when on, and whether all of it is one round of looks."""

    tracks: Sequence[Track]
    start: datetime
    is_one_look: bool


def story_of(subject: "Subject", tracks: Sequence[Track], start: datetime, end: datetime) -> SubjectTracks:
    """Begin the history of an image or post at its publication, where that lies in the time asked for.

    That of a creator begins with the first round of looks. A round takes a while, and is one instant here: what it
    brought is where the history begins, and no growth.
    """
    looks = sorted(one.readings[0].at for one in tracks if one.readings)
    begun = max(start, looks[0])
    since = begun if subject.creator is not None else start
    told = [from_publication(one, since, end) for one in tracks]
    born = min(one.readings[0].at for one in told if one.readings)
    round_end = max((at for at in looks if at <= looks[0] + ROUND), default=begun)
    is_born = born < begun and subject.creator is None
    first = max(start, born) if is_born else min(max(begun, round_end), end)
    last = max(one.confirmed_at or one.readings[-1].at for one in tracks if one.readings)
    return SubjectTracks(told, first, is_one_look=not is_born and last <= round_end)


async def tracks_of(sources: Sources, subject: "Subject", start: datetime, end: datetime) -> list[Track]:
    """Read the history of a subject.

    Raises:
        NotFound: Nothing of it is stored.
        BadInput: It is more than can be read at once.
    """
    async with sources.store.reading() as ledger:
        tracks = await ledger.history.tracks(subject, start, end)
        way = "History begins with the first look: record_civitai_post or watch_creator, which look at once."
        hint = "" if tracks or tracks is None else await what_to_do(ledger, sources.clock.now(), subject, way)
    if tracks is None:
        raise BadInput("That is more history than can be told at once.", hint="Ask for a shorter time, or for a post.")
    if not tracks:
        raise NotFound(f"No history of {name_of(subject)} is stored.", hint=hint)
    return tracks


def name_of(subject: "Subject") -> str:
    if subject.image_id is not None:
        return f"image {subject.image_id}"
    return f"post {subject.post_id}" if subject.post_id is not None else f"creator {subject.creator}"


def confirmed_at(tracks: Sequence[Track]) -> datetime | None:
    """Give when the oldest counters of media still there were confirmed; of media all gone, the latest."""
    there = [one.confirmed_at for one in tracks if one.confirmed_at and not is_gone(one)]
    return min(there, default=max((one.confirmed_at for one in tracks if one.confirmed_at), default=None))


def is_gone(track: Track) -> bool:
    return bool(track.readings) and track.readings[-1].event == Event.MISSING


def named(subject: "Subject", tracks: Sequence[Track]) -> str:
    """Name a subject; of more media than can be read at once, say that it is of the newest."""
    name = name_of(subject)
    return f"{name} (its newest {MOST_MEDIA:,} media)" if len(tracks) >= MOST_MEDIA else name
