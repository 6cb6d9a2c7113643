"""Import a list of posts: read each from Civitai, keep them in batches, go on where an earlier run stopped."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from civitai_engagement.errors import Broken, EngagementError, UpstreamDown
from civitai_engagement.library.importing.batch import keep_strangers
from civitai_engagement.library.importing.entries import ListLine
from civitai_engagement.library.importing.outcome import LineOutcome, LineStatus, Tell
from civitai_engagement.library.record import TITLE_UNREAD, Gathered, gather, keep
from civitai_engagement.ports import Lane
from civitai_engagement.sources import Sources

REQUESTS_A_POST = 2  # the post and one page of its media; posts of more than a hundred take more
AT_ONCE = 4  # posts read at the same time: the pace is the budget's, the wait for answers is shared
BATCH_MEDIA = 500
BATCH_SPAN = timedelta(seconds=5)  # what a killed run has to read again
MOST_FAILURES = 5

Read = tuple[ListLine, Gathered]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What importing a list comes to: the lines to read from Civitai, and the status of the others."""

    todo: tuple[ListLine, ...]
    settled: tuple[LineOutcome, ...]
    requests: int
    takes: timedelta


async def plan_import(sources: Sources, lines: Sequence[ListLine], *, again: bool, stored: bool = True) -> ImportPlan:
    """Say what is to be done; posts recorded already are left out unless `again`, or their title was not read.

    Without `stored` no database is asked, because there is none yet.
    """
    wanted = {one.post_id for one in lines if one.post_id is not None}
    known = await _recorded(sources, wanted) if stored and not again else set()
    statuses = [(one, _status(one, known)) for one in lines]
    todo = tuple(one for one, status in statuses if status is None)
    settled = tuple(status for _, status in statuses if status is not None)
    requests = REQUESTS_A_POST * len(todo)
    return ImportPlan(todo, settled, requests, timedelta(seconds=requests / sources.settings.requests_per_second))


async def _recorded(sources: Sources, post_ids: set[int]) -> set[int]:
    async with sources.store.reading() as ledger:
        return await ledger.batches.recorded(sorted(post_ids))


def _status(line: ListLine, known: set[int]) -> LineOutcome | None:
    """Say what is settled of a line without asking Civitai."""
    if line.post_id is None:
        status = LineStatus.SKIPPED if line.is_passed else LineStatus.FAILED
        return LineOutcome(line.where, line.text, status, remark=line.reason)
    if line.first:
        remark = f"the same post as {line.first}"
        return LineOutcome(line.where, line.text, LineStatus.DUPLICATE, line.post_id, remark=remark)
    return LineOutcome(line.where, line.text, LineStatus.ALREADY, line.post_id) if line.post_id in known else None


async def import_posts(sources: Sources, lines: Sequence[ListLine], tell: Tell) -> None:
    """Import posts, telling the outcome of each when it is settled; a run that is killed loses seconds.

    Raises:
        StoreDown: The database went away; what was told as imported is kept.
    """
    run = _Run(sources, tell)
    for start in range(0, len(lines), AT_ONCE):
        if run.failing >= MOST_FAILURES:
            run.give_up(lines[start:])
            break
        await run.read(lines[start : start + AT_ONCE])
    await run.write()


@dataclass(slots=True)
class _Run:
    """One import under way: what is read and not yet kept, since when, and how many failed in a row."""

    sources: Sources
    tell: Tell
    waiting: list[Read] = field(default_factory=list)
    since: datetime | None = None
    failing: int = 0

    async def read(self, lines: Sequence[ListLine]) -> None:
        answers = await asyncio.gather(*(self._gathered(one) for one in lines))
        self.since = self.since or self.sources.clock.now()
        for line, answer in zip(lines, answers, strict=True):
            if isinstance(answer, Gathered):
                self.waiting.append((line, answer))
            else:
                self.tell(_failed(line, answer))
            self.failing = self.failing + 1 if isinstance(answer, UpstreamDown) else 0
        media = sum(len(found.reading.media) for _, found in self.waiting)
        if media >= BATCH_MEDIA or self.sources.clock.now() - self.since >= BATCH_SPAN:
            await self.write()

    async def _gathered(self, line: ListLine) -> Gathered | EngagementError:
        assert line.post_id is not None  # noqa: S101 # lines without one are settled
        try:
            return await gather(self.sources, line.post_id, lane=Lane.BULK)
        except EngagementError as error:
            return error

    async def write(self) -> None:
        """Keep what was read: strangers together, what is known or cannot be kept together post by post."""
        waiting, self.waiting, self.since = self.waiting, [], None
        kept: set[int] = set()
        with suppress(Broken):
            kept = await keep_strangers(self.sources, [found for _, found in waiting])
        for line, found in waiting:
            self.tell(_imported(line, found) if found.post_id in kept else await self._keep_alone(line, found))

    async def _keep_alone(self, line: ListLine, found: Gathered) -> LineOutcome:
        try:
            async with self.sources.store.writing() as ledger:
                recorded = await keep(ledger, found, self.sources)
        except Broken as error:
            return _failed(line, error)
        return _imported(line, found, recorded.new_assets)

    def give_up(self, lines: Sequence[ListLine]) -> None:
        remark = f"Civitai did not answer {self.failing} times in a row; run the same command again to go on"
        for line in lines:
            self.tell(LineOutcome(line.where, line.text, LineStatus.UNTRIED, line.post_id, remark=remark))


def _imported(line: ListLine, found: Gathered, new_assets: int | None = None) -> LineOutcome:
    media = len(found.reading.media)
    new = media if new_assets is None else new_assets
    remark = f"{TITLE_UNREAD}; run the same command again to fill them in" if found.title_unread else ""
    return LineOutcome(line.where, line.text, LineStatus.IMPORTED, line.post_id, media, new, remark)


def _failed(line: ListLine, error: EngagementError) -> LineOutcome:
    return LineOutcome(line.where, line.text, LineStatus.FAILED, line.post_id, remark=str(error))


def would_import(plan: ImportPlan) -> Iterator[LineOutcome]:
    """Tell what a run would do with the lines to be done."""
    return (LineOutcome(one.where, one.text, LineStatus.WOULD, one.post_id) for one in plan.todo)
