from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from agents.mcp import MCPServerSse, MCPServerStdio, MCPServerStreamableHttp

from judges.clients.conversation import Target, Told, main


class Agents:
    def __init__(self, server: Any) -> None:
        self._server = server

    async def tools(self) -> list[str]:
        return [tool.name for tool in await self._server.list_tools()]

    async def call(self, tool: str, arguments: dict[str, object]) -> Told:
        result = await self._server.call_tool(tool, arguments)
        is_error = getattr(result, "is_error", None)
        texts = [one.text for one in result.content if one.type == "text"]
        return Told(
            " ".join(texts),
            bool(is_error if is_error is not None else result.isError),
            sum(one.type == "image" for one in result.content),
        )


@asynccontextmanager
async def connect(target: Target) -> AsyncIterator[Agents]:
    limit = {"client_session_timeout_seconds": 60}
    if target.command:
        command, *arguments = target.command
        over: Any = {"command": command, "args": arguments, "env": target.environment}
        made: Any = MCPServerStdio(over, **limit)
    else:
        by: Any = MCPServerStreamableHttp if target.transport == "http" else MCPServerSse
        made = by({"url": target.url}, **limit)
    async with made as server:
        yield Agents(server)


if __name__ == "__main__":
    main(connect)
