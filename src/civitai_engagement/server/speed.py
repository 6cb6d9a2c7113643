"""What tunes the server for speed by what the SDK does not offer; every name borrowed from it is tested."""

from typing import TYPE_CHECKING, Any

from mcp.server import MCPServer
from mcp.server.lowlevel import Server
from opentelemetry.trace import ProxyTracerProvider, get_tracer_provider

from civitai_engagement.server.toolsets import recorded

if TYPE_CHECKING:  # over stdio nobody needs them
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from starlette.types import ASGIApp, Receive, Scope, Send

MCP_PATH = "/mcp"
TRACING, LOW_LEVEL = "OpenTelemetryMiddleware", "_lowlevel_server"  # the SDK's own names: a test holds it to them


class PlainAnswers:
    """Answers calls of brief tools in plain JSON, where the client names the tool in a header (2026-07-28).

    For any other call the SDK keeps a stream ready, for progress and signs of life. A brief one reports nothing and
    asks the database only; the stream would be a third of the SDK's part. The SDK refuses a header unlike its call.
    """

    def __init__(self, app: "ASGIApp", manager: "StreamableHTTPSessionManager", names: frozenset[bytes]) -> None:
        self._app = app
        self._manager = manager
        self._names = names

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        is_brief = scope["type"] == "http" and scope["path"] == MCP_PATH and self._name(scope) in self._names
        await (self._manager.handle_request if is_brief else self._app)(scope, receive, send)

    @staticmethod
    def _name(scope: "Scope") -> bytes:
        return next((value for name, value in scope["headers"] if name == b"mcp-name"), b"")


def brief_tools() -> frozenset[bytes]:
    """Name the tools whose cards say that they are brief, as HTTP headers do."""
    return frozenset(told["name"].encode() for told in recorded() if told["is_brief"])


def without_idle_spans(server: MCPServer[Any]) -> None:
    """Take the SDK's spans out where nobody set tracing up: they cost a tenth of a call."""
    if isinstance(get_tracer_provider(), ProxyTracerProvider):
        server.middleware[:] = [one for one in server.middleware if type(one).__name__ != TRACING]


def low_level(server: MCPServer[Any]) -> Server[Any]:
    """Give the SDK's server below ours, which talks over any pair of streams; the SDK has no public name for it."""
    below: Server[Any] = getattr(server, LOW_LEVEL)
    return below
