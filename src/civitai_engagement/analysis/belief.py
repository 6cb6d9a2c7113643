"""Whether to believe what Civitai says of a media's counters, given what is known of it; unknown is never zero."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from civitai_engagement.records.media import COUNTERS, Counters
from civitai_engagement.records.provenance import Route

# Dislikes are always 0 upstream, so an old stored one would look like a fall for ever.
_MOVING = tuple(name for name in COUNTERS if name != "dislike")

# One withdrawn reaction is ordinary; many media that fall in one run are Civitai counting anew, or failing. Then a
# second read that agrees, which else confirms a fall, may be the same failure: it takes other routes and more hours.
MASS_FALL_MEDIA = 5
MASS_FALL_SHARE = 0.02
# Three reads of three rounds, which are four hours apart: of two, one may be a cached answer or the same failure.
HARD_PROOF_READS = 3
HARD_PROOF_SPAN = timedelta(hours=8)
# Civitai's edge may hand out one and the same answer for so long.
CACHED_FOR = timedelta(seconds=450)


class ReadingVerdict(StrEnum):
    """What to do with one read: keep it (`is_believed`), set it aside (`is_doubted`), or neither."""

    BELIEVED = "believed"
    UNCHANGED = "unchanged"
    UNCONFIRMED = "unconfirmed"
    FALL = "fall"
    CORRECTION = "correction"
    SUSPECT_FALL = "suspect fall"
    UNBELIEVABLE = "unbelievable"
    STALE = "stale"
    UNKNOWN = "unknown"

    @property
    def is_believed(self) -> bool:
        """Say whether the read is the new truth; of zeros with nothing stored it is, until they are read again."""
        return self in _BELIEVED

    @property
    def is_doubted(self) -> bool:
        """Say whether the read is kept as a suspect, so that a later one can confirm it."""
        return self in _DOUBTED


_BELIEVED = frozenset(
    {
        ReadingVerdict.BELIEVED,
        ReadingVerdict.UNCHANGED,
        ReadingVerdict.UNCONFIRMED,
        ReadingVerdict.FALL,
        ReadingVerdict.CORRECTION,
    }
)
_DOUBTED = frozenset({ReadingVerdict.SUSPECT_FALL, ReadingVerdict.UNBELIEVABLE})


class Believed(Protocol):
    """What is stored of one media: its counters, when they were true, and whether they are zeros seen once only."""

    @property
    def counters(self) -> Counters: ...
    @property
    def as_of(self) -> datetime: ...
    @property
    def unconfirmed(self) -> bool: ...


class MediaReading(NamedTuple):
    """What one read said of one media, when that was true, and by which route it was asked (its post, its id, ...)."""

    counters: Counters | None
    as_of: datetime
    route: Route


@dataclass(frozen=True, slots=True)
class FallCount:
    """How many media with stored counters a run has read, and how many of them fell."""

    read: int = 0
    fell: int = 0

    @property
    def is_mass_fall(self) -> bool:
        return self.fell >= MASS_FALL_MEDIA and self.fell >= MASS_FALL_SHARE * self.read


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on each media of a page, and the tally of the run with this page in it."""

    verdicts: Mapping[int, ReadingVerdict]
    tally: FallCount


def judge(
    seen: MediaReading, stored: Believed | None, doubts: Sequence[MediaReading] = (), *, needs_hard_proof: bool = False
) -> ReadingVerdict:
    """Judge one read of one media; `doubts` are earlier reads of it that were set aside.

    A rise is believed at once: what is known to fail upstream shows too little, never too much (docs/decisions/0006).
    For what did not fall the same rule is in SQL too (docs/decisions/0027).
    A fall needs a later read that says the same or less; a fall to zero, and any fall with `needs_hard_proof`, needs
    three reads over eight hours, one of them by another route.

    >>> judge(MediaReading(zeros, as_of, Route.POST), Known(counters, earlier, unconfirmed=False))
    <Verdict.UNBELIEVABLE: 'unbelievable'>
    """
    if seen.counters is None:
        return ReadingVerdict.UNKNOWN
    if stored is None:
        return ReadingVerdict.UNCONFIRMED if seen.counters.all_zero else ReadingVerdict.BELIEVED
    if seen.as_of < stored.as_of:
        return ReadingVerdict.STALE
    if seen.counters == stored.counters:
        return (
            ReadingVerdict.UNCONFIRMED
            if stored.unconfirmed and seen.as_of == stored.as_of
            else ReadingVerdict.UNCHANGED
        )
    if not _fallen(seen.counters, stored.counters):
        return ReadingVerdict.BELIEVED
    # Doubts no newer than what is stored were overtaken by it: what they said is settled.
    standing = [doubt for doubt in doubts if stored.as_of < doubt.as_of < seen.as_of]
    return _judge_fall(seen.counters, stored.counters, _apart([*standing, seen]), needs_hard_proof=needs_hard_proof)


