"""The HTTP door: streamable HTTP at /mcp, SSE at /sse (deprecated), /health, /live and /metrics, in one process."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from types import FrameType

import uvicorn
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from civitai_engagement.errors import BadSetup
from civitai_engagement.runtime import Runtime, ending_signals
from civitai_engagement.server.app import build
from civitai_engagement.server.bodies import ReadableBodies
from civitai_engagement.server.guards import check_token, guards, security
from civitai_engagement.server.health import watching
from civitai_engagement.server.speed import PlainAnswers, brief_tools

log = logging.getLogger(__name__)
GRACE_SECONDS = 5


def create_app(runtime: Runtime) -> Starlette:
    """Build the ASGI app; its lifespan owns the runtime."""
    server = build(runtime)
    hosts = security(runtime.settings)
    streamable = server.streamable_http_app(stateless_http=True, transport_security=hosts)
    sse = server.sse_app(transport_security=hosts)
    plain = StreamableHTTPSessionManager(
        server.session_manager.app, json_response=True, stateless=True, security_settings=hosts
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with runtime.opened(), server.session_manager.run(), plain.run():
            yield

    routes = [*streamable.routes, *sse.routes, *watching(runtime)]
    middleware = [
        *guards(runtime.settings),
        Middleware(ReadableBodies),
        Middleware(PlainAnswers, manager=plain, names=brief_tools()),
    ]
    return Starlette(routes=routes, middleware=middleware, lifespan=lifespan)


class _Server(uvicorn.Server):
    """Takes a signal as a request to end, not as a failure: the exit code is 0. A second changes nothing."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 # as uvicorn calls it
        self.should_exit = True


async def serve_http(runtime: Runtime, *, host: str, port: int) -> None:
    """Serve until a signal asks us to stop.

    Raises:
        BadSetup: The address is not loopback and no token is set, no client can send it, or the port is taken.
    """
    if not _is_loopback(host) and runtime.settings.token is None:
        raise BadSetup(
            f"Refusing to listen on {host} without a token: anybody who reaches it could use it.",
            hint="Set CIVITAI_ENGAGEMENT_TOKEN, or listen on 127.0.0.1.",
        )
    check_token(runtime.settings)
    app = create_app(runtime)
    listener = _listen(host, port)
    log.info("listening", extra={"url": f"http://{_authority(host, listener)}/mcp"})
    server = _Server(config_for(app, host))
    for number in set(ending_signals()) - set(uvicorn.server.HANDLED_SIGNALS):
        asyncio.get_running_loop().add_signal_handler(number, server.handle_exit, number, None)
    await server.serve(sockets=[listener])


def config_for(app: ASGIApp, host: str) -> uvicorn.Config:
    """Configure uvicorn; who listens to more than this machine bounds how long and how large requests may be."""
    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=GRACE_SECONDS)
    if not _is_loopback(host):
        from civitai_engagement.server.bounds import BoundedProtocol

        config.http = BoundedProtocol
    return config


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _authority(host: str, listener: socket.socket) -> str:
    return f"{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sets TCP_NODELAY only then
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        hint = "Choose another with --port, or stop the program that has it."
        raise BadSetup(f"Cannot listen on {host}:{port}: {error.strerror}.", hint=hint) from error
    return listener
