"""The sentence and the notes about a history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from civitai_engagement.analysis.steps import (
    HOUR,
    Gap,
    StepGain,
    SummedStep,
)
from civitai_engagement.answers.answer import count, engagement, more, spoken
from civitai_engagement.answers.over_time.subject_tracks import (
    DAY,
    MOST_MEDIA,
    is_gone,
)
from civitai_engagement.records.history import Event, Track
from civitai_engagement.records.media import Counters

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ComputedHistory:
    """The history of a subject, computed."""

    steps: Sequence[SummedStep]
    gaps: Sequence[Gap]
    lately: StepGain | None
    step: timedelta
    is_past: bool = False
    is_one_look: bool = False

    @property
    def share(self) -> str:
        """Say of how many media the gain of the last 24 hours is, where it is not of all."""
        last = self.steps[-1]
        return f" ({self.lately.known} of {last.of} media)" if self.lately and self.lately.known < last.of else ""

    @property
    def gain(self) -> int | None:
        """What was gained after the first step."""
        gains = [one.gain for one in self._grown if one.known]
        return sum(gains) if gains else None

    @property
    def joined(self) -> int:
        return sum(one.joined.total for one in self._grown)

    @property
    def unplaced(self) -> int:
        return sum(one.unplaced for one in self._grown)

    @property
    def _grown(self) -> list[StepGain]:
        return [one.growth for one in self.steps[1:] if one.growth]


def history_summary(name: str, told: ComputedHistory) -> str:
    known = [one for one in told.steps if one.counters]
    if not known:
        return f"{_begun(name)} was not observed in this time."
    parts = [_movement(_begun(name), known[0], known[-1], told)]
    if told.lately and told.steps[-1].at - told.steps[0].at > DAY:
        when = "its last 24 h" if told.is_past else "the last 24 h"
        parts.append(f"{told.lately.gain:,} in {when}{told.share}")
    if told.gaps:
        longest = max(map(hours_of, told.gaps))
        parts.append(
            f"one gap of {longest:g} h" if len(told.gaps) == 1 else f"{len(told.gaps)} gaps, up to {longest:g} h"
        )
    return "; ".join(parts) + "."


def _begun(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _movement(name: str, first: SummedStep, last: SummedStep, told: ComputedHistory) -> str:
    before, after = _total(first.counters), _total(last.counters)
    span = spoken_span(last.at - first.at) if last.at - first.at >= MINUTE else "under a minute"
    if told.is_one_look:
        return f"{name} stood at {engagement(after)} when its history began, at {spoken(first.at)}"
    if first is last or told.gain is None:
        return f"{name} stood at {engagement(after)} when observed"
    if after - before != told.gain:
        did = f"gained {told.gain:,}" if told.gain >= 0 else f"lost {-told.gain:,}"
        return f"{name} {did} in {span} and stands at {engagement(after)}{_with(told)}"
    if after == before:
        return f"{name} stayed at {engagement(after)} for {span}"
    return f"{name} {'grew' if after > before else 'fell'} from {before:,} to {engagement(after)} in {span}"


def _with(told: ComputedHistory) -> str:
    return apart(told.joined, told.unplaced)


def apart(joined: int, unplaced: int) -> str:
    """Say what the counters moved by that is no gain of the time told."""
    said = {
        f"with {joined:,} that older media had when they were first seen": joined,
        f"{more(unplaced)} may have come before": unplaced,
    }
    return "".join(f", {words}" for words, number in said.items() if number)


def _total(counters: Counters | None) -> int:
    return counters.total if counters else 0


GAP = "A gap is a time without observation: unknown, not zero. What came in it is told where it was first seen."
CARRIED = "The sums tell media that were not being observed from their last confirmed values."
FELL = "A fall is reactions withdrawn or deleted, confirmed by a second look; a correction is many falls at once."
LATELY = "gain_24h is of the media that were observed at both ends of these hours; of the others it is unknown."
MANY = f"Only the newest {MOST_MEDIA:,} media are told."
UNPLACED = "{} were first seen in this time and may have come before it: the looks before were well before it."
JOINED = "Media first seen in this time and published before it join the sums with what they had: a level, not a gain."


def history_notes(tracks: Sequence[Track], told: ComputedHistory) -> list[str]:
    last = told.steps[-1]
    partial = any(0 < one.known < one.of for one in told.steps)
    befell = {event for one in told.steps for event, _ in one.events}
    doubts = {
        GAP: bool(told.gaps),
        CARRIED: partial,
        LATELY: bool(told.share),
        f"{last.known} of {count(last.of, 'media', 'media')} are being observed at the end.": last.known < last.of,
        FELL: not befell.isdisjoint({Event.FALL, Event.CORRECTION}),
        JOINED: told.joined,
        UNPLACED.format(more(told.unplaced)): told.unplaced,
        gone_note(tracks): gone_note(tracks),
        MANY: len(tracks) >= MOST_MEDIA,
    }
    return [note for note, holds in doubts.items() if holds]


def gone_note(tracks: Sequence[Track]) -> str:
    gone = sum(map(is_gone, tracks))
    return f"{count(gone, 'media', 'media')} no longer listed by Civitai: told as last seen." if gone else ""


def hours_of(gap: Gap) -> float:
    return round((gap.end - gap.start) / HOUR, 1)


def spoken_span(span: timedelta) -> str:
    if span >= 2 * DAY:
        return f"{span / DAY:.3g} days"
    return f"{span / HOUR:.2g} h" if span >= HOUR else f"{span / timedelta(minutes=1):.0f} min"