def judge_page(
    page: Mapping[int, Counters | None],
    stored: Mapping[int, Believed],
    doubts: Mapping[int, Sequence[MediaReading]] | None = None,
    *,
    as_of: datetime,
    route: Route,
    tally: FallCount | None = None,
    in_mass_fall: AbstractSet[int] = frozenset(),
    settled: int = 0,
) -> Judgement:
    """Judge the counters one page gave, by image id; `tally` is the run's before this page.

    `settled` says how many media more the page gave that fell in nothing, and so are believed; none of a page of zeros.
    `in_mass_fall` are the media whose doubted reads come from a run in which many fell: they need hard proof too.

    A page that is all zeros though one of its media had more is a failed read: nothing it says is believed.
    """
    before = tally or FallCount()
    earlier = doubts or {}

    def verdicts(*, needs_hard_proof: bool) -> dict[int, ReadingVerdict]:
        return {
            id_: judge(
                MediaReading(counters, as_of, route),
                stored.get(id_),
                earlier.get(id_, ()),
                needs_hard_proof=needs_hard_proof or id_ in in_mass_fall,
            )
            for id_, counters in page.items()
        }

    judged = verdicts(needs_hard_proof=before.is_mass_fall)
    if not settled and _is_failed_read(page, stored, judged):
        return Judgement({id_: _of_failed_read(verdict) for id_, verdict in judged.items()}, before)
    after = _counted(replace(before, read=before.read + settled), judged, stored)
    # The page that makes it a mass fall is judged again: its own falls are what made it one.
    if after.is_mass_fall and not before.is_mass_fall:
        judged = verdicts(needs_hard_proof=True)
    return Judgement(judged, after)


def _apart(reads: Sequence[MediaReading]) -> list[MediaReading]:
    """Leave out what may be one cached answer seen again: of reads by one route that are close, the newest stays."""
    kept: list[MediaReading] = []
    for read in sorted(reads, key=lambda one: one.as_of, reverse=True):
        if all(read.route != later.route or later.as_of - read.as_of >= CACHED_FOR for later in kept):
            kept.append(read)
    return kept[::-1]


def _judge_fall(
    seen: Counters, stored: Counters, reads: Sequence[MediaReading], *, needs_hard_proof: bool
) -> ReadingVerdict:
    if _is_hard_proof(seen, stored, reads):
        return ReadingVerdict.CORRECTION
    if seen.all_zero:
        return ReadingVerdict.UNBELIEVABLE
    if not needs_hard_proof and any(_confirms(seen, read.counters, stored) for read in reads[:-1]):
        return ReadingVerdict.FALL
    return ReadingVerdict.SUSPECT_FALL


def _is_hard_proof(seen: Counters, stored: Counters, reads: Sequence[MediaReading]) -> bool:
    agreeing = [read for read in reads if read.counters and _shares_fall(read.counters, seen, stored)]
    span = max(read.as_of for read in agreeing) - min(read.as_of for read in agreeing)
    routes = {read.route for read in agreeing}
    return len({read.as_of for read in agreeing}) >= HARD_PROOF_READS and span >= HARD_PROOF_SPAN and len(routes) > 1


def _shares_fall(read: Counters, seen: Counters, stored: Counters) -> bool:
    return read.all_zero == seen.all_zero and _fallen(seen, stored) <= _fallen(read, stored)


def _confirms(seen: Counters, doubted: Counters | None, stored: Counters) -> bool:
    # A failed read of zeros says the same or less of everything, and proves nothing.
    return bool(doubted and not doubted.all_zero) and all(
        getattr(seen, name) <= getattr(doubted, name) < getattr(stored, name) for name in _fallen(seen, stored)
    )


def _fallen(seen: Counters, stored: Counters) -> set[str]:
    return {name for name in _MOVING if getattr(seen, name) < getattr(stored, name)}


def _is_failed_read(
    page: Mapping[int, Counters | None], stored: Mapping[int, Believed], judged: Mapping[int, ReadingVerdict]
) -> bool:
    known = [id_ for id_, counters in page.items() if counters is not None]
    had_more = (
        id_ in stored and stored[id_].counters.total > 0 and judged[id_] is not ReadingVerdict.CORRECTION
        for id_ in known
    )
    return all(counters.all_zero for counters in page.values() if counters is not None) and any(had_more)


def _of_failed_read(verdict: ReadingVerdict) -> ReadingVerdict:
    is_proved = verdict is ReadingVerdict.CORRECTION
    return ReadingVerdict.UNBELIEVABLE if verdict.is_believed and not is_proved else verdict


def _counted(before: FallCount, judged: Mapping[int, ReadingVerdict], stored: Mapping[int, Believed]) -> FallCount:
    falls = {ReadingVerdict.FALL, ReadingVerdict.CORRECTION, ReadingVerdict.SUSPECT_FALL, ReadingVerdict.UNBELIEVABLE}
    read = sum(
        id_ in stored and verdict not in {ReadingVerdict.UNKNOWN, ReadingVerdict.STALE}
        for id_, verdict in judged.items()
    )
    return FallCount(before.read + read, before.fell + sum(verdict in falls for verdict in judged.values()))
