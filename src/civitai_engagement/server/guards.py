"""What every HTTP request passes before anything answers: headers as they were meant, origins, the token, the host."""

import hmac
import re
from collections.abc import Sequence
from typing import Any

from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from civitai_engagement.errors import BadSetup
from civitai_engagement.settings import Settings

LOCAL = ("127.0.0.1", "localhost", "[::1]")
OPEN_PATHS = frozenset({"/health", "/live"})
OPEN_TO_ANY_HOST = "/live"
BLANKS = b" \t"
FOLDED = frozenset({b"host", b"origin"})
_HOST = re.compile(rb"(?:\[[0-9a-f:.%]+\]|[^:/@\s]+)(?::[0-9]{1,5})?")
_SENDABLE = re.compile(r"[\x21-\x7e]+")


def security(settings: Settings) -> TransportSecuritySettings:
    """Say which hosts and origins may be named, so that no web page reaches us under a name it has rebound."""
    named = [host.lower() for host in settings.hosts]
    hosts = [*LOCAL, *(f"{host}:*" for host in LOCAL), *named, *(f"{host}:*" for host in named)]
    origins = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[*origins, *map(str.lower, settings.origins)])


def guards(settings: Settings) -> list[Middleware]:
    """Give the guards in the order a request meets them."""
    token, hosts = settings.token, security(settings)
    return [
        Middleware(TrimmedHeaders),
        *([_shared_with(settings.origins)] if settings.origins else []),
        *([Middleware(BearerToken, token=token.get_secret_value())] if token else []),
        Middleware(KnownHost, settings=hosts),
    ]


def check_token(settings: Settings) -> None:
    """Refuse a token that no client can send in a header.

    Raises:
        BadSetup: It holds blanks, or characters that are not ASCII.
    """
    if settings.token and not _SENDABLE.fullmatch(settings.token.get_secret_value()):
        hint = "Set a long random word of plain letters and digits."
        raise BadSetup("CIVITAI_ENGAGEMENT_TOKEN holds a blank or a letter that no header may carry.", hint=hint)


def _shared_with(origins: Sequence[str]) -> Middleware:
    """Let pages of these origins call us from a browser, and read what the protocol tells in headers."""
    return Middleware(
        CORSMiddleware,
        allow_origins=[one.lower() for one in origins],
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["*"],
        allow_private_network=True,  # a page of the web asks so before it calls a server on this machine
        expose_headers=["MCP-Protocol-Version", "Mcp-Session-Id", "WWW-Authenticate"],
    )


class TrimmedHeaders:
    """Takes away the blanks around a header's value, which are none of it (RFC 9110, 5.5); httptools leaves them.

    The name of a host is the same in any case (RFC 9110, 4.2.3).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["headers"] = [(name, self._meant(name, value)) for name, value in scope["headers"]]
        await self._app(scope, receive, send)

    @staticmethod
    def _meant(name: bytes, value: bytes) -> bytes:
        trimmed = value.strip(BLANKS) if value[-1:] in (b" ", b"\t") else value
        return trimmed.lower() if name in FOLDED else trimmed


class BearerToken:
    """Lets in only requests that carry the token; compares in constant time. What probes ask stays open."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in OPEN_PATHS and not self._is_allowed(scope):
            refusal = JSONResponse(
                {"error": "Send the server's token: Authorization: Bearer <CIVITAI_ENGAGEMENT_TOKEN>."},
                status_code=401,
                headers={"WWW-Authenticate": "Bearer"},
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        scheme, _, sent = Headers(scope=scope).get("authorization", "").partition(" ")
        is_ours = hmac.compare_digest(sent.strip().encode("utf-8", "replace"), self._expected)
        return is_ours and scheme.lower() == "bearer"


class KnownHost:
    """Checks which host is named, as the SDK does for its own paths once it has read what is posted."""

    def __init__(self, app: ASGIApp, settings: TransportSecuritySettings) -> None:
        self._app = app
        self._rule: Any = TransportSecurityMiddleware(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != OPEN_TO_ANY_HOST:
            refusal = await self._refusal(scope)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        """Refuse what the SDK would take: two hosts, and anything for a port."""
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) > 1 or not all(map(_HOST.fullmatch, filter(None, hosts))):
            return Response("Invalid Host header", status_code=421)
        refusal: Response | None = await self._rule.validate_request(Request(scope))
        return refusal
