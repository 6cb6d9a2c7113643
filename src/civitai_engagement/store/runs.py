"""Runs of the jobs: what each did, written in the transaction that did it, and only by whoever holds the run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from civitai_engagement.errors import Deposed
from civitai_engagement.store.claims import Claim
from civitai_engagement.store.queries import Connection, fields, load

Coverage = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Progress:
    """What one batch of a run did, in media and in requests; `compared` had stored counters, of which some `fell`."""

    observed: int = 0
    unchanged: int = 0
    missing: int = 0
    suspect: int = 0
    rejected: int = 0
    requests: int = 0
    retries: int = 0
    compared: int = 0
    fell: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One run as stored; `coverage` is (due, reached) by tier."""

    run_id: int
    job: str
    tick_at: datetime
    epoch: int
    holder: str
    started_at: datetime
    finished_at: datetime | None
    planned: int
    observed: int
    unchanged: int
    missing: int
    suspect: int
    rejected: int
    compared: int
    fell: int
    requests: int
    retries: int
    seconds: float | None
    coverage: Mapping[str, Any]
    error: str | None


class Runs:
    """The runs of one connection.

    >>> await runs.advance(claim, Progress(observed=200, requests=1))     # in the batch's transaction
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("runs")

    async def plan(self, claim: Claim, planned: int) -> None:
        """Say how many media are due; a run taken over adds what is left.

        Raises:
            Deposed: Another process holds the run.
        """
        await self._only_ours(await self._sql["plan"].value(self._connection, planned=planned, **_of(claim)))

    async def advance(self, claim: Claim, progress: Progress) -> tuple[int, int]:
        """Add what a batch did; gives how many media the whole run has compared by now, and how many of them fell.

        Raises:
            Deposed: Another process holds the run; the batch must be rolled back.
        """
        row = await self._sql["advance"].one_or_none(self._connection, **fields(progress), **_of(claim))
        if row is None:
            raise _deposed()
        return row["compared"], row["fell"]

    async def finish(
        self, claim: Claim, *, now: datetime, seconds: float, coverage: Coverage, error: str | None = None
    ) -> None:
        """Close a run.

        Raises:
            Deposed: Another process holds the run.
        """
        values = {"now": now, "seconds": seconds, "coverage": dict(coverage), "error": error}
        await self._only_ours(await self._sql["finish"].value(self._connection, **values, **_of(claim)))

    async def get(self, run_id: int) -> Run:
        rows = await self._sql["get"].all(self._connection, run_id=run_id)
        return Run(**rows[0])

    async def _only_ours(self, run_id: int | None) -> None:
        if run_id is None:
            raise _deposed()


def _deposed() -> Deposed:
    return Deposed("Another process has taken this collection over.", hint="Nothing was lost.")


def _of(claim: Claim) -> dict[str, int]:
    return {"run_id": claim.run_id, "epoch": claim.epoch}
