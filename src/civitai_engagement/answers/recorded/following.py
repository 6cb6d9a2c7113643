"""What became of wishes to follow or to stop: who was looked at, with what, and when the next look is, by time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, Field

from civitai_engagement.analysis.cadence import next_round, next_tick
from civitai_engagement.answers.answer import Answer, clean, count, engagement, row, spoken, utc
from civitai_engagement.records.watches import FirstLook, KnownMedia, LookOutcome, WatchKind

NOBODY = (
    "Nobody keeps the clock now: history is kept while an assistant is open, or day and night once you run"
    " `civitai-engagement service install`."
)
_FOLLOWED_ALL_THE_SAME = {
    LookOutcome.NOTHING: "Civitai lists nothing of {}: is it written right? Followed all the same",
    LookOutcome.NOT_REACHED: "Not reached in time: {}; followed",
    LookOutcome.UNCHECKED: "Followed unchecked: {} ({why})",
    LookOutcome.PARTLY: "Of {} only the newest media were reached in time",
}


class Done(Protocol):  # rooms on one floor do not know each other; what was done is handed in
    """What became of some creators or posts, by name; the first looks, and what is stored of each by then."""

    @property
    def kind(self) -> WatchKind: ...
    @property
    def statuses(self) -> Mapping[str, str]: ...
    @property
    def media(self) -> int: ...
    @property
    def kept(self) -> int: ...
    @property
    def recorded(self) -> tuple[str, ...]: ...
    @property
    def looks(self) -> Sequence[FirstLook]: ...
    @property
    def known(self) -> Mapping[str, KnownMedia]: ...


class LookedAt(BaseModel):
    """What came of looking at one at once, and what is stored of it by now; `total` is reactions and comments."""

    name: str
    outcome: str
    posts: int
    media: int
    total: int | None
    next_look_at: str


class WatchOutcomes(Answer):
    """What became of each, by name, and what the first look at it found."""

    results: dict[str, str]
    looked: list[LookedAt] = Field(default_factory=list)

    def _lines(self) -> list[str]:
        if not self.looked:
            return [row(name, status) for name, status in self.results.items()]
        head = "name|status|look|posts|media|reactions and comments|next look"
        return [head, *(self._line(one) for one in self.looked)]

    def _line(self, one: LookedAt) -> str:
        numbers = (one.posts, one.media, one.total)
        return row(one.name, self.results.get(one.name), one.outcome, *numbers, one.next_look_at)


def watched(done: Done, now: datetime, *, is_clock_kept: bool = True) -> WatchOutcomes:
    """Say what following did, what the looks found, and when the next one is."""
    looked = [_looked(one, done, now) for one in done.looks]
    return WatchOutcomes(
        summary=_summary(done, looked, now),
        notes=[*_doubts(done, now), *([] if is_clock_kept else [NOBODY])],
        results=dict(done.statuses),
        **({"looked": looked} if looked else {}),
    )


def _looked(one: FirstLook, done: Done, now: datetime) -> LookedAt:
    known = done.known.get(one.label)
    return LookedAt(
        name=clean(one.label, 100),
        outcome=one.outcome.value,
        posts=known.posts if known else 0,
        media=known.media if known else 0,
        total=known.total if known and known.known else None,
        next_look_at=utc(next_look(known, now)),
    )


def next_look(known: KnownMedia | None, now: datetime) -> datetime:
    """Say when somebody is looked at next: at the next round, or before it where media of theirs are due."""
    due = known.due_at if known else None
    return min(next_round(now), max(due, next_tick(now))) if due else next_round(now)


def _summary(done: Done, looked: Sequence[LookedAt], now: datetime) -> str:
    already = "" if any(status == "watching" for status in done.statuses.values()) else " already"
    head = f"{_named(done)} watched{already}"
    if not looked:
        return f"{head}: looked at from {spoken(next_round(now))} on."
    when = f"next look {spoken(min(next_look(done.known.get(one.label), now) for one in done.looks))}"
    known = list(done.known.values())
    if not known:
        return f"{head}: nothing was found of {'it' if len(looked) == 1 else 'them'} yet; {when}."
    posts, media = sum(one.posts for one in known), sum(one.media for one in known)
    has = engagement(sum(one.total for one in known))
    return f"{head}: {count(posts, 'post')} with {count(media, 'media', 'media')} and {has} so far; {when}."


def _doubts(done: Done, now: datetime) -> Iterator[str]:
    """Name those who were not looked at, or not wholly, by what kept us, and say when they are."""
    when = f"looked at from {spoken(next_round(now))} on."
    for outcome, said in _FOLLOWED_ALL_THE_SAME.items():
        concerned = [one for one in done.looks if one.outcome is outcome]
        if concerned:
            names = ", ".join(clean(one.label, 100) for one in concerned)
            yield f"{said.format(names, why=concerned[0].why.rstrip('.'))}, {when}"


def unwatched(done: Done) -> WatchOutcomes:
    """Say what stopping did, and what stays."""
    gone = sum(status == "unwatched" for status in done.statuses.values())
    left = f"{count(done.kept, 'media', 'media')} of {'theirs' if len(done.statuses) > 1 else 'it'}"
    doubts = {
        f"Recorded and staying so, with history: post {', '.join(done.recorded)}. delete_recording ends that.": bool(
            done.recorded
        ),
        f"{left} are still followed, being recorded or watched otherwise.": bool(done.kept),
    }
    return WatchOutcomes(
        summary=f"{_named(done)} {'no longer' if gone else 'not'} watched; observed history stays.",
        notes=[note for note, holds in doubts.items() if holds],
        results=dict(done.statuses),
    )


def _named(done: Done) -> str:
    names = list(done.statuses)
    if len(names) > 3:
        return f"{len(names)} {done.kind}s are"
    one = len(names) == 1
    return f"{done.kind.capitalize()}{'' if one else 's'} {', '.join(names)} {'is' if one else 'are'}"
