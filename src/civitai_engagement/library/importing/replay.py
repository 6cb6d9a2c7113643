"""The audit of an older server, replayed: which of the counters it tells are believed, as rows of the history."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime

from civitai_engagement.analysis.belief import MediaReading, ReadingVerdict, judge
from civitai_engagement.records.media import Counters
from civitai_engagement.records.provenance import Route
from civitai_engagement.store.images import Known
from civitai_engagement.store.inheritance import InheritedChange
from civitai_engagement.store.legacy_import import OlderRead

EVENTS = {ReadingVerdict.FALL: "fall", ReadingVerdict.CORRECTION: "correction"}
UNKNOWN = "all zero, which meant unknown there"
UNREADABLE = "not counters"
LATER = "recorded here since"
DOUBTED = "a fall that no later read confirmed"


@dataclass(frozen=True, slots=True)
class ReplayedHistory:
    """What becomes of one image's reads: rows to write, what is believed at the end, and why others were left out."""

    changes: tuple[InheritedChange, ...]
    latest: Known | None
    left_out: Counter[str]


def replay(image_id: int, reads: Iterable[OlderRead], first: Known | None, latest: Known | None) -> ReplayedHistory:
    """Replay the reads of one image, oldest first, around what was observed here between `first` and `latest`.

    Nothing observed here is overwritten. Reads from before make our first observation the change it then is.
    """
    left_out: Counter[str] = Counter()
    known = list(_known(reads, left_out))
    before = [one for one in known if first is None or one.as_of < first.as_of]
    since = [one for one in known if latest is not None and one.as_of > latest.as_of]
    left_out[LATER] += len(known) - len(before) - len(since)
    past, future = _Replay(image_id), _Replay(image_id, latest)
    past.follow(before)
    if first is not None and past.believed is not None:
        past.meet(first)
    future.follow(since)
    left_out[DOUBTED] += len(past.doubts) + len(future.doubts)
    return ReplayedHistory((*past.changes, *future.changes), future.believed or past.believed, +left_out)


def told_at(reads: Iterable[OlderRead]) -> datetime | None:
    """Say when the reads of one image, oldest first, told of more than zeros for the first time."""
    first = next(_known(reads, Counter()), None)
    return first.as_of if first else None


def _known(reads: Iterable[OlderRead], left_out: Counter[str]) -> Iterator[MediaReading]:
    for one in reads:
        if one.counters is None:
            left_out[UNREADABLE] += 1
        elif one.counters.all_zero:
            left_out[UNKNOWN] += 1
        else:
            yield MediaReading(one.counters, one.at, Route.OLDER_SERVER)


@dataclass(slots=True)
class _Replay:
    """The belief in one image's counters while its reads go by."""

    image_id: int
    believed: Known | None = None
    changes: list[InheritedChange] = field(default_factory=list)
    doubts: list[MediaReading] = field(default_factory=list)

    def follow(self, reads: Iterable[MediaReading]) -> None:
        for read in reads:
            verdict = judge(read, self.believed, self.doubts)
            if verdict.is_doubted:
                self.doubts.append(read)
            elif verdict.is_believed and read.counters is not None:
                self._believe(Known(read.counters, read.as_of, unconfirmed=False), EVENTS.get(verdict, "change"))

    def meet(self, first: Known) -> None:
        """Join what was observed here: its first row is first no more."""
        same = self.believed is not None and self.believed.counters == first.counters
        self._write(first, "gap" if same else "change")

    def _believe(self, seen: Known, event: str) -> None:
        if self.believed is None or self.believed.counters != seen.counters:
            self._write(seen, event)
        self.believed = seen
        self.doubts.clear()

    def _write(self, seen: Known, event: str) -> None:
        old = self.believed
        gains = _gains(old.counters if old else seen.counters, seen.counters)
        happened = "fall" if event == "change" and min(_values(gains)) < 0 else event
        since: datetime | None = old.as_of if old else None
        self.changes.append(
            InheritedChange(self.image_id, seen.as_of, seen.counters, gains, since, happened if old else "first")
        )


def _gains(old: Counters, new: Counters) -> Counters:
    names = [one.name for one in fields(Counters)]
    return Counters(**{name: getattr(new, name) - getattr(old, name) for name in names})


def _values(counters: Counters) -> list[int]:
    return [getattr(counters, one.name) for one in fields(Counters)]
