"""Judge what one reading says of counters, keep what is believed, and set aside what is not; inside one transaction."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from civitai_engagement.analysis import belief
from civitai_engagement.analysis.belief import FallCount, ReadingVerdict
from civitai_engagement.analysis.cadence import DEFAULT, ROUND, Cadence, Dues, next_tick
from civitai_engagement.analysis.condition import is_far, off
from civitai_engagement.errors import BadSetup, ClockWrong
from civitai_engagement.records.condition import Present
from civitai_engagement.records.media import Counters, Media, Reading
from civitai_engagement.records.provenance import Route, Source
from civitai_engagement.sources import Sources
from civitai_engagement.store.doubts import Suspect
from civitai_engagement.store.images import DueWindow, ImageAge, Observation, ReadingTimes, SettleResult

if TYPE_CHECKING:
    from civitai_engagement.settings import Settings
    from civitai_engagement.store.ledger import Ledger

LOOK_FOR_MISSING = timedelta(days=1)
Verdicts = Mapping[int, ReadingVerdict]
_STRANGE = ImageAge(None, None)
_EVENTS = {ReadingVerdict.FALL: "fall", ReadingVerdict.CORRECTION: "correction"}


@dataclass(frozen=True, slots=True)
class ReadingContext:
    """How a reading came about: by which route, why its media are followed, and in which run.

    `tally` says how many media that run has compared so far, and how many fell.
    """

    route: Route = Route.POST
    source: Source = Source.RECORDED
    run_id: int | None = None
    tally: FallCount = field(default_factory=FallCount)


@dataclass(frozen=True, slots=True)
class ObservationResult:
    """What became of a reading: counters believed by image id, how many changed, how many are kept aside in doubt."""

    believed: Mapping[int, Counters]
    changed: int
    doubted: int
    tally: FallCount


@dataclass(frozen=True, slots=True)
class _Page:
    """A reading on its way into the ledger: what is settled already, and the media left to be judged."""

    ledger: "Ledger"
    reading: Reading
    settled: SettleResult
    media: Sequence[Media]
    context: ReadingContext
    now: datetime
    dues: Mapping[Source, Dues]

    def due_at(self, image_id: int, verdict: ReadingVerdict) -> datetime | None:
        """Look again at zeros seen once at the next tick: they may have been a failed read."""
        if verdict is ReadingVerdict.UNCONFIRMED:
            return next_tick(self.now)
        return _due(self.dues, self.settled.rest.ages.get(image_id, _STRANGE), self.context.source)


async def observe(
    ledger: "Ledger", reading: Reading, sources: Sources, context: ReadingContext | None = None
) -> ObservationResult:
    """Keep a reading as an ordinary observation; its images must be described and locked.

    Raises:
        ClockWrong: By the clock of this machine nothing may be written.
    """
    refuse_a_wrong_clock(sources.clock_ahead)
    page = await _settle(ledger, reading, sources, context or ReadingContext())
    judgement = await _judge(page)
    verdicts = judgement.verdicts
    changed = page.settled.changed + await _write(page, verdicts)
    if changed:
        ledger.changed.update(page.settled.posts, _moved(page, verdicts))
    doubted = await _doubt(page, verdicts)
    set_aside = {image_id for image_id, verdict in verdicts.items() if verdict.is_doubted}
    believed = {one.id: one.counters for one in reading.media if one.counters is not None and one.id not in set_aside}
    return ObservationResult(believed, changed, doubted, judgement.tally)


async def _settle(ledger: "Ledger", reading: Reading, sources: Sources, context: ReadingContext) -> _Page:
    """Keep what did not fall, which is most; the rest is to be judged."""
    now, dues = sources.clock.now(), _dues(sources)
    due_windows = [DueWindow(source, *span) for source, one in dues.items() for span in one.spans]
    look = ReadingTimes(as_of=reading.as_of, observed_at=now, source=context.source, due_windows=due_windows)
    settled = await ledger.images.settle({one.id: one.counters for one in reading.media}, look)
    media = [one for one in reading.media if one.id in settled.rest.ages]
    return _Page(ledger, reading, settled, media, context, now, dues)


async def due_times(
    ledger: "Ledger", ids: Sequence[int], sources: Sources, source: Source
) -> dict[int, datetime | None]:
    """Say when images are to be looked at again, by their age and by why they are followed."""
    ages, dues = await ledger.images.ages(ids) if ids else {}, _dues(sources)
    return {image_id: _due(dues, ages.get(image_id, _STRANGE), source) for image_id in ids}


def _dues(sources: Sources) -> dict[Source, Dues]:
    now = sources.clock.now()
    return {name: Dues.of(cadence, now) for name, cadence in cadences(sources.settings).items()}


def _due(dues: Mapping[Source, Dues], age: ImageAge, source: Source) -> datetime | None:
    """What is only sampled so far is followed from now on for the reason it is looked at."""
    return dues[source if age.source in {None, Source.SAMPLED} else age.source].at(age.published_at)


def present(sources: Sources) -> Present:
    """Tell what time it is to this process, how sure of it that is, and how late anything may be due."""
    now, looks = sources.clock.now(), DEFAULT
    with suppress(BadSetup):  # a run that cannot read its cadence says so
        looks = cadences(sources.settings)
    followed, sampled = (max(step.every for step in looks[name].steps) for name in (Source.RECORDED, Source.SAMPLED))
    own, others = (now + max(longest, LOOK_FOR_MISSING) + ROUND for longest in (followed, sampled))
    return Present(now, followed_due_by=own, sampled_due_by=others, ahead=sources.clock_ahead)


def refuse_a_wrong_clock(ahead: timedelta | None) -> None:
    """Let nothing be written by a clock that is more than an hour from Civitai's.

    Raises:
        ClockWrong: It is.
    """
    if ahead is not None and is_far(ahead):
        raise ClockWrong(
            f"The clock of this machine is {off(ahead)} Civitai's, so nothing is written.",
            hint="Set it, or let the system do so, then try again.",
        )


def cadences(settings: "Settings") -> Mapping[Source, Cadence]:
    """Read how often media are looked at, by why they are followed."""
    try:
        ours, sampled = Cadence.parse(settings.cadence), Cadence.parse(settings.sampled_cadence)
    except ValueError as error:
        raise BadSetup(f"A cadence cannot be read: {error}.", hint="See docs/settings.md.") from error
    return {Source.RECORDED: ours, Source.WATCHED: ours, Source.SAMPLED: sampled}


async def _judge(page: _Page) -> belief.Judgement:
    known_images, reading, context = page.settled.rest, page.reading, page.context
    standing = await page.ledger.doubts.standing(known_images.doubted) if known_images.doubted else {}
    return belief.judge_page(
        {one.id: one.counters for one in page.media},
        known_images.known,
        {
            id_: [belief.MediaReading(one.counters, one.as_of, one.route) for one in reads]
            for id_, reads in standing.items()
        },
        as_of=reading.as_of,
        route=context.route,
        tally=context.tally,
        in_mass_fall={
            id_
            for id_, reads in standing.items()
            if any(FallCount(one.compared, one.fell).is_mass_fall for one in reads)
        },
        settled=len({one.id for one in reading.media} - known_images.ages.keys()),
    )


async def _write(page: _Page, verdicts: Verdicts) -> int:
    images, soon = page.ledger.images, next_tick(page.now)
    believed = [
        Observation(
            one.id,
            one.counters,
            page.due_at(one.id, verdict),
            verdict is ReadingVerdict.UNCONFIRMED,
            _EVENTS.get(verdict),
        )
        for one in page.media
        if one.counters is not None and (verdict := verdicts[one.id]).is_believed
    ]
    source = page.context.source
    written = await images.observe(believed, as_of=page.reading.as_of, observed_at=page.now, source=source)
    unknown = [one.id for one in page.media if one.counters is None or not verdicts[one.id].is_believed]
    if unknown:
        await images.track(unknown, due_at=soon, source=source)
        await images.postpone(dict.fromkeys(unknown, soon))
    return written.changed


def _moved(page: _Page, verdicts: Verdicts) -> set[int]:
    """Name the posts with media whose believed counters are new."""
    return {
        one.post_id
        for one in page.media
        if one.post_id is not None
        and (verdict := verdicts[one.id]).is_believed
        and verdict is not ReadingVerdict.UNCHANGED
    }


async def _doubt(page: _Page, verdicts: Verdicts) -> int:
    suspects = [
        Suspect(one.id, verdicts[one.id], one.counters)
        for one in page.media
        if one.counters is not None and verdicts[one.id].is_doubted
    ]
    doubts, context, as_of = page.ledger.doubts, page.context, page.reading.as_of
    await doubts.suspect(suspects, route=context.route, as_of=as_of, seen_at=page.now, run_id=context.run_id)
    await doubts.reject(page.reading.rejects, seen_at=page.now)
    return len(suspects)
