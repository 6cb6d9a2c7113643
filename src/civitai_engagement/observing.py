"""Judge what one reading says of counters, keep what is believed, and set aside what is not; inside one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from civitai_engagement.analysis import belief
from civitai_engagement.analysis.belief import Tally, Verdict
from civitai_engagement.analysis.cadence import Cadence, Dues, next_tick
from civitai_engagement.errors import BadSetup
from civitai_engagement.records.media import Counters, Reading
from civitai_engagement.sources import Sources
from civitai_engagement.store.doubts import Suspect
from civitai_engagement.store.events import notify
from civitai_engagement.store.images import Age, Glance, Observation

if TYPE_CHECKING:
    from civitai_engagement.settings import Settings
    from civitai_engagement.store.store import Ledger

ROUTE = "post"
Verdicts = Mapping[int, Verdict]
_STRANGE = Age(None, None)
_EVENTS = {Verdict.FALL: "fall", Verdict.CORRECTION: "correction"}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a reading came about: by which route, why its media are followed, and in which run.

    `tally` says how many media that run has compared so far, and how many fell.
    """

    route: str = ROUTE
    source: str = "recorded"
    run_id: int | None = None
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class Observed:
    """What became of a reading: counters believed by image id, how many changed, how many are kept aside in doubt."""

    believed: Mapping[int, Counters]
    changed: int
    doubted: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class _Page:
    """A reading on its way into the ledger."""

    ledger: "Ledger"
    reading: Reading
    manner: Manner
    now: datetime
    due_at: Mapping[int, datetime | None]


async def observe(ledger: "Ledger", reading: Reading, sources: Sources, manner: Manner | None = None) -> Observed:
    """Keep a reading as an ordinary observation; its images must be described and locked."""
    manner, now = manner or Manner(), sources.clock.now()
    ids = [one.id for one in reading.media]
    glance = await ledger.images.glance({one.id: one.counters for one in reading.media})
    page = _Page(ledger, reading, manner, now, _dues(ids, glance.ages, sources, manner.source))
    judgement = await _judge(page, glance)
    verdicts = judgement.verdicts
    changed = await _write(page, verdicts)
    if changed:
        await notify(ledger.connection, _moved(reading, verdicts))
    doubted = await _doubt(page, verdicts)
    believed = {
        one.id: one.counters for one in reading.media if one.counters is not None and not verdicts[one.id].is_doubted
    }
    return Observed(believed, changed, doubted, judgement.tally)


async def due_times(ledger: "Ledger", ids: Sequence[int], sources: Sources, source: str) -> dict[int, datetime | None]:
    """Say when images are to be looked at again, by their age and by why they are followed."""
    ages = await ledger.images.ages(ids) if ids else {}
    return _dues(ids, ages, sources, source)


def _dues(ids: Iterable[int], ages: Mapping[int, Age], sources: Sources, source: str) -> dict[int, datetime | None]:
    now = sources.clock.now()
    dues = {name: Dues.of(cadence, now) for name, cadence in cadences(sources.settings).items()}
    known = ((image_id, ages.get(image_id, _STRANGE)) for image_id in ids)
    return {image_id: dues[age.source or source].at(age.published_at) for image_id, age in known}


def cadences(settings: "Settings") -> Mapping[str, Cadence]:
    """Read how often media are looked at, by why they are followed."""
    try:
        ours, sampled = Cadence.parse(settings.cadence), Cadence.parse(settings.sampled_cadence)
    except ValueError as error:
        raise BadSetup(f"A cadence cannot be read: {error}.", hint="See docs/settings.md.") from error
    return {"recorded": ours, "watched": ours, "sampled": sampled}


async def _judge(page: _Page, glance: Glance) -> belief.Judgement:
    reading, manner = page.reading, page.manner
    standing = await page.ledger.doubts.standing(glance.doubted) if glance.doubted else {}
    return belief.judge_page(
        {one.id: one.counters for one in reading.media},
        glance.known,
        {id_: [belief.Read(one.counters, one.as_of, one.route) for one in reads] for id_, reads in standing.items()},
        as_of=reading.as_of,
        route=manner.route,
        tally=manner.tally,
        in_mass_fall={
            id_ for id_, reads in standing.items() if any(Tally(one.compared, one.fell).is_mass_fall for one in reads)
        },
    )


async def _write(page: _Page, verdicts: Verdicts) -> int:
    images, soon = page.ledger.images, next_tick(page.now)
    believed = [
        Observation(
            one.id, one.counters, _due(page, verdict, one.id), verdict is Verdict.UNCONFIRMED, _EVENTS.get(verdict)
        )
        for one in page.reading.media
        if one.counters is not None and (verdict := verdicts[one.id]).is_believed
    ]
    source = page.manner.source
    written = await images.observe(believed, as_of=page.reading.as_of, observed_at=page.now, source=source)
    unknown = [one.id for one in page.reading.media if one.counters is None or not verdicts[one.id].is_believed]
    if unknown:
        await images.track(unknown, due_at=soon, source=source)
        await images.postpone(dict.fromkeys(unknown, soon))
    return written.changed


def _moved(reading: Reading, verdicts: Verdicts) -> set[int]:
    """Name the posts with media whose believed counters are new."""
    return {
        one.post_id
        for one in reading.media
        if one.post_id is not None and (verdict := verdicts[one.id]).is_believed and verdict is not Verdict.UNCHANGED
    }


def _due(page: _Page, verdict: Verdict, image_id: int) -> datetime | None:
    """Look again at zeros seen once at the next tick: they may have been a failed read."""
    return next_tick(page.now) if verdict is Verdict.UNCONFIRMED else page.due_at[image_id]


async def _doubt(page: _Page, verdicts: Verdicts) -> int:
    suspects = [
        Suspect(one.id, verdicts[one.id], one.counters)
        for one in page.reading.media
        if one.counters is not None and verdicts[one.id].is_doubted
    ]
    doubts, manner, as_of = page.ledger.doubts, page.manner, page.reading.as_of
    await doubts.suspect(suspects, route=manner.route, as_of=as_of, seen_at=page.now, run_id=manner.run_id)
    await doubts.reject(page.reading.rejects, seen_at=page.now)
    return len(suspects)
