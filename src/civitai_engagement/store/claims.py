"""Who may run a job: one leader among all processes, and one runner of each run."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import asyncpg

from civitai_engagement.store.connecting import ours
from civitai_engagement.store.database import Database
from civitai_engagement.store.queries import Connection, load

# Dead peers are noticed within half a minute on both sides, so that leadership moves within a minute.
KEEPALIVE = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
ANSWER_SECONDS = 20
LEASE = timedelta(seconds=60)  # who leads or runs gives a sign of life every ten: after six missed another takes over
BEAT_SECONDS = 10
LEADING, RUNNING = 4713, 4714  # kinds of locks
END_MILLISECONDS = 5000
NOT_ALLOWED = "fell silent, and this role may not end its sessions: restart that process, or use one role"
log = logging.getLogger(__name__)
CLOCK_NAME = {"application_name": "civitai-engagement clock"}


def this_process() -> str:
    """Name this process as others see it."""
    return f"{socket.gethostname()}:{os.getpid()}"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write for one run, until somebody else takes it over with a higher epoch.

    `compared` and `fell` are what the run had counted when it was taken.
    """

    run_id: int
    job: str
    tick_at: datetime
    epoch: int
    compared: int = 0
    fell: int = 0


class Claims:
    """One process's claims, held by a connection of their own: when it ends, all of them are free again.

    >>> async with await Claims.open(database, holder="host:1234") as claims:
    ...     if await claims.lead(now): claim = await claims.claim("update_existing_stats", tick_at, now)
    """

    def __init__(self, connection: Connection, holder: str) -> None:
        self._connection = connection
        self._sql = load("claims")
        self._one_at_a_time = asyncio.Lock()
        self.holder = holder

    @classmethod
    async def open(cls, database: Database, *, holder: str) -> Self:
        """Connect.

        Raises:
            StoreDown: The database does not answer.
        """
        connection = await database.alone(command_timeout=ANSWER_SECONDS, server_settings=CLOCK_NAME)
        with ours("The database"):
            await connection.execute(";".join(f"set {name} = {value}" for name, value in KEEPALIVE.items()))
        return cls(connection, holder)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        try:
            await self._connection.close(timeout=2)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._connection.terminate()

    async def lead(self, now: datetime, *, lease: timedelta = LEASE) -> bool:
        """Become the leader, or stay it; False while another process is. Each call is a sign of life.

        One that gave none for as long as its `lease`, by the database's clock, is stopped or cut off: its sessions are
        ended first, with whatever it has under way.

        Raises:
            StoreDown: Our connection is gone, and with it what we held.
        """
        async with self._one_at_a_time:
            with ours("The database"):
                return await self._lead(now) or (
                    await self._has_ended_silent(LEADING, 0, lease) and await self._lead(now)
                )

    async def _lead(self, now: datetime) -> bool:
        return bool(await self._sql["lead"].value(self._connection, holder=self.holder, now=now))

    async def _has_ended_silent(self, kind: int, number: int, lease: timedelta) -> bool:
        """End all sessions of a leader or runner that fell silent; False where there is none, or we may not."""
        who = "the leader" if kind == LEADING else "the runner"
        sessions = await self._sql["silent"].all(self._connection, kind=kind, number=number, lease=lease)
        try:
            for session in sessions:
                await self._sql["end"].run(self._connection, session=session["pid"], milliseconds=END_MILLISECONDS)
        except asyncpg.InsufficientPrivilegeError as error:
            log.warning("%s %s", who, NOT_ALLOWED, extra={"holder": sessions[0]["holder"], "reason": str(error)})
            return False
        if sessions:
            log.warning("%s fell silent; its sessions were ended", who, extra={"holder": sessions[0]["holder"]})
        return bool(sessions)

    async def claim(self, job: str, tick_at: datetime, now: datetime, *, lease: timedelta = LEASE) -> Claim | None:
        """Claim one run: a new one, or one that its runner left unfinished; None when it is done or being run.

        A runner that gave no sign of life for as long as its `lease` is ended first, as a leader is.
        """
        async with self._one_at_a_time:
            with ours("The database"):
                await self._sql["announce"].run(self._connection, job=job, tick_at=tick_at, holder=self.holder, now=now)
                claim = await self._claim(job, tick_at)
                if claim is None and await self._has_ended_silent_runner(job, tick_at, lease):
                    claim = await self._claim(job, tick_at)
        return claim

    async def _claim(self, job: str, tick_at: datetime) -> Claim | None:
        row = await self._sql["claim"].one_or_none(self._connection, job=job, tick_at=tick_at, holder=self.holder)
        return Claim(row["run_id"], job, tick_at, row["epoch"], row["compared"], row["fell"]) if row else None

    async def _has_ended_silent_runner(self, job: str, tick_at: datetime, lease: timedelta) -> bool:
        run_id = await self._sql["open_run"].value(self._connection, job=job, tick_at=tick_at)
        return run_id is not None and await self._has_ended_silent(RUNNING, run_id, lease)

    @asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """Give signs of life while something is under way: who runs without leading has no other."""
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating

    async def _beat(self) -> None:
        """Say a word every now and then; once the connection is gone, there is nothing to keep."""
        with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            while True:
                await asyncio.sleep(BEAT_SECONDS)
                async with self._one_at_a_time:
                    await self._connection.execute("select")

    async def give_back(self, claim: Claim) -> None:
        """Let others take the run, should it not be finished."""
        async with self._one_at_a_time:
            with ours("The database"):
                await self._sql["give_back"].run(self._connection, run_id=claim.run_id)
