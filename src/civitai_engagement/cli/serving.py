"""`serve`: the server, over stdio or HTTP."""

import asyncio
from collections.abc import Coroutine
from enum import StrEnum
from typing import Annotated, Any

import typer

from civitai_engagement.cli.running import settings_from_environment
from civitai_engagement.runtime import Runtime
from civitai_engagement.setting_values import Engine
from civitai_engagement.speed import fast_loop, loading


class Transport(StrEnum):
    """How clients reach the server; sse is another name for http, which serves both."""

    STDIO = "stdio"
    HTTP = "http"
    SSE = "sse"


def serve(
    transport: Annotated[Transport, typer.Option(help="stdio, http or sse.")] = Transport.STDIO,
    host: Annotated[str, typer.Option(help="Address to listen on, for http and sse.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on, for http and sse.")] = 8000,
    *,
    toolsets: Annotated[
        str | None, typer.Option(help="Which tools are listed: creator,why,library or all. Unset: the setting.")
    ] = None,
    collect: Annotated[
        bool | None,
        typer.Option(
            "--collect/--no-collect",
            help="Observe what is followed, every hour, in the background, or do not. Unset: as the setting or the"
            " database says.",
        ),
    ] = None,
) -> None:
    """Serve MCP clients; of several servers on one database one collects."""
    from civitai_engagement.schedule.background import keeping_time

    engine = Engine.APSCHEDULER if collect else None
    settings, is_local = settings_from_environment(toolsets=toolsets, engine=engine), transport is Transport.STDIO
    runtime = Runtime(settings, is_local=is_local, background=None if collect is False else keeping_time)
    _run_fast(_server(runtime, transport, host=host, port=port))


def _server(runtime: Runtime, transport: Transport, *, host: str, port: int) -> Coroutine[Any, Any, None]:
    with loading():
        if transport is Transport.STDIO:
            from civitai_engagement.server.stdio import serve_stdio

            return serve_stdio(runtime)
        from civitai_engagement.server.http import serve_http

        return serve_http(runtime, host=host, port=port)


def _run_fast(server: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=fast_loop()) as runner:
        runner.run(server)
