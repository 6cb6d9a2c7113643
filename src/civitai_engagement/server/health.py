"""What machines ask about the process: /live (does it turn?), /health (is it well?), /metrics (for Prometheus)."""

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from civitai_engagement import __version__
from civitai_engagement.analysis.condition import judge
from civitai_engagement.errors import Refused, Retryable
from civitai_engagement.observing import present
from civitai_engagement.runtime import Runtime

if TYPE_CHECKING:  # brings prometheus_client, which only a scrape needs
    from civitai_engagement.server.metrics import Readout

STARTING_FOR = timedelta(minutes=1)
PATIENCE = 3.0  # seconds; a probe of Docker's waits five
FRESH_FOR = timedelta(seconds=5)
UNREACHABLE = (Retryable, Refused, TimeoutError)


class Health:
    """Says whether the process and the collection are well, in words that name neither hosts, folders nor people.

    Anybody may ask: an answer is repeated for five seconds, and those who ask meanwhile wait for the same one.

    >>> Route("/health", Health(runtime))
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._since = runtime.clock.now()
        self._one_at_a_time = asyncio.Lock()
        self._said: tuple[datetime, str, list[str]] | None = None

    async def answer(self, _: Request) -> JSONResponse:
        async with self._one_at_a_time:
            database, reasons = await self._look()
        status = "failing" if reasons else "ok"
        body = {"status": status, "version": __version__, "database": database, "reasons": reasons}
        return JSONResponse(body, status_code=503 if reasons else 200, headers={"Cache-Control": "no-store"})

    async def _look(self) -> tuple[str, list[str]]:
        now = self._runtime.clock.now()
        if not self._runtime.store.is_open and now - self._since < STARTING_FOR:
            return "starting", []
        if self._said is None or now - self._said[0] >= FRESH_FOR:
            self._said = (now, *await self._examine(now))
        return self._said[1:]

    async def _examine(self, now: datetime) -> tuple[str, list[str]]:
        try:
            async with asyncio.timeout(PATIENCE):
                facts = await self._runtime.store.facts(present(self._runtime))
        except UNREACHABLE:
            return "down", ["The database does not answer."]
        return "ready", [finding.reason for finding in judge(facts, now).findings]


class Metrics:
    """Answers a scrape from what is stored; without a database it says just that.

    >>> Route("/metrics", Metrics(runtime))
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def answer(self, _: Request) -> Response:
        from civitai_engagement.server.metrics import CONTENT_TYPE, exposition

        return Response(exposition(await self._read()), media_type=CONTENT_TYPE)

    async def _read(self) -> "Readout | None":
        from civitai_engagement.server.metrics import Readout

        now, store = self._runtime.clock.now(), self._runtime.store
        try:
            async with asyncio.timeout(PATIENCE), store.reading() as ledger:
                facts = await ledger.conditions.facts(store.disk, present(self._runtime))
                return Readout(facts, await ledger.conditions.activity(now), judge(facts, now), now)
        except UNREACHABLE:
            return None


async def live(_: Request) -> JSONResponse:
    """Say that the loop turns: whoever gets this answer need not restart us, whatever else is wrong."""
    return JSONResponse({"status": "alive", "version": __version__}, headers={"Cache-Control": "no-store"})


def watching(runtime: Runtime) -> list[Route]:
    """Give the routes for those who watch the process."""
    return [
        Route("/live", live),
        Route("/health", Health(runtime).answer),
        Route("/metrics", Metrics(runtime).answer),
    ]
