"""Judge what one reading says of counters, keep what is believed, and set aside what is not; inside one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from civitai_engagement.analysis import belief
from civitai_engagement.analysis.cadence import next_due
from civitai_engagement.records.media import Counters, Reading
from civitai_engagement.store.doubts import Suspect
from civitai_engagement.store.events import notify
from civitai_engagement.store.images import Observation

if TYPE_CHECKING:
    from civitai_engagement.store.store import Ledger

ROUTE = "post"
Verdicts = Mapping[int, belief.Verdict]


@dataclass(frozen=True, slots=True)
class Observed:
    """What became of a reading: counters believed by image id, how many changed, how many are kept aside in doubt."""

    believed: Mapping[int, Counters]
    changed: int
    doubted: int


async def observe(ledger: "Ledger", reading: Reading, *, now: datetime, published_at: datetime | None) -> Observed:
    """Keep a reading of a post as an ordinary observation; its images must be described and locked."""
    verdicts = await _judge(ledger, reading)
    changed = await _write(ledger, reading, verdicts, now=now, published_at=published_at)
    if changed:
        await notify(ledger.connection, _moved(reading, verdicts))
    doubted = await _doubt(ledger, reading, verdicts, now=now)
    believed = {
        one.id: one.counters for one in reading.media if one.counters is not None and not verdicts[one.id].is_doubted
    }
    return Observed(believed, changed, doubted)


async def _judge(ledger: "Ledger", reading: Reading) -> Verdicts:
    ids = [one.id for one in reading.media]
    known = await ledger.images.known(ids)
    doubts = {
        image_id: [belief.Read(one.counters, one.as_of, one.route) for one in reads]
        for image_id, reads in (await ledger.doubts.standing(ids)).items()
    }
    page = {one.id: one.counters for one in reading.media}
    return belief.judge_page(page, known, doubts, as_of=reading.as_of, route=ROUTE).verdicts


async def _write(
    ledger: "Ledger", reading: Reading, verdicts: Verdicts, *, now: datetime, published_at: datetime | None
) -> int:
    due_at = next_due(now, published_at)
    believed = [
        Observation(one.id, one.counters, due_at, verdict is belief.Verdict.UNCONFIRMED, _event(verdict))
        for one in reading.media
        if one.counters is not None and (verdict := verdicts[one.id]).is_believed
    ]
    written = await ledger.images.observe(believed, as_of=reading.as_of, observed_at=now, source="recorded")
    unknown = [one.id for one in reading.media if one.counters is None or not verdicts[one.id].is_believed]
    if unknown:
        await ledger.images.track(unknown, due_at=due_at, source="recorded")
    return written.changed


def _moved(reading: Reading, verdicts: Verdicts) -> set[int]:
    """Name the posts with media whose believed counters are new."""
    return {
        one.post_id
        for one in reading.media
        if one.post_id is not None
        and (verdict := verdicts[one.id]).is_believed
        and verdict is not belief.Verdict.UNCHANGED
    }


def _event(verdict: belief.Verdict) -> str | None:
    return {belief.Verdict.FALL: "fall", belief.Verdict.CORRECTION: "correction"}.get(verdict)


async def _doubt(ledger: "Ledger", reading: Reading, verdicts: Verdicts, *, now: datetime) -> int:
    suspects = [
        Suspect(one.id, verdicts[one.id], one.counters)
        for one in reading.media
        if one.counters is not None and verdicts[one.id].is_doubted
    ]
    await ledger.doubts.suspect(suspects, route=ROUTE, as_of=reading.as_of, seen_at=now)
    await ledger.doubts.reject(reading.rejects, seen_at=now)
    return len(suspects)
