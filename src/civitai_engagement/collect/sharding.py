"""One run of `update_existing_stats` done by several workers: planned once, carried out shard by shard, closed once.

All of them write under one claim and its epoch. What travels between them is text, for they may be processes on
several machines. Each step is safe to repeat: what is due no more is not asked for again, and whoever plans anew for
the same tick shuts out those who carry out the older plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from civitai_engagement.analysis.shards import Shard
from civitai_engagement.collect.active_run import ActiveRun
from civitai_engagement.collect.confirm import confirm
from civitai_engagement.collect.jobs.existing_stats import carry_out, plan_refresh, settled
from civitai_engagement.collect.run_job import HOUR, allowance, close, take
from civitai_engagement.records.condition import Job
from civitai_engagement.sources import Sources
from civitai_engagement.store.claims import Claim, Claims
from civitai_engagement.store.runs import Run

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class ShardedRun:
    """A run that several workers share: what it is to do, cut into shards, and the claim they write under.

    `due` are the media that are, by tier, planned for or not; `allowance` is how many requests the run may send.

    >>> text = run.as_text()                             # to the workers, wherever they are
    >>> await carry_out_shard(sources, ShardedRun.of_text(text), number)
    >>> for part in run.parts(): ...                     # or to each what it needs; `of_parts` puts them together
    """

    claim: Claim
    due: Mapping[str, int]
    shards: tuple[Shard, ...]
    allowance: int

    def as_text(self) -> str:
        return _adapter().dump_json(self).decode()

    @classmethod
    def of_text(cls, text: str) -> "ShardedRun":
        return _adapter().validate_json(text)

    def parts(self) -> list[str]:
        """Give each shard as a run of its own; of one that is done there is one part, to be closed."""
        alone = [replace(self, shards=(shard,)) for shard in self.shards]
        return [one.as_text() for one in alone or [self]]

    @classmethod
    def of_parts(cls, texts: Sequence[str]) -> "ShardedRun":
        parts = [cls.of_text(text) for text in texts]
        return replace(parts[0], shards=tuple(shard for part in parts for shard in part.shards))


@cache
def _adapter() -> "TypeAdapter[ShardedRun]":
    from pydantic import TypeAdapter

    return TypeAdapter(ShardedRun)


async def plan_shards(
    sources: Sources, claims: Claims, tick_at: datetime, *, most: int, every: timedelta = HOUR
) -> ShardedRun | None:
    """Claim the run of a tick and cut what it is to do into at most `most` shards; None as `run_job` says.

    The run is kept from others for as long as `claims` are open; after that only by the epoch, which is enough where
    one engine alone starts jobs.
    """
    claim = await take(sources, claims, Job.EXISTING_STATS, tick_at)
    if claim is None:
        return None
    whole = allowance(sources, every=every)
    plan = await plan_refresh(ActiveRun(sources, claim, allowance=whole))
    return ShardedRun(claim, plan.due, tuple(plan.shards(most)), whole)


async def carry_out_shard(sources: Sources, run: ShardedRun, number: int) -> None:
    """Carry out one shard; beside others, and again if the worker before was killed at it.

    Raises:
        Deposed: The run was closed, or taken over by somebody with a higher epoch.
        UpstreamDown, UpstreamRefused: Civitai does not answer.
    """
    shard = run.shards[number]
    await carry_out(ActiveRun(sources, run.claim, allowance=shard.allowance), shard.asks)


async def requests_of(sources: Sources, run: ShardedRun | None) -> int:
    """Say how many requests a run has sent so far."""
    if run is None:
        return 0
    async with sources.store.reading() as ledger:
        return (await ledger.runs.get(run.claim.run_id)).requests


async def close_run(sources: Sources, run: ShardedRun, *, error: str | None = None) -> Run:
    """Ask for what is left in doubt, then close the run; what is due no more of what was planned counts as reached."""
    async with sources.store.reading() as ledger:
        before = await ledger.runs.get(run.claim.run_id)
    if before.finished_at is not None and before.epoch == run.claim.epoch:  # by us: whoever closed it was ended after
        return before
    active = ActiveRun(sources, run.claim, allowance=run.allowance - before.requests)
    if error is None:
        await confirm(active)
    active.expect(run.due)
    active.reach(await settled(active, [one for shard in run.shards for ask in shard.asks for one in ask.covers]))
    seconds = (sources.clock.now() - before.started_at).total_seconds()
    return await close(active, seconds=max(seconds, 0.0), error=error)
