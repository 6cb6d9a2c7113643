"""The sandbox on a real socket, loopback only."""

import asyncio
import socket
from contextlib import suppress
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from civitai_engagement.errors import BadSetup
from civitai_engagement.sandbox.app import TEST_KEY, create_app
from civitai_engagement.sandbox.severing import CONNECTIONS
from civitai_engagement.sandbox.world import World

LOOPBACK = "127.0.0.1"


class Sandbox:
    """A served world, in the running event loop; port 0 takes any free one.

    >>> async with Sandbox(World.grow(live=True)) as sandbox:
    ...     print(sandbox.url)
    """

    def __init__(self, world: World, *, port: int = 0, api_key: str = TEST_KEY) -> None:
        self.world = world
        self.url = ""
        self._port = port
        self._app = create_app(world, api_key=api_key)

    async def __aenter__(self) -> Self:
        self._socket = _listening_socket(self._port)
        self.url = f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            self._lending_connections,
            interface="asgi3",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            date_header=False,  # the application says its own
        )
        config.load()
        self._server = uvicorn.Server(config)
        # Not Server.serve: that one catches the signals of a process which is not its own.
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup(sockets=[self._socket])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        state = self._server.server_state
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # the server learns that they are gone, and so takes no offence at what comes next
        for task in (unfinished := list(state.tasks)):
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        for server in self._server.servers:  # not Server.shutdown: that one waits a tenth of a second for nothing
            server.close()
        self._socket.close()

    async def _lending_connections(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self._app
        with suppress(asyncio.CancelledError):  # only the end of the sandbox cancels
            await app({**scope, CONNECTIONS: self._server.server_state.connections}, receive, send)


def _listening_socket(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # as in server.http
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as taken:
        listener.close()
        raise BadSetup(
            f"The sandbox cannot listen on port {port} of this machine: {taken.strerror}.",
            hint="Choose another port, or 0 for any free one.",
        ) from taken
    return listener
