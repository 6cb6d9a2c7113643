"""Stored engagement as answers show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from civitai_engagement.answers.answer import count, oldest, utc
from civitai_engagement.records.engagement import Engagement
from civitai_engagement.records.media import by_name

GainSince = Literal["window", "publication"]


@dataclass(slots=True)
class EngagementNow:
    """Latest believed counters (null: unknown), when they were true (UTC), and what was gained in the time before now.

    Gains count reactions and comments; null where the window's start was not observed, nor the publication in it.
    """

    like: int | None
    heart: int | None
    laugh: int | None
    cry: int | None
    dislike: int | None
    comment: int | None
    as_of: str | None
    gain_24h: int | None
    gain_7d: int | None


NUMBERS = ("like", "heart", "laugh", "cry", "comment", "gain_24h", "gain_7d")


def engagement_now(one: Engagement) -> EngagementNow:
    return EngagementNow(**by_name(one.counters), as_of=utc(one.as_of), gain_24h=one.gain_24h, gain_7d=one.gain_7d)


def gain_since(one: Engagement) -> GainSince | None:
    """Say from when the gain of 7 days counts: the window's start, or the publication where that lies inside."""
    if one.gain_7d is None:
        return None
    return "publication" if one.is_since_publication else "window"


def numbers(one: EngagementNow) -> list[int | None]:
    return [getattr(one, name) for name in NUMBERS]


def engagement_notes(one: Engagement) -> list[str]:
    """Name the doubts a stored engagement deserves."""
    notes = []
    if one.counters is None:
        notes.append("No counters have been observed yet: unknown, not zero.")
    elif one.known < one.of:
        notes.append(f"Only {one.known} of {one.of} media have known counters; the sums are over those.")
    if one.unrecorded:
        notes.append(f"{count(one.unrecorded, 'media', 'media')} more of the post counted in: followed, not recorded.")
    if one.counters is not None and None in (one.gain_24h, one.gain_7d):
        notes.append("A gain is null where our observations do not cover its window.")
    if one.unconfirmed:
        notes.append("All counters were 0 when first seen; to be confirmed by a second look.")
    if one.state == "missing":
        thing = "this media" if one.of == 1 else "any of its media"
        notes.append(f"Civitai no longer lists {thing}; the counters are the last ones seen.")
    return notes


def as_of(all_engagement: Sequence[Engagement]) -> datetime | None:
    """Give when the oldest counters of what is still there were true; where all is gone, of all of it."""
    there = [one for one in all_engagement if one.state != "missing"]
    return oldest(one.as_of for one in there or all_engagement)
