from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport
from pydantic_ai import ModelRetry
from pydantic_ai.mcp import MCPToolset

from judges.clients.conversation import Target, Told, main


class Pydantic:
    def __init__(self, tools: Any) -> None:
        self._tools = tools

    async def tools(self) -> list[str]:
        return [tool.name for tool in await self._tools.list_tools()]

    async def call(self, tool: str, arguments: dict[str, object]) -> Told:
        try:
            given = await self._tools.direct_call_tool(tool, arguments)
        except ModelRetry as refusal:
            return Told(str(refusal), is_error=True)
        parts = given if isinstance(given, list) else [given]
        pictures = sum(str(getattr(one, "media_type", "")).startswith("image/") for one in parts)
        text = " ".join(str(one) for one in parts if not hasattr(one, "media_type"))
        return Told(text, pictures=pictures)


@asynccontextmanager
async def connect(target: Target) -> AsyncIterator[Pydantic]:
    by: Any = {"http": StreamableHttpTransport, "sse": SSETransport}.get(target.transport)
    over = by(target.url) if by else StdioTransport(target.command[0], target.command[1:], env=target.environment)
    async with MCPToolset(over) as tools:
        yield Pydantic(tools)


if __name__ == "__main__":
    main(connect)
