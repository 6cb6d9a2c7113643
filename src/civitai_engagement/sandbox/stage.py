"""What every endpoint of the sandbox works with: the world, the faults armed, the requests seen."""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from civitai_engagement.sandbox.faults import Faults
from civitai_engagement.sandbox.world import World

Answer = Callable[[Request], Awaitable[Response]]
SECRET_HEADERS = {"authorization", "cookie"}
SECRET_PARAMETERS = {"token"}
HIDDEN = "[hidden]"
LAG = "sandbox.lag"
KEPT_REQUESTS = 10_000


@dataclass(frozen=True, slots=True)
class Seen:
    """One request the sandbox was sent, without its secrets."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]

    @classmethod
    def of(cls, request: Request) -> "Seen":
        pairs = request.query_params.multi_items()
        query = [(name, HIDDEN if name in SECRET_PARAMETERS else value) for name, value in pairs]
        headers = {name: HIDDEN if name in SECRET_HEADERS else value for name, value in request.headers.items()}
        return cls(request.method, request.url.path, query, headers)

    def told(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Stage:
    """One running sandbox."""

    world: World
    api_key: str
    faults: Faults
    random: Random
    seen: deque[Seen] = field(default_factory=lambda: deque(maxlen=KEPT_REQUESTS))
    post_calls: dict[tuple[str, int], int] = field(default_factory=dict)

    def now(self, request: Request) -> datetime:
        """The instant an answer speaks of; a stale answer lags behind the world."""
        lag: timedelta = request.scope.get(LAG, timedelta())
        return self.world.now() - lag

    def knows_key(self, request: Request) -> bool:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self.api_key in {bearer, request.query_params.get("token")}
