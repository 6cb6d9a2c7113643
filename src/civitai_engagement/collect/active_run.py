"""One run of one job under way: what is read is kept batch by batch, each in a transaction of its own."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from civitai_engagement.analysis.belief import FallCount
from civitai_engagement.errors import EngagementError, UpstreamDown, UpstreamRefused
from civitai_engagement.observing import LOOK_FOR_MISSING, ReadingContext, due_times, observe
from civitai_engagement.records.made import FoundBy
from civitai_engagement.records.media import Reading, Reject
from civitai_engagement.records.provenance import Route, Source
from civitai_engagement.sources import Sources
from civitai_engagement.store.claims import Claim
from civitai_engagement.store.runs import Coverage, Progress

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger

MOST_FAILURES = 3  # questions running that Civitai does not answer: then it is left alone until the next tick
UNANSWERED = (UpstreamDown, UpstreamRefused)
Step = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request brought, and what it was to bring.

    `expected` media are missed when they are not there, so only a complete list may expect any; `gone` are those
    whose absence is proved by it. Of strangers' lists `only` the media named are kept. `found_by` says how media
    came to us that are followed for no other reason.
    """

    reading: Reading
    route: Route
    source: Source
    expected: AbstractSet[int] = frozenset()
    gone: AbstractSet[int] = frozenset()
    only: AbstractSet[int] | None = None
    generation_read: bool = False
    found_by: FoundBy | None = None

    @property
    def kept(self) -> Reading:
        if self.only is None:
            return self.reading
        return replace(self.reading, media=tuple(one for one in self.reading.media if one.id in self.only))


class ActiveRun:
    """The holder's view of a run: what it has done so far, and how many requests it may still send.

    >>> active = ActiveRun(sources, claim, allowance=2880)
    >>> await active.keep(Batch(reading, Route.POST, Source.WATCHED, expected={1, 2}))
    """

    def __init__(self, sources: Sources, claim: Claim, *, allowance: int, on_step: Step | None = None) -> None:
        self.sources = sources
        self.claim = claim
        self.left = allowance
        self._tally = FallCount(claim.compared, claim.fell)
        self._due: Counter[str] = Counter()
        self._reached: Counter[str] = Counter()
        self._failures = 0
        self._on_step = on_step

    async def plan(self, due: Counter[str]) -> None:
        """Say how many media are due, by tier, and note it in the run."""
        self.expect(due)
        async with self.sources.store.writing() as ledger:
            await ledger.runs.plan(self.claim, due.total())
        self._tell()

    def expect(self, due: Mapping[str, int]) -> None:
        """Count media as due, by tier."""
        self._due += Counter(due)

    def reach(self, covered: Counter[str]) -> None:
        """Count media as asked for, by tier."""
        self._reached += covered
        self._tell()

    @property
    def coverage(self) -> Coverage:
        return {tier: (due, min(self._reached[tier], due)) for tier, due in sorted(self._due.items())}

    async def keep(self, batch: Batch) -> None:
        """Keep a batch.

        Raises:
            Deposed: Another process holds this run by now; nothing of the batch was kept.
        """
        self._failures = 0
        self.left -= batch.reading.requests
        reading = batch.kept
        listed = {one.id for one in reading.media}
        touched = listed | batch.expected | batch.gone
        async with self.sources.store.writing(images=touched, is_hasty=True) as ledger:
            await self._describe(ledger, reading, batch)
            context = ReadingContext(batch.route, batch.source, self.claim.run_id, self._tally)
            seen = await observe(ledger, reading, self.sources, context)
            missing = await self._miss(ledger, batch, listed)
            if batch.found_by is not None:
                await ledger.followed.found(sorted(listed), by=batch.found_by)
            progress = Progress(
                observed=len(seen.believed),
                unchanged=len(seen.believed) - seen.changed,
                missing=missing,
                suspect=seen.doubted,
                rejected=len(reading.rejects),
                requests=reading.requests,
                retries=reading.retries,
                compared=seen.tally.read - self._tally.read,
                fell=seen.tally.fell - self._tally.fell,
            )
            whole = await ledger.runs.advance(self.claim, progress)
        self._tally = FallCount(*whole)  # with what others have read meanwhile, who carry out other shards of this run

    async def answer(self, subject: str, question: Awaitable[Reading]) -> Reading | None:
        """Wait for what Civitai answers; None where it does not, which is noted as `fail` does."""
        try:
            return await question
        except UNANSWERED as error:
            await self.fail(subject, error)
            return None

    async def fail(self, subject: str, error: EngagementError, *, requests: int = 1) -> None:
        """Note that a question was not answered; what it was about stays due.

        Raises:
            UpstreamDown, UpstreamRefused: It was one too many.
        """
        self.left -= requests
        self._failures += 1
        reject = Reject(subject, f"not read: {error.message}", "")
        async with self.sources.store.writing() as ledger:
            await ledger.doubts.reject([reject], seen_at=self.sources.clock.now())
            await ledger.runs.advance(self.claim, Progress(rejected=1, requests=requests))
        if self._failures >= MOST_FAILURES:
            raise error

    async def _describe(self, ledger: "Ledger", reading: Reading, batch: Batch) -> None:
        now = self.sources.clock.now()
        await ledger.images.describe(reading.media, seen_at=now, generation_read=batch.generation_read)

    async def _miss(self, ledger: "Ledger", batch: Batch, listed: AbstractSet[int]) -> int:
        missed, gone = batch.expected - listed, batch.gone - listed
        due_at = await due_times(ledger, sorted(missed), self.sources, batch.source)
        await ledger.images.miss(due_at)
        later = self.sources.clock.now() + LOOK_FOR_MISSING
        await ledger.images.vanish(dict.fromkeys(sorted(gone), later), as_of=batch.reading.as_of)
        return len(missed | gone)

    def _tell(self) -> None:
        if self._on_step:
            self._on_step(sum(reached for _, reached in self.coverage.values()), self._due.total())
