"""Import a list of posts: read each from Civitai, keep them in batches, go on where an earlier run stopped."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from civitai_engagement.errors import Broken, EngagementError, UpstreamDown
from civitai_engagement.library.importing.batch import keep_strangers
from civitai_engagement.library.importing.entries import Line
from civitai_engagement.library.importing.outcome import Fate, Outcome, Tell
from civitai_engagement.library.record import TITLE_UNREAD, Gathered, gather, keep
from civitai_engagement.ports import Lane
from civitai_engagement.sources import Sources
from civitai_engagement.store.batches import Batches

REQUESTS_A_POST = 2  # the post and one page of its media; posts of more than a hundred take more
AT_ONCE = 4  # posts read at the same time: the pace is the budget's, the wait for answers is shared
BATCH_MEDIA = 500
BATCH_SPAN = timedelta(seconds=5)  # what a killed run has to read again
MOST_FAILURES = 5

Read = tuple[Line, Gathered]


@dataclass(frozen=True, slots=True)
class Plan:
    """What importing a list comes to: the lines to read from Civitai, and the fate of the others."""

    todo: tuple[Line, ...]
    settled: tuple[Outcome, ...]
    requests: int
    takes: timedelta


async def plan_import(sources: Sources, lines: Sequence[Line], *, again: bool, stored: bool = True) -> Plan:
    """Say what is to be done; posts recorded already are left out unless `again`, or their title was not read.

    Without `stored` no database is asked, because there is none yet.
    """
    wanted = {one.post_id for one in lines if one.post_id is not None}
    known = await _recorded(sources, wanted) if stored and not again else set()
    fates = [(one, _fate(one, known)) for one in lines]
    todo = tuple(one for one, fate in fates if fate is None)
    settled = tuple(fate for _, fate in fates if fate is not None)
    requests = REQUESTS_A_POST * len(todo)
    return Plan(todo, settled, requests, timedelta(seconds=requests / sources.settings.requests_per_second))


async def _recorded(sources: Sources, post_ids: set[int]) -> set[int]:
    async with sources.store.reading() as ledger:
        return await Batches(ledger.connection).recorded(sorted(post_ids))


def _fate(line: Line, known: set[int]) -> Outcome | None:
    """Say what is settled of a line without asking Civitai."""
    if line.post_id is None:
        fate = Fate.SKIPPED if line.is_passed else Fate.FAILED
        return Outcome(line.where, line.text, fate, remark=line.reason)
    if line.first:
        remark = f"the same post as {line.first}"
        return Outcome(line.where, line.text, Fate.DUPLICATE, line.post_id, remark=remark)
    return Outcome(line.where, line.text, Fate.ALREADY, line.post_id) if line.post_id in known else None


async def import_posts(sources: Sources, lines: Sequence[Line], tell: Tell) -> None:
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

    async def read(self, lines: Sequence[Line]) -> None:
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

    async def _gathered(self, line: Line) -> Gathered | EngagementError:
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

    async def _keep_alone(self, line: Line, found: Gathered) -> Outcome:
        try:
            async with self.sources.store.writing() as ledger:
                recorded = await keep(ledger, found, self.sources)
        except Broken as error:
            return _failed(line, error)
        return _imported(line, found, recorded.new_assets)

    def give_up(self, lines: Sequence[Line]) -> None:
        remark = f"Civitai did not answer {self.failing} times in a row; run the same command again to go on"
        for line in lines:
            self.tell(Outcome(line.where, line.text, Fate.UNTRIED, line.post_id, remark=remark))


def _imported(line: Line, found: Gathered, new_assets: int | None = None) -> Outcome:
    media = len(found.reading.media)
    new = media if new_assets is None else new_assets
    remark = f"{TITLE_UNREAD}; run the same command again to fill them in" if found.title_unread else ""
    return Outcome(line.where, line.text, Fate.IMPORTED, line.post_id, media, new, remark)


def _failed(line: Line, error: EngagementError) -> Outcome:
    return Outcome(line.where, line.text, Fate.FAILED, line.post_id, remark=str(error))


def would_import(plan: Plan) -> Iterator[Outcome]:
    """Tell what a run would do with the lines to be done."""
    return (Outcome(one.where, one.text, Fate.WOULD, one.post_id) for one in plan.todo)
