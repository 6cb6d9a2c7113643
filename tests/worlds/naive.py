"""What is true of a world as it was looked at, computed in the plainest way: it shares no code with our answers.

The looks are those the ledger says it made: when, and until when the counters before had been seen to hold. What each
of them saw is taken from the world, not from the ledger. A total holds from the look that showed it. What is gained
after one instant and up to another is what looks in that time showed for the first time: every change, and the first
total of what was published in that time; a first total of what is older joined, and is no gain.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from tests.worlds.story import Story

LOOKS = """
select image_id, collected_at, event, previous_observed_at,
    array[like_count, heart_count, laugh_count, cry_count, comment_count] as stored
from image_stats_history order by image_id, collected_at
"""
FOLLOWED = """
select i.id, i.post_id, i.username, i.type, t.as_of, t.state, t.source, p.post_id is not null as is_recorded
from images i left join image_tracking t on t.image_id = i.id left join posts p on p.post_id = i.post_id order by i.id
"""
Five = tuple[int, ...]


class Look(NamedTuple):
    """A look that showed something new: like, heart, laugh, cry, comment; `held_at` is when the old was seen last."""

    at: datetime
    counters: Five
    held_at: datetime | None
    event: str


@dataclass(frozen=True, slots=True)
class Media:
    """One media of the world as far as it was looked at."""

    id: int
    post_id: int
    creator: str
    type: str
    born: datetime
    looks: Sequence[Look]
    confirmed_at: datetime | None
    is_gone: bool
    source: str | None
    is_recorded: bool

    def at(self, instant: datetime) -> Five | None:
        """Give the counters as seen by an instant; None where it was not seen by then."""
        seen = [one.counters for one in self.looks if one.at <= instant]
        return seen[-1] if seen else None

    def gained(self, after: datetime, until: datetime, begun: datetime | None = None) -> int:
        before = [None, *self.looks]
        return sum(
            sum(one.counters) - (sum(old.counters) if old else 0)
            for old, one in zip(before, self.looks, strict=False)
            if after < one.at <= until and (old is not None or (begun or after) <= self.born < one.at)
        )

    def joined(self, after: datetime, until: datetime, begun: datetime | None = None) -> int:
        first = self.looks[0] if self.looks else None
        return (
            sum(first.counters)
            if first and after < first.at <= until and not (begun or after) <= self.born < first.at
            else 0
        )

    def unplaced(self, after: datetime, until: datetime, slack: timedelta) -> int:
        """Add up what looks in this time were the first to show, though it may have come long before it."""
        changes = zip(self.looks, self.looks[1:], strict=False)
        return sum(
            sum(one.counters) - sum(old.counters)
            for old, one in changes
            if after < one.at <= until and one.held_at is not None and one.held_at < after - slack
        )

    def is_known(self, since: datetime, until: datetime, patience: timedelta | None = None) -> bool:
        """Say whether its gain in a time is known: seen, or published, at the beginning, and looked at to the end.

        A sixth of the time is near enough, or as long as we have patience; what is gone gains nothing more.
        """
        slack = (until - since) / 6
        last = until - (patience or slack)
        if not self.looks or not (self.is_gone or (self.confirmed_at and self.confirmed_at >= last)):
            return False
        if self.at(since) is None:
            return self.born >= since
        return not any(self._moved_in_silence(since, until, slack))

    def is_followed(self, after: datetime, until: datetime) -> bool:
        """Say whether enough of a time was looked at: up to its last day, or a sixth of what it had once it was out."""
        last = until if self.is_gone else self.confirmed_at
        if not self.looks or last is None or self.looks[0].at > until or last <= after:
            return False
        begun = self.born if self.born >= after else self.looks[0].at
        if begun <= max(after, self.born) and last >= until - timedelta(days=1):
            return True
        return min(last, until) - max(begun, after) >= (until - max(after, self.born)) / 6

    def _moved_in_silence(self, since: datetime, until: datetime, slack: timedelta) -> Iterator[bool]:
        for old, one in zip(self.looks, self.looks[1:], strict=False):
            is_silent = one.held_at is not None and one.held_at < since - slack
            yield since < one.at <= until and is_silent and old.counters != one.counters


@dataclass(frozen=True, slots=True)
class Truth:
    """All media that are known of a world."""

    media: Sequence[Media]
    wrong: Sequence[str]

    def of(self, *, post: int | None = None, image: int | None = None, creator: str | None = None) -> list[Media]:
        return [
            one
            for one in self.media
            if (post is None or one.post_id == post)
            and (image is None or one.id == image)
            and (creator is None or one.creator == creator)
        ]

    def posts(self, creator: str | None = None) -> dict[int, list[Media]]:
        found: dict[int, list[Media]] = {}
        for one in self.of(creator=creator):
            found.setdefault(one.post_id, []).append(one)
        return found


def gained(media: Iterable[Media], after: datetime, until: datetime, begun: datetime | None = None) -> int:
    """Add up what was gained; within a longer time that begun earlier, what was published in that one counts."""
    return sum(one.gained(after, until, begun) for one in media)


def joined(media: Iterable[Media], after: datetime, until: datetime, begun: datetime | None = None) -> int:
    return sum(one.joined(after, until, begun) for one in media)


def placed(media: Iterable[Media], after: datetime, until: datetime) -> int:
    """Add up what was surely gained in a time, or at most a sixth of it before."""
    return sum(one.gained(after, until) - one.unplaced(after, until, (until - after) / 6) for one in media)


def known_gains(media: Sequence[Media], after: datetime, until: datetime, patience: Sequence[timedelta]) -> set[int]:
    """Give what the gains of those of which they are known may add up to: each is waited for as it is due."""
    sums = {0}
    for one in media:
        known = {one.is_known(after, until, wait) for wait in patience}
        gain = one.gained(after, until)
        sums = {so_far + gain * is_known for so_far in sums for is_known in known}
    return sums


def standing(media: Iterable[Media], at: datetime) -> Five:
    """Add up what all media had that were seen by an instant."""
    seen = [counters for one in media if (counters := one.at(at)) is not None]
    return tuple(map(sum, zip(*seen, strict=True))) if seen else (0,) * 5


def oldest_look(media: Iterable[Media]) -> datetime | None:
    """Say when the oldest of what is known of media was confirmed."""
    return min((one.confirmed_at for one in media if one.confirmed_at), default=None)


async def truth_of(story: Story) -> Truth:
    looks: dict[int, list[Look]] = {}
    wrong: list[str] = []
    for number, at, event, held_at, stored in await story.house.rows(LOOKS):
        seen = _seen(story, number, at) if event != "missing" else looks[number][-1].counters
        looks.setdefault(number, []).append(Look(at, seen, held_at, event))
        if tuple(stored) != seen:
            wrong.append(f"image {number} at {at}: stored {tuple(stored)}, it had {seen}")
    media = [_media(story, row, looks.get(row[0], ())) for row in await story.house.rows(FOLLOWED)]
    return Truth([one for one in media if one.source], wrong)


def _seen(story: Story, number: int, at: datetime) -> Five:
    counts = story.world.item(number).counts(at)
    return (counts.like, counts.heart, counts.laugh, counts.cry, counts.comment)


def _media(story: Story, row: tuple[object, ...], looks: Sequence[Look]) -> Media:
    number, post_id, _, _, confirmed_at, state, source, is_recorded = row
    assert isinstance(number, int)
    assert isinstance(post_id, int)
    assert confirmed_at is None or isinstance(confirmed_at, datetime)
    item = story.world.item(number)
    assert item.published_at is not None
    return Media(
        number,
        post_id,
        item.username or "",
        item.type,
        item.published_at,
        looks,
        confirmed_at,
        is_gone=state == "missing",
        source=None if source is None else str(source),
        is_recorded=bool(is_recorded),
    )
