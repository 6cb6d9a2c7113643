from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastmcp import Client
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport

from judges.clients.conversation import Target, Told, main


class Fast:
    def __init__(self, client: Any) -> None:
        self._client = client

    async def tools(self) -> list[str]:
        return [tool.name for tool in await self._client.list_tools()]

    async def call(self, tool: str, arguments: dict[str, object]) -> Told:
        result = await self._client.call_tool(tool, arguments, raise_on_error=False)
        texts = [one.text for one in result.content if one.type == "text"]
        return Told(" ".join(texts), result.is_error, sum(one.type == "image" for one in result.content))


@asynccontextmanager
async def connect(target: Target) -> AsyncIterator[Fast]:
    by: Any = {"http": StreamableHttpTransport, "sse": SSETransport}.get(target.transport)
    over = by(target.url) if by else StdioTransport(target.command[0], target.command[1:], env=target.environment)
    async with Client(over) as client:
        yield Fast(client)


if __name__ == "__main__":
    main(connect)
